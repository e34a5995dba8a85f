//! A vehicle's number painted on its side, and when readings of it are believed.
//!
//! Never a plate: it has no vote in a plate's consensus, and makes no vehicle and no passage.

use std::collections::BTreeMap;

use crate::plate::{Confidence, LEAST_VOTING_CONFIDENCE, PlateReading, PlateText};
use crate::plate_format;

/// The side number that a vehicle's readings agree on.
#[derive(Debug, Clone, PartialEq)]
pub struct SideNumber {
    /// The characters, without separators.
    pub text: PlateText,
    /// How sure: the mean over all frames in which a side number was read, another text counting 0.
    pub confidence: Confidence,
    /// In how many frames exactly `text` was read.
    pub readings: u32,
}

/// All side numbers that were read on one vehicle, summed up.
#[derive(Debug, Clone, Default)]
pub struct SideNumberBallot {
    tallies: BTreeMap<PlateText, Tally>,
    frames: u32,
}

/// What was cast for one text.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    frames: u32,
    confidence: f64,
}

/// One reading alone may be any lettering that looks like a number once.
const LEAST_AGREEING: u32 = 2;
/// Distinct texts kept; readings of further ones only count against those. A vehicle that is read in more ways has no number.
const MOST_TEXTS: usize = 16;

impl SideNumberBallot {
    /// Adds what was read on the sides in one frame, however often it is painted there. Different numbers in one frame are
    /// of two vehicles, a tractor and its trailer for instance: whose is whose is not known, so none is taken.
    pub fn cast(&mut self, readings: &[PlateReading]) {
        let sure = |reading: &&PlateReading| {
            reading.confidence.value() >= LEAST_VOTING_CONFIDENCE && plate_format::is_side_number(&reading.text)
        };
        let mut sure = readings.iter().filter(sure);
        let Some(first) = sure.next() else { return };
        let mut confidence = first.confidence.value();
        for other in sure {
            if other.text != first.text {
                return;
            }
            confidence = confidence.max(other.confidence.value());
        }
        self.frames = self.frames.saturating_add(1);
        if self.tallies.len() < MOST_TEXTS || self.tallies.contains_key(&first.text) {
            let tally = self.tallies.entry(first.text.clone()).or_default();
            tally.frames = tally.frames.saturating_add(1);
            tally.confidence += f64::from(confidence);
        }
    }

    /// Adds all that was cast into another ballot for the same vehicle.
    pub fn absorb(&mut self, other: Self) {
        self.frames = self.frames.saturating_add(other.frames);
        for (text, theirs) in other.tallies {
            if self.tallies.len() < MOST_TEXTS || self.tallies.contains_key(&text) {
                let ours = self.tallies.entry(text).or_default();
                ours.frames = ours.frames.saturating_add(theirs.frames);
                ours.confidence += theirs.confidence;
            }
        }
    }

    /// The number that at least two frames say, and two thirds of all that say one. A vote by weight, as for plates, would
    /// choose between a tractor's number and its trailer's; here nothing is chosen.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a mean of numbers of 0 to 1")]
    pub fn agreed(&self) -> Option<SideNumber> {
        let holds_two_thirds = |tally: &Tally| u64::from(tally.frames) * 3 >= u64::from(self.frames) * 2;
        let (text, tally) = self.tallies.iter().find(|(_, tally)| holds_two_thirds(tally))?;
        let confidence = Confidence::clamped((tally.confidence / f64::from(self.frames)) as f32);
        let number = SideNumber { text: text.clone(), confidence, readings: tally.frames };
        (tally.frames >= LEAST_AGREEING).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Quad};
    use crate::plate::Layout;

    fn reading(text: &str, confidence: f32) -> PlateReading {
        let text = PlateText::normalised(text).expect("a plate text");
        let confidence = Confidence::clamped(confidence);
        let per_character = vec![confidence; text.len()];
        let corners = Quad([Point::new(0.0, 0.0); 4]);
        let (alternatives, layout, colour) = (vec![], Layout::OneLine, None);
        PlateReading { text, per_character, confidence, alternatives, layout, colour, corners }
    }

    /// What frames agree on in which these texts are read, all equally sure.
    fn agreed(frames: &[&[&str]]) -> Option<SideNumber> {
        let mut ballot = SideNumberBallot::default();
        for texts in frames {
            ballot.cast(&texts.iter().map(|text| reading(text, 0.8)).collect::<Vec<_>>());
        }
        ballot.agreed()
    }

    fn check(frames: &[&[&str]], expect: Option<(&str, u32)>) {
        let number = agreed(frames);
        let found = number.as_ref().map(|number| (number.text.as_str(), number.readings));
        assert_eq!(found, expect, "{frames:?}");
    }

    #[test]
    fn two_frames_agree_and_one_does_not_however_often_the_number_is_painted() {
        check(&[], None);
        check(&[&["12R01357"], &["12R01357"]], Some(("12R01357", 2)));
        check(&[&["12R01357"]], None);
        check(&[&["12R01357", "12R01357", "12R01357"]], None);
    }

    #[test]
    fn readings_that_disagree_give_no_number() {
        check(&[&["12R01357"], &["12R01358"]], None);
        check(&[&["12R01357"], &["12R01357"], &["12R01358"]], Some(("12R01357", 2)));
        check(&[&["12R01357"], &["12R01357"], &["12R01358"], &["12R01358"]], None);
    }

    #[test]
    fn different_numbers_in_one_frame_are_two_vehicles_and_none_is_taken() {
        check(&[&["12R01357", "29C54321"], &["12R01357", "29C54321"]], None);
        check(&[&["12R01357", "29C54321"], &["12R01357"], &["12R01357"]], Some(("12R01357", 2)));
    }

    #[test]
    fn doubtful_readings_and_what_nobody_paints_on_a_side_have_no_say() {
        check(&[&["59C165331"], &["59C165331"]], None);
        check(&[&["13A12345"], &["13A12345"]], None);
        let mut ballot = SideNumberBallot::default();
        for confidence in [0.1, 0.1, 0.1, 0.9, 0.7] {
            let text = if confidence < 0.2 { "12R01358" } else { "12R01357" };
            ballot.cast(&[reading(text, confidence)]);
        }
        let number = ballot.agreed().expect("two sure readings agree");
        assert_eq!((number.text.as_str(), number.readings), ("12R01357", 2));
        assert!((number.confidence.value() - 0.8).abs() < 1e-6, "{number:?}");
    }

    #[test]
    fn a_reading_of_another_text_lowers_the_confidence() {
        let number = agreed(&[&["12R01357"], &["12R01357"], &["12R01358"]]).expect("two of three agree");
        assert!((number.confidence.value() - 0.8 * 2.0 / 3.0).abs() < 1e-6, "{number:?}");
    }

    #[test]
    fn what_is_kept_does_not_grow_with_the_readings() {
        let mut ballot = SideNumberBallot::default();
        for number in 0..1000 {
            ballot.cast(&[reading(&format!("12C{number:05}"), 0.8)]);
        }
        assert_eq!((ballot.tallies.len(), ballot.frames), (MOST_TEXTS, 1000));
        assert_eq!(ballot.agreed(), None);
    }
}
