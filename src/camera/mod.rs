//! Where frames come from: one trait, a source per kind of camera or recording, a capture thread, a mailbox.
//!
//! Not here: what happens to a frame. This module never imports inference or publishing.

use std::time::Duration;

use crate::frame::Frame;

/// A camera or a recording, opened.
pub trait FrameSource: Send {
    /// The next frame, waiting at most `deadline`. `None`: the recording has ended.
    ///
    /// # Errors
    /// [`SourceError`] when the camera is gone, silent for longer than `deadline`, or delivers what cannot be decoded.
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError>;
}

/// Why a source gave no frame.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[doc = "placeholder"]
    #[error("x")]
    X,
}
