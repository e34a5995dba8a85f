//! Vietnam: Circular 79/2024/TT-BCA and QCVN 08:2024/BCA.

use std::sync::LazyLock;

use super::grammar::{Class, Template};
use super::vietnam_provinces::province;
use super::{Country, Doubt, FormatMatch, Grounds, PlateKind};
use crate::plate::PlateColour::{self, Blue, Red, White, Yellow};

/// Series letters of cars and motorbikes. I, J, O, Q, W are never used; R only for trailers, as a motorbike's second
/// letter, and on old motorbike plates of four digits (seen in Đắk Lắk: 47-R1).
const SERIES: &str = "ABCDEFGHKLMNPSTUVXYZ";
const DIGITS: &str = "0123456789";

/// Series of two letters on cars, each with the kind and the grounds that it has. The models know no Đ, so MĐ and TĐ are
/// written MD and TD.
const DOUBLE_SERIES: [(&str, Grounds); 9] = [
    ("LD", &civil(PlateKind::Car)), // joint ventures
    ("DA", &civil(PlateKind::Car)), // foreign projects
    ("KT", &civil(PlateKind::Car)), // businesses of the army
    ("RM", &civil(PlateKind::Trailer)),
    ("MK", &civil(PlateKind::Special)),   // agricultural tractors
    ("HC", &civil(PlateKind::Special)),   // vehicles of a limited range
    ("CD", &civil(PlateKind::Special)),   // working machines and special vehicles of the police
    ("TD", &civil(PlateKind::Special)),   // trial assemblies
    ("MD", &civil(PlateKind::Motorbike)), // electric motorbikes
];

/// Border economic zones, each in one province: Lao Bảo (Quảng Trị) and Cầu Treo (Hà Tĩnh).
const BORDER_ZONES: [(&str, &str); 2] = [("74", "LB"), ("38", "CT")];
/// Red characters on yellow; on other grounds these letters are a motorbike's series, as in any province.
const BORDER_ZONE: Grounds = &[(Yellow, PlateKind::Car), (White, PlateKind::Motorbike), (Blue, PlateKind::Motorbike)];

/// Civil plates: white, or yellow for those who carry for hire, tell their kind by the series. Blue ones are the state's,
/// whose series follow each other whatever the vehicle.
const fn civil(kind: PlateKind) -> [(PlateColour, PlateKind); 3] {
    let of_the_state = match kind {
        PlateKind::Bus | PlateKind::Truck | PlateKind::Van => PlateKind::Car,
        kind => kind,
    };
    [(White, kind), (Yellow, kind), (Blue, of_the_state)]
}

const CAR: Grounds = &civil(PlateKind::Car);
const BUS: Grounds = &civil(PlateKind::Bus);
const TRUCK: Grounds = &civil(PlateKind::Truck);
const VAN: Grounds = &civil(PlateKind::Van);
const TRAILER: Grounds = &civil(PlateKind::Trailer);
/// Yellow plates are for cars only (Circular 24/2023, article 37).
const MOTORBIKE: Grounds = &[(White, PlateKind::Motorbike), (Blue, PlateKind::Motorbike)];
const DIPLOMATIC: Grounds = &[(White, PlateKind::Diplomatic)];
const MILITARY: Grounds = &[(Red, PlateKind::Military)];
/// Printed on paper.
const TEMPORARY: Grounds = &[(White, PlateKind::Temporary)];
const UNKNOWN: Grounds = &[];

/// The cities whose C series ran out, so that trucks there have D as well: Hồ Chí Minh City.
const TRUCKS_WITH_D: [&str; 11] = ["41", "50", "51", "52", "53", "54", "55", "56", "57", "58", "59"];
/// The traffic police's own department, for offices of the state: its series follow each other whatever the vehicle.
const CENTRAL: &str = "80";

/// Patterns: `P` a province's first digit, `D` digit, `S` series letter, `s` second letter or digit of a motorbike's
/// series, `R` trailer, `r` the same letter on an old motorbike plate, `d`/`e` a double series' first and second letter, `A` a military unit's first letter, `x`/`y`
/// a diplomatic code's first and second letter, `T` a temporary plate, `|` the line break. The second number is the template's prior: 1 for the
/// usual forms, 0.3 for those no longer issued or rare, 0.1 and less for short or loose ones that other texts fit by chance;
/// steps of about three, because the reader's likelihoods are no finer.
const PATTERNS: [(&str, f64); 22] = [
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
    ("TPDDDDDD", 0.05),
    ("TPD|DDDDD", 0.05),
];

/// Made once: every reading is held against them.
static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    PATTERNS.iter().map(|(pattern, prior)| Template::parse(Country::Vietnam, pattern, *prior, class)).collect()
});

