use proptest::prelude::*;

use super::*;
use crate::geometry::{Point, Quad};
use crate::plate_format::Doubt;

fn rule(least_agreeing: u32) -> Agreement {
    Agreement { least_agreeing, countries: vec![Country::Vietnam] }
}

fn ballot(readings: &[(&str, f64)]) -> Ballot {
    let mut ballot = Ballot::default();
    for (text, weight) in readings {
        let text = PlateText::normalised(text).expect("a plate text");
        let per_character = vec![Confidence::clamped(0.95); text.len()];
        let corners = Quad([Point::new(0.0, 0.0); 4]);
        let confidence = Confidence::clamped(0.9);
        let layout = Layout::OneLine;
        let (alternatives, colour) = (vec![], None);
        let reading = PlateReading { text, per_character, confidence, alternatives, layout, colour, corners };
        ballot.cast(reading, *weight);
    }
    ballot
}

fn check_colour(readings: &[(Option<PlateColour>, f64)], expect: Option<PlateColour>) {
    let mut tally = Tally::empty(Layout::OneLine, 8);
    for (colour, weight) in readings {
        if let Some(colour) = colour {
            *tally.colours.entry(*colour).or_default() += weight;
        }
    }
    assert_eq!(tally.colour(), expect, "{readings:?}");
}

fn check(readings: &[(&str, f64)], expect: Option<&str>) {
    let agreed = ballot(readings).agreed(&rule(2), 30.0, 1.0);
    assert_eq!(agreed.as_ref().map(|plate| plate.text.as_str()), expect, "{readings:?}");
}

#[test]
fn two_equal_readings_agree_and_one_does_not() {
    check(&[("89C20339", 0.5), ("89C20339", 0.4)], Some("89C20339"));
    check(&[("89C20339", 1.0)], None);
}

#[test]
fn where_one_reading_is_enough_it_must_be_a_sure_one() {
    let mut doubtful = ballot(&[("89C20339", 0.8)]);
    assert!(doubtful.agreed(&rule(1), 30.0, 1.0).is_some());
    doubtful.tallies.values_mut().for_each(|tally| tally.per_character[0] *= 0.9);
    assert_eq!(doubtful.agreed(&rule(1), 30.0, 1.0), None);
}

#[test]
fn one_good_look_among_two_outweighs_three_poor_ones_that_differ() {
    check(
        &[("99C20339", 0.1), ("99C20339", 0.1), ("19C20339", 0.1), ("89C20339", 0.9), ("89C20339", 0.9)],
        Some("89C20339"),
    );
}

#[test]
fn the_colour_is_that_of_most_weight_among_readings_that_tell_one() {
    use PlateColour::{White, Yellow};
    check_colour(&[(None, 0.9), (Some(Yellow), 0.2)], Some(Yellow));
    check_colour(&[(Some(White), 0.3), (Some(White), 0.3), (Some(Yellow), 0.5)], Some(White));
    check_colour(&[(Some(White), 0.5), (Some(Yellow), 0.5)], None);
    check_colour(&[(None, 0.9)], None);
}

#[test]
fn two_texts_of_equal_support_are_no_agreement() {
    check(&[("89C20339", 0.5), ("89C20339", 0.5), ("98C20339", 0.5), ("98C20339", 0.5)], None);
}

#[test]
fn neighbours_support_the_text_they_share_most_characters_with() {
    check(
        &[("34A36837", 0.5), ("34A36837", 0.5), ("34A36837", 0.1), ("34A36831", 0.2), ("61B11111", 0.9)],
        Some("34A36837"),
    );
}

#[test]
fn a_text_that_is_no_plate_of_the_lanes_countries_is_not_agreed_on() {
    check(&[("AB123CD", 0.9), ("AB123CD", 0.9)], None);
}

#[test]
fn each_character_is_as_sure_as_the_weight_that_says_so() {
    let plate = ballot(&[("34A36837", 3.0), ("34A36837", 0.0), ("34A36831", 1.0)]).agreed(&rule(2), 30.0, 1.0);
    let plate = plate.expect("they agree");
    assert!((plate.per_character[0].value() - 0.95).abs() < 1e-6, "{plate:?}");
    assert!((plate.per_character[7].value() - 0.7125).abs() < 1e-6, "{plate:?}");
    assert_eq!(plate.confidence, plate.per_character[7]);
    assert_eq!((plate.reads, plate.agreeing), (3, 2));
}

#[test]
fn a_plate_that_contradicts_itself_is_less_sure_and_says_why() {
    let agreed = |text: &str, colour| {
        let mut ballot = ballot(&[(text, 0.5), (text, 0.5)]);
        ballot.tallies.values_mut().for_each(|tally| tally.colours = BTreeMap::from([(colour, 1.0)]));
        ballot.agreed(&rule(2), 30.0, 1.0).map(|plate| (plate.confidence.value(), plate.format.doubts))
    };
    let check = |text: &str, colour, confidence: f32, doubts: &[Doubt]| {
        let (sure, why) = agreed(text, colour).expect("they agree");
        assert!((sure - confidence).abs() < 1e-6, "{text} on {colour:?}: {sure}");
        assert_eq!(why, doubts);
    };
    check("12C12345", PlateColour::Yellow, 0.95, &[]);
    check("12C12345", PlateColour::Red, 0.95 * 0.8, &[Doubt::ColourContradicts]);
    check("13C12345", PlateColour::White, 0.95 * 0.5, &[Doubt::ProvinceNotIssued]);
}

#[test]
fn two_ballots_taken_together_elect_what_one_with_all_readings_does() {
    let (first, second) = ([("89C20339", 0.5), ("99C20339", 0.4)], [("89C20339", 0.3), ("19C20339", 0.2)]);
    let mut together = ballot(&first);
    together.absorb(ballot(&second));
    let all: Vec<_> = first.into_iter().chain(second).collect();
    assert_eq!(together.agreed(&rule(2), 30.0, 1.0), ballot(&all).agreed(&rule(2), 30.0, 1.0));
    assert_eq!(together.leading().map(PlateText::as_str), Some("89C20339"));
}

#[test]
fn readings_may_agree_on_what_is_no_plate() {
    assert!(ballot(&[("AB123CD", 0.9), ("AB123CD", 0.9)]).agrees_on_no_plate(&rule(2)));
    assert!(!ballot(&[("AB123CD", 0.9)]).agrees_on_no_plate(&rule(2)));
    assert!(!ballot(&[("89C20339", 0.9), ("89C20339", 0.9)]).agrees_on_no_plate(&rule(2)));
}

proptest! {
    #[test]
    fn only_a_text_that_was_read_is_ever_elected(
        readings in prop::collection::vec(("[1-9][0-9][A-C][0-9]{5}", 0.0_f64..1.0), 0..200),
    ) {
        let readings: Vec<_> = readings.iter().map(|(text, weight)| (text.as_str(), *weight)).collect();
        if let Some(plate) = ballot(&readings).agreed(&rule(1), 30.0, 1.0) {
            prop_assert!(readings.iter().any(|(text, _)| *text == plate.text.as_str()));
            prop_assert!(plate.per_character.len() == plate.text.len());
        }
    }
}
