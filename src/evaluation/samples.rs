//! Small results made up for tests.

use std::path::PathBuf;

use super::conditions::Conditions;
use super::labels::{LabelledPicture, LabelledPlate};
use super::run::{PictureResult, SetResult};
use super::score::{PictureOutcome, PlateOutcome, SetScore};
use crate::geometry::{BoundingBox, Quad};
use crate::plate::{Confidence, Layout, PlateDetection, PlateReading, PlateText};
use crate::plate_format::Country;

/// A box from left, top, right and bottom.
pub(super) fn place([left, top, right, bottom]: [f32; 4]) -> BoundingBox {
    BoundingBox { left, top, right, bottom }
}

/// A Vietnamese plate of one line.
pub(super) fn labelled(text: &str, at: [f32; 4]) -> LabelledPlate {
    LabelledPlate {
        text: PlateText::normalised(text).expect("a plate text"),
        at: place(at),
        country: Country::Vietnam,
        region: "VN".to_owned(),
        layout: Some(Layout::OneLine),
        colour: Some("white".to_owned()),
        corners: None,
    }
}

/// A plate found as a whole.
pub(super) fn detection(at: [f32; 4]) -> PlateDetection {
    PlateDetection { corners: Quad::from_box(place(at)), confidence: Confidence::ONE, lines: Vec::new() }
}

/// A reading, as sure of each character as of the whole.
pub(super) fn reading(text: &str, confidence: f32) -> PlateReading {
    let text = PlateText::normalised(text).expect("a plate text");
    PlateReading {
        per_character: vec![Confidence::clamped(confidence); text.len()],
        text,
        confidence: Confidence::clamped(confidence),
        alternatives: Vec::new(),
        layout: Layout::OneLine,
        colour: None,
        corners: Quad::from_box(place([0.0, 0.0, 80.0, 20.0])),
    }
}

/// What became of a sharp, straight, well lit plate 20 pixels high.
pub(super) fn outcome(truth: &str, read: Option<&str>) -> PlateOutcome {
    PlateOutcome {
        label: labelled(truth, [0.0, 0.0, 80.0, 20.0]),
        reading: read.map(|text| reading(text, 0.95)),
        found: None,
        conditions: Conditions { height_px: 20.0, sharpness: 1.0, luma: 120.0, lean_degrees: Some(0.0) },
    }
}

/// A whole picture in which every plate is labelled.
pub(super) fn picture_result(plates: Vec<PlateOutcome>, elsewhere: Vec<PlateReading>) -> PictureResult {
    let labels = plates.iter().map(|plate| plate.label.clone()).collect();
    PictureResult {
        picture: LabelledPicture { path: PathBuf::from("gate/a.jpg"), plates: labels, complete: true, crop: false },
        outcome: PictureOutcome { plates, elsewhere, ..PictureOutcome::default() },
        milliseconds: 100.0,
    }
}

/// A set of these pictures.
pub(super) fn set_result(name: &str, pictures: Vec<PictureResult>) -> SetResult {
    let mut score = SetScore::new(name);
    pictures.iter().for_each(|result| score.add(result));
    SetResult { score, countries: vec![Country::Vietnam, Country::China], pictures, unreadable: Vec::new() }
}
