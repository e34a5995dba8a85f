//! The courier: the task that empties one destination's queue in the outbox, whatever that destination does.
//!
//! In order, a bounded window at a time: an event's row is deleted only on that event's own acknowledgement, and
//! everything unacknowledged is published again on every new connection, so events arrive at least once and the first
//! arrivals are in order. An event that the broker refuses stays and is tried again after a growing pause, and the others
//! pass it. A connection that fails or falls silent is replaced after a growing pause. Nobody waits for this
//! task: whoever commits to the outbox has done his part.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::warn;

use super::delivery_status::{DeliveryFailed, DeliveryObserver, DeliveryStatus};
use super::outbox::{OutboxQueue, StoredEvent};
use super::refusals::Refusals;
use super::settings::DeliverySettings;
use super::window::{Answered, Window};
use super::{EventPublisher, PublishError};
use crate::backoff::Backoff;
use crate::pulse::Pulse;
use crate::stop::Stop;

/// Most events under way at once, whatever the settings say: the connection's own queue must never fill up.
const LARGEST_WINDOW: usize = 512;

/// How long after a disk did not take what was acknowledged it is asked again.
const UNSETTLED_PAUSE: Duration = Duration::from_secs(2);

/// How often the task comes round when nothing is to be done.
const TURN: Duration = Duration::from_secs(5);

/// The running task, seen from outside.
#[derive(Debug)]
pub struct Delivery {
    queue: OutboxQueue,
    stop: Stop,
    status: watch::Receiver<DeliveryStatus>,
    pulse: Pulse,
    task: JoinHandle<()>,
}

impl Delivery {
    /// Starts delivering what is in `queue` and what will be, until `stop`. Needs a tokio runtime around it.
    ///
    /// A stop still delivers what is in the outbox if there is a connection, for at most `settings.farewell`, and takes
    /// leave within as much time again. So ask for it when the last event is committed.
    pub fn start<P>(publisher: P, queue: OutboxQueue, settings: DeliverySettings, stop: Stop) -> Self
    where
        P: EventPublisher + 'static,
    {
        let (sender, status) = watch::channel(DeliveryStatus { depth: queue.depth(), ..DeliveryStatus::default() });
        let backoff = Backoff::new(settings.first_pause, settings.longest_pause);
        let pulse = Pulse::default();
        let courier = Courier {
            publisher,
            queue: queue.clone(),
            settings,
            stop: stop.clone(),
            backoff,
            status: sender,
            pulse: pulse.clone(),
            highest_sent: 0,
            refuses: false,
            unsettled: Vec::new(),
        };
        Self { queue, stop, status, pulse, task: tokio::spawn(courier.run()) }
    }

    /// A look at it.
    #[must_use]
    pub fn observer(&self) -> DeliveryObserver {
        DeliveryObserver::new(self.queue.clone(), self.status.clone())
    }

    /// The signs of life of the task.
    #[must_use]
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// How delivery fares now.
    #[must_use]
    pub fn status(&self) -> DeliveryStatus {
        self.observer().status()
    }

    /// Waits until `condition` holds; `false` when delivery ended before it did.
    pub async fn wait_until(&self, mut condition: impl FnMut(&DeliveryStatus) -> bool) -> bool {
        let mut status = self.status.clone();
        let holds =
            |status: &DeliveryStatus| condition(&DeliveryStatus { depth: self.queue.depth(), ..status.clone() });
        status.wait_for(holds).await.is_ok()
    }

    /// Waits until everything committed so far is delivered; `false` when delivery ended before that. For runs that end
    /// by themselves, whose source is a recording. An event that the broker refuses is not delivered.
    pub async fn drained(&self) -> bool {
        self.wait_until(|status| status.depth == 0).await
    }

