//! Why something that came in is not taken, and how many of what were. Not here: who decides it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::InboundTopic;

/// Kinds of reasons, in the order in which they are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// More bytes than this topic may have.
    TooLarge,
    /// More messages than this topic may have.
    TooOften,
    /// Kept by the broker, where only what is meant now counts.
    Retained,
    /// No JSON, or not the JSON that belongs there.
    Malformed,
    /// A key is trusted, and this was not signed with it.
    NotSigned,
    /// Meant for another gate.
    OtherGate,
    /// Not newer than the last one taken: a replay.
    Old,
    /// It builds on a list that is not here.
    Gap,
    /// Understood, and it cannot be done.
    Refused,
}

/// Why a message is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// The kind of reason.
    pub reason: Reason,
    /// In words, for whoever sent it.
    pub text: String,
}

impl Refusal {
    /// A refusal for `reason`, in words.
    #[must_use]
    pub fn new(reason: Reason, text: impl Into<String>) -> Self {
        Self { reason, text: text.into() }
    }
}

/// What came in on one topic, counted since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TopicHealth {
    /// Messages that were taken.
    pub taken: u64,
    /// Refused: more bytes than the topic may have.
    pub too_large: u64,
    /// Refused: more messages than the topic may have.
    pub too_often: u64,
    /// Refused: retained, where that makes no sense.
    pub retained: u64,
    /// Refused: no JSON, or not what the schema says.
    pub malformed: u64,
    /// Refused: without a valid signature of a trusted key.
    pub not_signed: u64,
    /// Refused: meant for another gate.
    pub other_gate: u64,
    /// Refused: not newer than the last one taken.
    pub old: u64,
    /// Refused: a delta to a list that is not here.
    pub gap: u64,
    /// Refused: understood, and it could not be done.
    pub refused: u64,
    /// Why the last refused message was refused; stays.
    pub last_refusal: Option<String>,
}

impl TopicHealth {
    fn counter(&mut self, reason: Reason) -> &mut u64 {
        match reason {
            Reason::TooLarge => &mut self.too_large,
            Reason::TooOften => &mut self.too_often,
            Reason::Retained => &mut self.retained,
            Reason::Malformed => &mut self.malformed,
            Reason::NotSigned => &mut self.not_signed,
            Reason::OtherGate => &mut self.other_gate,
            Reason::Old => &mut self.old,
            Reason::Gap => &mut self.gap,
            Reason::Refused => &mut self.refused,
        }
    }
}

/// Counts what is taken and refused, and logs each run of the same trouble once. Clones share the counters.
#[derive(Debug, Clone, Default)]
pub struct InboundCounts(Arc<Mutex<[Counted; 3]>>);

#[derive(Debug, Default)]
struct Counted {
    health: TopicHealth,
    /// What the last message was refused for; none when it was taken.
    trouble: Option<Reason>,
}

impl InboundCounts {
    /// A message was taken.
    pub fn taken(&self, topic: InboundTopic) {
        let mut counted = self.lock();
        let counted = &mut counted[topic.index()];
        counted.health.taken += 1;
        counted.trouble = None;
    }

    /// A message was refused.
    pub fn refused(&self, topic: InboundTopic, refusal: &Refusal) {
        let mut counted = self.lock();
        let counted = &mut counted[topic.index()];
        *counted.health.counter(refusal.reason) += 1;
        counted.health.last_refusal = Some(refusal.text.clone());
        let is_new = counted.trouble.replace(refusal.reason) != Some(refusal.reason);
        match (is_new, refusal.reason) {
            (false, _) => {}
            // The broker gives the retained list again at every connection.
            (true, Reason::Old) => info!(topic = topic.name(), "refused: {refusal}"),
            (true, _) => warn!(topic = topic.name(), "refused, and counted from now on: {refusal}"),
        }
    }

    /// What came in on `topic`.
    #[must_use]
    pub fn of(&self, topic: InboundTopic) -> TopicHealth {
        self.lock()[topic.index()].health.clone()
    }

    fn lock(&self) -> MutexGuard<'_, [Counted; 3]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
