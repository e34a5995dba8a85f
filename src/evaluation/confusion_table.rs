//! The table of confusions as a file: what declared plates are matched with (`models/confusions.tsv`).
//!
//! Three columns: a character as it is on the plate, as it was read, how often. `*` for "read as anything" counts how often a
//! character was there to be read; `-` stands where nothing was read, or nothing was there; `^` and `$` with `-` count the missed
//! characters that were the first or the last of their plate. Tables of several runs add up when they are put one after
//! the other.

use std::collections::BTreeMap;
use std::fmt;

use super::confusions::Confusions;
use super::diff::side_by_side;
use super::score::PlateOutcome;
use crate::plate::LEAST_VOTING_CONFIDENCE;

/// Characters that were there to be read, and what was read for them, over readings that have a vote at a gate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfusionTable {
    shown: BTreeMap<char, usize>,
    confusions: Confusions,
    /// Missed characters that were the first and the last of their plate.
    missed_at_edges: [usize; 2],
    plates: usize,
}

impl ConfusionTable {
    /// That of `outcomes`.
    #[must_use]
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a PlateOutcome>) -> Self {
        let votes = |outcome: &&PlateOutcome| {
            outcome.reading.as_ref().is_some_and(|reading| reading.confidence.value() >= LEAST_VOTING_CONFIDENCE)
        };
        let voting: Vec<_> = outcomes.into_iter().filter(votes).collect();
        let mut table = Self { confusions: Confusions::of(voting.iter().copied()), ..Self::default() };
        for outcome in voting.into_iter().filter(|outcome| !Confusions::is_garbled(outcome)) {
            table.plates += 1;
            let truth = outcome.label.text.as_str();
            for character in truth.chars() {
                *table.shown.entry(character).or_default() += 1;
            }
            let missed = |place: Option<&(Option<char>, Option<char>)>| place.is_some_and(|place| place.1.is_none());
            let pairs = side_by_side(truth, outcome.read());
            table.missed_at_edges[0] += usize::from(missed(pairs.first()));
            table.missed_at_edges[1] += usize::from(missed(pairs.last()));
        }
        table
    }
}

impl fmt::Display for ConfusionTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {} plates read, and {} more garbled", self.plates, self.confusions.garbled)?;
        for (character, count) in &self.shown {
            writeln!(f, "{character}\t*\t{count}")?;
        }
        for (edge, count) in ["^", "$"].iter().zip(self.missed_at_edges) {
            writeln!(f, "{edge}\t-\t{count}")?;
        }
        let mut ranked = self.confusions.ranked();
        ranked.sort_by_key(|(pair, _)| *pair);
        for ((truth, read), count) in ranked {
            writeln!(f, "{}\t{}\t{count}", truth.unwrap_or('-'), read.unwrap_or('-'))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::samples::outcome;

    #[test]
    fn the_table_counts_what_was_there_and_what_was_read_for_it() {
        let outcomes = [
            outcome("34A36837", Some("34A36887")),
            outcome("34A36837", Some("4A36837")),
            outcome("34A36837", Some("15TOYOTA")),
            outcome("34A36837", None),
        ];
        let table = ConfusionTable::of(&outcomes).to_string();
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], "# 2 plates read, and 1 more garbled");
        for line in ["3\t*\t6", "A\t*\t2", "^\t-\t1", "$\t-\t0", "3\t8\t1", "3\t-\t1"] {
            assert!(lines.contains(&line), "{line} in {table}");
        }
    }
}
