//! What holds for the formats of all countries.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::grammar::{ALPHABET, Symbol, Template};
use super::listed::{CountryCode, CountryDefinition, Pattern};
use super::*;

fn laos() -> Country {
    let pattern = |text: &str| Pattern::try_from(text).expect("a pattern");
    Country::listed(CountryDefinition {
        code: CountryCode::try_from("LA").expect("a code"),
        name: "Laos".to_owned(),
        patterns: vec![pattern("LL DDDD"), pattern("LL|DDDD"), pattern("'KP'-XXX.D")],
        regions: BTreeMap::from([("AB".to_owned(), "Vientiane".to_owned()), ("A".to_owned(), "elsewhere".to_owned())]),
    })
}

fn all() -> Vec<Country> {
    vec![Country::Vietnam, Country::China, laos(), Country::Other]
}

/// A text of a template: `choices` choose among the characters of each class.
fn text_of(template: &Template, choices: &[u8]) -> PlateText {
    let character = |(class, choice): (&grammar::Class, &u8)| {
        let all: Vec<char> = ALPHABET.chars().filter(|c| Symbol::of(*c).is_some_and(|s| class.contains(s))).collect();
        all[usize::from(*choice) % all.len()]
    };
    let text: String = template.classes.iter().zip(choices).map(character).collect();
    PlateText::normalised(&text).expect("a template has plate characters")
}

fn plates() -> impl Strategy<Value = PlateText> {
    let templates: Vec<Template> = all().iter().flat_map(|country| country.templates()).cloned().collect();
    let choices = prop::collection::vec(any::<u8>(), PlateText::MAX_CHARACTERS);
    (prop::sample::select(templates), choices).prop_map(|(template, choices)| text_of(&template, &choices))
}

fn key_of(text: &PlateText) -> Option<String> {
    identify(text, &all()).map(|format| format.key)
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,16}") {
        if let Some(text) = PlateText::normalised(&text) {
            drop(identify(&text, &all()));
        }
    }

    #[test]
    fn a_plate_has_an_ascii_key_and_is_shown_with_all_its_characters_in_order(text in plates()) {
        // Letters alone fit the generic layout of four to eight characters and are a word.
        if let Some(format) = identify(&text, &all()) {
            prop_assert!(format.key.is_ascii(), "{format:?}");
            let shown: String = format.display.chars().filter(|c| !"-. ·".contains(*c)).collect();
            prop_assert_eq!(shown, text.as_str());
            prop_assert!(format.trust() > 0.0 && format.trust() <= 1.0);
            prop_assert_eq!(format.valid, format.doubts.is_empty());
        }
    }

    #[test]
    fn two_plates_never_share_a_key(one in plates(), other in plates()) {
        if one != other {
            let (one, other) = (key_of(&one), key_of(&other));
            prop_assert!(one.is_none() || one != other);
        }
    }
}

#[test]
fn a_listed_country_has_its_patterns_its_regions_and_its_code() {
    let check = |text: &str, display: &str, province: Option<&str>| {
        let text = PlateText::normalised(text).expect("a text");
        let found = identify(&text, &[laos(), Country::Vietnam]).unwrap_or_else(|| panic!("{text} is listed"));
        assert_eq!((found.display.as_str(), found.province), (display, province));
        assert_eq!((found.country.code(), found.key), ("LA", format!("LA-{text}")));
    };
    check("BC1234", "BC 1234", None);
    check("AB1234", "AB 1234", Some("Vientiane"));
    check("AC1234", "AC 1234", Some("elsewhere"));
    check("KPA1B5", "KP-A1B.5", None);
    let no_plate = PlateText::normalised("KQA1B5").expect("a text");
    assert_eq!(identify(&no_plate, &[laos()]), None);
}

#[test]
fn a_grammar_has_room_for_every_country() {
    let built_in: usize =
        [Country::Vietnam, Country::China, Country::Other].map(|it| it.templates().len()).iter().sum();
    assert!(built_in + listed::MOST_PATTERNS <= grammar::MOST_TEMPLATES, "{built_in}");
}

#[test]
fn a_country_that_is_listed_twice_alike_is_one() {
    assert_eq!(laos(), laos());
    let (Country::Listed(one), Country::Listed(other)) = (laos(), laos()) else { panic!("it is listed") };
    assert!(std::ptr::eq(one, other), "a config that is read again takes no more memory");
}

#[test]
fn what_is_no_pattern_is_refused_with_its_reason() {
    for (text, reason) in [
        ("", "it is empty"),
        ("-", "it is empty"),
        ("LLQDDDD", "'Q' stands for nothing"),
        ("LLdDDDD", "'d' stands for nothing"),
        ("'KP", "a quotation mark is missing"),
        ("'k'DD", "'k' is on no plate"),
        ("LL|DD|DD", "it breaks the line twice"),
        ("LLDDDD|", "nothing stands before or after the line break"),
        ("|LLDDDD", "nothing stands before or after the line break"),
        ("LLLLDDDDDDDDD", "a plate has at most 12 characters"),
    ] {
        let fault = Pattern::try_from(text).expect_err(text).to_string();
        assert!(fault.contains(reason), "{text:?}: {fault}");
    }
}

#[test]
fn a_country_code_is_two_letters_that_no_built_in_country_has() {
    assert!(CountryCode::try_from("LA").is_ok());
    for bad in ["", "L", "LAO", "la", "L1", "VN", "CN", "XX"] {
        assert!(CountryCode::try_from(bad).is_err(), "{bad}");
    }
}
