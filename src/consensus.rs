//! One plate out of many readings of it: a weighted vote per character over the whole track.
//!
//! Heads are not counted: one sharp, large, confident look outweighs many poor ones, because the same poor pixels are
//! misread the same way again and again. And the vote elects only a text that was read as a whole at least once: a
//! mixture of two readings may be a plate that nobody saw.

use std::collections::BTreeMap;

use crate::plate::{Confidence, Layout, PlateColour, PlateReading, PlateText};
use crate::plate_format::{self, Country, FormatMatch};

/// The plate that a track's readings agree on.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreedPlate {
    /// The characters, without separators.
    pub text: PlateText,
    /// What the text's format says; a text without a format is never agreed on.
    pub format: FormatMatch,
    /// One line or two.
    pub layout: Layout,
    /// The plate's colour, where most of the readings of this text that tell one agree on it.
    pub colour: Option<PlateColour>,
    /// How sure, over all readings: as sure as the least sure character, less what the format's doubts take away.
    pub confidence: Confidence,
    /// How sure, per character: the weighted mean over all readings of that length, a reading of another character
    /// counting 0.
    pub per_character: Vec<Confidence>,
    /// Other texts the readings left possible, the likeliest first, each with its share of the weight.
    pub alternatives: Vec<(PlateText, Confidence)>,
    /// How many readings there were.
    pub reads: u32,
    /// How many of them said exactly `text`.
    pub agreeing: u32,
    /// Height of the plate in the best frame, in pixels.
    pub height_px: f32,
    /// Sharpness in the best frame, 0 to 1.
    pub sharpness: f32,
}

/// All readings of one track, summed up.
#[derive(Debug, Clone, Default)]
pub struct Ballot {
    tallies: BTreeMap<PlateText, Tally>,
    reads: u32,
}

/// What was cast for one text.
#[derive(Debug, Clone)]
struct Tally {
    count: u32,
    weight: f64,
    /// Per character, the sum of weight times confidence.
    per_character: Vec<f64>,
    layout: Layout,
    /// Per colour, the sum of weights.
    colours: BTreeMap<PlateColour, f64>,
}

impl Tally {
    fn empty(layout: Layout, characters: usize) -> Self {
        Self { count: 0, weight: 0.0, per_character: vec![0.0; characters], layout, colours: BTreeMap::new() }
    }

    fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.weight += other.weight;
        for (sum, more) in self.per_character.iter_mut().zip(other.per_character) {
            *sum += more;
        }
        for (colour, weight) in other.colours {
            *self.colours.entry(colour).or_default() += weight;
        }
    }

    /// The colour that holds more than half of the weight of all readings with a colour.
    fn colour(&self) -> Option<PlateColour> {
        let total: f64 = self.colours.values().sum();
        self.colours.iter().find(|(_, weight)| **weight > total / 2.0).map(|(colour, _)| *colour)
    }
}

/// Distinct texts kept; beyond, the lightest goes. A plate that is read in more ways than this is not read at all.
const MOST_TEXTS: usize = 64;
/// How many alternatives are told.
const MOST_ALTERNATIVES: usize = 3;

/// The rule for agreement.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// So many readings must say exactly the same text.
    pub least_agreeing: u32,
    /// Whose plates are expected, in order of preference.
    pub countries: Vec<Country>,
}

impl Default for Agreement {
    /// Two readings, because a stray text looks like a plate once but seldom the same way again; the plates of both sides
    /// of the border, without any other country's, whose format lets in fleet and phone numbers too.
    fn default() -> Self {
        Self { least_agreeing: 2, countries: vec![Country::Vietnam, Country::China] }
    }
}

/// The elected text must hold at least this share of all weight: a lighter winner among many texts is a plate that was
/// not read.
const LEAST_SHARE: f64 = 0.2;
/// And it must outweigh the next text by this factor, or hold more than half of the weight.
const LEAST_LEAD: f64 = 1.2;
/// Where one reading is enough (pictures that come one per vehicle), it must be this sure of each character: on the
/// evaluation pictures no misread plate was.
pub const SINGLE_READING_CONFIDENCE: f32 = 0.9;
/// A text whose province code was never issued counts this much.
const IMPOSSIBLE: f64 = 0.3;

impl Ballot {
    /// Adds a reading that counts `weight`.
    pub fn cast(&mut self, reading: PlateReading, weight: f64) {
        self.reads = self.reads.saturating_add(1);
        let empty = || Tally::empty(reading.layout, reading.per_character.len());
        let tally = self.tallies.entry(reading.text).or_insert_with(empty);
        tally.count = tally.count.saturating_add(1);
        tally.weight += weight;
        if let Some(colour) = reading.colour {
            *tally.colours.entry(colour).or_default() += weight;
        }
        for (sum, confidence) in tally.per_character.iter_mut().zip(reading.per_character) {
            *sum += weight * f64::from(confidence.value());
        }
        if self.tallies.len() > MOST_TEXTS {
            self.drop_lightest();
        }
    }

    /// Every distinct text that was read.
    pub fn texts(&self) -> impl Iterator<Item = &PlateText> {
        self.tallies.keys()
    }

    /// The text that holds most of the weight, whatever its format.
    #[must_use]
    pub fn leading(&self) -> Option<&PlateText> {
        self.heaviest().map(|(text, _)| text)
    }

