//! What is wrong and needs somebody: raised by whoever notices, told in the gate's retained status, in its health and in
//! the log, and cleared when it is over.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::{error, info};

/// What kinds of alarms there are. One of each kind stands at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmKind {
    /// The outbox was damaged, set aside and begun anew.
    OutboxDamaged,
    /// The outbox refuses events: recognition waits, nothing is lost yet.
    OutboxRefuses,
    /// Space runs short although all evidence that may go is gone.
    DiskFull,
    /// Delivered events cannot be put into the archive.
    ArchiveFails,
    /// Evidence pictures are lost.
    EvidenceFails,
    /// A certificate is unusable or about to end.
    Certificate,
    /// The platform has not confirmed events for long.
    ReceiptsOverdue,
    /// A watch-list or allow-list cannot be read or is too old.
    PlateList,
    /// The file with the declared list cannot be used.
    DeclaredFile,
    /// The declared list is old, or none has come.
    DeclaredListOld,
    /// The config file is not the one in use, because it cannot be used.
    ConfigFile,
    /// Recognition does not keep up with the cameras.
    Overloaded,
}

impl AlarmKind {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OutboxDamaged => "outbox_damaged",
            Self::OutboxRefuses => "outbox_refuses",
            Self::DiskFull => "disk_full",
            Self::ArchiveFails => "archive_fails",
            Self::EvidenceFails => "evidence_fails",
            Self::Certificate => "certificate",
            Self::ReceiptsOverdue => "receipts_overdue",
            Self::PlateList => "plate_list",
            Self::DeclaredFile => "declared_file",
            Self::DeclaredListOld => "declared_list_old",
            Self::ConfigFile => "config_file",
            Self::Overloaded => "overloaded",
        }
    }
}

/// One alarm that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What kind.
    pub kind: AlarmKind,
    /// Since when.
    pub since: Timestamp,
    /// What happened, where, and what to do.
    pub text: String,
}

/// The alarms that stand. Clones share them.
#[derive(Debug, Clone)]
pub struct Alarms(Arc<watch::Sender<BTreeMap<AlarmKind, Alarm>>>);

impl Default for Alarms {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(BTreeMap::new())))
    }
}

impl Alarms {
    /// Raises an alarm, or gives one that stands a new text. Only what is new is logged.
    pub fn raise(&self, kind: AlarmKind, text: &str, now: Timestamp) {
        self.0.send_if_modified(|alarms| {
            let since = alarms.get(&kind).map_or(now, |alarm| alarm.since);
            let alarm = Alarm { kind, since, text: text.to_owned() };
            let is_new = alarms.get(&kind) != Some(&alarm);
            if is_new {
                error!(alarm = kind.name(), "{text}");
                alarms.insert(kind, alarm);
            }
            is_new
        });
    }

    /// Ends an alarm, if it stands.
    pub fn clear(&self, kind: AlarmKind) {
        self.0.send_if_modified(|alarms| {
            let stood = alarms.remove(&kind).is_some();
            if stood {
                info!(alarm = kind.name(), "the alarm is over");
            }
            stood
        });
    }

    /// Those that stand, by kind.
    #[must_use]
    pub fn standing(&self) -> Vec<Alarm> {
        self.0.borrow().values().cloned().collect()
    }

    /// Tells of every change from now on.
    #[must_use]
    pub fn changes(&self) -> AlarmChanges {
        AlarmChanges(self.0.subscribe())
    }
}

/// Tells when the alarms that stand have changed.
#[derive(Debug)]
pub struct AlarmChanges(watch::Receiver<BTreeMap<AlarmKind, Alarm>>);

impl AlarmChanges {
    /// Completes when something was raised or cleared since the last time. Dropping the wait loses nothing.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_keeps_its_first_time_until_it_is_over() {
        let alarms = Alarms::default();
        let (first, later) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        alarms.raise(AlarmKind::DiskFull, "one", first);
        alarms.raise(AlarmKind::DiskFull, "two", later);
        let standing = alarms.standing();
        assert_eq!((standing.len(), standing[0].since, standing[0].text.as_str()), (1, first, "two"));
        alarms.clear(AlarmKind::DiskFull);
        assert_eq!(alarms.standing(), []);
    }

    #[tokio::test]
    async fn changes_are_told_and_repetitions_are_not() {
        let alarms = Alarms::default();
        let mut changes = alarms.changes();
        alarms.raise(AlarmKind::DiskFull, "full", Timestamp::UNIX_EPOCH);
        changes.changed().await;
        alarms.raise(AlarmKind::DiskFull, "full", Timestamp::UNIX_EPOCH);
        alarms.clear(AlarmKind::ArchiveFails);
        let told = tokio::time::timeout(std::time::Duration::from_millis(20), changes.changed()).await;
        assert!(told.is_err(), "nothing has changed");
    }
}
