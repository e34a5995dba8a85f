//! What speaks for and against a plate's being legible, summed up over its track.

use crate::geometry::Quad;
use crate::passage::NoReadReason;
use crate::plate::{PlateDetection, Sighting};

/// The best that was seen of a plate. Of fixed size.
#[derive(Debug, Clone, Default)]
pub struct Legibility {
    looks: u32,
    /// Looks by a detector that knows that this is a plate.
    known_plates: u32,
    /// Of these, the ones that it was sure of.
    sure_finds: u32,
    burnt_out: u32,
    tallest_line_px: f32,
    sharpest: f32,
}

/// A detector that knows plates takes lamps, stickers and lettering for plates now and then, and is not sure of them: on a real
/// toll lane and in drawn scenes false finds have a median of 0.3 to 0.4 and seldom reach 0.65, plates that are read one of
/// 0.6 to 0.85, and 0.8 at their best.
const SURE_FIND: f32 = 0.65;
/// Lower characters are guesses, in pixels of one line of the plate: readings of 10 to 12 pixels are right now and then.
const LEGIBLE_LINE_PX: f32 = 12.0;
/// Plates less wide than this many heights have two lines; one-line plates are three to five times as wide as high.
pub(super) const TWO_LINES_BELOW: f32 = 2.2;
/// Strokes are wider than the blur from about this sharpness on.
const LEGIBLE_SHARPNESS: f32 = 0.3;
/// Characters cover a quarter to a third of a plate. Where more than this share of it is burnt out, some of them are too.
const LEGIBLE_BURNT_OUT: f32 = 0.75;

/// Whether this is surely a plate: it was read, or a detector that knows plates is sure of it.
pub(super) fn is_sure_find(sighting: &Sighting) -> bool {
    sighting.reading.is_some() || is_sure_plate(&sighting.detection)
}

/// Whether a detector that knows plates is sure of it.
pub(super) fn is_sure_plate(found: &PlateDetection) -> bool {
    found.is_plate() && found.confidence.value() >= SURE_FIND
}

/// How high one of the lines of the plate is, of which there are one or two, in pixels of the frame.
#[must_use]
pub fn line_height(corners: &Quad) -> f32 {
    let lines = if corners.width() < TWO_LINES_BELOW * corners.height() { 2.0 } else { 1.0 };
    corners.height() / lines
}

impl Legibility {
    pub(super) fn note(&mut self, sighting: &Sighting) {
        self.looks = self.looks.saturating_add(1);
        self.known_plates = self.known_plates.saturating_add(u32::from(sighting.detection.is_plate()));
        self.sure_finds = self.sure_finds.saturating_add(u32::from(is_sure_plate(&sighting.detection)));
        self.burnt_out = self.burnt_out.saturating_add(u32::from(sighting.burnt_out > LEGIBLE_BURNT_OUT));
        let corners = sighting.corners();
        self.tallest_line_px = self.tallest_line_px.max(line_height(&corners));
        self.sharpest = self.sharpest.max(sighting.sharpness);
    }

    pub(super) fn add(&mut self, other: &Legibility) {
        self.looks = self.looks.saturating_add(other.looks);
        self.known_plates = self.known_plates.saturating_add(other.known_plates);
        self.sure_finds = self.sure_finds.saturating_add(other.sure_finds);
        self.burnt_out = self.burnt_out.saturating_add(other.burnt_out);
        self.tallest_line_px = self.tallest_line_px.max(other.tallest_line_px);
        self.sharpest = self.sharpest.max(other.sharpest);
    }

    /// In how many frames a detector that knows plates found it.
    #[must_use]
    pub fn known_plates(&self) -> u32 {
        self.known_plates
    }

    /// In how many of them it was sure.
    #[must_use]
    pub fn sure_finds(&self) -> u32 {
        self.sure_finds
    }

    /// Why nothing was read on it, the plainest reason first. What is large, sharp and well exposed and still not read has
    /// something before it: a bar, dirt, another vehicle.
    #[must_use]
    pub fn reason(&self) -> NoReadReason {
        if self.tallest_line_px < LEGIBLE_LINE_PX {
            NoReadReason::TooSmall
        } else if self.burnt_out * 2 > self.looks {
            NoReadReason::Overexposed
        } else if self.sharpest < LEGIBLE_SHARPNESS {
            NoReadReason::Blurred
        } else {
            NoReadReason::Occluded
        }
    }
}
