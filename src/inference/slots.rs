//! Decoding a plate's slots under the plate grammar.
//!
//! A reader of whole plates answers with slots: for the first, second, third … character of the text, how likely each
//! character (or none, after the last) is. A beam search over the slots keeps a text only while some plate template can
//! still come of it, so the answer is a plate or nothing, and no text is mended afterwards. Probabilities stay absolute:
//! what the model gives to texts that no plate carries is lost to every plate text.

use std::collections::BTreeMap;

use crate::plate::{Confidence, Layout};
use crate::plate_format::grammar::{ALPHABET, Alive, Grammar, Symbol};

/// Texts kept per slot. A slot seldom has more than three likely characters.
const BEAM_WIDTH: usize = 24;
/// A character below this likelihood in a slot is not followed there.
const LEAST_LIKELY: f32 = 1e-4;
/// The best text and so many others are told.
const MOST_TEXTS: usize = 4;

/// How a model's output classes map to plate characters.
#[derive(Debug, Clone)]
pub struct SlotAlphabet(Vec<Option<Symbol>>);

impl SlotAlphabet {
    /// From the characters of classes 1, 2, …; class 0 is "no character". Đ counts as D: the formats write both so, as
    /// declarations do.
    #[must_use]
    pub fn new(characters: &str) -> Self {
        Self(characters.chars().map(|c| Symbol::of(if c == 'Đ' { 'D' } else { c })).collect())
    }

    /// How many classes the model has, "no character" included.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.0.len() + 1
    }
}

/// One place of the text: the likelihood that it is past the end, and of each plate character.
#[derive(Debug, Clone, PartialEq)]
struct Slot {
    nothing: f32,
    characters: Vec<f32>,
}

/// The model's answer for one plate, reduced to plate characters.
#[derive(Debug, Clone, PartialEq)]
pub struct Slots {
    slots: Vec<Slot>,
    /// The likelihood of two lines, 0 to 1.
    two_lines: f32,
}

impl Slots {
    /// From rows of one probability per class, and the probability that the characters stand in two lines.
    #[must_use]
    pub fn new(alphabet: &SlotAlphabet, probabilities: &[f32], two_lines: f32) -> Self {
        let slots = probabilities.chunks_exact(alphabet.classes()).map(|row| {
            let (nothing, row) = row.split_first().expect("there is a class for no character");
            let mut slot = Slot { nothing: *nothing, characters: vec![0.0; ALPHABET.chars().count()] };
            for (symbol, probability) in alphabet.0.iter().zip(row) {
                if let Some(symbol) = symbol {
                    slot.characters[usize::from(symbol.0)] += probability;
                }
            }
            slot
        });
        Self { slots: slots.collect(), two_lines: two_lines.clamp(0.0, 1.0) }
    }

    /// The likelihood that a text ends after `length` characters: that no later slot has one. The slots agree on where the
    /// end is, so it is not counted once for each of them; the least sure one has its say.
    fn ends_after(&self, length: usize) -> f64 {
        let nothing = self.slots[length..].iter().map(|slot| f64::from(slot.nothing));
        nothing.fold(1.0, f64::min)
    }
}

/// A text that the slots hold.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedPlate {
    /// The characters.
    pub text: String,
    /// The likelihood of exactly this text, 0 to 1.
    pub likelihood: f64,
    /// The likelihood weighed by how usual such plates are; what texts are compared by.
    pub score: f64,
    /// How sure the model is of each character.
    pub per_character: Vec<Confidence>,
    /// The likelier layout of those that such a plate may have.
    pub layout: Layout,
}

/// A text's likelihood and score in one layout.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    likelihood: f64,
    score: f64,
}

/// A text begun: its symbols, what may come of it, and its likelihood so far.
type Prefix = (Vec<Symbol>, Alive, f64);

/// The likeliest complete plate texts, the best first; empty when the slots hold none.
#[must_use]
pub fn decode(slots: &Slots, grammar: &Grammar) -> Vec<DecodedPlate> {
    let two_lines = f64::from(slots.two_lines);
    let mut shares: BTreeMap<Vec<Symbol>, [Share; 2]> = BTreeMap::new();
    for (layout, weight) in [1.0 - two_lines, two_lines].into_iter().enumerate() {
        for (text, likelihood, prior) in complete_texts(slots, grammar, grammar.whole(layout == 1)) {
            let likelihood = likelihood * weight;
            shares.entry(text).or_default()[layout] = Share { likelihood, score: likelihood * prior };
        }
    }
    let mut ranked: Vec<_> =
        shares.into_iter().filter(|(_, [one, two])| one.likelihood + two.likelihood > 0.0).collect();
    let score = |[one, two]: &[Share; 2]| one.score + two.score;
    ranked.sort_by(|(_, a), (_, b)| score(b).total_cmp(&score(a)));
    ranked.truncate(MOST_TEXTS);
    ranked.into_iter().map(|(text, shares)| decoded(slots, &text, shares)).collect()
}

