//! The outbox: events on disk from the moment they are decided until everybody who is owed them has acknowledged them.
//!
//! * `database`: SQLite; this folder is the only place that knows it
//! * `queue`: what one destination's courier sees of it
//! * `destination`, `receipts`, `numbers`: who is owed events, what the platform confirmed, numbers that never repeat
//! * `restoring`: events that the platform asks for again; `looking_back`: what is here, for whoever asks
//! * `log`, `salvage`, `carving`: how damage is noticed, and what is done about it
//! * `holder`, `inspection`: the outbox of another process, looked at from outside
//!
//! It reads no wall clock but to name a damaged file, knows no broker, and never deletes what it was not told to delete. A
//! file that is another program's is refused and left as it is.

mod carving;
mod database;
mod destination;
mod error;
mod holder;
mod inspection;
mod log;
mod looking_back;
mod numbers;
mod queue;
mod receipts;
mod restoring;
mod salvage;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::info;

use super::archive::Archive;
use super::event::PlateEvent;
use super::waiting::Waiting;
use crate::alarm::{AlarmKind, Alarms};
use crate::proof::{DeviceKey, PublicKey};

pub use destination::{Destination, Destinations};
pub use error::OutboxError;
pub use holder::holder;
pub use inspection::{Inspected, InspectionError, events, inspect};
pub use queue::OutboxQueue;
pub use receipts::Receipts;
pub use restoring::{MOST_RESTORED, Restored};

use database::{Opened, is_damage};
use numbers::Numbers;
use salvage::{Salvaged, Surroundings};

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

/// What the outbox must be told.
#[derive(Debug, Clone)]
pub struct OutboxSettings {
    /// Signs every event.
    pub key: DeviceKey,
    /// The keys that signed events before it: archived events are sent again only if they are what was signed.
    pub former_keys: Vec<PublicKey>,
    /// Who is owed every event.
    pub destinations: Destinations,
    /// Where delivered events go.
    pub archive: Archive,
    /// Where it tells what needs somebody.
    pub alarms: Alarms,
}

impl OutboxSettings {
    /// For the broker alone, with an archive of 30 days in `folder`.
    #[must_use]
    pub fn new(key: DeviceKey, folder: &Path) -> Self {
        Self {
            key,
            former_keys: Vec::new(),
            destinations: Destinations::broker(),
            archive: Archive::new(&folder.join("archive"), 30),
            alarms: Alarms::default(),
        }
    }
}

/// The outbox of one gate, shared by clones: one thread commits, couriers read and settle.
#[derive(Debug, Clone)]
pub struct Outbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    settings: OutboxSettings,
    inside: Mutex<Inside>,
    waiting: Mutex<Waiting>,
    counters: [Counter; Destination::ALL.len()],
}

/// What is only touched under the lock.
#[derive(Debug)]
struct Inside {
    database: Connection,
    numbers: Numbers,
    key: DeviceKey,
    /// Whether there are delivered events that could not be archived yet.
    has_unarchived: bool,
}

/// What couriers of one destination wait for and report.
#[derive(Debug, Default)]
struct Counter {
    depth: AtomicU64,
    committed: Notify,
    restored: Notify,
}

impl Outbox {
    /// Opens the outbox at `path`, or makes an empty one where no file is. A damaged file is set aside, and what can be
    /// saved of it is in the new one: an alarm tells so.
    ///
    /// # Errors
    /// [`OutboxError`] when the file cannot be opened or made, is in use, is another program's, or of a newer version. The
    /// file is then as it was before.
    pub fn open(path: &Path, settings: OutboxSettings) -> Result<Self, OutboxError> {
        let numbers = Numbers::beside(path);
        let owed = settings.destinations.bits();
        let (database, opened) = match database::open(path, &settings.key, owed) {
            Err(OutboxError::Damaged { fault, .. }) => (renew(path, &settings, &numbers, &fault)?, Opened::Known),
            other => other?,
        };
        let mut inside = Inside { database, numbers, key: settings.key.clone(), has_unarchived: false };
        let failed = |source| OutboxError::Open { path: path.to_owned(), source };
        database::forgive(&mut inside.database, owed).map_err(failed)?;
        inside.has_unarchived = !database::delivered_unarchived(&inside.database, 1).map_err(failed)?.is_empty();
        skip_given_numbers(path, &mut inside, opened, &settings)?;
        let last_seq = database::end(&inside.database).map_err(failed)?.seq;
        let shared = Shared {
            path: path.to_owned(),
            settings,
            inside: Mutex::new(inside),
            waiting: Mutex::new(Waiting::since_before(last_seq)),
            counters: Default::default(),
        };
        shared.count(&shared.inside()).map_err(failed)?;
        Ok(Self(Arc::new(shared)))
    }

