//! What a camera is doing, for whoever reports it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::stream::{StreamInfo, Tally};
use crate::clock::Clock;
use crate::plate::CameraName;
use crate::pulse::Pulse;

/// A camera's state and counters: written by its capture thread, read by anyone. Clones share it.
#[derive(Debug, Clone)]
pub struct CaptureStatus(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    pulse: Pulse,
    record: Mutex<Record>,
}

/// What a camera's capture thread is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureState {
    /// Opening the source for the first time.
    Opening,
    /// Frames come, or may come.
    Running,
    /// The source failed; it is opened again after a pause.
    Lost,
    /// The recording has ended, or a stop was asked for.
    Ended,
}

/// A camera's figures at one moment. Counters count since the start and never go back.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureReport {
    /// What its thread is at.
    pub state: CaptureState,
    /// Frames that the source gave.
    pub captured: u64,
    /// Frames that were dropped because a newer one came before they were taken.
    pub dropped: u64,
    /// What was skipped and lost.
    pub tally: Tally,
    /// What the source delivers; as it was when it worked last.
    pub stream: StreamInfo,
    /// How often the source was opened again after it had worked once or failed to open.
    pub reopened: u64,
    /// What failed last, in words; stays after recovery.
    pub last_error: Option<String>,
    /// How long ago the last frame came; absent before the first.
    pub last_frame_age: Option<Duration>,
    /// How long ago the capture thread last came round. More than the frame deadline and the longest pause between
    /// attempts together: it hangs in a driver or a dead network mount.
    pub turned_ago: Duration,
}

#[derive(Debug)]
struct Record {
    state: CaptureState,
    captured: u64,
    dropped: u64,
    /// Of sources that were closed since, and of the one that is open.
    tally: (Tally, Tally),
    stream: StreamInfo,
    reopened: u64,
    last_error: Option<String>,
    last_frame: Option<Duration>,
    turned: Duration,
}

/// The status of every camera, for whoever reports them. Cameras may come and go. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct CameraBoard(Arc<Mutex<Vec<(CameraName, CaptureStatus)>>>);

impl CameraBoard {
    /// From now on these are the cameras.
    pub fn set(&self, cameras: Vec<(CameraName, CaptureStatus)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = cameras;
    }

    /// The cameras now.
    #[must_use]
    pub fn cameras(&self) -> Vec<(CameraName, CaptureStatus)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl CaptureStatus {
    pub(super) fn new(clock: Clock) -> Self {
        let record = Record {
            state: CaptureState::Opening,
            captured: 0,
            dropped: 0,
            tally: Default::default(),
            stream: StreamInfo::default(),
            reopened: 0,
            last_error: None,
            last_frame: None,
            turned: clock.elapsed(),
        };
        Self(Arc::new(Shared { clock, pulse: Pulse::default(), record: Mutex::new(record) }))
    }

    /// The figures now.
    #[must_use]
    pub fn report(&self) -> CaptureReport {
        let record = self.lock();
        let now = self.0.clock.elapsed();
        CaptureReport {
            state: record.state,
            captured: record.captured,
            dropped: record.dropped,
            tally: record.tally.0 + record.tally.1,
            stream: record.stream.clone(),
            reopened: record.reopened,
            last_error: record.last_error.clone(),
            last_frame_age: record.last_frame.map(|at| now.saturating_sub(at)),
            turned_ago: now.saturating_sub(record.turned),
        }
    }

    /// The signs of life of its thread.
    #[must_use]
    pub fn pulse(&self) -> &Pulse {
        &self.0.pulse
    }

    /// Sets the state and says what it was.
    pub(super) fn enter(&self, state: CaptureState) -> CaptureState {
        let mut record = self.lock();
        record.turned = self.0.clock.elapsed();
        std::mem::replace(&mut record.state, state)
    }

    pub(super) fn turned(&self, tally: Tally) {
        let mut record = self.lock();
        record.turned = self.0.clock.elapsed();
        record.tally.1 = tally;
    }

    pub(super) fn captured(&self, stream: StreamInfo) {
        let mut record = self.lock();
        record.stream = stream;
        record.captured += 1;
        record.last_frame = Some(self.0.clock.elapsed());
    }

    pub(super) fn dropped(&self) {
        self.lock().dropped += 1;
    }

    pub(super) fn failed(&self, error: String) {
        self.lock().last_error = Some(error);
    }

    pub(super) fn reopening(&self) {
        let mut record = self.lock();
        record.reopened += 1;
        record.tally = (record.tally.0 + record.tally.1, Tally::default());
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
