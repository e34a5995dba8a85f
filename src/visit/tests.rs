//! Cases of visits, as claims.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::consensus::AgreedPlate;
use crate::dossier::VisitId;
use crate::passage::{Direction, NoReadReason, Stage, VehicleEnd};
use crate::plate::{CameraName, Confidence, Layout, PlateText};
use crate::plate_format::{self, Country};

pub(super) fn lane(name: &str) -> LaneName {
    LaneName::try_from(name).expect("a name")
}

pub(super) fn plate(text: &str) -> AgreedPlate {
    let text = PlateText::normalised(text).expect("a plate text");
    let format = plate_format::identify(&text, &[Country::Vietnam, Country::China, Country::Other]).expect("a plate");
    AgreedPlate {
        per_character: vec![Confidence::clamped(0.97); text.len()],
        text,
        format,
        layout: Layout::OneLine,
        colour: None,
        confidence: Confidence::clamped(0.97),
        alternatives: Vec::new(),
        reads: 9,
        agreeing: 9,
        height_px: 30.0,
        sharpness: 0.7,
    }
}

/// Seen for a second until `at`; an empty text was not read.
pub(super) fn passage(name: &str, track: u64, text: &str, at: f64) -> Passage {
    let moment = |seconds: f64| {
        let elapsed = Duration::from_secs_f64(seconds.max(0.0));
        Moment { wall: Timestamp::UNIX_EPOCH.checked_add(elapsed).expect("it is in this century"), elapsed }
    };
    Passage {
        lane: lane(name),
        camera: CameraName::try_from("camera").expect("a name"),
        track: track_of(name, track),
        stage: Stage::Final,
        plate: if text.is_empty() { Err(NoReadReason::NoAgreement) } else { Ok(plate(text)) },
        side_number: None,
        first_seen: moment(at - 1.0),
        best_seen: moment(at),
        last_seen: moment(at),
        best_frame: None,
        best_corners: None,
        triggers: vec![],
        direction: None,
        end: None,
    }
}

/// The track with this number of a lane: `rear` is the gate's second lane, all others the first.
fn track_of(lane: &str, number: u64) -> TrackId {
    TrackId(if lane == "rear" { TrackId::OF_A_LANE + number } else { number })
}

/// A lane `front` whose vehicles' rears are seen in lane `rear`, five seconds later.
fn two_cameras() -> VisitBook {
    let mut book = VisitBook::new(BTreeMap::from([(lane("rear"), lane("front"))]), KnownPairs::default());
    for vehicle in 0..5 {
        let (text, at) = (format!("29A0000{vehicle}"), f64::from(vehicle) * 30.0 - 1000.0);
        let at = at + 1000.0;
        book.note(&passage("front", 1000 + vehicle as u64, &text, at));
        book.note(&passage("rear", 1000 + vehicle as u64, &text, at + 6.0 + f64::from(vehicle % 3) * 0.5));
    }
    book
}

/// The times of the cases begin when the cameras are used to their traffic.
const START: f64 = 1000.0;

/// Vehicles in the order in which they are told: lane, text, when. What is known of each in the end: the number of the
/// passage that its visit is named after, and its role.
fn check(mut book: VisitBook, told: &[(&str, &str, f64)], expect: &[(usize, Role)]) {
    let passages: Vec<_> =
        told.iter().zip(0..).map(|((lane, text, at), track)| passage(lane, track, text, START + at)).collect();
    let names: BTreeMap<_, _> = passages.iter().zip(0..).map(|(passage, number)| (name_of(passage), number)).collect();
    let mut parts: Vec<VisitPart> = Vec::new();
    for passage in &passages {
        let noted = book.note(passage);
        parts.push(noted.part);
        for (amended, part) in noted.amends {
            assert_eq!(amended.stage, Stage::Amended);
            parts[names[&name_of(&amended)]] = part;
        }
    }
    let found: Vec<_> = parts.iter().map(|part| (names[&key(&part.id)], part.role)).collect();
    assert_eq!(found, expect, "{told:?}");
}

