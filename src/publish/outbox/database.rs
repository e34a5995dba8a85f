//! The database file: what it must look like, how it is opened, what is read from it and written to it.
//!
//! WAL mode with `synchronous=FULL`: one durable commit per event (NORMAL may lose the last commits when the power fails).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::{OutboxError, StoredEvent, log};
use crate::proof::{DeviceKey, GENESIS};
use crate::publish::event::PlateEvent;
use crate::publish::sealing::seal;
use crate::publish::topics;

/// The version of the tables below, kept in SQLite's `user_version`.
pub(super) const KNOWN: i64 = 2;

/// The version without chain, destinations and receipts.
const UNCHAINED: i64 = 1;

/// Marks the file as an outbox in SQLite's `application_id`: "GLPR" in ASCII.
pub(super) const APPLICATION: i64 = 0x474c_5052;

/// `chain` outlives the events, so that no number is ever given twice. `owed` has a bit per destination. `digest` shows
/// damage that SQLite does not see: it does not check what is in a page.
const TABLES: &str = "
    CREATE TABLE event (
        seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, json TEXT NOT NULL, committed_ms INTEGER NOT NULL,
        owed INTEGER NOT NULL, archived INTEGER NOT NULL, digest BLOB NOT NULL) STRICT;
    CREATE TABLE chain (id INTEGER PRIMARY KEY CHECK (id = 0), last_seq INTEGER NOT NULL, last_hash TEXT NOT NULL) STRICT;
    CREATE TABLE receipt (from_seq INTEGER PRIMARY KEY, to_seq INTEGER NOT NULL) STRICT;";

/// Where the chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChainEnd {
    /// The last number given.
    pub(super) seq: u64,
    /// The hash of its event.
    pub(super) hash: String,
}

impl ChainEnd {
    /// Before the first event.
    fn genesis() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned() }
    }

    /// Whether its hash has the form of one.
    pub(super) fn is_possible(&self) -> bool {
        let digits = self.hash.strip_prefix("sha256:").unwrap_or_default();
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// Whether a database was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// It was made now.
    New,
    /// It was there.
    Known,
}

