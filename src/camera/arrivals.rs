//! Which uploaded files are complete, which were read already, and which will never be complete. No I/O, no clock:
//! files are reported to it, with the time.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::name_order::natural;

/// A file that nobody was seen to close counts as complete once it has not changed for so long: network mounts do not
/// tell when a file is closed.
const SETTLED_AFTER: Duration = Duration::from_secs(2);
/// A file that is no complete picture and has not changed for so long is given up. FTP clients resume within seconds.
pub(super) const GIVE_UP_AFTER: Duration = Duration::from_secs(60);
/// Files that wait at the same time; the oldest are kept, the others are found again by a later scan.
const MAX_WAITING: usize = 4_096;
/// What was read is remembered by name while its last change is no older than this against the newest, in nanoseconds;
/// anything older counts as read.
const REMEMBERED: i128 = 600_000_000_000;
/// Names that are remembered at most.
const MAX_READ: usize = 65_536;

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    /// Last written, in nanoseconds since 1970; uploads may set it.
    pub(super) modified: i128,
    /// Last change of any kind, in nanoseconds since 1970; only the file system sets it, so it tells old from new.
    pub(super) changed: i128,
    /// In bytes.
    pub(super) length: u64,
}

/// How a file became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// A scan found it; somebody may be writing to it.
    Lying,
    /// Its writer closed it, or moved it here.
    Closed,
}

/// The files of one watched folder.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    waiting: HashMap<PathBuf, Waiting>,
    read: HashMap<PathBuf, Stamp>,
    /// Files that changed last before this count as read, remembered or not. Absent where what was read is deleted, so
    /// that whatever lies there is unread.
    read_before: Option<i128>,
    /// More files lie there than can wait.
    overflowed: bool,
}

#[derive(Debug)]
struct Waiting {
    stamp: Stamp,
    /// Since when it has not changed.
    still_since: Duration,
    closed: bool,
    /// What was wrong when it was tried as it is now.
    fault: Option<String>,
}

impl Arrivals {
    /// For a folder in which files stay after they were read.
    pub(super) fn that_stay() -> Self {
        Self { read_before: Some(i128::from(i64::MIN)), ..Self::default() }
    }

    /// Counts a file as read without reading it: it was there before us.
    pub(super) fn was_there_before(&mut self, path: &Path, stamp: Stamp) {
        self.remember(path.to_owned(), stamp);
    }

    /// A file is there, in this state, at this time.
    pub(super) fn seen(&mut self, path: &Path, stamp: Stamp, how: Seen, now: Duration) {
        if stamp.length == 0 || self.was_read(path, stamp, how) {
            return;
        }
        if let Some(waiting) = self.waiting.get_mut(path) {
            if waiting.stamp != stamp {
                *waiting = Waiting { stamp, still_since: now, closed: false, fault: None };
            }
            waiting.closed |= how == Seen::Closed;
            return;
        }
        if self.overflowed && how == Seen::Closed {
            // It would overtake the older ones that had to be left out; the next scan finds it.
            return;
        }
        let waiting = Waiting { stamp, still_since: now, closed: how == Seen::Closed, fault: None };
        self.waiting.insert(path.to_owned(), waiting);
        if self.waiting.len() > MAX_WAITING {
            self.overflowed = true;
            if let Some(newest) = self.waiting.iter().max_by(older_first).map(|(path, _)| path.clone()) {
                self.waiting.remove(&newest);
            }
        }
    }

    /// The oldest file that is complete and was not tried in its present state.
    pub(super) fn next_complete(&self, now: Duration) -> Option<(PathBuf, Stamp)> {
        let complete = self.waiting.iter().filter(|(_, w)| w.fault.is_none() && w.complete_at() <= now);
        complete.min_by(older_first).map(|(path, waiting)| (path.clone(), waiting.stamp))
    }

    /// It was read.
    pub(super) fn read(&mut self, path: PathBuf) {
        if let Some(waiting) = self.waiting.remove(&path) {
            self.remember(path, waiting.stamp);
        }
    }

    /// It was no complete picture. It is tried again when it changes.
    pub(super) fn broken(&mut self, path: &Path, fault: String) {
        if let Some(waiting) = self.waiting.get_mut(path) {
            waiting.fault = Some(fault);
        }
    }

    /// It is gone.
    pub(super) fn gone(&mut self, path: &Path) {
        self.waiting.remove(path);
        self.read.remove(path);
    }