    /// The text with the most weight, and how sure of each of its characters: what is shown while nothing is agreed on.
    #[must_use]
    pub fn leading_per_character(&self) -> Option<(&PlateText, Vec<Confidence>)> {
        self.leading().map(|text| (text, self.per_character(text)))
    }

    /// How many readings say exactly the same as the most others.
    #[must_use]
    pub fn most_agreeing(&self) -> u32 {
        self.tallies.values().map(|tally| tally.count).max().unwrap_or(0)
    }

    /// Whether the readings agree on a text that is no plate of the lane's countries.
    #[must_use]
    pub fn agrees_on_no_plate(&self, rule: &Agreement) -> bool {
        let total: f64 = self.tallies.values().map(|tally| tally.weight).sum();
        self.heaviest().is_some_and(|(text, tally)| {
            tally.count >= rule.least_agreeing.max(2)
                && tally.weight > total / 2.0
                && plate_format::identify(text, &rule.countries).is_none()
        })
    }

    /// Adds all that was cast into another ballot for the same plate.
    pub fn absorb(&mut self, other: Self) {
        self.reads = self.reads.saturating_add(other.reads);
        for (text, theirs) in other.tallies {
            match self.tallies.get_mut(&text) {
                Some(ours) => ours.add(theirs),
                None => drop(self.tallies.insert(text, theirs)),
            }
        }
        while self.tallies.len() > MOST_TEXTS {
            self.drop_lightest();
        }
    }

    fn heaviest(&self) -> Option<(&PlateText, &Tally)> {
        // Of equal weights the first in the order of texts.
        self.tallies.iter().rev().max_by(|a, b| a.1.weight.total_cmp(&b.1.weight))
    }

    /// How many readings were cast.
    #[must_use]
    pub fn reads(&self) -> u32 {
        self.reads
    }

    /// The text that the readings agree on, if they do.
    #[must_use]
    pub fn agreed(&self, rule: &Agreement, height_px: f32, sharpness: f32) -> Option<AgreedPlate> {
        let mut ranked: Vec<_> =
            self.tallies.iter().map(|(text, tally)| (text, tally, self.support(text, rule))).collect();
        ranked.sort_by(|a, b| b.2.total_cmp(&a.2));
        let (text, tally, support) = *ranked.first()?;
        let total: f64 = self.tallies.values().map(|tally| tally.weight).sum();
        let lead =
            ranked.get(1).is_none_or(|(_, _, second)| support >= second * LEAST_LEAD || tally.weight > total / 2.0);
        if tally.count < rule.least_agreeing || tally.weight < total * LEAST_SHARE || !lead {
            return None;
        }
        let colour = tally.colour();
        let format = plate_format::identify(text, &rule.countries)?.on(colour);
        let per_character = self.per_character(text);
        let least = per_character.iter().map(|c| c.value()).fold(1.0, f32::min);
        if tally.count < 2 && least < SINGLE_READING_CONFIDENCE {
            return None;
        }
        let share = |tally: &Tally| clamped(tally.weight / total);
        let others = ranked.iter().skip(1).take(MOST_ALTERNATIVES);
        Some(AgreedPlate {
            text: text.clone(),
            confidence: Confidence::clamped(least * format.trust()),
            format,
            layout: tally.layout,
            colour,
            per_character,
            alternatives: others.map(|(text, tally, _)| ((*text).clone(), share(tally))).collect(),
            reads: self.reads,
            agreeing: tally.count,
            height_px,
            sharpness,
        })
    }

    /// What speaks for a text: its own weight, and that of other texts of its length as far as they agree with it
    /// character by character.
    #[expect(clippy::cast_precision_loss, reason = "a plate has few characters")]
    fn support(&self, text: &PlateText, rule: &Agreement) -> f64 {
        let agreement = |(other, tally): (&PlateText, &Tally)| {
            let same = text.as_str().chars().zip(other.as_str().chars()).filter(|(a, b)| a == b).count();
            let share = if other.len() == text.len() { same as f64 / text.len() as f64 } else { 0.0 };
            // Cubed: a text that differs in one character of eight gives two thirds of its weight, in three a quarter.
            tally.weight * share.powi(3)
        };
        let possible = plate_format::identify(text, &rule.countries).is_some_and(|format| format.valid);
        let sum: f64 = self.tallies.iter().map(agreement).sum();
        sum * if possible { 1.0 } else { IMPOSSIBLE }
    }

    fn per_character(&self, text: &PlateText) -> Vec<Confidence> {
        let same_length = || self.tallies.iter().filter(|(other, _)| other.len() == text.len());
        let total: f64 = same_length().map(|(_, tally)| tally.weight).sum();
        let at = |(index, character): (usize, char)| {
            let says_so = |(other, _): &(&PlateText, &Tally)| other.as_str().chars().nth(index) == Some(character);
            let sum: f64 = same_length().filter(says_so).filter_map(|(_, tally)| tally.per_character.get(index)).sum();
            clamped(sum / total)
        };
        text.as_str().chars().enumerate().map(at).collect()
    }

    fn drop_lightest(&mut self) {
        let lightest =
            self.tallies.iter().min_by(|a, b| a.1.weight.total_cmp(&b.1.weight)).map(|(text, _)| text.clone());
        if let Some(text) = lightest {
            self.tallies.remove(&text);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a share is between 0 and 1")]
fn clamped(share: f64) -> Confidence {
    Confidence::clamped(share as f32)
}

#[cfg(test)]
#[path = "consensus_tests.rs"]
mod tests;
