//! Messages to a webhook that no outbox keeps: one at a time, tried again for some minutes, then dropped and told.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tracing::{Instrument as _, info_span, warn};

use super::{LONGEST_PAUSE, WebhookPublisher};
use crate::backoff::Backoff;
use crate::publish::{EventPublisher as _, PublishError, StoredEvent};
use crate::stop::Stop;

/// How many may wait. More are refused, and whoever tells them says so.
const MOST_WAITING: usize = 64;
/// A message is tried for so long; later it is no news any more.
const LONGEST_TRIED: Duration = Duration::from_secs(300);
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Where messages are put.
#[derive(Debug, Clone)]
pub struct NoticeSender(mpsc::Sender<Notice>);

#[derive(Debug)]
struct Notice {
    message: StoredEvent,
    since: Instant,
}

impl NoticeSender {
    /// Sends it, if there is room; whether there was. Never waits.
    #[must_use]
    pub fn tell(&self, message: StoredEvent) -> bool {
        self.0.try_send(Notice { message, since: Instant::now() }).is_ok()
    }
}

/// Starts the courier to one webhook, until `stop`. Needs a tokio runtime around it.
#[must_use]
pub fn start(publisher: WebhookPublisher, stop: Stop) -> NoticeSender {
    let (sender, waiting) = mpsc::channel(MOST_WAITING);
    let span = info_span!("list webhook", url = publisher.settings.shown());
    let courier = Courier { publisher, waiting, connected: false, backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE) };
    let task = async move {
        tokio::select! {
            () = courier.run() => {}
            () = stop.wait_async() => {}
        }
    };
    tokio::spawn(task.instrument(span));
    NoticeSender(sender)
}

struct Courier {
    publisher: WebhookPublisher,
    waiting: mpsc::Receiver<Notice>,
    connected: bool,
    backoff: Backoff,
}

impl Courier {
    async fn run(mut self) {
        while let Some(notice) = self.waiting.recv().await {
            self.bring(&notice).await;
        }
    }

    async fn bring(&mut self, notice: &Notice) {
        loop {
            match self.attempt(&notice.message).await {
                Ok(()) => return self.backoff.reset(),
                Err(error) if error.is_refusal() => return warn!(%error, "a list hit is refused"),
                Err(error) if notice.since.elapsed() > LONGEST_TRIED => {
                    return warn!(%error, "a list hit was not brought in time and is dropped");
                }
                Err(error) => {
                    warn!(%error, "a list hit is not brought yet");
                    self.connected = false;
                    sleep(self.backoff.next_pause()).await;
                }
            }
        }
    }

    async fn attempt(&mut self, message: &StoredEvent) -> Result<(), PublishError> {
        if !self.connected {
            self.publisher.connect().await?;
            self.connected = true;
        }
        self.publisher.publish(message)?.await
    }
}
