//! On a disk that is really full: a small tmpfs, mounted for the test.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::keeper::Keeper;
use super::settings::{Keeping, MB};
use super::space::{Measure, SpaceWatch};
use super::status::EvidenceStatus;
use super::test_pictures::{moment, name, picture_of};
use super::waiting::Waiting;
use crate::alarm::{AlarmKind, Alarms};
use crate::machine::free_bytes;

/// A file system of 8 MB, gone when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where mounting is not permitted.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments = ["-t", "tmpfs", "-o", "size=8m", "tmpfs"];
        let mounted = Command::new("mount").args(arguments).arg(folder.path()).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(folder));
        }
        writeln!(std::io::stderr(), "skipped, cannot mount a tmpfs").expect("it can be written to");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it but for `left` bytes, as another program might.
    fn fill_up(&self, name: &str, left: u64) -> PathBuf {
        let free = free_bytes(self.path()).expect("it is told");
        let file = self.path().join(name);
        fs::write(&file, vec![1; usize::try_from(free - left).expect("it is small")]).expect("there is room");
        file
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.path()).output());
    }
}

fn keeper(disk: &SmallDisk, floor: u64, measure: Measure) -> (Keeper, EvidenceStatus, Alarms) {
    let (status, alarms) = (EvidenceStatus::default(), Alarms::default());
    let folder = disk.path().join("evidence");
    let keeping = Keeping { min_free_bytes: floor, ..Keeping::default() };
    let waiting = Waiting::new(folder.join("waiting"), Some(100), status.clone());
    let space = SpaceWatch::new(floor, measure);
    (Keeper::new(folder, keeping, space, waiting, status.clone(), alarms.clone()), status, alarms)
}

fn kinds(alarms: &Alarms) -> Vec<AlarmKind> {
    alarms.standing().iter().map(|alarm| alarm.kind).collect()
}

#[test]
fn on_a_disk_that_fills_up_pictures_make_room_and_then_it_is_told_loudly() {
    let Some(disk) = SmallDisk::mount() else { return };
    let (mut keeper, status, alarms) = keeper(&disk, 2 * MB, Box::new(free_bytes));
    let now = |second| moment("2026-11-27T10:00:00Z", second);
    let free = || free_bytes(disk.path()).expect("it is told");
    // Twice as much as there is room for: the oldest go, and 2 MB stay free.
    for number in 1..=120 {
        keeper.keep(&[picture_of(name(number), 100_000)], now(0));
    }
    let report = status.report();
    assert_eq!((report.kept, report.lost, kinds(&alarms)), (120, 0, vec![]));
    assert!(report.pruned >= 50 && free() >= 2 * MB, "{report:?}");
    // Another program takes all but 100 kB: pictures make room for the events.
    let other = disk.fill_up("other", 100_000);
    keeper.make_room(now(100));
    assert!(free() >= 2 * MB && status.report().stored > 0 && kinds(&alarms).is_empty(), "{:?}", status.report());
    // It takes that too, and goes on taking, until there is nothing left to delete.
    let taken = (2..20).map_while(|round| {
        keeper.keep(&[picture_of(name(100 + round), 100_000)], now(100 * u64::try_from(round).expect("it is small")));
        kinds(&alarms).is_empty().then(|| disk.fill_up(&format!("round {round}"), 100_000))
    });
    let taken: Vec<PathBuf> = taken.collect();
    assert_eq!(kinds(&alarms), [AlarmKind::DiskFull]);
    assert_eq!((status.report().stored, status.report().lost, status.report().disk_full), (0, 1, true));
    // Somebody cleans up.
    for file in taken.iter().chain([&other]) {
        fs::remove_file(file).expect("it is there");
    }
    keeper.look(now(4000));
    assert_eq!((kinds(&alarms), status.report().disk_full), (vec![], false));
    keeper.keep(&[picture_of(name(999), 100_000)], now(4001));
    assert_eq!(status.report().stored, 1);
}

#[test]
fn a_disk_that_refuses_although_it_seemed_to_have_room_gets_it_from_older_pictures_or_loses_one_whole() {
    let Some(disk) = SmallDisk::mount() else { return };
    let (mut keeper, status, alarms) = keeper(&disk, 0, Box::new(|_| Ok(u64::MAX / 2)));
    let now = moment("2026-11-27T10:00:00Z", 0);
    (1..=3).for_each(|number| keeper.keep(&[picture_of(name(number), 100_000)], now));
    drop(disk.fill_up("other", 40_000));
    keeper.keep(&[picture_of(name(4), 100_000)], now);
    let report = status.report();
    assert_eq!((report.kept, report.lost, report.pruned, report.stored), (4, 0, 3, 1));
    keeper.keep(&[picture_of(name(5), 1_000_000)], now);
    let report = status.report();
    assert_eq!((report.kept, report.lost, report.stored), (4, 1, 0));
    assert_eq!(kinds(&alarms), [AlarmKind::EvidenceFails]);
    let day = disk.path().join("evidence/2026-11-27");
    assert_eq!(fs::read_dir(&day).map_or(0, Iterator::count), 0, "no half picture is left");
}
