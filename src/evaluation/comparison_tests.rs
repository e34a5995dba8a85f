//! Made-up results of a first pair of models and others.

use super::*;
use crate::evaluation::comparison_table::ComparisonTable;
use crate::evaluation::samples::{outcome, picture_result, reading, set_result};

/// What was read of a Vietnamese plate, of a Chinese plate, and of a Vietnamese crop, within this time per picture.
fn combination(detector: &str, read: [Option<&str>; 3], milliseconds: f64) -> Combination {
    let mut chinese = outcome("桂F12345", read[1]);
    chinese.label.region = "CN".to_owned();
    let mut crop = picture_result(vec![outcome("51F38385", read[2])], vec![]);
    crop.picture.crop = true;
    let scene = picture_result(vec![outcome("34A36837", read[0]), chinese], vec![reading("12C12345", 0.95)]);
    let mut results = vec![set_result("gate", vec![scene]), set_result("crops", vec![crop])];
    results.iter_mut().flat_map(|set| &mut set.pictures).for_each(|picture| picture.milliseconds = milliseconds);
    Combination { detector: detector.to_owned(), recogniser: "rec".to_owned(), second_opinion: None, results }
}

const FIRST: [Option<&str>; 3] = [Some("34A36837"), None, Some("51F38385")];
const AS_GOOD: [Option<&str>; 3] = [Some("34A36837"), Some("桂F12345"), Some("51F38385")];
/// It reads as many plates as the first in all, and loses a Vietnamese one.
const TRADES: [Option<&str>; 3] = [Some("34A36887"), Some("桂F12345"), Some("51F38385")];
const LOSES_A_CROP: [Option<&str>; 3] = [Some("34A36837"), None, Some("51F88385")];

fn comparison() -> Comparison {
    let others = [("small", AS_GOOD, 20.0), ("trading", TRADES, 50.0), ("blind", LOSES_A_CROP, 200.0)];
    let others = others.map(|(name, read, milliseconds)| combination(name, read, milliseconds)).into();
    Comparison::new(combination("first", FIRST, 100.0), others)
}

#[test]
fn a_plate_lost_in_one_region_is_not_made_good_by_one_won_in_another() {
    let comparison = comparison();
    let verdicts: Vec<_> = comparison.others().iter().map(|other| comparison.loses_nothing(other)).collect();
    assert_eq!(verdicts, [true, false, false]);
    let regions: Vec<_> =
        comparison.standings(&comparison.others()[1]).into_iter().map(|s| (s.is_as_good(), s.region)).collect();
    assert_eq!(regions, [(false, "VN".to_owned()), (true, "CN".to_owned())]);
}

#[test]
fn differences_are_the_plates_that_one_reads_and_the_other_does_not() {
    let comparison = comparison();
    let texts = |other: usize| -> Vec<(&str, &str, &str)> {
        let differences = comparison.differences(&comparison.others()[other]);
        differences.map(|d| (d.set, d.first.read(), d.other.read())).collect()
    };
    assert_eq!(texts(0), [("gate", "", "桂F12345")]);
    assert_eq!(texts(1), [("gate", "34A36837", "34A36887"), ("gate", "", "桂F12345")]);
    assert_eq!(texts(2), [("crops", "51F38385", "51F88385")]);
}

#[test]
fn speed_is_held_against_the_first_picture_by_picture() {
    let comparison = comparison();
    let speed = |other: usize| comparison.speed_up(&comparison.others()[other], PictureKind::Whole);
    assert_eq!([speed(0), speed(1), speed(2)], [Some(5.0), Some(2.0), Some(0.5)]);
    assert_eq!(median(vec![]), None);
    assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
}

#[test]
fn the_table_says_for_each_region_whether_a_combination_may_become_the_default() {
    insta::assert_snapshot!(ComparisonTable { comparison: &comparison(), details: true });
}

#[test]
fn the_json_has_each_combinations_figures_and_verdict() {
    let figures = crate::evaluation::comparison_figures::ComparisonFigures::of(&comparison());
    let mut json = serde_json::to_value(figures).expect("it is JSON");
    for combination in json["combinations"].as_array_mut().expect("it is a list") {
        let figures = combination.as_object_mut().expect("it is an object").remove("figures");
        assert_eq!(figures.expect("each has figures")["sets"][0]["name"], "gate");
    }
    insta::assert_json_snapshot!(json);
}
