//! An outbox that nobody has open, looked at from outside: what waits in it, and whether it is whole. The file itself is only
//! read; SQLite gets a copy.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::database::{self, Found};
use super::{Destination, OutboxError, log};

/// Larger outboxes are not copied for a look: a copy of a year without a broker would fill the disk.
const LARGEST_COPY: u64 = 1 << 30;

/// What is in an outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The last number given.
    pub last_seq: u64,
    /// How many events wait for each destination.
    pub waiting: Vec<(Destination, u64)>,
    /// When the oldest of them was committed.
    pub oldest: Option<Timestamp>,
    /// Delivered events that could not be archived.
    pub unarchived: usize,
    /// Size of its files, in bytes.
    pub bytes: u64,
}

/// Why an outbox was not looked at, or what is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum InspectionError {
    /// It is damaged, another program's, or of a newer version.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// It cannot be read, or not be copied.
    #[error("cannot copy the outbox {path:?} for a look: {source}")]
    Copy {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is of an old version.
    #[error("the outbox {path:?} is of an old version, which the next start brings up to date")]
    Old {
        /// The file.
        path: PathBuf,
    },
    /// It is too large for a copy.
    #[error("the outbox {path:?} has {bytes} bytes, too many to copy for a look")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
}

/// What is in the outbox at `path`; none where nothing was ever put into it. `scratch` is an empty folder for the copy. Nobody may have the
/// outbox open, or the copy shows damage that is none.
///
/// # Errors
/// [`InspectionError`].
pub fn inspect(path: &Path, scratch: &Path) -> Result<Option<Inspected>, InspectionError> {
    let Some((copy, bytes)) = copied(path, scratch)? else { return Ok(None) };
    // What is wrong is told of the file itself.
    let named = |error| match error {
        OutboxError::Damaged { fault, .. } => OutboxError::Damaged { path: path.to_owned(), fault },
        OutboxError::Foreign { .. } => OutboxError::Foreign { path: path.to_owned() },
        OutboxError::Newer { found, .. } => OutboxError::Newer { path: path.to_owned(), found },
        other => other,
    };
    let failed = |source| OutboxError::Use { path: path.to_owned(), doing: "looking at it", source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(&copy, flags).map_err(failed)?;
    match database::inspect(&copy, &database).map_err(named)? {
        Found::Outbox => {}
        Found::Unchained => return Err(InspectionError::Old { path: path.to_owned() }),
        // As a first start that was broken off leaves it.
        Found::Empty => return Ok(None),
    }
    let look = || -> rusqlite::Result<Inspected> {
        let waiting = |destination: Destination| Ok((destination, database::depth(&database, destination.bit())?));
        Ok(Inspected {
            last_seq: database::end(&database)?.seq,
            waiting: Destination::ALL.into_iter().map(waiting).collect::<rusqlite::Result<_>>()?,
            oldest: database::oldest_owed(&database)?,
            unarchived: database::delivered_unarchived(&database, usize::from(u16::MAX))?.len(),
            bytes,
        })
    };
    Ok(Some(look().map_err(failed)?))
}

/// The JSON of events in the outbox at `path`, the newest first, at most `limit`; as far as they can be read.
#[must_use]
pub fn events(path: &Path, scratch: &Path, limit: usize) -> Vec<String> {
    let Ok(Some((copy, _))) = copied(path, scratch) else { return Vec::new() };
    let Ok(database) = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE) else { return Vec::new() };
    database::readable(&database, "DESC").into_iter().take(limit).map(|event| event.json).collect()
}

/// A copy of the database and its log in `scratch`, and the size of both.
fn copied(path: &Path, scratch: &Path) -> Result<Option<(PathBuf, u64)>, InspectionError> {
    let failed = |source| InspectionError::Copy { path: path.to_owned(), source };
    let size = |path: &Path| match fs::metadata(path) {
        Ok(file) => Ok(Some(file.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    };
    let Some(bytes) = size(path)? else { return Ok(None) };
    let log = log::beside(path);
    let log_bytes = size(&log)?;
    let all = bytes + log_bytes.unwrap_or(0);
    if all > LARGEST_COPY {
        return Err(InspectionError::TooLarge { path: path.to_owned(), bytes: all });
    }
    let copy = scratch.join("copy.sqlite");
    fs::copy(path, &copy).map_err(failed)?;
    if log_bytes.is_some() {
        fs::copy(&log, log::beside(&copy)).map_err(failed)?;
    }
    Ok(Some((copy, all)))
}

#[cfg(test)]
mod tests {
    use super::super::{Outbox, OutboxSettings};
    use super::*;
    use crate::proof::DeviceKey;
    use crate::publish::test_passages::event;

    const NOW: &str = "2026-11-24T12:00:00Z";

    /// An outbox in `folder` in which 40 events were committed and 3 delivered, as a killed process leaves it.
    fn left_behind(folder: &Path) -> PathBuf {
        let (lived, path) = (folder.join("lived.db"), folder.join("outbox.db"));
        let outbox = Outbox::open(&lived, OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder));
        let (outbox, now) = (outbox.expect("a new outbox"), NOW.parse().expect("a time"));
        for track in 1..=40 {
            outbox.commit(&event(track), now).expect("there is space");
        }
        outbox.queue(Destination::Broker).settle(&[1, 2, 3], now).expect("they can be settled");
        fs::copy(&lived, &path).expect("there is space");
        fs::copy(log::beside(&lived), log::beside(&path)).expect("there is space");
        path
    }

    #[test]
    fn what_waits_is_told_and_the_file_is_not_touched() {
        let (folder, scratch) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let path = left_behind(folder.path());
        let before = (fs::read(&path).expect("it is there"), fs::read(log::beside(&path)).expect("it is there"));
        let found = inspect(&path, scratch.path()).expect("it is whole").expect("it is there");
        assert_eq!((found.last_seq, found.waiting[0], found.unarchived), (40, (Destination::Broker, 37), 0));
        assert_eq!(found.oldest, Some(NOW.parse().expect("a time")));
        let after = (fs::read(&path).expect("it is there"), fs::read(log::beside(&path)).expect("it is there"));
        assert!(before == after, "the files are as they were");
        assert_eq!(events(&path, scratch.path(), 5).len(), 5);
    }

    #[test]
    fn damage_is_told_of_the_file_itself_and_nothing_is_set_aside() {
        let (folder, scratch) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let path = left_behind(folder.path());
        let mut bytes = fs::read(log::beside(&path)).expect("it is there");
        let middle = bytes.len() / 2;
        bytes[middle..middle + 8].fill(0x5a);
        fs::write(log::beside(&path), bytes).expect("there is space");
        let error = inspect(&path, scratch.path()).expect_err("it is damaged").to_string();
        assert!(error.contains("outbox.db") && error.contains("is damaged"), "{error}");
        assert!(path.exists());
        assert_eq!(inspect(&folder.path().join("none.db"), scratch.path()).expect("nothing is there"), None);
    }
}
