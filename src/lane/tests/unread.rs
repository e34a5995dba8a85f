//! Vehicles whose plate is not read: counted with the reason, and signs are not vehicles.

use super::simulator::{Sight, Vehicle, record, text, told};
use super::{Look, look, passages_under, rules};
use crate::passage::{NoReadReason, Passage};
use crate::plate::{Confidence, Sighting};

/// Why each vehicle passed unread.
fn reasons(passages: &[Passage]) -> Vec<NoReadReason> {
    passages.iter().filter_map(|passage| passage.plate.as_ref().err().copied()).collect()
}

/// What is told of a vehicle that drives through and is never legible, seen like `as_seen` says.
fn of_illegible(speed: f32, as_seen: impl Fn(&mut Sighting)) -> Vec<NoReadReason> {
    let sight = Sight { illegible: 1.1, ..Sight::clear(8.0) };
    let mut recording = record(&[Vehicle::passing("12C12345", 0.0, speed)], sight);
    recording.frames.iter_mut().flat_map(|(_, seen)| seen).for_each(as_seen);
    let passages: Vec<_> = told(&rules(), &recording.frames, 8.0).into_iter().map(|(_, passage)| passage).collect();
    assert!(passages.iter().all(|passage| passage.direction.is_some()), "its way is known all the same");
    reasons(&passages)
}

#[test]
fn a_vehicle_whose_plate_is_found_and_never_legible_is_counted_with_the_plainest_reason() {
    assert_eq!(of_illegible(3.0, |_| {}), [NoReadReason::Occluded]);
    assert_eq!(of_illegible(3.0, |sighting| sighting.sharpness = 0.1), [NoReadReason::Blurred]);
    assert_eq!(of_illegible(-3.0, |sighting| sighting.burnt_out = 0.9), [NoReadReason::Overexposed]);
}

#[test]
fn what_the_detector_is_never_sure_of_is_no_vehicle() {
    let hardly_sure = |sighting: &mut Sighting| sighting.detection.confidence = Confidence::clamped(0.6);
    assert!(of_illegible(3.0, hardly_sure).is_empty());
}

#[test]
fn a_vehicle_that_turns_off_before_its_plate_is_large_enough_was_too_small() {
    let sight = Sight { illegible: 1.1, ..Sight::clear(8.0) };
    let turns_off = Vehicle::new("12C12345", 0.0, 26.0, &[(2.0, 3.0)]);
    let recording = record(&[turns_off], sight);
    let passages: Vec<_> = told(&rules(), &recording.frames, 8.0).into_iter().map(|(_, passage)| passage).collect();
    assert_eq!(reasons(&passages), [NoReadReason::TooSmall]);
}

#[test]
fn a_sign_that_is_found_in_every_frame_is_no_vehicle() {
    let unread = |ms: u64, jitter: f32| Look { text: None, ..look(ms, 400.0 + jitter, 400.0, "12C12345") };
    let sign: Vec<_> = (0..120_u16).map(|n| unread(u64::from(n) * 100, f32::from(n % 5) * 4.0)).collect();
    assert!(passages_under(rules(), &sign, 14_000).is_empty());
    let texts = ["STOP1", "ST0P7", "5TOP1", "BTOP11"];
    let misread: Vec<_> = (0..120_usize).map(|n| look(n as u64 * 100, 400.0, 400.0, texts[n % 4])).collect();
    assert!(passages_under(rules(), &misread, 14_000).is_empty());
}

#[test]
fn readings_that_agree_on_what_is_no_plate_say_so() {
    let looks: Vec<_> =
        (0..10_u16).map(|n| look(u64::from(n) * 100, 400.0, 100.0 + f32::from(n) * 40.0, "AB123CD")).collect();
    assert_eq!(reasons(&passages_under(rules(), &looks, 5000)), [NoReadReason::NotAPlateFormat]);
}

#[test]
fn a_plate_that_is_read_wrongly_in_the_place_of_a_parked_car_is_no_vehicle() {
    let read = |n: u16| if n % 5 > 2 { "61B20456" } else { "89C20339" };
    let looks: Vec<_> = (0..130_u16).map(|n| look(u64::from(n) * 100, 400.0, 400.0, read(n))).collect();
    let plates: Vec<_> = passages_under(rules(), &looks, 14_000).into_iter().filter_map(|p| p.plate.ok()).collect();
    assert_eq!(plates.iter().map(|plate| plate.text.as_str()).collect::<Vec<_>>(), ["89C20339"]);
}

/// A plate that drives through and is read, and one that is not, both on their own ways.
fn read_and_unread(read: Vehicle, unread: Vehicle) -> Vec<String> {
    let mut recording = record(&[read], Sight::clear(8.0));
    let illegible = record(&[unread], Sight { illegible: 1.1, ..Sight::clear(8.0) });
    for (ms, seen) in illegible.frames {
        match recording.frames.iter_mut().find(|(other, _)| *other == ms) {
            Some((_, also)) => also.extend(seen),
            None => recording.frames.push((ms, seen)),
        }
    }
    recording.frames.sort_by_key(|(ms, _)| *ms);
    told(&rules(), &recording.frames, 8.0).iter().map(|(_, passage)| text(passage)).collect()
}

#[test]
fn a_sticker_that_moves_with_a_vehicle_is_none_of_its_own_and_an_unread_one_behind_it_is() {
    let read = Vehicle::passing("12C12345", 0.0, 3.0);
    let sticker = Vehicle { aside_m: 1.6, ..read.clone() };
    assert_eq!(read_and_unread(read.clone(), sticker), ["12C12345"]);
    let behind = Vehicle { from_m: read.from_m + 6.0, legs: vec![(12.0, 3.0)], ..read.clone() };
    assert_eq!(read_and_unread(read, behind), ["12C12345", "Occluded"]);
}
