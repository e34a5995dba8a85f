//! What a gate is told over MQTT, and what it replies.
//!
//! A command comes on the topic `command` under the root; its reply goes to the command's response topic (MQTT 5), or to
//! the topic in its `reply_to` (3.1.1), with the command's correlation data. Without either nobody asked for a reply.
//! Not here: what a trigger does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::mqtt::Message;
use super::utc_time::UtcTime;
use crate::clock::Clock;
use crate::trigger::TriggerOrigin;
use crate::triggers::{TriggerDesk, TriggerRequest};

/// A command to the gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// What is to be done.
    pub command: CommandName,
    /// `trigger`: the lane in which a vehicle is.
    #[serde(default)]
    pub lane: Option<String>,
    /// `trigger`: a name for it, which its event will carry; the gate gives one if it is absent.
    #[serde(default)]
    pub id: Option<String>,
    /// `trigger`: how long the lane is read, in seconds; as the lane is configured, if absent.
    #[schemars(range(min = 0.5, max = 120))]
    #[serde(default)]
    pub seconds: Option<f64>,
    /// Where the reply goes, for clients of MQTT 3.1.1; those of MQTT 5 set a response topic instead.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Comes back in the reply, for clients of MQTT 3.1.1; those of MQTT 5 set correlation data instead.
    #[serde(default)]
    pub correlation: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandName {
    /// Reply that the gate is there.
    Ping,
    /// A vehicle is in a lane: read it, and answer with an event even if nothing was readable.
    Trigger,
}

/// The reply to a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CommandReply {
    /// Whether it was done, or is under way.
    pub ok: bool,
    /// When.
    pub at: UtcTime,
    /// What was wrong with it; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// `trigger`: its name, which the event carries in `triggers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_id: Option<String>,
    /// `trigger`: its event comes within so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_within_s: Option<f64>,
    /// The command's `correlation`, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
}

/// Does what commands say.
#[derive(Debug, Clone)]
pub struct CommandDesk {
    triggers: TriggerDesk,
    clock: Clock,
}

impl CommandDesk {
    /// A desk that passes triggers on.
    #[must_use]
    pub fn new(triggers: TriggerDesk, clock: Clock) -> Self {
        Self { triggers, clock }
    }

    /// Does what `message` says; the reply, if one is wanted. A retained message is no command: it would be done again
    /// at every new connection.
    pub(super) fn take(&self, message: &Message) -> Option<Message> {
        if message.retained {
            warn!("a retained message on the command topic is not obeyed; publish commands without retain");
            return None;
        }
        let command = serde_json::from_slice::<Command>(&message.payload);
        let reply = match &command {
            Ok(command) => self.obey(command),
            Err(error) => self.refusal(format!("this is no command: {error}")),
        };
        match &reply.error {
            Some(error) => warn!(%error, "command refused"),
            None => info!(command = ?command.as_ref().ok().map(|command| command.command), "command taken"),
        }
        let (reply_to, correlation) = reply_fields(&message.payload);
        let topic = message.response_topic.clone().or(reply_to).filter(|topic| is_topic(topic))?;
        let reply = CommandReply { correlation, ..reply };
        let payload = serde_json::to_vec(&reply).expect("texts and finite numbers have a JSON form");
        Some(Message { correlation: message.correlation.clone(), ..Message::new(topic, payload) })
    }

    fn obey(&self, command: &Command) -> CommandReply {
        let done = CommandReply {
            ok: true,
            at: UtcTime::new(self.clock.now().wall),
            error: None,
            trigger_id: None,
            answered_within_s: None,
            correlation: None,
        };
        match (command.command, &command.lane) {
            (CommandName::Ping, _) => done,
            (CommandName::Trigger, None) => self.refusal("a trigger needs a `lane`".to_owned()),
            (CommandName::Trigger, Some(lane)) => {
                let request = TriggerRequest { lane: lane.clone(), id: command.id.clone(), seconds: command.seconds };
                match self.triggers.take(&request, TriggerOrigin::Command) {
                    Ok(accepted) => CommandReply {
                        trigger_id: Some(accepted.id.to_string()),
                        answered_within_s: Some(accepted.answered_within.as_secs_f64()),
                        ..done
                    },
                    Err(refused) => self.refusal(refused.to_string()),
                }
            }
        }
    }

    fn refusal(&self, error: String) -> CommandReply {
        CommandReply {
            ok: false,
            at: UtcTime::new(self.clock.now().wall),
            error: Some(error),
            trigger_id: None,
            answered_within_s: None,
            correlation: None,
        }
    }
}

