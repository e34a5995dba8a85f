use proptest::prelude::*;

use super::super::DeviceKey;
use super::*;

fn key(seed: u8) -> DeviceKey {
    DeviceKey::from_seed(&[seed; 32])
}

fn trusted() -> Vec<TrustedKey> {
    vec![TrustedKey { key: key(1).public(), before_seq: None }]
}

fn signed(json: &serde_json::Value, key: &DeviceKey) -> String {
    let canonical = Canonical::read(json.to_string().as_bytes()).expect("an object");
    let mut json = json.clone();
    json["signature"] = key.sign(&canonical.signed_bytes()).into();
    json.to_string()
}

fn event(seq: u64, previous: &str) -> serde_json::Value {
    serde_json::json!({ "site": "huu-nghi", "gate": "g1", "seq": seq, "prev_hash": previous, "historical": false, "text": "12C12345" })
}

/// The events `first` to `last` of a gate, as lines.
fn lines(first: u64, last: u64) -> Vec<String> {
    let mut previous = GENESIS.to_owned();
    let mut lines = Vec::new();
    for seq in first..=last {
        let line = signed(&event(seq, &previous), &key(1));
        previous = Canonical::read(line.as_bytes()).expect("an object").hash();
        lines.push(line);
    }
    lines
}

fn check(lines: &[String]) -> Verdict {
    let mut check = ChainCheck::new(trusted());
    for (line, place) in lines.iter().zip(1..) {
        check.take(place, line.as_bytes());
    }
    check.verdict()
}

fn faults(lines: &[String]) -> String {
    check(lines).faults.iter().map(|fault| format!("{fault}\n")).collect()
}

#[test]
fn a_whole_chain_is_strictly_right() {
    let verdict = check(&lines(7, 12));
    assert!(verdict.is_strictly_right(), "{verdict:?}");
    assert_eq!((verdict.gates["huu-nghi/g1"], verdict.events), ((7, 12), 6));
}

#[test]
fn a_repeat_and_a_late_copy_are_told_and_are_no_fault() {
    let mut lines = lines(1, 3);
    let late = lines[1].replace(r#""historical":false"#, r#""historical":true"#);
    let late: serde_json::Value = serde_json::from_str(&late).expect("JSON");
    lines.push(signed(&late, &key(1)));
    lines.swap(0, 2);
    let verdict = check(&lines);
    assert!(verdict.is_right() && !verdict.is_strictly_right(), "{verdict:?}");
    assert_eq!((verdict.remarks.repeated, verdict.remarks.first_repeated), (1, Some((4, 2))));
    assert_eq!((verdict.remarks.out_of_order, verdict.remarks.first_out_of_order), (2, Some((2, 2))));
}

#[test]
fn what_is_missing_is_named() {
    let mut lines = lines(1, 6);
    lines.drain(2..4);
    assert_eq!(faults(&lines), "events 3 to 4 of huu-nghi/g1 are missing\n");
    lines.pop();
    assert_eq!(faults(&lines[1..]), "events 3 to 4 of huu-nghi/g1 are missing\n");
}

#[test]
fn what_was_altered_is_named() {
    let mut lines = lines(1, 3);
    lines[1] = lines[1].replace("12C12345", "12C12346");
    assert!(faults(&lines).starts_with("line 2: event 2 is altered: its signature is of none of the trusted keys\n"));
    lines[1] = signed(&event(2, GENESIS), &key(2));
    assert!(faults(&lines).starts_with("line 2: event 2 is altered"), "signed by somebody else");
    lines[1] = event(2, GENESIS).to_string();
    assert!(faults(&lines).starts_with("line 2: event 2 is altered: it has no signature\n"));
}

#[test]
fn what_the_gate_itself_signed_twice_differently_is_named() {
    let mut lines = lines(1, 3);
    let mut other = event(2, GENESIS);
    other["text"] = "99X99999".into();
    lines.push(signed(&other, &key(1)));
    assert_eq!(faults(&lines), "line 4: event 2 is altered: line 2 has another event with this number\n");
    lines.remove(1);
    assert!(faults(&lines).contains("line 3: event 2 does not follow: a new chain begins here"));
    assert!(faults(&lines).contains("line 2: event 3 does not follow: its `prev_hash`"));
}

#[test]
fn a_key_that_was_replaced_signs_nothing_later() {
    let old = TrustedKey { key: key(1).public(), before_seq: Some(3) };
    let mut check = ChainCheck::new(vec![old, TrustedKey { key: key(2).public(), before_seq: None }]);
    for (line, place) in lines(1, 3).iter().zip(1..) {
        check.take(place, line.as_bytes());
    }
    let verdict = check.verdict();
    assert_eq!(verdict.faults.len(), 1);
    assert!(
        verdict.faults[0]
            .to_string()
            .contains("event 3 is altered: it is signed with a key that was not in use any more")
    );
}

#[test]
fn what_is_no_event_is_named_with_the_reason() {
    assert!(faults(&["hello".into()]).starts_with("line 1: unreadable"));
    assert!(faults(&[r#"{"seq":1}"#.into()]).contains("it is no event"));
}

proptest! {
    #[test]
    fn no_change_of_a_byte_goes_unnoticed(line in 0_usize..4, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut lines: Vec<Vec<u8>> = lines(1, 4).into_iter().map(String::into_bytes).collect();
        let at = at.index(lines[line].len());
        let before = std::mem::replace(&mut lines[line][at], byte);
        let mut check = ChainCheck::new(trusted());
        for (line, place) in lines.iter().zip(1..) {
            check.take(place, line);
        }
        // White space between the parts of a JSON text says nothing, nor does a letter's case in an exponent.
        prop_assert!(before == byte || !check.verdict().is_strictly_right());
    }

    #[test]
    fn any_order_and_repetition_is_no_fault_and_any_loss_inside_is(
        order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
        lost in 1_usize..7,
        repeated in 0_usize..8,
    ) {
        let lines = lines(1, 8);
        let mut shuffled: Vec<String> = order.iter().map(|index| lines[*index].clone()).collect();
        shuffled.push(lines[repeated].clone());
        prop_assert!(check(&shuffled).is_right());
        shuffled.retain(|line| *line != lines[lost]);
        prop_assert!(!check(&shuffled).is_right());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut check = ChainCheck::new(trusted());
        check.take(1, &bytes);
        drop(check.verdict());
    }
}
