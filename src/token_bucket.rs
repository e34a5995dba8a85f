//! How often something may come: a bucket of tokens that fills up with time. Not here: what happens to what comes too often.

use std::time::Duration;

/// So many at once, and so many a second on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// How many may come at once after a silence.
    pub at_once: u32,
    /// How many may come in a second in the long run.
    pub per_second: f64,
}

/// A bucket that is full at first.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    rate: Rate,
    level: f64,
    filled_at: Duration,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn full(rate: Rate) -> Self {
        Self { rate, level: f64::from(rate.at_once), filled_at: Duration::ZERO }
    }

    /// Takes a token, if there is one at `now` (monotonic).
    pub fn take(&mut self, now: Duration) -> bool {
        let since = now.saturating_sub(self.filled_at).as_secs_f64();
        self.level = (self.level + since * self.rate.per_second).min(f64::from(self.rate.at_once));
        self.filled_at = self.filled_at.max(now);
        let enough = self.level >= 1.0;
        if enough {
            self.level -= 1.0;
        }
        enough
    }

    /// Gives a token back that turned out not to count.
    pub fn put_back(&mut self) {
        self.level = (self.level + 1.0).min(f64::from(self.rate.at_once));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_then_only_what_the_rate_allows() {
        let mut bucket = TokenBucket::full(Rate { at_once: 3, per_second: 2.0 });
        let at = |ms| Duration::from_millis(ms);
        let burst: Vec<bool> = (0..5).map(|_| bucket.take(at(1000))).collect();
        assert_eq!(burst, [true, true, true, false, false]);
        assert!(!bucket.take(at(1400)));
        assert!(bucket.take(at(1500)));
        assert!(!bucket.take(at(1600)));
        bucket.put_back();
        assert!(bucket.take(at(1600)), "what is given back can be taken again");
        let later = (0..10).filter(|_| bucket.take(at(3_600_000))).count();
        assert_eq!(later, 3, "a long silence fills it, and no more");
    }
}
