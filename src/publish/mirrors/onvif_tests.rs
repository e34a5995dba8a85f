use serde_json::Value;

use super::*;
use crate::plate::SiteName;
use crate::publish::event::Status;
use crate::publish::test_passages;

const LINE_CROSSED: &str = include_str!("../../../tests/fixtures/mirrors/onvif_line_crossed.json");
const PLATE_INFO: &str = include_str!("../../../tests/fixtures/mirrors/onvif_license_plate_info.json");
const PLATE_EVENT: &str = include_str!("../../../tests/fixtures/mirrors/onvif_license_plate_event.json");

fn published(fixture: &str) -> Value {
    serde_json::from_str(fixture).expect("the fixture is JSON")
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

fn mirror() -> OnvifMirror {
    let name = SiteName::try_from("MyDevice").expect("a name");
    OnvifMirror::new(TopicRoot::expand("{site}", &name, &name).expect("a root"))
}

fn event() -> PlateEvent {
    test_passages::event(7)
}

fn payload(message: &Message) -> Value {
    serde_json::from_slice(&message.payload).expect("a payload is JSON")
}

#[test]
fn a_topic_is_put_together_as_the_published_example_is() {
    let example = published(LINE_CROSSED);
    let source = example["payload"]["Source"].as_object().expect("an object");
    let text = |key: &str| example[key].as_str().expect("a text").to_owned();
    // In the order of the specification's text.
    let values = ["VideoSource", "AnalyticsConfiguration", "Rule"].map(|item| source[item].as_str().expect("a text"));
    let topic = format!("{}/{}", text("prefix"), topic(&text("local_topic"), &values));
    assert_eq!(topic, text("topic"));
}

#[test]
fn a_plate_has_the_form_that_the_published_rules_make_of_the_published_example() {
    let example = published(PLATE_INFO)["json"].clone();
    let item: LicensePlateItem = serde_json::from_value(example.clone()).expect("the example is such an item");
    assert_eq!(item.license_plate_info.plate_number, Likely { likelihood: 0.9, text: "6DZG261".into() });
    assert_eq!(serde_json::to_value(&item).expect("it can be written"), example);
}

#[test]
fn an_event_has_the_published_items_and_all_that_are_mandatory() {
    let rules = published(PLATE_EVENT);
    let messages = mirror().messages(&event());
    let [message] = &messages[..] else { panic!("one message, not {messages:?}") };
    let expect = "MyDevice/onvif-ej/RuleEngine/Recognition/LicensePlate/&in-2-front/in-2";
    assert_eq!((message.topic.as_str(), message.retained), (expect, false));
    assert!(message.topic.contains(rules["topic"].as_str().expect("a text")));
    let payload = payload(message);
    let json = String::from_utf8(message.payload.clone()).expect("it is text");
    let shown = concat!(
        r##"{"UtcTime":"2026-11-24T03:14:09.500Z","Source":{"VideoSource":"in-2-front","Rule":"in-2"},"##,
        r##""Data":{"Likelihood":0.9833,"LicensePlateInfo":{"LicensePlateInfo":{"##,
        r##""PlateNumber":{"@Likelihood":0.9833,"#text":"12C12345"},"PlateType":{"@Likelihood":0.9833,"#text":"Normal"},"##,
        r##""CountryCode":{"@Likelihood":0.9833,"#text":"VN"},"IssuingEntity":{"@Likelihood":0.9833,"#text":"Lạng Sơn"}}}}}"##
    );
    assert_eq!(json, shown);
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert!(keys(&payload["Data"]).iter().all(|key| texts(&rules["data"]).contains(&key.as_str())));
    assert!(texts(&rules["mandatory"]).iter().all(|key| payload["Data"].get(key).is_some()));
    assert!(keys(&payload["Source"]).iter().all(|key| texts(&rules["source"]).contains(&key.as_str())));
}

#[test]
fn only_published_words_say_what_kind_a_plate_is() {
    let words = published(PLATE_EVENT);
    for kind in [
        PlateKind::Car,
        PlateKind::Truck,
        PlateKind::Temporary,
        PlateKind::Special,
        PlateKind::Motorbike,
        PlateKind::Trailer,
        PlateKind::Diplomatic,
        PlateKind::Military,
        PlateKind::Police,
        PlateKind::NewEnergy,
        PlateKind::Learner,
        PlateKind::CrossBorder,
        PlateKind::Unknown,
    ] {
        assert!(plate_type(kind).is_none_or(|word| texts(&words["plate_types"]).contains(&word)), "{kind:?}");
    }
    assert_eq!(plate_type(PlateKind::Military), None);
}

#[test]
fn what_is_not_known_of_a_plate_is_absent() {
    let mut event = event();
    let plate = event.plate.as_mut().expect("a plate");
    (plate.country, plate.province, plate.kind) = ("XX".into(), None, PlateKind::Unknown);
    let data = payload(&mirror().messages(&event)[0])["Data"]["LicensePlateInfo"]["LicensePlateInfo"].clone();
    assert_eq!(data.as_object().expect("an object").keys().collect::<Vec<_>>(), ["PlateNumber"]);
}

#[test]
fn a_vehicle_without_a_plate_is_no_plate_event() {
    let unread = PlateEvent { plate: None, ..event() };
    assert_eq!(mirror().messages(&unread), []);
}

#[test]
fn a_vehicle_is_told_once_with_each_plate_and_again_when_it_did_not_arrive() {
    let mut mirror = mirror();
    let revision = |revision, status, text: &str| {
        let mut event = PlateEvent { revision, status, ..event() };
        event.plate.as_mut().expect("a plate").text = text.into();
        event
    };
    let provisional = revision(1, Status::Provisional, "12C12345");
    assert_eq!(mirror.messages(&provisional).len(), 1);
    assert_eq!(mirror.messages(&provisional).len(), 1, "the same revision again: it was lost on its way");
    assert_eq!(mirror.messages(&revision(2, Status::Final, "12C12345")).len(), 0);
    assert_eq!(mirror.messages(&revision(3, Status::Amended, "12C12346")).len(), 1, "another plate");
    let other = PlateEvent { event_id: Uuid::from_u128(1), ..event() };
    assert_eq!(mirror.messages(&other).len(), 1);
}

#[test]
fn only_the_last_vehicles_are_remembered() {
    let mut mirror = mirror();
    for vehicle in 0..1000 {
        mirror.messages(&PlateEvent { event_id: Uuid::from_u128(vehicle), ..event() });
    }
    assert_eq!(mirror.told.len(), REMEMBERED);
}