fn key(id: &VisitId) -> (LaneName, TrackId) {
    (id.lane.clone(), id.track)
}

fn name_of(passage: &Passage) -> (LaneName, TrackId) {
    (passage.lane.clone(), passage.track)
}

use Role::{Single, Tractor, Trailer};

#[test]
fn a_vehicles_own_rear_plate_joins_its_front_and_it_stays_single() {
    check(two_cameras(), &[("front", "12C12345", 0.0), ("rear", "12C12345", 6.0)], &[(0, Single), (0, Single)]);
    check(two_cameras(), &[("front", "12C12345", 0.0), ("rear", "12C12346", 6.0)], &[(0, Single), (0, Single)]);
}

#[test]
fn a_trailer_joins_the_tractor_that_passed_the_front_camera() {
    check(two_cameras(), &[("front", "12C12345", 0.0), ("rear", "51R00001", 7.0)], &[(0, Tractor), (0, Trailer)]);
    check(two_cameras(), &[("front", "桂F12345", 0.0), ("rear", "桂F9876挂", 7.0)], &[(0, Tractor), (0, Trailer)]);
}

#[test]
fn a_plate_that_is_no_known_front_is_a_trailer_of_another_country() {
    check(two_cameras(), &[("front", "12C12345", 0.0), ("rear", "99H77777", 6.5)], &[(0, Tractor), (0, Trailer)]);
}

#[test]
fn two_lorries_close_together_keep_their_order() {
    let told =
        [("front", "12C11111", 0.0), ("front", "12C22222", 3.0), ("rear", "51R00001", 6.0), ("rear", "51R00002", 9.0)];
    check(two_cameras(), &told, &[(0, Tractor), (1, Tractor), (0, Trailer), (1, Trailer)]);
}

#[test]
fn a_lorry_without_a_trailer_between_two_with_takes_nobodys() {
    let told = [
        ("front", "12C11111", 0.0),
        ("front", "12C22222", 3.0),
        ("front", "12C33333", 6.0),
        ("rear", "51R00001", 6.5),
        ("rear", "12C22222", 9.5),
        ("rear", "51R00003", 12.5),
    ];
    let expect = [(0, Tractor), (1, Single), (2, Tractor), (0, Trailer), (1, Single), (2, Trailer)];
    check(two_cameras(), &told, &expect);
}

#[test]
fn a_queue_between_the_cameras_is_joined_in_its_order() {
    let told = [
        ("front", "12C11111", 0.0),
        ("front", "12C22222", 4.0),
        ("front", "12C33333", 8.0),
        ("rear", "12C11111", 240.0),
        ("rear", "51R00002", 246.0),
        ("rear", "51R00003", 251.0),
    ];
    let expect = [(0, Single), (1, Tractor), (2, Tractor), (0, Single), (1, Trailer), (2, Trailer)];
    check(two_cameras(), &told, &expect);
}

#[test]
fn a_tractor_that_the_front_camera_missed_leaves_its_trailer_alone() {
    check(two_cameras(), &[("rear", "51R00001", 7.0)], &[(0, Single)]);
    let told = [("front", "12C11111", 0.0), ("rear", "51R00001", 6.0), ("rear", "51R00002", 40.0)];
    check(two_cameras(), &told, &[(0, Tractor), (0, Trailer), (2, Single)]);
}

#[test]
fn a_vehicle_that_the_rear_camera_missed_does_not_give_its_place_to_the_next_trailer() {
    let told = [
        ("front", "12C11111", 0.0),
        ("front", "12C22222", 30.0),
        ("rear", "51R00002", 36.0),
        ("front", "12C33333", 60.0),
        ("rear", "12C33333", 66.0),
    ];
    check(two_cameras(), &told, &[(0, Single), (1, Tractor), (1, Trailer), (3, Single), (3, Single)]);
}

#[test]
fn a_vehicles_own_rear_parts_it_from_what_was_taken_for_its_trailer() {
    let told = [("front", "12C22222", 0.0), ("rear", "51R00001", 5.5), ("rear", "12C22222", 10.0)];
    check(two_cameras(), &told, &[(0, Single), (1, Single), (0, Single)]);
}

