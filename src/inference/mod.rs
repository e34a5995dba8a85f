//! ONNX models behind two traits. `ort` is imported in `session.rs` alone.
//!
//! Not here: tracks, lanes, events. This module never imports cameras or publishing.
//!
//! The first model family finds lines of text and reads them ([`text_detector`], [`text_recogniser`]); the plate logic
//! around it (which lines make a plate, [`text_lines`]; decoding under the plate grammar, [`ctc`]) is ours. The second
//! knows plates: it finds them with their corners ([`corner_detector`]) and reads them as a whole ([`plate_recogniser`]).
//! Either detector works with either recogniser, and one recogniser may be asked where the other is not sure
//! ([`second_opinion`]).

pub mod closer_look;
pub mod corner_cells;
pub mod corner_detector;
pub mod ctc;
pub mod letterbox;
pub mod models;
pub mod pixels;
pub mod plate_recogniser;
pub mod plate_views;
pub mod rectify;
pub mod region;
pub mod second_opinion;
pub mod session;
pub mod slots;
pub mod text_detector;
pub mod text_lines;
pub mod text_map;
pub mod text_recogniser;

use std::path::PathBuf;

pub mod manifest;

use image::RgbImage;

use crate::artifact::{ArtifactError, ManifestError};
use crate::geometry::BoundingBox;
use crate::plate::{PlateDetection, PlateReading, WorthAsking};
use crate::plate_format::grammar::Grammar;

/// A part of a frame that a detector looks at: the whole frame's pixels and which of them to analyse.
#[derive(Debug, Clone, Copy)]
pub struct RgbView<'a> {
    /// The whole frame.
    pub image: &'a RgbImage,
    /// The part to analyse, in pixels of the whole frame.
    pub region: BoundingBox,
}

impl<'a> RgbView<'a> {
    /// The whole of `image`.
    #[must_use]
    pub fn whole(image: &'a RgbImage) -> Self {
        Self { image, region: whole(image) }
    }
}

/// The box around all of `image`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "pictures have far fewer than 2^24 pixels a side")]
pub fn whole(image: &RgbImage) -> BoundingBox {
    BoundingBox { left: 0.0, top: 0.0, right: image.width() as f32, bottom: image.height() as f32 }
}

/// A plate to be read: the frame it is in and what the detector knows of it. The recogniser cuts out what it needs, at
/// the size it needs.
#[derive(Debug, Clone, Copy)]
pub struct PlateCrop<'a> {
    /// The whole frame.
    pub image: &'a RgbImage,
    /// The plate in it.
    pub detection: &'a PlateDetection,
    /// What may stand on it.
    pub grammar: &'a Grammar,
    /// Which readings of it another recogniser is asked about, if the one that reads has another one to ask.
    pub worth_asking: WorthAsking<'a>,
}

/// What is found in a view, in pixels of the whole frame: two kinds, and nothing is of both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detections {
    /// Number plates.
    pub plates: Vec<PlateDetection>,
    /// Numbers painted on vehicles' sides, the surest first. None from a detector that was not opened to find them.
    pub side_numbers: Vec<PlateDetection>,
}

/// Finds plates.
pub trait PlateDetector {
    /// The plates in the view's region, and apart from them the side numbers.
    ///
    /// # Errors
    /// [`InferenceError`] when the model fails; never because of what the picture shows.
    fn detect(&mut self, view: &RgbView<'_>) -> Result<Detections, InferenceError>;
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
    /// No ONNX Runtime anywhere.
    #[error(
        "no ONNX Runtime found; set {} or the config's inference.runtime, or run `gatelpr models fetch` where its manifests are (it puts the library into ./runtime); looked at: {}",
        session::LIBRARY_VARIABLE,
        list(looked_at)
    )]
    NoRuntime {
        /// Every path tried, in order.
        looked_at: Vec<PathBuf>,
    },
    /// The library was found and does not serve.
    #[error("cannot load the ONNX Runtime {}: {reason}", library.display())]
    Runtime {
        /// The library.
        library: PathBuf,
        /// What it said.
        reason: String,
    },
    /// Models cannot run on what they should.
    #[error(
        "models cannot run on {execution:?} with the ONNX Runtime {}: {reason}; name a runtime that has it in the config's \
         inference.runtime, or set inference.execution = \"cpu\"",
        library.display()
    )]
    Execution {
        /// What they should run on.
        execution: &'static str,
        /// The library.
        library: PathBuf,
        /// What it said.
        reason: String,
    },
    /// A manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A model's weights.
    #[error(transparent)]
    Weights(#[from] ArtifactError),
    /// No folder of manifests.
    #[error(
        "no folder has the manifest of a model that was asked for, {wanted}; set the config's inference.models, or \
         choose another model; looked at: {}",
        list(looked_at)
    )]
    NoModels {
        /// The manifests that would do.
        wanted: String,
        /// Every folder tried, in order.
        looked_at: Vec<PathBuf>,
    },
    /// A model cannot be opened or failed while running.
    #[error("the model {model} failed: {reason}")]
    Model {
        /// The model's name.
        model: String,
        /// What the runtime said.
        reason: String,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
