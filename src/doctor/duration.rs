//! Durations as people say them: in one unit, as exact as it matters.

use std::time::Duration;

/// `40 ms`, `2.1 s`, `17 min`, `3 h`, `12 days`.
pub(super) fn in_words(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_one_unit() {
        let told = |ms| in_words(Duration::from_millis(ms));
        let all = [40, 2_140, 61_000, 7_200_000, 259_200_000].map(told);
        assert_eq!(all, ["40 ms", "2.1 s", "1 min", "2 h", "3 days"]);
    }
}
