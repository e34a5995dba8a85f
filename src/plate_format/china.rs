//! China: GA 36-2018.

use std::sync::LazyLock;

use super::grammar::{Class, Template};
use super::{Country, FormatMatch, Grounds, PlateKind};
use crate::plate::PlateColour;

/// Letters on plates: never I and O, which look like 1 and 0.
const LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Patterns: `P` province, `L` letter, `X` letter or digit, `D` digit, `N` the letter of a new-energy plate, `E` an
/// ending character, `m` the ending of an embassy's plate, `|` the line break.
const PATTERNS: [(&str, f64); 9] = [
    ("PLXXXXX", 1.0),
    ("PL|XXXXX", 1.0),
    ("PLXXXXE", 1.0),
    ("PL|XXXXE", 1.0),
    ("PLNXDDDD", 0.5),
    ("PLDDDDDN", 0.5),
    ("mDDDDDD", 0.1),
    ("DDDDDDm", 0.1),
    ("PL|NXDDDD", 0.05),
];

/// Made once: every reading is held against them.
static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    PATTERNS.iter().map(|(pattern, prior)| Template::parse(Country::China, pattern, *prior, class)).collect()
});

pub(super) fn templates() -> &'static [Template] {
    &TEMPLATES
}

fn class(pattern: char) -> Class {
    match pattern {
        'P' => Class::of(&PROVINCES.iter().map(|(character, _, _)| *character).collect::<String>()),
        'L' => Class::of(LETTERS),
        'X' => Class::of("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"),
        'D' => Class::of("0123456789"),
        'N' => Class::of("ABCDEFGHJK"),
        'E' => Class::of("挂学警港澳领"),
        'm' => Class::of("使"),
        other => unreachable!("no class {other:?} in the patterns above"),
    }
}

pub(super) fn identify(text: &str) -> Option<FormatMatch> {
    if !templates().iter().any(|template| template.matches(text)) {
        return None;
    }
    let first = text.chars().next().expect("a text that matches has characters");
    let province = PROVINCES.iter().find(|(character, _, _)| *character == first);
    let (kind, grounds) = kind(text);
    Some(FormatMatch {
        country: Country::China,
        province: province.map(|(_, name, _)| *name),
        // The templates let in issued provinces and endings only. Which letters a city has is not held against a plate:
        // cities get further ones when theirs run out.
        valid: true,
        kind,
        display: display(text, province.is_some()),
        key: key(text),
        doubts: Vec::new(),
        grounds,
    })
}

/// The kind as far as length and ending tell it, and the grounds that such a plate has (GA 36-2018, table 1).
fn kind(text: &str) -> (PlateKind, Grounds) {
    use PlateColour::{Black, Blue, Green, White, Yellow, YellowGreen};
    use PlateKind::{Car, CrossBorder, Diplomatic, LargeNewEnergy, LargeVehicle, Learner, NewEnergy, Police, Trailer};
    // A gradient of white and green, and yellow beside green: told apart by the letter's place, so both colours may be.
    const NEW_ENERGY: Grounds = &[(Green, NewEnergy), (YellowGreen, NewEnergy)];
    const LARGE_NEW_ENERGY: Grounds = &[(YellowGreen, LargeNewEnergy), (Green, LargeNewEnergy)];
    const PLAIN: Grounds = &[(Blue, Car), (Yellow, LargeVehicle), (Black, CrossBorder)];
    match text.chars().next_back() {
        _ if text.contains(['使', '领']) => (Diplomatic, &[(Black, Diplomatic), (White, Diplomatic)]),
        Some('挂') => (Trailer, &[(Yellow, Trailer)]),
        Some('学') => (Learner, &[(Yellow, Learner)]),
        Some('警') => (Police, &[(White, Police)]),
        Some('港' | '澳') => (CrossBorder, &[(Black, CrossBorder)]),
        Some(last) if text.chars().count() == 8 && last.is_ascii_alphabetic() => (LargeNewEnergy, LARGE_NEW_ENERGY),
        _ if text.chars().count() == 8 => (NewEnergy, NEW_ENERGY),
        // Which it is only the colour tells.
        _ => (PlateKind::Unknown, PLAIN),
    }
}

