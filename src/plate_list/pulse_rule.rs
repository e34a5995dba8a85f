//! When a barrier may be opened for a plate on a list. Whatever is not certain is a refusal with its reason.
//!
//! A number plate is no key: whoever copies it has it. What is here only keeps misreads, old readings, old lists and
//! repetitions from opening a barrier.

use std::collections::VecDeque;
use std::time::Duration;

use crate::dossier::ListKind;
use crate::frame::Moment;
use crate::passage::{Direction, Passage, Stage, TrackId};
use crate::plate::LaneName;

use super::ListFault;

/// When a pulse may be given.
#[derive(Debug, Clone, PartialEq)]
pub struct PulseTerms {
    /// The lane that the barrier is in.
    pub lane: LaneName,
    /// How sure the plate must be, 0 to 1.
    pub least_confidence: f32,
    /// Between two pulses at least.
    pub pause: Duration,
}

/// One plate that is on the list.
#[derive(Debug, Clone, Copy)]
pub struct PulseCase<'a> {
    /// What the list is for.
    pub kind: ListKind,
    /// What is wrong with the list.
    pub fault: Option<ListFault>,
    /// What passed.
    pub passage: &'a Passage,
    /// Whether a person has said what the plate says.
    pub corrected: bool,
    /// Whether the gate's clock is known to be wrong: then no age is known either.
    pub clock_is_off: bool,
    /// Now.
    pub now: Moment,
}

/// Why no pulse is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Watch-lists open nothing.
    #[error("the list is no allow-list")]
    NotAllowed,
    /// The barrier is in another lane.
    #[error("the vehicle is in another lane than the barrier")]
    OtherLane,
    /// The list cannot be trusted.
    #[error("the list is not trusted: {0}")]
    List(ListFault),
    /// The gate's clock is not set.
    #[error("the gate's clock is not set, so nobody knows how old the list is")]
    ClockOff,
    /// The vehicle has passed long since.
    #[error("the event is an amendment")]
    Amended,
    /// A person has said what the plate says.
    #[error("a person corrected the plate: whoever does that can open the barrier too")]
    Corrected,
    /// It was seen too long ago.
    #[error("the vehicle was seen too long ago")]
    LongAgo,
    /// It leaves.
    #[error("the vehicle does not drive in")]
    NotIn,
    /// Nothing was read.
    #[error("there is no plate")]
    NoPlate,
    /// No such plate was issued.
    #[error("the plate's format is not valid")]
    FormatInvalid,
    /// Something contradicts the plate.
    #[error("the plate contradicts itself")]
    Doubtful,
    /// Not sure enough.
    #[error("the plate is not read surely enough")]
    NotSure,
    /// The passage had its pulse.
    #[error("the passage had its pulse already")]
    PulsedAlready,
    /// The barrier has just been opened.
    #[error("the last pulse was too short a time ago")]
    TooSoon,
}

/// What is older than this is history, as in events.
const LONG_AGO: Duration = Duration::from_secs(10);
/// Passages that had their pulse, remembered. They come back within minutes, if at all.
const MOST_PULSED: usize = 256;

/// Decides for one barrier.
#[derive(Debug)]
pub struct PulseRule {
    terms: PulseTerms,
    pulsed: VecDeque<TrackId>,
    last: Option<Duration>,
}

impl PulseRule {
    /// No pulse was given yet.
    #[must_use]
    pub fn new(terms: PulseTerms) -> Self {
        Self { terms, pulsed: VecDeque::new(), last: None }
    }

    /// Whether the pulse may be given; if so, it counts as given.
    ///
    /// # Errors
    /// The first [`Refusal`] that holds.
    pub fn decide(&mut self, case: &PulseCase<'_>) -> Result<(), Refusal> {
        self.refusal(case).map_or(Ok(()), Err)?;
        self.last = Some(case.now.elapsed);
        self.pulsed.push_back(case.passage.track);
        if self.pulsed.len() > MOST_PULSED {
            self.pulsed.pop_front();
        }
        Ok(())
    }

    fn refusal(&self, case: &PulseCase<'_>) -> Option<Refusal> {
        let passage = case.passage;
        let checks = [
            (case.kind != ListKind::Allow, Refusal::NotAllowed),
            (passage.lane != self.terms.lane, Refusal::OtherLane),
            (case.clock_is_off, Refusal::ClockOff),
            (passage.stage == Stage::Amended, Refusal::Amended),
            (case.corrected, Refusal::Corrected),
            (!is_now(passage, case.now), Refusal::LongAgo),
            (matches!(passage.direction, Some(Direction::Out | Direction::TurnedBack)), Refusal::NotIn),
        ];
        let of_the_case = checks.into_iter().find(|(holds, _)| *holds).map(|(_, refusal)| refusal);
        let too_soon = self.last.is_some_and(|last| case.now.elapsed.saturating_sub(last) < self.terms.pause);
        case.fault
            .map(Refusal::List)
            .or(of_the_case)
            .or_else(|| self.refusal_of_plate(passage))
            .or_else(|| self.pulsed.contains(&passage.track).then_some(Refusal::PulsedAlready))
            .or_else(|| too_soon.then_some(Refusal::TooSoon))
    }

    fn refusal_of_plate(&self, passage: &Passage) -> Option<Refusal> {
        let Ok(plate) = &passage.plate else { return Some(Refusal::NoPlate) };
        let checks = [
            (!plate.format.valid, Refusal::FormatInvalid),
            (!plate.format.doubts.is_empty(), Refusal::Doubtful),
            (plate.confidence.value() < self.terms.least_confidence, Refusal::NotSure),
        ];
        checks.into_iter().find(|(holds, _)| *holds).map(|(_, refusal)| refusal)
    }
}

/// Whether the vehicle was seen just now by the gate's clock: not in an old picture, and not in one of the future.
fn is_now(passage: &Passage, now: Moment) -> bool {
    now.wall.duration_since(passage.last_seen.wall).unsigned_abs() <= LONG_AGO
}

#[cfg(test)]
#[path = "pulse_rule_tests.rs"]
mod tests;
