//! Events found in the bytes of a damaged database and its log, whatever SQLite makes of them. A row of usual size stands
//! whole in one page, and the gate's signature tells an event from what only looks like one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::StoredEvent;
use crate::proof::canonical::SIGNATURE;
use crate::proof::{Canonical, PublicKey};
use crate::publish::event::PlateEvent;
use crate::publish::topics;

/// What the JSON of every event begins with.
const BEGINNING: &[u8] = br#"{"schema":"#;

/// What it ends with: the end of a signature.
const END: &[u8] = br#"=="}"#;

/// The longest event that is looked for, in bytes. What is longer than a page does not stand whole in one.
const LONGEST: usize = 64 * 1024;

/// An event that was found, with what the chain says of it.
struct Found {
    event: StoredEvent,
    hash: String,
    previous: String,
}

/// The events in these files that `key` has signed, one under each number. Of two under one number the one counts that the
/// next event names; if none does, neither is told: one of them was never committed.
pub(super) fn signed_events(files: &[&Path], key: &PublicKey, now: Timestamp) -> Vec<StoredEvent> {
    let mut by_number: BTreeMap<u64, Vec<Found>> = BTreeMap::new();
    for file in files {
        // A file that cannot be read holds nothing for us.
        for found in fs::read(file).map(|bytes| in_bytes(&bytes, key, now)).unwrap_or_default() {
            let others = by_number.entry(found.event.seq).or_default();
            if others.iter().all(|other| other.hash != found.hash) {
                others.push(found);
            }
        }
    }
    let named: BTreeSet<String> = by_number.values().flatten().map(|found| found.previous.clone()).collect();
    let the_one = |mut found: Vec<Found>| {
        if found.len() > 1 {
            found.retain(|found| named.contains(&found.hash));
        }
        if found.len() == 1 { found.pop().map(|found| found.event) } else { None }
    };
    by_number.into_values().filter_map(the_one).collect()
}

fn in_bytes(bytes: &[u8], key: &PublicKey, now: Timestamp) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = position(&bytes[from..], BEGINNING).map(|at| from + at) {
        from = start + BEGINNING.len();
        let reach = &bytes[start..bytes.len().min(start + LONGEST)];
        let Some(length) = position(reach, END).map(|at| at + END.len()) else { continue };
        if let Some(event) = signed_event(&reach[..length], key, now) {
            found.push(event);
            from = start + length;
        }
    }
    found
}

fn position(bytes: &[u8], words: &[u8]) -> Option<usize> {
    bytes.windows(words.len()).position(|window| window == words)
}

fn signed_event(json: &[u8], key: &PublicKey, now: Timestamp) -> Option<Found> {
    let canonical = Canonical::read(json).ok()?;
    let signature = canonical.field(SIGNATURE)?.as_str()?;
    if !key.has_signed(&canonical.signed_bytes(), signature) {
        return None;
    }
    let event: PlateEvent = serde_json::from_slice(json).ok()?;
    let stored = StoredEvent {
        seq: event.seq,
        topic: topics::passage(&event.lane),
        json: String::from_utf8(json.to_vec()).ok()?,
        committed_at: now,
    };
    Some(Found { event: stored, hash: canonical.hash(), previous: event.prev_hash })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{DeviceKey, GENESIS};
    use crate::publish::sealing::seal;
    use crate::publish::test_passages::event;

    fn found(bytes: &[&[u8]], key: &DeviceKey) -> Vec<u64> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("bytes");
        fs::write(&file, bytes.concat()).expect("there is space");
        signed_events(&[&file], &key.public(), Timestamp::UNIX_EPOCH).iter().map(|event| event.seq).collect()
    }

    #[test]
    fn whole_events_are_found_between_anything_and_altered_or_foreign_ones_are_not() {
        let (key, other) = (DeviceKey::from_seed(&[1; 32]), DeviceKey::from_seed(&[2; 32]));
        let one = seal(event(1), 1, GENESIS, &key).expect("JSON");
        let two = seal(event(2), 2, &one.hash, &key).expect("JSON");
        let foreign = seal(event(3), 3, &two.hash, &other).expect("JSON");
        let altered = two.json.replace("12C12345", "12C12346");
        let noise: &[u8] = b"\x00\xff{\"schema\":1,";
        let bytes = [noise, one.json.as_bytes(), noise, &two.json.as_bytes()[..200], noise, two.json.as_bytes()];
        assert_eq!(found(&bytes, &key), [1, 2]);
        assert_eq!(found(&[foreign.json.as_bytes(), altered.as_bytes()], &key), Vec::<u64>::new());
    }

    #[test]
    fn of_two_events_under_one_number_the_one_in_the_chain_counts() {
        let key = DeviceKey::from_seed(&[1; 32]);
        let one = seal(event(1), 1, GENESIS, &key).expect("JSON");
        let never_committed = seal(event(7), 1, GENESIS, &key).expect("JSON");
        let two = seal(event(2), 2, &one.hash, &key).expect("JSON");
        let both = [never_committed.json.as_bytes(), one.json.as_bytes()];
        assert_eq!(found(&both, &key), Vec::<u64>::new());
        assert_eq!(found(&[both[0], both[1], two.json.as_bytes()], &key), [1, 2]);
    }
}
