//! Cameras that speak RTSP.
//!
//! * [`RtspSettings`]: where it is, and how it is spoken to
//! * [`RtspFault`]: why it gives no frames

mod fault;
mod settings;

pub use fault::RtspFault;
pub use settings::{RtspSettings, Transport, VideoDecoder};
