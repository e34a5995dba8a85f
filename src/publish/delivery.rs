//! The task that empties the outbox, whatever the broker does.
//!
//! In order, a bounded window at a time: an event's row is deleted only on that event's own acknowledgement, and
//! everything unacknowledged is published again on every new connection, so events arrive at least once and the first
//! arrivals are in order. A connection that fails or falls silent is replaced after a growing pause. Nobody waits for this
//! task: whoever commits to the outbox has done his part.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::event::mark_historical;
use super::outbox::{Outbox, OutboxError, StoredEvent};
use super::settings::DeliverySettings;
use super::window::{Answered, Window};
use super::{EventPublisher, PublishError};
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::stop::Stop;

/// An event that waited longer than this is marked `historical` (the contract's figure).
const HISTORICAL_AFTER: Duration = Duration::from_secs(10);

/// Most events under way at once, whatever the settings say: the connection's own queue must never fill up.
const LARGEST_WINDOW: usize = 512;

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
    /// How many connections were made.
    pub connections: u64,
    /// How many connections were lost or could not be made.
    pub failures: u64,
    /// What went wrong last, also when it is over.
    pub last_error: Option<String>,
}

/// The running task, seen from outside.
#[derive(Debug)]
pub struct Delivery {
    outbox: Outbox,
    status: watch::Receiver<DeliveryStatus>,
    task: JoinHandle<()>,
}

impl Delivery {
    /// Starts delivering what is in `outbox` and what will be, until `stop`. Needs a tokio runtime around it.
    pub fn start<P>(publisher: P, outbox: Outbox, settings: DeliverySettings, clock: Clock, stop: Stop) -> Self
    where
        P: EventPublisher + 'static,
    {
        let (sender, status) = watch::channel(DeliveryStatus { depth: outbox.depth(), ..DeliveryStatus::default() });
        let backoff = Backoff::new(settings.first_pause, settings.longest_pause);
        let courier = Courier {
            publisher,
            outbox: outbox.clone(),
            settings,
            clock,
            stop,
            backoff,
            status: sender,
            highest_sent: 0,
        };
        Self { outbox, status, task: tokio::spawn(courier.run()) }
    }

    /// How delivery fares now.
    #[must_use]
    pub fn status(&self) -> DeliveryStatus {
        DeliveryStatus { depth: self.outbox.depth(), ..self.status.borrow().clone() }
    }

    /// Waits until `condition` holds; `false` when delivery ended before it did.
    pub async fn wait_until(&self, mut condition: impl FnMut(&DeliveryStatus) -> bool) -> bool {
        let mut status = self.status.clone();
        let holds =
            |status: &DeliveryStatus| condition(&DeliveryStatus { depth: self.outbox.depth(), ..status.clone() });
        status.wait_for(holds).await.is_ok()
    }

    /// Waits until everything committed so far is delivered; `false` when delivery ended before that. For runs that end
    /// by themselves, whose source is a recording.
    pub async fn drained(&self) -> bool {
        self.wait_until(|status| status.depth == 0).await
    }

    /// Waits until the task has ended, after a stop.
    ///
    /// # Panics
    /// When the task did.
    pub async fn ended(self) {
        self.task.await.expect("delivery has no panic of its own, and nobody aborts it");
    }
}

struct Courier<P> {
    publisher: P,
    outbox: Outbox,
    settings: DeliverySettings,
    clock: Clock,
    stop: Stop,
    backoff: Backoff,
    status: watch::Sender<DeliveryStatus>,
    /// The highest number ever handed over: what is handed over at or below it goes out again.
    highest_sent: u64,
}

impl<P: EventPublisher> Courier<P> {
    async fn run(mut self) {
        while !self.stop.requested() {
            let begun = Instant::now();
            let Err(error) = self.one_connection().await else { break };
            if begun.elapsed() >= self.settings.longest_pause {
                self.backoff.reset();
            }
            self.note_failure(&error);
            let pause = self.backoff.next_pause();
            tokio::select! {
                () = self.stop.wait_async() => break,
                () = sleep(pause) => {}
            }
        }
        self.status.send_modify(|status| status.connected = false);
    }

