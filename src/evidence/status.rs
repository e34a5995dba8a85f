//! How evidence fares: counters that whoever works keeps, and health reads.

use std::sync::{Arc, Mutex, PoisonError};

/// What was counted. Everything counts pictures, of which an event has two as a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EvidenceReport {
    /// In the folder now.
    pub stored: u64,
    /// What they take of the disk, in bytes.
    pub bytes: u64,
    /// Written since the start.
    pub kept: u64,
    /// Deleted since the start, for their age or for want of room.
    pub pruned: u64,
    /// Lost since the start: not encoded or not written.
    pub lost: u64,
    /// Waiting to be delivered now.
    pub waiting: u64,
    /// Delivered since the start.
    pub delivered: u64,
    /// Given up undelivered since the start: too many waited, they were deleted, or the receiver refused them.
    pub undelivered: u64,
    /// Files in the folder that are none of ours, when it was opened. They are left alone.
    pub foreign: u64,
    /// Whether no picture is kept because the disk is full.
    pub disk_full: bool,
}

/// The counters, shared by clones.
#[derive(Debug, Clone, Default)]
pub struct EvidenceStatus(Arc<Mutex<EvidenceReport>>);

impl EvidenceStatus {
    /// What was counted up to now.
    #[must_use]
    pub fn report(&self) -> EvidenceReport {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut EvidenceReport)) {
        count(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
