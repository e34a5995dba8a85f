//! Which character is taken for which.

use std::collections::BTreeMap;

use super::diff::{Pair, side_by_side};
use super::score::PlateOutcome;

/// Differences between labels and misreads laid side by side, counted: `(truth, read)`, where a character that was missed
/// has no reading, and one that was added no truth.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Confusions {
    counts: BTreeMap<Pair, usize>,
    /// Misreads that are not counted: so much of them is wrong that what stands beside what is chance.
    pub garbled: usize,
}

impl Confusions {
    /// Those of `outcomes`.
    #[must_use]
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a PlateOutcome>) -> Self {
        let mut confusions = Self::default();
        for outcome in outcomes.into_iter().filter(|outcome| outcome.reading.is_some() && !outcome.exact()) {
            if Self::is_garbled(outcome) {
                confusions.garbled += 1;
                continue;
            }
            let pairs = side_by_side(outcome.label.text.as_str(), outcome.read());
            for pair in pairs.into_iter().filter(|(truth, read)| truth != read) {
                *confusions.counts.entry(pair).or_default() += 1;
            }
        }
        confusions
    }

    /// Whether so much of a reading is wrong that what stands beside what is chance.
    #[must_use]
    pub fn is_garbled(outcome: &PlateOutcome) -> bool {
        outcome.character_errors() * 2 > outcome.label.text.len()
    }

    /// Each with how often, the most frequent first.
    #[must_use]
    pub fn ranked(&self) -> Vec<(Pair, usize)> {
        let mut ranked: Vec<_> = self.counts.iter().map(|(pair, count)| (*pair, *count)).collect();
        ranked.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
        ranked
    }

    /// Characters that were taken for another, missed, or added.
    #[must_use]
    pub fn of_kind(&self, kind: ConfusionKind) -> Vec<(Pair, usize)> {
        self.ranked().into_iter().filter(|(pair, _)| ConfusionKind::of(*pair) == kind).collect()
    }
}

/// In what way a character is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfusionKind {
    /// Another stands for it.
    Substituted,
    /// It was not read.
    Missed,
    /// It was read and is not there.
    Added,
}

impl ConfusionKind {
    fn of(pair: Pair) -> Self {
        match pair {
            (_, None) => Self::Missed,
            (None, _) => Self::Added,
            _ => Self::Substituted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::samples::outcome;

    #[test]
    fn misreads_are_laid_beside_their_labels_whatever_their_length() {
        let outcomes = [
            outcome("34A36837", Some("34A36887")),
            outcome("51F38385", Some("51F88385")),
            outcome("34A36837", Some("4A36837")),
            outcome("34A3683", Some("34A36837")),
            outcome("34A36837", Some("34A36837")),
            outcome("34A36837", None),
        ];
        let confusions = Confusions::of(&outcomes);
        assert_eq!(confusions.of_kind(ConfusionKind::Substituted), [((Some('3'), Some('8')), 2)]);
        assert_eq!(confusions.of_kind(ConfusionKind::Missed), [((Some('3'), None), 1)]);
        assert_eq!(confusions.of_kind(ConfusionKind::Added), [((None, Some('7')), 1)]);
        assert_eq!(confusions.ranked()[0], ((Some('3'), Some('8')), 2));
        assert_eq!(confusions.garbled, 0);
    }

    #[test]
    fn a_reading_of_something_else_says_nothing_of_characters() {
        let confusions = Confusions::of(&[outcome("34A36837", Some("15TOYOTA"))]);
        assert_eq!(confusions, Confusions { garbled: 1, ..Confusions::default() });
    }
}
