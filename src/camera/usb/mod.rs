//! USB cameras and everything else that Video4Linux (V4L2) shows.
//!
//! * [`UsbSettings`]: which camera, by an identity that survives a reboot, and what it is asked for
//! * [`UsbFault`]: why it gives no frames

mod fault;
mod settings;

pub use fault::UsbFault;
pub use settings::{PixelFormat, UsbIdentity, UsbSettings};
