//! Reads the lists' files: at the start, and when they have changed.
//!
//! A list that cannot be read is empty: what it allowed is not allowed any more.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use tracing::{info, warn};

use super::csv_file::{self, Rules};
use super::{ListFault, ListSettings, PlateLists};
use crate::alarm::{AlarmKind, Alarms};
use crate::clock::Clock;
use crate::resting_file::{self, Content, Limit, Look, RestingFile};
use crate::stop::Stop;

/// Between two looks at a file.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// 200,000 plates with long notes.
const LIMIT: Limit = Limit { bytes: 64 << 20, remedy: "shorten its notes, or make two lists of it" };
/// So many wrong lines of a file are logged; the others are counted.
const MOST_TOLD: usize = 10;

/// Keeps lists as their files are.
#[derive(Debug)]
pub struct ListReader {
    files: Vec<ListFile>,
    lists: PlateLists,
    rules: Rules,
    alarms: Alarms,
}

#[derive(Debug)]
struct ListFile {
    settings: ListSettings,
    file: RestingFile,
    /// What was logged last, so that it is logged once.
    told: Option<String>,
}

impl ListReader {
    /// Nothing is read yet: that is the first look's.
    #[must_use]
    pub fn new(settings: &[ListSettings], lists: PlateLists, rules: Rules, alarms: Alarms) -> Self {
        let file = |settings: &ListSettings| ListFile {
            settings: settings.clone(),
            file: RestingFile::new(&settings.file, LIMIT),
            told: None,
        };
        Self { files: settings.iter().map(file).collect(), lists, rules, alarms }
    }

    /// Looks at every file, reads what has changed, and raises or ends the alarm.
    pub fn look(&mut self, now: Timestamp) {
        for file in &mut self.files {
            file.look(&self.lists, &self.rules);
        }
        let faults = self.lists.faults(now);
        if faults.is_empty() {
            return self.alarms.clear(AlarmKind::PlateList);
        }
        let fault = |(name, fault): &(std::sync::Arc<str>, ListFault)| format!("the list {name:?}: {fault}");
        let text = faults.iter().map(fault).collect::<Vec<_>>().join("; ");
        let text = format!("{text}. Nothing is opened because of it; put a readable file in its place");
        self.alarms.raise(AlarmKind::PlateList, &text, now);
    }

    /// Looks again and again until a stop, in a thread of its own. The first look is made at once, before this returns.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn watch(mut self, clock: Clock, stop: Stop) -> io::Result<JoinHandle<()>> {
        self.look(clock.now().wall);
        thread::Builder::new().name("plate lists".to_owned()).spawn(move || {
            while !stop.wait(LOOK_EVERY) {
                self.look(clock.now().wall);
            }
        })
    }
}

impl ListFile {
    fn look(&mut self, lists: &PlateLists, rules: &Rules) {
        match self.file.look() {
            Look::NothingNew => {}
            Look::Read(Content { bytes, written }) => {
                let file = csv_file::parse(&bytes, rules);
                self.told = None;
                self.tell(&file);
                lists.replace(&self.settings.name, Some((written, file.entries)));
            }
            Look::Unreadable(why) => self.is_unreadable(lists, &why),
        }
    }

    fn tell(&self, file: &csv_file::ListFile) {
        let name = &*self.settings.name;
        info!(list = name, plates = file.entries.len(), left_out = file.bad.len(), "list read");
        for bad in file.bad.iter().take(MOST_TOLD) {
            warn!(list = name, file = %self.settings.file.display(), line = bad.line, "left out of the list: {}", bad.reason);
        }
        if file.bad.len() > MOST_TOLD {
            warn!(list = name, more = file.bad.len() - MOST_TOLD, "further lines are left out of the list");
        }
    }

    fn is_unreadable(&mut self, lists: &PlateLists, why: &str) {
        lists.replace(&self.settings.name, None);
        if self.told.as_deref() != Some(why) {
            warn!(list = &*self.settings.name, file = %self.settings.file.display(), "list cannot be read and is empty: {why}");
            self.told = Some(why.to_owned());
        }
    }
}

