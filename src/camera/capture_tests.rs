use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::*;
use crate::camera::{Delivery, HttpFault, Mailboxes, Taken, Tally};
use crate::frame::{Frame, Moment};

const LONG: Duration = Duration::from_secs(60);

/// What a scripted source does, step by step.
#[derive(Clone, Copy)]
enum Step {
    Frame(u64),
    /// Nothing within the deadline.
    Silent,
    /// The camera says that the password is wrong.
    RefusesLogin,
    Fails,
    /// Holds the thread until a stop, as a camera without frames does.
    UntilStop,
    /// The recording ends.
    End,
    Panics,
}

struct Scripted {
    camera: CameraName,
    kind: SourceKind,
    steps: VecDeque<Step>,
    stop: Stop,
}

impl FrameSource for Scripted {
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError> {
        match self.steps.pop_front().unwrap_or(Step::End) {
            Step::Frame(number) => Ok(Some(frame(&self.camera, number))),
            Step::Silent => Err(SourceError::Silent { camera: self.camera.clone(), waited: deadline }),
            Step::Fails => Err(failure(&self.camera)),
            Step::RefusesLogin => Err(SourceError::Http {
                camera: self.camera.clone(),
                url: "http://camera/".to_owned(),
                fault: HttpFault::WrongLogin("gate".to_owned()),
            }),
            Step::UntilStop => {
                let _stopped = self.stop.wait(LONG);
                Ok(None)
            }
            Step::End => Ok(None),
            Step::Panics => panic!("scripted"),
        }
    }

    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn tally(&self) -> Tally {
        Tally { damaged: 1, ..Tally::default() }
    }
}

fn frame(camera: &CameraName, number: u64) -> Frame {
    let captured_at = Moment { wall: jiff::Timestamp::UNIX_EPOCH, elapsed: Duration::from_secs(number) };
    Frame { camera: camera.clone(), captured_at, image: Arc::default() }
}

fn failure(camera: &CameraName) -> SourceError {
    SourceError::unreadable(camera, "dev".as_ref(), io::ErrorKind::NotFound.into())
}

struct Gate {
    mailboxes: Mailboxes,
    stop: Stop,
    clock: Clock,
}

impl Gate {
    fn new() -> Self {
        let (clock, stop) = (Clock::start(), Stop::default());
        Self { mailboxes: Mailboxes::new(clock, stop.clone()), stop, clock }
    }

    /// A camera whose attempts to open it go like `attempts`; an empty one fails to open.
    fn start(&self, name: &str, kind: SourceKind, attempts: &[&[Step]]) -> CaptureThread {
        let camera = CameraName::try_from(name).expect("a name");
        let attempts: VecDeque<VecDeque<Step>> = attempts.iter().map(|a| a.iter().copied().collect()).collect();
        let attempts = Mutex::new(attempts);
        let open: OpenSource = Box::new({
            let (camera, stop) = (camera.clone(), self.stop.clone());
            move || {
                let steps = attempts.lock().expect("one thread").pop_front().unwrap_or_default();
                let (camera, stop) = (camera.clone(), stop.clone());
                if steps.is_empty() {
                    Err(failure(&camera))
                } else {
                    Ok(Box::new(Scripted { camera, kind, steps, stop }))
                }
            }
        });
        let capture = Capture {
            open,
            on_open_error: if kind == SourceKind::Recording { OnOpenError::End } else { OnOpenError::Retry },
            mailbox: self.mailboxes.add(&camera, Delivery::EveryFrame),
            camera,
            frame_deadline: Duration::from_millis(1),
            backoff: Backoff::new(Duration::from_millis(1), Duration::from_millis(4)),
            refused_login_pause: LONG,
            clock: self.clock,
            stop: self.stop.clone(),
        };
        capture.spawn().expect("a thread")
    }

    fn take(&self) -> String {
        match self.mailboxes.take(LONG) {
            Taken::Frame(frame) => format!("{}{}", frame.camera, frame.captured_at.elapsed.as_secs()),
            Taken::Ended(camera) => format!("{camera} ended"),
            other => format!("{other:?}"),
        }
    }

    fn stopped(&self, thread: CaptureThread) -> CaptureReport {
        self.stop.request();
        while !matches!(self.mailboxes.take(LONG), Taken::Stopped) {}
        thread.join().expect("no failure")
    }
}

use Step::{End, Fails, Frame as F, Panics, RefusesLogin, Silent, UntilStop};

#[test]
fn a_lost_camera_is_opened_again_until_it_is_back() {
    let gate = Gate::new();
    let thread = gate.start("a", SourceKind::Camera, &[&[F(1), Fails], &[], &[], &[F(2), UntilStop]]);
    assert_eq!([gate.take(), gate.take()], ["a1", "a2"]);
    let report = gate.stopped(thread);
    assert_eq!((report.captured, report.reopened, report.tally.damaged), (2, 3, 2));
    assert_eq!(report.state, CaptureState::Ended);
    assert!(report.last_error.expect("an error").starts_with("camera a: cannot read dev"));
    assert!(report.last_frame_age.is_some());
}

#[test]
fn a_silent_camera_is_opened_again_and_a_silent_folder_is_not() {
    let gate = Gate::new();
    let camera = gate.start("a", SourceKind::Camera, &[&[Silent], &[F(1), UntilStop]]);
    assert_eq!(gate.take(), "a1");
    let folder = gate.start("b", SourceKind::Irregular, &[&[Silent, Silent, F(1), UntilStop]]);
    assert_eq!(gate.take(), "b1");
    assert_eq!((gate.stopped(camera).reopened, gate.stopped(folder).reopened), (1, 0));
}