/// As on the plate: a dot after the province and letter.
fn display(text: &str, has_province: bool) -> String {
    if !has_province {
        return text.to_owned();
    }
    let (head, tail): (String, String) = (text.chars().take(2).collect(), text.chars().skip(2).collect());
    format!("{head}·{tail}")
}

/// `CN-GUI-F12345`: Chinese characters as ASCII syllables, one per character, so that keys compare byte by byte.
fn key(text: &str) -> String {
    let mut key = String::from("CN-");
    for character in text.chars() {
        let province = PROVINCES.iter().find(|(c, _, _)| *c == character).map(|(_, _, ascii)| format!("{ascii}-"));
        let ending = ENDINGS.iter().find(|(c, _)| *c == character);
        match (province, ending) {
            (Some(province), _) => key.push_str(&province),
            (None, Some((_, ascii))) if key.ends_with('-') => key.push_str(&format!("{ascii}-")),
            (None, Some((_, ascii))) => key.push_str(&format!("-{ascii}")),
            (None, None) => key.push(character),
        }
    }
    key
}

/// The text of a key without its `CN-`: the one whose key it is, since no two texts share one.
pub(super) fn text_of(rest: &str) -> Option<String> {
    let of_province = |(character, _, ascii): &(char, &str, &str)| {
        let serial = rest.strip_prefix(ascii)?.strip_prefix('-')?;
        Some(format!("{character}{}", with_ending(serial)))
    };
    let of_embassy = || Some(format!("使{}", rest.strip_prefix("SHI-")?));
    let texts = PROVINCES.iter().filter_map(of_province).chain(of_embassy()).chain([with_ending(rest)]);
    texts.into_iter().find(|text| !text.contains('-') && key(text).strip_prefix("CN-") == Some(rest))
}

/// `F1234挂` for `F1234-GUA`.
fn with_ending(serial: &str) -> String {
    let ended = |(character, ascii): &(char, &str)| {
        Some(format!("{}{character}", serial.strip_suffix(ascii)?.strip_suffix('-')?))
    };
    ENDINGS.iter().find_map(ended).unwrap_or_else(|| serial.to_owned())
}

const ENDINGS: [(char, &str); 7] =
    [('挂', "GUA"), ('学', "XUE"), ('警', "JING"), ('港', "GANG"), ('澳', "AO"), ('领', "LING"), ('使', "SHI")];

/// Character, name, ASCII. Syllables that two provinces share are told apart as in ISO 3166-2:CN.
const PROVINCES: [(char, &str, &str); 31] = [
    ('京', "北京", "JING"),
    ('津', "天津", "JIN-TJ"),
    ('沪', "上海", "HU"),
    ('渝', "重庆", "YU-CQ"),
    ('冀', "河北", "JI-HE"),
    ('豫', "河南", "YU-HA"),
    ('云', "云南", "YUN"),
    ('辽', "辽宁", "LIAO"),
    ('黑', "黑龙江", "HEI"),
    ('湘', "湖南", "XIANG"),
    ('皖', "安徽", "WAN"),
    ('鲁', "山东", "LU"),
    ('新', "新疆", "XIN"),
    ('苏', "江苏", "SU"),
    ('浙', "浙江", "ZHE"),
    ('赣', "江西", "GAN-JX"),
    ('鄂', "湖北", "E"),
    ('桂', "广西", "GUI"),
    ('甘', "甘肃", "GAN-GS"),
    ('晋', "山西", "JIN-SX"),
    ('蒙', "内蒙古", "MENG"),
    ('陕', "陕西", "SHAN"),
    ('吉', "吉林", "JI-JL"),
    ('闽', "福建", "MIN"),
    ('贵', "贵州", "GUI-GZ"),
    ('粤', "广东", "YUE"),
    ('青', "青海", "QING"),
    ('藏', "西藏", "ZANG"),
    ('川', "四川", "CHUAN"),
    ('宁', "宁夏", "NING"),
    ('琼', "海南", "QIONG"),
];

#[cfg(test)]
mod tests {
    use super::super::Doubt;
    use super::*;
    use PlateColour::{Black, Blue, Green, White, Yellow, YellowGreen};

    /// Text, ground, display, key, province, kind.
    type Row = (&'static str, Option<PlateColour>, &'static str, &'static str, Option<&'static str>, PlateKind);

