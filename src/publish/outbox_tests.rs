use proptest::prelude::*;

use super::super::test_passages::event;
use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a valid time")
}

fn noon() -> Timestamp {
    at("2026-11-24T12:00:00Z")
}

fn seqs(outbox: &Outbox) -> Vec<u64> {
    outbox.after(0, 1000).expect("the outbox can be read").iter().map(|event| event.seq).collect()
}

/// An outbox file with `count` events in it, closed.
fn filled(path: &Path, count: u64) {
    let outbox = Outbox::open(path).expect("a new outbox");
    for track in 1..=count {
        outbox.commit(event(track), noon()).expect("there is space");
    }
}

fn refused(path: &Path) -> String {
    Outbox::open(path).expect_err("this is no usable outbox").to_string()
}

#[test]
fn events_come_out_in_order_and_leave_only_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = Outbox::open(&folder.path().join("outbox.db")).expect("a new outbox");
    for track in 1..=3 {
        outbox.commit(event(track), noon()).expect("there is space");
    }
    assert_eq!((seqs(&outbox), outbox.depth()), (vec![1, 2, 3], 3));
    outbox.delete(&[2]).expect("it can be deleted");
    outbox.delete(&[2, 99]).expect("what is gone needs no deleting");
    assert_eq!((seqs(&outbox), outbox.depth()), (vec![1, 3], 2));
    assert_eq!(outbox.after(1, 10).expect("the outbox can be read")[0].seq, 3);
    assert_eq!(outbox.after(0, 1).expect("the outbox can be read").len(), 1);
}

#[test]
fn what_is_stored_is_the_event_under_its_number_and_topic() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = Outbox::open(&folder.path().join("outbox.db")).expect("a new outbox");
    let stored = outbox.commit(event(7), noon()).expect("there is space");
    let read: PlateEvent = serde_json::from_str(&stored.json).expect("an event");
    assert_eq!((stored.seq, stored.topic.as_str()), (1, "lane/in-2/passage"));
    assert_eq!(read, PlateEvent { seq: 1, ..event(7) });
    assert_eq!(outbox.after(0, 1).expect("the outbox can be read"), [stored]);
}

#[test]
fn numbers_go_on_after_a_restart_even_when_all_was_delivered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 2);
    let outbox = Outbox::open(&path).expect("a known outbox");
    assert_eq!((seqs(&outbox), outbox.depth()), (vec![1, 2], 2));
    outbox.delete(&[1, 2]).expect("they can be deleted");
    drop(outbox);
    let outbox = Outbox::open(&path).expect("a known outbox");
    assert_eq!(outbox.depth(), 0);
    assert_eq!(outbox.commit(event(3), noon()).expect("there is space").seq, 3);
}

#[test]
fn what_was_committed_survives_a_process_that_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let outbox = Outbox::open(&path).expect("a new outbox");
    outbox.commit(event(1), noon()).expect("there is space");
    // A killed process closes nothing, so what counts is what the files hold at this moment.
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).expect("the file is there");
    std::fs::copy(folder.path().join("outbox.db-wal"), folder.path().join("copy.db-wal")).expect("the log is there");
    assert_eq!(seqs(&Outbox::open(&copy).expect("a known outbox")), [1]);
}

#[test]
fn the_age_is_that_of_the_oldest_event_and_never_negative() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = Outbox::open(&folder.path().join("outbox.db")).expect("a new outbox");
    let age = |now: &str| outbox.oldest_age(at(now)).expect("the outbox can be read");
    assert_eq!(age("2026-11-24T12:00:00Z"), None);
    outbox.commit(event(1), noon()).expect("there is space");
    outbox.commit(event(2), at("2026-11-24T12:00:30Z")).expect("there is space");
    assert_eq!(age("2026-11-24T12:01:00Z"), Some(Duration::from_secs(60)));
    assert_eq!(age("2026-11-24T11:00:00Z"), Some(Duration::ZERO));
}

#[test]
fn a_second_process_cannot_use_the_same_outbox() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let first = Outbox::open(&path).expect("a new outbox");
    first.commit(event(1), noon()).expect("there is space");
    let error = refused(&path);
    assert!(error.contains("no other gatelpr may use it"), "{error}");
    assert_eq!(first.commit(event(2), noon()).expect("the first is not disturbed").seq, 2);
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

#[test]
fn a_counter_behind_the_events_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 3);
    Connection::open(&path).and_then(|db| db.execute_batch("UPDATE counter SET last_seq = 2")).expect("a database");
    let error = refused(&path);
    assert!(error.contains("counter") && error.contains("left as it is"), "{error}");
}

/// Opens `bytes` as an outbox: an error, and the file as it was, or an outbox that can be tried.
fn try_bytes(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    std::fs::write(&path, bytes).expect("there is space");
    match Outbox::open(&path) {
        Ok(outbox) => {
            drop(outbox.after(0, 10));
            drop(outbox.commit(event(1), noon()));
            drop(outbox.delete(&[1]));
        }
        Err(error) => {
            assert!(error.to_string().contains("outbox.db"), "{error}");
            assert_eq!(std::fs::read(&path).expect("it is there"), bytes, "{error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_in_the_place_of_an_outbox_panic_or_are_overwritten(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
        try_bytes(&bytes);
    }

    #[test]
    fn no_damage_to_an_outbox_panics_or_is_overwritten_when_refused(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        in_header in any::<bool>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("whole.db");
        filled(&path, 3);
        let mut bytes = std::fs::read(&path).expect("it is there");
        for (index, byte) in damage {
            let at = index.index(if in_header { 100 } else { bytes.len() });
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        try_bytes(&bytes);
    }
}
