//! Who is looked at: a config, and what the running daemon tells.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::daemon::DaemonFacts;
use crate::clock::Clock;
use crate::config::Config;

/// A gate, as far as it is known before anything is looked at.
#[derive(Debug)]
pub struct Patient {
    /// The config file.
    pub path: PathBuf,
    /// What it says, if it is right.
    pub config: Option<Config>,
    /// Measures.
    pub clock: Clock,
    /// Filled in by the first look.
    daemon: OnceLock<DaemonFacts>,
}

impl Patient {
    /// Nothing was looked at yet.
    #[must_use]
    pub fn new(path: PathBuf, config: Option<Config>, clock: Clock) -> Self {
        Self { path, config, clock, daemon: OnceLock::new() }
    }

    /// What is known of the daemon; before it is known, nothing may disturb it.
    pub(super) fn daemon(&self) -> &DaemonFacts {
        static NOTHING: DaemonFacts = DaemonFacts::NOTHING;
        self.daemon.get().unwrap_or(&NOTHING)
    }

    pub(super) fn note_daemon(&self, facts: DaemonFacts) {
        // There is one look at it.
        drop(self.daemon.set(facts));
    }
}
