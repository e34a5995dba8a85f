//! What the courier of one destination sees of the outbox: its own events, in order, until it has settled them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::database;
use super::{Counter, Destination, Outbox, OutboxError, StoredEvent};
use crate::alarm::AlarmKind;
use crate::publish::sealing::sealed_as_historical;

/// How many delivered events stay for an archive that cannot be written. They have 2 KB each, so this is no danger for the
/// disk, and an hour of a busy gate.
pub(super) const MOST_UNARCHIVED: u64 = 20_000;

/// How many of them are archived together with others, once that works again.
const ARCHIVED_AT_ONCE: usize = 500;

/// The events that one destination is owed. Clones see the same.
#[derive(Debug, Clone)]
pub struct OutboxQueue {
    outbox: Outbox,
    destination: Destination,
}

impl OutboxQueue {
    pub(super) fn new(outbox: Outbox, destination: Destination) -> Self {
        Self { outbox, destination }
    }

    /// Works on it without holding up other tasks: a worn memory card may take seconds for one commit.
    pub(in crate::publish) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        let queue = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&queue)).await;
        done.expect("the outbox has no panic of its own, and nobody aborts it")
    }

    /// The oldest events with numbers above `seq`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`OutboxError`] when they cannot be read.
    pub fn after(&self, seq: u64, limit: usize) -> Result<Vec<StoredEvent>, OutboxError> {
        let (shared, bit) = (&self.outbox.0, self.destination.bit());
        let mut inside = shared.inside();
        shared.used(&mut inside, "reading events", |inside| database::select(&inside.database, bit, seq, limit))
    }

    /// Lets go of events, durably: the destination has acknowledged each of them. They are put into the archive first. What
    /// cannot be archived is not sent again, but stays until it can be, up to `MOST_UNARCHIVED` events; an alarm says so.
    ///
    /// # Errors
    /// [`OutboxError`] when they cannot be let go; they are then delivered once more.
    pub fn settle(&self, acknowledged: &[u64], now: Timestamp) -> Result<(), OutboxError> {
        let (shared, bit) = (&self.outbox.0, self.destination.bit());
        let unarchived = {
            let mut inside = shared.inside();
            shared.used(&mut inside, "reading delivered events", |inside| {
                let mut events = database::unarchived(&inside.database, acknowledged)?;
                if inside.has_unarchived {
                    events.extend(database::delivered_unarchived(&inside.database, ARCHIVED_AT_ONCE)?);
                }
                Ok(events)
            })?
        };
        let are_archived = self.archive(&unarchived, now);
        let archived: Vec<u64> = unarchived.iter().filter(|_| are_archived).map(|event| event.seq).collect();
        let mut inside = shared.inside();
        inside.has_unarchived |= !are_archived;
        let settled = shared.used(&mut inside, "deleting delivered events", |inside| {
            let settled = database::settle(&mut inside.database, bit, acknowledged, &archived)?;
            if inside.has_unarchived {
                let last = database::end(&inside.database)?.seq;
                database::give_up_unarchived(&inside.database, last.saturating_sub(MOST_UNARCHIVED))?;
                inside.has_unarchived = !database::delivered_unarchived(&inside.database, 1)?.is_empty();
            }
            Ok(settled)
        })?;
        self.counter().depth.fetch_sub(settled, Ordering::Relaxed);
        Ok(())
    }

    /// Whether all of these events are in the archive now.
    fn archive(&self, events: &[StoredEvent], now: Timestamp) -> bool {
        let settings = &self.outbox.0.settings;
        if events.is_empty() {
            return true;
        }
        let appended = settings.archive.append(events.iter().map(|event| event.json.as_str()), now);
        match &appended {
            Ok(()) => settings.alarms.clear(AlarmKind::ArchiveFails),
            Err(error) => {
                let text = format!(
                    "delivered events are not archived: {error}; they stay in the outbox until they can be, the newest \
                     {MOST_UNARCHIVED}"
                );
                settings.alarms.raise(AlarmKind::ArchiveFails, &text, now);
            }
        }
        appended.is_ok()
    }

    /// How many events wait.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.counter().depth.load(Ordering::Relaxed)
    }

    /// The event as it is sent now. One that has waited is marked historical and signed again: it was there when the outbox
    /// was opened, or more than 10 seconds have passed since its commit. The wall clock has no say in it.
    #[must_use]
    pub fn as_sent(&self, event: StoredEvent) -> StoredEvent {
        let shared = &self.outbox.0;
        if !shared.waiting().is_long(event.seq, Instant::now()) {
            return event;
        }
        let json = sealed_as_historical(&event.json, &shared.inside().key);
        StoredEvent { json, ..event }
    }

    /// How long the oldest event has waited; `None` when none waits.
    ///
    /// # Errors
    /// [`OutboxError`] when it cannot be read.
    pub fn oldest_age(&self, now: Timestamp) -> Result<Option<Duration>, OutboxError> {
        let oldest = self.after(0, 1)?;
        Ok(oldest.first().map(|event| event.waited(now)))
    }

    /// Completes when an event was committed since the last time (for one waiting task).
    pub async fn committed(&self) {
        self.counter().committed.notified().await;
    }

    /// Completes when archived events were put back since the last time (for one waiting task).
    pub async fn restored(&self) {
        self.counter().restored.notified().await;
    }

    fn counter(&self) -> &Counter {
        self.outbox.0.counter(self.destination)
    }
}
