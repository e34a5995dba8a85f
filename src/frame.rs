//! A picture and the moment it was taken. No decoding, no clock: time is stamped where frames enter.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;
use jiff::Timestamp;

use crate::plate::CameraName;

/// When something was seen, on two clocks.
///
/// Ages and gaps are measured on [`elapsed`](Self::elapsed), which never steps back when NTP corrects the box's
/// clock; people and platforms read [`wall`](Self::wall).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Coordinated universal time.
    pub wall: Timestamp,
    /// Time since the source was opened: a monotonic clock for a live camera, the recording's own time for a file.
    pub elapsed: Duration,
}

impl Moment {
    /// How long before `later` this was; zero if it was not before.
    #[must_use]
    pub fn until(self, later: Moment) -> Duration {
        later.elapsed.saturating_sub(self.elapsed)
    }
}

/// One picture from one camera: 8-bit RGB, row by row from the top left, shared and never changed.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The camera it came from.
    pub camera: CameraName,
    /// When it was captured (not when it was analysed).
    pub captured_at: Moment,
    /// The picture. Every coordinate in the domain is in pixels of this image.
    pub image: Arc<RgbImage>,
}
