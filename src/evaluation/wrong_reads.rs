//! How many of the readings that a lane would act on are wrong.
//!
//! A lane never publishes a single picture's reading by itself unless it is told that one reading is enough; then it wants
//! that reading to be sure of each character. Otherwise readings with some confidence vote, and two must agree.

use super::run::PictureResult;
use crate::consensus::{Agreement, SINGLE_READING_CONFIDENCE};
use crate::lane::LaneRules;
use crate::plate::{LEAST_VOTING_CONFIDENCE, PlateReading};

/// Readings that something holds for, and how many of them are wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wrong {
    /// Readings that are not what the label says, or where no plate is.
    pub wrong: usize,
    /// All of them.
    pub readings: usize,
}

/// Wrong readings among those that a lane would act on. A reading where no plate is labelled is left out in pictures
/// whose labels are not complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WrongReads {
    /// Of readings sure enough to be published alone, as a lane with one agreeing read does.
    pub published_alone: Wrong,
    /// Of readings that vote in a lane.
    pub voting: Wrong,
}

impl WrongReads {
    /// Those of `pictures`.
    #[must_use]
    pub fn of<'a>(pictures: impl IntoIterator<Item = &'a PictureResult>) -> Self {
        let mut reads = Self::default();
        let rules = LaneRules::default();
        for (reading, right) in pictures.into_iter().flat_map(PictureResult::judged) {
            if reading.corners.height() >= rules.least_height_px {
                reads.voting.add(reading.confidence.value() >= LEAST_VOTING_CONFIDENCE, right);
                reads.published_alone.add(least_sure(reading) >= SINGLE_READING_CONFIDENCE, right);
            }
        }
        reads
    }
}

impl Wrong {
    fn add(&mut self, counts: bool, right: bool) {
        self.readings += usize::from(counts);
        self.wrong += usize::from(counts && !right);
    }
}

fn least_sure(reading: &PlateReading) -> f32 {
    reading.per_character.iter().map(|confidence| confidence.value()).fold(1.0, f32::min)
}

/// Which readings [`WrongReads::published_alone`] counts.
#[must_use]
pub fn published_alone_rule() -> String {
    let height = LaneRules::default().least_height_px;
    format!(
        "each character {SINGLE_READING_CONFIDENCE:.2} sure, {height} px high: published alone where min_agreeing_reads = 1"
    )
}

/// Which readings [`WrongReads::voting`] counts.
#[must_use]
pub fn voting_rule() -> String {
    let agreeing = Agreement::default().least_agreeing;
    let height = LaneRules::default().least_height_px;
    format!("{LEAST_VOTING_CONFIDENCE:.2} sure, {height} px high: a vote, where {agreeing} must agree (the default)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::samples::{outcome, picture_result, reading};
    use crate::evaluation::score::PlateOutcome;
    use crate::plate::Confidence;

    fn plate(read: &str, confidence: f32) -> PlateOutcome {
        PlateOutcome { reading: Some(reading(read, confidence)), ..outcome("34A36837", None) }
    }

    fn wrong(wrong: usize, readings: usize) -> Wrong {
        Wrong { wrong, readings }
    }

    #[test]
    fn a_reading_counts_from_the_confidence_on_that_a_lane_wants() {
        let plates =
            vec![plate("34A36837", 0.9), plate("34A36887", 0.95), plate("34A36887", 0.5), plate("34A36887", 0.1)];
        let reads = WrongReads::of(&[picture_result(plates, vec![])]);
        assert_eq!(reads, WrongReads { published_alone: wrong(1, 2), voting: wrong(2, 3) });
    }

    #[test]
    fn one_doubtful_character_is_enough_not_to_be_published_alone() {
        let mut doubtful = plate("34A36837", 0.95);
        doubtful.reading.as_mut().expect("it is read").per_character[7] = Confidence::clamped(0.5);
        let reads = WrongReads::of(&[picture_result(vec![doubtful], vec![])]);
        assert_eq!(reads, WrongReads { published_alone: wrong(0, 0), voting: wrong(0, 1) });
    }

    #[test]
    fn a_reading_where_no_plate_is_is_wrong_if_every_plate_is_labelled() {
        let mut picture = picture_result(vec![], vec![reading("34A36837", 0.95)]);
        assert_eq!(WrongReads::of(&[picture_result(vec![], vec![reading("34A36837", 0.95)])]).voting, wrong(1, 1));
        picture.picture.complete = false;
        assert_eq!(WrongReads::of(&[picture]).voting, wrong(0, 0));
    }

    #[test]
    fn plates_smaller_than_a_lane_reads_do_not_count() {
        let mut small = plate("34A36887", 0.95);
        let reading = small.reading.as_mut().expect("it is read");
        reading.corners = reading.corners.map(|p| crate::geometry::Point::new(p.x, p.y * 0.4));
        assert_eq!(WrongReads::of(&[picture_result(vec![small], vec![])]), WrongReads::default());
    }
}