fn decoded(slots: &Slots, text: &[Symbol], [one, two]: [Share; 2]) -> DecodedPlate {
    let sure = |(slot, symbol): (&Slot, &Symbol)| Confidence::clamped(slot.characters[usize::from(symbol.0)]);
    DecodedPlate {
        text: text.iter().map(|symbol| symbol.character()).collect(),
        likelihood: one.likelihood + two.likelihood,
        score: one.score + two.score,
        per_character: slots.slots.iter().zip(text).map(sure).collect(),
        layout: if two.likelihood > one.likelihood { Layout::TwoLines } else { Layout::OneLine },
    }
}

/// Complete texts, each with its likelihood and its prior.
fn complete_texts(slots: &Slots, grammar: &Grammar, start: Alive) -> Vec<(Vec<Symbol>, f64, f64)> {
    let mut beam: Vec<Prefix> = vec![(Vec::new(), start, 1.0)];
    let mut complete = Vec::new();
    for length in 0..=slots.slots.len() {
        let ends = slots.ends_after(length);
        complete.extend(beam.iter().filter_map(|(text, alive, likelihood)| {
            let prior = grammar.complete(*alive, length)?;
            Some((text.clone(), likelihood * ends, prior))
        }));
        if let Some(slot) = slots.slots.get(length) {
            beam = step(&beam, slot, length, grammar);
        }
    }
    complete
}

