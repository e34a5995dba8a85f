//! Any other country: Latin letters and digits. A loose format, so it fits by chance more often than the others: a lane
//! uses it only where its config asks for it.

use super::grammar::{Class, Template};
use super::{Country, FormatMatch, PlateKind};

const LENGTHS: std::ops::RangeInclusive<usize> = 4..=8;
const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

pub(super) fn templates() -> Vec<Template> {
    let one_line = |length| Template::parse(Country::Other, &"X".repeat(length), 0.02, |_| Class::of(CHARACTERS));
    LENGTHS.map(one_line).collect()
}

pub(super) fn identify(text: &str) -> Option<FormatMatch> {
    let all_latin = text.chars().all(|c| CHARACTERS.contains(c));
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (all_latin && digits > 0 && LENGTHS.contains(&text.len())).then(|| FormatMatch {
        country: Country::Other,
        province: None,
        valid: true,
        kind: PlateKind::Unknown,
        display: text.to_owned(),
        key: format!("XX-{text}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_without_a_digit_are_a_word_not_a_plate() {
        assert!(identify("STOP").is_none());
        assert!(identify("WA56660").is_some());
        assert!(identify("桂F12345").is_none());
    }
}
