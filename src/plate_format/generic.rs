//! Any other country: Latin letters and digits. A loose format, so it fits by chance more often than the others: a lane
//! uses it only where its config asks for it.

use std::sync::LazyLock;

use super::grammar::{Class, Template};
use super::{Country, FormatMatch, PlateKind};

const LENGTHS: std::ops::RangeInclusive<usize> = 4..=8;
const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Layouts that many plates have, so that the format can tell O from 0 and leave a sticker off: `L` letter, `D` digit.
/// As the countries' registration rules have them; a plate of another layout is read as any text.
const LAYOUTS: [&str; 13] = [
    "LLDDDLL", // France, Italy, Slovakia
    "LLDDLLL", // Great Britain
    "DDDDLLL", // Spain
    "DLDDDDD", // Czechia
    "DLLDDDD", // Czechia, newer series
    "LLDDDDD", // Poland
    "LLLDDD",  // Hungary, Sweden, some states of the USA
    "DLLLDDD", // Belgium, California
    "LLLDDDD", // Brazil before 2018, many states of the USA
    "LLLDLDD", // Brazil since 2018
    "DDDLLL",  // states of the USA with six characters
    "LLDLDL", "LLLLDD",
];
/// How usual a text of a known layout is, and any other: ten to one, so that a layout decides between look-alikes, and
/// does not overrule what is plain to see.
const KNOWN: f64 = 0.2;
const ANY: f64 = 0.02;

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let any = LENGTHS.map(|length| Template::parse(Country::Other, &"X".repeat(length), ANY, class));
    any.chain(LAYOUTS.map(|layout| Template::parse(Country::Other, layout, KNOWN, class))).collect()
});

pub(super) fn templates() -> &'static [Template] {
    &TEMPLATES
}

fn class(pattern: char) -> Class {
    match pattern {
        'L' => Class::of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        'D' => Class::of("0123456789"),
        _ => Class::of(CHARACTERS),
    }
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
        doubts: Vec::new(),
        grounds: &[],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_layout_has_a_length_that_is_read() {
        assert!(LAYOUTS.iter().all(|layout| LENGTHS.contains(&layout.len())));
    }

    #[test]
    fn letters_without_a_digit_are_a_word_not_a_plate() {
        assert!(identify("STOP").is_none());
        assert!(identify("WA56660").is_some());
        assert!(identify("桂F12345").is_none());
    }
}