    const PLATES: &[Row] = &[
        ("桂F12345", None, "桂F·12345", "CN-GUI-F12345", Some("广西"), PlateKind::Unknown),
        ("桂F12345", Some(Blue), "桂F·12345", "CN-GUI-F12345", Some("广西"), PlateKind::Car),
        ("桂F12345", Some(Yellow), "桂F·12345", "CN-GUI-F12345", Some("广西"), PlateKind::LargeVehicle),
        ("云A1B2C3", Some(Black), "云A·1B2C3", "CN-YUN-A1B2C3", Some("云南"), PlateKind::CrossBorder),
        ("桂F1234挂", Some(Yellow), "桂F·1234挂", "CN-GUI-F1234-GUA", Some("广西"), PlateKind::Trailer),
        ("桂F1234学", None, "桂F·1234学", "CN-GUI-F1234-XUE", Some("广西"), PlateKind::Learner),
        ("桂F1234警", Some(White), "桂F·1234警", "CN-GUI-F1234-JING", Some("广西"), PlateKind::Police),
        ("粤BD12345", Some(Green), "粤B·D12345", "CN-YUE-BD12345", Some("广东"), PlateKind::NewEnergy),
        ("粤B12345D", Some(YellowGreen), "粤B·12345D", "CN-YUE-B12345D", Some("广东"), PlateKind::LargeNewEnergy),
        ("粤Z1234港", Some(Black), "粤Z·1234港", "CN-YUE-Z1234-GANG", Some("广东"), PlateKind::CrossBorder),
        ("粤Z1234澳", Some(Black), "粤Z·1234澳", "CN-YUE-Z1234-AO", Some("广东"), PlateKind::CrossBorder),
        ("桂A1234领", Some(Black), "桂A·1234领", "CN-GUI-A1234-LING", Some("广西"), PlateKind::Diplomatic),
        ("使014578", Some(Black), "使014578", "CN-SHI-014578", None, PlateKind::Diplomatic),
        ("014578使", None, "014578使", "CN-014578-SHI", None, PlateKind::Diplomatic),
    ];

    #[test]
    fn plates_of_every_kind_are_named_written_and_keyed() {
        for (text, ground, display, key, province, kind) in PLATES {
            let found = identify(text).unwrap_or_else(|| panic!("{text} is a Chinese plate")).on(*ground);
            assert_eq!((found.display.as_str(), found.key.as_str()), (*display, *key));
            assert_eq!((found.province, found.kind, found.doubts), (*province, *kind, vec![]), "{text} on {ground:?}");
        }
    }

    #[test]
    fn a_ground_that_such_a_plate_never_has_is_a_doubt() {
        for (text, ground) in [
            ("桂F12345", Green),
            ("桂F12345", White),
            ("桂F1234挂", Blue),
            ("桂F1234警", Black),
            ("粤BD12345", Blue),
            ("粤Z1234港", Blue),
            ("使014578", Yellow),
        ] {
            let found = identify(text).expect("it is a plate").on(Some(ground));
            assert_eq!(found.doubts, [Doubt::ColourContradicts], "{text} on {ground:?}");
            assert!(found.valid, "its text is one that is issued");
        }
    }

    #[test]
    fn every_province_has_a_plate() {
        for (character, name, _) in PROVINCES {
            assert_eq!(identify(&format!("{character}A12345")).and_then(|found| found.province), Some(name));
        }
    }

    #[test]
    fn no_two_provinces_share_a_key() {
        let mut keys: Vec<_> = PROVINCES.iter().map(|(_, _, ascii)| *ascii).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), PROVINCES.len());
    }

    #[test]
    fn a_key_leads_back_to_its_text_and_what_is_no_key_to_none() {
        for (province, _, _) in PROVINCES {
            for text in [format!("{province}F12345"), format!("{province}A1234领")] {
                assert_eq!(text_of(&key(&text)[3..]), Some(text));
            }
        }
        for rest in ["GUI", "GUI-GZ", "GUI-F1-23", "", "-", "XX-F12345"] {
            assert_eq!(text_of(rest).filter(|text| identify(text).is_some()), None, "{rest}");
        }
    }

    #[test]
    fn other_texts_are_no_chinese_plate() {
        for text in ["桂I12345", "桂F1234O", "F12345", "桂F1234", "34A36837"] {
            assert_eq!(identify(text), None, "{text}");
        }
    }
}
