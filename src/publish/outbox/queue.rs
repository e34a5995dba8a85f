//! What the courier of one destination sees of the outbox: its own events, in order, until it has settled them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::database;
use super::{Counter, Destination, Outbox, OutboxError, StoredEvent};
use crate::alarm::AlarmKind;
use crate::publish::sealing::sealed_as_historical;

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

    /// The oldest events with numbers above `seq`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`OutboxError`] when they cannot be read.
    pub fn after(&self, seq: u64, limit: usize) -> Result<Vec<StoredEvent>, OutboxError> {
        let (shared, bit) = (&self.outbox.0, self.destination.bit());
        let mut inside = shared.inside();
        shared.used(&mut inside, "reading events", |inside| database::select(&inside.database, bit, seq, limit))
    }

    /// Lets go of events, durably: the destination has acknowledged each of them. They are put into the archive first; if
    /// that fails, an alarm says so and they go all the same, because they would be sent again and again otherwise.
    ///
    /// # Errors
    /// [`OutboxError`] when they cannot be let go; they are then delivered once more.
    pub fn settle(&self, acknowledged: &[u64], now: Timestamp) -> Result<(), OutboxError> {
        let (shared, bit) = (&self.outbox.0, self.destination.bit());
        let unarchived = {
            let mut inside = shared.inside();
            shared.used(&mut inside, "reading delivered events", |inside| {
                database::unarchived(&inside.database, acknowledged)
            })?
        };
        self.archive(&unarchived, now);
        let mut inside = shared.inside();
        let settled = shared.used(&mut inside, "deleting delivered events", |inside| {
            database::settle(&mut inside.database, bit, acknowledged)
        })?;
        self.counter().depth.fetch_sub(settled, Ordering::Relaxed);
        Ok(())
    }

    fn archive(&self, events: &[StoredEvent], now: Timestamp) {
        let settings = &self.outbox.0.settings;
        if events.is_empty() {
            return;
        }
        match settings.archive.append(events.iter().map(|event| event.json.as_str()), now) {
            Ok(()) => settings.alarms.clear(AlarmKind::ArchiveFails),
            Err(error) => {
                let text = format!("delivered events are not archived and cannot be sent again: {error}");
                settings.alarms.raise(AlarmKind::ArchiveFails, &text, now);
            }
        }
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
