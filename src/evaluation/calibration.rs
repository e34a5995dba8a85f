//! Whether confidences mean what they say: of readings that are 0.9 sure, nine of ten should be right.

use super::diff::side_by_side;
use super::run::PictureResult;
use super::score::PlateOutcome;
use crate::plate::Confidence;

/// The expected calibration error is usually given over so many bins of equal width (Guo et al. 2017, "On Calibration of
/// Modern Neural Networks").
const BINS: usize = 15;

/// Confidences and whether they were justified, in bins of equal width from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Calibration {
    bins: [Bin; BINS],
}

/// What was said with a confidence in one bin.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// How often.
    pub count: usize,
    /// How often it was right.
    pub right: usize,
    confidences: f64,
}

impl Calibration {
    /// Of whole readings: those of labelled plates, and false ones, which are wrong.
    #[must_use]
    pub fn of_plates<'a>(pictures: impl IntoIterator<Item = &'a PictureResult>) -> Self {
        let mut calibration = Self::default();
        for (reading, right) in pictures.into_iter().flat_map(PictureResult::judged) {
            calibration.add(reading.confidence, right);
        }
        calibration
    }

    /// Of single characters of what was read on labelled plates, laid beside the label.
    #[must_use]
    pub fn of_characters<'a>(plates: impl IntoIterator<Item = &'a PlateOutcome>) -> Self {
        let mut calibration = Self::default();
        for plate in plates {
            let Some(reading) = &plate.reading else { continue };
            let pairs = side_by_side(plate.label.text.as_str(), reading.text.as_str());
            let read = pairs.into_iter().filter(|(_, read)| read.is_some());
            for ((truth, read), confidence) in read.zip(&reading.per_character) {
                calibration.add(*confidence, truth == read);
            }
        }
        calibration
    }

    /// Adds something that was said with this confidence.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of 15"
    )]
    pub fn add(&mut self, confidence: Confidence, right: bool) {
        let confidence = f64::from(confidence.value());
        let bin = &mut self.bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.count += 1;
        bin.right += usize::from(right);
        bin.confidences += confidence;
    }

    /// How much was added.
    #[must_use]
    pub fn count(&self) -> usize {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// Expected calibration error, 0 (confidences mean what they say) to 1: how far mean confidence and share of right
    /// ones are apart in each bin, weighed by the bins' counts. `None` where nothing was added.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of plates and characters")]
    pub fn expected_error(&self) -> Option<f64> {
        let sum: f64 = self.bins.iter().map(|bin| (bin.confidences - bin.right as f64).abs()).sum();
        let count = self.count();
        (count > 0).then(|| sum / count as f64)
    }

    /// The bins in which there is anything, each with where it begins and ends.
    #[expect(clippy::cast_precision_loss, reason = "15 bins")]
    pub fn filled(&self) -> impl Iterator<Item = (f64, f64, &Bin)> {
        let edge = |index: usize| index as f64 / BINS as f64;
        let bins = self.bins.iter().enumerate().filter(|(_, bin)| bin.count > 0);
        bins.map(move |(index, bin)| (edge(index), edge(index + 1), bin))
    }
}

impl Bin {
    /// The mean confidence; 0 in an empty bin.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of plates and characters")]
    pub fn mean_confidence(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.confidences / self.count as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::samples::{outcome, picture_result, reading};

    fn calibration(said: &[(f32, bool)]) -> Calibration {
        let mut calibration = Calibration::default();
        said.iter().for_each(|(confidence, right)| calibration.add(Confidence::clamped(*confidence), *right));
        calibration
    }

    fn check(said: &[(f32, bool)], expect: Option<f64>) {
        let found = calibration(said).expected_error();
        let near = match (found, expect) {
            (Some(found), Some(expect)) => (found - expect).abs() < 1e-6,
            (found, expect) => found == expect,
        };
        assert!(near, "{said:?}: {found:?}");
    }

    #[test]
    fn the_error_is_the_gap_between_confidence_and_truth_in_each_bin() {
        check(&[], None);
        check(&[(1.0, true), (0.0, false)], Some(0.0));
        check(&[(1.0, false)], Some(1.0));
        check(&[(0.5, true), (0.5, false)], Some(0.0));
        // Two bins: 0.95 and right, a gap of 0.05; 0.5 and wrong, a gap of 0.5.
        check(&[(0.95, true), (0.95, true), (0.95, true), (0.5, false)], Some((3.0 * 0.05 + 0.5) / 4.0));
    }

    #[test]
    fn bins_say_where_they_begin_and_end() {
        let calibration = calibration(&[(0.0, false), (0.99, true), (1.0, true)]);
        let bins: Vec<_> = calibration.filled().map(|(from, to, bin)| (from, to, bin.count, bin.right)).collect();
        assert_eq!(bins, [(0.0, 1.0 / 15.0, 1, 0), (14.0 / 15.0, 1.0, 2, 2)]);
    }

    #[test]
    fn a_false_read_is_a_confidence_that_was_not_justified() {
        let picture = picture_result(vec![outcome("34A36837", Some("34A36837"))], vec![reading("12C12345", 0.95)]);
        let calibration = Calibration::of_plates(&[picture]);
        assert_eq!((calibration.count(), calibration.filled().map(|(_, _, bin)| bin.right).sum::<usize>()), (2, 1));
    }

    #[test]
    fn characters_are_judged_where_they_stand_beside_the_label() {
        let plates = [outcome("34A36837", Some("34A3683")), outcome("34A36837", Some("134A36887"))];
        let calibration = Calibration::of_characters(&plates);
        assert_eq!(calibration.count(), 7 + 9);
        assert_eq!(calibration.filled().map(|(_, _, bin)| bin.right).sum::<usize>(), 7 + 7);
    }
}
