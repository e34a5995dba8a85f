//! Vietnam: Circular 79/2024/TT-BCA and QCVN 08:2024/BCA.

use std::sync::LazyLock;

use super::grammar::{Class, Template};
use super::{Country, FormatMatch, PlateKind};

/// Series letters of cars and motorbikes. I, J, O, Q, W are never used; R only for trailers, as a motorbike's second
/// letter, and on old motorbike plates of four digits (seen in Đắk Lắk: 47-R1).
const SERIES: &str = "ABCDEFGHKLMNPSTUVXYZ";
const DIGITS: &str = "0123456789";

/// Series of two letters on cars: joint ventures, projects, trailers, military business, courts …
const DOUBLE_SERIES: [&str; 11] = ["LD", "DA", "RM", "MK", "HC", "KT", "CD", "LB", "CT", "TD", "MD"];

/// Patterns: `P` a province's first digit, `D` digit, `S` series letter, `s` second letter or digit of a motorbike's
/// series, `R` trailer, `r` the same letter on an old motorbike plate, `d`/`e` a double series' first and second letter, `A` a military unit's first letter, `x`/`y`
/// a diplomatic code's first and second letter, `|` the line break. The second number is the template's prior: 1 for the
/// usual forms, 0.3 for those no longer issued or rare, 0.1 and less for short or loose ones that other texts fit by chance;
/// steps of about three, because the reader's likelihoods are no finer.
const PATTERNS: [(&str, f64); 20] = [
    ("PDSDDDDD", 1.0),
    ("PDSDDDD", 0.3),
    ("PDS|DDDDD", 1.0),
    ("PDS|DDDD", 0.3),
    ("PDRDDDDD", 1.0),
    ("PDR|DDDDD", 1.0),
    ("PDR|DDDD", 0.3),
    ("PDdeDDDDD", 0.3),
    ("PDde|DDDDD", 0.3),
    ("PDdeDDDD", 0.1),
    ("PDde|DDDD", 0.1),
    ("PDSsDDDDD", 0.3),
    ("PDSs|DDDDD", 1.0),
    ("PDSs|DDDD", 1.0),
    ("PDrD|DDDD", 0.3),
    ("PDDDDxyDD", 0.1),
    ("PDDDD|xyDD", 0.1),
    ("ALDDDD", 0.02),
    ("AL|DDDD", 0.05),
    ("PDSsDDDD", 0.3),
];

/// Made once: every reading is held against them.
static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    PATTERNS.iter().map(|(pattern, prior)| Template::parse(Country::Vietnam, pattern, *prior, class)).collect()
});

/// What is painted on vehicles' sides: the plates of cars, trucks and trailers. Motorbikes, diplomats and the army paint
/// nothing.
static SIDE_NUMBERS: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let painted = PATTERNS.iter().filter(|(pattern, _)| !pattern.contains(['s', 'r', 'x', 'A']));
    painted.map(|(pattern, prior)| Template::parse(Country::Vietnam, pattern, *prior, class)).collect()
});

pub(super) fn templates() -> &'static [Template] {
    &TEMPLATES
}

pub(super) fn side_number_templates() -> &'static [Template] {
    &SIDE_NUMBERS
}

/// Whether such a number is ever painted on a side: a car's, truck's or trailer's, of a province that exists.
pub(super) fn is_side_number(text: &str) -> bool {
    let carried =
        |format: &FormatMatch| matches!(format.kind, PlateKind::Car | PlateKind::Trailer | PlateKind::Unknown);
    identify(text).is_some_and(|format| format.valid && carried(&format))
}

fn class(pattern: char) -> Class {
    match pattern {
        'P' => Class::of("123456789"),
        'D' => Class::of(DIGITS),
        'S' => Class::of(SERIES),
        's' => Class::of("ABCDEFGHKLMNPRSTUVXYZ0123456789"),
        'R' | 'r' => Class::of("R"),
        'd' => Class::of("LDRMHKCT"),
        'e' => Class::of("DAMKCTB"),
        'A' => Class::of("ABHKPQT"),
        'L' => Class::of("ABCDEFGHKLMNPQRSTUVXYZ"),
        'x' => Class::of("NQC"),
        'y' => Class::of("GTVN"),
        other => unreachable!("no class {other:?} in the patterns above"),
    }
}

