mod damage;

use rusqlite::Connection;

use super::super::test_passages::event;
use super::database::APPLICATION;
use super::*;
use crate::proof::GENESIS;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a valid time")
}

fn noon() -> Timestamp {
    at("2026-11-24T12:00:00Z")
}

fn key() -> DeviceKey {
    DeviceKey::from_seed(&[1; 32])
}

fn settings(path: &Path) -> OutboxSettings {
    OutboxSettings::new(key(), path.parent().expect("it has a folder"))
}

fn open(path: &Path) -> Outbox {
    Outbox::open(path, settings(path)).expect("a usable outbox")
}

fn queue(outbox: &Outbox) -> OutboxQueue {
    outbox.queue(Destination::Broker)
}

fn waiting(outbox: &Outbox) -> Vec<StoredEvent> {
    queue(outbox).after(0, 1000).expect("the outbox can be read")
}

fn seqs(outbox: &Outbox) -> Vec<u64> {
    waiting(outbox).iter().map(|event| event.seq).collect()
}

fn fill(outbox: &Outbox, count: u64) {
    for track in 1..=count {
        outbox.commit(&event(track), noon()).expect("there is space");
    }
}

fn settle(outbox: &Outbox, seqs: &[u64]) {
    queue(outbox).settle(seqs, noon()).expect("they can be settled");
}

/// An outbox file with `count` events in it, closed.
fn filled(path: &Path, count: u64) {
    fill(&open(path), count);
}

fn refused(path: &Path) -> String {
    Outbox::open(path, settings(path)).expect_err("this is no usable outbox").to_string()
}

fn alter(path: &Path, sql: &str) {
    Connection::open(path).and_then(|db| db.execute_batch(sql)).expect("a database");
}

fn alarm_of(outbox: &Outbox) -> Option<String> {
    outbox.0.settings.alarms.standing().first().map(|alarm| alarm.text.clone())
}

#[test]
fn events_come_out_in_order_and_leave_only_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = open(&folder.path().join("outbox.db"));
    fill(&outbox, 3);
    assert_eq!((seqs(&outbox), queue(&outbox).depth()), (vec![1, 2, 3], 3));
    settle(&outbox, &[2]);
    settle(&outbox, &[2, 99]);
    assert_eq!((seqs(&outbox), queue(&outbox).depth()), (vec![1, 3], 2));
    assert_eq!(queue(&outbox).after(1, 10).expect("the outbox can be read")[0].seq, 3);
    assert_eq!(queue(&outbox).after(0, 1).expect("the outbox can be read").len(), 1);
}

#[test]
fn what_is_stored_is_the_signed_event_under_its_number_and_topic() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = open(&folder.path().join("outbox.db"));
    let stored = outbox.commit(&event(7), noon()).expect("there is space");
    let read: PlateEvent = serde_json::from_str(&stored.json).expect("an event");
    assert_eq!((stored.seq, stored.topic.as_str()), (1, "lane/in-2/passage"));
    assert_eq!((read.prev_hash.as_str(), read.signature.len()), (GENESIS, 96));
    assert_eq!(
        PlateEvent { prev_hash: String::new(), signature: String::new(), ..read },
        PlateEvent { seq: 1, ..event(7) }
    );
    assert_eq!(waiting(&outbox), [stored]);
}

#[test]
fn events_form_a_chain_over_restarts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 3);
    filled(&path, 3);
    let trusted = crate::proof::TrustedKey { key: key().public(), before_seq: None };
    let mut check = crate::proof::ChainCheck::new(vec![trusted]);
    for event in waiting(&open(&path)) {
        check.take(event.seq, event.json.as_bytes());
    }
    let verdict = check.verdict();
    assert!(verdict.is_strictly_right() && verdict.events == 6, "{verdict:?}");
}

#[test]
fn numbers_go_on_after_a_restart_even_when_all_was_delivered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 2);
    let outbox = open(&path);
    assert_eq!((seqs(&outbox), queue(&outbox).depth()), (vec![1, 2], 2));
    settle(&outbox, &[1, 2]);
    drop(outbox);
    let outbox = open(&path);
    assert_eq!(queue(&outbox).depth(), 0);
    assert_eq!(outbox.commit(&event(3), noon()).expect("there is space").seq, 3);
}

#[test]
fn numbers_never_repeat_even_if_the_database_is_deleted_or_an_old_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 2);
    let copy = std::fs::read(&path).expect("it is there");
    std::fs::remove_file(&path).expect("it is there");
    let outbox = open(&path);
    assert_eq!(outbox.commit(&event(3), noon()).expect("there is space").seq, 1001, "the bound beside it is 1,000");
    assert!(alarm_of(&outbox).expect("it is told").contains("go on at 1001"));
    drop(outbox);
    std::fs::write(&path, copy).expect("there is space");
    assert_eq!(open(&path).commit(&event(3), noon()).expect("there is space").seq, 2001);
}

