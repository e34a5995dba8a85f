//! An event's place in the gate's chain: its number, the hash of the event before it, and the gate's signature.

use super::event::{PlateEvent, mark_historical};
use crate::proof::{Canonical, DeviceKey, GENESIS};

/// An event as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    /// The event as JSON, signed.
    pub(super) json: String,
    /// What the next event names as the one before it.
    pub(super) hash: String,
}

/// Puts `event` into the chain behind the event with the hash `previous`, as number `seq`.
pub(super) fn seal(event: PlateEvent, seq: u64, previous: &str, key: &DeviceKey) -> serde_json::Result<Sealed> {
    let mut event = PlateEvent { seq, prev_hash: previous.to_owned(), signature: String::new(), ..event };
    let unsigned = serde_json::to_vec(&event)?;
    let canonical = Canonical::read(&unsigned).map_err(serde::ser::Error::custom)?;
    event.signature = key.sign(&canonical.signed_bytes());
    Ok(Sealed { json: serde_json::to_string(&event)?, hash: canonical.hash() })
}

/// `json` marked as historical and signed again, every other byte kept. An event of another version of the program that
/// has no signature gets none.
pub(super) fn sealed_as_historical(json: &str, key: &DeviceKey) -> String {
    let marked = mark_historical(json);
    signed_again(&marked, key).unwrap_or(marked)
}

fn signed_again(json: &str, key: &DeviceKey) -> Option<String> {
    let canonical = Canonical::read(json.as_bytes()).ok()?;
    let old = canonical.field("signature")?.as_str()?;
    // A quote inside a text is escaped, so only the field itself looks like this, and it is the last one.
    let at = json.rfind(&format!(r#""signature":"{old}""#))?;
    let (before, after) = json.split_at(at);
    let signature = key.sign(&canonical.signed_bytes());
    Some(format!("{before}{}", after.replacen(old, &signature, 1)))
}

/// The chain of a replay, which has no outbox: numbered from 1, signed with a key that everybody knows, so that a replay
/// gives the same bytes everywhere and proves nothing.
#[derive(Debug)]
pub struct ReplayChain {
    seq: u64,
    hash: String,
    key: DeviceKey,
}

impl Default for ReplayChain {
    fn default() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned(), key: DeviceKey::from_seed(b"gatelpr replay, known to anybody") }
    }
}

impl ReplayChain {
    /// The next event as JSON.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn seal(&mut self, event: PlateEvent) -> serde_json::Result<String> {
        self.seq += 1;
        let Sealed { json, hash } = seal(event, self.seq, &self.hash, &self.key)?;
        self.hash = hash;
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_passages::event;
    use super::*;

    #[test]
    fn a_sealed_event_verifies_and_so_does_it_when_it_is_late() {
        let key = DeviceKey::from_seed(&[7; 32]);
        let sealed = seal(event(1), 5, GENESIS, &key).expect("an event has a JSON form");
        let late = sealed_as_historical(&sealed.json, &key);
        assert_ne!(sealed.json, late);
        for json in [&sealed.json, &late] {
            let canonical = Canonical::read(json.as_bytes()).expect("an event");
            let read: PlateEvent = serde_json::from_str(json).expect("an event");
            assert!(key.public().has_signed(&canonical.signed_bytes(), &read.signature));
            assert_eq!((read.seq, read.prev_hash.as_str(), canonical.hash()), (5, GENESIS, sealed.hash.clone()));
        }
    }

    #[test]
    fn what_another_program_stored_is_marked_and_never_fails() {
        let key = DeviceKey::from_seed(&[7; 32]);
        assert_eq!(sealed_as_historical(r#"{"historical":false}"#, &key), r#"{"historical":true}"#);
        assert_eq!(sealed_as_historical("no json", &key), "no json");
    }
}