pub(super) fn identify(text: &str) -> Option<FormatMatch> {
    if !templates().iter().any(|template| template.matches(text)) {
        return None;
    }
    let letters: String = text.chars().skip_while(char::is_ascii_digit).take_while(char::is_ascii_alphabetic).collect();
    let kind = kind(text, &letters);
    let province = (kind != PlateKind::Military).then(|| province(&text[..2])).flatten();
    let known_series = letters.len() != 2 || kind != PlateKind::Unknown;
    Some(FormatMatch {
        country: Country::Vietnam,
        province,
        valid: known_series && (province.is_some() || kind == PlateKind::Military),
        kind,
        display: display(text, kind),
        key: format!("VN-{text}"),
    })
}

fn kind(text: &str, letters: &str) -> PlateKind {
    let starts_with_letters = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let after_province = text.chars().nth(2);
    match (letters, text.len()) {
        _ if starts_with_letters => PlateKind::Military,
        ("NG" | "QT" | "CV" | "NN", 9) if after_province.is_some_and(|c| c.is_ascii_digit()) => PlateKind::Diplomatic,
        ("R" | "RM", _) => PlateKind::Trailer,
        (series, _) if DOUBLE_SERIES.contains(&series) => PlateKind::Car,
        (_, 9) => PlateKind::Motorbike,
        (series, 8) if series.len() == 2 => PlateKind::Motorbike,
        _ => PlateKind::Unknown,
    }
}

/// As on the plate: province and series, a dash, and five digits with a point: `12C-123.45`; four digits without.
fn display(text: &str, kind: PlateKind) -> String {
    match kind {
        PlateKind::Diplomatic => format!("{}-{}-{}-{}", &text[..2], &text[2..5], &text[5..7], &text[7..]),
        PlateKind::Military => format!("{}-{}-{}", &text[..2], &text[2..4], &text[4..]),
        _ => {
            let number = if text.len() == 7 || (text.len() == 8 && kind == PlateKind::Motorbike) { 4 } else { 5 };
            let (series, number) = text.split_at(text.len() - number);
            match number.len() {
                5 => format!("{series}-{}.{}", &number[..3], &number[3..]),
                _ => format!("{series}-{number}"),
            }
        }
    }
}

/// The province of a two-digit code; `None` for a code that was never issued.
fn province(code: &str) -> Option<&'static str> {
    PROVINCES.iter().find(|(codes, _)| codes.split(' ').any(|c| c == code)).map(|(_, name)| *name)
}

