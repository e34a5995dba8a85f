//! Where frames come from: one trait, a source per kind of camera or recording, a capture thread, a mailbox.
//!
//! * [`FrameSource`]: a camera or a recording, opened; [`open`] makes one out of [`SourceSettings`]
//! * `video` (`mp4`, `h264`), `folder`, `watched_folder` (`arrivals`): the sources; `picture`: one picture file; `pool`: the memory
//!   of pictures
//! * `usb`, `rtsp`, `http`: live cameras, a folder each (`patience`: asynchronous clients on a capture thread)
//! * [`Timeline`], [`Pacing`]: what time a frame carries and when it is released
//! * [`Mailboxes`]: one waiting frame per camera; [`Capture`]: the thread that fills a mailbox and outlives its source
//! * [`probe()`]: whether a camera works, for commands
//!
//! Not here: what happens to a frame. This module never imports inference or publishing. A new kind of camera is a
//! file with a `FrameSource`, a variant of `SourceSettings` and a line in `open`.

mod address;
mod arrivals;
mod capture;
mod damage;
mod error;
mod folder;
mod h264;
mod http;
mod mailbox;
mod mp4;
mod mp4_index;
mod name_order;
mod patience;
mod picture;
mod pool;
mod probe;
mod rtsp;
mod settings;
mod status;
mod stream;
mod timeline;
mod trial;
mod usb;
mod video;
mod watched_folder;

use std::time::Duration;

pub use address::CameraUrl;
pub use capture::{Capture, CaptureThread, OpenSource};
pub use error::{CaptureFailure, FileFault, SourceError};
pub use http::{HttpFault, HttpSettings};
pub use mailbox::{Delivery, Mailbox, MailboxHold, MailboxKeeper, Mailboxes, Put, Taken};
pub use picture::read_picture;
pub use probe::{ProbeReport, probe};
pub use rtsp::{RtspFault, RtspSettings, Transport, VideoDecoder};
pub use settings::{AfterReading, FrameRate, InvalidFrameRate, OnOpenError, Repeat, SourceSettings};
pub use status::{CameraBoard, CaptureReport, CaptureState, CaptureStatus};
pub use stream::{StreamInfo, Tally};
pub use timeline::{Pacing, Timeline};
pub use trial::decoding_costs;
pub use usb::{
    FormatOffer, PixelFormat, Rate, Rates, SizeOffer, Sizes, UsbDevice, UsbFault, UsbIdentity, UsbSettings, usb_devices,
};

use crate::clock::Clock;
use crate::frame::Frame;
use crate::plate::CameraName;
use crate::stop::Stop;

/// A camera or a recording, opened.
pub trait FrameSource: Send {
    /// The next frame, waiting at most `deadline`. `None`: the recording has ended, or a stop was asked for. Asking says
    /// that the frame before it was taken, so a source that deletes what it showed does so then, also after a stop.
    ///
    /// # Errors
    /// [`SourceError::Silent`] when nothing came before `deadline`; what that means depends on [`kind`](Self::kind).
    /// Any other [`SourceError`] when the camera is gone or delivers what cannot be decoded.
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError>;

    /// What silence and failure mean for this source.
    fn kind(&self) -> SourceKind;

    /// What was skipped and lost so far.
    fn tally(&self) -> Tally {
        Tally::default()
    }

    /// What it delivers, as far as is known by now.
    fn stream(&self) -> StreamInfo {
        StreamInfo::default()
    }
}

/// What silence and failure mean for a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// Frames at a steady rate: silence is a fault, and a failed source is opened again.
    Camera,
    /// Frames whenever there are some: silence is normal, and a failed source is opened again.
    Irregular,
    /// Frames from a file, once: a failure ends it, because to begin again would show every vehicle twice.
    Recording,
}

/// What every source needs besides its settings.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The name that its frames and errors carry.
    pub camera: CameraName,
    /// Which time its frames carry.
    pub timeline: Timeline,
    /// Paces recordings and measures silence.
    pub clock: Clock,
    /// How long a live camera may take to open, until its first frame is there.
    pub patience: Duration,
    /// Ends every wait.
    pub stop: Stop,
}

/// Opens a source.
///
/// # Errors
/// [`SourceError`] when the file or folder is not there, not readable or of a kind that is not supported.
pub fn open(settings: &SourceSettings, opening: &Opening) -> Result<Box<dyn FrameSource>, SourceError> {
    Ok(match settings {
        SourceSettings::Video { path, repeat, pacing } => {
            Box::new(video::VideoSource::open(path, *repeat, *pacing, opening)?)
        }
        SourceSettings::Folder { path, frames_per_second, repeat, pacing } => {
            Box::new(folder::FolderSource::open(path, *frames_per_second, (*repeat, *pacing), opening)?)
        }
        SourceSettings::WatchedFolder { path, after_reading } => {
            Box::new(watched_folder::WatchedFolderSource::open(path, *after_reading, opening)?)
        }
        SourceSettings::Usb(settings) => Box::new(usb::UsbSource::open(settings, opening)?),
        SourceSettings::Mjpeg(stream) => Box::new(http::MjpegSource::open(stream, opening)?),
        SourceSettings::Snapshot { picture, frames_per_second } => {
            Box::new(http::SnapshotSource::open(picture, *frames_per_second, opening)?)
        }
        SourceSettings::Rtsp(settings) => Box::new(rtsp::RtspSource::open(settings, opening)?),
    })
}