#[test]
fn a_trailer_that_was_not_read_is_of_the_visit_and_nothing_is_claimed_of_it() {
    check(two_cameras(), &[("front", "12C12345", 0.0), ("rear", "", 6.5)], &[(0, Single), (0, Single)]);
}

#[test]
fn a_tractor_that_was_not_read_has_its_trailer() {
    check(two_cameras(), &[("front", "", 0.0), ("rear", "51R00001", 6.5)], &[(0, Tractor), (0, Trailer)]);
    check(two_cameras(), &[("front", "", 0.0), ("rear", "12C12345", 6.5)], &[(0, Single), (0, Single)]);
}

#[test]
fn a_front_that_is_told_after_its_rear_still_finds_it() {
    check(two_cameras(), &[("rear", "51R00001", 6.5), ("front", "12C12345", 0.0)], &[(0, Trailer), (0, Tractor)]);
}

#[test]
fn a_vehicle_that_backs_out_past_the_rear_camera_first_is_known_by_its_text_only() {
    check(two_cameras(), &[("rear", "12C12345", 0.0), ("front", "12C12345", 8.0)], &[(0, Single), (0, Single)]);
    check(two_cameras(), &[("rear", "51R00001", 0.0), ("front", "12C12345", 20.0)], &[(0, Single), (1, Single)]);
}

#[test]
fn a_motorbike_draws_no_trailer() {
    check(two_cameras(), &[("front", "12B112345", 0.0), ("rear", "51R00001", 6.5)], &[(0, Single), (1, Single)]);
}

#[test]
fn one_camera_joins_a_trailer_with_the_vehicle_before_it() {
    let told = [("in-1", "12C11111", 0.0), ("in-1", "51R00001", 5.0), ("in-1", "12C22222", 9.0)];
    check(VisitBook::default(), &told, &[(0, Tractor), (0, Trailer), (2, Single)]);
}

#[test]
fn rears_that_follow_each_other_before_the_only_camera_are_vehicles_by_themselves() {
    let mut book = VisitBook::default();
    let rear = |track, text, at| Passage { end: Some(VehicleEnd::Rear), ..passage("out-1", track, text, START + at) };
    let first = book.note(&rear(1, "12C11111", 0.0)).part;
    let trailer = book.note(&rear(2, "51R00001", 4.0));
    assert_ne!(first.id, trailer.part.id);
    assert!(trailer.amends.is_empty());
}

#[test]
fn the_same_plate_once_more_is_the_same_visit_and_after_minutes_another() {
    let told = [("in-1", "12C11111", 0.0), ("in-1", "12C11111", 30.0), ("in-1", "12C11111", 400.0)];
    check(VisitBook::default(), &told, &[(0, Single), (0, Single), (2, Single)]);
}

#[test]
fn other_lanes_have_other_visits() {
    let told = [("in-1", "12C11111", 0.0), ("in-2", "51R00001", 5.0), ("in-3", "12C11111", 5.0)];
    check(VisitBook::default(), &told, &[(0, Single), (1, Single), (2, Single)]);
}

fn with(direction: Direction, passage: Passage) -> Passage {
    Passage { direction: Some(direction), ..passage }
}

#[test]
fn who_turned_back_or_went_the_other_way_waits_for_no_trailer() {
    for (front, rear) in [(Direction::TurnedBack, Direction::In), (Direction::Out, Direction::In)] {
        let mut book = two_cameras();
        book.note(&with(front, passage("front", 1, "12C12345", START)));
        let noted = book.note(&with(rear, passage("rear", 2, "51R00001", START + 6.0)));
        assert_eq!((noted.part.role, noted.amends.is_empty()), (Single, true), "{front:?} {rear:?}");
    }
    let mut book = two_cameras();
    book.note(&with(Direction::In, passage("front", 1, "12C12345", START)));
    assert_eq!(book.note(&passage("rear", 2, "51R00001", START + 6.0)).part.role, Trailer, "one that does not tell");
}

