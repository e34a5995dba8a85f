//! Counts what a source skipped because it was damaged, and logs each run of it once.

use std::fmt;

use tracing::{debug, info, warn};

/// The damaged pictures or packets of one source.
#[derive(Debug, Default)]
pub(super) struct Damage {
    total: u64,
    /// Since the last good one.
    run: u64,
}

impl Damage {
    /// One was skipped. The first of a run is a warning, the others are for whoever looks closely.
    pub(super) fn skipped(&mut self, what: &dyn fmt::Display) {
        self.total += 1;
        self.run += 1;
        if self.run == 1 {
            warn!("skipped: {what}");
        } else {
            debug!("skipped: {what}");
        }
    }

    /// A good one came.
    pub(super) fn good(&mut self) {
        if self.run > 1 {
            info!(skipped = self.run, "good again after a run of damaged ones");
        }
        self.run = 0;
    }

    /// All of them so far.
    pub(super) fn total(&self) -> u64 {
        self.total
    }
}
