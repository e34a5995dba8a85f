//! How far a declared plate is from what was read: how improbable it is that the reader reads the one as the other, given how
//! sure it was of each character.
//!
//! A distance `d` stands for a probability of 10^(-5 d), so that distances of several characters add up. 0 is the same plate; 1, and
//! nothing is further, is one character of which the reader was sure, taken for one that it was hardly ever seen to confuse
//! with it. Where the reader gives a character a confidence `c`, what is left, `1 - c`, is spread over the other characters by the
//! measured rates. The distance goes from what was read to what is declared; back it may differ, because 7 is read as 1 oftener
//! than 1 as 7.
//!
//! Not here: which declared plates are worth looking at (`index`), and from which distance on one is near (`decision`).

use super::confusion::Confusions;
use super::packed::{
    CODES, clearly_differ, clearly_differs_from_both, code_at, count, differing, first_places, packed, places,
};
use crate::consensus::AgreedPlate;
use crate::plate::{Confidence, PlateText};

/// Plates that differ in more characters are never near, and of different lengths only by one character, with at most
/// one differing beside it. A reading that is worse than that says nothing of any plate.
pub(super) const MOST_DIFFERING: u32 = 3;
pub(super) const MOST_DIFFERING_BESIDE: u32 = 1;
/// However sure it says it is, the reader is wrong as often as this: 2 of 251 crops that were read with every character 0.9 sure
/// and more were wrong (models/gatelpr/MODEL_CARD.md), a thousandth of their characters; twice that, because many frames of
/// one vehicle can be wrong in the same way.
const LEAST_ERROR: f32 = 0.002;
/// No other character is likelier than the one that was read.
const MOST_LIKELY_OTHER: f32 = 0.5;
/// Texts that hold less of the readings' weight than this are noise.
const LEAST_SHARE: f32 = 0.01;

/// A plate as it was read, with its doubts.
#[derive(Debug, Clone, Copy)]
pub struct ReadPlate<'a> {
    /// The characters.
    pub text: &'a PlateText,
    /// Its key, such as `VN-12C12345`.
    pub key: &'a str,
    /// How sure, per character; where one has none, `confidence` holds.
    pub per_character: &'a [Confidence],
    /// How sure of the least sure character.
    pub confidence: Confidence,
    /// Other texts that it may be, each with its share.
    pub alternatives: &'a [(PlateText, Confidence)],
}

impl<'a> From<&'a AgreedPlate> for ReadPlate<'a> {
    fn from(plate: &'a AgreedPlate) -> Self {
        Self {
            text: &plate.text,
            key: &plate.format.key,
            per_character: &plate.per_character,
            confidence: plate.confidence,
            alternatives: &plate.alternatives,
        }
    }
}

impl<'a> ReadPlate<'a> {
    /// A plate that somebody has seen with his own eyes.
    #[must_use]
    pub fn certain(text: &'a PlateText, key: &'a str) -> Self {
        Self { text, key, per_character: &[], confidence: Confidence::ONE, alternatives: &[] }
    }

    /// How far `declared` is from it, 0 to 1; `None` where they have too little in common for that.
    #[must_use]
    pub fn distance_to(&self, declared: &PlateText) -> Option<f64> {
        if declared == self.text {
            return Some(0.0);
        }
        let found = Doubts::of(self).distance_to(packed(declared), declared.len());
        found.filter(|distance| *distance > 0.0).map(f64::from)
    }
}

/// What each error in a reading would cost, worked out once for all plates that it is compared with.
#[derive(Debug)]
pub(super) struct Doubts {
    pub(super) text: u128,
    pub(super) length: usize,
    /// By place, then by the true code.
    substituted: Vec<[f32; CODES]>,
    /// By place: there is nothing on the plate.
    added: Vec<f32>,
    /// By the true code, inside and at an edge: it was not read.
    missed: [[f32; CODES]; 2],
    /// Other texts that were read, packed, each with its distance.
    alternatives: Vec<(u128, f32)>,
    /// How likely it is that anything is wrong: all doubts together.
    total: f32,
}

impl Doubts {
    pub(super) fn of(read: &ReadPlate<'_>) -> Self {
        let (text, length, rates) = (packed(read.text), read.text.len(), Confusions::measured());
        let confidence = |place: usize| read.per_character.get(place).copied().unwrap_or(read.confidence);
        let error_at = |place: usize| error(confidence(place));
        let substituted = |place: usize| {
            let (read, error) = (code_at(text, place), error_at(place));
            std::array::from_fn(|truth| {
                u8::try_from(truth).map_or(1.0, |truth| distance(error + rates.substituted(read, truth)))
            })
        };
        let least_sure = (0..length).map(error_at).fold(error(read.confidence), f32::max);
        let missed = |at_edge| {
            std::array::from_fn(|truth| {
                u8::try_from(truth).map_or(1.0, |truth| distance(least_sure + rates.missed(truth, at_edge)))
            })
        };
        let likely = read.alternatives.iter().filter(|(_, share)| share.value() >= LEAST_SHARE);
        let total = (0..length).map(|place| error_at(place).exp()).sum::<f32>()
            + read.alternatives.iter().map(|(_, share)| share.value()).sum::<f32>();
        Self {
            text,
            length,
            total,
            substituted: (0..length).map(substituted).collect(),
            added: (0..length).map(|place| distance(error_at(place) + rates.added(code_at(text, place)))).collect(),
            missed: [missed(false), missed(true)],
            alternatives: likely.map(|(text, share)| (packed(text), distance(share.value().ln()))).collect(),
        }
    }