    /// Signs every later event with `key`.
    pub fn sign_with(&self, key: DeviceKey) {
        self.0.inside().key = key;
    }

    /// Gives `event` the next number, puts it into the chain, signs it and makes it durable. Nothing else may hear of the
    /// event before this returns.
    ///
    /// # Errors
    /// [`OutboxError`] when it could not be made durable; the number is then given to the next event.
    pub fn commit(&self, event: &PlateEvent, now: Timestamp) -> Result<StoredEvent, OutboxError> {
        let committed = self.try_commit(event, now);
        match &committed {
            Ok(stored) => {
                self.0.settings.alarms.clear(AlarmKind::OutboxRefuses);
                self.0.waiting().committed(stored.seq, Instant::now());
                for destination in self.owed() {
                    let counter = self.0.counter(destination);
                    counter.depth.fetch_add(1, Ordering::Relaxed);
                    counter.committed.notify_one();
                }
            }
            Err(error) => {
                let text = format!("events cannot be kept: {error}; recognition waits until they can");
                self.0.settings.alarms.raise(AlarmKind::OutboxRefuses, &text, now);
            }
        }
        committed
    }

    fn try_commit(&self, event: &PlateEvent, now: Timestamp) -> Result<StoredEvent, OutboxError> {
        let owed = self.0.settings.destinations.bits();
        let mut inside = self.0.inside();
        let next =
            self.0.used(&mut inside, "reading the last number", |inside| database::end(&inside.database))?.seq + 1;
        inside.numbers.cover(next)?;
        self.0.used(&mut inside, "committing an event", |inside| {
            database::insert(&mut inside.database, event, &inside.key, owed, now)
        })
    }

    /// The last number given; 0 before the first.
    ///
    /// # Errors
    /// [`OutboxError`] when it cannot be read.
    pub fn last_seq(&self) -> Result<u64, OutboxError> {
        let mut inside = self.0.inside();
        self.0.used(&mut inside, "reading the last number", |inside| database::end(&inside.database)).map(|end| end.seq)
    }

    /// What the courier of `destination` sees of it.
    #[must_use]
    pub fn queue(&self, destination: Destination) -> OutboxQueue {
        OutboxQueue::new(self.clone(), destination)
    }

    /// Notes that the platform has these events.
    ///
    /// # Errors
    /// [`OutboxError`] when no event can have these numbers, or the disk fails.
    pub fn confirm(&self, from_seq: u64, to_seq: u64) -> Result<(), OutboxError> {
        self.check_given(from_seq, to_seq, u64::MAX)?;
        let mut inside = self.0.inside();
        self.0.used(&mut inside, "noting a receipt", |inside| receipts::confirm(&mut inside.database, from_seq, to_seq))
    }

    /// What the platform has confirmed.
    ///
    /// # Errors
    /// [`OutboxError`] when it cannot be read.
    pub fn receipts(&self) -> Result<Receipts, OutboxError> {
        let mut inside = self.0.inside();
        self.0.used(&mut inside, "reading receipts", |inside| {
            let last = database::end(&inside.database)?.seq;
            receipts::read(&inside.database, last)
        })
    }

    /// Whether these are numbers of events that were given, and at most so many.
    fn check_given(&self, from_seq: u64, to_seq: u64, most: u64) -> Result<(), OutboxError> {
        let last_seq = self.last_seq()?;
        let fits = from_seq >= 1 && from_seq <= to_seq && to_seq <= last_seq && to_seq - from_seq < most;
        if fits { Ok(()) } else { Err(OutboxError::NoSuchNumbers { from_seq, to_seq, last_seq }) }
    }

    fn owed(&self) -> impl Iterator<Item = Destination> {
        Destination::ALL.into_iter().filter(|destination| self.0.settings.destinations.contains(*destination))
    }
}