/// Codes as issued up to 2025, and whose they are. The provinces merged in 2025 keep their codes.
const PROVINCES: [(&str, &str); 64] = [
    ("11", "Cao Bằng"),
    ("12", "Lạng Sơn"),
    ("14", "Quảng Ninh"),
    ("15 16", "Hải Phòng"),
    ("17", "Thái Bình"),
    ("18", "Nam Định"),
    ("19", "Phú Thọ"),
    ("20", "Thái Nguyên"),
    ("21", "Yên Bái"),
    ("22", "Tuyên Quang"),
    ("23", "Hà Giang"),
    ("24", "Lào Cai"),
    ("25", "Lai Châu"),
    ("26", "Sơn La"),
    ("27", "Điện Biên"),
    ("28", "Hòa Bình"),
    ("29 30 31 32 33 40", "Hà Nội"),
    ("34", "Hải Dương"),
    ("35", "Ninh Bình"),
    ("36", "Thanh Hóa"),
    ("37", "Nghệ An"),
    ("38", "Hà Tĩnh"),
    ("39 60", "Đồng Nai"),
    ("41 50 51 52 53 54 55 56 57 58 59", "Thành phố Hồ Chí Minh"),
    ("43", "Đà Nẵng"),
    ("47", "Đắk Lắk"),
    ("48", "Đắk Nông"),
    ("49", "Lâm Đồng"),
    ("61", "Bình Dương"),
    ("62", "Long An"),
    ("63", "Tiền Giang"),
    ("64", "Vĩnh Long"),
    ("65", "Cần Thơ"),
    ("66", "Đồng Tháp"),
    ("67", "An Giang"),
    ("68", "Kiên Giang"),
    ("69", "Cà Mau"),
    ("70", "Tây Ninh"),
    ("71", "Bến Tre"),
    ("72", "Bà Rịa - Vũng Tàu"),
    ("73", "Quảng Bình"),
    ("74", "Quảng Trị"),
    ("75", "Thừa Thiên Huế"),
    ("76", "Quảng Ngãi"),
    ("77", "Bình Định"),
    ("78", "Phú Yên"),
    ("79", "Khánh Hòa"),
    ("80", "Cục Cảnh sát giao thông"),
    ("81", "Gia Lai"),
    ("82", "Kon Tum"),
    ("83", "Sóc Trăng"),
    ("84", "Trà Vinh"),
    ("85", "Ninh Thuận"),
    ("86", "Bình Thuận"),
    ("88", "Vĩnh Phúc"),
    ("89", "Hưng Yên"),
    ("90", "Hà Nam"),
    ("92", "Quảng Nam"),
    ("93", "Bình Phước"),
    ("94", "Bạc Liêu"),
    ("95", "Hậu Giang"),
    ("97", "Bắc Kạn"),
    ("98", "Bắc Giang"),
    ("99", "Bắc Ninh"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, display: &str, kind: PlateKind, province: Option<&str>, valid: bool) {
        let found = identify(text).unwrap_or_else(|| panic!("{text} is a Vietnamese plate"));
        assert_eq!((found.display.as_str(), found.kind, found.province, found.valid), (display, kind, province, valid));
        assert_eq!(found.key, format!("VN-{text}"));
    }

    #[test]
    fn plates_of_every_kind_are_named_and_written_as_on_the_plate() {
        check("34A36837", "34A-368.37", PlateKind::Unknown, Some("Hải Dương"), true);
        check("30F9999", "30F-9999", PlateKind::Unknown, Some("Hà Nội"), true);
        check("12R01357", "12R-013.57", PlateKind::Trailer, Some("Lạng Sơn"), true);
        check("59C165331", "59C1-653.31", PlateKind::Motorbike, Some("Thành phố Hồ Chí Minh"), true);
        check("12AA12345", "12AA-123.45", PlateKind::Motorbike, Some("Lạng Sơn"), true);
        check("29LD01234", "29LD-012.34", PlateKind::Car, Some("Hà Nội"), true);
        check("80001NG01", "80-001-NG-01", PlateKind::Diplomatic, Some("Cục Cảnh sát giao thông"), true);
        check("TH1234", "TH-12-34", PlateKind::Military, None, true);
    }

    #[test]
    fn a_province_code_that_was_never_issued_is_reported_not_mended() {
        check("13A12345", "13A-123.45", PlateKind::Unknown, None, false);
    }

    #[test]
    fn eighty_one_province_codes_are_in_use() {
        assert_eq!((0..100).filter(|code| province(&format!("{code:02}")).is_some()).count(), 81);
    }

    #[test]
    fn the_numbers_of_cars_trucks_and_trailers_are_painted_on_sides_and_no_others() {
        for painted in ["12C12345", "30F9999", "12R01357", "29LD01234", "29RM01234"] {
            assert!(is_side_number(painted), "{painted}");
            assert!(side_number_templates().iter().any(|template| template.matches(painted)), "{painted}");
        }
        for other in ["59C165331", "12AA12345", "80001NG01", "TH1234", "13A12345", "HYUNDAI"] {
            assert!(!is_side_number(other), "{other}");
        }
        for other in ["59C165331", "80001NG01", "TH1234"] {
            assert!(!side_number_templates().iter().any(|template| template.matches(other)), "{other}");
        }
    }

    #[test]
    fn other_texts_are_no_vietnamese_plate() {
        for text in ["14B02819T", "34I12345", "34O12345", "3436837", "34A368", "02A12345", "皖A12345", "HYUNDAI"] {
            assert_eq!(identify(text), None, "{text}");
        }
    }
}