/// Where the reply goes and what comes back in it, also of a command with a mistake.
fn reply_fields(payload: &[u8]) -> (Option<String>, Option<String>) {
    let fields = serde_json::from_slice::<serde_json::Value>(payload).unwrap_or_default();
    let text = |key: &str| fields.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
    (text("reply_to"), text("correlation"))
}

/// Whether something can be published there: brokers end the connection of a client that publishes to anything else.
fn is_topic(topic: &str) -> bool {
    (1..=65_535).contains(&topic.len()) && !topic.contains(['+', '#', '\0']) && !topic.starts_with('$')
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::plate::LaneName;
    use crate::triggers::{TriggerInbox, desk};

    fn command_desk() -> (CommandDesk, TriggerInbox) {
        let clock = Clock::start();
        let (triggers, inbox) = desk([(LaneName::try_from("in-2").expect("a name"), Duration::from_secs(5))], clock);
        (CommandDesk::new(triggers, clock), inbox)
    }

    fn reply(desk: &CommandDesk, payload: &str) -> CommandReply {
        let message = Message {
            response_topic: Some("answers/1".into()),
            correlation: Some(b"7".to_vec()),
            ..Message::new("r/command".into(), payload.into())
        };
        let reply = desk.take(&message).expect("a reply is wanted");
        assert_eq!((reply.topic.as_str(), reply.correlation.as_deref()), ("answers/1", Some(&b"7"[..])));
        serde_json::from_slice(&reply.payload).expect("a reply is JSON")
    }

    #[test]
    fn a_trigger_is_passed_on_and_its_name_is_replied() {
        let (desk, mut inbox) = command_desk();
        let reply = reply(&desk, r#"{"command":"trigger","lane":"in-2","id":"loop-7","seconds":3}"#);
        assert_eq!((reply.ok, reply.trigger_id.as_deref(), reply.answered_within_s), (true, Some("loop-7"), Some(3.0)));
        assert_eq!(inbox.take().map(|trigger| trigger.id.to_string()).collect::<Vec<_>>(), ["loop-7"]);
    }

    #[test]
    fn what_is_no_command_is_refused_with_the_reason() {
        let (desk, mut inbox) = command_desk();
        let refused = |payload| reply(&desk, payload).error.expect("it is refused");
        assert!(refused("open the gate").starts_with("this is no command"));
        assert!(refused(r#"{"command":"open"}"#).contains("unknown variant"));
        assert!(refused(r#"{"command":"trigger","lane":"in-2","secnds":3}"#).contains("secnds"));
        assert_eq!(refused(r#"{"command":"trigger"}"#), "a trigger needs a `lane`");
        assert!(refused(r#"{"command":"trigger","lane":"in-9"}"#).contains("the lanes are in-2"));
        assert_eq!(inbox.take().count(), 0);
    }

    #[test]
    fn a_retained_command_is_not_obeyed_and_no_reply_goes_where_none_can() {
        let (desk, mut inbox) = command_desk();
        let trigger = Message::new("r/command".into(), br#"{"command":"trigger","lane":"in-2"}"#.to_vec());
        assert_eq!(desk.take(&Message { retained: true, ..trigger.clone() }), None);
        assert_eq!(inbox.take().count(), 0);
        assert_eq!(desk.take(&Message { response_topic: Some("a/#".into()), ..trigger }), None);
        assert_eq!(inbox.take().count(), 1, "it is obeyed all the same");
    }

    #[test]
    fn a_client_of_mqtt_311_gets_its_reply_where_the_command_says() {
        let (desk, _inbox) = command_desk();
        let ping = br#"{"command":"ping","reply_to":"answers/2","correlation":"abc"}"#;
        let reply = desk.take(&Message::new("r/command".into(), ping.to_vec())).expect("a reply is wanted");
        let told: CommandReply = serde_json::from_slice(&reply.payload).expect("a reply is JSON");
        assert_eq!((reply.topic.as_str(), told.ok, told.correlation.as_deref()), ("answers/2", true, Some("abc")));
    }

    #[test]
    fn a_command_with_a_mistake_is_replied_to_as_well() {
        let (desk, _inbox) = command_desk();
        let wrong = br#"{"command":"trigger","lane":"in-2","secnds":3,"reply_to":"answers/2"}"#;
        let reply = desk.take(&Message::new("r/command".into(), wrong.to_vec())).expect("a reply is wanted");
        assert_eq!(reply.topic, "answers/2");
        assert!(String::from_utf8_lossy(&reply.payload).contains("secnds"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_desk_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(command_desk().0.take(&Message::new("r/command".into(), bytes)));
        }
    }
}
