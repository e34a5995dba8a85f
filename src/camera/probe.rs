//! Looks whether a camera works: opens it, reads frames for a while, says what came. Prints nothing.

use std::time::Duration;

use super::error::SourceError;
use super::settings::SourceSettings;
use super::stream::{StreamInfo, Tally};
use super::{FrameSource, Opening, open};
use crate::clock::Clock;

/// What a camera did while it was looked at.
#[derive(Debug, Default)]
pub struct ProbeReport {
    /// Whether frames were asked for. A watched folder is only opened: reading may delete what a camera uploaded, and
    /// would wait for the next vehicle.
    pub read: bool,
    /// What it delivers; the size is that of its frames, if it says none itself.
    pub stream: StreamInfo,
    /// Frames that came.
    pub frames: u64,
    /// From the beginning of opening to the first frame.
    pub first_frame: Option<Duration>,
    /// Frames per second between the first and the last one; needs two.
    pub measured_rate: Option<f64>,
    /// What was skipped and lost.
    pub tally: Tally,
    /// Why it does not work.
    pub fault: Option<SourceError>,
}

impl ProbeReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn works(&self) -> bool {
        self.fault.is_none()
    }
}

/// What to read of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Frames, for so long after the first.
    For(Duration),
    /// The first frame: a recording is not a camera whose rate could be wrong.
    First,
    Nothing,
}

/// Opens a camera, reads it for `duration` after its first frame, and closes it. Waits at most twice
/// [`Opening::patience`] for that frame: for the camera to open, and for it to send.
#[must_use]
pub fn probe(settings: &SourceSettings, opening: &Opening, duration: Duration) -> ProbeReport {
    let reading = match settings {
        SourceSettings::WatchedFolder { .. } => Reading::Nothing,
        settings if settings.is_recording() => Reading::First,
        _ => Reading::For(duration),
    };
    let mut report = ProbeReport { read: reading != Reading::Nothing, ..ProbeReport::default() };
    let begun = opening.clock.elapsed();
    let read = open(settings, opening).and_then(|mut source| {
        let read = read(source.as_mut(), opening, reading, begun, &mut report);
        report.tally = source.tally();
        let size = report.stream.size;
        report.stream = source.stream();
        report.stream.size = report.stream.size.or(size);
        read
    });
    report.fault = read.err();
    report
}

fn read(
    source: &mut dyn FrameSource,
    opening: &Opening,
    reading: Reading,
    begun: Duration,
    report: &mut ProbeReport,
) -> Result<(), SourceError> {
    let duration = match reading {
        Reading::Nothing => return Ok(()),
        Reading::First => Duration::ZERO,
        Reading::For(duration) => duration,
    };
    let Some(first) = source.next_frame(opening.patience)? else { return Ok(()) };
    report.stream.size = Some(first.image.dimensions());
    report.frames = 1;
    let began = opening.clock.elapsed();
    report.first_frame = Some(began.saturating_sub(begun));
    while let Some(left) = left_of(duration, began, opening.clock) {
        match source.next_frame(left.min(opening.patience)) {
            Ok(Some(_)) => report.frames += 1,
            Ok(None) => break,
            // It is the time that is over, and not the camera's.
            Err(error) if left < opening.patience && error.is_silence() => break,
            Err(error) => return Err(error),
        }
        let lasted = opening.clock.elapsed().saturating_sub(began).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53 frames")]
        let rate = (report.frames - 1) as f64 / lasted;
        report.measured_rate = rate.is_finite().then_some(rate);
    }
    Ok(())
}

fn left_of(duration: Duration, began: Duration, clock: Clock) -> Option<Duration> {
    let left = (began + duration).saturating_sub(clock.elapsed());
    (!left.is_zero()).then_some(left)
}
