//! Comparing readings with labels.

use image::RgbImage;

use super::conditions::Conditions;
use super::detection::{Found, assign};
use super::labels::{LabelledPicture, LabelledPlate};
use super::run::PictureResult;
use crate::plate::{PlateDetection, PlateReading};

/// What became of one labelled plate.
#[derive(Debug, Clone)]
pub struct PlateOutcome {
    /// The label.
    pub label: LabelledPlate,
    /// What was read at its place.
    pub reading: Option<PlateReading>,
    /// What the detector found at its place; never for a crop, for which it is not asked.
    pub found: Option<Found>,
    /// How it is seen.
    pub conditions: Conditions,
}

impl PlateOutcome {
    /// Whether the reading is the label, character by character.
    #[must_use]
    pub fn exact(&self) -> bool {
        self.reading.as_ref().is_some_and(|reading| reading.text == self.label.text)
    }

    /// Edits between label and reading (Levenshtein); all of the label's characters when nothing was read.
    #[must_use]
    pub fn character_errors(&self) -> usize {
        strsim::levenshtein(self.label.text.as_str(), self.read())
    }

    /// The text that was read at its place; empty for none.
    #[must_use]
    pub fn read(&self) -> &str {
        self.reading.as_ref().map_or("", |reading| reading.text.as_str())
    }

    /// How much the detection overlaps the label.
    #[must_use]
    pub fn overlap(&self) -> Option<f32> {
        self.found.map(|found| found.overlap)
    }
}

/// What became of one picture.
#[derive(Debug, Clone, Default)]
pub struct PictureOutcome {
    /// Its labelled plates.
    pub plates: Vec<PlateOutcome>,
    /// Readings where no labelled plate is. False only where the picture's labels are complete.
    pub elsewhere: Vec<PlateReading>,
    /// Detections beside those of the labelled plates. Wrong only where the picture's labels are complete.
    pub extra_detections: usize,
    /// Whether the detector found lines of text instead of plates.
    pub text_boxes: bool,
}

/// What detector and reader made of a picture.
#[derive(Debug)]
pub struct Looked<'a> {
    /// Its pixels.
    pub image: &'a RgbImage,
    /// What the detector found; nothing for a crop, for which it is not asked.
    pub detections: &'a [PlateDetection],
    /// What was read, in whatever order.
    pub readings: Vec<PlateReading>,
}

/// A reading belongs to the label that its middle lies in (grown by half its size, since readings and labels cut
/// differently); each label takes one, an exact one first.
#[must_use]
pub fn compare(picture: &LabelledPicture, looked: Looked<'_>) -> PictureOutcome {
    let found = assign(&picture.plates, looked.detections);
    let mut left = looked.readings;
    let plates = picture.plates.iter().zip(&found.of_plates).map(|(label, found)| {
        let here = |reading: &PlateReading| picture.crop || belongs(label, reading);
        let exact = left.iter().position(|reading| here(reading) && reading.text == label.text);
        let position = exact.or_else(|| left.iter().position(here));
        PlateOutcome {
            label: label.clone(),
            reading: position.map(|index| left.remove(index)),
            found: *found,
            conditions: Conditions::of(label, looked.image, found.as_ref()),
        }
    });
    let plates = plates.collect();
    PictureOutcome { plates, elsewhere: left, extra_detections: found.extra, text_boxes: found.text_boxes }
}

fn belongs(label: &LabelledPlate, reading: &PlateReading) -> bool {
    let centre = reading.corners.centre();
    let (dx, dy) = (label.at.width() / 2.0, label.at.height() / 2.0);
    let inside = |value: f32, low: f32, high: f32| low <= value && value <= high;
    inside(centre.x, label.at.left - dx, label.at.right + dx)
        && inside(centre.y, label.at.top - dy, label.at.bottom + dy)
}

/// The sums over a set.
#[derive(Debug, Clone, Default)]
pub struct SetScore {
    /// The set's name.
    pub name: String,
    /// Pictures looked at.
    pub pictures: usize,
    /// Labelled plates in them.
    pub plates: usize,
    /// Plates read exactly.
    pub exact: usize,
    /// Plates at whose place another text was read.
    pub misread: usize,
    /// Edits over all plates.
    pub character_errors: usize,
    /// Characters on all plates.
    pub characters: usize,
    /// Readings where no plate is, in complete pictures.
    pub false_reads: usize,
    /// Complete pictures.
    pub complete_pictures: usize,
    /// Time per picture, sorted, in milliseconds: detection and reading, without decoding the picture.
    pub milliseconds: Vec<f64>,
}

impl SetScore {
    /// An empty score.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Adds what became of a picture.
    pub fn add(&mut self, PictureResult { picture, outcome, milliseconds }: &PictureResult) {
        let milliseconds = *milliseconds;
        self.pictures += 1;
        self.plates += outcome.plates.len();
        for plate in &outcome.plates {
            self.exact += usize::from(plate.exact());
            self.misread += usize::from(plate.reading.is_some() && !plate.exact());
            self.character_errors += plate.character_errors();
            self.characters += plate.label.text.len();
        }
        if picture.complete {
            self.complete_pictures += 1;
            self.false_reads += outcome.elsewhere.len();
        }
        let place = self.milliseconds.partition_point(|other| *other < milliseconds);
        self.milliseconds.insert(place, milliseconds);
    }

    /// The time that `share` (0 to 1) of the pictures stayed within, in milliseconds; 0 for an empty set.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    pub fn percentile(&self, share: f64) -> f64 {
        let last = self.milliseconds.len().saturating_sub(1);
        self.milliseconds.get((last as f64 * share).round() as usize).copied().unwrap_or(0.0)
    }
}