    /// Delivers over one connection until it fails (an error) or a stop is asked for.
    async fn one_connection(&mut self) -> Result<(), PublishError> {
        let stop = self.stop.clone();
        tokio::select! {
            biased;
            () = stop.wait_async() => return Ok(()),
            connected = self.publisher.connect() => connected?,
        }
        self.note_connected();
        let mut window = Window::new();
        loop {
            self.fill(&mut window).await?;
            let room = window.len() < self.window_size();
            tokio::select! {
                biased;
                () = stop.wait_async() => return self.say_goodbye(window).await,
                // Before the answers: when a connection is lost, no answer comes any more, and this says why.
                error = self.publisher.lost() => {
                    self.settle_what_came(&mut window).await?;
                    return Err(error);
                }
                answered = window.answered(self.settings.ack_timeout) => self.settle(answered).await?,
                () = self.outbox.committed(), if room => {}
            }
        }
    }

    /// Hands over waiting events as far as the window allows.
    async fn fill(&mut self, window: &mut Window) -> Result<(), PublishError> {
        let (after, room) = (window.last_sent(), self.window_size().saturating_sub(window.len()));
        if room == 0 {
            return Ok(());
        }
        for event in on_disk(&self.outbox, move |outbox| outbox.after(after, room)).await? {
            let event = self.marked(event);
            window.push(event.seq, self.publisher.publish(&event)?);
            if event.seq <= self.highest_sent {
                self.status.send_modify(|status| status.republished += 1);
            }
            self.highest_sent = self.highest_sent.max(event.seq);
        }
        Ok(())
    }

    fn marked(&self, event: StoredEvent) -> StoredEvent {
        if event.waited(self.clock.now().wall) > HISTORICAL_AFTER {
            StoredEvent { json: mark_historical(&event.json), ..event }
        } else {
            event
        }
    }

    /// Deletes what was acknowledged, then fails if an answer was a failure.
    async fn settle(&mut self, answered: Answered) -> Result<(), PublishError> {
        let Answered { acknowledged, failure } = answered;
        let delivered = acknowledged.len() as u64;
        if delivered > 0 {
            on_disk(&self.outbox, move |outbox| outbox.delete(&acknowledged)).await?;
            self.backoff.reset();
            self.status.send_modify(|status| {
                status.delivered += delivered;
                status.depth = self.outbox.depth();
            });
        }
        failure.map_or(Ok(()), Err)
    }

    /// Deletes what was acknowledged on a connection that has ended.
    async fn settle_what_came(&mut self, window: &mut Window) -> Result<(), PublishError> {
        let Answered { acknowledged, failure: _ } = window.answered_so_far();
        self.settle(Answered { acknowledged, failure: None }).await
    }

    /// Takes leave within the time set for it, and takes along the acknowledgements that come meanwhile.
    async fn say_goodbye(&mut self, mut window: Window) -> Result<(), PublishError> {
        if timeout(self.settings.farewell, self.publisher.close()).await.is_err() {
            warn!("the broker did not take the farewell in time");
        }
        if let Err(error) = self.settle_what_came(&mut window).await {
            warn!(%error, "delivered events stay in the outbox and will be delivered once more");
        }
        Ok(())
    }

    fn window_size(&self) -> usize {
        self.settings.window.clamp(1, LARGEST_WINDOW)
    }

    fn note_connected(&self) {
        info!(waiting = self.outbox.depth(), "connected to the broker");
        self.status.send_modify(|status| {
            status.connected = true;
            status.connections += 1;
        });
    }

    /// Logs a new trouble once; the same trouble again is only counted.
    fn note_failure(&self, error: &PublishError) {
        let text = error.to_string();
        let is_new = {
            let status = self.status.borrow();
            status.connected || status.last_error.as_ref() != Some(&text)
        };
        if is_new {
            warn!(%error, waiting = self.outbox.depth(), "events wait in the outbox");
        }
        self.status.send_modify(|status| {
            status.connected = false;
            status.failures += 1;
            status.last_error = Some(text);
        });
    }
}

/// Works on the outbox without holding up the other tasks: a worn memory card may take seconds for one commit.
async fn on_disk<T: Send + 'static>(
    outbox: &Outbox,
    work: impl FnOnce(&Outbox) -> Result<T, OutboxError> + Send + 'static,
) -> Result<T, OutboxError> {
    let outbox = outbox.clone();
    let done = tokio::task::spawn_blocking(move || work(&outbox)).await;
    done.expect("the outbox has no panic of its own, and nobody aborts it")
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