    /// A file that has been broken and unchanged for too long, and what is wrong with it. It is not tried again.
    pub(super) fn give_up(&mut self, now: Duration) -> Option<(PathBuf, String)> {
        let over = |w: &Waiting| w.fault.is_some() && w.still_since + GIVE_UP_AFTER <= now;
        let path = self.waiting.iter().find(|(_, w)| over(w)).map(|(path, _)| path.clone())?;
        let fault = self.waiting.get_mut(&path).and_then(|w| w.fault.take()).unwrap_or_default();
        self.read(path.clone());
        Some((path, fault))
    }

    /// When something is next to do although nothing happens.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let due = |w: &Waiting| if w.fault.is_some() { w.still_since + GIVE_UP_AFTER } else { w.complete_at() };
        self.waiting.values().map(due).min()
    }

    /// Whether files had to be left out, and there is room for them now.
    pub(super) fn needs_scan(&self) -> bool {
        self.overflowed && self.waiting.values().all(|waiting| waiting.fault.is_some())
    }

    /// A scan of the whole folder begins.
    pub(super) fn scan_begins(&mut self) {
        self.overflowed = false;
    }

    fn was_read(&self, path: &Path, stamp: Stamp, how: Seen) -> bool {
        match self.read.get(path) {
            Some(read) => *read == stamp,
            // It was closed just now, so it is new, even if a clock that was set back dates it before what was read.
            None if how == Seen::Closed => false,
            None => self.read_before.is_some_and(|before| stamp.changed < before),
        }
    }

    fn remember(&mut self, path: PathBuf, stamp: Stamp) {
        self.read.insert(path, stamp);
        if let Some(before) = &mut self.read_before {
            *before = (*before).max(stamp.changed - REMEMBERED);
        }
        if self.read.len() <= MAX_READ {
            return;
        }
        // Half of them at once, so that this is seldom.
        let mut changed: Vec<_> = self.read.values().map(|stamp| stamp.changed).collect();
        let (_, middle, _) = changed.select_nth_unstable(MAX_READ / 2);
        let oldest = *middle;
        self.read.retain(|_, stamp| stamp.changed > oldest);
        if let Some(before) = &mut self.read_before {
            *before = (*before).max(oldest + 1);
        }
    }
}

impl Waiting {
    fn complete_at(&self) -> Duration {
        if self.closed { self.still_since } else { self.still_since + SETTLED_AFTER }
    }
}

