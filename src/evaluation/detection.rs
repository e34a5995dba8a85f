//! Which labelled plates the detector found, and what else it found.
//!
//! A detector that finds lines of text outlines the text and not the plate around it: its boxes overlap the labels less,
//! and it finds every other writing too. Its figures are given for what they are.

use super::labels::LabelledPlate;
use super::run::PictureResult;
use super::score::PlateOutcome;
use crate::geometry::{BoundingBox, Quad};
use crate::plate::PlateDetection;

/// From this overlap (intersection over union) on, a plate counts as found, as usual for detectors.
pub const FOUND_OVERLAP: f32 = 0.5;
/// Below this overlap a detection has nothing to do with the plate.
const LEAST_OVERLAP: f32 = 0.1;

/// The detection that overlaps a labelled plate most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Its corners, in pixels of the picture.
    pub corners: Quad,
    /// How much its bounding box overlaps the label's: intersection over union, 0 to 1.
    pub overlap: f32,
}

/// What the detector found in one picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detections {
    /// For each labelled plate, in their order.
    pub of_plates: Vec<Option<Found>>,
    /// Detections that are no labelled plate's: elsewhere, or on a plate that was found better by another.
    pub extra: usize,
    /// Whether the detector finds lines of text instead of plates.
    pub text_boxes: bool,
}

/// Gives each plate at most one of `found`, and each of those to at most one plate, the best overlaps first.
#[must_use]
pub fn assign(plates: &[LabelledPlate], found: &[PlateDetection]) -> Detections {
    let bounds: Vec<BoundingBox> = found.iter().map(|detection| detection.corners.bounds()).collect();
    let overlaps_of = |(plate, label): (usize, &LabelledPlate)| {
        let at = label.at;
        bounds.iter().enumerate().map(move |(index, bounds)| (plate, index, at.iou(*bounds))).collect::<Vec<_>>()
    };
    let mut overlaps: Vec<_> = plates.iter().enumerate().flat_map(overlaps_of).collect();
    overlaps.retain(|(_, _, overlap)| *overlap >= LEAST_OVERLAP);
    overlaps.sort_by(|a, b| b.2.total_cmp(&a.2));
    let (mut of_plates, mut taken) = (vec![None; plates.len()], vec![false; found.len()]);
    for (plate, index, overlap) in overlaps {
        if of_plates[plate].is_none() && !taken[index] {
            of_plates[plate] = Some(Found { corners: found[index].corners, overlap });
            taken[index] = true;
        }
    }
    Detections {
        of_plates,
        extra: taken.iter().filter(|taken| !**taken).count(),
        text_boxes: found.iter().any(|detection| !detection.lines.is_empty()),
    }
}

/// The sums over whole pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DetectorScore {
    /// Labelled plates.
    pub plates: usize,
    /// Plates that a detection overlaps by [`FOUND_OVERLAP`] or more.
    pub found: usize,
    /// Plates that a detection overlaps at all.
    pub touched: usize,
    /// The sum of their overlaps.
    overlaps: f64,
    /// Detections that are no labelled plate's, in complete pictures.
    pub extra: usize,
    /// Complete pictures.
    pub complete_pictures: usize,
    /// Whether any detection is lines of text instead of a plate.
    pub text_boxes: bool,
}

impl DetectorScore {
    /// The sums over those of `pictures` that are whole.
    #[must_use]
    pub fn of<'a>(pictures: impl IntoIterator<Item = &'a PictureResult>) -> Self {
        let mut score = Self::default();
        pictures.into_iter().filter(|result| !result.picture.crop).for_each(|result| score.add(result));
        score
    }

    /// The mean overlap of the plates that a detection overlaps at all; 0 without any.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of plates")]
    pub fn mean_overlap(&self) -> f64 {
        if self.touched == 0 { 0.0 } else { self.overlaps / self.touched as f64 }
    }

    /// Extra detections per complete picture; `None` where no picture is complete.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of detections")]
    pub fn extra_per_picture(&self) -> Option<f64> {
        (self.complete_pictures > 0).then(|| self.extra as f64 / self.complete_pictures as f64)
    }

    fn add(&mut self, result: &PictureResult) {
        let outcome = &result.outcome;
        self.plates += outcome.plates.len();
        for overlap in outcome.plates.iter().filter_map(PlateOutcome::overlap) {
            self.touched += 1;
            self.found += usize::from(overlap >= FOUND_OVERLAP);
            self.overlaps += f64::from(overlap);
        }
        if result.picture.complete {
            self.complete_pictures += 1;
            self.extra += outcome.extra_detections;
        }
        self.text_boxes |= outcome.text_boxes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::samples::{detection, labelled, outcome, picture_result};

    fn check(labels: &[[f32; 4]], found: &[[f32; 4]], expect: &[Option<f32>], extra: usize) {
        let labels: Vec<_> = labels.iter().map(|place| labelled("34A36837", *place)).collect();
        let found: Vec<_> = found.iter().map(|place| detection(*place)).collect();
        let assigned = assign(&labels, &found);
        let overlaps: Vec<_> = assigned.of_plates.iter().map(|found| found.map(|found| found.overlap)).collect();
        assert_eq!((overlaps.as_slice(), assigned.extra), (expect, extra));
    }

    const PLATE: [f32; 4] = [0.0, 0.0, 40.0, 10.0];
    const HALF: [f32; 4] = [0.0, 0.0, 20.0, 10.0];
    const FAR: [f32; 4] = [90.0, 90.0, 99.0, 99.0];

    #[test]
    fn a_plate_takes_the_detection_that_overlaps_it_most_and_the_others_are_extra() {
        check(&[PLATE], &[FAR, HALF, PLATE], &[Some(1.0)], 2);
        check(&[PLATE], &[HALF], &[Some(0.5)], 0);
        check(&[PLATE], &[FAR], &[None], 1);
        check(&[], &[], &[], 0);
    }

    #[test]
    fn a_detection_is_given_to_one_plate_only() {
        check(&[HALF, PLATE], &[PLATE], &[None, Some(1.0)], 0);
        check(&[HALF, PLATE], &[PLATE, HALF], &[Some(1.0), Some(1.0)], 0);
    }

    #[test]
    fn a_touch_of_a_tenth_is_none() {
        check(&[PLATE], &[[38.0, 0.0, 78.0, 10.0]], &[None], 1);
    }

    #[test]
    fn sums_are_of_whole_pictures_and_extras_of_complete_ones() {
        let found = |overlap: Option<f32>| {
            let found = overlap.map(|overlap| Found { corners: Quad::from_box(labelled("A1", PLATE).at), overlap });
            crate::evaluation::score::PlateOutcome { found, ..outcome("34A36837", None) }
        };
        let mut complete = picture_result(vec![found(Some(0.5)), found(Some(0.3)), found(None)], vec![]);
        complete.outcome.extra_detections = 3;
        let mut partly = picture_result(vec![found(Some(1.0))], vec![]);
        partly.picture.complete = false;
        partly.outcome.extra_detections = 9;
        let mut crop = picture_result(vec![found(None)], vec![]);
        crop.picture.crop = true;
        let score = DetectorScore::of(&[complete, partly, crop]);
        assert_eq!((score.plates, score.found, score.touched), (4, 2, 3));
        assert!((score.mean_overlap() - 0.6).abs() < 1e-6);
        assert_eq!(score.extra_per_picture(), Some(3.0));
        assert_eq!(DetectorScore::default().extra_per_picture(), None);
    }
}
