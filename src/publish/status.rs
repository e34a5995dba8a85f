//! The gate's own state on the wire: birth, farewell and last will, all on one retained topic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::utc_time::UtcTime;
use crate::alarm::{Alarm, Alarms};
use crate::proof::PublicKey;

/// Whether the gate is at work, retained, so that whoever subscribes learns it at once.
///
/// The broker itself publishes `offline` (the last will) when the gate is gone without a farewell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateStatus {
    /// At work, stopping on purpose, or gone.
    pub state: GateState,
    /// Names the run of the program; a new one after every start.
    pub boot_id: Uuid,
    /// The program's version.
    pub version: String,
    /// When this run started.
    pub started_at: UtcTime,
    /// SHA-256 of the config file in hexadecimal, so that a platform sees which settings a gate runs with.
    pub config_sha256: String,
    /// The models in use, each as `name@sha256:…` of its weights.
    pub models: Vec<String>,
    /// The lanes this gate watches.
    pub lanes: Vec<String>,
    /// The key that events are signed with. Who must be sure takes it from the gate's operator, not from here.
    #[serde(default)]
    pub signing_key: Option<SigningKey>,
    /// What came of reading the config again last; null before the first time.
    #[serde(default)]
    pub last_reload: Option<LastReload>,
    /// What is wrong and needs somebody; empty where nothing is.
    #[serde(default)]
    pub alarms: Vec<StandingAlarm>,
}

/// What came of reading the config again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastReload {
    /// When.
    pub at: UtcTime,
    /// What came of it.
    pub outcome: ReloadOutcome,
    /// What has begun anew, such as `camera yard`, `lane in-2`, `models` or `broker`; `everything` where that was the whole run, and
    /// nothing where the file says the same as before.
    pub changed: Vec<String>,
    /// What is wrong with the config, or why it could not be used; null where it is in use.
    pub problem: Option<String>,
}

/// What came of reading the config again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReloadOutcome {
    /// The config in the file is in use.
    Done,
    /// The file has problems: nothing was changed.
    Refused,
    /// The file has no problem that can be seen in it, but could not be used: the config before it is in use.
    Failed,
}

/// The key that events are signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SigningKey {
    /// The first 16 hexadecimal digits of the SHA-256 of the 32 bytes of the public key.
    pub id: String,
    /// The public key in PEM form.
    pub public_key: String,
}

impl From<PublicKey> for SigningKey {
    fn from(key: PublicKey) -> Self {
        Self { id: key.id(), public_key: key.to_pem() }
    }
}

/// Something that is wrong and needs somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StandingAlarm {
    /// What kind, such as `outbox_damaged` or `disk_full`. More kinds may come.
    pub kind: String,
    /// Since when.
    pub since: UtcTime,
    /// What happened, where, and what to do.
    pub text: String,
}

impl From<Alarm> for StandingAlarm {
    fn from(alarm: Alarm) -> Self {
        Self { kind: alarm.kind.name().to_owned(), since: UtcTime::new(alarm.since), text: alarm.text }
    }
}

/// At work, stopping on purpose, or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// Connected and at work.
    Online,
    /// Stopped on purpose; what was not delivered is delivered after the next start.
    Stopping,
    /// The connection broke without a farewell.
    Offline,
}

impl GateStatus {
    /// This run in another state and with the alarms that stand now, as JSON.
    #[must_use]
    pub fn json_in(&self, state: GateState, alarms: &Alarms) -> String {
        let alarms = alarms.standing().into_iter().map(StandingAlarm::from).collect();
        let status = Self { state, alarms, ..self.clone() };
        serde_json::to_string(&status).expect("a struct of texts and lists has a JSON form")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn will_and_birth_differ_in_the_state_alone() {
        let status = GateStatus {
            state: GateState::Online,
            boot_id: Uuid::nil(),
            version: "0.1.0".into(),
            started_at: UtcTime::new("2026-11-24T03:14:07Z".parse().expect("a valid time")),
            config_sha256: "00ff".into(),
            models: vec!["reader@sha256:bb22".into()],
            lanes: vec!["in-2".into()],
            signing_key: Some(SigningKey { id: "ab".into(), public_key: "PEM".into() }),
            last_reload: None,
            alarms: vec![],
        };
        let alarms = Alarms::default();
        let birth = status.json_in(GateState::Online, &alarms);
        let expect = concat!(
            r#"{"state":"online","boot_id":"00000000-0000-0000-0000-000000000000","version":"0.1.0","#,
            r#""started_at":"2026-11-24T03:14:07.000Z","config_sha256":"00ff","models":["reader@sha256:bb22"],"#,
            r#""lanes":["in-2"],"signing_key":{"id":"ab","public_key":"PEM"},"last_reload":null,"alarms":[]}"#
        );
        assert_eq!(birth, expect);
        assert_eq!(status.json_in(GateState::Offline, &alarms), birth.replace("online", "offline"));
        assert_eq!(status.json_in(GateState::Stopping, &alarms), birth.replace("online", "stopping"));
    }
}
