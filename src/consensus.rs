//! One plate out of many readings of it: a weighted vote per character over the whole track.

use crate::plate::{Confidence, Layout, PlateText};
use crate::plate_format::FormatMatch;

/// The plate that a track's readings agree on.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreedPlate {
    /// The characters, without separators.
    pub text: PlateText,
    /// What the text's format says; a text without a format is never agreed on.
    pub format: FormatMatch,
    /// One line or two.
    pub layout: Layout,
    /// How sure, over all readings.
    pub confidence: Confidence,
    /// How sure, per character.
    pub per_character: Vec<Confidence>,
    /// Other texts the readings left possible, the likeliest first.
    pub alternatives: Vec<(PlateText, Confidence)>,
    /// How many readings there were.
    pub reads: u32,
    /// How many of them said exactly `text`.
    pub agreeing: u32,
    /// Height of the plate in the best frame, in pixels.
    pub height_px: f32,
    /// Sharpness in the best frame, 0 to 1.
    pub sharpness: f32,
}
