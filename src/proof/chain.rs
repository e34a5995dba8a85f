//! What a file of events proves: pure, from event to event, with no network and no clock.
//!
//! Events come in any order and any number of times. Each is checked by itself (its form and its signature) and then with its
//! neighbours by number: every number once, each naming the hash of the one before it.

use std::collections::BTreeMap;
use std::fmt;

use super::canonical::{Canonical, GENESIS, SIGNATURE};
use super::keyring::TrustedKey;

/// One gate's events under examination.
#[derive(Debug)]
pub struct ChainCheck {
    keys: Vec<TrustedKey>,
    gates: BTreeMap<String, Gate>,
    faults: Vec<Fault>,
    remarks: Remarks,
    events: u64,
}

#[derive(Debug, Default)]
struct Gate {
    links: BTreeMap<u64, Link>,
    highest: u64,
}

#[derive(Debug)]
struct Link {
    place: u64,
    hash: String,
    previous: String,
}

/// Something that must not be. `place` is the line of the file, or the number of the message, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is no event.
    Unreadable {
        /// Where.
        place: u64,
        /// Why.
        why: String,
    },
    /// It is not what the gate signed.
    Altered {
        /// Where.
        place: u64,
        /// Its number.
        seq: u64,
        /// What shows it.
        why: &'static str,
    },
    /// Two different events have one number.
    Contradicting {
        /// Where the second is.
        place: u64,
        /// Their number.
        seq: u64,
        /// Where the first is.
        first_place: u64,
    },
    /// Numbers are not there.
    Missing {
        /// The gate.
        gate: String,
        /// The first.
        from_seq: u64,
        /// The last.
        to_seq: u64,
    },
    /// It does not follow the event before it.
    Unlinked {
        /// Where.
        place: u64,
        /// Its number.
        seq: u64,
        /// What shows it.
        why: &'static str,
    },
}

/// What may be, since delivery is at least once, but is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks {
    /// How many events came again, unaltered.
    pub repeated: u64,
    /// The first of them: where, and its number.
    pub first_repeated: Option<(u64, u64)>,
    /// How many events came after one with a higher number, repeats left out.
    pub out_of_order: u64,
    /// The first of them: where, and its number.
    pub first_out_of_order: Option<(u64, u64)>,
}

/// What the events prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The numbers that are there, per gate (`site/gate`): first and last.
    pub gates: BTreeMap<String, (u64, u64)>,
    /// How many events were looked at, repeats included.
    pub events: u64,
    /// What must not be, in the order of the file, missing numbers last.
    pub faults: Vec<Fault>,
    /// What may be.
    pub remarks: Remarks,
}

impl ChainCheck {
    /// Nothing looked at yet; events must be signed with one of `keys`.
    #[must_use]
    pub fn new(keys: Vec<TrustedKey>) -> Self {
        Self { keys, gates: BTreeMap::new(), faults: Vec::new(), remarks: Remarks::default(), events: 0 }
    }

    /// Looks at the event at `place`. What is wrong with it is in the verdict too.
    pub fn take(&mut self, place: u64, json: &[u8]) -> Option<&Fault> {
        self.events += 1;
        match self.examine(place, json) {
            Ok(()) => None,
            Err(fault) => {
                self.faults.push(fault);
                self.faults.last()
            }
        }
    }

    fn examine(&mut self, place: u64, json: &[u8]) -> Result<(), Fault> {
        let unreadable = |why: String| Fault::Unreadable { place, why };
        let event = Canonical::read(json).map_err(|error| unreadable(error.to_string()))?;
        let text = |name| event.field(name).and_then(serde_json::Value::as_str);
        let seq = event.field("seq").and_then(serde_json::Value::as_u64).filter(|seq| *seq > 0);
        let (Some(seq), Some(site), Some(gate)) = (seq, text("site"), text("gate")) else {
            return Err(unreadable("it has no `seq`, `site` and `gate`, so it is no event".to_owned()));
        };
        let Some(signature) = text(SIGNATURE) else {
            return Err(Fault::Altered { place, seq, why: "it has no signature" });
        };
        self.check_signature(place, seq, &event.signed_bytes(), signature)?;
        let link = Link { place, hash: event.hash(), previous: text("prev_hash").unwrap_or_default().to_owned() };
        self.put(format!("{site}/{gate}"), seq, link)
    }

