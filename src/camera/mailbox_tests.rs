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
    assert_eq!([take(&mailboxes, SOON), take(&mailboxes, SOON), take(&mailboxes, SOON)], ["a1", "a ended", "Nothing"]);
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

#[test]
fn a_camera_that_stops_alone_puts_nothing_more_and_its_last_frame_is_still_taken() {
    let (mailboxes, stop) = mailboxes();
    let own = stop.child();
    let a = mailboxes.add_until(&camera("a"), Delivery::NewestWins, own.clone());
    let b = mailboxes.add_until(&camera("b"), Delivery::NewestWins, stop.child());
    a.put(frame("a", 1));
    own.request();
    assert_eq!((a.put(frame("a", 2)), b.put(frame("b", 1))), (Put::Stopped, Put::Stored));
    drop(a);
    let frame = mailboxes.remove(&camera("a")).expect("it waits");
    assert_eq!(frame.captured_at.elapsed.as_secs(), 1);
    assert_eq!([take(&mailboxes, SOON), take(&mailboxes, SOON)], ["b1", "Nothing"]);
}

#[test]
fn while_others_are_to_follow_the_end_of_every_camera_is_not_the_end() {
    let (mailboxes, _) = mailboxes();
    let hold = mailboxes.keeper().hold();
    drop(mailboxes.add(&camera("a"), Delivery::NewestWins));
    assert_eq!([take(&mailboxes, SOON), take(&mailboxes, SOON)], ["a ended", "Nothing"]);
    assert!(mailboxes.remove(&camera("a")).is_none());
    let again = mailboxes.add(&camera("a"), Delivery::NewestWins);
    drop(hold);
    again.put(frame("a", 2));
    drop(again);
    assert_eq!([take(&mailboxes, SOON), take(&mailboxes, SOON), take(&mailboxes, SOON)], ["a2", "a ended", "AllEnded"]);
}
