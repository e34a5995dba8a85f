//! What the TOML parser could not read, in our words.

use super::keys::{CAMERA, LANE};
use super::problem::Problem;

/// The first place at which `text` is no TOML. What follows it cannot be judged.
pub(super) fn problem(error: &toml::de::Error, text: &str) -> Problem {
    let place = error.span().unwrap_or(text.len()..text.len());
    let line = line_around(text, place.start);
    let problem = Problem::at(place, "the file is not valid TOML").label(error.message());
    if !error.message().contains("duplicate key") {
        return problem.help("the rest of the file is checked once this is right");
    }
    let repeated = [CAMERA, LANE].iter().map(|shape| shape.header).find(|header| line == &header[1..header.len() - 1]);
    problem.help(match repeated {
        Some(header) => format!("to have several, write {header} with two brackets above each"),
        None => "a key or table may be there once: remove one of the two".to_owned(),
    })
}

fn line_around(text: &str, at: usize) -> &str {
    let at = text.floor_char_boundary(at);
    let start = text[..at].rfind('\n').map_or(0, |line_feed| line_feed + 1);
    text[start..].lines().next().unwrap_or_default().trim()
}
