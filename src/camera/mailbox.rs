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
    number: usize,
    delivery: Delivery,
}

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
}

#[derive(Debug)]
struct Slot {
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

    /// A mailbox for one more camera.
    #[must_use]
    pub fn add(&self, camera: &CameraName, delivery: Delivery) -> Mailbox {
        let mut slots = self.0.lock();
        slots.slots.push(Slot { camera: camera.clone(), frame: None, state: SlotState::Open });
        Mailbox { shared: Arc::clone(&self.0), number: slots.slots.len() - 1, delivery }
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

impl Mailbox {
    /// Hands a frame over; how depends on the [`Delivery`].
    pub fn put(&self, frame: Frame) -> Put {
        let mut slots = self.shared.lock();
        // Asked under the lock, as in `take`: once that has said `Stopped`, nothing comes behind it.
        if self.shared.stop.requested() {
            return Put::Stopped;
        }
        let older = slots.slots[self.number].frame.replace(frame);
        self.shared.changed.notify_all();
        while self.delivery == Delivery::EveryFrame && slots.slots[self.number].frame.is_some() {
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
        let slot = &mut slots.slots[self.number];
        if slot.state == SlotState::Open {
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
            let all_ended = !self.slots.is_empty() && self.slots.iter().all(|slot| slot.state == SlotState::Ended);
            return all_ended.then_some(Taken::AllEnded);
        };
        if let Some(frame) = slot.frame.take() {
            return Some(Taken::Frame(frame));
        }
        slot.state = SlotState::Ended;
        Some(Taken::Ended(slot.camera.clone()))
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
mod tests {
    use std::sync::mpsc::{TryRecvError, channel};

    use super::*;
    use crate::frame::Moment;

    const SOON: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(600);

    fn camera(name: &str) -> CameraName {
        CameraName::try_from(name).expect("a name")
    }

    fn frame(name: &str, number: u64) -> Frame {
        let elapsed = Duration::from_secs(number);
        let captured_at = Moment { wall: jiff::Timestamp::UNIX_EPOCH, elapsed };
        Frame { camera: camera(name), captured_at, image: Arc::default() }
    }

    impl Mailboxes {
        /// Until so many frames wait.
        fn wait_for_frames(&self, count: usize) {
            let mut slots = self.0.lock();
            while slots.slots.iter().filter(|slot| slot.frame.is_some()).count() < count {
                slots = self.0.wait(slots, LONG);
            }
        }
    }

    fn mailboxes() -> (Mailboxes, Stop) {
        let stop = Stop::default();
        (Mailboxes::new(Clock::start(), stop.clone()), stop)
    }

    /// What is waiting, in short: `a1` for frame 1 of camera a.
    fn take(mailboxes: &Mailboxes, patience: Duration) -> String {
        match mailboxes.take(patience) {
            Taken::Frame(frame) => format!("{}{}", frame.camera, frame.captured_at.elapsed.as_secs()),
            Taken::Ended(camera) => format!("{camera} ended"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_newest_frame_of_a_camera_wins() {
        let (mailboxes, _) = mailboxes();
        let a = mailboxes.add(&camera("a"), Delivery::NewestWins);
        assert_eq!(a.put(frame("a", 1)), Put::Stored);
        assert_eq!(a.put(frame("a", 2)), Put::Replaced);
        assert_eq!(take(&mailboxes, SOON), "a2");
        assert_eq!(take(&mailboxes, SOON), "Nothing");
    }

    #[test]
    fn a_recording_waits_until_its_frame_was_taken() {
        let (mailboxes, _) = mailboxes();
        let a = mailboxes.add(&camera("a"), Delivery::EveryFrame);
        let filler = std::thread::spawn(move || (1..=50).map(|n| a.put(frame("a", n))).all(|put| put == Put::Stored));
        let taken: Vec<_> = (1..=50).map(|_| take(&mailboxes, LONG)).collect();
        assert_eq!(taken, (1..=50).map(|n| format!("a{n}")).collect::<Vec<_>>());
        assert!(filler.join().expect("no panic"), "nothing was dropped");
    }

    #[test]
    fn cameras_take_turns_however_fast_one_of_them_is() {
        let (mailboxes, _) = mailboxes();
        let [a, b, c] = ["a", "b", "c"].map(|name| mailboxes.add(&camera(name), Delivery::NewestWins));
        let mut order = Vec::new();
        for number in 1..=3 {
            for (mailbox, name) in [(&a, "a"), (&b, "b"), (&c, "c")] {
                mailbox.put(frame(name, number));
            }
            order.push(take(&mailboxes, SOON));
            a.put(frame("a", number));
        }
        assert_eq!(order, ["a1", "b2", "c3"]);
    }

    #[test]
    fn an_end_is_told_once_and_after_the_last_frame() {
        let (mailboxes, _) = mailboxes();
        let a = mailboxes.add(&camera("a"), Delivery::NewestWins);
        let b = mailboxes.add(&camera("b"), Delivery::NewestWins);
        a.put(frame("a", 1));
        a.end();
        assert_eq!(
            [take(&mailboxes, SOON), take(&mailboxes, SOON), take(&mailboxes, SOON)],
            ["a1", "a ended", "Nothing"]
        );
        drop(b);
        assert_eq!(
            [take(&mailboxes, SOON), take(&mailboxes, SOON), take(&mailboxes, LONG)],
            ["b ended", "AllEnded", "AllEnded"]
        );
    }

    #[test]
    fn handing_over_every_frame_lasts_until_it_was_taken() {
        let (mailboxes, _) = mailboxes();
        let a = mailboxes.add(&camera("a"), Delivery::EveryFrame);
        let (sender, handed_over) = channel();
        let filler = std::thread::spawn(move || sender.send(a.put(frame("a", 1))));
        mailboxes.wait_for_frames(1);
        assert_eq!(handed_over.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(take(&mailboxes, SOON), "a1");
        assert_eq!(handed_over.recv_timeout(LONG), Ok(Put::Stored));
        filler.join().expect("no panic").expect("received");
    }

    #[test]
    fn what_waits_when_a_stop_comes_is_still_taken_and_nothing_after_it() {
        let (mailboxes, stop) = mailboxes();
        let fillers = ["a", "b"].map(|name| {
            let mailbox = mailboxes.add(&camera(name), Delivery::EveryFrame);
            std::thread::spawn(move || [1, 2].map(|number| mailbox.put(frame(name, number))))
        });
        mailboxes.wait_for_frames(2);
        stop.request();
        let mut taken = [take(&mailboxes, LONG), take(&mailboxes, LONG)];
        taken.sort();
        assert_eq!(taken, ["a1", "b1"]);
        assert_eq!([take(&mailboxes, LONG), take(&mailboxes, LONG)], ["Stopped", "Stopped"]);
        for filler in fillers {
            assert_eq!(filler.join().expect("no panic"), [Put::Stored, Put::Stopped]);
        }
    }

    #[test]
    fn a_frame_that_nobody_will_take_is_not_taken() {
        let (mailboxes, _) = mailboxes();
        let a = mailboxes.add(&camera("a"), Delivery::EveryFrame);
        let filler = std::thread::spawn(move || a.put(frame("a", 1)));
        mailboxes.wait_for_frames(1);
        drop(mailboxes);
        assert_eq!(filler.join().expect("no panic"), Put::Stopped);
    }

    #[test]
    fn a_frame_wakes_whoever_waits_for_it() {
        let (mailboxes, _) = mailboxes();
        let a = mailboxes.add(&camera("a"), Delivery::NewestWins);
        let taker = std::thread::spawn(move || take(&mailboxes, LONG));
        a.put(frame("a", 1));
        assert_eq!(taker.join().expect("no panic"), "a1");
    }
}
