//! Why a source gave no frame, in words that say which camera and file, what failed, and what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::http::HttpFault;
use super::rtsp::RtspFault;
use super::usb::UsbFault;
use crate::login::PasswordError;
use crate::plate::CameraName;

/// Why a source gave no frame.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder could not be opened or read.
    #[error("camera {camera}: cannot read {}: {error}; check that it is there and that the daemon's user may read it", path.display())]
    Unreadable {
        /// The camera.
        camera: CameraName,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// A file is there, but is not what this source can show.
    #[error("camera {camera}: {} {fault}", path.display())]
    File {
        /// The camera.
        camera: CameraName,
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A USB camera.
    #[error("camera {camera}: {device} {fault}")]
    Usb {
        /// The camera.
        camera: CameraName,
        /// Its identity, or the device that it is at the moment.
        device: String,
        /// What is wrong with it.
        fault: UsbFault,
    },
    /// An RTSP stream.
    #[error("camera {camera}: {url} {fault}")]
    Rtsp {
        /// The camera.
        camera: CameraName,
        /// Its URL, which holds no password.
        url: String,
        /// What is wrong with it.
        fault: RtspFault,
    },
    /// A picture or stream over HTTP.
    #[error("camera {camera}: {url} {fault}")]
    Http {
        /// The camera.
        camera: CameraName,
        /// Its URL, which holds no password.
        url: String,
        /// What is wrong with it.
        fault: HttpFault,
    },
    /// The camera's password cannot be read.
    #[error("camera {camera}: {error}")]
    Password {
        /// The camera.
        camera: CameraName,
        /// Why.
        error: PasswordError,
    },
    /// The system gives no means to wait with: open files or memory are used up.
    #[error("camera {camera}: the system refuses what a connection needs: {error}; check the limits of the service")]
    System {
        /// The camera.
        camera: CameraName,
        /// What it said.
        error: io::Error,
    },
    /// Nothing came in time.
    #[error("camera {camera}: no frame for {:.1} s; check that the camera is powered and connected", waited.as_secs_f64())]
    Silent {
        /// The camera.
        camera: CameraName,
        /// How long was waited.
        waited: Duration,
    },
}

/// Why a capture thread ended before its recording did, or without a stop.
#[derive(Debug, thiserror::Error)]
pub enum CaptureFailure {
    /// A recording could not be opened or not be read to its end; the error names the camera.
    #[error(transparent)]
    Failed(#[from] SourceError),
    /// A bug in a source.
    #[error("camera {camera}: its capture thread panicked, which is a bug in gatelpr; please report it")]
    Panicked {
        /// The camera.
        camera: CameraName,
    },
}

impl SourceError {
    /// Whether nothing whole came in the time that was waited; a short wait says little about a camera.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Silent { .. } | Self::Usb { fault: UsbFault::OnlyDamaged { .. }, .. })
    }

    /// Whether the camera has refused a login that was given, which some count.
    #[must_use]
    pub fn refuses_login(&self) -> bool {
        matches!(
            self,
            Self::Rtsp { fault: RtspFault::LoginRefused, .. } | Self::Http { fault: HttpFault::WrongLogin(_), .. }
        )
    }

    pub(super) fn unreadable(camera: &CameraName, path: &Path, error: io::Error) -> Self {
        Self::Unreadable { camera: camera.clone(), path: path.to_owned(), error }
    }

    pub(super) fn file(camera: &CameraName, path: &Path, fault: FileFault) -> Self {
        match fault {
            FileFault::Unreadable(error) => Self::unreadable(camera, path, error),
            fault => Self::File { camera: camera.clone(), path: path.to_owned(), fault },
        }
    }
}

/// Re-encodes anything that ffmpeg reads.
const CONVERT: &str = "convert it with: ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -an OUTPUT.mp4";
/// Changes the container only, so it is quick and loses nothing.
const REMUX: &str = "rewrite it with: ffmpeg -i INPUT -c copy -an -movflags +faststart OUTPUT.mp4";

/// What is wrong with a file or folder, and what to do about it. The sentence's subject is the file.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The operating system would not give it.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Nothing in it.
    #[error("is empty; copy or record it again")]
    Empty,
    /// Another container; the video inside may be H.264.
    #[error("is {0}, and only MP4 is read; {REMUX} (if its video is not H.264, {CONVERT})")]
    Container(&'static str),
    /// A picture where a video was expected.
    #[error("is a picture, not a video; to read pictures, configure their folder as the source")]
    IsPicture,
    /// Not recognised at all.
    #[error("is not an MP4 file; if it is a video, {CONVERT}")]
    NotMp4,
    /// No `moov` box.
    #[error(
        "has no index (no moov box): the recording was not finished, or the file is cut short; copy it again, or repair it with a tool such as untrunc"
    )]
    NoIndex,
    /// The index points behind the end.
    #[error(
        "is cut short: its index needs at least {needed} bytes and it has {present}; copy it again, or save what is there: ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -an OUTPUT.mp4"
    )]
    CutShort {
        /// Bytes that the index points to.
        needed: u64,
        /// Bytes that are there.
        present: u64,
    },
    /// The index contradicts itself.
    #[error("has a damaged index ({0}); copy it again, or {CONVERT}")]
    BadIndex(String),
    /// `moof` boxes.
    #[error("is a fragmented MP4, which is not read; {REMUX}")]
    Fragmented,
    /// No video track.
    #[error("has no video track, only sound or data; choose another file")]
    NoVideo,
    /// Samples are encrypted.
    #[error("is encrypted, which is not read; export it from the recorder without encryption")]
    Encrypted,
    /// Not H.264.
    #[error("holds {0} video, and only H.264 is read; {CONVERT}")]
    Codec(String),
    /// H.264 that the decoder does not know.
    #[error("holds H.264 video with {0}, which is not read; {CONVERT}")]
    Profile(String),
    /// Decoding gave no frame at all.
    #[error("gave no frame: all {0} packets are damaged; copy it again, or {CONVERT}")]
    NothingDecoded(u64),
    /// A picture that is incomplete or broken.
    #[error("is no complete picture ({0}); upload or copy it again")]
    BrokenPicture(String),
    /// A picture beyond the limits.
    #[error("is too large a picture ({0}); at most 64 megapixels, 16384 on a side and 64 MiB are read")]
    PictureTooLarge(String),
    /// A folder with no picture in it.
    #[error("has no pictures (jpg, jpeg, png, bmp, webp) in it; check the path, or put pictures there")]
    NoPictures,
    /// A folder with none that could be read.
    #[error("has {count} pictures and none can be read; the first: {first}")]
    OnlyBrokenPictures {
        /// How many.
        count: usize,
        /// What is wrong with the first of them.
        first: String,
    },
    /// A path to a folder was expected.
    #[error("is not a folder; give the folder that the pictures are in")]
    NotAFolder,
}
