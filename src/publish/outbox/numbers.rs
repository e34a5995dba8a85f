//! A number that no `seq` has passed, in a file beside the database, so that numbers never repeat even if the database is
//! lost, damaged, or put back from an old copy.

use std::fs;
use std::path::{Path, PathBuf};

use super::OutboxError;
use crate::durable_file;

/// How far the bound is raised at a time: one durable write in so many events, and at most so large a gap in the numbers
/// after the database was lost.
pub(super) const STEP: u64 = 1000;

/// The bound.
#[derive(Debug)]
pub(super) struct Numbers {
    path: PathBuf,
    bound: u64,
}

impl Numbers {
    /// That of the outbox at `outbox`; a file that is missing or no number says nothing.
    pub(super) fn beside(outbox: &Path) -> Self {
        let mut name = outbox.as_os_str().to_owned();
        name.push(".numbers");
        let path = PathBuf::from(name);
        let bound = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Self { path, bound }
    }

    /// The last number that may have been given, where nothing better is known.
    pub(super) fn bound(&self) -> u64 {
        self.bound
    }

    /// Whether `last` cannot be the last number that was given, because the bound was already far above it.
    pub(super) fn is_behind(&self, last: u64) -> bool {
        last.saturating_add(STEP) < self.bound
    }

    /// Makes sure that the bound is not below `seq`, before that number is given.
    pub(super) fn cover(&mut self, seq: u64) -> Result<(), OutboxError> {
        if seq <= self.bound {
            return Ok(());
        }
        let bound = seq.saturating_add(STEP - 1);
        durable_file::replace(&self.path, |file| writeln!(file, "{bound}"))
            .map_err(|source| OutboxError::Numbers { path: self.path.clone(), source })?;
        self.bound = bound;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_raised_before_a_number_passes_it_and_survives() {
        let folder = tempfile::tempdir().expect("a folder");
        let outbox = folder.path().join("outbox.sqlite");
        let mut numbers = Numbers::beside(&outbox);
        assert_eq!(numbers.bound(), 0);
        numbers.cover(1).expect("there is space");
        numbers.cover(1000).expect("there is space");
        assert_eq!(Numbers::beside(&outbox).bound(), 1000);
        numbers.cover(1001).expect("there is space");
        assert_eq!(Numbers::beside(&outbox).bound(), 2000);
        assert!(numbers.is_behind(999) && !numbers.is_behind(1000));
    }
}
