//! Lists from a file beside those from the broker, and lists that grow old.

use std::fs;

use jiff::SignedDuration;
use serde_json::Value;
use tempfile::TempDir;

use super::super::test_messages::{delta, gatekeeper, list, platform, signed};
use super::*;
use crate::proof::DeviceKey;

struct Gate {
    folder: TempDir,
    keeper: DeclaredKeeper,
    book: NumberBook,
    gatekeeper: Gatekeeper,
    alarms: Alarms,
}

impl Gate {
    fn trusting(keys: &[DeviceKey]) -> Self {
        Self::over(tempfile::tempdir().expect("a folder"), keys)
    }

    fn over(folder: TempDir, keys: &[DeviceKey]) -> Self {
        let settings = DeclaredSettings {
            file: Some(folder.path().join("declared.json")),
            max_age: Some(Duration::from_secs(24 * 3600)),
            ..DeclaredSettings::default()
        };
        let store = DeclaredStore::open_for(settings.newest.clone(), folder.path(), Timestamp::UNIX_EPOCH);
        let alarms = Alarms::default();
        let keeper = DeclaredKeeper::new(store, &settings, 10_000, alarms.clone());
        Self { book: NumberBook::open(folder.path()), keeper, gatekeeper: gatekeeper(keys), alarms, folder }
    }

    fn restart(self) -> Self {
        Self::over(self.folder, &[])
    }

    /// Puts this into the file, and looks until it rests.
    fn file(&mut self, content: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join("declared.json"), content).expect("it can be written");
        self.look(0);
        self.look(0);
    }

    fn look(&mut self, hours: i64) {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        self.keeper.look(&self.gatekeeper, &mut self.book, now);
    }

    fn broker(&mut self, message: &Value) {
        let message = serde_json::from_value(message.clone()).expect("it is a list");
        self.keeper.take(message, &mut self.book, Timestamp::UNIX_EPOCH).expect("it fits");
    }

    fn version(&self) -> Option<u64> {
        self.keeper.store.view().newest().list().map(|list| list.version)
    }

    fn alarm(&self, kind: AlarmKind) -> Option<String> {
        self.alarms.standing().into_iter().find(|alarm| alarm.kind == kind).map(|alarm| alarm.text)
    }

    /// Why the file is not used.
    fn trouble(&self) -> String {
        self.alarm(AlarmKind::DeclaredFile).unwrap_or_default()
    }
}

#[test]
fn a_list_is_taken_from_the_file_at_the_start_and_whenever_it_changes() {
    let mut gate = Gate::trusting(&[]);
    gate.file(list(7, &["D-1"]).to_string());
    assert_eq!((gate.version(), gate.trouble().as_str()), (Some(7), ""));
    gate.file(list(8, &["D-1", "D-2"]).to_string());
    assert_eq!(gate.version(), Some(8));
    let mut gate = gate.restart();
    assert_eq!(gate.version(), Some(8), "the kept list is there before the file is read");
    gate.look(0);
    assert_eq!((gate.version(), gate.trouble().as_str()), (Some(8), ""), "the same list again is no trouble");
}

#[test]
fn a_file_that_cannot_be_used_is_told_with_its_place_and_the_list_in_use_stays() {
    let mut gate = Gate::trusting(&[]);
    gate.look(0);
    assert!(gate.trouble().contains("it cannot be read"), "{}", gate.trouble());
    gate.file(list(7, &["D-1"]).to_string());
    assert_eq!(gate.trouble(), "");
    let changed = list(7, &["D-9"]).to_string();
    for (content, why) in [
        ("{", "this is no declared list"),
        (delta(7, 8, &["D-1"], &[]).to_string().as_str(), "a file must hold a whole list"),
        (list(6, &["D-1"]).to_string().as_str(), "version 6, and version 7 is in use already"),
        (changed.as_str(), "raise `version` with every change"),
        (r#"{"version":9,"entries":[{"declaration_id":"D-1"}]}"#, "entries[0] has neither `text` nor `key`"),
    ] {
        gate.file(content);
        let trouble = gate.trouble();
        assert!(trouble.contains("declared.json") && trouble.contains(why), "{trouble}");
        assert_eq!(gate.version(), Some(7));
    }
    gate.file(list(9, &["D-9"]).to_string());
    assert_eq!((gate.version(), gate.trouble().as_str()), (Some(9), ""));
}

#[test]
fn a_file_must_be_signed_where_keys_are_trusted() {
    let mut gate = Gate::trusting(&[platform()]);
    gate.file(list(7, &["D-1"]).to_string());
    assert!(gate.trouble().contains("has no `signature`"), "{}", gate.trouble());
    gate.file(signed(list(7, &["D-1"]), &DeviceKey::from_seed(&[4; 32])));
    assert!(gate.trouble().contains("not among `trusted_keys`"), "{}", gate.trouble());
    gate.file(signed(list(7, &["D-1"]), &platform()));
    assert_eq!((gate.version(), gate.trouble().as_str()), (Some(7), ""));
}

#[test]
fn the_higher_version_wins_whether_it_comes_from_the_broker_or_the_file() {
    let mut gate = Gate::trusting(&[]);
    gate.file(list(7, &["D-1"]).to_string());
    gate.broker(&delta(7, 8, &["D-1"], &["D-2"]));
    assert_eq!(gate.version(), Some(8));
    let mut gate = gate.restart();
    gate.look(0);
    assert!(gate.trouble().contains("version 8 is in use already"), "{}", gate.trouble());
    gate.file(list(9, &["D-3"]).to_string());
    assert_eq!((gate.version(), gate.trouble().as_str()), (Some(9), ""));
}

#[test]
fn a_list_that_is_too_old_or_never_came_raises_an_alarm_until_a_newer_one_comes() {
    let mut gate = Gate::trusting(&[]);
    gate.look(0);
    assert!(gate.alarm(AlarmKind::DeclaredListOld).is_some_and(|text| text.contains("no declared list has come")));
    gate.file(list(7, &["D-1"]).to_string());
    gate.look(24);
    assert_eq!(gate.alarm(AlarmKind::DeclaredListOld), None);
    gate.look(25);
    let text = gate.alarm(AlarmKind::DeclaredListOld).expect("it is old");
    assert!(text.contains("version 7, came at 1970-01-01T00:00:00Z and is older than 24 h"), "{text}");
    gate.broker(&list(8, &["D-1"]));
    gate.look(1);
    assert_eq!(gate.alarm(AlarmKind::DeclaredListOld), None);
}
