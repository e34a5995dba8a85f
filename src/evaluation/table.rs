//! The sums as a table, for people.

use std::fmt;

use super::run::SetResult;
use super::score::{PlateOutcome, confusions};
use crate::plate_format::Country;

/// So many confusions are listed.
const MOST_CONFUSIONS: usize = 12;

/// Shows results as a table: a line per set, then exact reads per country, then which characters were confused.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a>(pub &'a [SetResult]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results = self.0;
        heading(f, results)?;
        results.iter().try_for_each(|result| set_line(f, result, name_width(results)))?;
        f.write_str("\nexact reads\n")?;
        for country in [Country::Vietnam, Country::China, Country::Other] {
            country_line(f, results, country, false)?;
            country_line(f, results, country, true)?;
        }
        false_reads_line(f, results)?;
        confusions_line(f, results)
    }
}

/// A country's name in these tables.
#[must_use]
pub fn country_name(country: Country) -> &'static str {
    match country {
        Country::Other => "other",
        country => country.code(),
    }
}

/// `part` of `all` in per cent; of nothing, 0.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of plates and characters")]
pub fn percent(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 * 100.0 / all as f64 }
}

fn name_width(results: &[SetResult]) -> usize {
    results.iter().map(|result| result.score.name.chars().count()).max().unwrap_or(0).max("set".len())
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
fn country_line(f: &mut fmt::Formatter<'_>, results: &[SetResult], country: Country, crops: bool) -> fmt::Result {
    let of_kind = results.iter().flat_map(|result| &result.pictures).filter(|result| result.picture.crop == crops);
    let plates: Vec<_> = of_kind.flat_map(|r| &r.outcome.plates).filter(|p| p.label.country == country).collect();
    if plates.is_empty() {
        return Ok(());
    }
    let exact = plates.iter().filter(|plate| plate.exact()).count();
    let what = if crops { "crops" } else { "whole pictures" };
    let share = percent(exact, plates.len());
    writeln!(f, "  {:<5}  {what:<14}  {exact}/{} ({share:.1} %)", country_name(country), plates.len())
}

fn false_reads_line(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let whole = || results.iter().flat_map(|result| &result.pictures).filter(|result| !result.picture.crop);
    let complete = whole().filter(|result| result.picture.complete).count();
    let false_reads: usize = whole().map(|result| result.false_reads().len()).sum();
    writeln!(f, "false reads: {false_reads} in {complete} whole pictures in which every plate is labelled")
}

fn confusions_line(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let plates = results.iter().flat_map(SetResult::plates).collect::<Vec<&PlateOutcome>>();
    let mut counts: Vec<_> = confusions(plates).into_iter().collect();
    if counts.is_empty() {
        return Ok(());
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let listed: Vec<_> =
        counts.iter().take(MOST_CONFUSIONS).map(|((truth, read), n)| format!("{truth} as {read}: {n}")).collect();
    writeln!(f, "characters confused most, on plates read with the right length: {}", listed.join(", "))
}
