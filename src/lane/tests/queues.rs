//! Vehicles that stand behind each other: whose plate is hidden by the one before has not passed.

use super::rules;
use super::simulator::{Recording, Sight, Vehicle, record, text, told};
use crate::plate::{PlateText, Sighting};

const STANDS: &str = "14C11111";
const BEHIND: &str = "29H22222";
/// When the vehicle behind comes out again, in milliseconds, and when it is gone.
const COMES_OUT: u64 = 50_000;

/// One vehicle stands for forty seconds, and the next one comes up behind it, is seen for three and a half seconds and hidden
/// for `hidden_s`, until the first has gone.
fn queue(hidden_s: f32) -> Recording {
    queue_behind(vec![], hidden_s)
}

/// The same, in which the first one's plate is not found for some times.
fn queue_behind(not_found: Vec<(f32, f32)>, hidden_s: f32) -> Recording {
    let stands = Vehicle::new(STANDS, 0.0, 26.0, &[(6.0, 3.0), (40.0, 0.0), (6.0, 3.0)]);
    let behind = Vehicle::new(BEHIND, 4.0, 28.0, &[(4.0, 3.0), (41.0, 0.0), (10.0, 3.0)]);
    let stands = Vehicle { hidden: not_found, ..stands };
    record(&[stands, Vehicle { hidden: vec![(3.5, 3.5 + hidden_s)], ..behind }], Sight::clear(8.0))
}

/// The same, in which the plate of the one behind is `seen` so until it is hidden, numbered from 0.
fn queue_with(seen: impl Fn(&mut Sighting, usize)) -> Recording {
    let mut recording = queue(43.0);
    let is_behind =
        |sighting: &&mut Sighting| sighting.reading.as_ref().is_some_and(|reading| reading.text.as_str() == BEHIND);
    let before = recording.frames.iter_mut().filter(|(ms, _)| *ms < 8000);
    before.flat_map(|(_, sightings)| sightings).filter(is_behind).enumerate().for_each(|(n, one)| seen(one, n));
    recording
}

/// What is told of the queue is both vehicles, each once, and the second only when it has passed.
fn check(recording: &Recording) {
    let told = told(&rules(), &recording.frames, 8.0);
    let outline: Vec<_> = told.iter().map(|(ms, passage)| (*ms, text(passage))).collect();
    let texts: Vec<_> = outline.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, [STANDS, BEHIND], "{outline:?}");
    assert!(outline[1].0 > COMES_OUT, "{outline:?}");
}

#[test]
fn a_plate_too_far_away_to_read_that_hides_behind_a_standing_vehicle_is_no_vehicle_more() {
    check(&queue_with(|sighting, _| sighting.reading = None));
}

#[test]
fn a_plate_that_was_read_and_hides_behind_a_standing_vehicle_has_not_passed() {
    check(&queue(43.0));
}

#[test]
fn a_standing_vehicle_whose_plate_is_not_found_for_long_hides_the_next_one_all_the_same() {
    check(&queue_behind(vec![(9.0, 24.0)], 43.0));
}

#[test]
fn a_plate_that_comes_out_after_it_was_told_is_not_told_again() {
    let told = told(&rules(), &queue(44.8).frames, 8.0);
    let texts: Vec<_> = told.iter().map(|(_, passage)| text(passage)).collect();
    assert_eq!(texts, [STANDS, BEHIND]);
    assert!(told[1].0 < COMES_OUT + 2300, "it was hidden for longer than anybody waits");
}

#[test]
fn a_plate_that_was_read_in_three_ways_and_hides_behind_a_standing_vehicle_is_no_vehicle_more() {
    let ways = ["29H22722", "29H27222", "29M22222"];
    check(&queue_with(|sighting, n| {
        if let Some(reading) = &mut sighting.reading {
            reading.text = PlateText::normalised(ways[n % ways.len()]).expect("a plate text");
        }
    }));
}

#[test]
fn whoever_leaves_the_zone_beside_a_standing_vehicle_is_not_hidden_by_it() {
    let stands = Vehicle::new(STANDS, 0.0, 26.0, &[(6.0, 3.0), (60.0, 0.0), (6.0, 3.0)]);
    let overtakes = Vehicle { aside_m: -2.0, ..Vehicle::passing(BEHIND, 8.0, 4.0) };
    let told = told(&rules(), &record(&[stands, overtakes], Sight::clear(8.0)).frames, 8.0);
    let outline: Vec<_> = told.iter().map(|(ms, passage)| (*ms, text(passage))).collect();
    assert_eq!(outline.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), [BEHIND, STANDS], "{outline:?}");
    assert!(outline[0].0 < 16_000, "{outline:?}");
}
