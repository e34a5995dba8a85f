//! The sums as JSON, for programs.

use serde::Serialize;

use super::run::SetResult;

/// What `gatelpr eval --json` prints. Fields may be added, never changed or taken away.
#[derive(Debug, Serialize)]
pub struct Figures {
    sets: Vec<SetFigures>,
}

#[derive(Debug, Serialize)]
struct SetFigures {
    name: String,
    pictures: usize,
    plates: usize,
    exact: usize,
    character_errors: usize,
    false_reads: usize,
    complete_pictures: usize,
    ms_p50: f64,
    ms_p95: f64,
    characters: usize,
    misread: usize,
    unreadable_pictures: usize,
    crops: bool,
    countries: Vec<&'static str>,
}

impl Figures {
    /// The figures of `results`, in their order.
    #[must_use]
    pub fn of(results: &[SetResult]) -> Self {
        Self { sets: results.iter().map(SetFigures::of).collect() }
    }
}

impl SetFigures {
    fn of(result: &SetResult) -> Self {
        let score = &result.score;
        Self {
            name: score.name.clone(),
            pictures: score.pictures,
            plates: score.plates,
            exact: score.exact,
            character_errors: score.character_errors,
            false_reads: score.false_reads,
            complete_pictures: score.complete_pictures,
            ms_p50: tenths(score.percentile(0.5)),
            ms_p95: tenths(score.percentile(0.95)),
            characters: score.characters,
            misread: score.misread,
            unreadable_pictures: result.unreadable.len(),
            crops: result.crops(),
            countries: result.countries.iter().map(|country| country.code()).collect(),
        }
    }
}

fn tenths(milliseconds: f64) -> f64 {
    (milliseconds * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::score::SetScore;
    use crate::plate_format::Country;

    #[test]
    fn the_json_has_the_fields_that_programs_read() {
        let score = SetScore {
            pictures: 51,
            plates: 58,
            exact: 57,
            misread: 1,
            character_errors: 1,
            characters: 488,
            complete_pictures: 40,
            milliseconds: vec![101.25, 150.0, 390.14],
            ..SetScore::new("vn_mixed")
        };
        let countries = vec![Country::Vietnam, Country::China];
        let result = SetResult { score, countries, pictures: Vec::new(), unreadable: Vec::new() };
        insta::assert_json_snapshot!(Figures::of(&[result]));
    }
}
