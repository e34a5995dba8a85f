//! China: GA 36-2018.

use std::sync::LazyLock;

use super::grammar::{Class, Template};
use super::{Country, FormatMatch, PlateKind};

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
    let kind = kind(text);
    Some(FormatMatch {
        country: Country::China,
        province: province.map(|(_, name, _)| *name),
        valid: province.is_some() || kind == PlateKind::Diplomatic,
        kind,
        display: display(text, province.is_some()),
        key: key(text),
    })
}

fn kind(text: &str) -> PlateKind {
    match text.chars().next_back() {
        _ if text.contains(['使', '领']) => PlateKind::Diplomatic,
        Some('挂') => PlateKind::Trailer,
        Some('学') => PlateKind::Learner,
        Some('警') => PlateKind::Police,
        Some('港' | '澳') => PlateKind::CrossBorder,
        _ if text.chars().count() == 8 => PlateKind::NewEnergy,
        _ => PlateKind::Unknown,
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
    use super::*;

    fn check(text: &str, display: &str, key: &str, kind: PlateKind) {
        let found = identify(text).unwrap_or_else(|| panic!("{text} is a Chinese plate"));
        assert_eq!((found.display.as_str(), found.key.as_str(), found.kind), (display, key, kind));
        assert_eq!(key.strip_prefix("CN-").and_then(text_of).as_deref(), Some(text));
    }

    #[test]
    fn plates_of_every_kind_are_named_written_and_keyed() {
        check("桂F12345", "桂F·12345", "CN-GUI-F12345", PlateKind::Unknown);
        check("桂F1234挂", "桂F·1234挂", "CN-GUI-F1234-GUA", PlateKind::Trailer);
        check("粤BD12345", "粤B·D12345", "CN-YUE-BD12345", PlateKind::NewEnergy);
        check("粤Z1234港", "粤Z·1234港", "CN-YUE-Z1234-GANG", PlateKind::CrossBorder);
        check("使014578", "使014578", "CN-SHI-014578", PlateKind::Diplomatic);
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
