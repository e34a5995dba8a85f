//! What the TOML parser could not read, in our words.

use super::keys::{CAMERA, LANE};
use super::problem::Problem;

/// The first place at which `text` is no TOML. What follows it cannot be judged.
pub(super) fn problem(error: &toml::de::Error, text: &str) -> Problem {
    let place = error.span().unwrap_or(text.len()..text.len());
    let line = line_around(text, place.start);
    let problem = Problem::at(place, "the file is not valid TOML").label(error.message());
    if !error.message().contains("duplicate key") {
        let problem = hint(line, error.message()).into_iter().fold(problem, Problem::help);
        return problem.help("the rest of the file is checked once this is right");
    }
    let repeated = [CAMERA, LANE].iter().map(|shape| shape.header).find(|header| line == &header[1..header.len() - 1]);
    problem.help(match repeated {
        Some(header) => format!("to have several, write {header} with two brackets above each"),
        None => "a key or table may be there once: remove one of the two".to_owned(),
    })
}

/// What is usually meant by a line that is no TOML.
fn hint(line: &str, message: &str) -> Option<&'static str> {
    let value = line.split_once('=').map(|(_, value)| value.split('#').next().unwrap_or_default().trim());
    let is_word = |words: &[&str]| value.is_some_and(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)));
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let has_decimal_comma = |value: &str| {
        let (before, after) = value.split_once(',').unwrap_or_default();
        is_digit(before.chars().last()) && is_digit(after.chars().next())
    };
    if line.contains(['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}', '\u{ab}', '\u{bb}']) {
        Some("write straight quotes (\") around a text: those of a word processor are other characters")
    } else if line.contains(['\u{a0}', '\u{3000}', '\u{200b}', '\u{feff}']) {
        Some("a character of this line only looks like a space: type the line anew")
    } else if message.contains("escape") {
        Some("in double quotes a backslash begins something special: write / instead, or single quotes around the text")
    } else if is_word(&["true", "false", "yes", "no", "on", "off"]) {
        Some("write true or false, in small letters and without quotes")
    } else if value.is_some_and(|value| !value.starts_with('[') && has_decimal_comma(value)) {
        Some("write decimals with a point: 1.5")
    } else if value.is_none() && line.contains(": ") {
        Some("write = between a key and its value")
    } else if value.is_none() && line.starts_with('[') && !line.ends_with(']') {
        Some("a table's name stands between brackets: [mqtt]")
    } else {
        None
    }
}

fn line_around(text: &str, at: usize) -> &str {
    let at = text.floor_char_boundary(at);
    let start = text[..at].rfind('\n').map_or(0, |line_feed| line_feed + 1);
    text[start..].lines().next().unwrap_or_default().trim()
}
