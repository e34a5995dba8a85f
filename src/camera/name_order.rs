//! Names as people count: `gate2.jpg` before `gate10.jpg`.

use std::cmp::Ordering;
use std::path::Path;

/// Compares two paths: digits by value, everything else byte by byte.
pub(super) fn natural(a: &Path, b: &Path) -> Ordering {
    let (mut a, mut b) = (a.as_os_str().as_encoded_bytes(), b.as_os_str().as_encoded_bytes());
    let whole = (a, b);
    while let (Some(first_a), Some(first_b)) = (a.first(), b.first()) {
        let order = if first_a.is_ascii_digit() && first_b.is_ascii_digit() {
            let (number_a, rest_a) = number(a);
            let (number_b, rest_b) = number(b);
            (a, b) = (rest_a, rest_b);
            number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b))
        } else {
            (a, b) = (&a[1..], &b[1..]);
            first_a.cmp(first_b)
        };
        if order.is_ne() {
            return order;
        }
    }
    // `01` and `1` count alike; the bytes decide, so that the order is the same every time.
    a.len().cmp(&b.len()).then_with(|| whole.0.cmp(whole.1))
}

/// Splits off the digits at the beginning, without leading zeros.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len());
    (&digits[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_ordered_by_value() {
        let mut names = ["b", "a10", "a2", "a02", "a", "a2b10", "a2b9", "2026-11-24_9", "2026-11-24_10"];
        names.sort_by(|a, b| natural(Path::new(a), Path::new(b)));
        assert_eq!(names, ["2026-11-24_9", "2026-11-24_10", "a", "a02", "a2", "a2b9", "a2b10", "a10", "b"]);
    }

    proptest::proptest! {
        #[test]
        fn the_order_is_total(a in "[a0-2]{0,6}", b in "[a0-2]{0,6}", c in "[a0-2]{0,6}") {
            let [a, b, c] = [a, b, c].map(std::path::PathBuf::from);
            assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            assert_eq!(natural(&a, &b).is_eq(), a == b);
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                assert!(natural(&a, &c).is_le());
            }
        }
    }
}
