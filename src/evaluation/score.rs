//! Comparing readings with labels.

use std::collections::BTreeMap;

use super::labels::{LabelledPicture, LabelledPlate};
use crate::plate::PlateReading;

/// What became of one labelled plate.
#[derive(Debug, Clone)]
pub struct PlateOutcome {
    /// The label.
    pub label: LabelledPlate,
    /// What was read at its place.
    pub reading: Option<PlateReading>,
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
        let read = self.reading.as_ref().map_or("", |reading| reading.text.as_str());
        strsim::levenshtein(self.label.text.as_str(), read)
    }
}

/// What became of one picture.
#[derive(Debug, Clone, Default)]
pub struct PictureOutcome {
    /// Its labelled plates.
    pub plates: Vec<PlateOutcome>,
    /// Readings where no labelled plate is. False only where the picture's labels are complete.
    pub elsewhere: Vec<PlateReading>,
}

/// A reading belongs to the label that its middle lies in (grown by half its size, since readings and labels cut
/// differently); each label takes one, an exact one first.
#[must_use]
pub fn compare(picture: &LabelledPicture, readings: Vec<PlateReading>) -> PictureOutcome {
    let mut left = readings;
    let plates = picture.plates.iter().map(|label| {
        let here = |reading: &PlateReading| picture.crop || belongs(label, reading);
        let exact = left.iter().position(|reading| here(reading) && reading.text == label.text);
        let found = exact.or_else(|| left.iter().position(here));
        PlateOutcome { label: label.clone(), reading: found.map(|index| left.remove(index)) }
    });
    let plates = plates.collect();
    PictureOutcome { plates, elsewhere: left }
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

    /// Adds a picture's outcome.
    pub fn add(&mut self, picture: &LabelledPicture, outcome: &PictureOutcome, milliseconds: f64) {
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

/// Which character was taken for which, over plates read with the right length: `(truth, read)` to how often.
#[must_use]
pub fn confusions<'a>(outcomes: impl IntoIterator<Item = &'a PlateOutcome>) -> BTreeMap<(char, char), usize> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        let Some(reading) = &outcome.reading else { continue };
        if reading.text.len() == outcome.label.text.len() {
            let pairs = outcome.label.text.as_str().chars().zip(reading.text.as_str().chars());
            pairs.filter(|(truth, read)| truth != read).for_each(|pair| *counts.entry(pair).or_insert(0) += 1);
        }
    }
    counts
}