#[test]
fn numbers_that_were_delivered_never_repeat_even_if_the_old_copy_is_a_young_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 2);
    let copy = std::fs::read(&path).expect("it is there");
    let outbox = open(&path);
    fill(&outbox, 3);
    settle(&outbox, &[1, 2, 3, 4, 5]);
    drop(outbox);
    std::fs::write(&path, copy).expect("there is space");
    let outbox = open(&path);
    assert_eq!(outbox.commit(&event(3), noon()).expect("there is space").seq, 1001);
    assert!(alarm_of(&outbox).expect("it is told").contains("older than the events that were sent"));
}

#[test]
fn a_damaged_number_in_the_archive_does_not_carry_numbering_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let outbox = open(&path);
    fill(&outbox, 1);
    outbox.0.settings.archive.append([r#"{"schema":1,"seq":99999999}"#].into_iter(), noon()).expect("there is space");
    drop(outbox);
    assert_eq!(open(&path).commit(&event(3), noon()).expect("there is space").seq, 1001);
}

#[test]
fn each_destination_has_its_own_and_an_event_goes_when_all_have_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let both = Destinations::broker().and(Destination::Webhook);
    let outbox = Outbox::open(&path, OutboxSettings { destinations: both, ..settings(&path) }).expect("a new outbox");
    fill(&outbox, 2);
    settle(&outbox, &[1, 2]);
    let webhook = outbox.queue(Destination::Webhook);
    assert_eq!((queue(&outbox).depth(), webhook.depth(), outbox.queue(Destination::Mirrors).depth()), (0, 2, 0));
    assert_eq!((seqs(&outbox).len(), webhook.after(0, 9).expect("it can be read").len()), (0, 2));
    webhook.settle(&[1], noon()).expect("it can be settled");
    drop((outbox, webhook));
    let outbox = open(&path);
    assert_eq!(outbox.queue(Destination::Webhook).depth(), 0, "a webhook that is gone is owed nothing");
}

#[test]
fn what_was_delivered_is_in_the_archive_once_and_can_be_sent_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = open(&folder.path().join("outbox.db"));
    fill(&outbox, 5);
    let all = waiting(&outbox);
    settle(&outbox, &[1, 2, 3]);
    let restored = outbox.restore(2, 5, noon()).expect("these were given");
    assert_eq!(restored, Restored { restored: 2, waiting: 2, missing: 0 });
    assert_eq!(waiting(&outbox), all[1..], "byte for byte");
    assert_eq!(outbox.restore(2, 2, noon()).expect("it waits"), Restored { restored: 0, waiting: 1, missing: 0 });
    settle(&outbox, &[2, 3, 4, 5]);
    let mut archived = Vec::new();
    outbox.0.settings.archive.find(0..=9, |seq, json| archived.push((seq, json.to_owned()))).expect("it can be read");
    assert_eq!(archived, all.iter().map(|event| (event.seq, event.json.clone())).collect::<Vec<_>>());
    for (from, to) in [(0, 1), (2, 1), (5, 6), (1, u64::MAX)] {
        let refused = outbox.restore(from, to, noon()).expect_err("there are no such events").to_string();
        assert!(refused.contains("the numbers 1 to 5"), "{refused}");
    }
    std::fs::remove_dir_all(folder.path().join("archive")).expect("it is there");
    assert_eq!(outbox.restore(1, 5, noon()).expect("these were given").missing, 5);
}

#[test]
fn receipts_become_one_range_and_tell_the_first_that_is_not_confirmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let outbox = open(&path);
    fill(&outbox, 10);
    assert_eq!(outbox.receipts().expect("it can be read"), Receipts::default());
    for (from, to) in [(3, 4), (8, 8), (3, 4), (5, 6)] {
        outbox.confirm(from, to).expect("these were given");
    }
    let expect = Receipts { first_confirmed: Some(3), first_unconfirmed: Some(7), unconfirmed: 3 };
    assert_eq!(outbox.receipts().expect("it can be read"), expect);
    outbox.confirm(10, 11).expect_err("11 was never given");
    outbox.confirm(7, 10).expect("these were given");
    drop(outbox);
    let expect = Receipts { first_confirmed: Some(3), first_unconfirmed: None, unconfirmed: 0 };
    assert_eq!(open(&path).receipts().expect("it can be read"), expect);
}

#[test]
fn an_archive_that_cannot_be_written_is_told_and_holds_nothing_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = open(&folder.path().join("outbox.db"));
    fill(&outbox, 2);
    std::fs::write(folder.path().join("archive"), "in the way").expect("there is space");
    settle(&outbox, &[1]);
    assert_eq!(seqs(&outbox), [2]);
    assert!(alarm_of(&outbox).expect("it is told").contains("not archived"));
    std::fs::remove_file(folder.path().join("archive")).expect("it is there");
    settle(&outbox, &[2]);
    assert_eq!(alarm_of(&outbox), None);
}

