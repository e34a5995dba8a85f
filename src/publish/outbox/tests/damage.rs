//! Whatever happened to the file: nothing is overwritten, and what is what was written goes on.

use proptest::prelude::*;

use super::*;

/// Damages the pages behind the first of an outbox file.
fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).expect("it is there");
    assert!(bytes.len() > 8192, "{} bytes", bytes.len());
    bytes[4096..8192].fill(0x5a);
    std::fs::write(path, bytes).expect("there is space");
}

fn set_aside(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut aside: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    aside.retain(|name| name.contains("damaged") && !name.ends_with("-wal"));
    aside.sort();
    aside
}

#[test]
fn a_damaged_outbox_is_set_aside_and_what_can_be_read_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 40);
    // The table's root page leads to pages that are sound; only the chain's own page is destroyed.
    alter(&path, "PRAGMA writable_schema = ON; UPDATE chain SET last_hash = 'x';");
    let outbox = open(&path);
    assert_eq!(seqs(&outbox), (1..=40).collect::<Vec<_>>());
    let told = alarm_of(&outbox).expect("it is told");
    assert!(told.contains("40 events could be saved") && told.contains("a gap of up to 1,000"), "{told}");
    assert_eq!(set_aside(folder.path()).len(), 1);
    let next = outbox.commit(&event(9), noon()).expect("there is space");
    assert_eq!(next.seq, 1001);
    drop(outbox);
    assert_eq!(open(&path).last_seq().expect("it can be read"), 1001, "the next start finds nothing wrong");
    assert_eq!(set_aside(folder.path()).len(), 1);
}

#[test]
fn events_that_damage_has_altered_are_not_delivered_as_if_they_were_true() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 3);
    alter(
        &path,
        "UPDATE event SET json = replace(json, '12C12345', '12C12346') WHERE seq = 2; UPDATE chain SET last_seq = 1;",
    );
    let outbox = open(&path);
    assert_eq!(seqs(&outbox), [1, 3]);
    assert!(alarm_of(&outbox).expect("it is told").contains("2 events could be saved"));
}

#[test]
fn a_file_that_is_no_database_is_set_aside_and_nothing_else_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 3);
    std::fs::write(&path, vec![0x5a; 20_000]).expect("there is space");
    let outbox = open(&path);
    assert_eq!(outbox.commit(&event(1), noon()).expect("there is space").seq, 1001);
    assert!(alarm_of(&outbox).is_some());
    assert_eq!(set_aside(folder.path()).len(), 1);
}

#[test]
fn damage_that_shows_while_it_is_in_use_stops_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    filled(&path, 200);
    let outbox = open(&path);
    {
        let inside = outbox.0.inside();
        inside.database.pragma_update(None, "cache_size", 0).expect("a setting");
        inside.database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA shrink_memory").expect("a checkpoint");
    }
    damage(&path);
    let committed: Vec<u64> = (0..3).map(|_| outbox.commit(&event(1), noon()).expect("it goes on").seq).collect();
    drop(queue(&outbox).after(0, 1000).expect("it goes on"));
    assert!(committed.windows(2).all(|pair| pair[0] < pair[1]) && committed[0] > 200, "{committed:?}");
    drop(outbox);
    assert!(open(&path).last_seq().expect("it can be read") >= committed[2]);
}

/// Opens `bytes` as an outbox: it is refused and stays as it was, or can be used. Damaged bytes are set aside, whole.
fn try_bytes(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    std::fs::write(&path, bytes).expect("there is space");
    match Outbox::open(&path, settings(&path)) {
        Ok(outbox) => {
            if let Some(aside) = set_aside(folder.path()).first() {
                assert!(std::fs::read(folder.path().join(aside)).expect("it is there") == bytes, "it was written to");
            }
            outbox.commit(&event(1), noon()).expect("an outbox that could be opened takes events");
            let first = queue(&outbox).after(0, 1).expect("and gives them")[0].seq;
            settle(&outbox, &[first]);
        }
        Err(error) => {
            assert!(error.to_string().contains("outbox.db"), "{error}");
            assert!(std::fs::read(&path).expect("it is there") == bytes, "{error}");
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
    fn no_damage_to_an_outbox_panics_or_is_overwritten(
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
