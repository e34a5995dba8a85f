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
    /// The least pause after a camera has refused the login: many lock a user out after several wrong ones.
    pub refused_login_pause: Duration,
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

/// What opening a camera takes at most, in frame deadlines: asking, being asked to log in, asking again, the first frame.
const OPENING_STEPS: u32 = 4;

const PANICKED: &str = "the capture thread panicked, which is a bug in gatelpr; please report it";

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Others may run for months before somebody asks how this one ended.
            error!("{PANICKED}");
            self.0.failed(PANICKED.to_owned());
        }
        self.0.enter(CaptureState::Ended);
        if !thread::panicking() {
            self.0.pulse().rests();
        }
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
            status.pulse().turned(self.frame_deadline * OPENING_STEPS);
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
                    // Who sees that it is lost sees why.
                    status.failed(error.to_string());
                    if status.enter(CaptureState::Lost) != CaptureState::Lost {
                        warn!(%error, "camera lost");
                    }
                    let least = if error.refuses_login() { self.refused_login_pause } else { Duration::ZERO };
                    let pause = self.backoff.next_pause().max(least);
                    status.pulse().turned(pause);
                    if self.stop.wait(pause) {
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
            status.pulse().turned(self.frame_deadline);
            let next = source.next_frame(self.frame_deadline);
            status.turned(source.tally());
            match next {
                Ok(None) => return Left::Ended,
                Ok(Some(frame)) => {
                    // Who sees that it runs sees what it sends.
                    status.captured(source.stream());
                    self.works(status);
                    // A file waits until its frame is taken, as long as recognition takes, which has a pulse of its own.
                    status.pulse().rests();
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
    /// Whose frames these are.
    #[must_use]
    pub fn camera(&self) -> &CameraName {
        &self.camera
    }

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
#[path = "capture_tests.rs"]
mod tests;