#[test]
fn revisions_keep_their_visit_and_a_tractor_is_amended_once() {
    let mut book = two_cameras();
    let front = passage("front", 1, "12C12345", START);
    let first = book.note(&Passage { stage: Stage::Provisional, ..front.clone() });
    assert_eq!(book.note(&front).part, first.part);
    let trailer = book.note(&passage("rear", 2, "51R00001", START + 6.0));
    let [(amended, part)] = trailer.amends.as_slice() else { panic!("the tractor has a trailer now: {trailer:?}") };
    assert_eq!((amended.track, part.role, &part.id), (TrackId(1), Tractor, &first.part.id));
    let part = part.clone();
    let again = book.note(&Passage { stage: Stage::Amended, ..front });
    assert_eq!((again.part, again.amends.is_empty()), (part, true));
}

#[test]
fn a_tractor_still_in_view_is_not_amended_but_told_in_its_final_event() {
    let mut book = two_cameras();
    let front = passage("front", 1, "12C12345", START);
    book.note(&Passage { stage: Stage::Provisional, ..front.clone() });
    let trailer = book.note(&passage("rear", 2, "51R00001", START + 6.0));
    assert_eq!((trailer.part.role, trailer.amends.is_empty()), (Trailer, true));
    assert_eq!(book.note(&front).part.role, Tractor);
}

#[test]
fn a_rear_that_is_read_later_tells_the_roles_then() {
    let mut book = two_cameras();
    book.note(&passage("front", 1, "12C12345", START));
    let rear = passage("rear", 2, "", START + 6.0);
    assert!(book.note(&rear).amends.is_empty());
    let read = book.note(&Passage { plate: Ok(plate("51R00001")), stage: Stage::Amended, ..rear });
    assert_eq!((read.part.role, read.amends.first().map(|(_, part)| part.role)), (Trailer, Some(Tractor)));
}

/// One journey of a tractor: the pair that is new, and the earlier trailer that its event tells.
fn journey(book: &mut VisitBook, number: u32, trailer: &str) -> (Option<KnownPair>, Option<String>) {
    let at = START + f64::from(number) * 300.0;
    book.note(&passage("front", u64::from(number), "12C12345", at));
    let noted = book.note(&passage("rear", u64::from(number), trailer, at + 6.0));
    let [(_, tractor)] = noted.amends.as_slice() else { panic!("the tractor has a trailer: {noted:?}") };
    assert_eq!(noted.part.earlier_trailer, None, "it is the tractor's event that tells");
    (noted.pairs.first().cloned(), tractor.earlier_trailer.as_ref().map(ToString::to_string))
}

#[test]
fn a_known_tractor_with_another_trailer_tells_the_earlier_one_also_after_a_restart() {
    let mut book = two_cameras();
    let (pair, earlier) = journey(&mut book, 0, "51R00001");
    let pair = pair.expect("it is new");
    assert_eq!((&*pair.tractor, earlier), ("VN-12C12345", None));
    assert_eq!(journey(&mut book, 1, "51R00001"), (None, None));
    let mut known = KnownPairs::default();
    known.put(pair);
    let mut after_restart = VisitBook::new(book.rear_of.clone(), known);
    let (pair, earlier) = journey(&mut after_restart, 2, "51R77777");
    assert_eq!((pair.map(|pair| pair.trailer), earlier.as_deref()), (plate_text("51R77777"), Some("51R00001")));
    assert_eq!(journey(&mut after_restart, 3, "51R77777"), (None, None));
}

fn plate_text(text: &str) -> Option<PlateText> {
    PlateText::normalised(text)
}

#[test]
fn everything_is_bounded() {
    let mut book = VisitBook::new(BTreeMap::from([(lane("rear"), lane("front"))]), KnownPairs::default());
    for number in 0..300_u32 {
        let at = f64::from(number);
        book.note(&passage("front", u64::from(number), "", at));
        book.note(&passage("rear", u64::from(number), "", at * 1.01));
    }
    assert_eq!((book.records.len(), book.numbers.len(), book.stations.len()), (MOST_RECORDS, MOST_RECORDS, 1));
}
