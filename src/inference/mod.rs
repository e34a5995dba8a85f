//! ONNX models behind two traits. `ort` is imported in `session.rs` alone.
//!
//! Not here: tracks, lanes, events. This module never imports cameras or publishing.

pub mod manifest;

use image::RgbImage;

use crate::geometry::BoundingBox;
use crate::plate::{PlateDetection, PlateReading};

/// A part of a frame that a detector looks at: the whole frame's pixels and which of them to analyse.
#[derive(Debug, Clone, Copy)]
pub struct RgbView<'a> {
    /// The whole frame.
    pub image: &'a RgbImage,
    /// The part to analyse, in pixels of the whole frame.
    pub region: BoundingBox,
}

/// A plate to be read: the frame it is in and what the detector knows of it. The recogniser cuts out what it needs, at
/// the size it needs.
#[derive(Debug, Clone, Copy)]
pub struct PlateCrop<'a> {
    /// The whole frame.
    pub image: &'a RgbImage,
    /// The plate in it.
    pub detection: &'a PlateDetection,
}

/// Finds plates.
pub trait PlateDetector {
    /// The plates in the view's region, in pixels of the whole frame.
    ///
    /// # Errors
    /// [`InferenceError`] when the model fails; never because of what the picture shows.
    fn detect(&mut self, view: &RgbView<'_>) -> Result<Vec<PlateDetection>, InferenceError>;
}

/// Reads plates.
pub trait PlateRecogniser {
    /// One answer per plate, in order; `None` where no plate text is legible.
    ///
    /// # Errors
    /// [`InferenceError`] when the model fails; never because of what the picture shows.
    fn read(&mut self, plates: &[PlateCrop<'_>]) -> Result<Vec<Option<PlateReading>>, InferenceError>;
}

/// A model or the runtime failed.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    #[doc = "placeholder"]
    #[error("x")]
    X,
}
