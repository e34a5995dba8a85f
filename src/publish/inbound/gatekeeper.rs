//! Who is let in: size and rate at the door, then JSON and schema, signature, and the gate it is meant for.
//!
//! Not here: age, which only those know who remember what was taken last (`number_book`, `declared_store`).

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::InboundTopic;
use super::refusal::{Reason, Refusal};

use crate::plate::SiteName;
use crate::proof::{Canonical, PublicKey};
use crate::token_bucket::{Rate, TokenBucket};

/// A command is a few names; the longest is a trigger with all its fields.
pub(super) const MAX_COMMAND: usize = 16 * 1024;
/// A thousand ranges of numbers.
const MAX_RECEIPT: usize = 64 * 1024;

/// A bouncing loop, and 64 triggers may wait; in the long run a command every tenth of a second is more than any lane has.
const COMMANDS: Rate = Rate { at_once: 64, per_second: 10.0 };
/// A large list may come as a small one and hundreds of deltas; each is a durable write.
const LISTS: Rate = Rate { at_once: 300, per_second: 5.0 };
/// Platforms that confirm event by event, after an outage.
const RECEIPTS: Rate = Rate { at_once: 200, per_second: 50.0 };
/// Whoever floods a topic is told so now and then; an answer to each would double the flood.
const ANSWERS_TO_A_FLOOD: Rate = Rate { at_once: 3, per_second: 0.5 };

/// Stands at the door: size and rate. Costs nothing, so it is asked before a message waits for anything.
#[derive(Debug)]
pub struct Door {
    largest: [usize; 3],
    buckets: [TokenBucket; 3],
    answers: TokenBucket,
}

impl Door {
    /// A door that lets lists of at most `max_declared` bytes in.
    #[must_use]
    pub fn new(max_declared: usize) -> Self {
        let mut largest = [0; 3];
        largest[InboundTopic::Command.index()] = MAX_COMMAND;
        largest[InboundTopic::Declared.index()] = max_declared;
        largest[InboundTopic::Receipt.index()] = MAX_RECEIPT;
        let mut buckets = [COMMANDS; 3];
        buckets[InboundTopic::Declared.index()] = LISTS;
        buckets[InboundTopic::Receipt.index()] = RECEIPTS;
        let buckets = buckets.map(TokenBucket::full);
        Self { largest, buckets, answers: TokenBucket::full(ANSWERS_TO_A_FLOOD) }
    }

    /// Whether `bytes` may come in on `topic` at `now` (monotonic).
    ///
    /// # Errors
    /// [`Refusal`] when they are too many, or come too often.
    pub fn admit(&mut self, topic: InboundTopic, bytes: usize, now: Duration) -> Result<(), Refusal> {
        let largest = self.largest[topic.index()];
        // What is too large costs a token too, or a flood of large messages would be answered one by one.
        if !self.buckets[topic.index()].take(now) {
            let text = format!("too many messages on `{}`: wait a moment and send fewer", topic.name());
            return Err(Refusal::new(Reason::TooOften, text));
        }
        if bytes > largest {
            let text = format!("{bytes} bytes on `{}`, and {largest} are the most that is taken", topic.name());
            return Err(Refusal::new(Reason::TooLarge, text));
        }
        Ok(())
    }

    /// Whether a refusal at the door is answered.
    pub fn answers(&mut self, refusal: &Refusal, now: Duration) -> bool {
        refusal.reason != Reason::TooOften || self.answers.take(now)
    }
}

/// What can come in.
pub trait InboundMessage: DeserializeOwned {
    /// What it is, for messages to people.
    const WHAT: &'static str;
    /// Which gate it is meant for, if it says so.
    fn gate(&self) -> Option<&str>;
    /// Its signature, if it has one.
    fn signature(&self) -> Option<&str>;
    /// What is signed, where the message can tell without the text it came from. A list of 200,000 has a canonical form of
    /// 30 MB, but ten times as much is needed to find it from the text alone.
    fn signed_form(&mut self) -> Option<Vec<u8>> {
        None
    }
}

