//! A thread per camera: opens its source, hands over its frames, and opens it again when it fails.
//!
//! One camera's failure stays in its thread. Not here: what sources are made of, and what happens to frames.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::{error, info, info_span, warn};

use super::error::{CaptureFailure, SourceError};
use super::mailbox::{Mailbox, Put};
use super::settings::OnOpenError;
use super::status::{CaptureReport, CaptureState, CaptureStatus};
use super::{FrameSource, SourceKind};
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::plate::CameraName;
use crate::stop::Stop;

/// Opens a source, as often as it is lost.
pub type OpenSource = Box<dyn FnMut() -> Result<Box<dyn FrameSource>, SourceError> + Send>;

/// What a capture thread needs.
pub struct Capture {
    /// Whose frames these are.
    pub camera: CameraName,
    /// Opens the source, for the first time and after each failure.
    pub open: OpenSource,
    /// What becomes of the source when it cannot be opened.
    pub on_open_error: OnOpenError,
    /// Where the frames go.
    pub mailbox: Mailbox,
    /// A camera that gives no frame for this long is lost and opened again. Sources that may be silent only come round
    /// this often.
    pub frame_deadline: Duration,
    /// The pauses between attempts.
    pub backoff: Backoff,
    /// Measures ages.
    pub clock: Clock,
    /// Ends the thread.
    pub stop: Stop,
}

/// A running capture thread.
#[derive(Debug)]
pub struct CaptureThread {
    camera: CameraName,
    status: CaptureStatus,
    thread: JoinHandle<Result<(), SourceError>>,
}

/// Says that the thread has ended, however it ends. The mailbox says it next, when it is dropped.
struct Ending<'a>(&'a CaptureStatus);

const PANICKED: &str = "the capture thread panicked, which is a bug in gatelpr; please report it";

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Others may run for months before somebody asks how this one ended.
            error!("{PANICKED}");
            self.0.failed(PANICKED.to_owned());
        }
        self.0.enter(CaptureState::Ended);
    }
}

/// Why a source is no longer read.
enum Left {
    /// Nothing more to come.
    Ended,
    /// Worth opening again.
    Lost(SourceError),
    /// Not worth opening again.
    Failed(SourceError),
}

impl Capture {
    /// Starts the thread. It is named after its camera.
    ///
    /// # Errors
    /// The operating system refuses another thread.
    pub fn spawn(self) -> io::Result<CaptureThread> {
        let status = CaptureStatus::new(self.clock);
        let camera = self.camera.clone();
        let name = format!("capture {camera}");
        let thread = thread::Builder::new().name(name).spawn({
            let status = status.clone();
            move || self.run(&status)
        })?;
        Ok(CaptureThread { camera, status, thread })
    }

    fn run(mut self, status: &CaptureStatus) -> Result<(), SourceError> {
        let _span = info_span!("capture", camera = %self.camera).entered();
        let _ending = Ending(status);
        while !self.stop.requested() {
            let left = match (self.open)() {
                Ok(mut source) => self.read(source.as_mut(), status),
                Err(error) => match self.on_open_error {
                    OnOpenError::Retry => Left::Lost(error),
                    OnOpenError::End => Left::Failed(error),
                },
            };
            match left {
                Left::Ended => break,
                Left::Failed(error) => {
                    error!(%error, "recording failed");
                    status.failed(error.to_string());
                    return Err(error);
                }
                Left::Lost(error) => {
                    if status.enter(CaptureState::Lost) != CaptureState::Lost {
                        warn!(%error, "camera lost");
                    }
                    status.failed(error.to_string());
                    if self.stop.wait(self.backoff.next_pause()) {
                        break;
                    }
                    status.reopening();
                }
            }
        }
        Ok(())
    }

    /// Hands over frames until the source ends or fails. A source is asked for the next frame once the last one was
    /// taken, also after a stop, which is what tells it so.
    fn read(&mut self, source: &mut dyn FrameSource, status: &CaptureStatus) -> Left {
        let kind = source.kind();
        loop {
            let next = source.next_frame(self.frame_deadline);
            status.turned(source.damaged());
            match next {
                Ok(None) => return Left::Ended,
                Ok(Some(frame)) => {
                    self.works(status);
                    status.captured();
                    match self.mailbox.put(frame) {
                        Put::Stored => {}
                        Put::Replaced => status.dropped(),
                        Put::Stopped => return Left::Ended,
                    }
                }
                // A camera that opens and then sends nothing is not back yet; a file may well be silent.
                Err(SourceError::Silent { .. }) if kind != SourceKind::Camera => {
                    self.works(status);
                    if self.stop.requested() {
                        return Left::Ended;
                    }
                }
                Err(error) if kind == SourceKind::Recording => return Left::Failed(error),
                Err(error) => return Left::Lost(error),
            }
        }
    }

    fn works(&mut self, status: &CaptureStatus) {
        match status.enter(CaptureState::Running) {
            CaptureState::Running => {}
            CaptureState::Lost => info!("camera back"),
            CaptureState::Opening | CaptureState::Ended => info!("camera open"),
        }
        self.backoff.reset();
    }
}

impl CaptureThread {
    /// Its state and counters, to be read while it runs and after.
    #[must_use]
    pub fn status(&self) -> &CaptureStatus {
        &self.status
    }

    /// Waits until the thread has ended: after a stop, or with its recording. Gives its last figures.
    ///
    /// # Errors
    /// [`CaptureFailure`] when its recording failed or it panicked. Both were logged as they happened: other cameras may
    /// run long after it.
    pub fn join(self) -> Result<CaptureReport, CaptureFailure> {
        let Self { camera, status, thread } = self;
        thread.join().map_err(|_panic| CaptureFailure::Panicked { camera })??;
        Ok(status.report())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::camera::{Delivery, Mailboxes, Taken};
    use crate::frame::{Frame, Moment};

    const LONG: Duration = Duration::from_secs(60);

    /// What a scripted source does, step by step.
    #[derive(Clone, Copy)]
    enum Step {
        Frame(u64),
        /// Nothing within the deadline.
        Silent,
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

        fn damaged(&self) -> u64 {
            1
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

    use Step::{End, Fails, Frame as F, Panics, Silent, UntilStop};

    #[test]
    fn a_lost_camera_is_opened_again_until_it_is_back() {
        let gate = Gate::new();
        let thread = gate.start("a", SourceKind::Camera, &[&[F(1), Fails], &[], &[], &[F(2), UntilStop]]);
        assert_eq!([gate.take(), gate.take()], ["a1", "a2"]);
        let report = gate.stopped(thread);
        assert_eq!((report.captured, report.reopened, report.damaged), (2, 3, 2));
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
}
