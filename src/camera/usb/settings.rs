//! Which camera, and what it is asked for.

use std::fmt;
use std::path::PathBuf;

use crate::camera::FrameRate;

/// A USB camera and what it is asked for. What it cannot do is an error that says what it can.
#[derive(Debug, Clone, PartialEq)]
pub struct UsbSettings {
    /// Which camera.
    pub identity: UsbIdentity,
    /// Width and height in pixels; the largest that it gives at the wanted rate, if absent.
    pub size: Option<(u32, u32)>,
    /// Frames per second: the slowest rate of the camera that is not slower. Where every rate is slower, a wish of at most
    /// [`ENOUGH_RATE`](Self::ENOUGH_RATE) takes the fastest, with a warning; a faster one is a fault.
    pub frames_per_second: FrameRate,
    /// How its pictures come. If absent, what loses least of those that it gives at this size and rate: YUYV, NV12, MJPEG,
    /// and GREY last, because a plate's colour says what kind of vehicle it is.
    pub pixel_format: Option<PixelFormat>,
}

impl UsbSettings {
    /// Frames per second with which plates at walking speed are read several times. Who asks for no more wants a working
    /// gate, and gets what the camera has; who asks for more has a reason, and is told.
    pub const ENOUGH_RATE: f64 = 15.0;
}

/// What a camera is known by. `/dev/video0` is none: numbers are given in the order of plugging in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsbIdentity {
    /// A path that stays: of `/dev/v4l/by-path` (the socket it is plugged into) or `/dev/v4l/by-id` (the camera itself).
    Path(PathBuf),
    /// The name that the driver gives, and the serial number where several have that name.
    Name {
        /// As `gatelpr cameras list` shows it.
        name: String,
        /// The serial number of the USB device.
        serial: Option<String>,
    },
}

/// How a camera sends its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PixelFormat {
    /// A JPEG per picture: the only way to large pictures at full rate over USB 2.
    Mjpeg,
    /// 4:2:2, 16 bits per pixel.
    Yuyv,
    /// 4:2:0, 12 bits per pixel.
    Nv12,
    /// Brightness alone, 8 bits per pixel.
    Grey,
}

impl fmt::Display for UsbIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Name { name, serial: None } => write!(f, "the camera named {name:?}"),
            Self::Name { name, serial: Some(serial) } => write!(f, "the camera named {name:?} with serial {serial}"),
        }
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mjpeg => "MJPEG",
            Self::Yuyv => "YUYV",
            Self::Nv12 => "NV12",
            Self::Grey => "GREY",
        })
    }
}
