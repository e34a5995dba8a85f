//! `[[country]]`: countries whose plates the program does not know by itself.

use std::collections::BTreeMap;

use super::problem::Problem;
use super::table::Table;
use super::value::{Mismatch, Value, text};
use crate::plate_format::Country;
use crate::plate_format::listed::{CountryCode, CountryDefinition, MOST_PATTERNS, Pattern};

/// What is there to be read of a pattern, for whoever wrote a wrong one.
const PATTERN_HELP: &str = "L is a letter, D a digit, X either; digits and letters in single quotes stand for themselves; | breaks \
     the line; '-', '.' and a space are only shown";
/// Most patterns of one country, and most regions.
const MOST_OF_A_COUNTRY: usize = 16;
const MOST_REGIONS: usize = 256;
/// Longest name of a country or region, in characters.
const LONGEST_NAME: usize = 64;

/// The countries of a file.
#[derive(Debug, Default)]
pub(super) struct Countries {
    /// The codes of all, also of those with problems.
    codes: Vec<String>,
    /// Those without problems.
    listed: Vec<Country>,
}

impl Countries {
    pub(super) fn read(tables: &[Table<'_>]) -> Self {
        let listed: Vec<Country> = tables.iter().filter_map(country).collect();
        note_twice(tables);
        let patterns: usize = listed.iter().map(|country| country.templates().len()).sum();
        if let Some(last) = tables.last().filter(|_| patterns > MOST_PATTERNS) {
            let title =
                format!("the countries have {patterns} patterns together, and at most {MOST_PATTERNS} are read");
            last.note(Problem::at(last.place(), title).label("leave some out"));
        }
        let codes = tables.iter().filter_map(|table| Some(table.peek("code")?.0.to_owned())).collect();
        Self { codes, listed }
    }

    /// All countries that a lane can name.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> {
        ["VN", "CN", "XX"].into_iter().chain(self.codes.iter().map(String::as_str))
    }

    /// The country of a code, if there is no problem with it.
    pub(super) fn find(&self, code: &str) -> Option<Country> {
        Country::from_code(code).or_else(|| self.listed.iter().copied().find(|country| country.code() == code))
    }

    pub(super) fn listed(self) -> Vec<Country> {
        self.listed
    }
}

fn country(table: &Table<'_>) -> Option<Country> {
    let code = table.required("code", code);
    let name = table.required("name", text("a name of 1 to 64 characters", name));
    let patterns = table.required("patterns", patterns);
    let regions = table.or("regions", BTreeMap::new(), regions);
    Some(Country::listed(CountryDefinition { code: code?, name: name?, patterns: patterns?, regions }))
}

fn note_twice(tables: &[Table<'_>]) {
    for (index, table) in tables.iter().enumerate() {
        let Some((code, place)) = table.peek("code") else { continue };
        let earlier = tables[..index].iter().find_map(|it| it.peek("code").filter(|(earlier, _)| *earlier == code));
        if let Some((_, first)) = earlier {
            let problem = Problem::at(place, format!("two countries have the code {code:?}"));
            let problem = problem.label("give this one another code").related(first, "first used here");
            table.note(problem.help("all plates of one country are patterns of one table"));
        }
    }
}

fn code(value: &Value<'_>) -> Result<CountryCode, Mismatch> {
    const EXPECTED: &str = "two letters A to Z";
    let written = value.get_ref().as_str().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    CountryCode::try_from(written).map_err(|invalid| Mismatch::new(value, EXPECTED).help(invalid.to_string()))
}

fn name(text: &str) -> Option<String> {
    (1..=LONGEST_NAME).contains(&text.trim().chars().count()).then(|| text.trim().to_owned())
}

fn patterns(value: &Value<'_>) -> Result<Vec<Pattern>, Mismatch> {
    let expected = format!("a list of 1 to {MOST_OF_A_COUNTRY} patterns of plates");
    let listed = value.get_ref().as_array().filter(|list| (1..=MOST_OF_A_COUNTRY).contains(&list.len()));
    let mut patterns = Vec::new();
    for element in listed.ok_or_else(|| Mismatch::new(value, &expected))?.iter() {
        let written = element.get_ref().as_str().ok_or_else(|| Mismatch::new(element, &expected).help(PATTERN_HELP))?;
        let pattern = Pattern::try_from(written)
            .map_err(|fault| Mismatch::finding(element, &expected, fault.to_string()).help(PATTERN_HELP))?;
        if patterns.contains(&pattern) {
            return Err(Mismatch::finding(element, &expected, "this one is in the list already"));
        }
        patterns.push(pattern);
    }
    Ok(patterns)
}

fn regions(value: &Value<'_>) -> Result<BTreeMap<String, String>, Mismatch> {
    let expected = format!("a table of at most {MOST_REGIONS} beginnings of plates and their regions' names");
    let table = value.get_ref().as_table().filter(|table| table.len() <= MOST_REGIONS);
    let mut regions = BTreeMap::new();
    for (beginning, region) in table.ok_or_else(|| Mismatch::new(value, &expected))?.iter() {
        let key = beginning.get_ref();
        let readable = !key.is_empty() && key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if !readable {
            let finding = format!("no plate begins with {key:?}: only A to Z and 0 to 9 are read");
            return Err(Mismatch::finding(region, &expected, finding));
        }
        let named = region.get_ref().as_str().and_then(name).ok_or_else(|| Mismatch::new(region, &expected))?;
        regions.insert(key.to_string(), named);
    }
    Ok(regions)
}
