use proptest::prelude::*;

use super::super::event::mark_historical;
use super::super::test_passages::{origin, passage, unread_passage};
use super::*;
use crate::dossier::Dossier;
use crate::side_number::SideNumber;

fn json(event: &PlateEvent) -> String {
    serde_json::to_string(event).expect("an event can be written")
}

#[test]
fn a_passage_gives_the_event_that_the_contract_shows() {
    let event = EventMaker::new(origin()).event(&passage(7, Stage::Final), &Dossier::default());
    insta::assert_json_snapshot!(event);
}

/// The passage with this number on its side.
fn with_side_number(text: &str, passage: Passage) -> Passage {
    let text = crate::plate::PlateText::normalised(text).expect("a plate text");
    let number = SideNumber { text, confidence: Confidence::clamped(0.812_34), readings: 4 };
    Passage { side_number: Some(number), ..passage }
}

#[test]
fn a_side_number_stands_beside_the_plate_and_says_whether_it_is_the_same() {
    let told = |passage: Passage| json(&EventMaker::new(origin()).event(&passage, &Dossier::default()));
    let check = |passage: Passage, expect: &str| {
        let event = told(passage);
        assert!(event.contains(expect), "{event}");
    };
    let same = r#""side_number":{"text":"12C12345","confidence":0.8123,"readings":4,"agrees":true}"#;
    check(with_side_number("12C12345", passage(7, Stage::Final)), same);
    let other = r#""side_number":{"text":"12R01357","confidence":0.8123,"readings":4,"agrees":false}"#;
    check(with_side_number("12R01357", passage(7, Stage::Final)), other);
    let unread = unread_passage(7, passage::NoReadReason::NoPlateFound);
    check(with_side_number("12R01357", unread), r#""readings":4,"agrees":null}"#);
    assert!(!told(passage(7, Stage::Final)).contains("side_number"), "without one the event is as it always was");
}

#[test]
fn a_vehicle_that_passed_unread_says_why() {
    let event =
        EventMaker::new(origin()).event(&unread_passage(7, passage::NoReadReason::NoAgreement), &Dossier::default());
    assert!(json(&event).contains(r#""plate":null,"no_read_reason":"no_agreement""#), "{}", json(&event));
}

#[test]
fn a_second_opinion_is_named_where_one_is_asked_and_nowhere_else() {
    let models = |origin: Origin| {
        let event = EventMaker::new(origin).event(&passage(7, Stage::Final), &Dossier::default());
        serde_json::to_value(event).expect("an event can be written")["models"].clone()
    };
    let mut asking = origin();
    asking.models.second_opinion = Some("other@sha256:cc33".to_owned());
    let expect = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("it is JSON");
    let without = r#"{ "detector": "finder@sha256:aa11", "recogniser": "reader@sha256:bb22" }"#;
    assert_eq!(models(origin()), expect(without));
    assert_eq!(models(asking), expect(&without.replace(" }", r#", "second_opinion": "other@sha256:cc33" }"#)));
}

#[test]
fn the_same_passage_gives_the_same_bytes_and_another_track_another_id() {
    let make = |track| EventMaker::new(origin()).event(&passage(track, Stage::Final), &Dossier::default());
    assert_eq!(json(&make(7)), json(&make(7)));
    assert_ne!(make(7).event_id, make(8).event_id);
}

#[test]
fn an_id_carries_the_time_of_the_first_sighting() {
    let event = EventMaker::new(origin()).event(&passage(7, Stage::Final), &Dossier::default());
    assert_eq!(event.event_id.get_version_num(), 7);
    let (seconds, nanoseconds) = event.event_id.get_timestamp().expect("a UUIDv7 has a time").to_unix();
    let first_seen = event.first_seen.timestamp();
    assert_eq!((seconds, nanoseconds), (first_seen.as_second() as u64, first_seen.subsec_nanosecond() as u32));
}

#[test]
fn revisions_count_up_under_one_id_until_the_final_one() {
    let mut maker = EventMaker::new(origin());
    let first = maker.event(&passage(7, Stage::Provisional), &Dossier::default());
    let last = maker.event(&passage(7, Stage::Final), &Dossier::default());
    assert_eq!((first.revision, first.status), (1, Status::Provisional));
    assert_eq!((last.revision, last.status), (2, Status::Final));
    assert_eq!(first.event_id, last.event_id);
    assert_eq!(maker.event(&passage(8, Stage::Final), &Dossier::default()).revision, 1);
    assert!(maker.open.is_empty(), "nothing is open of passages that are over");
}

#[test]
fn an_amendment_is_the_next_revision_of_the_final_event() {
    let mut maker = EventMaker::new(origin());
    let first = maker.event(&passage(7, Stage::Final), &Dossier::default());
    let amended = maker.event(&passage(7, Stage::Amended), &Dossier::default());
    assert_eq!((amended.event_id, amended.revision, amended.status), (first.event_id, 2, Status::Amended));
    for track in 8..5000 {
        maker.event(&passage(track, Stage::Final), &Dossier::default());
    }
    assert_eq!(maker.closed.len(), MOST_CLOSED, "what is remembered is bounded");
    assert_eq!(
        maker.event(&passage(7, Stage::Amended), &Dossier::default()).revision,
        2,
        "a forgotten passage is amended all the same"
    );
}

#[test]
fn an_event_survives_the_way_through_json_unchanged() {
    let event = EventMaker::new(origin()).event(&passage(7, Stage::Final), &Dossier::default());
    let read: PlateEvent = serde_json::from_str(&json(&event)).expect("what was written can be read");
    assert_eq!(json(&read), json(&event));
}

#[test]
fn marking_an_event_historical_changes_nothing_else() {
    let mut event = EventMaker::new(origin()).event(&passage(7, Stage::Final), &Dossier::default());
    let marked = mark_historical(&json(&event));
    event.historical = true;
    assert_eq!(marked, json(&event));
    assert_eq!(mark_historical("no event"), "no event");
}

#[test]
fn what_is_no_number_is_written_as_zero() {
    assert_eq!(rounded(f64::NAN, 3), 0.0);
    assert_eq!(rounded(f64::INFINITY, 3), 0.0);
    assert_eq!(rounded(0.123_46, 3), 0.123);
}

proptest! {
    #[test]
    fn no_bytes_make_the_event_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(serde_json::from_slice::<PlateEvent>(&bytes));
    }

    #[test]
    fn no_damage_to_an_event_makes_the_reader_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = json(&EventMaker::new(origin()).event(&passage(7, Stage::Final), &Dossier::default())).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        drop(serde_json::from_slice::<PlateEvent>(&bytes));
    }
}
