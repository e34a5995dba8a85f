//! A damaged database: set aside under a dated name, its events saved as far as they can be read, a new one begun.
//!
//! Only events that are what was written are saved: what damage has altered must not be delivered as if it were true. The
//! damaged file stays, for whoever wants to look for more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::database::{self, ChainEnd};
use super::numbers::Numbers;
use super::{OutboxError, StoredEvent, carving, log};
use crate::proof::{DeviceKey, GENESIS};
use crate::publish::archive::Archive;

/// What came of a damaged database.
#[derive(Debug)]
pub(super) struct Salvaged {
    /// The new database.
    pub(super) database: Connection,
    /// Where the damaged file is now.
    pub(super) aside: PathBuf,
    /// How many events were saved.
    pub(super) saved: usize,
    /// Whether numbering goes on without a gap.
    pub(super) without_gap: bool,
}

/// What can be known besides the damaged file.
pub(super) struct Surroundings<'a> {
    pub(super) key: &'a DeviceKey,
    pub(super) owed: i64,
    pub(super) numbers: &'a Numbers,
    pub(super) archive: &'a Archive,
}

/// Replaces the damaged database at `path` by a new one with what can be saved.
pub(super) fn salvage(path: &Path, around: &Surroundings<'_>, now: Timestamp) -> Result<Salvaged, OutboxError> {
    let aside = set_aside(path, now).map_err(|source| OutboxError::SetAside { path: path.to_owned(), source })?;
    let mut found = read(&aside);
    let log_is_whole = log::whole(&aside).is_ok();
    add_what_stands_between_damage(&mut found, &aside, around, now);
    let archived = around.archive.highest_number().unwrap_or(None).unwrap_or(0);
    // No number has passed the bound, so an archive that says so is damaged there.
    let archived = if around.numbers.bound() > 0 { archived.min(around.numbers.bound()) } else { archived };
    let newest = found.events.keys().next_back().copied().unwrap_or(0).max(archived);
    // The end of the chain is believed only if nothing contradicts it.
    let trusted = found
        .end
        .filter(|end| end.is_possible() && log_is_whole && end.seq >= newest && end.seq <= around.numbers.bound());
    let without_gap = trusted.is_some();
    let end = trusted.unwrap_or_else(|| ChainEnd { seq: newest.max(around.numbers.bound()), hash: GENESIS.to_owned() });
    let (mut database, _) = database::open(path, around.key, around.owed)?;
    fill(&mut database, found.events.values(), &end, around.owed)
        .map_err(|source| OutboxError::Open { path: path.to_owned(), source })?;
    Ok(Salvaged { database, aside, saved: found.events.len(), without_gap })
}

/// Events that SQLite does not reach: between two damaged pages, or in a part of the write-ahead log that it does not read any
/// more. Those that were delivered are in the archive.
fn add_what_stands_between_damage(found: &mut Readable, aside: &Path, around: &Surroundings<'_>, now: Timestamp) {
    let whole = carving::signed_events(&[aside, &log::beside(aside)], &around.key.public(), now);
    let mut delivered = BTreeSet::new();
    if let (Some(first), Some(last)) = (whole.first(), whole.last()) {
        // Without an archive delivered events are sent once more, which does no harm.
        drop(around.archive.find(first.seq..=last.seq, |seq, _| {
            delivered.insert(seq);
        }));
    }
    for event in whole.into_iter().filter(|event| !delivered.contains(&event.seq)) {
        found.events.entry(event.seq).or_insert(event);
    }
}

fn fill<'a>(
    database: &mut Connection,
    events: impl Iterator<Item = &'a StoredEvent>,
    end: &ChainEnd,
    owed: i64,
) -> rusqlite::Result<()> {
    let transaction = database.transaction()?;
    for event in events {
        database::add(&transaction, event, owed, false)?;
    }
    database::set_end(&transaction, end)?;
    transaction.commit()
}