impl Shared {
    /// Does `work` with the database. If that finds it damaged, it is replaced by a new one, and the work done there.
    fn used<T>(
        &self,
        inside: &mut Inside,
        doing: &'static str,
        mut work: impl FnMut(&mut Inside) -> rusqlite::Result<T>,
    ) -> Result<T, OutboxError> {
        let used = match work(inside) {
            Err(error) if is_damage(&error) => {
                self.renew(inside, &error.to_string())?;
                work(inside)
            }
            other => other,
        };
        used.map_err(|source| OutboxError::Use { path: self.path.clone(), doing, source })
    }

    fn renew(&self, inside: &mut Inside, fault: &str) -> Result<(), OutboxError> {
        let nothing =
            Connection::open_in_memory().map_err(|source| OutboxError::Open { path: self.path.clone(), source })?;
        // The damaged file is closed before it is moved, so that its lock goes with it.
        drop(std::mem::replace(&mut inside.database, nothing));
        inside.database = renew(&self.path, &self.settings, &inside.numbers, fault)?;
        self.count(inside).map_err(|source| OutboxError::Open { path: self.path.clone(), source })
    }

    /// Counts anew what waits.
    fn count(&self, inside: &Inside) -> rusqlite::Result<()> {
        for destination in Destination::ALL {
            let depth = database::depth(&inside.database, destination.bit())?;
            self.counter(destination).depth.store(depth, Ordering::Relaxed);
        }
        Ok(())
    }

    fn counter(&self, destination: Destination) -> &Counter {
        &self.counters[destination.index()]
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // A panic elsewhere leaves no half-done work: an open transaction is rolled back when it is dropped.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoredEvent {
    /// How long the event has waited; zero if the clock was set back.
    #[must_use]
    pub fn waited(&self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.committed_at)).unwrap_or(Duration::ZERO)
    }
}

/// Sets the damaged database aside and tells what was saved of it.
fn renew(path: &Path, settings: &OutboxSettings, numbers: &Numbers, fault: &str) -> Result<Connection, OutboxError> {
    let around =
        Surroundings { key: &settings.key, owed: settings.destinations.bits(), numbers, archive: &settings.archive };
    let now = crate::clock::wall_time();
    let Salvaged { database, aside, saved, without_gap } = salvage::salvage(path, &around, now)?;
    let numbering =
        if without_gap { "numbering goes on without a gap" } else { "event numbers leave a gap of up to 1,000" };
    let text = format!(
        "the outbox {} was damaged ({fault}) and is kept as {}; {saved} events could be saved and are delivered, {numbering}; events \
         that could not be saved are missing for every receiver: keep the file, and check the disk",
        path.display(),
        aside.display(),
    );
    settings.alarms.raise(AlarmKind::OutboxDamaged, &text, now);
    Ok(database)
}

/// Where the database knows less than the file beside it (it was deleted, or is an old copy), numbering goes on above what
/// that file says, and an alarm tells so.
fn skip_given_numbers(
    path: &Path,
    inside: &mut Inside,
    opened: Opened,
    settings: &OutboxSettings,
) -> Result<(), OutboxError> {
    let failed = |source| OutboxError::Open { path: path.to_owned(), source };
    let end = database::end(&inside.database).map_err(failed)?;
    let bound = inside.numbers.bound();
    // No number has passed the bound, so an archive that says so is damaged there.
    let archived = settings.archive.highest_number().unwrap_or_else(|error| {
        settings.alarms.raise(AlarmKind::ArchiveFails, &error.to_string(), crate::clock::wall_time());
        None
    });
    let archived = archived.unwrap_or(0);
    let archived = if bound > 0 { archived.min(bound) } else { archived };
    let given = match opened {
        Opened::New => archived.max(bound),
        Opened::Known if inside.numbers.is_behind(end.seq) || archived > end.seq => bound.max(archived),
        Opened::Known => 0,
    };
    if given > end.seq {
        let skipped = database::ChainEnd { seq: given, hash: crate::proof::GENESIS.to_owned() };
        database::set_end(&inside.database, &skipped).map_err(failed)?;
        let text = format!(
            "the outbox {} is missing or older than the events that were sent; event numbers go on at {}, and what was in it is lost",
            path.display(),
            given + 1
        );
        settings.alarms.raise(AlarmKind::OutboxDamaged, &text, crate::clock::wall_time());
    }
    info!(last_seq = given.max(end.seq), "outbox opened");
    Ok(())
}

#[cfg(test)]
mod tests;
