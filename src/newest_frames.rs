//! The newest frame of each camera, for whoever asks for a picture: put there by recognition, taken by anyone.
//!
//! Costs the memory of one more frame per camera. Not here: how a frame becomes a JPEG.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::frame::Frame;
use crate::plate::CameraName;

/// The newest frame of each camera, set straight. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct NewestFrames(Arc<Mutex<BTreeMap<CameraName, Frame>>>);

impl NewestFrames {
    /// Puts `frame` in the place of the one before it.
    pub fn put(&self, frame: &Frame) {
        // The one before may be the last of its kind: it is freed when the lock is not held any more.
        let before = self.frames().insert(frame.camera.clone(), frame.clone());
        drop(before);
    }

    /// The newest frame of `camera`; `None` before the first.
    #[must_use]
    pub fn of(&self, camera: &CameraName) -> Option<Frame> {
        self.frames().get(camera).cloned()
    }

    /// Forgets the frame of a camera that is not there any more.
    pub fn forget(&self, camera: &CameraName) {
        let frame = self.frames().remove(camera);
        drop(frame);
    }

    fn frames(&self) -> MutexGuard<'_, BTreeMap<CameraName, Frame>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
