//! A comparison as a table, for people.

use std::fmt;

use super::breakdown::{Aspect, Exact, rows_by};
use super::comparison::{Combination, Comparison, Difference, Standing, median};
use super::detection::{DetectorScore, FOUND_OVERLAP};
use super::labels::PictureKind;
use super::run::pictures_of;
use super::score::PlateOutcome;
use super::table::share;
use super::wrong_reads::{Wrong, WrongReads, published_alone_rule};

/// Shows a comparison: a column per combination, then for each whether it may become the default.
#[derive(Debug, Clone, Copy)]
pub struct ComparisonTable<'a> {
    /// What is shown.
    pub comparison: &'a Comparison,
    /// Whether to list the plates that one reads and another misses.
    pub details: bool,
}

/// Wide enough for `118/119 (99.2 %)`.
const COLUMN: usize = 18;
/// Wide enough for the longest name of a line.
const NAME: usize = 41;

impl fmt::Display for ComparisonTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let comparison = self.comparison;
        for (index, combination) in comparison.all().enumerate() {
            let first = if index == 0 { "  (the first: the others are held against it)" } else { "" };
            writeln!(f, "{}  {}{first}", letter(index), combination.name())?;
        }
        f.write_str("\n")?;
        let letters = (0..comparison.all().count()).map(letter).collect::<Vec<_>>();
        line(f, "", letters)?;
        exact_reads(f, comparison)?;
        faults(f, comparison)?;
        times(f, comparison)?;
        for (index, other) in comparison.others().iter().enumerate() {
            verdict(f, comparison, other, &letter(index + 1))?;
            if self.details {
                differences(f, comparison, other, &letter(index + 1))?;
            }
        }
        Ok(())
    }
}

/// A, B, C …; with so many that the letters end, numbers.
fn letter(index: usize) -> String {
    let letter = u8::try_from(index).ok().filter(|index| *index < 26).map(|index| char::from(b'A' + index));
    letter.map_or_else(|| (index + 1).to_string(), String::from)
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, cells: impl IntoIterator<Item = String>) -> fmt::Result {
    write!(f, "{name:<NAME$}")?;
    cells.into_iter().try_for_each(|cell| write!(f, "  {cell:>COLUMN$}"))?;
    f.write_str("\n")
}

fn exact_reads(f: &mut fmt::Formatter<'_>, comparison: &Comparison) -> fmt::Result {
    f.write_str("exact reads\n")?;
    let rows: Vec<_> = comparison.all().map(|combination| rows_by(&combination.results, Aspect::Region)).collect();
    for kind in PictureKind::ALL {
        let of_kind = |combination: usize, row: usize| match kind {
            PictureKind::Whole => rows[combination][row].whole,
            PictureKind::Crop => rows[combination][row].crops,
        };
        let there = (0..rows[0].len()).filter(|row| of_kind(0, *row).plates > 0);
        for row in there {
            let name = format!("  {}, {}", rows[0][row].class, kind.name());
            line(f, &name, (0..rows.len()).map(|combination| exact(of_kind(combination, row))))?;
        }
    }
    for (index, set) in comparison.first().results.iter().enumerate() {
        let of_set = |combination: &Combination| Exact::of(combination.results[index].plates());
        line(f, &format!("  {}", set.score.name), comparison.all().map(|combination| exact(of_set(combination))))?;
    }
    Ok(())
}

fn exact(Exact { exact, plates }: Exact) -> String {
    share(exact, plates)
}

fn faults(f: &mut fmt::Formatter<'_>, comparison: &Comparison) -> fmt::Result {
    line(f, "false reads in complete pictures", comparison.all().map(false_reads))?;
    for kind in PictureKind::ALL {
        let there = pictures_of(&comparison.first().results, kind).next().is_some();
        if there {
            let wrong = |combination: &Combination| {
                let Wrong { wrong, readings } = WrongReads::of(pictures_of(&combination.results, kind)).published_alone;
                share(wrong, readings)
            };
            line(f, &format!("wrong among sure readings, {}", kind.name()), comparison.all().map(wrong))?;
        }
    }
    let recall = |combination: &Combination| {
        let score = DetectorScore::of(pictures_of(&combination.results, PictureKind::Whole));
        let mark = if score.text_boxes { "*" } else { "" };
        format!("{}{mark}", share(score.found, score.plates))
    };
    line(f, &format!("plates found (IoU {FOUND_OVERLAP})"), comparison.all().map(recall))?;
    writeln!(f, "  (sure: {};\n   *: boxes of text, which are smaller than plates)", published_alone_rule())
}

fn false_reads(combination: &Combination) -> String {
    let complete = || pictures_of(&combination.results, PictureKind::Whole).filter(|result| result.picture.complete);
    let count: usize = complete().map(|result| result.false_reads().len()).sum();
    format!("{count} in {}", complete().count())
}

fn times(f: &mut fmt::Formatter<'_>, comparison: &Comparison) -> fmt::Result {
    for (kind, what) in PictureKind::ALL.into_iter().zip(["whole picture", "crop"]) {
        if comparison.first().milliseconds(kind).is_empty() {
            continue;
        }
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.1}"));
        let medians = comparison.all().map(|combination| number(median(combination.milliseconds(kind))));
        line(f, &format!("ms per {what}, median"), medians)?;
        let speed_ups = comparison.all().map(|combination| number(comparison.speed_up(combination, kind)));
        line(f, "  times as fast as A", speed_ups)?;
    }
    Ok(())
}

fn verdict(f: &mut fmt::Formatter<'_>, comparison: &Comparison, other: &Combination, letter: &str) -> fmt::Result {
    writeln!(f, "\n{letter}: does {} read at least as many plates as A?", other.name())?;
    let standings = comparison.standings(other);
    for standing in &standings {
        let answer = if standing.is_as_good() { "yes" } else { "NO" };
        writeln!(f, "  {:<6} {answer:<3}  {}", standing.region, counts(standing))?;
    }
    let lost: Vec<_> = standings.iter().filter(|standing| !standing.is_as_good()).map(|s| s.region.as_str()).collect();
    match lost.as_slice() {
        [] => writeln!(f, "  in every region of these pictures: it may become the default"),
        lost => writeln!(f, "  not in {}: it may not become the default", lost.join(", ")),
    }
}

/// `whole pictures 118 (A 116) of 119, crops …`.
fn counts(standing: &Standing) -> String {
    let parts = PictureKind::ALL.into_iter().zip([standing.whole, standing.crops]);
    let shown = parts.filter(|(_, [first, _])| first.plates > 0).map(|(kind, [first, other])| {
        format!("{} {} (A {}) of {}", kind.name(), other.exact, first.exact, first.plates)
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn differences(f: &mut fmt::Formatter<'_>, comparison: &Comparison, other: &Combination, letter: &str) -> fmt::Result {
    let (lost, won): (Vec<_>, Vec<_>) = comparison.differences(other).partition(|difference| difference.first.exact());
    for (reads, misses, differences) in [("A", letter, lost), (letter, "A", won)] {
        writeln!(f, "  {reads} reads and {misses} misses: {}", differences.len())?;
        for Difference { set, picture, first, other } in differences {
            let missed = if first.exact() { other } else { first };
            let name = picture.picture.path.file_name().unwrap_or_default().to_string_lossy();
            writeln!(f, "    {set}/{name}: {} {}", first.label.text, told(missed, misses))?;
        }
    }
    Ok(())
}

fn told(missed: &PlateOutcome, who: &str) -> String {
    match missed.read() {
        "" => format!("({who}: nothing)"),
        read => format!("({who}: {read})"),
    }
}
