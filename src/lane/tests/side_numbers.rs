//! Whose a side number is, by scripted readings of sides beside scripted sightings.

use super::answers::trigger;
use super::{Look, frame, lane, look, rules, sighting, zone};
use crate::lane::LaneRules;
use crate::passage::Passage;
use crate::trigger::Analyse;

/// What is read on sides at a time in ms.
type Sides<'a> = &'a [(u64, &'static str)];

fn with_side_numbers() -> LaneRules {
    LaneRules { side_numbers: true, ..rules() }
}

/// What passes in 20 s with frames every 100 ms while triggers come and are answered, with when it is told.
fn passages(rules: LaneRules, triggers: &[u64], looks: &[Look], sides: Sides<'_>) -> Vec<(u64, Passage)> {
    let mut lane = lane(rules);
    let mut told = Vec::new();
    for ms in (0..=20_000).step_by(100) {
        let (now, mut passages) = (frame(ms).captured_at, Vec::new());
        if triggers.contains(&ms) {
            passages.extend(lane.summon(trigger(&format!("t{ms}"), ms), now));
        }
        if lane.owes_an_answer(now.elapsed) {
            passages.extend(lane.answer(now));
        }
        let seen = looks.iter().filter(|look| look.ms == ms).map(sighting).collect();
        passages.extend(lane.observe(&frame(ms), &zone(), seen));
        let read = sides.iter().filter(|(at, _)| *at == ms).map(|(at, text)| sighting(&look(*at, 600.0, 100.0, text)));
        lane.note_side_numbers(now, &read.filter_map(|sighting| sighting.reading).collect::<Vec<_>>());
        told.extend(passages.into_iter().map(|passage| (ms, passage)));
    }
    told
}

fn line((ms, passage): &(u64, Passage)) -> String {
    let plate = match &passage.plate {
        Ok(plate) => plate.text.to_string(),
        Err(reason) => format!("{reason:?}"),
    };
    let side = match &passage.side_number {
        Some(number) => format!("{} read {} times", number.text, number.readings),
        None => "nothing".to_owned(),
    };
    format!("{ms}: {:?} {plate}, on its side {side}", passage.stage)
}

fn told(triggers: &[u64], looks: &[Look], sides: Sides<'_>) -> Vec<String> {
    passages(with_side_numbers(), triggers, looks, sides).iter().map(line).collect()
}

fn in_view(from: u64, to: u64, x: f32, text: &'static str) -> Vec<Look> {
    (from..=to).step_by(100).map(|ms| look(ms, x, 100.0, text)).collect()
}

/// A plate that is found and never legible.
fn illegible(from: u64, to: u64) -> Vec<Look> {
    in_view(from, to, 100.0, "12C12345").into_iter().map(|look| Look { text: None, ..look }).collect()
}

#[test]
fn what_is_read_while_one_vehicle_is_in_view_is_its_side_number() {
    let sides = [(500, "12R01357"), (700, "12R01357"), (900, "12R01357")];
    let vehicle = in_view(0, 1000, 100.0, "12C12345");
    assert_eq!(told(&[], &vehicle, &sides), ["2600: Final 12C12345, on its side 12R01357 read 3 times"]);
}

#[test]
fn one_reading_is_none_and_neither_are_readings_that_disagree() {
    let vehicle = in_view(0, 1000, 100.0, "12C12345");
    let nothing = ["2600: Final 12C12345, on its side nothing"];
    assert_eq!(told(&[], &vehicle, &[(500, "12R01357")]), nothing);
    assert_eq!(told(&[], &vehicle, &[(500, "12R01357"), (600, "12R01358")]), nothing);
}

#[test]
fn with_two_vehicles_in_view_or_none_a_side_number_is_nobodys() {
    let mut both = in_view(1000, 2000, 100.0, "12C12345");
    both.extend(in_view(1500, 2500, 700.0, "14C54321"));
    let nothing = ["3600: Final 12C12345, on its side nothing", "4100: Final 14C54321, on its side nothing"];
    assert_eq!(told(&[], &both, &[(100, "12R01357"), (200, "12R01357"), (300, "12R01357")]), nothing, "before both");
    assert_eq!(told(&[], &both, &[(1600, "12R01357"), (1700, "12R01357"), (1800, "12R01357")]), nothing, "both there");
    assert_eq!(told(&[], &both, &[(5000, "12R01357"), (5100, "12R01357"), (5200, "12R01357")]), nothing, "after both");
}

#[test]
fn what_was_read_while_a_vehicle_was_alone_stays_its_own() {
    let mut both = in_view(0, 1000, 100.0, "12C12345");
    both.extend(in_view(500, 4000, 700.0, "14C54321"));
    let sides = [(100, "12C12345"), (200, "12C12345"), (700, "29C11111"), (3000, "14C54321"), (3100, "14C54321")];
    assert_eq!(
        told(&[], &both, &sides),
        [
            "2600: Final 12C12345, on its side 12C12345 read 2 times",
            "5600: Final 14C54321, on its side 14C54321 read 2 times",
        ]
    );
}

#[test]
fn side_numbers_make_no_vehicle_and_keep_none_in_view() {
    let all_the_time: Vec<_> = (0..=20_000).step_by(100).map(|ms| (ms, "12R01357")).collect();
    assert!(told(&[], &[], &all_the_time).is_empty());
    let vehicle = in_view(0, 1000, 100.0, "12C12345");
    // From 0 until the gap is over.
    assert_eq!(told(&[], &vehicle, &all_the_time), ["2600: Final 12C12345, on its side 12R01357 read 26 times"]);
}

#[test]
fn the_plate_is_what_it_would_be_without_side_numbers() {
    let vehicle = in_view(0, 1000, 100.0, "12C12345");
    let sides: Vec<_> = (0..=1000).step_by(100).map(|ms| (ms, "12C12346")).collect();
    let plate = |sides| passages(with_side_numbers(), &[], &vehicle, sides).pop().expect("it passes").1.plate;
    assert_eq!(plate(sides.as_slice()), plate(&[]));
}

#[test]
fn a_lane_that_does_not_want_side_numbers_takes_none() {
    let vehicle = in_view(0, 1000, 100.0, "12C12345");
    let sides = [(500, "12R01357"), (600, "12R01357")];
    let told: Vec<_> = passages(rules(), &[], &vehicle, &sides).iter().map(line).collect();
    assert_eq!(told, ["2600: Final 12C12345, on its side nothing"]);
}

#[test]
fn the_answer_to_a_trigger_names_a_vehicle_without_a_legible_plate_by_its_side_number() {
    let sides = [(2000, "12R01357"), (2100, "12R01357")];
    let answer = ["6000: Final NoPlateFound, on its side 12R01357 read 2 times"];
    assert_eq!(told(&[1000], &[], &sides), answer);
    let illegible = told(&[1000], &illegible(1500, 3000), &sides);
    assert_eq!(illegible, ["6000: Final Occluded, on its side 12R01357 read 2 times"]);
}

#[test]
fn a_trigger_takes_no_side_number_of_before_or_after_it_or_of_a_vehicle_that_had_left() {
    let unread = ["6000: Final NoPlateFound, on its side nothing"];
    let around = [(500, "12R01357"), (600, "12R01357"), (7000, "12R01357"), (7100, "12R01357")];
    assert_eq!(told(&[1000], &[], &around), unread);
    assert_eq!(told(&[1000], &illegible(0, 900), &[(1100, "12R01357"), (1200, "12R01357")]), unread);
}

#[test]
fn a_later_revision_keeps_the_side_number() {
    let sides = [(500, "12R01357"), (600, "12R01357")];
    let vehicle = in_view(0, 1000, 100.0, "12C12345");
    let side = "12C12345, on its side 12R01357 read 2 times";
    // The loop lies behind the camera's view.
    let behind = told(&[3000], &vehicle, &sides);
    assert_eq!(behind, [format!("2600: Final {side}"), format!("8000: Amended {side}")]);
    // It comes into view again.
    let twice: Vec<_> = vehicle.into_iter().chain(in_view(4000, 5000, 100.0, "12C12345")).collect();
    assert_eq!(told(&[4500], &twice, &sides), [format!("2600: Final {side}"), format!("6600: Amended {side}")]);
}

#[test]
fn a_plate_that_comes_into_view_after_the_answer_keeps_the_side_number_of_it() {
    let sides = [(2000, "12R01357"), (2100, "12R01357")];
    let late = in_view(7000, 8000, 100.0, "12C12345");
    assert_eq!(
        told(&[1000], &late, &sides),
        [
            "6000: Final NoPlateFound, on its side 12R01357 read 2 times",
            "9600: Amended 12C12345, on its side 12R01357 read 2 times",
        ]
    );
}

#[test]
fn side_numbers_are_taken_only_where_they_would_be_somebodys() {
    let mut lane = lane(LaneRules { analyse: Analyse::Always, ..with_side_numbers() });
    assert!(!lane.takes_side_numbers(), "nobody is there");
    lane.observe(&frame(0), &zone(), vec![sighting(&look(0, 100.0, 100.0, "12C12345"))]);
    assert!(lane.takes_side_numbers(), "one is");
    lane.observe(&frame(100), &zone(), vec![sighting(&look(100, 700.0, 100.0, "14C54321"))]);
    assert!(!lane.takes_side_numbers(), "two are");
    lane.finish();
    lane.summon(trigger("t1", 200), frame(200).captured_at);
    assert!(lane.takes_side_numbers(), "a trigger says so");
}