    /// The least that any other plate can be away.
    pub(super) fn least(&self) -> f32 {
        let substituted = self.substituted.iter().flatten().chain(&self.added);
        let alternatives = self.alternatives.iter().map(|(_, distance)| distance);
        substituted.chain(self.missed.iter().flatten()).chain(alternatives).copied().fold(1.0, f32::min)
    }

    /// How likely it is that the plate is any other one: no rivals together can be likelier.
    pub(super) fn total(&self) -> f32 {
        self.total
    }

    /// The texts that were read beside the one that was agreed on, packed, with their distances.
    pub(super) fn alternatives(&self) -> &[(u128, f32)] {
        &self.alternatives
    }

    /// How far a declared text is.
    pub(super) fn distance_to(&self, declared: u128, length: usize) -> Option<f32> {
        let read_so = self.alternatives.iter().find(|(text, _)| *text == declared).map(|(_, distance)| *distance);
        let misread = match length {
            _ if length == self.length => self.of_same_length(declared),
            _ if length == self.length + 1 => self.with_one_missed(declared),
            _ if length + 1 == self.length => self.with_one_added(declared),
            _ => None,
        };
        read_so.into_iter().chain(misread).reduce(f32::min)
    }

    /// A plate of as many characters.
    pub(super) fn of_same_length(&self, declared: u128) -> Option<f32> {
        if clearly_differ(self.text, declared, MOST_DIFFERING) {
            return None;
        }
        let marks = differing(self.text, declared);
        (count(marks) <= MOST_DIFFERING).then(|| self.substitutions(marks, declared).min(1.0))
    }

    /// A plate with one character more, which was not read.
    pub(super) fn with_one_missed(&self, declared: u128) -> Option<f32> {
        let (all, shifted) = (first_places(self.length), declared >> 8);
        if clearly_differs_from_both(self.text, [declared, shifted], MOST_DIFFERING_BESIDE) {
            return None;
        }
        let (before, behind) = (differing(self.text, declared) & all, differing(self.text, shifted) & all);
        let missing = |place: usize| {
            let (before, behind) = (before & first_places(place), behind & !first_places(place));
            let few = count(before) + count(behind) <= MOST_DIFFERING_BESIDE;
            let at_edge = place == 0 || place == self.length;
            let missed = self.missed[usize::from(at_edge)][usize::from(code_at(declared, place))];
            few.then(|| missed + self.substitutions(before, declared) + self.substitutions(behind, shifted))
        };
        (0..=self.length).filter_map(missing).reduce(f32::min).map(|distance| distance.min(1.0))
    }

    /// A plate with one character less: one was read that is not there.
    pub(super) fn with_one_added(&self, declared: u128) -> Option<f32> {
        let (all, shifted) = (first_places(self.length), declared << 8);
        // The added character itself may differ both ways.
        if clearly_differs_from_both(self.text, [declared, shifted], MOST_DIFFERING_BESIDE + 1) {
            return None;
        }
        let (before, behind) = (differing(self.text, declared) & all, differing(self.text, shifted) & all);
        let surplus = |place: usize| {
            let (before, behind) = (before & first_places(place), behind & !first_places(place + 1));
            let few = count(before) + count(behind) <= MOST_DIFFERING_BESIDE;
            few.then(|| self.added[place] + self.substitutions(before, declared) + self.substitutions(behind, shifted))
        };
        (0..self.length).filter_map(surplus).reduce(f32::min).map(|distance| distance.min(1.0))
    }

    fn substitutions(&self, marks: u128, declared: u128) -> f32 {
        places(marks).map(|place| self.substituted[place][usize::from(code_at(declared, place))]).sum()
    }
}

/// How probable an error is at a character of this confidence, as a logarithm.
fn error(confidence: Confidence) -> f32 {
    (1.0 - confidence.value()).max(LEAST_ERROR).ln()
}

/// -ln(10^-5): one error at a sure character, and that character hardly ever taken for the other.
const FURTHEST: f32 = 11.512_925;

/// The probability that a distance stands for.
pub(super) fn probability(distance: f32) -> f32 {
    (-FURTHEST * distance).exp()
}

/// The distance that stands for a probability, given as a logarithm.
fn distance(probability: f32) -> f32 {
    (-probability.min(MOST_LIKELY_OTHER.ln()) / FURTHEST).clamp(0.0, 1.0)
}

#[cfg(test)]
#[path = "distance_tests.rs"]
mod tests;
