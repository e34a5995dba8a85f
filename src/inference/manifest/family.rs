//! Kinds of models, and the numbers that each kind needs.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::{CornerDetector, FoundClass, PlateRecogniser};

/// What kind of model it is, with the numbers that this kind needs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Finds lines of text by a probability per pixel (differentiable binarisation).
    TextDetector(TextDetector),
    /// Reads a line of text by a probability per column and character (CTC).
    TextRecogniser(TextRecogniser),
    /// Finds plates as a whole, with their corners.
    CornerDetector(CornerDetector),
    /// Reads plates as a whole.
    PlateRecogniser(PlateRecogniser),
}

/// How text lines are taken from a probability map.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextDetector {
    /// Where the numbers below come from.
    pub origin: String,
    /// A pixel above this is text.
    pub pixel_threshold: Share,
    /// A box with a mean probability below this is dropped.
    pub box_threshold: Share,
    /// How far a box is grown: by area × ratio / circumference.
    pub unclip_ratio: Positive,
    /// Side of the square that closes gaps in the thresholded map; 1 leaves it alone.
    pub dilation_px: NonZeroU32,
    /// At most this many outlines are looked at.
    pub max_candidates: NonZeroU32,
    /// A box with a shorter side is dropped, in pixels of the map.
    pub min_side_px: u32,
}

/// How a text is taken from a probability lattice.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRecogniser {
    /// Where the numbers below come from.
    pub origin: String,
    /// The characters of classes 1, 2, …; class 0 is CTC's blank.
    pub alphabet: Alphabet,
    /// Whether a space follows the alphabet as the last class.
    pub ends_with_space: bool,
    /// How many classes the output has, blank and space included.
    pub classes: NonZeroU32,
    /// Pixels of input width per column of output.
    pub column_px: NonZeroU32,
    /// A text with a mean confidence below this is not taken for one by the origin.
    pub text_threshold: Share,
}

/// Where the characters are listed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// In the ONNX file's metadata under this key, one character a line.
    Metadata(String),
    /// Here, in order.
    Inline(String),
}

/// What a model is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Finds plates or the text on them.
    Detector,
    /// Reads them.
    Recogniser,
}

impl Family {
    /// What a model of this family is used for.
    #[must_use]
    pub fn task(&self) -> Task {
        match self {
            Self::TextDetector(_) | Self::CornerDetector(_) => Task::Detector,
            Self::TextRecogniser(_) | Self::PlateRecogniser(_) => Task::Recogniser,
        }
    }

    /// Whether it tells numbers painted on vehicles' sides from plates.
    #[must_use]
    pub fn finds_side_numbers(&self) -> bool {
        match self {
            Self::CornerDetector(family) => family.classes.position(&FoundClass::SideNumber).is_some(),
            Self::TextDetector(_) | Self::TextRecogniser(_) | Self::PlateRecogniser(_) => false,
        }
    }

    /// The outputs that it has beside the main one, by their names in the graph.
    #[must_use]
    pub fn heads(&self) -> Vec<&str> {
        match self {
            Self::PlateRecogniser(family) => {
                let colour = family.colour.iter().map(|head| head.output.as_str());
                [family.layout.output.as_str(), family.legible.output.as_str()].into_iter().chain(colour).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A part of a whole, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(try_from = "f32")]
pub struct Share(f32);

impl TryFrom<f32> for Share {
    type Error = String;
    fn try_from(value: f32) -> Result<Self, String> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("a number of 0 to 1 is expected, found {value}"))
        }
    }
}

impl Share {
    /// 0 to 1.
    #[must_use]
    pub fn value(self) -> f32 {
        self.0
    }
}

/// A finite number above 0.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f32")]
pub struct Positive(f32);

impl TryFrom<f32> for Positive {
    type Error = String;
    fn try_from(value: f32) -> Result<Self, String> {
        if value.is_finite() && value > 0.0 {
            Ok(Self(value))
        } else {
            Err(format!("a number above 0 is expected, found {value}"))
        }
    }
}

impl Positive {
    /// Above 0.
    #[must_use]
    pub fn value(self) -> f32 {
        self.0
    }
}