    /// Completes when the task has ended without a stop, which only a panic does; never after a stop.
    pub async fn failed(&self) {
        let mut status = self.status.clone();
        while status.changed().await.is_ok() {}
        if self.stop.requested() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the task has ended, after a stop.
    ///
    /// # Errors
    /// [`DeliveryFailed`] when the task panicked.
    pub async fn ended(self) -> Result<(), DeliveryFailed> {
        self.task.await.map_err(|_| DeliveryFailed)
    }
}

struct Courier<P> {
    publisher: P,
    queue: OutboxQueue,
    settings: DeliverySettings,
    stop: Stop,
    backoff: Backoff,
    status: watch::Sender<DeliveryStatus>,
    pulse: Pulse,
    /// The highest number ever handed over: what is handed over at or below it goes out again.
    highest_sent: u64,
    /// Whether the broker refuses events, as far as is known; each change is logged.
    refuses: bool,
    /// Events that were acknowledged while the disk could not note it. They are not sent again in this run.
    unsettled: Vec<u64>,
}

/// Why a connection was left in good order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Stopped,
    Renewed,
}

impl<P: EventPublisher> Courier<P> {
    async fn run(mut self) {
        while !self.stop.requested() {
            let begun = Instant::now();
            let error = match self.one_connection().await {
                Ok(Left::Stopped) => break,
                Ok(Left::Renewed) => {
                    self.note_renewed();
                    continue;
                }
                Err(error) => error,
            };
            if begun.elapsed() >= self.settings.longest_pause {
                self.backoff.reset();
            }
            self.note_failure(&error);
            let pause = self.backoff.next_pause();
            self.pulse.turned(pause + TURN);
            tokio::select! {
                () = self.stop.wait_async() => break,
                () = sleep(pause) => self.settle_on_disk().await,
                () = self.publisher.renewed() => self.backoff.reset(),
            }
        }
        self.status.send_modify(|status| status.connected = false);
        self.pulse.rests();
    }

    /// Delivers over one connection until it fails (an error), is to be another one or a stop is asked for.
    async fn one_connection(&mut self) -> Result<Left, PublishError> {
        let stop = self.stop.clone();
        tokio::select! {
            biased;
            () = stop.wait_async() => return Ok(Left::Stopped),
            connected = self.pulse.turning(TURN, self.publisher.connect()) => connected?,
        }
        self.note_connected();
        let mut window = Window::new();
        let mut refusals = Refusals::none(Backoff::new(self.settings.first_pause, self.settings.longest_pause));
        let left = loop {
            self.pulse.turned(TURN);
            self.fill(&mut window).await?;
            self.fill_with_refused(&mut window, &mut refusals).await?;
            let room = window.len() < self.window_size();
            let unsettled = !self.unsettled.is_empty();
            tokio::select! {
                biased;
                () = stop.wait_async() => break Left::Stopped,
                // Before the answers: when a connection is lost, no answer comes any more, and this says why.
                error = self.publisher.lost() => {
                    if matches!(error, PublishError::Renewed) {
                        break Left::Renewed;
                    }
                    self.settle_what_came(&mut window, &mut refusals).await?;
                    return Err(error);
                }
                answered = window.answered(self.settings.ack_timeout) => self.settle(answered, &mut refusals).await?,
                () = refusals.due() => refusals.begin_round(self.window_size()),
                () = self.queue.restored() => refusals.begin_round(self.window_size()),
                () = unsettled_due(unsettled) => self.settle_on_disk().await,
                () = self.queue.committed(), if room => {}
                () = sleep(TURN) => {}
            }
        };
        if left == Left::Stopped {
            self.deliver_the_last(&mut window, &mut refusals).await?;
        }
        self.say_goodbye(window, refusals).await?;
        Ok(left)
    }

    /// After a stop: delivers what is in the outbox, within the time set for the farewell. What is refused now stays.
    async fn deliver_the_last(&mut self, window: &mut Window, refusals: &mut Refusals) -> Result<(), PublishError> {
        let deadline = Instant::now() + self.settings.farewell;
        loop {
            self.fill(window).await?;
            if window.len() == 0 {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = sleep_until(deadline) => return Ok(()),
                error = self.publisher.lost() => {
                    self.settle_what_came(window, refusals).await?;
                    return if matches!(error, PublishError::Renewed) { Ok(()) } else { Err(error) };
                }
                answered = window.answered(self.settings.ack_timeout) => self.settle(answered, refusals).await?,
            }
        }
    }

    /// Hands over waiting events as far as the window allows.
    async fn fill(&mut self, window: &mut Window) -> Result<(), PublishError> {
        let (after, room) = (window.last_sent(), self.window_size().saturating_sub(window.len()));
        if room == 0 {
            return Ok(());
        }
        for event in self.queue.work(move |queue| queue.after(after, room)).await? {
            self.hand_over(event, window)?;
        }
        Ok(())
    }

