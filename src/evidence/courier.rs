//! The task that delivers pictures, one at a time, and only while no event waits: evidence never delays events.
//!
//! Oldest first. What does not get through stays, the next one is tried after a growing pause, and all of them come round
//! again; so one picture that no receiver takes does not hold up the others.

use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::picture_name::PictureName;
use super::waiting::Waiting;
use crate::backoff::Backoff;
use crate::stop::Stop;

/// Pauses between attempts that fail.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// How often it is looked whether events wait.
const LOOK: Duration = Duration::from_millis(250);
/// Events that have not moved for so long wait for something else than the network's capacity: the broker is away or refuses
/// them. Pictures may then go, if anybody takes them.
const STUCK: Duration = Duration::from_secs(30);

/// Where pictures go.
pub trait PictureSender: Send {
    /// Sends one picture; completes when the receiver has it.
    fn send(&mut self, name: &PictureName, jpeg: Vec<u8>) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// Why a picture did not get through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// Not because of this picture: it is tried again.
    Trouble(String),
    /// The receiver does not want this picture, now or ever.
    Refused(String),
}

/// How many events wait to be delivered.
pub type EventsWaiting = Box<dyn Fn() -> u64 + Send>;

/// Delivers what waits.
pub struct EvidenceCourier<S> {
    sender: S,
    waiting: Waiting,
    events: Precedence,
    stop: Stop,
    backoff: Backoff,
    /// The picture that was tried last.
    last: Option<PictureName>,
    in_trouble: bool,
}

/// Whether events go first.
struct Precedence {
    waiting: EventsWaiting,
    /// How many waited, and since when it has been as many.
    seen: (u64, Instant),
}

impl<S> fmt::Debug for EvidenceCourier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvidenceCourier").field("last", &self.last).finish_non_exhaustive()
    }
}

impl<S: PictureSender + 'static> EvidenceCourier<S> {
    /// Delivers what is `waiting` to `sender` until `stop`, whenever no event waits. Needs a tokio runtime around it.
    pub fn start(sender: S, waiting: Waiting, events: EventsWaiting, stop: Stop) -> tokio::task::JoinHandle<()> {
        let courier = Self {
            sender,
            waiting,
            events: Precedence { waiting: events, seen: (0, Instant::now()) },
            stop,
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
            last: None,
            in_trouble: false,
        };
        tokio::spawn(courier.run())
    }

    async fn run(mut self) {
        let stop = self.stop.clone();
        loop {
            tokio::select! {
                () = stop.wait_async() => return,
                () = self.turn() => {}
            }
        }
    }

    /// One picture, or a wait for one. A turn that is dropped loses nothing: its link is still there.
    async fn turn(&mut self) {
        let Some(name) = self.waiting.next_after(self.last) else { return self.waiting.arrived().await };
        if self.events.go_first() {
            return sleep(LOOK).await;
        }
        self.last = Some(name);
        match read(self.waiting.clone(), name).await {
            Ok(jpeg) if is_whole(&jpeg) => {
                let sent = self.sender.send(&name, jpeg).await;
                self.answered(&name, sent).await;
            }
            Ok(_) => {
                warn!(picture = %name, "this evidence picture is damaged and is not delivered; check the disk");
                self.waiting.give_up(&name);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.waiting.give_up(&name),
            Err(error) => self.trouble(&format!("cannot read {name}: {error}")).await,
        }
    }

    async fn answered(&mut self, name: &PictureName, sent: Result<(), SendError>) {
        match sent {
            Ok(()) => {
                self.waiting.delivered(name);
                self.backoff.reset();
                if std::mem::take(&mut self.in_trouble) {
                    info!("evidence pictures are delivered again");
                }
            }
            Err(SendError::Refused(reason)) => {
                warn!(picture = %name, %reason, "the receiver refuses this evidence picture; it is not tried again");
                self.waiting.give_up(name);
            }
            Err(SendError::Trouble(reason)) => self.trouble(&reason).await,
        }
    }

    async fn trouble(&mut self, reason: &str) {
        if !std::mem::replace(&mut self.in_trouble, true) {
            warn!(%reason, "evidence pictures are not delivered; they wait and are tried again");
        }
        sleep(self.backoff.next_pause()).await;
    }
}

impl Precedence {
    fn go_first(&mut self) -> bool {
        let waiting = (self.waiting)();
        if waiting != self.seen.0 {
            self.seen = (waiting, Instant::now());
        }
        waiting > 0 && self.seen.1.elapsed() < STUCK
    }
}

/// The disk may take its time.
async fn read(waiting: Waiting, name: PictureName) -> io::Result<Vec<u8>> {
    tokio::task::spawn_blocking(move || waiting.read(&name)).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Whether it begins and ends as a JPEG does.
fn is_whole(jpeg: &[u8]) -> bool {
    jpeg.starts_with(&[0xff, 0xd8]) && jpeg.ends_with(&[0xff, 0xd9])
}

#[cfg(test)]
#[path = "courier_tests.rs"]
mod tests;
