//! The outbox: events on disk from the moment they are decided until the broker has acknowledged them.
//!
//! SQLite in WAL mode with `synchronous=FULL`: one durable commit per event (NORMAL may lose the last commits when the
//! power fails). This is the only file that knows SQLite. It reads no wall clock, knows no broker, and never deletes what it
//! was not told to delete. A file that is no outbox is refused and left as it is.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::event::PlateEvent;
use super::topics;
use super::waiting::Waiting;

/// An event that is safe on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number, which rises by one with every event of the gate.
    pub seq: u64,
    /// Its topic under the root.
    pub topic: String,
    /// The event as JSON, as it was committed.
    pub json: String,
    /// When it was committed.
    pub committed_at: Timestamp,
}

/// The outbox of one gate, shared by clones: one thread commits, delivery reads and deletes.
#[derive(Debug, Clone)]
pub struct Outbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    database: Mutex<Connection>,
    depth: AtomicU64,
    waiting: Mutex<Waiting>,
    committed: Notify,
}

/// Why the outbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The file cannot be opened, made or locked.
    #[error(
        "cannot open the outbox {path:?}: {source}; its folder must exist and be writable, and no other gatelpr may use it"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file is something else, or damaged.
    #[error(
        "{path:?} is no usable outbox ({fault}); it was left as it is: move it away to start with an empty one, and keep it, because it may hold events"
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// A newer version of the program made the file.
    #[error(
        "the outbox {path:?} has version {found}, and this program knows version {KNOWN} at most; run the newer program that made it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: i64,
    },
    /// Reading or writing failed while in use: a full disk, a broken card.
    #[error("the outbox {path:?} failed while {doing}: {source}; check the disk's space and health")]
    Use {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// The version of the tables below, kept in SQLite's `user_version`.
const KNOWN: i64 = 1;

/// Marks the file as an outbox in SQLite's `application_id`: "GLPR" in ASCII.
const APPLICATION: i64 = 0x474c_5052;

/// `counter` outlives the events, so that no number is ever given twice.
const TABLES: &str = "
    CREATE TABLE event (seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, json TEXT NOT NULL, committed_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 0), last_seq INTEGER NOT NULL) STRICT;
    INSERT INTO counter (id, last_seq) VALUES (0, 0);";

impl Outbox {
    /// Opens the outbox at `path`, or makes an empty one where no file is.
    ///
    /// # Errors
    /// [`OutboxError`] when the file cannot be opened, is in use, is no outbox, is damaged, or is of a newer version. The
    /// file is then as it was before.
    pub fn open(path: &Path) -> Result<Self, OutboxError> {
        let failed = |source| OutboxError::Open { path: path.to_owned(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut database = Connection::open_with_flags(path, flags).map_err(failed)?;
        // Until the file is known to be an outbox, not even a write-ahead log beside it may be written back into it.
        database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
        let found = inspect(path, &database)?;
        if found == Found::Empty {
            create(&mut database).map_err(failed)?;
        }
        let (depth, last_seq) = prepare(&database).map_err(failed)?;
        Ok(Self(Arc::new(Shared {
            path: path.to_owned(),
            database: Mutex::new(database),
            depth: AtomicU64::new(depth),
            waiting: Mutex::new(Waiting::since_before(last_seq)),
            committed: Notify::new(),
        })))
    }

    /// Gives `event` the next number and makes it durable. Nothing else may hear of the event before this returns.
    ///
    /// # Errors
    /// [`OutboxError::Use`] when it could not be made durable; the number is then given to the next event.
    pub fn commit(&self, event: PlateEvent, now: Timestamp) -> Result<StoredEvent, OutboxError> {
        let stored = self.used("committing an event", |database| insert(database, event, now))?;
        self.0.depth.fetch_add(1, Ordering::Relaxed);
        self.waiting().committed(stored.seq, Instant::now());
        self.0.committed.notify_one();
        Ok(stored)
    }

    /// The oldest events with numbers above `seq`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`OutboxError::Use`] when they cannot be read.
    pub fn after(&self, seq: u64, limit: usize) -> Result<Vec<StoredEvent>, OutboxError> {
        self.used("reading events", |database| select(database, seq, limit))
    }

    /// Deletes the events with these numbers, durably: the broker has acknowledged each of them.
    ///
    /// # Errors
    /// [`OutboxError::Use`] when they cannot be deleted; they are then delivered once more.
    pub fn delete(&self, acknowledged: &[u64]) -> Result<(), OutboxError> {
        let deleted = self.used("deleting delivered events", |database| remove(database, acknowledged))?;
        self.0.depth.fetch_sub(deleted, Ordering::Relaxed);
        Ok(())
    }

    /// How many events wait.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.0.depth.load(Ordering::Relaxed)
    }

    /// Whether event `seq` has waited so long that it is historical: it was there when the outbox was opened, or more
    /// than 10 seconds have passed since its commit. The wall clock has no say in it.
    #[must_use]
    pub fn is_historical(&self, seq: u64) -> bool {
        self.waiting().is_long(seq, Instant::now())
    }

    /// How long the oldest event has waited; `None` when none waits.
    ///
    /// # Errors
    /// [`OutboxError::Use`] when it cannot be read.
    pub fn oldest_age(&self, now: Timestamp) -> Result<Option<Duration>, OutboxError> {
        let oldest = self.after(0, 1)?;
        Ok(oldest.first().map(|event| event.waited(now)))
    }

    /// Completes when an event was committed since the last time (for one waiting task).
    pub async fn committed(&self) {
        self.0.committed.notified().await;
    }

    fn used<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, OutboxError> {
        work(&mut self.database()).map_err(|source| OutboxError::Use { path: self.0.path.clone(), doing, source })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half-done work: an open transaction is rolled back when it is dropped.
        self.0.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoredEvent {
    /// How long the event has waited; zero if the clock was set back.
    #[must_use]
    pub fn waited(&self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.committed_at)).unwrap_or(Duration::ZERO)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Empty,
    Outbox,
}

/// What the file is, without changing it.
fn inspect(path: &Path, database: &Connection) -> Result<Found, OutboxError> {
    let unusable = |fault: String| OutboxError::Unusable { path: path.to_owned(), fault };
    let (application, version, tables) = identify(database).map_err(|source| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => unusable(source.to_string()),
        _ => OutboxError::Open { path: path.to_owned(), source },
    })?;
    match (application, version) {
        (0, 0) if tables == 0 => Ok(Found::Empty),
        (APPLICATION, found) if found > KNOWN => Err(OutboxError::Newer { path: path.to_owned(), found }),
        (APPLICATION, KNOWN) => check(database).map(|()| Found::Outbox).map_err(unusable),
        _ => Err(unusable("it is another program's database".to_owned())),
    }
}

fn identify(database: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    // One gate, one process: a second daemon on the same outbox fails here instead of sharing numbers. The lock needs no
    // shared memory file, which some network and overlay file systems cannot give.
    database.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let tables = database.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let application = database.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok((application, version, tables))
}

/// Whether the pages are sound and the tables are the known ones. The outbox is small, so this takes milliseconds.
fn check(database: &Connection) -> Result<(), String> {
    let verdict = database.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match verdict {
        Ok(verdict) if verdict == "ok" => {}
        Ok(verdict) => return Err(format!("damaged: {verdict}")),
        Err(error) => return Err(format!("damaged: {error}")),
    }
    let readable = || -> rusqlite::Result<bool> {
        let last: i64 = database.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))?;
        let first: i64 = database.query_row("SELECT coalesce(min(seq), 1) FROM event", [], |row| row.get(0))?;
        let counted: Option<i64> =
            database.query_row("SELECT last_seq FROM counter WHERE id = 0", [], |row| row.get(0)).optional()?;
        database.prepare("SELECT seq, topic, json, committed_ms FROM event")?;
        Ok(first >= 1 && counted.is_some_and(|counted| counted >= last))
    };
    match readable() {
        Ok(true) => Ok(()),
        Ok(false) => Err("damaged: the event counter is missing or behind the events".to_owned()),
        Err(error) => Err(format!("damaged: {error}")),
    }
}

