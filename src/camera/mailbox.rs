//! One waiting frame per camera, taken by the one recognition thread, in turn.
//!
//! Bounded: a camera holds one frame here, whatever happens downstream. After a stop nothing is put any more, and what
//! waits already is still taken, so a source may throw away what it handed over. Not here: who captures and who
//! recognises.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::frame::Frame;
use crate::plate::CameraName;
use crate::stop::Stop;

/// How often a waiting thread looks for a stop, which has no way to wake it here.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// What happens to a frame when the one before it is still waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It takes its place; the older one is dropped and counted. For cameras: delay never builds up.
    NewestWins,
    /// Handing it over lasts until it was taken, and its source waits for that. For files, which have no reason to lose
    /// frames.
    EveryFrame,
}

/// All cameras' mailboxes, for the thread that takes frames. Dropping them ends every wait for a frame to be taken.
#[derive(Debug)]
pub struct Mailboxes(Arc<Shared>);

/// One camera's mailbox, for its capture thread. Dropping it ends it.
#[derive(Debug)]
pub struct Mailbox {
    shared: Arc<Shared>,
    number: u64,
    delivery: Delivery,
    /// Ends this camera, alone or with all.
    stop: Stop,
}

/// While it is there, the end of every camera is not the end of the run: others are to follow.
#[derive(Debug)]
pub struct MailboxHold(Arc<Shared>);

/// Makes holds, on any thread.
#[derive(Debug, Clone)]
pub struct MailboxKeeper(Arc<Shared>);

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It waits to be taken; with [`Delivery::EveryFrame`] it was taken.
    Stored,
    /// It waits to be taken, and an older one was dropped for it.
    Replaced,
    /// It was not taken and never will be: a stop was asked for before it came, or nobody takes frames any more.
    Stopped,
}

/// What was waiting.
#[derive(Debug)]
pub enum Taken {
    /// The next frame; each camera in turn.
    Frame(Frame),
    /// This camera's recording has ended, and all its frames were taken. Told once.
    Ended(CameraName),
    /// Every camera has ended: nothing will ever come.
    AllEnded,
    /// Nothing came in the time.
    Nothing,
    /// A stop was asked for, and every frame that waited was taken.
    Stopped,
}

#[derive(Debug)]
struct Shared {
    slots: Mutex<Slots>,
    changed: Condvar,
    stop: Stop,
    clock: Clock,
}

#[derive(Debug, Default)]
struct Slots {
    slots: Vec<Slot>,
    /// Whose turn it is.
    turn: usize,
    /// Nobody takes frames any more.
    abandoned: bool,
    /// The number of the next slot.
    next: u64,
    /// How many holds there are.
    holds: usize,
}

#[derive(Debug)]
struct Slot {
    number: u64,
    camera: CameraName,
    frame: Option<Frame>,
    state: SlotState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SlotState {
    Open,
    /// No more frames come, which was not told yet.
    Ending,
    Ended,
}

impl Mailboxes {
    /// No mailboxes yet.
    #[must_use]
    pub fn new(clock: Clock, stop: Stop) -> Self {
        Self(Arc::new(Shared { slots: Mutex::default(), changed: Condvar::new(), stop, clock }))
    }

    /// A mailbox for one more camera, which stops with all.
    #[must_use]
    pub fn add(&self, camera: &CameraName, delivery: Delivery) -> Mailbox {
        self.add_until(camera, delivery, self.0.stop.clone())
    }

    /// A mailbox for one more camera, into which nothing is put any more once `stop` is asked for.
    #[must_use]
    pub fn add_until(&self, camera: &CameraName, delivery: Delivery, stop: Stop) -> Mailbox {
        let mut slots = self.0.lock();
        let number = slots.next;
        slots.next += 1;
        slots.slots.push(Slot { number, camera: camera.clone(), frame: None, state: SlotState::Open });
        Mailbox { shared: Arc::clone(&self.0), number, delivery, stop }
    }

    /// Takes the mailbox of a camera away, with the frame that waits in it. Its capture thread must have ended.
    #[must_use]
    pub fn remove(&self, camera: &CameraName) -> Option<Frame> {
        let mut slots = self.0.lock();
        let index = slots.slots.iter().position(|slot| slot.camera == *camera)?;
        slots.slots.remove(index).frame
    }

    /// Makes holds, on any thread.
    #[must_use]
    pub fn keeper(&self) -> MailboxKeeper {
        MailboxKeeper(Arc::clone(&self.0))
    }

