//! Who is let in, and with which words others are turned away.

use std::time::Duration;

use serde_json::json;

use super::super::test_messages::{gatekeeper, list, platform, signed};
use super::super::{DeclaredMessage, Receipt};
use super::*;
use crate::proof::DeviceKey;
use crate::publish::command::Command;

fn refused<T: InboundMessage + fmt::Debug>(keeper: &Gatekeeper, payload: &[u8]) -> (Reason, String) {
    let refusal = keeper.read_signed::<T>(payload).map(|admitted| admitted.message).expect_err("it is refused");
    (refusal.reason, refusal.text)
}

#[test]
fn more_bytes_than_a_topic_may_have_are_refused() {
    let mut door = Door::new(1000);
    let mut check = |topic, bytes, expect| {
        assert_eq!(door.admit(topic, bytes, Duration::ZERO).err().map(|refusal| refusal.reason), expect);
    };
    for (topic, largest) in
        [(InboundTopic::Command, 16 * 1024), (InboundTopic::Receipt, 64 * 1024), (InboundTopic::Declared, 1000)]
    {
        check(topic, largest, None);
        check(topic, largest + 1, Some(Reason::TooLarge));
    }
}

#[test]
fn a_flood_is_refused_answered_now_and_then_and_costs_other_topics_nothing() {
    let mut door = Door::new(1000);
    let now = Duration::from_secs(1);
    let admitted = (0..1000).filter(|_| door.admit(InboundTopic::Command, 10, now).is_ok()).count();
    assert_eq!(admitted, 64);
    let refusal = door.admit(InboundTopic::Command, 10, now).expect_err("the bucket is empty");
    assert_eq!(refusal.reason, Reason::TooOften);
    let answered = (0..1000).filter(|_| door.answers(&refusal, now)).count();
    assert_eq!(answered, 3);
    door.admit(InboundTopic::Receipt, 10, now).expect("another topic");
    door.admit(InboundTopic::Command, 10, now + Duration::from_millis(100)).expect("a moment later");
}

#[test]
fn names_twice_unknown_names_and_what_follows_are_refused() {
    let keeper = gatekeeper(&[]);
    let check = |payload: &str, expect: &str| {
        let (reason, text) = refused::<Command>(&keeper, payload.as_bytes());
        assert_eq!(reason, Reason::Malformed, "{text}");
        assert!(text.contains(expect), "{text}");
    };
    check("open the gate", "this is no command");
    check("", "EOF");
    check("[]", "invalid");
    check(r#"{"command":"open"}"#, "unknown variant");
    check(r#"{"command":"ping","comand":"reload"}"#, "comand");
    check(r#"{"command":"ping","command":"reload"}"#, "duplicate field");
    check(r#"{"command":"ping"} {"command":"reload"}"#, "trailing");
    check(r#"{"command":"trigger","seconds":"3"}"#, "expected f64");
    check(&format!(r#"{{"command":"{}"}}"#, "x".repeat(5000)), "…");
    let (reason, text) = refused::<DeclaredMessage>(&keeper, br#"{"version":1,"entries":[{"text":"a","text":"b"}]}"#);
    assert_eq!(reason, Reason::Malformed);
    assert!(text.contains("duplicate field"), "{text}");
    let nested = format!("{}{}", r#"{"entries":["#.repeat(200), "]}".repeat(200));
    assert_eq!(refused::<DeclaredMessage>(&keeper, nested.as_bytes()).0, Reason::Malformed);
    keeper.read_unsigned::<Receipt>(br#"{"ranges":[{"from_seq":1,"to_seq":2}]}"#).expect("it is one");
}

#[test]
fn only_what_a_trusted_key_signed_is_taken_where_one_is_configured() {
    let other = DeviceKey::from_seed(&[4; 32]);
    let keeper = gatekeeper(&[platform(), other.clone()]);
    let command = json!({ "command": "ping", "number": 1, "gate": "huu-nghi/g1" });
    for key in [platform(), other.clone()] {
        let admitted = keeper.read_signed::<Command>(&signed(command.clone(), &key)).expect("it is signed");
        assert_eq!(admitted.signer, Some(Signer(key.public().id())));
    }
    let (reason, text) = refused::<Command>(&keeper, command.to_string().as_bytes());
    assert_eq!(reason, Reason::NotSigned);
    assert!(text.contains("has no `signature`"), "{text}");
    let stranger = signed(command.clone(), &DeviceKey::from_seed(&[5; 32]));
    assert_eq!(refused::<Command>(&keeper, &stranger).0, Reason::NotSigned);
    let altered = String::from_utf8(signed(list(3, &["a"]), &platform())).expect("text").replace("12C-1", "12C-9");
    assert_eq!(refused::<DeclaredMessage>(&keeper, altered.as_bytes()).0, Reason::NotSigned);
    let spaced = String::from_utf8(signed(command.clone(), &other)).expect("text").replace(':', " : ");
    let spaced = spaced.replace("ed25519 : ", "ed25519:");
    keeper.read_signed::<Command>(spaced.as_bytes()).expect("the form between the names is not signed");
    let mut null = list(3, &["a"]);
    (null["remove"], null["entries"][0]["key"]) = (serde_json::Value::Null, serde_json::Value::Null);
    for whole in [null, list(4, &["b", "c"])] {
        keeper.read_signed::<DeclaredMessage>(&signed(whole, &platform())).expect("in either form");
    }
    gatekeeper(&[]).read_signed::<Command>(command.to_string().as_bytes()).expect("everybody is trusted there");
}

#[test]
fn what_was_signed_for_another_gate_is_not_taken_here() {
    let keeper = gatekeeper(&[platform()]);
    let check = |gate: Option<&str>, expect: Option<Reason>| {
        let mut command = json!({ "command": "ping", "number": 1 });
        if let Some(gate) = gate {
            command["gate"] = gate.into();
        }
        let read = keeper.read_signed::<Command>(&signed(command, &platform()));
        assert_eq!(read.err().map(|refusal| refusal.reason), expect, "{gate:?}");
    };
    check(Some("huu-nghi/g1"), None);
    check(Some("huu-nghi"), None);
    for other in [None, Some("huu-nghi/g2"), Some("tan-thanh/g1"), Some("huu"), Some("")] {
        check(other, Some(Reason::OtherGate));
    }
    let unsigned = gatekeeper(&[]);
    unsigned.read_signed::<Command>(br#"{"command":"ping"}"#).expect("nobody says whom it is for");
    assert_eq!(refused::<Command>(&unsigned, br#"{"command":"ping","gate":"a/b"}"#).0, Reason::OtherGate);
}
