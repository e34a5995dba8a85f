//! Reads plates with one recogniser and asks another one where the first is not sure.
//!
//! What becomes of a plate that was asked again:
//!
//! | first | second | reading |
//! |---|---|---|
//! | a text | the same text | the surer of the two |
//! | a text | another text | the one that is a known format, otherwise the one that both together find likelier; less sure than before, because at most one is right |
//! | a text | nothing | the first's |
//! | nothing | a text | the second's |
//!
//! Each recogniser gives only readings that are sure enough by its own family's threshold, so a reading that stands alone
//! needs no further threshold here.

use std::cmp::Ordering;

use super::{InferenceError, PlateCrop, PlateRecogniser};
use crate::plate::{Confidence, PlateReading, PlateText, WorthAsking};
use crate::plate_format::grammar::Grammar;
use crate::plate_format::identify;

/// Two recognisers, one of which is asked only where the other is not sure.
pub struct SecondOpinion {
    first: Box<dyn PlateRecogniser + Send>,
    second: Box<dyn PlateRecogniser + Send>,
    below: Confidence,
}

impl SecondOpinion {
    /// Reads with `first`, and with `second` what `first` is less sure of than `below`.
    #[must_use]
    pub fn new(
        first: Box<dyn PlateRecogniser + Send>,
        second: Box<dyn PlateRecogniser + Send>,
        below: Confidence,
    ) -> Self {
        Self { first, second, below }
    }

    /// Whether the first's answer calls for another. Where no text was read, only a detector of plates says that there is
    /// a plate; a detector of text finds every sign, and each would be read twice. Of a vehicle whose plate is known by now
    /// only what contradicts it.
    fn is_doubtful(&self, plate: &PlateCrop<'_>, reading: Option<&PlateReading>) -> bool {
        match (plate.worth_asking, reading) {
            (WorthAsking::No, _) | (WorthAsking::Unlike(_), None) => false,
            (WorthAsking::Any, None) => plate.detection.is_plate(),
            (WorthAsking::Unlike(text), Some(reading)) if reading.text == *text => false,
            (_, Some(reading)) => reading.confidence < self.below,
        }
    }
}

impl PlateRecogniser for SecondOpinion {
    fn read(&mut self, plates: &[PlateCrop<'_>]) -> Result<Vec<Option<PlateReading>>, InferenceError> {
        let mut readings = self.first.read(plates)?;
        let doubtful = |index: &usize| self.is_doubtful(&plates[*index], readings[*index].as_ref());
        let doubtful: Vec<usize> = (0..plates.len()).filter(doubtful).collect();
        if doubtful.is_empty() {
            return Ok(readings);
        }
        let again: Vec<_> = doubtful.iter().map(|index| plates[*index]).collect();
        for (index, second) in doubtful.into_iter().zip(self.second.read(&again)?) {
            readings[index] = decide(readings[index].take(), second, plates[index].grammar);
        }
        Ok(readings)
    }
}

fn decide(first: Option<PlateReading>, second: Option<PlateReading>, grammar: &Grammar) -> Option<PlateReading> {
    let (Some(first), Some(second)) = (&first, &second) else { return first.or(second) };
    let colour = first.colour.or(second.colour);
    let reading = if first.text == second.text {
        if second.confidence > first.confidence { second.clone() } else { first.clone() }
    } else if prefers_second(first, second, grammar) {
        disputed(second, first)
    } else {
        disputed(first, second)
    };
    Some(PlateReading { colour, ..reading })
}

/// A known format counts first, then what both readers together find likelier, as if they erred independently of each other:
/// a text that one reads and the other thought possible beats one that the other never thought of. Of two equals the first.
fn prefers_second(first: &PlateReading, second: &PlateReading, grammar: &Grammar) -> bool {
    let together = |text: &PlateText| likelihood(first, text) * likelihood(second, text);
    match is_known(&second.text, grammar).cmp(&is_known(&first.text, grammar)) {
        Ordering::Equal => together(&second.text) > together(&first.text),
        known => known == Ordering::Greater,
    }
}

/// How likely a text is that a reader did not even think possible.
const UNTHOUGHT: f32 = 0.001;

/// How likely a reader finds `text`.
fn likelihood(reading: &PlateReading, text: &PlateText) -> f32 {
    let thought = std::iter::once((&reading.text, reading.confidence))
        .chain(reading.alternatives.iter().map(|(text, sure)| (text, *sure)));
    thought.filter(|(thought, _)| *thought == text).map(|(_, sure)| sure.value()).fold(UNTHOUGHT, f32::max)
}

/// Whether plates with this very text may have been issued; both readers keep to the formats' classes of characters, and a
/// province that does not exist fits those too.
fn is_known(text: &PlateText, grammar: &Grammar) -> bool {
    identify(text, &grammar.countries()).is_some_and(|format| format.valid)
}

/// What is left of `chosen` when `other` says something else: as if both readers erred independently of each other, and at
/// most one is right. With likelihoods a and b, `chosen` alone is right in a(1-b), and both cannot be, in 1-ab of all
/// cases. So doubt grows with how sure the other is, and the likelihoods of all texts still add up to 1 at most.
fn disputed(chosen: &PlateReading, other: &PlateReading) -> PlateReading {
    let remains = what_remains(chosen.confidence, other.confidence);
    let same_length = chosen.text.len() == other.text.len();
    let mut of_other = other.text.as_str().chars();
    let characters = chosen.text.as_str().chars().zip(&chosen.per_character);
    let per_character = characters.map(|(character, sure)| {
        let undisputed = of_other.next() == Some(character) && same_length;
        if undisputed { *sure } else { times(*sure, remains) }
    });
    PlateReading {
        per_character: per_character.collect(),
        confidence: times(chosen.confidence, remains),
        alternatives: alternatives(chosen, other, remains),
        ..chosen.clone()
    }
}

/// The chosen reading's alternatives with the other text among them, the likeliest first.
fn alternatives(chosen: &PlateReading, other: &PlateReading, remains: f32) -> Vec<(PlateText, Confidence)> {
    let of_other = times(other.confidence, what_remains(other.confidence, chosen.confidence));
    let mut texts: Vec<_> =
        chosen.alternatives.iter().map(|(text, sure)| (text.clone(), times(*sure, remains))).collect();
    match texts.iter_mut().find(|(text, _)| *text == other.text) {
        Some((_, sure)) => *sure = Confidence::clamped(sure.value() + of_other.value()),
        None => texts.push((other.text.clone(), of_other)),
    }
    texts.sort_by(|(_, a), (_, b)| b.value().total_cmp(&a.value()));
    texts
}

/// The share of `own` likelihood that remains beside another text of likelihood `other`.
fn what_remains(own: Confidence, other: Confidence) -> f32 {
    let both = own.value() * other.value();
    // Two that are certain of different texts know nothing.
    if both < 1.0 { (1.0 - other.value()) / (1.0 - both) } else { 0.0 }
}

fn times(confidence: Confidence, share: f32) -> Confidence {
    Confidence::clamped(confidence.value() * share)
}

#[cfg(test)]
#[path = "second_opinion_tests.rs"]
mod tests;
