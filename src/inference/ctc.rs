//! Decoding a CTC lattice under the plate grammar.
//!
//! A text recogniser answers with a lattice: for every eighth pixel column, how likely each character (or none, the
//! blank) is. Prefix beam search (Graves and Jaitly 2014) sums over all alignments of a text; here a prefix lives only
//! while some plate template can still come of it, so the answer is a plate or nothing, and no text is mended
//! afterwards. Probabilities stay absolute: what the model gives to characters that no plate carries is lost to every
//! plate text, and so a shop sign or a slogan keeps no text with a likelihood worth mentioning.

use std::collections::BTreeMap;

use crate::plate::Confidence;
use crate::plate_format::grammar::{ALPHABET, Alive, Grammar, Symbol};

/// Prefixes kept per column. On the evaluation pictures 16 and 64 give the same texts.
const BEAM_WIDTH: usize = 24;
/// A character below this likelihood in a column is not followed there.
const LEAST_LIKELY: f32 = 1e-4;

/// What a model's output class means on a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Character(Symbol),
    /// The blank, and what may stand between or beside plate characters: dashes, dots, screws.
    Nothing,
    /// A character that no plate carries.
    Foreign,
}

/// How a model's output classes map to plate characters.
#[derive(Debug, Clone)]
pub struct PlateAlphabet(Vec<Meaning>);

impl PlateAlphabet {
    /// From the model's characters, class by class, the blank first. Small letters count as large ones.
    #[must_use]
    pub fn new<'a>(classes: impl IntoIterator<Item = &'a str>) -> Self {
        let meaning = |class: &str| {
            let mut characters = class.chars();
            match (characters.next(), characters.next()) {
                (None, _) => Meaning::Nothing,
                (Some(c), None) => Symbol::of(c.to_ascii_uppercase()).map_or_else(|| separator(c), Meaning::Character),
                _ => Meaning::Foreign,
            }
        };
        Self(std::iter::once(Meaning::Nothing).chain(classes.into_iter().map(meaning)).collect())
    }

    /// How many classes the model has, the blank included.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.0.len()
    }
}

fn separator(c: char) -> Meaning {
    let beside =
        c.is_whitespace() || c.is_ascii_punctuation() || "·•．。、，：；—–‐－～´｀'’‘“”|｜°¨■●○□★☆".contains(c);
    if beside { Meaning::Nothing } else { Meaning::Foreign }
}

/// One column: the likelihood of nothing, and of each plate character.
#[derive(Debug, Clone, PartialEq)]
struct Column {
    nothing: f32,
    characters: Vec<f32>,
}

/// The model's answer for a line of text, or for two lines one after the other, reduced to plate characters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lattice {
    columns: Vec<Column>,
    /// Before which column the second line begins.
    second_line: Option<usize>,
}

impl Lattice {
    /// From `columns` rows of one probability per class.
    #[must_use]
    pub fn new(alphabet: &PlateAlphabet, probabilities: &[f32]) -> Self {
        let columns = probabilities.chunks_exact(alphabet.classes().max(1)).map(|row| {
            let mut column = Column { nothing: 0.0, characters: vec![0.0; ALPHABET.chars().count()] };
            for (meaning, probability) in alphabet.0.iter().zip(row) {
                match meaning {
                    Meaning::Nothing => column.nothing += probability,
                    Meaning::Character(symbol) => column.characters[usize::from(symbol.0)] += probability,
                    Meaning::Foreign => {}
                }
            }
            column
        });
        Self { columns: columns.collect(), second_line: None }
    }

    /// What the model sees at a glance, whatever its order.
    #[must_use]
    pub fn glance(&self) -> Glance {
        let likeliest = |column: &Column| column.characters.iter().position(|likelihood| *likelihood > 0.5);
        let is_foreign = |column: &Column| column.nothing + column.characters.iter().sum::<f32>() < 0.5;
        let (mut glance, mut before, mut foreign_before) = (Glance::default(), None, false);
        for column in &self.columns {
            let (seen, foreign) = (likeliest(column), is_foreign(column));
            if seen.is_some() && seen != before {
                glance.characters += 1;
                // The alphabet begins with the ten digits.
                glance.digits += usize::from(seen.is_some_and(|index| index < 10));
            }
            glance.foreign += usize::from(foreign && !foreign_before);
            (before, foreign_before) = (seen, foreign);
        }
        glance
    }

