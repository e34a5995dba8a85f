//! The whole way from a message to its reply, with the thread between, and the table of bad inputs in docs/events.md.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::desk::tests::Office;
use super::super::test_messages::{delta, gatekeeper, list, platform, signed};
use super::*;
use crate::proof::DeviceKey;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

struct Gate {
    reception: Reception,
    view: InboundView,
    office: Office,
    alarms: Alarms,
}

impl Gate {
    fn trusting(keys: &[DeviceKey]) -> Self {
        Self::with(Office::open(), keys, Duration::from_secs(3600))
    }

    fn with(office: Office, keys: &[DeviceKey], receipts_overdue: Duration) -> Self {
        let alarms = Alarms::default();
        let settings = InboundSettings {
            gatekeeper: gatekeeper(keys),
            max_declared: 10_000,
            declared: DeclaredSettings::default(),
            receipts_overdue,
            folder: office.folder.path().to_owned(),
            root: office.settings.root.clone(),
            alarms: alarms.clone(),
            clock: office.settings.clock,
        };
        let (reception, view, _) =
            Reception::start(settings, office.desk(), office.settings.outbox.clone()).expect("a thread");
        Self { reception, view, office, alarms }
    }

    fn restart(self, keys: &[DeviceKey]) -> Self {
        let Self { reception, office, .. } = self;
        drop(reception);
        Self::with(office, keys, Duration::from_secs(3600))
    }

    /// The reply to `message`, whose reply goes to a topic.
    async fn reply(&mut self, message: Message) -> CommandReply {
        let asking = Message { response_topic: Some("answers/1".into()), correlation: Some(b"7".to_vec()), ..message };
        let reply = match self.reception.take(asking) {
            Some(reply) => reply,
            None => self.next().await,
        };
        assert_eq!((reply.topic.as_str(), reply.correlation.as_deref()), ("answers/1", Some(&b"7"[..])));
        serde_json::from_slice(&reply.payload).expect("a reply is JSON")
    }

    async fn next(&mut self) -> Message {
        tokio::time::timeout(PATIENCE, self.reception.reply()).await.expect("a reply comes")
    }

