//! How far the platform has confirmed events, and for how long the oldest unconfirmed one has waited for it.
//!
//! Times are monotonic, so a clock that is set does not make an alarm. What was committed before the start counts from
//! the start. Not here: the confirmed ranges themselves, which the outbox keeps.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::publish::outbox::Receipts;

/// What the platform has confirmed, as the gate's health tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptsHealth {
    /// Every event up to this number is confirmed, counted from the first that ever was.
    pub confirmed_up_to: u64,
    /// Events since then that are not.
    pub unconfirmed: u64,
    /// For how long the oldest of them has waited, in whole seconds; null when there is none.
    pub oldest_unconfirmed_age_s: Option<u64>,
}

/// The newest of it, for whoever reports it. Clones look at the same.
#[derive(Debug, Clone, Default)]
pub struct ReceiptsView(Arc<Mutex<Option<ReceiptsHealth>>>);

impl ReceiptsView {
    /// What the platform has confirmed; `None` before its first receipt.
    #[must_use]
    pub fn health(&self) -> Option<ReceiptsHealth> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, health: Option<ReceiptsHealth>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }
}

/// Looks are seconds apart, and only those with new events are kept: some days of a busy gate.
const MOST_LOOKS: usize = 8192;

/// Remembers when numbers were given.
#[derive(Debug, Default)]
pub struct ReceiptWatch {
    /// The last number at each look at which it had risen.
    looks: VecDeque<(u64, Duration)>,
}

impl ReceiptWatch {
    /// Compares what is confirmed with what was given, at `now` (monotonic). `None` before the first receipt.
    pub fn look(&mut self, receipts: &Receipts, last_seq: u64, now: Duration) -> Option<ReceiptsHealth> {
        if self.looks.back().is_none_or(|(seq, _)| *seq < last_seq) {
            if self.looks.len() >= MOST_LOOKS {
                // The second oldest: its events seem older than they are, by the time to the look before it.
                self.looks.remove(1);
            }
            self.looks.push_back((last_seq, now));
        }
        let first = receipts.first_confirmed?;
        let oldest = receipts.first_unconfirmed.filter(|seq| *seq <= last_seq);
        while let (Some(_), Some((seq, _))) = (self.looks.get(1), self.looks.front()) {
            if *seq >= oldest.unwrap_or(u64::MAX) {
                break;
            }
            self.looks.pop_front();
        }
        let given = |oldest: u64| self.looks.iter().find(|(seq, _)| *seq >= oldest).map_or(now, |(_, at)| *at);
        Some(ReceiptsHealth {
            confirmed_up_to: oldest.map_or(last_seq.max(first), |oldest| oldest.saturating_sub(1)),
            unconfirmed: receipts.unconfirmed,
            oldest_unconfirmed_age_s: oldest.map(|oldest| now.saturating_sub(given(oldest)).as_secs()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipts(first_unconfirmed: Option<u64>, unconfirmed: u64) -> Receipts {
        Receipts { first_confirmed: Some(1), first_unconfirmed, unconfirmed }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_age_of_the_oldest_unconfirmed_event_counts_from_when_it_was_given() {
        let mut watch = ReceiptWatch::default();
        assert_eq!(watch.look(&Receipts::default(), 5, at(0)), None, "nothing is expected before the first receipt");
        let look = |watch: &mut ReceiptWatch, first, count, last, now| {
            let health = watch.look(&receipts(first, count), last, at(now)).expect("there was a receipt");
            (health.confirmed_up_to, health.unconfirmed, health.oldest_unconfirmed_age_s)
        };
        assert_eq!(look(&mut watch, None, 0, 5, 10), (5, 0, None));
        assert_eq!(look(&mut watch, Some(6), 1, 6, 20), (5, 1, Some(0)));
        assert_eq!(look(&mut watch, Some(6), 3, 8, 50), (5, 3, Some(30)));
        assert_eq!(look(&mut watch, Some(8), 1, 8, 60), (7, 1, Some(10)));
        assert_eq!(look(&mut watch, None, 0, 8, 70), (8, 0, None));
        assert_eq!(look(&mut watch, Some(9), 1, 9, 100), (8, 1, Some(0)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut watch = ReceiptWatch::default();
        for seq in 1..=20_000 {
            watch.look(&receipts(Some(1), seq), seq, at(seq));
        }
        assert_eq!(watch.looks.len(), MOST_LOOKS);
        let health = watch.look(&receipts(Some(1), 20_000), 20_000, at(20_001)).expect("there was a receipt");
        assert_eq!(health.oldest_unconfirmed_age_s, Some(20_000));
    }
}
