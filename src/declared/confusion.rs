//! How likely the reader is to take one character for another, as it was measured.
//!
//! The counts are in `models/confusions.tsv`, which says how they were made. They are turned into rates relative to the
//! reader's mean rate of errors, because that mean depends on how hard the pictures were, and at the gate the reader says
//! how sure it is.
//!
//! Smoothing: each rate is drawn towards the mean of its kind (a digit for a digit, a letter for a province …) as if
//! [`PRIOR_WEIGHT`] more characters had been shown that behaved like the mean. A confusion seen in the other direction counts half:
//! look-alikes mostly are so both ways, but not equally often.

use std::sync::LazyLock;

use super::packed::{CODES, Kind, code};

const TABLE: &str = include_str!("../../models/confusions.tsv");
/// A third of how often a letter was shown: a single chance error then moves a rate, and does not make it.
const PRIOR_WEIGHT: f32 = 100.0;
/// What a confusion in the other direction counts.
const OTHER_DIRECTION: f32 = 0.5;
/// Pictures of whole plates cannot show what a detector cuts off and what it takes for a character beside the plate. So a character
/// is taken to be missed, and one to be added, in at least this share of all errors: an assumption, not a measurement.
const CUT_OFF: f32 = 0.05;
/// Rates are never below this share of the mean rate of errors; below it they make no difference.
const LEAST_RATE: f32 = 1e-4;

/// Natural logarithms of rates, each relative to the mean rate at which a character is misread.
#[derive(Debug)]
pub(super) struct Confusions {
    /// By the code that was read, then by the true one.
    substituted: Vec<[f32; CODES]>,
    /// That a character is not read, by its code.
    missed: [f32; CODES],
    /// That a character is read where none is, by its code.
    added: [f32; CODES],
    /// What is added for a missed character that is the first or the last.
    edge: f32,
}

impl Confusions {
    /// What was measured.
    pub(super) fn measured() -> &'static Self {
        static MEASURED: LazyLock<Confusions> = LazyLock::new(|| Confusions::of(&Counts::read(TABLE)));
        &MEASURED
    }

    /// That `truth` is read as `read`.
    pub(super) fn substituted(&self, read: u8, truth: u8) -> f32 {
        self.substituted[usize::from(read)][usize::from(truth)]
    }

    /// That `truth` is not read, at an edge of the plate or inside.
    pub(super) fn missed(&self, truth: u8, at_edge: bool) -> f32 {
        self.missed[usize::from(truth)] + if at_edge { self.edge } else { 0.0 }
    }

    /// That `read` is read where nothing is.
    pub(super) fn added(&self, read: u8) -> f32 {
        self.added[usize::from(read)]
    }

    fn of(counts: &Counts) -> Self {
        let mean = (counts.wrong() / counts.shown_in_all()).max(f32::MIN_POSITIVE);
        let relative = |rate: f32| (rate / mean).max(LEAST_RATE).ln();
        let of_kinds = Kind::ALL.map(|truth| Kind::ALL.map(|read| counts.mean_of_kinds(truth, read)));
        let substituted = |read: usize, truth: usize| {
            let weight = counts.shown[truth] + OTHER_DIRECTION * counts.shown[read];
            let seen = counts.taken[truth][read] + OTHER_DIRECTION * counts.taken[read][truth];
            let prior = of_kinds[kind_index(truth)][kind_index(read)];
            relative((seen + PRIOR_WEIGHT * prior) / (weight + PRIOR_WEIGHT))
        };
        let alone = |seen: &[f32; CODES], code: usize| {
            let prior = seen.iter().sum::<f32>() / counts.shown_in_all();
            let rate = (seen[code] + PRIOR_WEIGHT * prior) / (counts.shown[code] + PRIOR_WEIGHT);
            relative(rate.max(CUT_OFF * mean))
        };
        Self {
            substituted: (0..CODES).map(|read| std::array::from_fn(|truth| substituted(read, truth))).collect(),
            missed: std::array::from_fn(|code| alone(&counts.missed, code)),
            added: std::array::from_fn(|code| alone(&counts.added, code)),
            edge: counts.edge_factor().ln(),
        }
    }
}

fn kind_index(code: usize) -> usize {
    let kind = u8::try_from(code).map_or(Kind::Other, Kind::of);
    Kind::ALL.iter().position(|it| *it == kind).expect("every kind is among all of them")
}

