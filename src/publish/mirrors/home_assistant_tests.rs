use super::*;
use crate::publish::event::Status;
use crate::publish::test_passages;

const PUBLISHED: &str = include_str!("../../../tests/fixtures/mirrors/home_assistant.json");

fn published() -> Value {
    serde_json::from_str(PUBLISHED).expect("the fixture is JSON")
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

fn has_all(value: &Value, keys: &Value) {
    for key in texts(keys) {
        assert!(value.get(key).is_some_and(|value| !value.is_null()), "{key} is in {value}");
    }
}

fn mirror(site: &str, lanes: &[&str]) -> HomeAssistantMirror {
    let (site, gate) = (SiteName::try_from(site).expect("a name"), SiteName::try_from("g1").expect("a name"));
    let root = |template: &str| TopicRoot::expand(template, &site, &gate).expect("a root");
    HomeAssistantMirror {
        discovery_prefix: root(USUAL_PREFIX),
        topic_root: root(TopicRoot::DEFAULT_TEMPLATE),
        lanes: lanes.iter().map(|lane| LaneName::try_from(*lane).expect("a name")).collect(),
        site,
        gate,
    }
}

fn discovery(mirror: &HomeAssistantMirror) -> (Message, Value) {
    let [message] = &mirror.greeting()[..] else { panic!("one message") };
    (message.clone(), serde_json::from_slice(&message.payload).expect("a payload is JSON"))
}

#[test]
fn the_discovery_topic_has_the_published_form_whatever_the_gate_is_called() {
    let rules = published()["discovery_topic"].clone();
    for site in ["huu-nghi", "a.b", "a_b"] {
        let (message, _) = discovery(&mirror(site, &["in-2"]));
        let levels: Vec<&str> = message.topic.split('/').collect();
        assert_eq!(levels.len(), 4, "{}", message.topic);
        assert_eq!((levels[0], levels[1], levels[3]), ("homeassistant", "device", "config"));
        let allowed = rules["object_id_characters"].as_str().expect("a text");
        assert!(levels[2].chars().all(|c| allowed.contains(c)), "{}", levels[2]);
        assert!(message.retained, "it is there when Home Assistant starts");
    }
    let topic = |site| discovery(&mirror(site, &["in-2"])).0.topic;
    assert_eq!(topic("huu-nghi"), "homeassistant/device/gatelpr_huu-nghi_g1/config");
    assert_ne!(topic("a.b"), topic("a_b"), "two gates are two devices");
    assert_ne!(identifier(&["a_b", "c"]), identifier(&["a", "b_c"]), "whatever their names are made of");
}

#[test]
fn the_discovery_payload_has_every_required_key_and_no_unknown_one() {
    let rules = published();
    let (_, payload) = discovery(&mirror("huu-nghi", &["in-2", "out.1"]));
    has_all(&payload, &rules["root_required"]);
    has_all(&payload["origin"], &rules["origin_required"]);
    let known = texts(&rules["root_shared"]);
    let keys = payload.as_object().expect("an object").keys();
    assert!(keys.clone().all(|key| known.contains(&key.as_str())), "{keys:?}");
    assert!(texts(&rules["device_one_of"]).iter().any(|key| payload["device"].get(key).is_some()));
    for availability in payload["availability"].as_array().expect("a list") {
        has_all(availability, &rules["availability_required"]);
    }
    let components = payload["components"].as_object().expect("an object");
    assert_eq!(components.len(), 4, "two for each lane");
    let mut unique = Vec::new();
    for component in components.values() {
        has_all(component, &rules["component_required"]);
        let platform = component["platform"].as_str().expect("a text");
        has_all(component, &rules["platform_required"][platform]);
        let known = texts(&rules["platform_known"][platform]);
        assert!(component.as_object().expect("an object").keys().all(|key| known.contains(&key.as_str())));
        unique.push(component["unique_id"].clone());
    }
    unique.dedup();
    assert_eq!(unique.len(), 4, "no two entities of one id");
}

#[test]
fn the_device_is_available_while_the_gates_status_is_online() {
    let (_, payload) = discovery(&mirror("huu-nghi", &["in-2"]));
    let availability = &payload["availability"][0];
    assert_eq!(availability["topic"], "gatelpr/v1/huu-nghi/g1/status");
    let template = "{{ 'online' if value_json.state == 'online' else 'offline' }}";
    assert_eq!(availability["value_template"], template, "`stopping` is offline too");
}

#[test]
fn a_vehicle_updates_the_sensor_and_fires_the_event_where_the_discovery_says() {
    let mut mirror = mirror("huu-nghi", &["in-2"]);
    let (_, discovery) = discovery(&mirror);
    let messages = mirror.messages(&test_passages::event(7));
    let [state, fired] = &messages[..] else { panic!("two messages, not {messages:?}") };
    assert_eq!((state.retained, fired.retained), (true, false), "event entities ignore what is retained");
    let components = &discovery["components"];
    let (sensor, event) =
        (&components["gatelpr_huu-nghi_g1_in-2_plate"], &components["gatelpr_huu-nghi_g1_in-2_vehicle"]);
    assert_eq!(sensor["state_topic"], state.topic.as_str());
    assert_eq!(sensor["json_attributes_topic"], state.topic.as_str());
    assert_eq!(event["state_topic"], fired.topic.as_str());
    let payload: Value = serde_json::from_slice(&fired.payload).expect("a payload is JSON");
    has_all(&payload, &published()["event_payload_required"]);
    assert!(texts(&event["event_types"]).contains(&payload["event_type"].as_str().expect("a text")));
    assert_eq!((payload["plate"].as_str(), payload["key"].as_str()), (Some("12C-123.45"), Some("VN-12C12345")));
    assert_eq!(state.payload, fired.payload);
}

#[test]
fn every_type_of_event_is_announced() {
    let (_, discovery) = discovery(&mirror("huu-nghi", &["in-2"]));
    let announced = discovery["components"]["gatelpr_huu-nghi_g1_in-2_vehicle"]["event_types"].clone();
    for status in [Status::Provisional, Status::Final, Status::Amended] {
        let mut mirror = mirror("huu-nghi", &["in-2"]);
        let messages = mirror.messages(&PlateEvent { status, ..test_passages::event(7) });
        let payload: Value = serde_json::from_slice(&messages[0].payload).expect("a payload is JSON");
        assert!(texts(&announced).contains(&payload["event_type"].as_str().expect("a text")));
    }
}

#[test]
fn an_unread_vehicle_fires_and_leaves_the_last_plate_where_it_is() {
    let unread = PlateEvent { plate: None, no_read_reason: Some(NoReadReason::NoAgreement), ..test_passages::event(7) };
    let messages = mirror("huu-nghi", &["in-2"]).messages(&unread);
    let [fired] = &messages[..] else { panic!("one message, not {messages:?}") };
    assert!(fired.topic.ends_with("/vehicle"));
    let payload = String::from_utf8_lossy(&fired.payload).into_owned();
    assert!(payload.contains(r#""plate":null"#) && payload.contains(r#""no_read_reason":"no_agreement""#), "{payload}");
}

#[test]
fn what_is_late_is_not_told_so_that_no_barrier_opens_for_it() {
    let late = PlateEvent { historical: true, ..test_passages::event(7) };
    assert_eq!(mirror("huu-nghi", &["in-2"]).messages(&late), []);
}
