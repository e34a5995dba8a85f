//! Which events have waited too long to be acted on, whatever the wall clock says.
//!
//! A box without a battery behind its clock wakes up in the past after a power cut, so wall clocks cannot tell how long
//! an event has waited. What an earlier run left has; the rest is measured with the monotonic clock.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// An event that waited longer than this is `historical` (the contract's figure).
pub(super) const HISTORICAL_AFTER: Duration = Duration::from_secs(10);

/// When events were committed. Only those of the last seconds are remembered one by one.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Events up to this number have waited long.
    long_up_to: u64,
    /// Younger events with the times of their commits, oldest first.
    young: VecDeque<(u64, Instant)>,
}

impl Waiting {
    /// What the outbox is opened with: every number up to `last_seq` is of an earlier run.
    pub(super) fn since_before(last_seq: u64) -> Self {
        Self { long_up_to: last_seq, young: VecDeque::new() }
    }

    pub(super) fn committed(&mut self, seq: u64, now: Instant) {
        self.grow_old(now);
        self.young.push_back((seq, now));
    }

    pub(super) fn is_long(&mut self, seq: u64, now: Instant) -> bool {
        self.grow_old(now);
        seq <= self.long_up_to
    }

    fn grow_old(&mut self, now: Instant) {
        while let Some((seq, at)) = self.young.front().copied() {
            if now.duration_since(at) <= HISTORICAL_AFTER {
                return;
            }
            self.long_up_to = self.long_up_to.max(seq);
            self.young.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_events_of_the_last_seconds_are_remembered() {
        let start = Instant::now();
        let mut waiting = Waiting::since_before(0);
        for seq in 1..=100 {
            waiting.committed(seq, start + Duration::from_secs(seq));
        }
        assert_eq!(waiting.young.len(), 11);
        let now = start + Duration::from_secs(100);
        assert!(waiting.is_long(89, now) && !waiting.is_long(90, now));
    }
}
