//! When events that the broker refused are tried again on the same connection.
//!
//! They are not remembered one by one, because a lane without a right may leave thousands: what was handed over, is not
//! under way and is still in the outbox was refused. A round tries one window of them, from where the last round ended.

use tokio::time::{Instant, sleep_until};

use crate::backoff::Backoff;

/// The rounds of one connection.
#[derive(Debug)]
pub(super) struct Refusals {
    pauses: Backoff,
    /// When the next round begins; `None` during a round and when nothing was refused.
    due: Option<Instant>,
    /// How many more events this round may try.
    left: usize,
    /// The last event tried; the next has a higher number.
    tried_up_to: u64,
    /// The events of this round that are not answered yet.
    trying: Vec<u64>,
}

impl Refusals {
    /// None yet; `pauses` lie between rounds in which everything was refused again.
    pub(super) fn none(pauses: Backoff) -> Self {
        Self { pauses, due: None, left: 0, tried_up_to: 0, trying: Vec::new() }
    }

    /// Completes when the next round is due; never when nothing was refused.
    pub(super) async fn due(&self) {
        match self.due {
            Some(due) => sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn begin_round(&mut self, size: usize) {
        (self.due, self.left) = (None, size);
    }

    /// From where on, and how many events may be tried now.
    pub(super) fn to_try(&self) -> (u64, usize) {
        (self.tried_up_to, self.left)
    }

    pub(super) fn tried(&mut self, seq: u64) {
        self.tried_up_to = seq;
        self.left = self.left.saturating_sub(1);
        self.trying.push(seq);
    }

    /// Nothing is left behind the last event tried; `true` when nothing is left at all.
    pub(super) fn at_the_end(&mut self) -> bool {
        self.left = 0;
        let none_at_all = self.tried_up_to == 0 && self.trying.is_empty();
        self.tried_up_to = 0;
        if !none_at_all && self.due.is_none() {
            self.pause();
        }
        none_at_all
    }

    /// An event was refused, the first time or again.
    pub(super) fn refused(&mut self, seq: u64) {
        self.trying.retain(|tried| *tried != seq);
        if self.due.is_none() && self.left == 0 {
            self.pause();
        }
    }

    /// An event was acknowledged. If it had been refused before, the others are worth trying at once.
    pub(super) fn acknowledged(&mut self, seq: u64) {
        if self.trying.contains(&seq) {
            self.trying.retain(|tried| *tried != seq);
            self.pauses.reset();
            self.due = Some(Instant::now());
        }
    }

    fn pause(&mut self) {
        self.due = Some(Instant::now() + self.pauses.next_pause());
    }
}