/// A message that was let in.
#[derive(Debug)]
pub struct Admitted<T> {
    /// What it says.
    pub message: T,
    /// The key that signed it; none where no key is trusted.
    pub signer: Option<Signer>,
}

/// The name of a trusted key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signer(pub String);

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads what was let in at the door.
#[derive(Debug, Clone)]
pub struct Gatekeeper {
    site: SiteName,
    gate: SiteName,
    trusted: Vec<PublicKey>,
}

impl Gatekeeper {
    /// For one gate. Without a trusted key nothing needs a signature.
    #[must_use]
    pub fn new(site: SiteName, gate: SiteName, trusted: Vec<PublicKey>) -> Self {
        Self { site, gate, trusted }
    }

    /// What `payload` says, if it may say it here; its signature is looked at where a key is trusted.
    ///
    /// # Errors
    /// [`Refusal`] when it is malformed, not signed, or meant for another gate.
    pub fn read_signed<T: InboundMessage>(&self, payload: &[u8]) -> Result<Admitted<T>, Refusal> {
        let mut message: T = parsed(payload)?;
        let signer = if self.trusted.is_empty() { None } else { Some(self.signer(&mut message, payload)?) };
        self.check_gate(&message, signer.is_some())?;
        Ok(Admitted { message, signer })
    }

    /// What `payload` says, for what is never signed.
    ///
    /// # Errors
    /// [`Refusal`] when it is malformed or meant for another gate.
    pub fn read_unsigned<T: InboundMessage>(&self, payload: &[u8]) -> Result<T, Refusal> {
        let message: T = parsed(payload)?;
        self.check_gate(&message, false)?;
        Ok(message)
    }

    fn signer<T: InboundMessage>(&self, message: &mut T, payload: &[u8]) -> Result<Signer, Refusal> {
        let refused = |text: &str| Refusal::new(Reason::NotSigned, format!("this {} {text}", T::WHAT));
        let Some(signature) = message.signature().map(str::to_owned) else {
            return Err(refused("has no `signature`, and this gate takes signed ones only"));
        };
        let signer_of = |signed: &[u8]| self.trusted.iter().find(|key| key.has_signed(signed, &signature));
        // What was read is what is used, so a signature of its own form is as good. It misses forms such as `"text":null`.
        if let Some(signer) = message.signed_form().and_then(|signed| signer_of(&signed)) {
            return Ok(Signer(signer.id()));
        }
        let signed = Canonical::read(payload).map_err(|error| Refusal::new(Reason::Malformed, error.to_string()))?;
        let signer = signer_of(&signed.signed_bytes()).map(|key| Signer(key.id()));
        signer.ok_or_else(|| refused("was altered, or signed with a key that is not among `trusted_keys`"))
    }

    /// A signature holds wherever the message is sent, so a signed message must say where it is meant to be heard.
    fn check_gate<T: InboundMessage>(&self, message: &T, needed: bool) -> Result<(), Refusal> {
        let here = format!("{}/{}", self.site, self.gate);
        let text = match message.gate() {
            None if needed => format!("a signed {} must say in `gate` whom it is for, here {here:?}", T::WHAT),
            None => return Ok(()),
            Some(gate) if gate == here || gate == self.site.as_str() => return Ok(()),
            Some(gate) => format!("this {} is for {:?}, and this is {here:?}", T::WHAT, shortened(gate)),
        };
        Err(Refusal::new(Reason::OtherGate, text))
    }
}

/// Strict: a name that is unknown or there twice is an error. That holds for every object, since each is one of our types.
fn parsed<T: InboundMessage>(payload: &[u8]) -> Result<T, Refusal> {
    let malformed = |error: serde_json::Error| {
        Refusal::new(Reason::Malformed, format!("this is no {}: {}", T::WHAT, shortened(&error.to_string())))
    };
    serde_json::from_slice(payload).map_err(malformed)
}

/// What an outsider wrote comes back to him and into the log, so not at any length.
pub(in crate::publish) fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "gatekeeper_tests.rs"]
mod tests;
