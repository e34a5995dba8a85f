//! Where a camera is, and how it is spoken to.

use std::fmt;

use crate::camera::CameraUrl;
use crate::login::Login;

/// An RTSP stream.
#[derive(Debug, Clone, PartialEq)]
pub struct RtspSettings {
    /// `rtsp://host:port/path`, without a login. A camera's sub-stream is a path of its own.
    pub url: CameraUrl,
    /// The login, if the camera asks for one: digest where it offers that, else basic.
    pub login: Option<Login>,
    /// How packets come.
    pub transport: Transport,
    /// Who decodes the video.
    pub decoder: VideoDecoder,
    /// Options for `ffmpeg` before its input, such as `-hwaccel vaapi`; only where it decodes.
    pub ffmpeg_options: Vec<String>,
}

/// How packets come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Within the RTSP connection: nothing is lost, and it passes every firewall that RTSP passes.
    Tcp,
    /// On ports of their own: lost packets cost a damaged picture instead of a delay.
    Udp,
}

/// Who decodes the video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VideoDecoder {
    /// H.264 and JPEG within the program, H.265 with `ffmpeg`.
    Auto,
    /// H.264 and H.265 with `ffmpeg`, which can use the graphics processor.
    Ffmpeg,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}
