//! How much of the disk is missing, from what the system says is free.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Asks the system how many bytes are free for this program on the disk of a folder.
pub type Measure = Box<dyn Fn(&Path) -> io::Result<u64> + Send>;

/// Some file systems (btrfs, ZFS) give back what was deleted only with their next transaction, 5 to 30 s later. Without
/// patience all evidence would go, because nothing seemed to help.
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(40);
/// When space was short, it is enough again with so much more than the floor: one hundredth would flutter.
const ENOUGH_AGAIN: (u64, u64) = (11, 10);

/// Watches the free space of one disk.
pub struct SpaceWatch {
    measure: Measure,
    floor: u64,
    /// What was deleted and is not free yet, and until when it is waited for.
    owed: (u64, Duration),
}

impl fmt::Debug for SpaceWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpaceWatch").field("floor", &self.floor).field("owed", &self.owed).finish_non_exhaustive()
    }
}

impl SpaceWatch {
    /// So much must stay free, in bytes.
    #[must_use]
    pub fn new(floor: u64, measure: Measure) -> Self {
        Self { measure, floor, owed: (0, Duration::ZERO) }
    }

    /// What must stay free, in bytes.
    #[must_use]
    pub fn floor(&self) -> u64 {
        self.floor
    }

    /// How many bytes the system says are free.
    ///
    /// # Errors
    /// What the system says when it cannot tell.
    pub fn free(&self, folder: &Path) -> io::Result<u64> {
        (self.measure)(folder)
    }

    /// How many bytes must be deleted so that `needed` can be written, when so many are `free`.
    #[must_use]
    pub fn missing(&self, free: u64, needed: u64, now: Duration) -> u64 {
        (self.floor + needed).saturating_sub(free + self.owed(now))
    }

    /// Takes note of what was deleted, and of how much more is free since.
    pub fn deleted(&mut self, bytes: u64, given_back: u64, now: Duration) {
        self.owed = (self.owed(now) + bytes.saturating_sub(given_back), now + GIVEN_BACK_WITHIN);
    }

    /// Whether so much is free that a shortage is over.
    #[must_use]
    pub fn is_ample(&self, free: u64) -> bool {
        let (of, by) = ENOUGH_AGAIN;
        free >= self.floor / by * of
    }

    fn owed(&self, now: Duration) -> u64 {
        let (bytes, until) = self.owed;
        if now < until { bytes } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(1);
    const LATER: Duration = Duration::from_secs(60);

    fn watch() -> SpaceWatch {
        SpaceWatch::new(1000, Box::new(|_| Ok(0)))
    }

    #[test]
    fn what_is_missing_is_what_the_floor_and_the_picture_need() {
        let missing = |needed| watch().missing(1100, needed, SOON);
        assert_eq!((missing(0), missing(100), missing(150)), (0, 0, 50));
    }

    #[test]
    fn a_file_system_that_gives_back_late_is_waited_for_and_not_for_ever() {
        let mut watch = watch();
        assert_eq!(watch.missing(700, 0, SOON), 300);
        watch.deleted(320, 0, SOON);
        assert_eq!(watch.missing(700, 0, SOON), 0, "it is on its way");
        assert_eq!(watch.missing(700, 0, LATER), 300, "it did not come");
    }

    #[test]
    fn a_file_system_that_gives_back_at_once_owes_nothing() {
        let mut watch = watch();
        watch.deleted(300, 300, SOON);
        assert_eq!(watch.missing(900, 0, SOON), 100);
    }

    #[test]
    fn a_shortage_is_over_with_a_tenth_more_than_the_floor() {
        assert!(!watch().is_ample(1050) && watch().is_ample(1100));
    }
}
