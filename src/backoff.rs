//! Growing pauses between attempts, with jitter so that a whole site does not knock at the same moment.

use std::time::Duration;

/// Doubles from `first` up to `longest`; each pause is drawn from the upper half of its range.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Pauses from `first` to `longest`.
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// How long to wait before the next attempt.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.next.mul_f32(fastrand::f32().mul_add(0.5, 0.5));
        self.next = (self.next * 2).min(self.longest);
        pause
    }

    /// An attempt succeeded: begin with the shortest pause again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_again_after_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(4));
        for full in [1, 2, 4, 4] {
            let full = Duration::from_secs(full);
            let pause = backoff.next_pause();
            assert!(full / 2 <= pause && pause <= full, "{pause:?} of {full:?}");
        }
        backoff.reset();
        assert!(backoff.next_pause() <= Duration::from_secs(1));
    }
}
