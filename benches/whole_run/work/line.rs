//! A straight line through points, and how far they are from it.

use std::fmt;

/// `fixed + each × n`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    fixed: f64,
    each: f64,
}

impl Line {
    /// The line to which the points are nearest: least squares.
    pub(super) fn through(points: &[(f64, f64)]) -> Self {
        let count = points.len().max(1) as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (n, cost) = (mean(|point| point.0), mean(|point| point.1));
        let together: f64 = points.iter().map(|point| (point.0 - n) * (point.1 - cost)).sum();
        let alone: f64 = points.iter().map(|point| (point.0 - n).powi(2)).sum();
        let each = together / alone;
        Self { fixed: cost - each * n, each }
    }

    /// What it says of so much work.
    pub(super) fn at(&self, n: f64) -> f64 {
        self.fixed + self.each * n
    }

    /// How far the point that is farthest from it is above it, in % of what it says there; negative: below.
    pub(super) fn farthest_off(&self, points: &[(f64, f64)]) -> f64 {
        let off = points.iter().map(|(n, cost)| 100.0 * (cost / self.at(*n) - 1.0));
        off.max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or_default()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.each < 0.0 { '-' } else { '+' };
        write!(f, "{:.1} {sign} {:.2} x n", self.fixed, self.each.abs())
    }
}