/// Moves the database and what belongs to it to a name with the time in it that nothing has yet.
fn set_aside(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let stamp = now.strftime("%Y-%m-%dT%H-%M-%SZ");
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut aside = path.with_file_name(format!("{name}.damaged-{stamp}"));
    for again in 2.. {
        if !aside.exists() {
            break;
        }
        aside = path.with_file_name(format!("{name}.damaged-{stamp}-{again}"));
    }
    fs::rename(path, &aside)?;
    for companion in ["-wal", "-shm", "-journal"] {
        let of = |file: &Path| PathBuf::from(format!("{}{companion}", file.display()));
        match fs::rename(of(path), of(&aside)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

#[derive(Default)]
struct Readable {
    events: BTreeMap<u64, StoredEvent>,
    end: Option<ChainEnd>,
}

/// What can be read of a copy of a damaged database: events from the front up to the damage, and from the back up to it.
/// The file that was set aside is not touched.
fn read(aside: &Path) -> Readable {
    let Ok(folder) = CopyFolder::beside(aside) else { return Readable::default() };
    let Ok(copy) = folder.copy(aside) else { return Readable::default() };
    let Ok(database) = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE) else {
        return Readable::default();
    };
    let mut readable = Readable { end: database::end(&database).ok(), ..Readable::default() };
    for order in ["ASC", "DESC"] {
        readable.events.extend(database::readable(&database, order).into_iter().map(|event| (event.seq, event)));
    }
    readable
}

/// A folder for a copy that SQLite may write to, gone when dropped.
struct CopyFolder(PathBuf);

impl CopyFolder {
    fn beside(file: &Path) -> io::Result<Self> {
        let folder = PathBuf::from(format!("{}.reading", file.display()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    fn copy(&self, file: &Path) -> io::Result<PathBuf> {
        let copy = self.0.join("copy.sqlite");
        fs::copy(file, &copy)?;
        let log = PathBuf::from(format!("{}-wal", file.display()));
        if log.exists() {
            fs::copy(log, self.0.join("copy.sqlite-wal"))?;
        }
        Ok(copy)
    }
}

impl Drop for CopyFolder {
    fn drop(&mut self) {
        // What is left of it disturbs nobody.
        drop(fs::remove_dir_all(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Destination, Outbox, OutboxSettings};
    use super::*;
    use crate::publish::test_passages::event;

    #[test]
    fn damage_in_the_log_takes_back_no_commit_behind_it_and_no_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let (lived, path) = (folder.path().join("lived.db"), folder.path().join("outbox.db"));
        let settings = OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder.path());
        let outbox = Outbox::open(&lived, settings.clone()).expect("a new outbox");
        let now = "2026-11-24T12:00:00Z".parse().expect("a valid time");
        for track in 1..=40 {
            outbox.commit(&event(track), now).expect("there is space");
        }
        outbox.queue(Destination::Broker).settle(&[1, 2, 3], now).expect("they can be settled");
        // As a killed process leaves it.
        for end in ["", "-wal", ".numbers"] {
            let of = |path: &Path| format!("{}{end}", path.display());
            fs::copy(of(&lived), of(&path)).expect("there is space");
        }
        let mut bytes = fs::read(log::beside(&path)).expect("it is there");
        let middle = bytes.len() / 2;
        bytes[middle..middle + 8].fill(0x5a);
        fs::write(log::beside(&path), bytes).expect("there is space");

        let outbox = Outbox::open(&path, settings.clone()).expect("it is replaced");
        let waiting = outbox.queue(Destination::Broker).after(0, 100).expect("it can be read");
        let seqs: Vec<u64> = waiting.iter().map(|event| event.seq).collect();
        // The damage may have hit one event itself.
        let missing = (4..=40).filter(|seq| !seqs.contains(seq)).count();
        assert!(missing <= 1 && seqs.last() == Some(&40), "{seqs:?}");
        assert_eq!(outbox.commit(&event(9), now).expect("there is space").seq, 1001);
        assert!(settings.alarms.standing().iter().any(|alarm| alarm.text.contains("write-ahead log is damaged")));
    }
}