    fn check_signature(&self, place: u64, seq: u64, signed: &[u8], signature: &str) -> Result<(), Fault> {
        let altered = |why| Fault::Altered { place, seq, why };
        let mut signers = self.keys.iter().filter(|trusted| trusted.key.has_signed(signed, signature)).peekable();
        if signers.peek().is_none() {
            return Err(altered("its signature is of none of the trusted keys"));
        }
        if signers.all(|signer| signer.before_seq.is_some_and(|before| seq >= before)) {
            return Err(altered("it is signed with a key that was not in use any more"));
        }
        Ok(())
    }

    fn put(&mut self, gate: String, seq: u64, link: Link) -> Result<(), Fault> {
        let place = link.place;
        let gate = self.gates.entry(gate).or_default();
        if let Some(first) = gate.links.get(&seq) {
            if first.hash != link.hash {
                return Err(Fault::Contradicting { place, seq, first_place: first.place });
            }
            self.remarks.repeated += 1;
            self.remarks.first_repeated.get_or_insert((place, seq));
            return Ok(());
        }
        if seq < gate.highest {
            self.remarks.out_of_order += 1;
            self.remarks.first_out_of_order.get_or_insert((place, seq));
        }
        gate.highest = gate.highest.max(seq);
        gate.links.insert(seq, link);
        Ok(())
    }

    /// What all of them prove together.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        let Self { gates, mut faults, remarks, events, .. } = self;
        let mut ranges = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, gate) in gates {
            let (Some(first), Some(last)) = (gate.links.keys().next(), gate.links.keys().next_back()) else { continue };
            ranges.insert(name.clone(), (*first, *last));
            for ((seq, link), (next_seq, next)) in gate.links.iter().zip(gate.links.iter().skip(1)) {
                if *next_seq != seq + 1 {
                    missing.push(Fault::Missing { gate: name.clone(), from_seq: seq + 1, to_seq: next_seq - 1 });
                } else if next.previous != link.hash {
                    faults.push(unlinked(*next_seq, next));
                }
            }
        }
        faults.sort_by_key(Fault::place);
        faults.extend(missing);
        Verdict { gates: ranges, events, faults, remarks }
    }
}

fn unlinked(seq: u64, link: &Link) -> Fault {
    let why = if link.previous == GENESIS {
        "a new chain begins here, although the event before it is known"
    } else {
        "its `prev_hash` is not that of the event before it"
    };
    Fault::Unlinked { place: link.place, seq, why }
}

impl Fault {
    fn place(&self) -> u64 {
        match self {
            Self::Unreadable { place, .. }
            | Self::Altered { place, .. }
            | Self::Contradicting { place, .. }
            | Self::Unlinked { place, .. } => *place,
            Self::Missing { .. } => u64::MAX,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { place, why } => write!(f, "line {place}: unreadable: {why}"),
            Self::Altered { place, seq, why } => write!(f, "line {place}: event {seq} is altered: {why}"),
            Self::Contradicting { place, seq, first_place } => {
                write!(f, "line {place}: event {seq} is altered: line {first_place} has another event with this number")
            }
            Self::Missing { gate, from_seq, to_seq } if from_seq == to_seq => {
                write!(f, "event {from_seq} of {gate} is missing")
            }
            Self::Missing { gate, from_seq, to_seq } => {
                write!(f, "events {from_seq} to {to_seq} of {gate} are missing")
            }
            Self::Unlinked { place, seq, why } => write!(f, "line {place}: event {seq} does not follow: {why}"),
        }
    }
}

impl Verdict {
    /// Whether the events are complete between their first and last, and unaltered.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether, besides, none was repeated or out of order.
    #[must_use]
    pub fn is_strictly_right(&self) -> bool {
        self.is_right() && self.remarks == Remarks::default()
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
