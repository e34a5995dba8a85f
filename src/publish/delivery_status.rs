//! How a courier fares, for whoever reports it.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::outbox::OutboxQueue;

/// How delivery fares, counted since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// Whether there is a connection.
    pub connected: bool,
    /// How many events wait in the outbox.
    pub depth: u64,
    /// How many events were acknowledged.
    pub delivered: u64,
    /// How often an event was published again because its acknowledgement had not come.
    pub republished: u64,
    /// How often the broker refused an event. It stays in the outbox and is tried again.
    pub refused: u64,
    /// How many connections were made.
    pub connections: u64,
    /// How many connections were lost or could not be made.
    pub failures: u64,
    /// What went wrong last, also when it is over.
    pub last_error: Option<String>,
}

/// Why delivery ended although nobody asked it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the delivery task panicked, which is a bug in gatelpr; please report it")]
pub struct DeliveryFailed;

/// A look at delivery, for whoever reports how it fares. Clones look at the same.
#[derive(Debug, Clone)]
pub struct DeliveryObserver {
    queue: OutboxQueue,
    status: watch::Receiver<DeliveryStatus>,
}

impl DeliveryObserver {
    pub(super) fn new(queue: OutboxQueue, status: watch::Receiver<DeliveryStatus>) -> Self {
        Self { queue, status }
    }

    /// How delivery fares now.
    #[must_use]
    pub fn status(&self) -> DeliveryStatus {
        DeliveryStatus { depth: self.queue.depth(), ..self.status.borrow().clone() }
    }

    /// How long the oldest event has waited by the wall clock `now`; none when none waits, or the disk does not tell.
    #[must_use]
    pub fn oldest_age(&self, now: Timestamp) -> Option<Duration> {
        self.queue.oldest_age(now).ok().flatten()
    }
}