#[test]
fn a_camera_that_refuses_the_login_is_left_alone_for_longer() {
    let gate = Gate::new();
    let locked = gate.start("a", SourceKind::Camera, &[&[F(1), RefusesLogin], &[F(2), UntilStop]]);
    assert_eq!(gate.take(), "a1");
    let other = gate.start("b", SourceKind::Camera, &[&[F(1), Fails], &[F(2), Fails], &[F(3), UntilStop]]);
    assert_eq!([gate.take(), gate.take(), gate.take()], ["b1", "b2", "b3"], "a waits, and b does not wait for it");
    let report = gate.stopped(locked);
    assert_eq!((report.captured, report.reopened), (1, 0));
    drop(other);
}

#[test]
fn a_recording_that_fails_is_not_begun_again() {
    let gate = Gate::new();
    let thread = gate.start("a", SourceKind::Recording, &[&[F(1), Fails], &[F(1)]]);
    assert_eq!([gate.take(), gate.take(), gate.take()], ["a1", "a ended", "AllEnded"]);
    let status = thread.status().clone();
    let failure = thread.join().expect_err("a failure").to_string();
    assert!(failure.starts_with("camera a: cannot read dev"), "{failure}");
    let report = status.report();
    assert_eq!((report.state, report.reopened, report.last_error), (CaptureState::Ended, 0, Some(failure)));
}

#[test]
fn a_recording_that_cannot_be_opened_has_failed_at_once() {
    let gate = Gate::new();
    let thread = gate.start("a", SourceKind::Recording, &[&[], &[F(1)]]);
    assert_eq!([gate.take(), gate.take()], ["a ended", "AllEnded"]);
    assert!(matches!(thread.join(), Err(CaptureFailure::Failed(SourceError::Unreadable { .. }))));
}

#[test]
fn the_end_of_a_recording_is_told_after_its_last_frame() {
    let gate = Gate::new();
    let thread = gate.start("a", SourceKind::Recording, &[&[F(1), F(2), End]]);
    assert_eq!([gate.take(), gate.take(), gate.take(), gate.take()], ["a1", "a2", "a ended", "AllEnded"]);
    assert_eq!(thread.join().expect("no failure").captured, 2);
}

#[test]
fn a_bug_in_one_source_is_reported_and_ends_only_its_camera() {
    let gate = Gate::new();
    let buggy = gate.start("a", SourceKind::Camera, &[&[F(1), Panics]]);
    assert_eq!([gate.take(), gate.take(), gate.take()], ["a1", "a ended", "AllEnded"]);
    let status = buggy.status().clone();
    let failure = buggy.join().expect_err("a failure").to_string();
    assert!(failure.starts_with("camera a: its capture thread panicked"), "{failure}");
    let report = status.report();
    assert_eq!(report.state, CaptureState::Ended);
    assert!(report.last_error.expect("an error").contains("bug"));
    let good = gate.start("b", SourceKind::Camera, &[&[F(1), UntilStop]]);
    assert_eq!(gate.take(), "b1");
    assert_eq!(gate.stopped(good).captured, 1);
}

#[test]
fn a_camera_that_never_opens_does_not_hold_up_another() {
    let gate = Gate::new();
    let broken = gate.start("a", SourceKind::Camera, &[]);
    let good = gate.start("b", SourceKind::Camera, &[&[F(1), F(2), F(3), UntilStop]]);
    assert_eq!([gate.take(), gate.take(), gate.take()], ["b1", "b2", "b3"]);
    let (good, broken) = (gate.stopped(good), gate.stopped(broken));
    assert_eq!((good.captured, good.last_error, broken.captured), (3, None, 0));
}

#[test]
fn a_stop_ends_a_thread_that_waits_for_its_frame_to_be_taken() {
    let gate = Gate::new();
    let thread = gate.start("a", SourceKind::Recording, &[&[F(1), F(2), F(3)]]);
    assert_eq!(gate.take(), "a1");
    assert_eq!(gate.stopped(thread).state, CaptureState::Ended);
}

#[test]
fn a_thread_that_hangs_in_its_camera_or_has_crashed_gives_no_more_signs_of_life() {
    for end in [UntilStop, Panics] {
        let gate = Gate::new();
        let thread = gate.start("a", SourceKind::Camera, &[&[F(1), end]]);
        assert_eq!(gate.take(), "a1");
        while thread.status().pulse().sign().late.is_zero() {
            thread::yield_now();
        }
        gate.stop.request();
    }
}

#[test]
fn a_thread_that_waits_for_its_next_attempt_or_for_recognition_or_has_ended_is_not_late() {
    let gate = Gate::new();
    let thread = gate.start("a", SourceKind::Camera, &[&[F(1), RefusesLogin]]);
    let status = thread.status().clone();
    let rests = |state| status.report().state == state && status.pulse().sign().late.is_zero();
    // Its frame is not taken.
    while !rests(CaptureState::Running) {
        thread::yield_now();
    }
    assert_eq!(gate.take(), "a1");
    // It waits for a minute because of the login.
    while !rests(CaptureState::Lost) {
        thread::yield_now();
    }
    gate.stopped(thread);
    assert!(rests(CaptureState::Ended));
}
