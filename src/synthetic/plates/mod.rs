//! Plates: which kinds there are ([`kind`], read from `assets/plates.toml`), what may stand on them, and how they are drawn
//! ([`sheet`]).

pub mod kind;
pub mod sheet;

use crate::plate::PlateText;
use crate::plate_format::{Country, identify};

use super::vehicle::VehicleKind;
use kind::{Kind, kinds};

/// A plate to be drawn, and its truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Plate {
    /// What it looks like.
    pub kind: &'static Kind,
    /// The characters without separators, as they must be read.
    pub text: String,
    /// The lines as they are printed, separators included.
    pub lines: Vec<String>,
}

impl Plate {
    /// The plate of this kind with this text; `None` if no such plate can say that.
    #[must_use]
    pub fn of(kind: &'static Kind, text: &str) -> Option<Self> {
        let lines = kind.patterns.iter().find_map(|pattern| printed(pattern, text))?;
        is_valid(kind.country(), text).then(|| Self { kind, text: text.to_owned(), lines })
    }

    /// The plate with this text as the vehicle would carry it: of the kind that is most usual on it and has room for the text.
    #[must_use]
    pub fn on(vehicle: VehicleKind, text: &str) -> Option<Self> {
        let mut fitting: Vec<Self> = kinds().iter().filter_map(|kind| Self::of(kind, text)).collect();
        // The first of equals stays first.
        fitting.sort_by_key(|plate| std::cmp::Reverse(plate.kind.share_on(vehicle)));
        fitting.into_iter().next()
    }

    /// Any plate of this kind.
    #[must_use]
    pub fn random(kind: &'static Kind, random: &mut fastrand::Rng) -> Self {
        // A province code that was never issued is drawn about one time in eight: thirty in a row are not.
        loop {
            let pattern = random.choice(&kind.patterns).expect("a test holds that every kind has patterns");
            let text: String = pattern.chars().filter_map(|class| drawn(class, random)).collect();
            if let Some(plate) = Self::of(kind, &text) {
                return plate;
            }
        }
    }

    /// Any plate that such a vehicle of this country carries, as often as it is seen.
    #[must_use]
    pub fn random_on(vehicle: VehicleKind, country: Country, random: &mut fastrand::Rng) -> Self {
        let all: u32 = of_country(country).map(|kind| kind.share_on(vehicle)).sum();
        let mut left = random.u32(0..all.max(1));
        let mut chosen = None;
        for kind in of_country(country).filter(|kind| kind.share_on(vehicle) > 0) {
            chosen = Some(kind);
            if left < kind.share_on(vehicle) {
                break;
            }
            left -= kind.share_on(vehicle);
        }
        // A vehicle that carries no plate of this country: China's motorbikes do not cross the border.
        let any = || of_country(country).next().expect("there are kinds of both countries");
        Self::random(chosen.unwrap_or_else(any), random)
    }

    /// What the same vehicle carries at its rear.
    #[must_use]
    pub fn at_rear(&self) -> Self {
        self.kind.rear().and_then(|kind| Self::of(kind, &self.text)).unwrap_or_else(|| self.clone())
    }
}

fn of_country(country: Country) -> impl Iterator<Item = &'static Kind> {
    kinds().iter().filter(move |kind| kind.country() == country)
}

fn is_valid(country: Country, text: &str) -> bool {
    let normalised = PlateText::normalised(text).filter(|normalised| normalised.as_str() == text);
    normalised.and_then(|text| identify(&text, &[country])).is_some_and(|found| found.valid)
}

/// The lines of `text` printed after `pattern`; `None` if it does not fit.
fn printed(pattern: &str, text: &str) -> Option<Vec<String>> {
    let mut characters = text.chars();
    let mut lines = vec![String::new()];
    for class in pattern.chars() {
        let line = lines.last_mut().expect("there is always a line");
        match class {
            '|' => lines.push(String::new()),
            '-' | '.' | '·' | ' ' => line.push(class),
            _ => line.push(characters.next().filter(|character| holds(class, *character))?),
        }
    }
    characters.next().is_none().then_some(lines)
}

fn holds(class: char, character: char) -> bool {
    members(class).map_or(class == character, |members| members.contains(character))
}

/// One character of `class`; `None` for a separator.
fn drawn(class: char, random: &mut fastrand::Rng) -> Option<char> {
    match class {
        '|' | '-' | '.' | '·' | ' ' => None,
        // Three of four characters of Chinese serials are digits.
        'x' if random.u8(0..4) > 0 => Some(random.digit(10)),
        _ => Some(
            members(class).map_or(class, |members| random.choice(members.chars().collect::<Vec<_>>()).unwrap_or(class)),
        ),
    }
}

/// The characters of a class; `None` for what stands for itself.
fn members(class: char) -> Option<&'static str> {
    match class {
        'd' => Some("0123456789"),
        's' => Some("ABCDEFGHKLMNPSTUVXYZ"),
        'm' => Some("123456789ABCDEFGHKLMNPSTUVXYZ"),
        'a' => Some("ABHKPQT"),
        'b' => Some("ABCDEFGHKLMNPQRSTUVXYZ"),
        'v' => Some("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"),
        'l' => Some("ABCDEFGHJKLMNPQRSTUVWXYZ"),
        'x' => Some("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"),
        'n' => Some("DABCEFGHJK"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_plate_of_every_kind_says_what_the_rules_allow() {
        let mut random = fastrand::Rng::with_seed(1);
        for kind in kinds() {
            for _ in 0..20 {
                let plate = Plate::random(kind, &mut random);
                assert!(is_valid(kind.country(), &plate.text), "{}: {}", kind.name, plate.text);
                assert_eq!(plate.lines.len(), kind.lines.len(), "{}", kind.name);
                let printed: String = plate.lines.concat().chars().filter(|c| !"-.· ".contains(*c)).collect();
                assert_eq!(printed, plate.text);
            }
        }
    }

    #[test]
    fn the_rear_plate_says_the_same_as_the_front_one() {
        let mut random = fastrand::Rng::with_seed(2);
        for kind in kinds() {
            let plate = Plate::random(kind, &mut random);
            assert_eq!(plate.at_rear().text, plate.text, "{}", kind.name);
            assert_eq!(plate.at_rear().kind.name, kind.rear.as_deref().unwrap_or(&kind.name), "{}", plate.text);
        }
    }

    #[test]
    fn a_text_is_printed_as_the_vehicle_would_carry_it() {
        let check = |vehicle, text: &str, kind: &str, lines: &[&str]| {
            let plate = Plate::on(vehicle, text).unwrap_or_else(|| panic!("{text} is a plate"));
            assert_eq!(
                (plate.kind.name.as_str(), plate.lines.iter().map(String::as_str).collect::<Vec<_>>()),
                (kind, lines.to_vec())
            );
        };
        check(VehicleKind::Lorry, "12C12345", "vn_commercial_long", &["12C-123.45"]);
        check(VehicleKind::Car, "30F9999", "vn_private_long_old", &["30F-9999"]);
        check(VehicleKind::Trailer, "12R01357", "vn_trailer_square", &["12R", "013.57"]);
        check(VehicleKind::Motorbike, "59C165331", "vn_motorbike", &["59-C1", "653.31"]);
        check(VehicleKind::Tractor, "桂F12345", "cn_large", &["桂F·12345"]);
        assert_eq!(Plate::on(VehicleKind::Car, "13A12345"), None, "13 was never issued");
    }
}
