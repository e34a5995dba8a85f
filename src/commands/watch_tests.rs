use super::*;

/// The passage of the event snapshot, as bytes from a broker.
const PASSAGE: &str = r#"{"schema":1,"event_id":"019ab3e0-0000-7000-8000-000000000001","revision":2,"status":"final",
    "boot_id":"12345678-9abc-4def-8123-456789abcdef","seq":10423,"historical":false,"site":"huu-nghi","gate":"g1",
    "lane":"in-2","camera":"in-2-front","location":null,"first_seen":"2026-11-24T03:14:07.120Z",
    "best_seen":"2026-11-24T03:14:09.500Z","last_seen":"2026-11-24T03:14:10.520Z","dwell_s":3.4,
    "plate":{"text":"12C12345","key":"VN-12C12345","display":"12C-123.45","country":"VN","province":"Lạng Sơn",
    "kind":"car","colour":null,"layout":"one_line","confidence":0.9833,"per_character":[0.99],"alternatives":[],
    "format_valid":true,"reads":14,"agreeing":13,"height_px":31.3,"sharpness":0.7},"no_read_reason":null,
    "models":{"detector":"d@sha256:aa","recogniser":"r@sha256:bb"},"a_later_field":true}"#;

const STATUS: &str = r#"{"state":"online","boot_id":"12345678-9abc-4def-8123-456789abcdef","version":"0.1.0",
    "started_at":"2026-11-24T03:00:00.000Z","config_sha256":"00ff","models":[],"lanes":["in-1","in-2"]}"#;

fn printed(topic: &str, payload: &[u8], form: Form) -> String {
    let message = Message::new(format!("gatelpr/v1/huu-nghi/g1/{topic}"), payload.into());
    let mut out = Vec::new();
    print(&message, form, &mut out).expect("a list can be written to");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_passage_is_one_line_of_columns_and_unknown_fields_do_not_matter() {
    let line = printed("lane/in-2/passage", PASSAGE.as_bytes(), Form::Table);
    insta::assert_snapshot!(line, @"2026-11-24 03:14:09Z  #10423  huu-nghi/g1 in-2     12C-123.45   VN   98 %  13 of 14 readings  final");
}

#[test]
fn a_vehicle_that_passed_unread_is_told_with_the_reason() {
    let mut event: PlateEvent = serde_json::from_str(PASSAGE).expect("an event");
    event.plate = None;
    event.no_read_reason = Some(crate::publish::event::NoReadReason::TooSmall);
    event.historical = true;
    let payload = serde_json::to_vec(&event).expect("an event can be written");
    insta::assert_snapshot!(printed("lane/in-2/passage", &payload, Form::Table), @"2026-11-24 03:14:09Z  #10423  huu-nghi/g1 in-2     unread       too_small  final  late");
}

#[test]
fn a_side_number_stands_behind_what_is_told_of_the_plate() {
    let mut event: PlateEvent = serde_json::from_str(PASSAGE).expect("an event");
    let (text, agrees) = ("12R01357".to_owned(), Some(false));
    event.side_number = Some(crate::publish::event::SideNumber { text, confidence: 0.8, readings: 4, agrees });
    let payload = serde_json::to_vec(&event).expect("an event can be written");
    let line = printed("lane/in-2/passage", &payload, Form::Table);
    assert!(line.trim_end().ends_with("13 of 14 readings  final  side 12R01357"), "{line}");
}

#[test]
fn a_gates_state_is_a_line_too() {
    insta::assert_snapshot!(printed("status", STATUS.as_bytes(), Form::Table), @"gatelpr/v1/huu-nghi/g1 is online (version 0.1.0, lanes in-1, in-2)");
}

#[test]
fn what_cannot_be_read_is_told_and_what_is_not_known_is_passed_over() {
    let line = printed("lane/in-2/passage", b"{}", Form::Table);
    assert!(line.starts_with("cannot be read: missing field") && line.contains("/lane/in-2/passage"), "{line}");
    assert_eq!(printed("evidence/e/plate", b"\xff\xd8\xff", Form::Table), "");
}

#[test]
fn as_json_every_json_payload_is_one_line_and_pictures_are_passed_over() {
    assert_eq!(printed("health", br#"{"b":1,"a":2}"#, Form::Json), "{\"b\":1,\"a\":2}\n");
    assert_eq!(printed("lane/in-2/passage", PASSAGE.as_bytes(), Form::Json).lines().count(), 1);
    assert_eq!(printed("evidence/e/plate", b"\xff\xd8\xff", Form::Json), "");
}