    /// This line above that one.
    #[must_use]
    pub fn above(&self, lower: &Self) -> Self {
        let columns = self.columns.iter().chain(&lower.columns).cloned().collect();
        Self { columns, second_line: Some(self.columns.len()) }
    }
}

/// What the model sees in lines of text, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Glance {
    /// Plate characters: runs of columns in which one is likelier than not.
    pub characters: usize,
    /// Digits among them.
    pub digits: usize,
    /// Characters that no plate carries.
    pub foreign: usize,
}

impl std::ops::Add for Glance {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            characters: self.characters + other.characters,
            digits: self.digits + other.digits,
            foreign: self.foreign + other.foreign,
        }
    }
}

/// A text that the lattice holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The characters.
    pub text: String,
    /// The likelihood of exactly this text, summed over all alignments, 0 to 1.
    pub likelihood: f64,
    /// The likelihood weighed by how usual such plates are; what candidates are compared by.
    pub score: f64,
    /// How sure the model is of each character: its likelihood in its best column.
    pub per_character: Vec<Confidence>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Prefix {
    ends_in_nothing: f64,
    ends_in_character: f64,
}

impl Prefix {
    fn total(&self) -> f64 {
        self.ends_in_nothing + self.ends_in_character
    }
}

/// Texts begun. The same text is kept apart by what may come of it: `50N1` may be a whole upper line, or an upper line
/// `50N` and the first character of the lower one. Ordered, so that sums and ties come out alike every time.
type Beam = BTreeMap<(Vec<Symbol>, Alive), Prefix>;

/// The likeliest complete plate texts, the best first; empty when the lattice holds none.
#[must_use]
pub fn decode(lattice: &Lattice, grammar: &Grammar) -> Vec<Decoded> {
    let alive = grammar.start(lattice.second_line.is_some());
    let mut beam = Beam::from([((Vec::new(), alive), Prefix { ends_in_nothing: 1.0, ends_in_character: 0.0 })]);
    for (index, column) in lattice.columns.iter().enumerate() {
        if lattice.second_line == Some(index) {
            beam = break_line(beam, grammar);
        }
        beam = prune(step(&beam, column, grammar));
    }
    let mut complete: Vec<_> = beam
        .iter()
        .filter_map(|((text, alive), prefix)| Some((text, prefix.total(), grammar.complete(*alive, text.len())?)))
        .filter(|(_, likelihood, _)| *likelihood > 0.0)
        .collect();
    complete.sort_by(|a, b| (b.1 * b.2).total_cmp(&(a.1 * a.2)));
    let decoded = |(text, likelihood, prior): (&Vec<Symbol>, f64, f64)| Decoded {
        text: text.iter().map(|symbol| symbol.character()).collect(),
        likelihood,
        score: likelihood * prior,
        per_character: align(lattice, text),
    };
    complete.into_iter().take(4).map(decoded).collect()
}

/// One column further.
fn step(beam: &Beam, column: &Column, grammar: &Grammar) -> Beam {
    let mut next = Beam::new();
    let mut add = |text: Vec<Symbol>, alive: Alive, nothing: f64, character: f64| {
        let entry = next.entry((text, alive)).or_default();
        entry.ends_in_nothing += nothing;
        entry.ends_in_character += character;
    };
    for ((text, alive), prefix) in beam {
        let repeated = text.last().map_or(0.0, |last| f64::from(column.characters[usize::from(last.0)]));
        let nothing = prefix.total() * f64::from(column.nothing);
        add(text.clone(), *alive, nothing, prefix.ends_in_character * repeated);
        for (symbol, likelihood) in likely(column) {
            let alive = grammar.advance(*alive, text.len(), symbol);
            let before = if text.last() == Some(&symbol) { prefix.ends_in_nothing } else { prefix.total() };
            if !alive.is_empty() && before > 0.0 {
                let longer = text.iter().copied().chain([symbol]).collect();
                add(longer, alive, 0.0, before * likelihood);
            }
        }
    }
    next
}

