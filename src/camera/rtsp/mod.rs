//! Cameras that speak RTSP.
//!
//! * [`RtspSettings`]: where it is, and how it is spoken to; [`RtspFault`]: why it gives no frames
//! * `source`: the [`FrameSource`](super::FrameSource); `playing`: from packets to pictures
//! * `session`: the conversation with the camera, by `retina`; `jpeg`: JPEG pictures out of their packets
//! * `key_frames`, `lag`: which packets are decoded after a loss, and when decoding has fallen behind
//! * `decoding`: the decoders; `ffmpeg` (`ppm`): one that is a child process
//!
//! Everything runs on the capture thread, in a small runtime that is dropped with the source.

mod decoding;
mod fault;
mod ffmpeg;
mod jpeg;
mod key_frames;
mod lag;
mod playing;
mod ppm;
mod session;
mod settings;
mod source;

pub use fault::RtspFault;
pub use settings::{RtspSettings, Transport, VideoDecoder};

pub(super) use source::RtspSource;