fn older_first(a: &(&PathBuf, &Waiting), b: &(&PathBuf, &Waiting)) -> Ordering {
    a.1.stamp.modified.cmp(&b.1.stamp.modified).then_with(|| natural(a.0, b.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(changed_s: i64, length: u64) -> Stamp {
        let nanos = i128::from(changed_s) * 1_000_000_000;
        Stamp { modified: nanos, changed: nanos, length }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn complete(arrivals: &Arrivals, seconds: u64) -> Option<String> {
        arrivals.next_complete(at(seconds)).map(|(path, _)| path.display().to_string())
    }

    #[test]
    fn a_closed_file_is_complete_at_once_and_another_once_it_settles() {
        let mut arrivals = Arrivals::default();
        arrivals.seen(Path::new("closed"), stamp(2, 9), Seen::Closed, at(0));
        arrivals.seen(Path::new("lying"), stamp(1, 9), Seen::Lying, at(0));
        assert_eq!(complete(&arrivals, 1).as_deref(), Some("closed"));
        assert_eq!(complete(&arrivals, 2).as_deref(), Some("lying"), "it is older");
    }

    #[test]
    fn a_file_that_grows_is_not_complete() {
        let mut arrivals = Arrivals::default();
        for second in 0..10 {
            arrivals.seen(Path::new("a"), stamp(1, second + 1), Seen::Lying, at(second));
            assert_eq!(complete(&arrivals, second + 1), None);
        }
        assert_eq!(complete(&arrivals, 11).as_deref(), Some("a"));
    }

    #[test]
    fn a_broken_upload_is_tried_again_when_it_grows() {
        let mut arrivals = Arrivals::default();
        arrivals.seen(Path::new("a"), stamp(1, 5), Seen::Closed, at(0));
        arrivals.broken(Path::new("a"), "cut short".to_owned());
        assert_eq!(complete(&arrivals, 30), None, "it did not change");
        arrivals.seen(Path::new("a"), stamp(30, 9), Seen::Closed, at(30));
        assert_eq!(complete(&arrivals, 30).as_deref(), Some("a"));
        assert_eq!(arrivals.give_up(at(1000)), None, "it was not broken again");
    }

    #[test]
    fn a_broken_upload_that_stays_is_given_up_once_with_the_reason() {
        let mut arrivals = Arrivals::default();
        arrivals.seen(Path::new("a"), stamp(1, 5), Seen::Closed, at(0));
        arrivals.broken(Path::new("a"), "cut short".to_owned());
        assert_eq!(arrivals.give_up(at(59)), None);
        assert_eq!(arrivals.next_due(), Some(at(60)));
        assert_eq!(arrivals.give_up(at(60)), Some((PathBuf::from("a"), "cut short".to_owned())));
        arrivals.seen(Path::new("a"), stamp(1, 5), Seen::Lying, at(70));
        assert_eq!((complete(&arrivals, 100), arrivals.give_up(at(200))), (None, None));
    }

    #[test]
    fn a_file_is_read_once_and_again_only_when_it_was_written_again() {
        let mut arrivals = Arrivals::default();
        arrivals.seen(Path::new("latest"), stamp(1, 5), Seen::Closed, at(0));
        arrivals.read(PathBuf::from("latest"));
        arrivals.seen(Path::new("latest"), stamp(1, 5), Seen::Lying, at(5));
        assert_eq!(complete(&arrivals, 10), None);
        arrivals.seen(Path::new("latest"), stamp(9, 5), Seen::Closed, at(9));
        assert_eq!(complete(&arrivals, 10).as_deref(), Some("latest"));
    }

    #[test]
    fn what_was_there_before_is_not_read() {
        let mut arrivals = Arrivals::that_stay();
        arrivals.was_there_before(Path::new("old"), stamp(10_000, 5));
        for (name, changed) in [("old", 10_000), ("older, not remembered", 9_000), ("new", 10_001)] {
            arrivals.seen(Path::new(name), stamp(changed, 5), Seen::Lying, at(0));
        }
        assert_eq!(complete(&arrivals, 2).as_deref(), Some("new"));
        arrivals.read(PathBuf::from("new"));
        assert_eq!(complete(&arrivals, 2), None);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_hide_new_files() {
        let mut arrivals = Arrivals::that_stay();
        arrivals.was_there_before(Path::new("dated in the future"), stamp(50_000, 5));
        arrivals.seen(Path::new("new"), stamp(10_000, 5), Seen::Closed, at(0));
        assert_eq!(complete(&arrivals, 0).as_deref(), Some("new"));
    }

    #[test]
    fn files_come_out_oldest_first_however_many_lie_there() {
        let mut arrivals = Arrivals::default();
        let count = 3 * MAX_WAITING as i64;
        let mut expect = 0;
        while expect < count {
            arrivals.scan_begins();
            // Directory order is no order: newest first here. What was read has been deleted.
            for number in (expect..count).rev() {
                arrivals.seen(Path::new(&number.to_string()), stamp(number, 5), Seen::Lying, at(0));
            }
            assert!(arrivals.waiting.len() <= MAX_WAITING);
            while let Some(path) = complete(&arrivals, 9) {
                assert_eq!(path, expect.to_string());
                arrivals.read(PathBuf::from(path));
                expect += 97;
                arrivals.waiting.retain(|path, _| path.display().to_string().parse::<i64>().is_ok_and(|n| n >= expect));
            }
            assert!(expect >= count || arrivals.needs_scan());
        }
    }

    #[test]
    fn what_is_remembered_stays_bounded_and_what_is_forgotten_is_not_read_again() {
        let mut arrivals = Arrivals::that_stay();
        for number in 0..(2 * MAX_READ as i64) {
            arrivals.was_there_before(Path::new(&number.to_string()), stamp(0, 5 + number as u64));
        }
        assert!(arrivals.read.len() <= MAX_READ, "even if all changed at once");
        let mut arrivals = Arrivals::that_stay();
        for number in 0..(2 * MAX_READ as i64) {
            arrivals.was_there_before(Path::new(&number.to_string()), stamp(number / 1000, 5));
        }
        assert!(arrivals.read.len() <= MAX_READ);
        arrivals.seen(Path::new("0"), stamp(0, 5), Seen::Lying, at(0));
        assert_eq!(complete(&arrivals, 9), None);
    }
}
