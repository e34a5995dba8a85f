//! Which events have waited too long to be acted on, whatever the wall clock says.
//!
//! A box without a battery behind its clock wakes up in the past after a power cut, so wall clocks cannot tell how long
//! an event has waited. What an earlier run left has; the rest is measured with the monotonic clock.

use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;
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
    /// Young ones that were asked for once more, and so are long past.
    sent_again: BTreeSet<u64>,
}

impl Waiting {
    /// What the outbox is opened with: every number up to `last_seq` is of an earlier run.
    pub(super) fn since_before(last_seq: u64) -> Self {
        Self { long_up_to: last_seq, young: VecDeque::new(), sent_again: BTreeSet::new() }
    }

    pub(super) fn committed(&mut self, seq: u64, now: Instant) {
        self.grow_old(now);
        self.young.push_back((seq, now));
    }

    pub(super) fn is_long(&mut self, seq: u64, now: Instant) -> bool {
        self.grow_old(now);
        seq <= self.long_up_to || self.sent_again.contains(&seq)
    }

    /// Somebody asked for these events once more, so nobody may act on them as if they were new; those that were
    /// `not_sent_yet` are left out.
    pub(super) fn asked_again(&mut self, numbers: &RangeInclusive<u64>, not_sent_yet: &BTreeSet<u64>) {
        let sent = |seq: &u64| numbers.contains(seq) && !not_sent_yet.contains(seq);
        self.sent_again.extend(self.young.iter().map(|(seq, _)| *seq).filter(sent));
    }

    fn grow_old(&mut self, now: Instant) {
        while let Some((seq, at)) = self.young.front().copied() {
            if now.duration_since(at) <= HISTORICAL_AFTER {
                return;
            }
            self.long_up_to = self.long_up_to.max(seq);
            self.young.pop_front();
            self.sent_again.remove(&seq);
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

    #[test]
    fn what_is_asked_for_once_more_is_long_past_however_young() {
        let now = Instant::now();
        let mut waiting = Waiting::since_before(0);
        (1..=3).for_each(|seq| waiting.committed(seq, now));
        waiting.asked_again(&(2..=9), &BTreeSet::from([2]));
        assert_eq!([1, 2, 3].map(|seq| waiting.is_long(seq, now)), [false, false, true]);
        let later = now + Duration::from_secs(60);
        assert!(waiting.is_long(1, later) && waiting.sent_again.is_empty());
    }
}
