use proptest::prelude::*;

use super::*;
use crate::plate::SiteName;
use crate::publish::event::{Alternative, EvidenceKind, EvidencePicture, SideNumber, Trigger, TriggerOrigin};
use crate::publish::test_passages;

/// `openssl rand -base64 32` gives such a key.
const KEY: &str = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";

fn mirror(key: &str) -> AnalyticsMirror {
    let name = |text: &str| SiteName::try_from(text).expect("a name");
    let topic_root = TopicRoot::expand(DEFAULT_TEMPLATE, &name("huu-nghi"), &name("g1")).expect("a root");
    AnalyticsMirror { topic_root, key: AnalyticsKey::parse(key).expect("a key") }
}

fn told(event: &PlateEvent) -> AnonymousPassage {
    serde_json::from_str(&payload(event)).expect("a payload is such a passage")
}

fn payload(event: &PlateEvent) -> String {
    let messages = mirror(KEY).messages(event);
    let [message] = &messages[..] else { panic!("one message, not {messages:?}") };
    String::from_utf8(message.payload.clone()).expect("a payload is text")
}

/// An event with everything in it that could say which plate it is.
fn telling(text: &str) -> PlateEvent {
    let mut event = test_passages::event(7);
    let plate = event.plate.as_mut().expect("a plate");
    (plate.text, plate.display, plate.key) = (text.to_owned(), format!("{text}-"), format!("VN-{text}"));
    plate.alternatives = vec![Alternative { text: text.to_owned(), confidence: 0.1 }];
    event.side_number = Some(SideNumber { text: text.to_owned(), confidence: 0.9, readings: 3, agrees: Some(true) });
    event.triggers = vec![Trigger { id: text.to_owned(), origin: TriggerOrigin::Command, at: event.first_seen }];
    let uri = format!("https://evidence/{text}.jpg");
    event.evidence =
        vec![EvidencePicture { kind: EvidenceKind::Plate, sha256: "00".repeat(32), bytes: 1, uri, corners: None }];
    event.prev_hash = format!("sha256:{}", "ab".repeat(32));
    event.signature = format!("ed25519:{text}");
    event
}

#[test]
fn a_plate_is_told_as_the_hash_that_openssl_makes_of_its_key() {
    // printf VN-12C12345 | openssl dgst -sha256 -hmac "$KEY"
    let plate = told(&test_passages::event(7)).plate.expect("a plate");
    assert_eq!(plate.hash, "29e742438cb986ecd10529ff3c4d4b69b51262b7e986b5f4808e51494e296da7");
    let other = mirror(&KEY.replace('q', "r"));
    assert_ne!(hexadecimal(&other.key.hash("VN-12C12345")), plate.hash, "another key, another hash");
    assert_ne!(other.key.id(), told(&test_passages::event(7)).key_id, "and another name of the key");
}

#[test]
fn the_topic_is_below_a_root_of_its_own() {
    let messages = mirror(KEY).messages(&test_passages::event(7));
    assert_eq!(messages[0].topic, "gatelpr-analytics/v1/huu-nghi/g1/lane/in-2/passage");
    assert!(!messages[0].retained);
}

#[test]
fn nothing_leads_back_to_the_event_with_the_plate() {
    let event = telling("12C12345");
    let payload = payload(&event);
    for secret in [event.event_id.to_string(), event.boot_id.to_string(), event.camera.clone(), "abab".into()] {
        assert!(!payload.contains(&secret), "{secret} in {payload}");
    }
    for field in
        ["seq", "prev_hash", "signature", "evidence", "triggers", "side_number", "alternatives", "province", "models"]
    {
        assert!(!payload.contains(&format!(r#""{field}""#)), "{field} in {payload}");
    }
    let told = told(&event);
    assert_eq!(told.at.timestamp().subsec_nanosecond(), 0, "times are no key to join by, as far as that goes");
}

#[test]
fn revisions_of_a_passage_belong_together() {
    let event = test_passages::event(7);
    let later = PlateEvent { revision: 2, seq: 99, ..event.clone() };
    assert_eq!(told(&event).passage_id, told(&later).passage_id);
    let other = PlateEvent { event_id: Uuid::from_u128(1), ..event };
    assert_ne!(told(&later).passage_id, told(&other).passage_id);
}

#[test]
fn an_unread_vehicle_is_counted_too() {
    let unread = PlateEvent { plate: None, no_read_reason: Some(NoReadReason::NoAgreement), ..test_passages::event(7) };
    let told = told(&unread);
    assert_eq!((told.plate, told.no_read_reason), (None, Some(NoReadReason::NoAgreement)));
}

#[test]
fn a_short_key_is_refused_and_none_is_printed() {
    let refused = AnalyticsKey::parse("hunter2").expect_err("it is too short");
    assert_eq!(refused, "it has 7 characters, and a key needs 32 random ones");
    assert_eq!(format!("{:?}", AnalyticsKey::parse(&format!("{KEY}\n"))), "Ok(***)");
    assert_eq!(AnalyticsKey::parse(&format!("{KEY}\n")), AnalyticsKey::parse(KEY), "a line feed is no part of it");
}

proptest! {
    /// Texts of which four characters in a row always hold one that no digit, hash or word of the payload has: a
    /// substring that is found there would be the plate's.
    #[test]
    fn no_four_characters_of_a_plate_are_in_the_payload(text in "([0-9]{0,3}[GHKMPRSUXY桂粤]){2,4}[0-9]{0,3}") {
        let payload = payload(&telling(&text));
        let characters: Vec<char> = text.chars().collect();
        for four in characters.windows(4.min(characters.len())) {
            let four: String = four.iter().collect();
            prop_assert!(!payload.contains(&four), "{four} of {text} in {payload}");
        }
    }

    /// Whatever the plate is, only its hash differs: nothing else in the payload depends on it.
    #[test]
    fn two_plates_differ_in_their_hashes_alone(one in "[0-9A-Z桂粤]{1,10}", other in "[0-9A-Z桂粤]{1,10}") {
        let hashless = |text: &str| {
            let mut passage = told(&telling(text));
            let plate = passage.plate.as_mut().expect("a plate");
            let hash = std::mem::take(&mut plate.hash);
            (passage, hash)
        };
        let ((one_passage, one_hash), (other_passage, other_hash)) = (hashless(&one), hashless(&other));
        prop_assert_eq!(one_passage, other_passage);
        prop_assert_eq!(one_hash == other_hash, one == other);
    }
}