    /// The next frame of any camera, waiting at most `patience` for one. After a stop: what waits already, at most one
    /// frame per camera.
    #[must_use]
    pub fn take(&self, patience: Duration) -> Taken {
        let until = self.0.clock.elapsed().saturating_add(patience);
        let mut slots = self.0.lock();
        loop {
            let taken = if self.0.stop.requested() {
                // A source may have deleted what it handed over; and nothing is put any more, so this comes to an end.
                Some(slots.take_frame().map_or(Taken::Stopped, Taken::Frame))
            } else {
                slots.take()
            };
            if let Some(taken) = taken {
                // A source may wait for its slot to be free.
                self.0.changed.notify_all();
                return taken;
            }
            let left = until.saturating_sub(self.0.clock.elapsed());
            if left.is_zero() {
                return Taken::Nothing;
            }
            slots = self.0.wait(slots, left);
        }
    }
}

impl Drop for Mailboxes {
    /// Whoever took frames is gone, whatever the reason: what waits stays where it is.
    fn drop(&mut self) {
        self.0.lock().abandoned = true;
        self.0.changed.notify_all();
    }
}

impl MailboxKeeper {
    /// From now on, until it is dropped, the end of every camera is not the end of the run.
    #[must_use]
    pub fn hold(&self) -> MailboxHold {
        self.0.lock().holds += 1;
        MailboxHold(Arc::clone(&self.0))
    }
}

impl Drop for MailboxHold {
    fn drop(&mut self) {
        let mut slots = self.0.lock();
        slots.holds = slots.holds.saturating_sub(1);
        self.0.changed.notify_all();
    }
}

impl Mailbox {
    /// Hands a frame over; how depends on the [`Delivery`].
    pub fn put(&self, frame: Frame) -> Put {
        let mut slots = self.shared.lock();
        // Asked under the lock, as in `take`: once that has said `Stopped`, nothing comes behind it.
        if self.shared.stop.requested() || self.stop.requested() {
            return Put::Stopped;
        }
        let Some(slot) = slots.of(self.number) else { return Put::Stopped };
        let older = slot.frame.replace(frame);
        self.shared.changed.notify_all();
        while self.delivery == Delivery::EveryFrame && slots.of(self.number).is_some_and(|slot| slot.frame.is_some()) {
            if slots.abandoned {
                return Put::Stopped;
            }
            slots = self.shared.wait(slots, STOP_CHECK);
        }
        if older.is_some() { Put::Replaced } else { Put::Stored }
    }

    /// Says that this camera's recording has ended. The last frame can still be taken.
    pub fn end(&self) {
        let mut slots = self.shared.lock();
        if let Some(slot) = slots.of(self.number).filter(|slot| slot.state == SlotState::Open) {
            slot.state = SlotState::Ending;
        }
        self.shared.changed.notify_all();
    }
}

impl Drop for Mailbox {
    /// A capture thread that is gone sends nothing more, whatever the reason.
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, slots: MutexGuard<'a, Slots>, patience: Duration) -> MutexGuard<'a, Slots> {
        let waited = self.changed.wait_timeout(slots, patience.min(STOP_CHECK));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Slots {
    /// What has its turn: a frame, or a camera's end.
    fn take(&mut self) -> Option<Taken> {
        let next = self.next(|slot| slot.frame.is_some() || slot.state == SlotState::Ending);
        let Some(slot) = next else {
            let to_follow = self.holds > 0 || self.slots.is_empty();
            let all_ended = !to_follow && self.slots.iter().all(|slot| slot.state == SlotState::Ended);
            return all_ended.then_some(Taken::AllEnded);
        };
        if let Some(frame) = slot.frame.take() {
            return Some(Taken::Frame(frame));
        }
        slot.state = SlotState::Ended;
        Some(Taken::Ended(slot.camera.clone()))
    }

    /// The slot of this number, unless it was taken away.
    fn of(&mut self, number: u64) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.number == number)
    }

    /// The frame that has its turn.
    fn take_frame(&mut self) -> Option<Frame> {
        self.next(|slot| slot.frame.is_some())?.frame.take()
    }

    /// The first slot of this kind, beginning with the one whose turn it is; then it is its neighbour's turn.
    fn next(&mut self, wanted: impl Fn(&Slot) -> bool) -> Option<&mut Slot> {
        let count = self.slots.len();
        let number = (0..count).map(|step| (self.turn + step) % count).find(|number| wanted(&self.slots[*number]))?;
        self.turn = number + 1;
        Some(&mut self.slots[number])
    }
}

#[cfg(test)]
#[path = "mailbox_tests.rs"]
mod tests;
