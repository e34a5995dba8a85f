//! What the folder holds, what is deleted from it, and what is left alone.

use std::os::unix::fs::symlink;

use jiff::civil::date;

use super::*;
use crate::evidence::picture_name::PictureKind;
use crate::evidence::settings::MB;
use crate::evidence::test_pictures::{name, picture, picture_of};

const TODAY: Date = date(2026, 11, 27);

fn filled(folder: &Path, days: &[(Date, u128)]) -> PictureStore {
    let mut store = PictureStore::open(folder).expect("it can be opened");
    for (day, number) in days {
        store.add(*day, &picture(*number)).expect("it can be written");
    }
    store
}

fn numbers(pruned: &Pruned) -> Vec<u128> {
    pruned.names.iter().map(|name| name.event_id.as_u128()).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for day in fs::read_dir(folder).expect("it can be read").flatten() {
        for file in fs::read_dir(day.path()).into_iter().flatten().flatten() {
            found.push(format!("{}/{}", day.file_name().display(), file.file_name().display()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_picture_lies_under_its_day_with_its_bytes_and_a_restart_finds_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = picture(7);
    let mut store = filled(folder.path(), &[]);
    let stored = store.add(TODAY, &kept).expect("it can be written");
    assert_eq!(store.path(&stored), folder.path().join("2026-11-27").join(kept.name.to_string()));
    assert_eq!(fs::read(store.path(&stored)).expect("it can be read"), kept.jpeg);
    store.add(TODAY, &kept).expect("it can be written again");
    let found = PictureStore::open(folder.path()).expect("it can be opened");
    assert_eq!((found.count(), found.bytes(), found.foreign()), (1, 4096, 0));
    assert_eq!((store.count(), store.bytes()), (1, 4096));
}

#[test]
fn the_quota_deletes_the_oldest_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let yesterday = date(2026, 11, 26);
    let mut store = filled(folder.path(), &[(TODAY, 1), (yesterday, 9), (TODAY, 3), (TODAY, 2)]);
    assert_eq!(store.bytes(), 4 * 4096);
    let pruned = store.prune_to(2 * 4096).expect("they can be deleted");
    assert_eq!(numbers(&pruned), [9, 1], "by day, then by event");
    assert_eq!((store.count(), store.bytes(), pruned.bytes), (2, 2 * 4096, 2 * 4096));
    assert_eq!(files(folder.path()).len(), 2);
    assert!(!folder.path().join("2026-11-26").exists(), "an empty day goes too");
    assert_eq!(numbers(&store.prune_to(2 * 4096).expect("nothing is to be done")), [0_u128; 0]);
}

#[test]
fn read_and_unread_vehicles_have_their_own_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path(), &[]);
    let unread = |number| PictureName { class: PictureClass::Unread, ..name(number) };
    for (day, name) in [
        (date(2026, 11, 19), name(1)),
        (date(2026, 11, 20), name(2)),
        (date(2026, 11, 19), unread(3)),
        (date(2026, 10, 27), unread(4)),
        (date(2026, 10, 28), unread(5)),
    ] {
        store.add(day, &picture_of(name, 100)).expect("it can be written");
    }
    let keeping = Keeping { keep_days_read: 7, keep_days_unread: 30, quota_bytes: MB, min_free_bytes: 0 };
    let pruned = store.prune_old(&keeping, TODAY).expect("they can be deleted");
    assert_eq!(numbers(&pruned), [4, 1]);
    assert_eq!(store.count(), 3);
}

#[test]
fn what_was_kept_before_the_clock_was_set_has_no_age_but_goes_first_for_want_of_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path(), &[(TODAY, 1), (date(1970, 1, 1), 2)]);
    let keeping = Keeping { keep_days_read: 7, keep_days_unread: 7, ..Keeping::default() };
    assert_eq!(store.prune_old(&keeping, TODAY).expect("they can be deleted").names, []);
    assert_eq!(numbers(&store.prune_oldest(1).expect("they can be deleted")), [2]);
}

#[test]
fn what_a_power_cut_left_half_written_is_deleted_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path(), &[(TODAY, 1)]));
    let half = folder.path().join("2026-11-27").join(format!("{}.part", name(2)));
    fs::write(&half, [0xff, 0xd8, 0]).expect("it can be written");
    let only_half = folder.path().join("2026-11-26");
    fs::create_dir(&only_half).expect("it can be made");
    fs::write(only_half.join(format!("{}.part", name(3))), []).expect("it can be written");
    let store = PictureStore::open(folder.path()).expect("it can be opened");
    assert_eq!((store.count(), store.foreign(), half.exists(), only_half.exists()), (1, 0, false, false));
}

#[test]
fn foreign_files_are_counted_and_never_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path(), &[(TODAY, 1), (date(2020, 1, 1), 2)]));
    let at = |path: &str| folder.path().join(path);
    fs::write(at("notes.txt"), "mine").expect("it can be written");
    fs::write(at("2026-11-27/holiday.jpg"), "mine").expect("it can be written");
    fs::write(at("2026-11-27/holiday.jpg.part"), "mine").expect("it can be written");
    fs::create_dir(at(&format!("2026-11-27/{}", name(5)))).expect("it can be made");
    fs::create_dir(at("20261127")).expect("it can be made");
    symlink("/etc", at("2026-11-25")).expect("it can be linked");
    symlink("/etc/hostname", at(&format!("2026-11-27/{}", name(6)))).expect("it can be linked");
    fs::create_dir(at(WAITING_FOLDER)).expect("it can be made");
    let mut store = PictureStore::open(folder.path()).expect("it can be opened");
    assert_eq!((store.count(), store.foreign()), (2, 7));
    let pruned = store.prune_oldest(u64::MAX).expect("they can be deleted");
    assert_eq!(numbers(&pruned), [2, 1]);
    assert_eq!(PictureStore::open(folder.path()).expect("it can be opened").foreign(), 7);
    assert_eq!(fs::read_to_string(at("2026-11-27/holiday.jpg")).expect("it is there"), "mine");
    assert!(at("2026-11-25/hostname").exists() || at("2026-11-25").is_symlink());
}

#[test]
fn a_file_that_somebody_deleted_is_no_problem() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path(), &[(TODAY, 1), (TODAY, 2)]);
    fs::remove_dir_all(folder.path().join("2026-11-27")).expect("it can be deleted");
    assert_eq!(store.prune_to(0).expect("nothing is there to be deleted").names.len(), 2);
    assert_eq!((store.count(), store.bytes()), (0, 0));
    store.add(TODAY, &picture(3)).expect("it can be written");
}

#[test]
fn a_day_that_cannot_be_made_is_told_with_its_path() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("2026-11-27"), "a file is in the way").expect("it can be written");
    let mut store = filled(folder.path(), &[]);
    let error = store.add(TODAY, &picture(1)).expect_err("it cannot be made").to_string();
    assert!(error.contains("2026-11-27"), "{error}");
    assert_eq!((store.count(), store.foreign()), (0, 1));
}

#[test]
fn plate_and_scene_of_one_event_lie_side_by_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(folder.path(), &[(TODAY, 1)]);
    let plate = PictureName { kind: PictureKind::Plate, ..name(1) };
    store.add(TODAY, &picture_of(plate, 100)).expect("it can be written");
    assert_eq!(files(folder.path()).len(), 2);
}
