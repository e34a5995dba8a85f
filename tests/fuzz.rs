//! Runs every fuzz target over its seeds and over damaged seeds, so that each test run tries them a little; `make fuzz` tries
//! them long.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::PathBuf;

use gatelpr::proof::{Canonical, ChainCheck, TrustedKey};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

/// The seeds of a target: at least one.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from("fuzz/seeds").join(target);
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).expect("there are seeds").map(|file| file.expect("it can be listed").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} has seeds", folder.display());
    files.iter().map(|file| fs::read(file).expect("it can be read")).collect()
}

/// What may happen to bytes.
#[derive(Debug, Clone)]
enum Damage {
    Change(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces =
        ["\"", "{", "}", "[", "]", ":", ",", "\n", "0", "-1", "9007199254740993", "null", "\u{0}", "ế", "\\u0000"];
    let piece = prop::sample::select(pieces.map(|piece| piece.as_bytes().to_vec()).to_vec());
    let anywhere = any::<Index>();
    prop_oneof![
        (anywhere.clone(), any::<u8>()).prop_map(|(at, byte)| Damage::Change(at, byte)),
        (anywhere.clone(), piece).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (anywhere.clone(), 1..40_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        (anywhere.clone(), 1..200_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
        anywhere.prop_map(Damage::Cut),
    ]
}

fn damaged(bytes: &mut Vec<u8>, damage: &Damage) {
    let place = |at: &Index, bytes: &Vec<u8>| at.index(bytes.len() + 1);
    let range = |at: &Index, length: &usize, bytes: &Vec<u8>| {
        let start = place(at, bytes);
        start..(start + length).min(bytes.len())
    };
    match damage {
        Damage::Change(at, byte) => {
            let at = place(at, bytes);
            bytes.iter_mut().skip(at).take(1).for_each(|old| *old = *byte);
        }
        Damage::Insert(at, piece) => {
            let at = place(at, bytes);
            bytes.splice(at..at, piece.iter().copied());
        }
        Damage::Remove(at, length) => drop(bytes.drain(range(at, length, bytes))),
        Damage::Repeat(at, length) => {
            let range = range(at, length, bytes);
            let piece = bytes[range.clone()].to_vec();
            bytes.splice(range.start..range.start, piece);
        }
        Damage::Cut(at) => bytes.truncate(place(at, bytes)),
    }
}

fn check(target: fn(&[u8]), name: &str, cases: u32) {
    let seeds = seeds(name);
    seeds.iter().for_each(|seed| target(seed));
    target(&[]);
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) });
    let inputs = (prop::sample::select(seeds), prop::collection::vec(damage(), 1..5));
    let run = runner.run(&inputs, |(mut bytes, damages)| {
        damages.iter().for_each(|damage| damaged(&mut bytes, damage));
        target(&bytes);
        Ok(())
    });
    run.expect("no bytes make it panic");
}

#[test]
fn the_signed_seeds_are_signed_right() {
    let signed = std::fs::read("fuzz/seeds/command/signed.json").expect("it is there");
    let list = std::fs::read("fuzz/seeds/declared/signed.json").expect("it is there");
    for bytes in [signed, list] {
        let message = Canonical::read(&bytes).expect("it has a canonical form");
        let signature = message.field("signature").and_then(|signature| signature.as_str()).expect("it has one");
        assert!(targets::key().public().has_signed(&message.signed_bytes(), signature));
    }
    let mut check = ChainCheck::new(vec![TrustedKey { key: targets::key().public(), before_seq: None }]);
    let events = std::fs::read("fuzz/seeds/events/chain.jsonl").expect("it is there");
    for line in events.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        assert_eq!(check.take(1, line), None);
    }
    let verdict = check.verdict();
    assert!(verdict.is_strictly_right() && verdict.events == 3, "{verdict:?}");
}

#[test]
fn no_command_makes_the_gate_panic() {
    check(targets::command, "command", 1000);
}

#[test]
fn no_declared_list_makes_the_gate_panic() {
    check(targets::declared, "declared", 300);
}

#[test]
fn no_damage_to_the_kept_list_makes_the_gate_panic() {
    check(targets::kept_list, "kept_list", 100);
}

#[test]
fn no_receipt_makes_the_gate_panic() {
    check(targets::receipt, "receipt", 1000);
}

#[test]
fn no_file_in_the_place_of_the_outbox_makes_the_gate_panic() {
    check(targets::outbox, "outbox", 60);
}

#[test]
fn no_events_make_verify_panic() {
    check(targets::events, "events", 500);
}

#[test]
fn no_config_makes_the_gate_panic() {
    check(targets::config, "config", 300);
}
