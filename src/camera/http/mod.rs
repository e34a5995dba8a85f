//! Cameras that send JPEG pictures over HTTP: as a stream, or one each time they are asked.
//!
//! * [`HttpSettings`]: where it is, and who asks
//! * [`HttpFault`]: why it gives no frames

mod fault;
mod settings;

pub use fault::HttpFault;
pub use settings::HttpSettings;
