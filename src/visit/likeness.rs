//! Whether two texts may be one plate, misread once.

use crate::consensus::AgreedPlate;
use crate::plate::PlateText;

/// How alike two plates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// The same text.
    Equal,
    /// One may be the other misread.
    Misread,
    /// Two plates.
    Different,
}

/// From here on a character is taken for read: a misread one is seldom as sure over all readings of a track.
const SURE: f32 = 0.9;

/// How alike the plates of two passages are. Every misreading that was seen in evaluation costs one character, or stands
/// among the alternatives of one of the two.
pub(super) fn likeness(a: &AgreedPlate, b: &AgreedPlate) -> Likeness {
    if a.text == b.text {
        Likeness::Equal
    } else if lists(a, &b.text) || lists(b, &a.text) || one_edit_apart(a.text.as_str(), b.text.as_str()) {
        Likeness::Misread
    } else {
        Likeness::Different
    }
}

/// Whether `plate` is the vehicle that was known as `text`. Numbers of one fleet differ in one character, so one that was
/// surely read makes another vehicle.
pub(super) fn is_still(text: &PlateText, plate: &AgreedPlate) -> bool {
    let doubted = || {
        let pairs = text.as_str().chars().zip(plate.text.as_str().chars());
        let mut differing = pairs.zip(&plate.per_character).filter(|((a, b), _)| a != b);
        let first = differing.next();
        first.is_some_and(|(_, confidence)| confidence.value() < SURE) && differing.next().is_none()
    };
    *text == plate.text || lists(plate, text) || (text.len() == plate.text.len() && doubted())
}

fn lists(plate: &AgreedPlate, text: &PlateText) -> bool {
    plate.alternatives.iter().any(|(alternative, _)| alternative == text)
}

/// Whether one character was replaced, left out or added.
fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let alike = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => short.iter().zip(&long).skip(alike + 1).all(|(a, b)| a == b),
        1 => short[alike..] == long[alike + 1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, expect: bool) {
        assert_eq!((one_edit_apart(a, b), one_edit_apart(b, a)), (expect, expect), "{a} {b}");
    }

    #[test]
    fn one_character_replaced_or_left_out_is_a_misreading_and_two_are_not() {
        check("12C12345", "12C12346", true);
        check("12C12345", "12C1234", true);
        check("12C12345", "2C12345", true);
        check("12C12345", "12C2345", true);
        check("12C12345", "12C12354", false);
        check("12C12345", "12C123", false);
        check("桂F12345", "粤F12345", true);
        check("12C12345", "12C12345", true);
        check("", "1", true);
    }
}
