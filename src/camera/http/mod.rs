//! Cameras that send JPEG pictures over HTTP: as a stream, or one each time they are asked.
//!
//! * [`HttpSettings`]: where it is, and who asks
//! * [`MjpegSource`]: a stream, taken apart by `parts`; the newest picture wins
//! * [`SnapshotSource`]: one picture at a time
//! * `client`: requests and logins; [`HttpFault`]: why it gives no frames

mod client;
mod fault;
mod mjpeg;
mod parts;
mod settings;
mod snapshot;

pub use fault::HttpFault;
pub(super) use mjpeg::MjpegSource;
pub use settings::HttpSettings;
pub(super) use snapshot::SnapshotSource;

use super::error::FileFault;

/// A picture that cannot be shown, in words for the log.
fn damaged(bytes: &[u8], fault: &FileFault) -> String {
    let length = bytes.len();
    match fault {
        FileFault::BrokenPicture(how) => format!("a picture of {length} bytes: {how}"),
        FileFault::Empty => "an answer without a picture".to_owned(),
        fault => format!("a picture of {length} bytes that {fault}"),
    }
}
