//! One camera with its capture thread and its mailbox, as the daemon runs it.

use std::time::Duration;

use gatelpr::backoff::Backoff;
use gatelpr::camera::{
    Capture, CaptureReport, CaptureState, CaptureThread, Delivery, Mailboxes, OnOpenError, Opening, SourceSettings,
    Taken, Timeline, open,
};
use gatelpr::clock::Clock;
use gatelpr::frame::Frame;
use gatelpr::plate::CameraName;
use gatelpr::stop::Stop;

/// The longest any wait in a test takes before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long a camera may be silent in these tests.
pub(crate) const STALL: Duration = Duration::from_secs(2);

/// A camera under observation.
pub(crate) struct Gate {
    mailboxes: Mailboxes,
    thread: CaptureThread,
    clock: Clock,
    stop: Stop,
    /// When the last frame was taken, as it says itself.
    last: Option<Duration>,
}

/// What a source is opened with, apart from its settings.
pub(crate) fn opening(stop: &Stop) -> Opening {
    let clock = Clock::start();
    Opening {
        camera: CameraName::try_from("gate").expect("a name"),
        timeline: Timeline::Live(clock),
        clock,
        patience: Duration::from_secs(5),
        stop: stop.clone(),
    }
}

impl Gate {
    /// Starts the camera's thread.
    pub(crate) fn watch(settings: SourceSettings) -> Self {
        let stop = Stop::default();
        let opening = opening(&stop);
        let clock = opening.clock;
        let mailboxes = Mailboxes::new(clock, stop.clone());
        let capture = Capture {
            camera: opening.camera.clone(),
            mailbox: mailboxes.add(&opening.camera, Delivery::NewestWins),
            open: Box::new(move || open(&settings, &opening)),
            on_open_error: OnOpenError::Retry,
            frame_deadline: STALL,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_millis(400)),
            refused_login_pause: Duration::ZERO,
            clock,
            stop: stop.clone(),
        };
        Self { mailboxes, thread: capture.spawn().expect("a thread"), clock, stop, last: None }
    }

    /// The next frame. Its elapsed time is later than the last one's, over reopenings too.
    pub(crate) fn frame(&mut self) -> Frame {
        match self.mailboxes.take(PATIENCE) {
            Taken::Frame(frame) => {
                assert!(self.last < Some(frame.captured_at.elapsed), "time goes on");
                self.last = Some(frame.captured_at.elapsed);
                frame
            }
            other => panic!("{other:?} instead of a frame; {:#?}", self.report()),
        }
    }

    /// The camera's figures.
    pub(crate) fn report(&self) -> CaptureReport {
        self.thread.status().report()
    }

    /// Takes frames until the figures are as expected.
    pub(crate) fn until(&mut self, expected: impl Fn(&CaptureReport) -> bool) -> CaptureReport {
        let began = self.clock.elapsed();
        loop {
            let report = self.report();
            if expected(&report) {
                return report;
            }
            assert!(self.clock.elapsed() - began < PATIENCE, "it stays {report:#?}");
            let _frame = self.mailboxes.take(Duration::from_millis(20));
        }
    }

    /// Waits until the camera is lost, and says why.
    pub(crate) fn until_lost(&mut self) -> String {
        self.until(|report| report.state == CaptureState::Lost).last_error.expect("what is lost has failed")
    }

    /// Takes frames until it runs and has given `frames` more.
    pub(crate) fn until_back(&mut self, frames: u64) -> CaptureReport {
        let before = self.report().captured;
        self.until(|report| report.state == CaptureState::Running && report.captured >= before + frames)
    }

    /// Stops it; how long that took, and its last figures.
    pub(crate) fn end(self) -> (Duration, CaptureReport) {
        let began = self.clock.elapsed();
        self.stop.request();
        let report = self.thread.join().expect("cameras do not fail for good");
        (self.clock.elapsed() - began, report)
    }
}