    async fn told(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> CommandReply {
        self.reply(Message::new(format!("r/{topic}"), payload.into())).await
    }

    async fn refused(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> String {
        self.told(topic, payload).await.error.expect("it is refused")
    }

    async fn taken(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> CommandReply {
        let reply = self.told(topic, payload).await;
        assert!(reply.ok, "{reply:?}");
        reply
    }

    fn health(&self) -> InboundHealth {
        self.view.health(Timestamp::UNIX_EPOCH)
    }
}

fn command(number: u64) -> Value {
    json!({ "command": "ping", "number": number, "gate": "huu-nghi/g1" })
}

#[tokio::test]
async fn an_unsigned_command_is_obeyed_where_no_key_is_trusted() {
    let mut gate = Gate::trusting(&[]);
    gate.taken("command", r#"{"command":"ping"}"#).await;
    assert!(gate.refused("command", r#"{"command":"open"}"#).await.contains("unknown variant"));
    let health = gate.health().command;
    assert_eq!((health.taken, health.malformed), (1, 1));
    assert!(health.last_refusal.is_some_and(|text| text.contains("unknown variant")));
}

#[tokio::test]
async fn a_replayed_command_is_refused_also_after_a_restart() {
    let mut gate = Gate::trusting(&[platform()]);
    let (fifth, sixth) = (signed(command(5), &platform()), signed(command(6), &platform()));
    gate.taken("command", fifth.clone()).await;
    assert!(gate.refused("command", fifth.clone()).await.contains("a replay: the number 5 is not higher than 5"));
    let mut gate = gate.restart(&[platform()]);
    assert!(gate.refused("command", fifth).await.contains("a replay"));
    gate.taken("command", sixth).await;
    let unnumbered = signed(json!({ "command": "ping", "gate": "huu-nghi/g1" }), &platform());
    assert!(gate.refused("command", unnumbered).await.contains("needs a `number`"));
    assert!(gate.refused("command", command(9).to_string()).await.contains("has no `signature`"));
    let health = gate.health().command;
    assert_eq!((health.taken, health.old, health.malformed, health.not_signed), (1, 1, 1, 1));
}

#[tokio::test]
async fn a_command_that_failed_has_used_its_number_up() {
    let mut gate = Gate::trusting(&[platform()]);
    let wrong = json!({ "command": "trigger", "lane": "in-9", "number": 5, "gate": "huu-nghi/g1" });
    assert!(gate.refused("command", signed(wrong, &platform())).await.contains("no lane"));
    assert!(gate.refused("command", signed(command(5), &platform())).await.contains("a replay"));
}

#[tokio::test]
async fn a_retained_command_is_not_obeyed() {
    let mut gate = Gate::trusting(&[]);
    let trigger = br#"{"command":"trigger","lane":"in-2"}"#.to_vec();
    let retained = Message { retained: true, ..Message::new("r/command".into(), trigger) };
    assert!(gate.reply(retained).await.error.is_some_and(|text| text.contains("without retain")));
    assert_eq!((gate.office.inbox.take().count(), gate.health().command.retained), (0, 1));
}

#[tokio::test]
async fn a_declared_list_is_taken_once_and_its_changes_in_order() {
    let mut gate = Gate::trusting(&[platform()]);
    let whole = signed(list(118, &["a", "b"]), &platform());
    assert_eq!(gate.taken("declared", whole.clone()).await.version, Some(118));
    let mut change = delta(118, 119, &["a"], &["c"]);
    change["gate"] = "huu-nghi/g1".into();
    assert_eq!(gate.taken("declared", signed(change.clone(), &platform())).await.version, Some(119));
    assert!(gate.refused("declared", signed(change, &platform())).await.contains("a replay"));
    let mut gate = gate.restart(&[platform()]);
    assert!(gate.refused("declared", whole).await.contains("not higher than 119"));
    assert!(gate.refused("declared", list(120, &["x"]).to_string()).await.contains("has no `signature`"));
    let health = gate.health();
    assert_eq!((health.declared_list.version, health.declared_list.entries), (Some(119), 2));
    assert_eq!((health.declared.old, health.declared.not_signed), (1, 1));
}

#[tokio::test]
async fn what_is_too_large_is_refused_at_the_door() {
    let mut gate = Gate::trusting(&[]);
    assert!(gate.refused("command", vec![b' '; 16 * 1024 + 1]).await.contains("16384 are the most"));
    assert!(gate.refused("declared", vec![b' '; 10_001]).await.contains("10000 are the most"));
    assert!(gate.refused("receipt", vec![b' '; 64 * 1024 + 1]).await.contains("65536 are the most"));
    let health = gate.health();
    assert_eq!((health.command.too_large, health.declared.too_large, health.receipt.too_large), (1, 1, 1));
}

#[tokio::test]
async fn a_flood_is_refused_and_commands_are_taken_again_after_it() {
    let mut gate = Gate::trusting(&[]);
    let ping = || Message {
        response_topic: Some("answers/1".into()),
        ..Message::new("r/command".into(), br#"{"command":"ping"}"#.to_vec())
    };
    let mut answered_at_the_door = 0;
    for _ in 0..2000 {
        answered_at_the_door += usize::from(gate.reception.take(ping()).is_some());
    }
    assert!(answered_at_the_door <= 4, "{answered_at_the_door}");
    let refused = gate.health().command.too_often;
    assert!(refused >= 1900, "{refused}");
    while gate.health().command.taken + refused < 2000 {
        gate.next().await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    gate.reception.take(ping());
    gate.next().await;
}

#[tokio::test]
async fn receipts_are_noted_and_health_says_how_far() {
    let mut gate = Gate::trusting(&[]);
    (0..6).for_each(|track| drop(gate.office.commit(track)));
    assert_eq!(gate.health().receipts, None);
    gate.taken("receipt", r#"{"from_seq":1,"to_seq":2}"#).await;
    gate.taken("receipt", r#"{"ranges":[{"from_seq":5,"to_seq":6}]}"#).await;
    let receipts = gate.health().receipts.expect("there was one");
    assert_eq!((receipts.confirmed_up_to, receipts.unconfirmed), (2, 2));
    assert!(receipts.oldest_unconfirmed_age_s.is_some());
    assert!(gate.refused("receipt", r#"{"from_seq":1,"to_seq":7}"#).await.contains('7'), "it was never sent");
    assert!(gate.refused("receipt", r#"{"from_seq":3,"to_seq":2}"#).await.contains("no range"));
    gate.taken("receipt", r#"{"from_seq":1,"to_seq":6}"#).await;
    assert_eq!(gate.health().receipts.map(|receipts| receipts.unconfirmed), Some(0));
    assert_eq!(gate.alarms.standing(), []);
}

#[tokio::test]
async fn a_platform_that_stops_confirming_raises_an_alarm_until_it_goes_on() {
    let office = Office::open();
    (0..3).for_each(|track| drop(office.commit(track)));
    let mut gate = Gate::with(office, &[], Duration::ZERO);
    assert_eq!(gate.alarms.standing(), [], "nothing is expected before the first receipt");
    gate.taken("receipt", r#"{"from_seq":1,"to_seq":1}"#).await;
    let standing = gate.alarms.standing();
    assert_eq!(standing.iter().map(|alarm| alarm.kind).collect::<Vec<_>>(), [AlarmKind::ReceiptsOverdue]);
    assert!(standing[0].text.contains("event 2"), "{}", standing[0].text);
    gate.taken("receipt", r#"{"from_seq":2,"to_seq":3}"#).await;
    assert_eq!(gate.alarms.standing(), []);
}

#[tokio::test]
async fn a_client_of_mqtt_311_gets_its_reply_where_the_command_says() {
    let mut gate = Gate::trusting(&[]);
    for payload in [
        r#"{"command":"ping","reply_to":"answers/2","correlation":"abc"}"#,
        r#"{"command":"trigger","lane":"in-2","secnds":3,"reply_to":"answers/2","correlation":"abc"}"#,
    ] {
        assert_eq!(gate.reception.take(Message::new("r/command".into(), payload.into())), None);
        let reply = gate.next().await;
        let told: CommandReply = serde_json::from_slice(&reply.payload).expect("a reply is JSON");
        assert_eq!((reply.topic.as_str(), told.correlation.as_deref()), ("answers/2", Some("abc")));
        assert_eq!(told.ok, !payload.contains("secnds"));
    }
}

#[tokio::test]
async fn no_reply_goes_where_none_can_or_where_it_would_do_harm() {
    let mut gate = Gate::trusting(&[]);
    let barred = ["a/#", "+", "", "$SYS/x", "a\0b", "r", "r/command", "r/declared", "r/status", "r/lane/in-2/passage"];
    for (count, topic) in barred.into_iter().enumerate() {
        let ping = Message::new("r/command".into(), br#"{"command":"ping"}"#.to_vec());
        assert_eq!(gate.reception.take(Message { response_topic: Some(topic.into()), ..ping }), None);
        while gate.health().command.taken <= count as u64 {
            tokio::task::yield_now().await;
        }
    }
    assert!(gate.reception.waiting_reply().is_none());
    let ping = Message::new("r/command".into(), br#"{"command":"ping"}"#.to_vec());
    gate.reception.take(Message { response_topic: Some("r/answers".into()), ..ping });
    assert_eq!(gate.next().await.topic, "r/answers", "and this is the first reply");
}

#[tokio::test]
async fn a_topic_that_nobody_asked_for_is_nobodys_message() {
    let mut gate = Gate::trusting(&[]);
    for topic in ["r/commands", "r/command/x", "x/command", "command", ""] {
        assert_eq!(gate.reception.take(Message::new(topic.into(), br#"{"command":"ping"}"#.to_vec())), None);
    }
    gate.taken("command", r#"{"command":"ping"}"#).await;
    assert_eq!(gate.health().command.taken, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(gatekeeper(&[platform()]).read_signed::<Command>(&bytes));
        drop(gatekeeper(&[platform()]).read_signed::<super::super::DeclaredMessage>(&bytes));
        drop(gatekeeper(&[]).read_unsigned::<Receipt>(&bytes));
        ReplyFields::of(&bytes);
    }
}