/// What the table counts, by codes.
#[derive(Debug, Clone, PartialEq)]
struct Counts {
    shown: [f32; CODES],
    /// By the true code, then by the one that was read.
    taken: Vec<[f32; CODES]>,
    missed: [f32; CODES],
    added: [f32; CODES],
    missed_at_edges: f32,
}

impl Counts {
    /// The table in `text`; lines of no use are left out, and a test holds that the one in use has none.
    fn read(text: &str) -> Self {
        let mut counts = Self {
            shown: [0.0; CODES],
            taken: vec![[0.0; CODES]; CODES],
            missed: [0.0; CODES],
            added: [0.0; CODES],
            missed_at_edges: 0.0,
        };
        for (truth, read, count) in text.lines().filter_map(fields) {
            let at = |character: char| usize::from(code(character));
            match (truth, read) {
                ('^' | '$', _) => counts.missed_at_edges += count,
                (truth, '*') => counts.shown[at(truth)] += count,
                (truth, '-') => counts.missed[at(truth)] += count,
                ('-', read) => counts.added[at(read)] += count,
                (truth, read) => counts.taken[at(truth)][at(read)] += count,
            }
        }
        counts
    }

    fn wrong(&self) -> f32 {
        self.taken.iter().flatten().chain(&self.missed).sum()
    }

    fn shown_in_all(&self) -> f32 {
        self.shown.iter().sum::<f32>().max(1.0)
    }

    /// How often a character of one kind is taken for a given one of another kind.
    fn mean_of_kinds(&self, truth: Kind, read: Kind) -> f32 {
        let of_kind = |kind: Kind| (0..CODES).filter(move |code| Kind::ALL[kind_index(*code)] == kind);
        let shown: f32 = of_kind(truth).map(|code| self.shown[code]).sum();
        let taken: f32 =
            of_kind(truth).flat_map(|t| of_kind(read).map(move |r| (t, r))).map(|(t, r)| self.taken[t][r]).sum();
        taken / (shown.max(1.0) * of_kind(read).count() as f32)
    }

    /// How much oftener a character at the plate's edge is missed than the mean: a plate has some eight, two at its edges.
    fn edge_factor(&self) -> f32 {
        const SHARE_AT_EDGES: f32 = 0.25;
        let missed: f32 = self.missed.iter().sum();
        ((self.missed_at_edges + 1.0) / (missed + 4.0) / SHARE_AT_EDGES).max(1.0)
    }
}

fn fields(line: &str) -> Option<(char, char, f32)> {
    let mut fields = line.split('\t');
    let mut character = || fields.next().map(str::chars).and_then(|mut text| Some((text.next()?, text.next())));
    let ((truth, None), (read, None)) = (character()?, character()?) else { return None };
    Some((truth, read, fields.next()?.parse::<u32>().ok()? as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(read: char, truth: char) -> f32 {
        Confusions::measured().substituted(code(read), code(truth))
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        let bad: Vec<_> = lines.filter(|line| fields(line).is_none()).collect();
        assert_eq!(bad, Vec::<&str>::new());
    }

    #[test]
    fn look_alikes_are_likelier_than_what_has_nothing_in_common() {
        for (read, truth, strange) in [('0', 'D', 'K'), ('8', 'B', 'L'), ('1', '7', '0'), ('M', 'N', 'S')] {
            assert!(
                rate(read, truth) > rate(read, strange) + 0.5,
                "{truth} is read as {read} oftener than {strange} is"
            );
        }
    }

    #[test]
    fn what_was_counted_once_is_no_certainty_and_what_was_never_counted_not_impossible() {
        let counts = Counts::read("A\t*\t100\nB\t*\t100\nA\tB\t1\n");
        let confusions = Confusions::of(&counts);
        let (seen, reverse) =
            (confusions.substituted(code('B'), code('A')), confusions.substituted(code('A'), code('B')));
        let (unseen, strange) =
            (confusions.substituted(code('C'), code('A')), confusions.substituted(code('挂'), code('A')));
        assert!(seen > reverse && reverse > unseen && unseen >= strange, "{seen} {reverse} {unseen} {strange}");
        assert!((strange - LEAST_RATE.ln()).abs() < 1e-3);
        assert!(seen.exp() < 1.5, "{seen}");
    }
}
