//! Counts, and how sure a share is that was found by counting.

use std::fmt;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Those that are meant.
    pub part: usize,
    /// All.
    pub all: usize,
}

/// 95 % of a normal distribution lie within so many standard deviations.
const Z: f64 = 1.96;

impl Count {
    /// Counts one more; `is_part` says whether it is meant.
    pub fn add(&mut self, is_part: bool) {
        self.all += 1;
        self.part += usize::from(is_part);
    }

    /// 0 to 1; `None` of nothing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of vehicles")]
    pub fn share(self) -> Option<f64> {
        (self.all > 0).then(|| self.part as f64 / self.all as f64)
    }

    /// Between which shares the true one lies with 95 % certainty (Wilson's score interval, which holds for few and for
    /// extreme shares too); `None` of nothing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of vehicles")]
    pub fn interval(self) -> Option<(f64, f64)> {
        // Events too many may be more than there are passages.
        let share = self.share()?.min(1.0);
        let n = self.all as f64;
        let (z2, scale) = (Z * Z, 1.0 + Z * Z / n);
        let middle = (share + z2 / (2.0 * n)) / scale;
        let half = Z / scale * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
        Some(((middle - half).max(0.0), (middle + half).min(1.0)))
    }
}

impl fmt::Display for Count {
    /// `118/119 99.2%`; `-` of nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.share() {
            Some(share) => f.pad(&format!("{}/{} {:>5.1}%", self.part, self.all, share * 100.0)),
            None => f.pad("-"),
        }
    }
}

/// The value that `share` (0 to 1) of all are not above; `None` of nothing.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index made of a count and a share"
)]
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(part: usize, all: usize, low: f64, high: f64) {
        let (found_low, found_high) = Count { part, all }.interval().unwrap();
        assert!((found_low - low).abs() < 5e-4 && (found_high - high).abs() < 5e-4, "{found_low} to {found_high}");
    }

    #[test]
    fn the_interval_is_wilsons() {
        // R: binom::binom.wilson
        check(9, 10, 0.5958, 0.9821);
        check(10, 10, 0.7225, 1.0);
        check(0, 10, 0.0, 0.2775);
        check(495, 500, 0.9768, 0.9957);
    }

    #[test]
    fn of_nothing_there_is_no_share() {
        assert_eq!((Count::default().share(), Count::default().interval()), (None, None));
        assert_eq!(Count::default().to_string(), "-");
        assert_eq!(Count { part: 118, all: 119 }.to_string(), "118/119  99.2%");
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 0.95), Some(95.0));
        assert_eq!(percentile(&values, 0.5), Some(50.0));
        assert_eq!(percentile(&[3.0], 0.95), Some(3.0));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