fn likely(column: &Column) -> impl Iterator<Item = (Symbol, f64)> + '_ {
    (0_u8..).zip(&column.characters).filter(|(_, p)| **p > LEAST_LIKELY).map(|(i, p)| (Symbol(i), f64::from(*p)))
}

fn prune(beam: Beam) -> Beam {
    if beam.len() <= BEAM_WIDTH {
        return beam;
    }
    let mut entries: Vec<_> = beam.into_iter().collect();
    entries.sort_by(|a, b| b.1.total().total_cmp(&a.1.total()));
    entries.truncate(BEAM_WIDTH);
    entries.into_iter().collect()
}

/// The upper line is over: texts of another length than a template's upper line end here, and a character may follow
/// that equals the last one.
fn break_line(beam: Beam, grammar: &Grammar) -> Beam {
    let broken = beam.into_iter().map(|((text, alive), prefix)| {
        let alive = grammar.break_line(alive, text.len());
        ((text, alive), Prefix { ends_in_nothing: prefix.total(), ends_in_character: 0.0 })
    });
    broken.filter(|((_, alive), _)| !alive.is_empty()).collect()
}

/// The likelihood of each character of `text` in its best column, on the likeliest alignment (Viterbi).
fn align(lattice: &Lattice, text: &[Symbol]) -> Vec<Confidence> {
    let states = 2 * text.len() + 1;
    let emission = |column: &Column, state: usize| match state % 2 {
        0 => column.nothing,
        _ => column.characters[usize::from(text[state / 2].0)],
    };
    let mut score = vec![f64::NEG_INFINITY; states];
    let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(lattice.columns.len());
    for (index, column) in lattice.columns.iter().enumerate() {
        let best_before = |state: usize| -> (usize, f64) {
            if index == 0 {
                return (state, if state < 2 { 0.0 } else { f64::NEG_INFINITY });
            }
            let skips = state % 2 == 1 && state >= 3 && text[state / 2] != text[state / 2 - 1];
            let froms = [Some(state), state.checked_sub(1), state.checked_sub(2).filter(|_| skips)];
            let scored = froms.into_iter().flatten().map(|from| (from, score[from]));
            scored
                .reduce(|best, other| if other.1 > best.1 { other } else { best })
                .unwrap_or((state, f64::NEG_INFINITY))
        };
        let reached: Vec<(usize, f64)> = (0..states).map(best_before).collect();
        score = (0..states).map(|s| reached[s].1 + f64::from(emission(column, s).max(1e-9)).ln()).collect();
        came_from.push(reached.into_iter().map(|(from, _)| from).collect());
    }
    let ends = if states >= 2 && score[states - 2] > score[states - 1] { states - 2 } else { states - 1 };
    let mut best = vec![0.0_f32; text.len()];
    let mut state = ends;
    for (column, from) in lattice.columns.iter().zip(&came_from).rev() {
        if state % 2 == 1 {
            best[state / 2] = best[state / 2].max(emission(column, state));
        }
        state = from[state];
    }
    best.into_iter().map(Confidence::clamped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plate_format::Country;

    const CLASSES: [&str; 12] = ["1", "2", "3", "4", "A", "O", "0", "-", "皖", "店", "a", "B"];

    /// A lattice in which each column is `(class text, likelihood)` and the rest is blank; "" is the blank.
    fn lattice(columns: &[(&str, f32)]) -> Lattice {
        let alphabet = PlateAlphabet::new(CLASSES);
        let row = |(class, likelihood): &(&str, f32)| {
            let mut row = vec![0.0; CLASSES.len() + 1];
            row[0] = 1.0 - likelihood;
            if let Some(index) = CLASSES.iter().position(|c| c == class) {
                row[index + 1] = *likelihood;
            }
            row
        };
        Lattice::new(&alphabet, &columns.iter().flat_map(row).collect::<Vec<_>>())
    }

    fn sure(text: &str) -> Vec<(String, f32)> {
        text.chars().flat_map(|c| [(c.to_string(), 0.9), (String::new(), 0.0)]).collect()
    }

    fn line(text: &str) -> Lattice {
        let columns = sure(text);
        lattice(&columns.iter().map(|(c, p)| (c.as_str(), *p)).collect::<Vec<_>>())
    }

    fn best(lattice: &Lattice, countries: &[Country]) -> Option<String> {
        decode(lattice, &Grammar::of(countries)).into_iter().next().map(|decoded| decoded.text)
    }

    #[test]
    fn separators_and_repeated_columns_are_no_characters() {
        assert_eq!(best(&line("12A-123-14"), &[Country::Vietnam]), Some("12A12314".into()));
    }

    #[test]
    fn a_small_letter_is_a_large_one() {
        assert_eq!(best(&line("12a12314"), &[Country::Vietnam]), Some("12A12314".into()));
    }

    #[test]
    fn two_lines_break_where_a_plate_may_break() {
        assert_eq!(best(&line("12A").above(&line("12314")), &[Country::Vietnam]), Some("12A12314".into()));
        assert_eq!(best(&line("12A1").above(&line("23141")), &[Country::Vietnam]), Some("12A123141".into()));
        assert_eq!(best(&line("皖A").above(&line("12314")), &[Country::China]), Some("皖A12314".into()));
        assert_eq!(best(&line("12").above(&line("A12314")), &[Country::Vietnam]), None);
    }

    #[test]
    fn what_no_plate_carries_leaves_no_likelihood_for_a_plate() {
        let decoded = decode(&line("店店12A12314"), &Grammar::of(&[Country::Vietnam]));
        assert!(decoded.iter().all(|d| d.likelihood < 0.05), "{decoded:?}");
    }

    #[test]
    fn a_text_too_long_for_a_plate_is_not_cut_to_one() {
        let decoded = decode(&line("12A1231421"), &Grammar::of(&[Country::Vietnam]));
        assert!(decoded.iter().all(|d| d.likelihood < 0.05), "{decoded:?}");
    }

    #[test]
    fn the_same_digit_twice_needs_a_gap_and_across_lines_needs_none() {
        let upper = lattice(&[("1", 0.9), ("2", 0.9), ("A", 0.9), ("1", 0.9)]);
        let lower = lattice(&[("1", 0.9), ("2", 0.9), ("3", 0.9), ("4", 0.9)]);
        assert_eq!(best(&upper.above(&lower), &[Country::Vietnam]), Some("12A11234".into()));
    }

    #[test]
    fn an_upper_line_of_four_is_not_taken_for_one_of_three_and_a_character() {
        let lower = line("23141");
        let upper = lattice(&[("1", 0.9), ("2", 0.9), ("A", 0.9), ("1", 0.8)]);
        assert_eq!(best(&upper.above(&lower), &[Country::Vietnam]), Some("12A123141".into()));
    }

    #[test]
    fn each_character_has_the_confidence_of_its_best_column() {
        let decoded = decode(&line("12A12314"), &Grammar::of(&[Country::Vietnam]));
        let per_character: Vec<f32> = decoded[0].per_character.iter().map(|c| c.value()).collect();
        assert_eq!(per_character, vec![0.9; 8]);
        assert!((decoded[0].likelihood - 0.9_f64.powi(8)).abs() < 0.01, "{}", decoded[0].likelihood);
    }

    #[test]
    fn a_glance_counts_characters_digits_and_what_is_foreign() {
        assert_eq!(line("12A-店").glance(), Glance { characters: 3, digits: 2, foreign: 1 });
    }

    #[test]
    fn nothing_decodes_to_nothing() {
        assert!(decode(&Lattice::default(), &Grammar::of(&[Country::Vietnam, Country::China])).is_empty());
    }
}
