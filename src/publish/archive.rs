//! Delivered events for some days, as they were stored: JSON Lines, a file a day, which `gatelpr verify` and any text tool
//! can read, and from which `resend` takes what a platform asks for again.
//!
//! Nothing here is needed to deliver an event the first time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A clock that was never set tells a year before this one; what was archived under it is never pruned by its date.
const FIRST_REAL_YEAR: i16 = 2024;

/// The file of what was archived under such a clock.
const UNDATED: &str = "events-undated.jsonl";

/// The longest line that can be an event, in bytes. What is longer is damage.
const LONGEST_LINE: u64 = 1024 * 1024;

/// A folder of archived events.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
    keep_days: u32,
}

/// Why the archive cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} the archive {path:?}: {source}; check the disk's space and health")]
pub struct ArchiveError {
    /// What was being done.
    pub doing: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

impl Archive {
    /// The archive in `folder`, which is made when it is needed. `keep_days` is how long events stay.
    #[must_use]
    pub fn new(folder: &Path, keep_days: u32) -> Self {
        Self { folder: folder.to_owned(), keep_days }
    }

    /// Adds events, durably, and lets go what is older than it must be kept.
    ///
    /// # Errors
    /// [`ArchiveError`] when they cannot be written; a part of them may have been.
    pub fn append<'a>(&self, events: impl Iterator<Item = &'a str>, now: Timestamp) -> Result<(), ArchiveError> {
        let path = self.folder.join(file_name(now));
        let failed = |doing: &'static str| {
            let path = path.clone();
            move |source| ArchiveError { doing, path, source }
        };
        fs::create_dir_all(&self.folder).map_err(failed("make"))?;
        let is_new = !path.exists();
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed("open"))?;
        let mut lines =
            if ends_in_a_line(&mut file).map_err(failed("read"))? { String::new() } else { "\n".to_owned() };
        for event in events {
            lines.push_str(event);
            lines.push('\n');
        }
        file.write_all(lines.as_bytes()).and_then(|()| file.sync_data()).map_err(failed("write"))?;
        if is_new {
            File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed("write"))?;
            self.prune(now).map_err(failed("prune"))?;
        }
        Ok(())
    }

    /// Calls `found` with each archived event whose number is in `numbers`, in the order of their delivery. An event that
    /// was archived twice comes twice. Lines that are no events are skipped.
    ///
    /// # Errors
    /// [`ArchiveError`] when a file cannot be read; a missing folder is an empty archive.
    pub fn find(&self, numbers: RangeInclusive<u64>, found: impl FnMut(u64, &str)) -> Result<(), ArchiveError> {
        find_in(self.files()?, &numbers, found)
    }

    /// The highest number in the newest file, and in the one of no date; none in an empty archive.
    ///
    /// # Errors
    /// [`ArchiveError`] when it cannot be read.
    pub fn highest_number(&self) -> Result<Option<u64>, ArchiveError> {
        let (dated, undated): (Vec<PathBuf>, Vec<PathBuf>) =
            self.files()?.into_iter().partition(|path| !path.ends_with(UNDATED));
        let mut highest = None;
        find_in(dated.into_iter().next_back().into_iter().chain(undated).collect(), &(0..=u64::MAX), |seq, _| {
            highest = highest.max(Some(seq));
        })?;
        Ok(highest)
    }

    /// The archive's files, oldest first.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, ArchiveError> {
        let failed = |source| ArchiveError { doing: "read", path: self.folder.clone(), source };
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            if path.file_name().and_then(|name| name.to_str()).is_some_and(is_ours) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    fn prune(&self, now: Timestamp) -> io::Result<()> {
        let today = now.to_zoned_datetime(TimeZone::UTC).date();
        let Ok(first_kept) = today.checked_sub(i64::from(self.keep_days).days()) else { return Ok(()) };
        for path in self.files().map_err(|error| error.source)? {
            if day_of_file(&path).is_some_and(|day| day < first_kept) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn find_in(
    files: Vec<PathBuf>,
    numbers: &RangeInclusive<u64>,
    mut found: impl FnMut(u64, &str),
) -> Result<(), ArchiveError> {
    for path in files {
        each_line(&path, 0, |line| {
            if let Some(seq) = line.seq.filter(|seq| numbers.contains(seq)) {
                found(seq, line.text);
            }
        })?;
    }
    Ok(())
}

/// A line of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Where it ends in the file, its line feed included.
    pub(super) end: u64,
    /// Whether it has one; if not, more of it may come.
    pub(super) is_whole: bool,
    /// The number of its event, if it is one.
    pub(super) seq: Option<u64>,
    /// Its text; empty where it is none.
    pub(super) text: &'a str,
}

/// Calls `found` with every line of the file at `path` from byte `start` on. A file that was let go meanwhile has none.
pub(super) fn each_line(path: &Path, start: u64, mut found: impl FnMut(Line<'_>)) -> Result<(), ArchiveError> {
    let failed = |source| ArchiveError { doing: "read", path: path.to_owned(), source };
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(failed)?,
    };
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let (mut lines, mut line, mut end) = (BufReader::new(file), Vec::new(), start);
    loop {
        line.clear();
        let length = (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(failed)?;
        if length == 0 {
            return Ok(());
        }
        end += length as u64;
        let text = std::str::from_utf8(&line).unwrap_or_default().trim_end();
        found(Line { end, is_whole: line.ends_with(b"\n"), seq: number_of(text), text });
    }
}

/// Whether what is there ends with a whole line: a power cut may have cut the last one.
fn ends_in_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}

fn file_name(now: Timestamp) -> String {
    let day = now.to_zoned_datetime(TimeZone::UTC).date();
    if day.year() < FIRST_REAL_YEAR { UNDATED.to_owned() } else { format!("events-{day}.jsonl") }
}

/// The day of a file of the archive; none of the one of no date.
pub(super) fn day_of_file(path: &Path) -> Option<Date> {
    path.file_name().and_then(|name| name.to_str()).and_then(day_of)
}

fn is_ours(name: &str) -> bool {
    name == UNDATED || day_of(name).is_some()
}

fn day_of(name: &str) -> Option<Date> {
    name.strip_prefix("events-")?.strip_suffix(".jsonl")?.parse().ok()
}

/// The number of an event from its JSON, without reading all of it: nothing that an operator can name stands before it.
fn number_of(json: &str) -> Option<u64> {
    let rest = json.split_once(r#""seq":"#)?.1;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    json.ends_with('}').then(|| rest[..digits].parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a valid time")
    }

    fn json(seq: u64) -> String {
        format!(r#"{{"schema":1,"seq":{seq},"site":"\"seq\":99"}}"#)
    }

    fn numbers(archive: &Archive, range: RangeInclusive<u64>) -> Vec<u64> {
        let mut numbers = Vec::new();
        archive.find(range, |seq, _| numbers.push(seq)).expect("it can be read");
        numbers
    }

    fn append(archive: &Archive, seqs: &[u64], now: &str) {
        let events: Vec<String> = seqs.iter().copied().map(json).collect();
        archive.append(events.iter().map(String::as_str), at(now)).expect("there is space");
    }

    #[test]
    fn events_are_found_by_their_numbers_over_days() {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::new(&folder.path().join("archive"), 30);
        assert_eq!(numbers(&archive, 0..=9), Vec::<u64>::new());
        append(&archive, &[1, 2], "2026-11-24T23:59:59Z");
        append(&archive, &[3], "2026-11-25T00:00:00Z");
        assert_eq!(
            (numbers(&archive, 2..=3), archive.highest_number().expect("it can be read")),
            (vec![2, 3], Some(3))
        );
        let mut found = String::new();
        archive.find(3..=3, |_, text| found = text.to_owned()).expect("it can be read");
        assert_eq!(found, json(3));
    }

    #[test]
    fn a_line_that_a_power_cut_tore_spoils_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::new(folder.path(), 30);
        append(&archive, &[1], "2026-11-24T12:00:00Z");
        let path = folder.path().join("events-2026-11-24.jsonl");
        let mut file = OpenOptions::new().append(true).open(&path).expect("it is there");
        file.write_all(br#"{"schema":1,"seq":2,"si"#).expect("there is space");
        append(&archive, &[3], "2026-11-24T12:00:01Z");
        assert_eq!(numbers(&archive, 0..=9), [1, 3]);
    }

    #[test]
    fn old_days_go_and_what_is_not_ours_or_has_no_date_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::new(folder.path(), 2);
        append(&archive, &[1], "1970-01-01T00:00:10Z");
        append(&archive, &[2], "2026-11-24T12:00:00Z");
        fs::write(folder.path().join("events-notes.txt"), "mine").expect("there is space");
        append(&archive, &[3], "2026-11-26T12:00:00Z");
        assert_eq!(numbers(&archive, 0..=9), [2, 3, 1]);
        append(&archive, &[4], "2026-11-27T12:00:00Z");
        assert_eq!(numbers(&archive, 0..=9), [3, 4, 1]);
        assert!(folder.path().join("events-notes.txt").exists());
    }
}