/// What is painted on vehicles' sides: the plates of cars, trucks and trailers. Motorbikes, diplomats and the army paint
/// nothing.
static SIDE_NUMBERS: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let painted = PATTERNS.iter().filter(|(pattern, _)| !pattern.contains(['s', 'r', 'x', 'A', 'T']));
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
    use PlateKind::{Bus, Car, Special, Trailer, Truck, Van};
    let carried = |format: &FormatMatch| matches!(format.kind, Car | Bus | Truck | Van | Trailer | Special);
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
        'T' => Class::of("T"),
        other => unreachable!("no class {other:?} in the patterns above"),
    }
}

pub(super) fn identify(text: &str) -> Option<FormatMatch> {
    if !templates().iter().any(|template| template.matches(text)) {
        return None;
    }
    let form = Form::of(text);
    let grounds = grounds(form, text);
    let province = match form {
        Form::Military => None,
        Form::Temporary => province(&text[1..3]),
        Form::Diplomatic | Form::Civil => province(&text[..2]),
    };
    let no_province = (province.is_none() && form != Form::Military).then_some(Doubt::ProvinceNotIssued);
    let no_series = grounds.is_empty().then_some(Doubt::SeriesNotIssued);
    let doubts: Vec<Doubt> = no_province.into_iter().chain(no_series).collect();
    Some(FormatMatch {
        country: Country::Vietnam,
        province,
        valid: doubts.is_empty(),
        kind: grounds.first().map_or(PlateKind::Unknown, |(_, kind)| *kind),
        display: display(form, text),
        key: format!("VN-{text}"),
        doubts,
        grounds,
    })
}

/// How a plate is built up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Two letters and four digits.
    Military,
    /// `T`, a province, five digits.
    Temporary,
    /// A province, three digits for the country, two letters, two digits.
    Diplomatic,
    /// A province, a series, four or five digits.
    Civil,
}

impl Form {
    /// The form of a text that fits one of the templates.
    fn of(text: &str) -> Self {
        let is_digit = |index: usize| text.as_bytes().get(index).is_some_and(u8::is_ascii_digit);
        match text.len() {
            6 => Self::Military,
            _ if !is_digit(0) => Self::Temporary,
            _ if is_digit(2) => Self::Diplomatic,
            _ => Self::Civil,
        }
    }
}

fn letters(text: &str) -> &str {
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let end = letters.find(|c: char| c.is_ascii_digit()).unwrap_or(letters.len());
    &letters[..end]
}

/// The grounds of the text's series, each with the kind that it then is; none for a series that nobody was given.
fn grounds(form: Form, text: &str) -> Grounds {
    let series = letters(text);
    match (form, text.len()) {
        (Form::Military, _) => MILITARY,
        (Form::Temporary, _) => TEMPORARY,
        (Form::Diplomatic, _) if ["NG", "QT", "CV", "NN"].contains(&series) => DIPLOMATIC,
        (Form::Diplomatic, _) => UNKNOWN,
        (Form::Civil, _) if series == "R" => TRAILER,
        (Form::Civil, _) if BORDER_ZONES.contains(&(&text[..2], series)) => BORDER_ZONE,
        (Form::Civil, length) => match DOUBLE_SERIES.iter().find(|(double, _)| *double == series) {
            Some((_, grounds)) => grounds,
            None if length == 9 || series.len() == 2 => motorbike(series),
            None if length == 8 => one_letter(&text[..2], series),
            // Four digits: before 2010, when letters followed each other whatever the vehicle.
            None => CAR,
        },
    }
}

/// The double series' letters let in texts that are neither a double series nor a motorbike's.
fn motorbike(series: &str) -> Grounds {
    match series.chars().next() {
        Some(first) if SERIES.contains(first) => MOTORBIKE,
        _ => UNKNOWN,
    }
}

/// What the series letter of a plate with five digits tells (Circular 15/2014 and after): A cars of up to nine seats, B
/// buses, C trucks and pick-ups, D vans. What letters a province takes when one of these runs out is its own choice, so
/// the others tell nothing.
fn one_letter(code: &str, series: &str) -> Grounds {
    match series {
        _ if code == CENTRAL => CAR,
        "B" => BUS,
        "C" => TRUCK,
        "D" if !TRUCKS_WITH_D.contains(&code) => VAN,
        _ => CAR,
    }
}

/// As on the plate: province and series, a dash, and five digits with a point: `12C-123.45`; four digits without.
fn display(form: Form, text: &str) -> String {
    match form {
        Form::Diplomatic => format!("{}-{}-{}-{}", &text[..2], &text[2..5], &text[5..7], &text[7..]),
        Form::Military => format!("{}-{}-{}", &text[..2], &text[2..4], &text[4..]),
        Form::Temporary | Form::Civil => {
            let four_digits = text.len() == 7 || (text.len() == 8 && letters(text).len() == 2);
            let (series, number) = text.split_at(text.len() - if four_digits { 4 } else { 5 });
            match four_digits {
                true => format!("{series}-{number}"),
                false => format!("{series}-{}.{}", &number[..3], &number[3..]),
            }
        }
    }
}

#[cfg(test)]
#[path = "vietnam_tests.rs"]
mod tests;
