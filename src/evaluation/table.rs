//! The sums as a table, for people. What lies behind them is in [`super::details`].

use std::fmt;

use super::breakdown::{Aspect, Exact, rows_by};
use super::calibration::Calibration;
use super::confusions::{ConfusionKind, Confusions};
use super::detection::{DetectorScore, FOUND_OVERLAP};
use super::diff::Pair;
use super::labels::PictureKind;
use super::run::{PictureResult, SetResult, pictures_of, plates_of};
use super::wrong_reads::{Wrong, WrongReads, published_alone_rule};

/// So many confusions are listed.
const MOST_CONFUSIONS: usize = 12;

/// Shows results as a table: a line per set, then exact reads per region, then what else the pictures tell of detector
/// and reader.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a>(pub &'a [SetResult]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results = self.0;
        heading(f, results)?;
        results.iter().try_for_each(|result| set_line(f, result, name_width(results)))?;
        f.write_str("\nexact reads\n")?;
        region_lines(f, results)?;
        false_reads_line(f, results)?;
        detector_line(f, results)?;
        wrong_reads_line(f, results)?;
        calibration_line(f, results)?;
        confusions_line(f, results)
    }
}

/// `part` of `all` in per cent; of nothing, 0.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of plates and characters")]
pub fn percent(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 * 100.0 / all as f64 }
}

/// `118/119 (99.2 %)`.
#[must_use]
pub fn share(part: usize, all: usize) -> String {
    format!("{part}/{all} ({:.1} %)", percent(part, all))
}

/// The width of the longest set's name.
pub(super) fn name_width(results: &[SetResult]) -> usize {
    results.iter().map(|result| result.score.name.chars().count()).max().unwrap_or(0).max("set".len())
}

/// `3 as 8: 2, M not read: 1, 1 added: 1`.
pub(super) fn listed(confusions: &[(Pair, usize)]) -> String {
    let shown = |((truth, read), count): &(Pair, usize)| match (truth, read) {
        (Some(truth), Some(read)) => format!("{truth} as {read}: {count}"),
        (Some(truth), None) => format!("{truth} not read: {count}"),
        (None, Some(read)) => format!("{read} added: {count}"),
        (None, None) => String::new(),
    };
    confusions.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn heading(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let width = name_width(results);
    writeln!(
        f,
        "{:<width$}  {:<8}  pictures  plates  exact      %  misread  char. errors %  false reads  ms p50  ms p95",
        "set", "read for"
    )
}

fn set_line(f: &mut fmt::Formatter<'_>, result: &SetResult, width: usize) -> fmt::Result {
    let score = &result.score;
    let countries: Vec<_> = result.countries.iter().map(|country| country.code()).collect();
    // A picture that is one plate has no place for a false read.
    let false_reads = match (result.crops(), score.complete_pictures) {
        (true, _) | (false, 0) => "-".to_owned(),
        (false, complete) => format!("{} in {complete}", score.false_reads),
    };
    writeln!(
        f,
        "{:<width$}  {:<8}  {:>8}  {:>6}  {:>5}  {:>5.1}  {:>7}  {:>14.1}  {:>11}  {:>6.0}  {:>6.0}",
        score.name,
        countries.join(","),
        score.pictures,
        score.plates,
        score.exact,
        percent(score.exact, score.plates),
        score.misread,
        percent(score.character_errors, score.characters),
        false_reads,
        score.percentile(0.5),
        score.percentile(0.95),
    )
}

/// Nothing where there is no such plate.
fn region_lines(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    for row in rows_by(results, Aspect::Region) {
        for (kind, Exact { exact, plates }) in PictureKind::ALL.into_iter().zip([row.whole, row.crops]) {
            if plates > 0 {
                writeln!(f, "  {:<5}  {:<14}  {}", row.class, kind.name(), share(exact, plates))?;
            }
        }
    }
    Ok(())
}

fn false_reads_line(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let whole = || pictures_of(results, PictureKind::Whole);
    let complete = whole().filter(|result| result.picture.complete).count();
    let false_reads: usize = whole().map(|result| result.false_reads().len()).sum();
    writeln!(f, "false reads: {false_reads} in {complete} whole pictures in which every plate is labelled")
}

fn detector_line(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let score = DetectorScore::of(pictures_of(results, PictureKind::Whole));
    if score.plates == 0 {
        return Ok(());
    }
    write!(f, "plates found (IoU {FOUND_OVERLAP}): {}", share(score.found, score.plates))?;
    if let Some(extra) = score.extra_per_picture() {
        write!(f, "; other detections: {extra:.2} per picture in which every plate is labelled")?;
    }
    let note = if score.text_boxes {
        "\n  (boxes of text, which are smaller than plates, and every other writing)"
    } else {
        ""
    };
    writeln!(f, "{note}")
}

fn wrong_reads_line(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let of_kind = |kind: PictureKind| {
        let Wrong { wrong, readings } = WrongReads::of(pictures_of(results, kind)).published_alone;
        (readings > 0).then(|| format!("{} of {}", share(wrong, readings), kind.name()))
    };
    let shares: Vec<_> = PictureKind::ALL.into_iter().filter_map(of_kind).collect();
    if shares.is_empty() {
        return Ok(());
    }
    writeln!(f, "wrong among sure readings: {}\n  (sure: {})", shares.join(", "), published_alone_rule())
}

fn calibration_line(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let pictures = || results.iter().flat_map(|result| &result.pictures).collect::<Vec<&PictureResult>>();
    let plates = Calibration::of_plates(pictures()).expected_error();
    let characters = Calibration::of_characters(results.iter().flat_map(SetResult::plates)).expected_error();
    match (plates, characters) {
        (Some(plates), Some(characters)) => writeln!(
            f,
            "confidences are off by (expected calibration error): plates {plates:.3}, characters {characters:.3}"
        ),
        _ => Ok(()),
    }
}

fn confusions_line(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let plates = PictureKind::ALL.into_iter().flat_map(|kind| plates_of(results, kind));
    let mut counts = Confusions::of(plates).of_kind(ConfusionKind::Substituted);
    if counts.is_empty() {
        return Ok(());
    }
    counts.truncate(MOST_CONFUSIONS);
    writeln!(f, "characters confused most: {}", listed(&counts))
}