#[test]
fn events_of_an_old_outbox_are_signed_and_chained() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let old = |seq| serde_json::to_string(&PlateEvent { seq, ..event(seq) }).expect("JSON");
    let sql = format!(
        "CREATE TABLE event (seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, json TEXT NOT NULL, committed_ms INTEGER NOT NULL) STRICT;
         CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 0), last_seq INTEGER NOT NULL) STRICT;
         INSERT INTO counter VALUES (0, 7);
         INSERT INTO event VALUES (6, 'lane/in-2/passage', '{}', 0), (7, 'lane/in-2/passage', '{}', 0);
         PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 1;",
        old(6),
        old(7)
    );
    alter(&path, &sql);
    let outbox = open(&path);
    outbox.commit(&event(8), noon()).expect("there is space");
    let mut check =
        crate::proof::ChainCheck::new(vec![crate::proof::TrustedKey { key: key().public(), before_seq: None }]);
    waiting(&outbox).iter().for_each(|event| drop(check.take(event.seq, event.json.as_bytes()).cloned()));
    let verdict = check.verdict();
    assert!(verdict.is_strictly_right(), "{verdict:?}");
    assert_eq!(verdict.gates["huu-nghi/g1"], (6, 8));
}

#[test]
fn what_was_committed_survives_a_process_that_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let outbox = open(&path);
    outbox.commit(&event(1), noon()).expect("there is space");
    // A killed process closes nothing, so what counts is what the files hold at this moment.
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).expect("the file is there");
    std::fs::copy(folder.path().join("outbox.db-wal"), folder.path().join("copy.db-wal")).expect("the log is there");
    assert_eq!(seqs(&open(&copy)), [1]);
}

#[test]
fn the_age_is_that_of_the_oldest_event_and_never_negative() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = open(&folder.path().join("outbox.db"));
    let age = |now: &str| queue(&outbox).oldest_age(at(now)).expect("the outbox can be read");
    assert_eq!(age("2026-11-24T12:00:00Z"), None);
    outbox.commit(&event(1), noon()).expect("there is space");
    outbox.commit(&event(2), at("2026-11-24T12:00:30Z")).expect("there is space");
    assert_eq!(age("2026-11-24T12:01:00Z"), Some(Duration::from_secs(60)));
    assert_eq!(age("2026-11-24T11:00:00Z"), Some(Duration::ZERO));
}

#[test]
fn a_second_process_cannot_use_the_same_outbox() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let first = open(&path);
    first.commit(&event(1), noon()).expect("there is space");
    let error = refused(&path);
    assert!(error.contains("no other gatelpr may use it"), "{error}");
    assert_eq!(first.commit(&event(2), noon()).expect("the first is not disturbed").seq, 2);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = refused(Path::new("no-such-folder/outbox.db"));
    assert!(error.contains("no-such-folder/outbox.db") && error.contains("must exist"), "{error}");
}

#[test]
fn another_programs_database_is_refused_and_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    Connection::open(&path).and_then(|db| db.execute_batch("CREATE TABLE t (x)")).expect("a database");
    let before = std::fs::read(&path).expect("it is there");
    let error = refused(&path);
    assert!(error.contains("another program's database"), "{error}");
    assert_eq!(std::fs::read(&path).expect("it is there"), before);
}

#[test]
fn a_newer_version_is_refused_by_its_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 1);
    Connection::open(&path).and_then(|db| db.pragma_update(None, "user_version", 9)).expect("a database");
    let before = std::fs::read(&path).expect("it is there");
    let error = refused(&path);
    assert!(error.contains("version 9") && error.contains("newer program"), "{error}");
    assert_eq!(std::fs::read(&path).expect("it is there"), before);
}

#[test]
fn what_a_killed_newer_program_left_is_refused_and_its_log_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, log) = (folder.path().join("outbox.db"), folder.path().join("outbox.db-wal"));
    let newer = Connection::open(folder.path().join("newer.db")).expect("a database");
    newer.pragma_update(None, "journal_mode", "WAL").expect("a setting");
    newer.pragma_update(None, "application_id", APPLICATION).expect("a setting");
    newer.pragma_update(None, "user_version", 9).expect("a setting");
    std::fs::copy(folder.path().join("newer.db"), &path).expect("the file is there");
    std::fs::copy(folder.path().join("newer.db-wal"), &log).expect("the log is there");
    let before = [&path, &log].map(|file| std::fs::read(file).expect("it is there"));
    let error = refused(&path);
    assert!(error.contains("version 9"), "{error}");
    assert_eq!([&path, &log].map(|file| std::fs::read(file).expect("it is there")), before);
}
