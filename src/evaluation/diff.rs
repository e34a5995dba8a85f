//! Where two texts differ: the fewest edits that turn one into the other.

/// One place of two texts laid side by side; `None` where that text has no character.
pub type Pair = (Option<char>, Option<char>);

/// `truth` and `read` side by side, with as few differing places as possible (Levenshtein).
#[must_use]
pub fn side_by_side(truth: &str, read: &str) -> Vec<Pair> {
    let (truth, read): (Vec<char>, Vec<char>) = (truth.chars().collect(), read.chars().collect());
    let edits = edit_counts(&truth, &read);
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < truth.len() || j < read.len() {
        let left = edits[i][j];
        let both = i < truth.len() && j < read.len();
        if both && left == edits[i + 1][j + 1] + usize::from(truth[i] != read[j]) {
            pairs.push((Some(truth[i]), Some(read[j])));
            (i, j) = (i + 1, j + 1);
        } else if i < truth.len() && left == edits[i + 1][j] + 1 {
            pairs.push((Some(truth[i]), None));
            i += 1;
        } else {
            pairs.push((None, Some(read[j])));
            j += 1;
        }
    }
    pairs
}

/// At `[i][j]`: how many edits turn `truth[i..]` into `read[j..]`.
fn edit_counts(truth: &[char], read: &[char]) -> Vec<Vec<usize>> {
    let (rows, columns) = (truth.len() + 1, read.len() + 1);
    let mut edits = vec![vec![0; columns]; rows];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            edits[i][j] = match (truth.get(i), read.get(j)) {
                (Some(a), Some(b)) => {
                    let kept = edits[i + 1][j + 1] + usize::from(a != b);
                    kept.min(1 + edits[i + 1][j].min(edits[i][j + 1]))
                }
                _ => (truth.len() - i) + (read.len() - j),
            };
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(truth: &str, read: &str, expect: [&str; 2]) {
        let shown = |side: fn(&Pair) -> Option<char>| -> String {
            side_by_side(truth, read).iter().map(|pair| side(pair).unwrap_or('_')).collect()
        };
        assert_eq!([shown(|pair| pair.0), shown(|pair| pair.1)], expect.map(str::to_owned));
    }

    #[test]
    fn differing_missing_and_surplus_characters_stand_beside_each_other() {
        check("34A36837", "34A36887", ["34A36837", "34A36887"]);
        check("34A36837", "4A36837", ["34A36837", "_4A36837"]);
        check("34A3683", "34A36837", ["34A3683_", "34A36837"]);
        check("桂F12345", "", ["桂F12345", "_______"]);
    }

    proptest! {
        #[test]
        fn both_texts_are_there_whole_and_differ_as_often_as_they_must(a in "[AB0-3]{0,9}", b in "[AB0-3]{0,9}") {
            let pairs = side_by_side(&a, &b);
            prop_assert_eq!(pairs.iter().filter_map(|pair| pair.0).collect::<String>(), a.clone());
            prop_assert_eq!(pairs.iter().filter_map(|pair| pair.1).collect::<String>(), b.clone());
            let differing = pairs.iter().filter(|pair| pair.0 != pair.1).count();
            prop_assert_eq!(differing, strsim::levenshtein(&a, &b));
        }
    }
}
