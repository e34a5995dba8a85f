//! A plate's text in one number, so that texts are compared all characters at once: a byte per character, the first one lowest.

use crate::plate::PlateText;

/// What a byte can be: 0 where there is no character.
pub(super) const CODES: usize = 77;
/// A character that no plate here carries. All of them look alike.
const OTHER: u8 = 76;
const FIRST_LETTER: u8 = 11;
const D_WITH_STROKE: u8 = 37;
const FIRST_CHINESE: u8 = 38;

const CHINESE: [char; 38] = [
    '京', '津', '沪', '渝', '冀', '豫', '云', '辽', '黑', '湘', '皖', '鲁', '新', '苏', '浙', '赣', '鄂', '桂', '甘',
    '晋', '蒙', '陕', '吉', '闽', '贵', '粤', '青', '藏', '川', '宁', '琼', '挂', '学', '警', '港', '澳', '领', '使',
];

const LOW_7_BITS: u128 = u128::from_ne_bytes([0x7f; 16]);
const HIGH_BITS: u128 = u128::from_ne_bytes([0x80; 16]);

/// A character's code, 1 to [`CODES`] - 1.
pub(super) fn code(character: char) -> u8 {
    match u8::try_from(character) {
        Ok(digit @ b'0'..=b'9') => digit - b'0' + 1,
        Ok(letter @ b'A'..=b'Z') => letter - b'A' + FIRST_LETTER,
        _ if character == 'Đ' => D_WITH_STROKE,
        _ => {
            let at = CHINESE.iter().position(|known| *known == character);
            at.and_then(|at| u8::try_from(at).ok()).map_or(OTHER, |at| FIRST_CHINESE + at)
        }
    }
}

/// What kind of character a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Digit,
    Letter,
    Province,
    Ending,
    Other,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [Self::Digit, Self::Letter, Self::Province, Self::Ending, Self::Other];

    pub(super) fn of(code: u8) -> Self {
        match code {
            1..FIRST_LETTER => Self::Digit,
            FIRST_LETTER..=D_WITH_STROKE => Self::Letter,
            FIRST_CHINESE..69 => Self::Province,
            69..OTHER => Self::Ending,
            _ => Self::Other,
        }
    }
}

/// `text` in one number. At most twelve characters, so the highest bytes are 0.
pub(super) fn packed(text: &PlateText) -> u128 {
    text.as_str().chars().rev().fold(0, |packed, character| packed << 8 | u128::from(code(character)))
}

/// The code at a place, counted from 0.
pub(super) fn code_at(packed: u128, place: usize) -> u8 {
    (packed >> (8 * place)) as u8
}

/// Marks, with the highest bit of its byte, each place at which two texts differ.
pub(super) fn differing(a: u128, b: u128) -> u128 {
    // Codes are below 128, so no byte carries over into the next.
    ((a ^ b) + LOW_7_BITS) & HIGH_BITS
}

/// How many places are marked. Not by counting bits, for which the oldest of today's processors have no instruction.
pub(super) fn count(marks: u128) -> u32 {
    count_of_eight(marks as u64) + count_of_eight((marks >> 64) as u64)
}

/// Whether two texts differ at more than `most` of the first eight places: in half the time, and mostly that is enough to
/// know.
pub(super) fn clearly_differ(a: u128, b: u128, most: u32) -> bool {
    count_of_eight(differing_of_eight(a, b)) > most
}

/// Whether at more than `most` of the first eight places a text differs from both of two others.
pub(super) fn clearly_differs_from_both(text: u128, others: [u128; 2], most: u32) -> bool {
    let [a, b] = others.map(|other| differing_of_eight(text, other));
    count_of_eight(a & b) > most
}

fn differing_of_eight(a: u128, b: u128) -> u64 {
    ((a as u64 ^ b as u64) + LOW_7_BITS as u64) & HIGH_BITS as u64
}

fn count_of_eight(marks: u64) -> u32 {
    // The highest byte of the product is the sum of all bytes.
    ((marks >> 7).wrapping_mul(0x0101_0101_0101_0101) >> 56) as u32
}

/// The marks of the first `count` places, at most fifteen.
pub(super) fn first_places(count: usize) -> u128 {
    HIGH_BITS & ((1 << (8 * count)) - 1)
}

/// The places that are marked, in order.
pub(super) fn places(mut marks: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (marks != 0).then(|| marks.trailing_zeros() as usize / 8)?;
        marks &= marks - 1;
        Some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plate_format::grammar::ALPHABET;

    fn text(text: &str) -> PlateText {
        PlateText::normalised(text).expect("a plate text")
    }

    #[test]
    fn every_character_of_a_plate_has_a_code_of_its_own() {
        let mut codes: Vec<u8> = ALPHABET.chars().chain(['Đ']).map(code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES - 2);
        assert!(codes.iter().all(|code| (1..OTHER).contains(code)));
        assert_eq!(code('国'), OTHER);
        let kinds = ['0', '9', 'A', 'Z', 'Đ', '京', '琼', '挂', '使', '国'].map(|c| Kind::of(code(c)));
        use Kind::{Digit, Ending, Letter, Other, Province};
        assert_eq!(kinds, [Digit, Digit, Letter, Letter, Letter, Province, Province, Ending, Ending, Other]);
    }

    #[test]
    fn differing_places_are_found_wherever_they_are() {
        let differ = |a: &str, b: &str| places(differing(packed(&text(a)), packed(&text(b)))).collect::<Vec<_>>();
        assert!(differ("34A36837", "34A36837").is_empty());
        assert_eq!(differ("34A36837", "84A36832"), [0, 7]);
        assert_eq!(differ("桂F12345", "桂F1234"), [6]);
        assert_eq!(differ("使使使使使使使使使使使使", "000000000000"), (0..12).collect::<Vec<_>>());
        assert_eq!(code_at(packed(&text("34A")), 2), code('A'));
        assert_eq!(count(first_places(12)), 12);
        let few = |a: &str, b: &str| !clearly_differ(packed(&text(a)), packed(&text(b)), 1);
        assert!(few("34A36837", "84A36837") && !few("34A36837", "84A36832"));
    }
}