/// What a list's file says at this moment, and when it was written.
///
/// # Errors
/// When it cannot be read, or is too large.
pub fn read_now(list: &ListSettings, rules: &Rules) -> io::Result<(Timestamp, csv_file::ListFile)> {
    let Content { bytes, written } = resting_file::read_now(&list.file, LIMIT)?;
    Ok((written, csv_file::parse(&bytes, rules)))
}

/// What the files say at this moment, for a replay: one that cannot be read is an empty list.
pub fn read_once(settings: &[ListSettings], lists: &PlateLists, rules: &Rules) {
    for list in settings {
        let content = read_now(list, rules).ok();
        lists.replace(&list.name, content.map(|(written, file)| (written, file.entries)));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::dossier::ListKind;
    use crate::plate_format::Country;

    struct Bench {
        folder: tempfile::TempDir,
        lists: PlateLists,
        reader: ListReader,
        alarms: Alarms,
        now: Timestamp,
    }

    impl Bench {
        fn with(text: Option<&str>) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("staff.csv");
            if let Some(text) = text {
                fs::write(&file, text).expect("it can be written");
            }
            let max_age = Duration::from_secs(3600);
            let settings = [ListSettings { name: Arc::from("staff"), kind: ListKind::Allow, file, max_age }];
            let (lists, alarms) = (PlateLists::new(&settings), Alarms::default());
            let rules = Rules { countries: vec![Country::Vietnam], zone: TimeZone::UTC };
            let reader = ListReader::new(&settings, lists.clone(), rules, alarms.clone());
            Self { folder, lists, reader, alarms, now: crate::clock::wall_time() }
        }

        fn look(&mut self) {
            self.reader.look(self.now);
        }

        fn write(&self, text: &str) {
            // A new file in its place, so that the stamp is another one whatever the clock's grain.
            let (new, file) = (self.folder.path().join("new"), self.folder.path().join("staff.csv"));
            fs::write(&new, text).and_then(|()| fs::rename(new, file)).expect("it can be written");
        }

        fn on_it(&self, key: &str) -> bool {
            !self.lists.hits(key, self.now).is_empty()
        }

        fn alarmed(&self) -> bool {
            self.alarms.standing().iter().any(|alarm| alarm.kind == AlarmKind::PlateList)
        }
    }

    #[test]
    fn a_file_is_read_at_the_start_and_again_once_a_change_is_complete() {
        let mut bench = Bench::with(Some("12C12345\n"));
        bench.look();
        assert!(bench.on_it("VN-12C12345") && !bench.alarmed());
        bench.write("12C12346\n");
        bench.look();
        assert!(bench.on_it("VN-12C12345"), "it may still be written to");
        bench.look();
        assert!(bench.on_it("VN-12C12346") && !bench.on_it("VN-12C12345"));
    }

    #[test]
    fn a_file_that_is_gone_or_was_never_there_is_an_empty_list_and_an_alarm_until_it_is_back() {
        let mut bench = Bench::with(Some("12C12345\n"));
        bench.look();
        fs::remove_file(bench.folder.path().join("staff.csv")).expect("it can be removed");
        bench.look();
        assert!(!bench.on_it("VN-12C12345") && bench.alarmed());
        assert_eq!(bench.lists.fault("staff", bench.now), Some(ListFault::Unreadable));
        bench.write("12C12345\n");
        bench.look();
        bench.look();
        assert!(bench.on_it("VN-12C12345") && !bench.alarmed());
        let mut never = Bench::with(None);
        never.look();
        assert!(never.alarmed());
    }

    #[test]
    fn a_list_that_was_written_long_ago_raises_the_alarm() {
        let mut bench = Bench::with(Some("12C12345\n"));
        bench.look();
        assert!(!bench.alarmed());
        bench.now += jiff::SignedDuration::from_hours(2);
        bench.look();
        assert!(bench.alarmed());
    }
}