/// One slot further.
fn step(beam: &[Prefix], slot: &Slot, length: usize, grammar: &Grammar) -> Vec<Prefix> {
    let likely = (0_u8..).map(Symbol).zip(&slot.characters).filter(|(_, probability)| **probability > LEAST_LIKELY);
    let likely: Vec<_> = likely.collect();
    let mut next = Vec::new();
    for (text, alive, likelihood) in beam {
        for (symbol, probability) in &likely {
            let alive = grammar.advance(*alive, length, *symbol);
            if !alive.is_empty() {
                next.push((text, *symbol, alive, likelihood * f64::from(**probability)));
            }
        }
    }
    next.sort_by(|a, b| b.3.total_cmp(&a.3));
    next.truncate(BEAM_WIDTH);
    // Only what is kept is written out.
    let longer = |text: &[Symbol], symbol| text.iter().copied().chain([symbol]).collect();
    next.into_iter().map(|(text, symbol, alive, likelihood)| (longer(text, symbol), alive, likelihood)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plate_format::Country;

    const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZĐ桂挂";
    const SLOTS: usize = 10;
    const VN: &[Country] = &[Country::Vietnam];

    /// Slots in which each character of `text` has 0.9, the look-alikes of `beside` at their place 0.1, and all after the
    /// last are empty.
    fn slots(text: &str, beside: &[(usize, char)], two_lines: f32) -> Slots {
        let alphabet = SlotAlphabet::new(CHARACTERS);
        let class = |c: char| 1 + CHARACTERS.chars().position(|other| other == c).expect("it is in the alphabet");
        let mut probabilities = vec![0.0; SLOTS * alphabet.classes()];
        let mut set = |slot: usize, class: usize, value: f32| probabilities[slot * alphabet.classes() + class] = value;
        let mut characters = text.chars();
        for slot in 0..SLOTS {
            match characters.next() {
                Some(character) => set(slot, class(character), 0.9),
                None => set(slot, 0, 1.0),
            }
        }
        beside.iter().for_each(|(slot, character)| set(*slot, class(*character), 0.1));
        Slots::new(&alphabet, &probabilities, two_lines)
    }

    fn best(slots: &Slots, countries: &[Country]) -> Option<DecodedPlate> {
        decode(slots, &Grammar::of(countries)).into_iter().next()
    }

    fn check(slots: &Slots, countries: &[Country], text: &str, layout: Layout) {
        let plate = best(slots, countries);
        assert_eq!(plate.map(|plate| (plate.text, plate.layout)), Some((text.to_owned(), layout)));
    }

    #[test]
    fn plates_of_each_country_are_read_in_one_and_two_lines() {
        check(&slots("12C12345", &[], 0.1), VN, "12C12345", Layout::OneLine);
        check(&slots("29B112345", &[], 0.9), VN, "29B112345", Layout::TwoLines);
        check(&slots("桂F1234挂", &[], 0.8), &[Country::Vietnam, Country::China], "桂F1234挂", Layout::TwoLines);
        check(&slots("WA56660", &[], 0.2), &[Country::Other], "WA56660", Layout::OneLine);
    }

    #[test]
    fn a_plate_of_another_country_may_stand_in_two_lines() {
        check(&slots("WA56660", &[], 1.0), &[Country::Other], "WA56660", Layout::TwoLines);
    }

    #[test]
    fn the_text_that_a_plate_may_carry_wins_and_the_likelihood_of_others_is_lost() {
        // O is no series letter in Vietnam and no letter stands in the number.
        let plate = best(&slots("12O12345", &[(2, 'C')], 0.0), VN).expect("a plate is possible");
        assert_eq!(plate.text, "12C12345");
        assert!((plate.likelihood - 0.1 * 0.9_f64.powi(7)).abs() < 1e-6, "{plate:?}");
        assert!((plate.per_character[2].value() - 0.1).abs() < 1e-6);
        assert_eq!(best(&slots("XINCHAO", &[], 0.0), VN), None);
    }

    #[test]
    fn a_text_too_long_for_a_plate_is_not_cut_to_one() {
        let found = decode(&slots("29B1123456", &[], 0.0), &Grammar::of(VN));
        assert!(found.iter().all(|plate| plate.likelihood < 0.05), "{found:?}");
    }

    #[test]
    fn a_character_after_the_end_speaks_against_the_end() {
        let mut doubtful = slots("12C12345", &[], 0.0);
        doubtful.slots[9].nothing = 0.2;
        let plate = best(&doubtful, VN).expect("it is legible");
        assert!((plate.likelihood - 0.2 * 0.9_f64.powi(8)).abs() < 1e-6, "{plate:?}");
    }

    #[test]
    fn a_layout_that_the_plate_may_not_have_takes_from_its_likelihood() {
        // R and four digits: old trailers' plates, in two lines only.
        let text = |two_lines| best(&slots("47R1234", &[], two_lines), VN).map_or(0.0, |plate| plate.likelihood);
        assert!(text(0.9) > 8.0 * text(0.1), "{} {}", text(0.9), text(0.1));
        // Both layouts exist, so nothing is lost however unsure the layout is.
        let plate = best(&slots("12C12345", &[], 0.5), VN).expect("it is legible");
        assert!((plate.likelihood - 0.9_f64.powi(8)).abs() < 1e-6);
    }

    #[test]
    fn other_texts_are_told_the_likelier_first() {
        let found = decode(&slots("12C12345", &[(7, '6'), (2, 'G')], 0.0), &Grammar::of(VN));
        let texts: Vec<_> = found.iter().map(|plate| plate.text.as_str()).collect();
        assert_eq!(texts.len(), 4);
        assert_eq!((texts[0], texts[3]), ("12C12345", "12G12346"));
    }

    #[test]
    fn the_letter_with_a_stroke_is_the_letter_without() {
        check(&slots("29TĐ12345", &[], 0.9), VN, "29TD12345", Layout::TwoLines);
    }

    #[test]
    fn no_slots_decode_to_nothing() {
        assert_eq!(best(&Slots { slots: Vec::new(), two_lines: 0.0 }, VN), None);
    }

    proptest! {
        #[test]
        fn whatever_the_slots_say_only_plates_come_out_and_share_one_likelihood(
            raw in prop::collection::vec(0.0_f32..1.0, SLOTS * 40), two_lines in 0.0_f32..1.0,
        ) {
            let rows = raw.chunks_exact(40).flat_map(|row| {
                let sum: f32 = row.iter().map(|value| value.powi(8)).sum();
                row.iter().map(move |value| value.powi(8) / sum.max(f32::MIN_POSITIVE))
            });
            let rows: Vec<f32> = rows.collect();
            let slots = Slots::new(&SlotAlphabet::new(CHARACTERS), &rows, two_lines);
            let found = decode(&slots, &Grammar::of(VN));
            prop_assert!(found.iter().map(|plate| plate.likelihood).sum::<f64>() <= 1.0 + 1e-6);
            for plate in found {
                let fits = Country::Vietnam.templates().iter().any(|template| template.matches(&plate.text));
                prop_assert!(fits, "{plate:?}");
                prop_assert_eq!(plate.per_character.len(), plate.text.chars().count());
            }
        }
    }
}
