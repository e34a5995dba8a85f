//! What the keeper does when the disk is short, slow to give back, broken or away; with a disk that says what it is told.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

use super::*;
use crate::evidence::test_pictures::{moment, name, picture};

const PICTURE: u64 = 4096;

/// A keeper whose disk has `free` bytes, of which 100 pictures must stay free.
struct Scene {
    folder: tempfile::TempDir,
    free: Arc<AtomicU64>,
    keeper: Keeper,
    status: EvidenceStatus,
    alarms: Alarms,
}

fn scene(free: u64) -> Scene {
    let folder = tempfile::tempdir().expect("a folder");
    let (free, status, alarms) = (Arc::new(AtomicU64::new(free)), EvidenceStatus::default(), Alarms::default());
    let keeper = keeper(&folder.path().join("evidence"), &free, &status, &alarms);
    Scene { folder, free, keeper, status, alarms }
}

fn keeper(folder: &Path, free: &Arc<AtomicU64>, status: &EvidenceStatus, alarms: &Alarms) -> Keeper {
    let floor = 100 * PICTURE;
    let keeping = Keeping { quota_bytes: 10 * PICTURE, min_free_bytes: floor, ..Keeping::default() };
    let free = Arc::clone(free);
    let space = SpaceWatch::new(floor, Box::new(move |_| Ok(free.load(Ordering::Relaxed))));
    let waiting = Waiting::new(folder.join("waiting"), Some(100), status.clone());
    Keeper::new(folder.to_owned(), keeping, space, waiting, status.clone(), alarms.clone())
}

fn at(seconds: u64) -> Moment {
    moment("2026-11-27T10:00:00Z", seconds)
}

impl Scene {
    fn keep(&mut self, numbers: std::ops::RangeInclusive<u128>, seconds: u64) {
        numbers.for_each(|number| self.keeper.keep(&[picture(number)], at(seconds)));
    }

    fn is_kept(&self, number: u128) -> bool {
        self.folder.path().join("evidence/2026-11-27").join(name(number).to_string()).exists()
    }

    fn standing(&self) -> Vec<AlarmKind> {
        self.alarms.standing().iter().map(|alarm| alarm.kind).collect()
    }
}

#[test]
fn pictures_are_kept_within_the_quota_and_counted() {
    let mut scene = scene(u64::MAX / 2);
    scene.keep(1..=12, 0);
    let report = scene.status.report();
    assert_eq!((report.kept, report.pruned, report.stored, report.bytes), (12, 2, 10, 10 * PICTURE));
    assert_eq!((report.waiting, report.undelivered, report.lost), (10, 2, 0));
    assert!(!scene.is_kept(2) && scene.is_kept(3) && scene.is_kept(12));
    assert_eq!(scene.standing(), []);
}

#[test]
fn when_space_runs_short_the_oldest_go_first_and_then_new_pictures_are_lost() {
    let mut scene = scene(200 * PICTURE);
    scene.keep(1..=4, 0);
    // Two pictures are missing, and one for the new one.
    scene.free.store(98 * PICTURE, Ordering::Relaxed);
    scene.keep(5..=5, 1);
    assert!(!scene.is_kept(3) && scene.is_kept(4) && scene.is_kept(5));
    assert_eq!(scene.standing(), []);
    // Nothing that could be deleted is enough any more, after what was deleted should have been given back.
    scene.free.store(10 * PICTURE, Ordering::Relaxed);
    scene.keep(6..=6, 100);
    assert_eq!(scene.standing(), [AlarmKind::DiskFull]);
    let report = scene.status.report();
    assert_eq!((report.stored, report.lost, report.disk_full), (0, 1, true));
}

#[test]
fn a_full_disk_is_over_when_ample_space_is_free() {
    let mut scene = scene(10 * PICTURE);
    scene.keeper.look(at(0));
    assert_eq!(scene.standing(), [AlarmKind::DiskFull], "also when no vehicle passes");
    scene.free.store(105 * PICTURE, Ordering::Relaxed);
    scene.keeper.look(at(10));
    assert_eq!(scene.standing(), [AlarmKind::DiskFull], "it would be back at once");
    scene.free.store(111 * PICTURE, Ordering::Relaxed);
    scene.keeper.look(at(20));
    assert_eq!((scene.standing(), scene.status.report().disk_full), (vec![], false));
    scene.keep(1..=1, 21);
    assert!(scene.is_kept(1));
}

#[test]
fn a_file_system_that_gives_back_late_loses_no_more_than_is_missing() {
    let mut scene = scene(200 * PICTURE);
    scene.keep(1..=8, 0);
    scene.free.store(98 * PICTURE, Ordering::Relaxed);
    for second in 1..10 {
        scene.keeper.make_room(at(second));
    }
    assert_eq!(scene.status.report().pruned, 2, "what was deleted is on its way");
    assert!(scene.is_kept(3));
}

#[test]
fn an_event_that_finds_no_room_gets_it_from_pictures() {
    let mut scene = scene(200 * PICTURE);
    scene.keep(1..=3, 0);
    scene.free.store(99 * PICTURE, Ordering::Relaxed);
    scene.keeper.make_room(at(1));
    assert!(!scene.is_kept(1) && scene.is_kept(2));
}

#[test]
fn a_folder_that_cannot_be_used_costs_pictures_raises_an_alarm_and_is_tried_again() {
    let mut scene = scene(u64::MAX / 2);
    let folder = scene.folder.path().join("evidence");
    fs::write(&folder, "a file is in the way").expect("it can be written");
    scene.keep(1..=2, 0);
    assert_eq!((scene.standing(), scene.status.report().lost), (vec![AlarmKind::EvidenceFails], 2));
    fs::remove_file(&folder).expect("it can be deleted");
    scene.keep(3..=3, 1);
    assert!(scene.is_kept(3));
    scene.keeper.look(at(10));
    assert_eq!(scene.standing(), [AlarmKind::EvidenceFails], "not before it has been calm for a while");
    scene.keeper.look(at(80));
    assert_eq!(scene.standing(), []);
}

#[test]
fn a_folder_that_is_taken_away_is_made_again() {
    let mut scene = scene(u64::MAX / 2);
    scene.keep(1..=3, 0);
    fs::remove_dir_all(scene.folder.path().join("evidence")).expect("it can be deleted");
    scene.keep(4..=4, 1);
    assert!(scene.is_kept(4));
    let report = scene.status.report();
    assert_eq!((report.stored, report.bytes, report.lost), (1, PICTURE, 0));
}

#[test]
fn a_restart_goes_on_with_what_is_in_the_folder() {
    let mut scene = scene(u64::MAX / 2);
    scene.keep(1..=9, 0);
    let status = EvidenceStatus::default();
    scene.keeper = keeper(&scene.folder.path().join("evidence"), &scene.free, &status, &scene.alarms);
    scene.keeper.look(at(1));
    let report = status.report();
    assert_eq!((report.stored, report.waiting, report.kept), (9, 9, 0));
    scene.keep(10..=12, 2);
    assert!(!scene.is_kept(2) && scene.is_kept(3));
}

#[test]
fn everything_that_was_handed_over_is_written_before_the_thread_ends() {
    let Scene { folder, keeper, status, .. } = scene(u64::MAX / 2);
    let (orders, received) = sync_channel(10);
    for number in 1..=5 {
        orders.send(Order::Keep(vec![picture(number)])).expect("there is room");
    }
    orders.send(Order::MakeRoom).expect("there is room");
    drop(orders);
    keeper.run(&received, Clock::start());
    assert_eq!(status.report().kept, 5);
    drop(folder);
}