    /// Tries refused events again, as far as this round and the window allow. New events come before them.
    async fn fill_with_refused(&mut self, window: &mut Window, refusals: &mut Refusals) -> Result<(), PublishError> {
        let (after, left) = refusals.to_try();
        let (under_way, newest) = (window.len(), window.last_sent());
        let room = self.window_size().saturating_sub(under_way).min(left);
        if room == 0 {
            return Ok(());
        }
        // Those under way may stand between the refused ones.
        let mut events = self.queue.work(move |queue| queue.after(after, room + under_way)).await?;
        events
            .retain(|event| event.seq <= newest && !window.contains(event.seq) && !self.unsettled.contains(&event.seq));
        if events.is_empty() && refusals.at_the_end() {
            self.note_no_refusals();
        }
        for event in events.into_iter().take(room) {
            refusals.tried(event.seq);
            self.hand_over(event, window)?;
        }
        Ok(())
    }

    fn hand_over(&mut self, event: StoredEvent, window: &mut Window) -> Result<(), PublishError> {
        if self.unsettled.contains(&event.seq) {
            window.pass(event.seq);
            return Ok(());
        }
        let event = self.queue.as_sent(event);
        window.push(event.seq, self.publisher.publish(&event)?);
        if event.seq <= self.highest_sent {
            self.status.send_modify(|status| status.republished += 1);
        }
        self.highest_sent = self.highest_sent.max(event.seq);
        Ok(())
    }

    /// Deletes what was acknowledged, leaves what was refused, and fails if there will be no more answers.
    async fn settle(&mut self, answered: Answered, refusals: &mut Refusals) -> Result<(), PublishError> {
        let Answered { acknowledged, refused, failure } = answered;
        acknowledged.iter().for_each(|seq| refusals.acknowledged(*seq));
        for (seq, error) in refused {
            refusals.refused(seq);
            self.note_refusal(&error);
        }
        let delivered = acknowledged.len() as u64;
        if delivered > 0 {
            self.unsettled.extend(acknowledged);
            self.settle_on_disk().await;
            self.backoff.reset();
            self.status.send_modify(|status| {
                status.delivered += delivered;
                status.depth = self.queue.depth();
            });
            if self.queue.depth() == 0 {
                self.note_no_refusals();
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Lets the outbox know what was acknowledged. A disk that refuses is no reason to give the connection up and send
    /// everything again: it is asked again later.
    async fn settle_on_disk(&mut self) {
        let acknowledged = std::mem::take(&mut self.unsettled);
        if acknowledged.is_empty() {
            return;
        }
        let now = crate::clock::wall_time();
        let (settled, acknowledged) =
            self.queue.work(move |queue| (queue.settle(&acknowledged, now), acknowledged)).await;
        if let Err(error) = settled {
            self.note_unsettled(&error);
            self.unsettled = acknowledged;
        }
    }

    /// Settles what was answered on a connection that has ended.
    async fn settle_what_came(&mut self, window: &mut Window, refusals: &mut Refusals) -> Result<(), PublishError> {
        let answered = window.answered_so_far();
        self.settle(Answered { failure: None, ..answered }, refusals).await
    }

    /// Takes leave within the time set for it, and takes along the acknowledgements that come meanwhile.
    async fn say_goodbye(&mut self, mut window: Window, mut refusals: Refusals) -> Result<(), PublishError> {
        if timeout(self.settings.farewell, self.publisher.close()).await.is_err() {
            warn!("{} did not take the farewell in time", self.settings.to);
        }
        if let Err(error) = self.settle_what_came(&mut window, &mut refusals).await {
            warn!(%error, "delivered events stay in the outbox and will be delivered once more");
        }
        Ok(())
    }

    fn window_size(&self) -> usize {
        self.settings.window.clamp(1, LARGEST_WINDOW)
    }
}

/// Completes when the disk is to be asked again whether it can note what was acknowledged; never if all is noted.
async fn unsettled_due(unsettled: bool) {
    if unsettled { sleep(UNSETTLED_PAUSE).await } else { std::future::pending().await }
}

#[path = "delivery_notes.rs"]
mod notes;
#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