fn create(database: &mut Connection) -> rusqlite::Result<()> {
    database.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = database.transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", KNOWN)?;
    transaction.commit()
}

/// Sets how a sound outbox is used; how many events wait in it, and the last number given.
fn prepare(database: &Connection) -> rusqlite::Result<(u64, u64)> {
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "FULL")?;
    let depth = database.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
    let last_seq = database.query_row("SELECT last_seq FROM counter WHERE id = 0", [], |row| row.get(0))?;
    Ok((depth, last_seq))
}

fn insert(database: &mut Connection, mut event: PlateEvent, now: Timestamp) -> rusqlite::Result<StoredEvent> {
    let transaction = database.transaction()?;
    let advance = "UPDATE counter SET last_seq = last_seq + 1 WHERE id = 0 RETURNING last_seq";
    event.seq = transaction.prepare_cached(advance)?.query_row([], |row| row.get(0))?;
    let stored = StoredEvent {
        seq: event.seq,
        topic: topics::passage(&event.lane),
        json: serde_json::to_string(&event).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?,
        committed_at: now,
    };
    let add = "INSERT INTO event (seq, topic, json, committed_ms) VALUES (?1, ?2, ?3, ?4)";
    transaction.prepare_cached(add)?.execute(params![
        stored.seq,
        stored.topic,
        stored.json,
        stored.committed_at.as_millisecond()
    ])?;
    transaction.commit()?;
    Ok(stored)
}

fn select(database: &mut Connection, seq: u64, limit: usize) -> rusqlite::Result<Vec<StoredEvent>> {
    let query = "SELECT seq, topic, json, committed_ms FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let mut statement = database.prepare_cached(query)?;
    let rows = statement.query_map(params![seq, limit], |row| {
        let committed_ms = row.get(3)?;
        let committed_at = Timestamp::from_millisecond(committed_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(StoredEvent { seq: row.get(0)?, topic: row.get(1)?, json: row.get(2)?, committed_at })
    })?;
    rows.collect()
}

fn remove(database: &mut Connection, acknowledged: &[u64]) -> rusqlite::Result<u64> {
    let transaction = database.transaction()?;
    let mut deleted = 0;
    for seq in acknowledged {
        deleted += transaction.prepare_cached("DELETE FROM event WHERE seq = ?1")?.execute([seq])?;
    }
    transaction.commit()?;
    Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