/// The database at `path`, made if nothing is there, with the key that events of an old version are signed with.
pub(super) fn open(path: &Path, key: &DeviceKey, owed: i64) -> Result<(Connection, Opened), OutboxError> {
    let failed = |source| OutboxError::Open { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut database = Connection::open_with_flags(path, flags).map_err(failed)?;
    // Until the file is known to be an outbox, not even a write-ahead log beside it may be written back into it.
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
    let found = inspect(path, &database)?;
    match found {
        Found::Empty => create(&mut database, &ChainEnd::genesis()).map_err(failed)?,
        Found::Unchained => upgrade(&mut database, key, owed).map_err(failed)?,
        Found::Outbox => {}
    }
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(failed)?;
    database.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    database.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    Ok((database, if found == Found::Empty { Opened::New } else { Opened::Known }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Empty,
    Unchained,
    Outbox,
}

/// What the file is, without changing it.
pub(super) fn inspect(path: &Path, database: &Connection) -> Result<Found, OutboxError> {
    let damaged = |fault: String| OutboxError::Damaged { path: path.to_owned(), fault };
    let (application, version, tables) = identify(database).map_err(|source| {
        if is_damage(&source) {
            damaged(source.to_string())
        } else {
            OutboxError::Open { path: path.to_owned(), source }
        }
    })?;
    match (application, version) {
        (0, 0) if tables == 0 => log::whole(path).map(|()| Found::Empty).map_err(damaged),
        (APPLICATION, found) if found > KNOWN => Err(OutboxError::Newer { path: path.to_owned(), found }),
        (APPLICATION, UNCHAINED) => {
            log::whole(path).and_then(|()| sound(database)).map(|()| Found::Unchained).map_err(damaged)
        }
        (APPLICATION, KNOWN) => log::whole(path)
            .and_then(|()| sound(database))
            .and_then(|()| consistent(database))
            .map(|()| Found::Outbox)
            .map_err(damaged),
        (APPLICATION, found) => Err(damaged(format!("its version {found} never was one"))),
        _ => Err(OutboxError::Foreign { path: path.to_owned() }),
    }
}

/// Whether an error says that the file, and not the disk or another process, is at fault.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    use rusqlite::ErrorCode as Code;
    match error {
        // What we wrote ourselves comes back as something else.
        E::Utf8Error(..)
        | E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::InvalidColumnType(..)
        | E::QueryReturnedNoRows
        | E::QueryReturnedMoreThanOneRow => true,
        other => matches!(other.sqlite_error_code(), Some(Code::NotADatabase | Code::DatabaseCorrupt)),
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

/// Whether the pages are sound. The outbox is small as a rule, so this takes milliseconds.
fn sound(database: &Connection) -> Result<(), String> {
    match database.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)) {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(verdict),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether the tables are the known ones and fit each other.
fn consistent(database: &Connection) -> Result<(), String> {
    let check = || -> rusqlite::Result<bool> {
        let last: u64 = database.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))?;
        let first: i64 = database.query_row("SELECT coalesce(min(seq), 1) FROM event", [], |row| row.get(0))?;
        let end = end(database).optional()?;
        database.prepare("SELECT seq, topic, json, committed_ms, owed, archived, digest FROM event")?;
        database.prepare("SELECT from_seq, to_seq FROM receipt")?;
        Ok(first >= 1 && end.is_some_and(|end| end.seq >= last && end.is_possible()))
    };
    match check() {
        Ok(true) => Ok(()),
        Ok(false) => Err("the end of the chain is missing or behind the events".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Makes the tables, with a chain that goes on behind `end`.
fn create(database: &mut Connection, end: &ChainEnd) -> rusqlite::Result<()> {
    database.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = database.transaction()?;
    make_tables(&transaction, end)?;
    transaction.commit()
}

fn make_tables(transaction: &Transaction<'_>, end: &ChainEnd) -> rusqlite::Result<()> {
    transaction.execute_batch(TABLES)?;
    transaction
        .execute("INSERT INTO chain (id, last_seq, last_hash) VALUES (0, ?1, ?2)", params![end.seq, end.hash])?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", KNOWN)
}

/// Puts the events of an old outbox into a chain. They were never sent with a signature, or will be sent again with one.
fn upgrade(database: &mut Connection, key: &DeviceKey, owed: i64) -> rusqlite::Result<()> {
    let transaction = database.transaction()?;
    let last_seq = transaction.query_row("SELECT last_seq FROM counter WHERE id = 0", [], |row| row.get(0))?;
    transaction.execute_batch("ALTER TABLE event RENAME TO unchained; DROP TABLE counter;")?;
    let mut end = ChainEnd { seq: last_seq, ..ChainEnd::genesis() };
    make_tables(&transaction, &end)?;
    let old: Vec<(u64, String, i64)> = transaction
        .prepare("SELECT seq, json, committed_ms FROM unchained ORDER BY seq")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (seq, json, committed_ms) in old {
        let event: PlateEvent = serde_json::from_str(&json).map_err(as_sqlite)?;
        let topic = topics::passage(&event.lane);
        let sealed = seal(event, seq, &end.hash, key).map_err(as_sqlite)?;
        add(
            &transaction,
            &StoredEvent { seq, topic, json: sealed.json, committed_at: at_ms(committed_ms) },
            owed,
            false,
        )?;
        end.hash = sealed.hash;
    }
    set_end(&transaction, &end)?;
    transaction.execute_batch("DROP TABLE unchained")?;
    transaction.commit()
}

fn as_sqlite(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}

fn at_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(super) fn end(database: &Connection) -> rusqlite::Result<ChainEnd> {
    database
        .prepare_cached("SELECT last_seq, last_hash FROM chain WHERE id = 0")?
        .query_row([], |row| Ok(ChainEnd { seq: row.get(0)?, hash: row.get(1)? }))
}

pub(super) fn set_end(database: &Connection, end: &ChainEnd) -> rusqlite::Result<()> {
    let update = "UPDATE chain SET last_seq = ?1, last_hash = ?2 WHERE id = 0";
    database.prepare_cached(update)?.execute(params![end.seq, end.hash]).map(|_| ())
}

/// Adds a row; `false` when the number is there already.
pub(super) fn add(database: &Connection, event: &StoredEvent, owed: i64, archived: bool) -> rusqlite::Result<bool> {
    let add = "INSERT OR IGNORE INTO event (seq, topic, json, committed_ms, owed, archived, digest)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (committed_ms, digest) = (event.committed_at.as_millisecond(), digest(event));
    let row = params![event.seq, event.topic, event.json, committed_ms, owed, archived, &digest[..]];
    Ok(database.prepare_cached(add)?.execute(row)? > 0)
}

fn digest(event: &StoredEvent) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(event.seq.to_be_bytes());
    digest.update(event.topic.as_bytes());
    // A topic has no NUL, so no two events look alike.
    digest.update([0]);
    digest.update(event.json.as_bytes());
    digest.finalize().into()
}

/// Seals `event` as the next of the chain and stores it, in one transaction.
pub(super) fn insert(
    database: &mut Connection,
    event: &PlateEvent,
    key: &DeviceKey,
    owed: i64,
    now: Timestamp,
) -> rusqlite::Result<StoredEvent> {
    let transaction = database.transaction()?;
    let before = end(&transaction)?;
    let seq = before.seq + 1;
    let sealed = seal(event.clone(), seq, &before.hash, key).map_err(as_sqlite)?;
    let stored = StoredEvent { seq, topic: topics::passage(&event.lane), json: sealed.json, committed_at: now };
    if !add(&transaction, &stored, owed, false)? {
        return Err(rusqlite::Error::QueryReturnedMoreThanOneRow);
    }
    set_end(&transaction, &ChainEnd { seq, hash: sealed.hash })?;
    transaction.commit()?;
    Ok(stored)
}

/// The oldest events above `seq` that are owed to the destination of this bit.
pub(super) fn select(database: &Connection, bit: i64, seq: u64, limit: usize) -> rusqlite::Result<Vec<StoredEvent>> {
    let query = "SELECT seq, topic, json, committed_ms, digest FROM event WHERE seq > ?1 AND owed & ?2 != 0 ORDER BY seq LIMIT ?3";
    database.prepare_cached(query)?.query_map(params![seq, bit, limit], stored)?.collect()
}

/// The newest events below `seq`, whoever they are owed to.
pub(super) fn newest_below(database: &Connection, seq: u64, limit: usize) -> rusqlite::Result<Vec<StoredEvent>> {
    let query = "SELECT seq, topic, json, committed_ms, digest FROM event WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
    database.prepare_cached(query)?.query_map(params![seq, limit], stored)?.collect()
}

/// Those of these events that are not archived yet.
pub(super) fn unarchived(database: &Connection, seqs: &[u64]) -> rusqlite::Result<Vec<StoredEvent>> {
    let query = "SELECT seq, topic, json, committed_ms, digest FROM event WHERE seq = ?1 AND archived = 0";
    let mut statement = database.prepare_cached(query)?;
    let mut events = Vec::new();
    for seq in seqs {
        events.extend(statement.query_row([seq], stored).optional()?);
    }
    Ok(events)
}

/// All events in this order of their numbers, as far as they can be read; what is not what was written is left out.
pub(super) fn readable(database: &Connection, order: &str) -> Vec<StoredEvent> {
    let query = format!("SELECT seq, topic, json, committed_ms, digest FROM event ORDER BY seq {order}");
    let Ok(mut statement) = database.prepare(&query) else { return Vec::new() };
    let Ok(mut rows) = statement.query([]) else { return Vec::new() };
    let mut events = Vec::new();
    while let Ok(Some(row)) = rows.next() {
        events.extend(stored(row).ok());
    }
    events
}

/// The event in a row. One that is not what was written there counts as damage.
fn stored(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredEvent> {
    let event =
        StoredEvent { seq: row.get(0)?, topic: row.get(1)?, json: row.get(2)?, committed_at: at_ms(row.get(3)?) };
    if row.get::<_, Vec<u8>>(4)? == digest(&event) {
        Ok(event)
    } else {
        let altered = format!("event {} is not what was written", event.seq);
        Err(rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, altered.into()))
    }
}

/// Delivered events that could not be archived, oldest first.
pub(super) fn delivered_unarchived(database: &Connection, limit: usize) -> rusqlite::Result<Vec<StoredEvent>> {
    let query = "SELECT seq, topic, json, committed_ms, digest FROM event WHERE owed = 0 AND archived = 0 ORDER BY seq LIMIT ?1";
    database.prepare_cached(query)?.query_map([limit], stored)?.collect()
}

/// Notes that the destination of this bit has these events and that those are archived, and deletes what is archived and
/// owed to nobody any more; how many it was owed.
pub(super) fn settle(database: &mut Connection, bit: i64, seqs: &[u64], archived: &[u64]) -> rusqlite::Result<u64> {
    let transaction = database.transaction()?;
    for seq in archived {
        transaction.prepare_cached("UPDATE event SET archived = 1 WHERE seq = ?1")?.execute([seq])?;
    }
    let mut settled = 0;
    for seq in seqs {
        let update = "UPDATE event SET owed = owed & ~?2 WHERE seq = ?1 AND owed & ?2 != 0";
        settled += transaction.prepare_cached(update)?.execute(params![seq, bit])?;
    }
    for seq in seqs.iter().chain(archived) {
        let delete = "DELETE FROM event WHERE seq = ?1 AND owed = 0 AND archived = 1";
        transaction.prepare_cached(delete)?.execute([seq])?;
    }
    transaction.commit()?;
    Ok(u64::try_from(settled).unwrap_or(u64::MAX))
}

/// Deletes delivered events that could not be archived, up to this number.
pub(super) fn give_up_unarchived(database: &Connection, up_to: u64) -> rusqlite::Result<()> {
    let delete = "DELETE FROM event WHERE owed = 0 AND archived = 0 AND seq <= ?1";
    database.prepare_cached(delete)?.execute([up_to]).map(|_| ())
}

/// Owes events that are still there to the destination of this bit again; how many it was not owed.
pub(super) fn owe_again(database: &Connection, bit: i64, numbers: RangeInclusive<u64>) -> rusqlite::Result<u64> {
    let update = "UPDATE event SET owed = owed | ?1 WHERE owed & ?1 = 0 AND seq BETWEEN ?2 AND ?3";
    let owed = database.prepare_cached(update)?.execute(params![bit, numbers.start(), numbers.end()])?;
    Ok(u64::try_from(owed).unwrap_or(u64::MAX))
}

/// Forgets what is owed to destinations that are not among `owed` any more.
pub(super) fn forgive(database: &mut Connection, owed: i64) -> rusqlite::Result<()> {
    let transaction = database.transaction()?;
    transaction.execute("UPDATE event SET owed = owed & ?1 WHERE owed & ~?1 != 0", [owed])?;
    transaction.execute("DELETE FROM event WHERE owed = 0 AND archived = 1", [])?;
    transaction.commit()
}

/// How many events are owed to the destination of this bit.
pub(super) fn depth(database: &Connection, bit: i64) -> rusqlite::Result<u64> {
    database.query_row("SELECT count(*) FROM event WHERE owed & ?1 != 0", [bit], |row| row.get(0))
}

/// When the oldest event that is owed to anybody was committed.
pub(super) fn oldest_owed(database: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let query = "SELECT min(committed_ms) FROM event WHERE owed != 0";
    Ok(database.query_row(query, [], |row| row.get::<_, Option<i64>>(0))?.map(at_ms))
}

/// Which of these numbers are owed to the destination of this bit.
pub(super) fn owed_numbers(
    database: &Connection,
    bit: i64,
    numbers: RangeInclusive<u64>,
) -> rusqlite::Result<BTreeSet<u64>> {
    let query = "SELECT seq FROM event WHERE owed & ?1 != 0 AND seq BETWEEN ?2 AND ?3";
    let mut statement = database.prepare_cached(query)?;
    statement.query_map(params![bit, numbers.start(), numbers.end()], |row| row.get(0))?.collect()
}

/// How many of these numbers are owed to the destination of this bit.
pub(super) fn depth_of(database: &Connection, bit: i64, numbers: RangeInclusive<u64>) -> rusqlite::Result<u64> {
    let count = "SELECT count(*) FROM event WHERE owed & ?1 != 0 AND seq BETWEEN ?2 AND ?3";
    database.query_row(count, params![bit, numbers.start(), numbers.end()], |row| row.get(0))
}
