//! What the doctor says: findings, each with a verdict and a remedy, and all of them as one diagnosis. The contract of
//! `gatelpr doctor --json`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::publish::utc_time::UtcTime;

/// Version of the contract.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that `gatelpr doctor` found, the worst first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// Version of this contract: 1.
    pub schema: u32,
    /// When the doctor began.
    pub at: UtcTime,
    /// The program's version.
    pub version: String,
    /// The worst verdict of all findings; `unknown` counts less than `note` here.
    pub verdict: Verdict,
    /// What was found, problems of the config first, then the worst first.
    pub findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, in plain words with figures.
    pub what: String,
    /// What to do, in one sentence; null where nothing needs doing.
    pub remedy: Option<String>,
    /// How long the look took, in milliseconds.
    pub took_ms: u64,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The config file.
    Config,
    /// Whether a daemon runs, and what it says of itself.
    Daemon,
    /// A camera.
    Camera,
    /// The broker.
    Broker,
    /// The webhook.
    Webhook,
    /// Events that wait.
    Outbox,
    /// The disks of events and pictures.
    Disk,
    /// The clock.
    Clock,
    /// When certificates end.
    Certificate,
    /// The models' files.
    Models,
    /// ONNX Runtime.
    Runtime,
    /// How long it takes from a start to an event.
    FirstEvent,
    /// The processor.
    Processor,
    /// Memory.
    Memory,
    /// Temperature and power.
    Temperature,
    /// Who may use cameras and input lines.
    Devices,
    /// Who may read secrets.
    Permissions,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing needs doing.
    Good,
    /// It could not be found out.
    Unknown,
    /// Worth knowing; nothing is lost by it now.
    Note,
    /// Somebody must do something.
    Bad,
}

/// A finding without what the examination adds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub what: String,
    /// What to do.
    pub remedy: Option<String>,
}

impl Opinion {
    /// All is right.
    pub fn good(what: impl Into<String>) -> Self {
        Self { verdict: Verdict::Good, what: what.into(), remedy: None }
    }

    /// Worth knowing.
    pub fn note(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Note, what: what.into(), remedy: Some(remedy.into()) }
    }

    /// Somebody must do something.
    pub fn bad(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, what: what.into(), remedy: Some(remedy.into()) }
    }

    /// It could not be found out.
    pub fn unknown(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown, what: what.into(), remedy: Some(remedy.into()) }
    }

    /// What an error says. The program's errors say after a semicolon what to do; one that does not gets `remedy`.
    #[must_use]
    pub fn of_error(error: &str, remedy: &str) -> Self {
        match error.split_once("; ") {
            Some((what, todo)) => Self::bad(what, todo),
            None => Self::bad(error, remedy),
        }
    }

    /// The same about one of several things, which is named first.
    #[must_use]
    pub fn about(self, whom: impl std::fmt::Display) -> Self {
        Self { what: format!("{whom}: {}", self.what), ..self }
    }

    /// The finding of a look at `check` that took so long.
    #[must_use]
    pub fn finding(self, check: Check, took: Duration) -> Finding {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Finding { check, verdict: self.verdict, what: self.what, remedy: self.remedy, took_ms }
    }
}

impl Diagnosis {
    /// Of these findings, put in order.
    #[must_use]
    pub fn of(mut findings: Vec<Finding>, at: UtcTime) -> Self {
        // A wrong config explains much of the rest.
        findings.sort_by_key(|one| (one.check != Check::Config, std::cmp::Reverse(one.verdict), one.check));
        let verdict = findings.iter().map(|one| one.verdict).max().unwrap_or(Verdict::Unknown);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { schema: SCHEMA_VERSION, at, version, verdict, findings }
    }

    /// How many findings have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|one| one.verdict == verdict).count()
    }
}

impl Check {
    /// Its name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Daemon => "daemon",
            Self::Camera => "camera",
            Self::Broker => "broker",
            Self::Webhook => "webhook",
            Self::Outbox => "outbox",
            Self::Disk => "disk",
            Self::Clock => "clock",
            Self::Certificate => "certificate",
            Self::Models => "models",
            Self::Runtime => "runtime",
            Self::FirstEvent => "first_event",
            Self::Processor => "processor",
            Self::Memory => "memory",
            Self::Temperature => "temperature",
            Self::Devices => "devices",
            Self::Permissions => "permissions",
        }
    }
}

impl Verdict {
    /// Its name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::Note => "note",
            Self::Bad => "bad",
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn found(check: Check, opinion: Opinion) -> Finding {
        opinion.finding(check, Duration::from_millis(3))
    }

    #[test]
    fn the_config_stands_first_and_then_the_worst() {
        let findings = vec![
            found(Check::Clock, Opinion::good("set")),
            found(Check::Config, Opinion::good("right")),
            found(Check::Memory, Opinion::unknown("?", "look")),
            found(Check::Disk, Opinion::bad("full", "make room")),
            found(Check::Outbox, Opinion::note("some wait", "wait")),
        ];
        let diagnosis = Diagnosis::of(findings, UtcTime::new(Timestamp::UNIX_EPOCH));
        let order: Vec<&str> = diagnosis.findings.iter().map(|one| one.check.name()).collect();
        assert_eq!(order, ["config", "disk", "outbox", "memory", "clock"]);
        assert_eq!((diagnosis.verdict, diagnosis.count(Verdict::Good)), (Verdict::Bad, 2));
    }

    #[test]
    fn an_error_is_parted_into_what_is_and_what_to_do() {
        let parted = Opinion::of_error("the camera is away; check its cable; then its power", "-");
        assert_eq!(parted, Opinion::bad("the camera is away", "check its cable; then its power"));
        assert_eq!(Opinion::of_error("it failed", "restart it"), Opinion::bad("it failed", "restart it"));
    }

    #[test]
    fn names_are_those_of_the_json() {
        for check in [Check::Config, Check::FirstEvent, Check::Permissions] {
            assert_eq!(serde_json::to_value(check).expect("a name"), check.name());
        }
        assert_eq!(serde_json::to_value(Verdict::Unknown).expect("a name"), Verdict::Unknown.name());
    }
}
