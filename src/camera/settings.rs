//! What a source is told: plain values, checked by whoever made them.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::SourceKind;
use super::http::HttpSettings;
use super::mailbox::Delivery;
use super::rtsp::RtspSettings;
use super::timeline::Pacing;
use super::usb::UsbSettings;

/// Which source, and how to read it.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceSettings {
    /// A recording: H.264 in MP4.
    Video {
        /// The file.
        path: PathBuf,
        /// Once, or over and over.
        repeat: Repeat,
        /// As fast as it was recorded, or as fast as it can be read.
        pacing: Pacing,
    },
    /// The pictures of a folder, in name order. Subfolders are not read.
    Folder {
        /// The folder.
        path: PathBuf,
        /// How many of the pictures make a second.
        frames_per_second: FrameRate,
        /// Once, or over and over.
        repeat: Repeat,
        /// At the frame rate, or as fast as they can be read.
        pacing: Pacing,
    },
    /// A folder into which a camera uploads pictures, subfolders included.
    WatchedFolder {
        /// The folder.
        path: PathBuf,
        /// What becomes of a picture once it was read.
        after_reading: AfterReading,
    },
    /// A USB camera.
    Usb(UsbSettings),
    /// An RTSP stream.
    Rtsp(RtspSettings),
    /// A stream of JPEG pictures over HTTP.
    Mjpeg(HttpSettings),
    /// A JPEG picture over HTTP, asked for again and again.
    Snapshot {
        /// The picture.
        picture: HttpSettings,
        /// How often it is asked for.
        frames_per_second: FrameRate,
    },
}

impl SourceSettings {
    /// How this source's frames are handed over: files wait on disk, so none of their frames need be dropped.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        match self {
            Self::Video { .. } | Self::Folder { .. } | Self::WatchedFolder { .. } => Delivery::EveryFrame,
            Self::Usb(_) | Self::Rtsp(_) | Self::Mjpeg(_) | Self::Snapshot { .. } => Delivery::NewestWins,
        }
    }

    /// What becomes of this source when it cannot be opened: a recording that is not there or of the wrong kind is a
    /// mistake, cameras and network mounts come back.
    #[must_use]
    pub fn on_open_error(&self) -> OnOpenError {
        match self {
            Self::Video { .. } | Self::Folder { .. } => OnOpenError::End,
            Self::WatchedFolder { .. } | Self::Usb(_) | Self::Rtsp(_) | Self::Mjpeg(_) | Self::Snapshot { .. } => {
                OnOpenError::Retry
            }
        }
    }

    /// Whether it is a recording: its silence means a slow disk, not an empty lane.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        matches!(self, Self::Video { .. } | Self::Folder { .. })
    }
}

/// What becomes of a source that cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOpenError {
    /// It is tried again after a pause: cameras and mounts come back.
    Retry,
    /// It has failed for good: a missing or unsupported recording stays so.
    End,
}

/// How often a recording is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Once; then it has ended.
    Once,
    /// From the beginning again each time it ends; the frames' elapsed time goes on rising.
    Forever,
}

impl Repeat {
    /// What silence and failure mean for a recording that is read so often: one that begins again is lost and opened again
    /// like a camera, one that is read once has ended.
    #[must_use]
    pub fn kind(self) -> SourceKind {
        match self {
            Self::Once => SourceKind::Recording,
            Self::Forever => SourceKind::Irregular,
        }
    }
}

/// What becomes of an uploaded picture once it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterReading {
    /// It stays. What is in the folder already when it is opened counts as read.
    Keep,
    /// It is deleted once it is with recognition. What is in the folder already when it is opened was never read, and is read first: pictures
    /// that a camera uploaded while the daemon was down are not lost.
    Delete,
}

/// Pictures per second, 0.01 to 240.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameRate(f64);

/// Why a number is no frame rate.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a frame rate is 0.01 to 240 frames per second, and {0} is not")]
pub struct InvalidFrameRate(pub f64);

impl TryFrom<f64> for FrameRate {
    type Error = InvalidFrameRate;
    fn try_from(rate: f64) -> Result<Self, InvalidFrameRate> {
        if Self::RANGE.contains(&rate) { Ok(Self(rate)) } else { Err(InvalidFrameRate(rate)) }
    }
}

impl Default for FrameRate {
    /// Ten: between the few pictures a second that a camera uploads and the 25 of a video.
    fn default() -> Self {
        Self(10.0)
    }
}

impl FrameRate {
    /// What a rate may be, in frames per second.
    pub const RANGE: RangeInclusive<f64> = 0.01..=240.0;

    /// Frames per second.
    #[must_use]
    pub fn per_second(self) -> f64 {
        self.0
    }

    /// When the frame with this number is shown, counted from the first (number 0).
    #[must_use]
    pub(super) fn time_of(self, number: u64) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "2^53 frames last for over a million years")]
        Duration::try_from_secs_f64(number as f64 / self.0).unwrap_or(Duration::MAX)
    }
}
