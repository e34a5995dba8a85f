//! Declared lists: which are taken, and what is left of them after a restart.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::test_messages::{delta, list};
use super::*;

struct Gate {
    folder: tempfile::TempDir,
    store: DeclaredStore,
    book: NumberBook,
}

impl Gate {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, book) = opened(folder.path());
        Self { folder, store, book }
    }

    fn restart(self) -> Self {
        let (store, book) = opened(self.folder.path());
        Self { store, book, ..self }
    }

    fn take(&mut self, message: &Value) -> Result<u64, Reason> {
        let message = serde_json::from_value(message.clone()).map_err(|_| Reason::Malformed)?;
        let taken = self.store.take(message, &mut self.book, Timestamp::UNIX_EPOCH);
        taken.map(|list| list.version).map_err(|refusal| refusal.reason)
    }

    /// The version and the declarations in use.
    fn list(&self) -> (u64, Vec<String>) {
        let list = self.store.view().newest().list().expect("there is one");
        (list.version, list.vehicles.iter().map(|vehicle| vehicle.declaration_id.to_string()).collect())
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("declared-list.jsonl")
    }

    fn trouble(&self) -> String {
        self.store.view().health(Timestamp::UNIX_EPOCH).trouble.unwrap_or_default()
    }
}

fn opened(folder: &Path) -> (DeclaredStore, NumberBook) {
    (DeclaredStore::open(folder, Timestamp::UNIX_EPOCH), NumberBook::open(folder))
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn a_list_and_its_changes_survive_a_restart_and_nothing_older_is_taken() {
    let mut gate = Gate::new();
    assert_eq!(gate.take(&list(118, &["a", "b", "c"])), Ok(118));
    assert_eq!(gate.take(&delta(118, 119, &["b"], &["d"])), Ok(119));
    assert_eq!(gate.take(&delta(119, 125, &["a"], &["a", "e"])), Ok(125), "what is removed may come again");
    let mut gate = gate.restart();
    assert_eq!(gate.list(), (125, ids(&["c", "d", "a", "e"])));
    for old in [list(118, &["x"]), list(125, &["x"]), delta(118, 119, &[], &["x"]), delta(124, 125, &[], &["x"])] {
        assert_eq!(gate.take(&old), Err(Reason::Old), "{old}");
    }
    assert_eq!(gate.take(&list(126, &[])), Ok(126), "nobody is declared any more");
    assert_eq!(gate.restart().list(), (126, ids(&[])));
}

#[test]
fn a_change_that_does_not_fit_is_refused_and_health_says_what_is_needed() {
    let mut gate = Gate::new();
    assert_eq!(gate.take(&delta(1, 2, &[], &["a"])), Err(Reason::Gap));
    assert!(gate.trouble().contains("send a whole list"), "{}", gate.trouble());
    assert_eq!(gate.take(&list(10, &["a"])), Ok(10));
    assert_eq!(gate.trouble(), "");
    assert_eq!(gate.take(&delta(11, 12, &[], &["b"])), Err(Reason::Gap));
    assert!(gate.trouble().contains("builds on 11, and here is 10"), "{}", gate.trouble());
    assert_eq!(gate.take(&delta(10, 12, &["x"], &[])), Err(Reason::Gap), "it removes what is not there");
    assert_eq!(gate.take(&delta(10, 12, &[], &["a"])), Err(Reason::Gap), "it adds what is there");
    assert_eq!(gate.list(), (10, ids(&["a"])));
    assert_eq!(gate.take(&delta(10, 12, &[], &["b"])), Ok(12));
    assert_eq!(gate.trouble(), "");
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    let check = |message: Value, expect: &str| {
        let message: DeclaredMessage = serde_json::from_value(message).expect("it has the form");
        let refusal = message.change().expect_err("it makes no sense");
        assert_eq!(refusal.reason, Reason::Malformed);
        assert!(refusal.text.contains(expect), "{refusal}");
    };
    let with = |entry: Value| json!({ "version": 1, "entries": [{ "declaration_id": "a", "text": "12C1" }, entry] });
    check(json!({ "version": 0, "entries": [] }), "`version` is 0");
    check(json!({ "version": 9_007_199_254_740_992_u64, "entries": [] }), "2^53 - 1");
    check(json!({ "version": 1 }), "either `entries`");
    check(json!({ "version": 2, "base_version": 1 }), "either `entries`");
    check(json!({ "version": 2, "base_version": 1, "entries": [] }), "either `entries`");
    check(json!({ "version": 2, "entries": [], "add": [] }), "either `entries`");
    check(json!({ "version": 2, "base_version": 2, "add": [] }), "versions rise");
    check(with(json!({ "declaration_id": "b" })), "entries[1] has neither `text` nor `key`");
    check(with(json!({ "declaration_id": "", "text": "12C1" })), "1 to 128 bytes");
    check(with(json!({ "declaration_id": "b", "text": "..." })), "for a plate's text");
    check(with(json!({ "declaration_id": "b", "key": "VN 12C1" })), "for a plate's key");
    check(with(json!({ "declaration_id": "a", "text": "12-C1" })), "entries[1] is there twice");
    let (from, until) = ("2026-11-24T03:14:08.000Z", "2026-11-24T03:14:07.000Z");
    check(with(json!({ "declaration_id": "b", "key": "VN-12C1", "valid_from": "tomorrow" })), "for `valid_from`");
    let ends_first = json!({ "declaration_id": "b", "key": "VN-12C1", "valid_from": from, "valid_until": until });
    check(with(ends_first), "ends before it begins");
}

#[test]
fn a_torn_change_costs_itself_and_the_rest_is_kept_under_another_name() {
    let mut gate = Gate::new();
    assert_eq!(gate.take(&list(1, &["a"])), Ok(1));
    assert_eq!(gate.take(&delta(1, 2, &[], &["b"])), Ok(2));
    let file = fs::OpenOptions::new().write(true).open(gate.file()).expect("it is there");
    let length = file.metadata().expect("it has a length").len();
    file.set_len(length - 5).expect("it can be cut");
    let mut gate = gate.restart();
    assert_eq!(gate.list(), (1, ids(&["a"])));
    assert!(gate.trouble().contains("set aside as"), "{}", gate.trouble());
    assert_eq!(gate.take(&delta(1, 2, &[], &["b"])), Err(Reason::Old), "it was taken once");
    assert_eq!(gate.take(&delta(1, 3, &[], &["c"])), Ok(3));
    assert_eq!(gate.restart().list(), (3, ids(&["a", "c"])));
}

#[test]
fn a_list_that_is_lost_with_its_file_may_come_once_more_and_an_older_one_may_not() {
    let mut gate = Gate::new();
    assert_eq!(gate.take(&list(7, &["a"])), Ok(7));
    let bytes = fs::read(gate.file()).expect("it is there");
    for damaged in [&b""[..], b"{", &bytes[..bytes.len() / 2], b"\xff\x00\n\t\n"] {
        fs::write(gate.file(), damaged).expect("it can be written");
        gate = gate.restart();
        assert_eq!(gate.store.view().newest().list(), None);
        assert_eq!(gate.take(&list(6, &["x"])), Err(Reason::Old));
        assert_eq!(gate.take(&list(7, &["a"])), Ok(7));
        assert_eq!(gate.take(&list(7, &["a"])), Err(Reason::Old));
    }
}

#[test]
fn an_altered_file_is_not_believed() {
    let mut gate = Gate::new();
    assert_eq!(gate.take(&list(7, &["a"])), Ok(7));
    let text = fs::read_to_string(gate.file()).expect("it is there");
    fs::write(gate.file(), text.replace("12C-123.45", "12C-123.46")).expect("it can be written");
    assert_eq!(gate.restart().store.view().newest().list(), None);
}

#[test]
fn changes_do_not_make_the_file_grow_without_end() {
    let mut gate = Gate::new();
    assert_eq!(gate.take(&list(1, &["a"])), Ok(1));
    let long = "x".repeat(100);
    let ids = |version: u64| (0..200).map(|n| format!("{version}-{n}{long}")).collect::<Vec<_>>();
    for version in 2..60_u64 {
        let (before, new) = (ids(version - 1), ids(version));
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        let new: Vec<&str> = new.iter().map(String::as_str).collect();
        let remove = if version == 2 { &[][..] } else { &before };
        assert_eq!(gate.take(&delta(version - 1, version, remove, &new)), Ok(version));
    }
    let length = fs::metadata(gate.file()).expect("it is there").len();
    assert!(length < (1 << 20) + 100_000, "{length}");
    let gate = gate.restart();
    assert_eq!((gate.list().0, gate.list().1.len()), (59, 201));
}

#[test]
fn a_disk_that_refuses_keeps_the_list_in_use() {
    let mut gate = Gate::new();
    assert_eq!(gate.take(&list(1, &["a"])), Ok(1));
    fs::remove_file(gate.file()).expect("it is there");
    fs::create_dir(gate.file()).expect("it can be made");
    assert_eq!(gate.take(&list(2, &["b"])), Err(Reason::Refused));
    assert_eq!(gate.list(), (1, ids(&["a"])));
}
