//! The thread that writes pictures, deletes them when their time is over or room is wanted, and says when it cannot.
//!
//! It may wait for its disk as long as the disk takes: nobody waits for it.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tracing::info;

use super::EvidenceError;
use super::encoder::EncodedPicture;
use super::recorder::Order;
use super::settings::{Keeping, MB};
use super::space::SpaceWatch;
use super::status::EvidenceStatus;
use super::store::{PictureStore, Pruned, size_on_disk};
use super::waiting::Waiting;
use crate::alarm::{AlarmKind, Alarms};
use crate::clock::Clock;
use crate::frame::Moment;

/// How often it looks for what is too old, and at the free space, while no pictures come.
const LOOK: Duration = Duration::from_secs(10);
/// The alarm about lost pictures ends after so long without a loss: a disk that fails now and then is one alarm.
const CALM: Duration = Duration::from_secs(60);
/// What is deleted at once where the disk refused a picture although enough seemed to be free.
const REFUSED_ROOM: u64 = 8 * MB;

/// Keeps pictures in a folder.
#[derive(Debug)]
pub(super) struct Keeper {
    folder: PathBuf,
    keeping: Keeping,
    space: SpaceWatch,
    waiting: Waiting,
    status: EvidenceStatus,
    alarms: Alarms,
    /// `None` until the folder could be opened.
    store: Option<PictureStore>,
    /// When pictures were lost last, while an alarm about it stands.
    lost_at: Option<Duration>,
    /// How many were lost when it was looked last; the recorder counts too.
    lost: u64,
}

impl Keeper {
    pub(super) fn new(
        folder: PathBuf,
        keeping: Keeping,
        space: SpaceWatch,
        waiting: Waiting,
        status: EvidenceStatus,
        alarms: Alarms,
    ) -> Self {
        Self { folder, keeping, space, waiting, status, alarms, store: None, lost_at: None, lost: 0 }
    }

    /// Works until the recorder is dropped and everything is written.
    pub(super) fn run(mut self, orders: &Receiver<Order>, clock: Clock) {
        self.look(clock.now());
        let mut looked = clock.elapsed();
        loop {
            match orders.recv_timeout(LOOK) {
                Ok(Order::Keep(pictures)) => self.keep(&pictures, clock.now()),
                Ok(Order::MakeRoom) => self.make_room(clock.now()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if clock.elapsed().saturating_sub(looked) >= LOOK {
                self.look(clock.now());
                looked = clock.elapsed();
            }
        }
    }

    /// Writes the pictures of one event.
    pub(super) fn keep(&mut self, pictures: &[EncodedPicture], now: Moment) {
        for picture in pictures {
            match self.keep_one(picture, now) {
                Ok(()) => self.status.count(|report| report.kept += 1),
                Err(error) => {
                    self.status.count(|report| report.lost += 1);
                    self.fail(&error, now);
                }
            }
        }
        self.tell();
    }

    /// Sees to it that as much is free as must be.
    pub(super) fn make_room(&mut self, now: Moment) {
        if let Err(error) = self.room_for(0, now) {
            self.fail(&error, now);
        }
        self.tell();
    }

    /// Deletes what is too old or too much, looks at the free space, and ends alarms that are over.
    pub(super) fn look(&mut self, now: Moment) {
        let day = day(now);
        let pruned = self.store().and_then(|store| store.0.prune_old(&store.1, day));
        if let Err(error) = pruned.map(|pruned| self.note(&pruned)).and_then(|()| self.keep_to_quota()) {
            self.fail(&error, now);
        }
        self.make_room(now);
        self.end_alarms(now);
    }

    fn keep_one(&mut self, picture: &EncodedPicture, now: Moment) -> Result<(), EvidenceError> {
        let size = size_on_disk(picture.jpeg.len() as u64);
        self.room_for(size, now)?;
        let day = day(now);
        let stored = match self.store()?.0.add(day, picture) {
            Err(error) if error.is_out_of_space() => {
                let pruned = self.store()?.0.prune_oldest(REFUSED_ROOM.max(size))?;
                if pruned.names.is_empty() {
                    return Err(error);
                }
                self.note(&pruned);
                self.store()?.0.add(day, picture)?
            }
            other => other?,
        };
        let path = self.store()?.0.path(&stored);
        if let Err(error) = self.waiting.add(stored.name, &path) {
            // It is kept, and not delivered.
            self.fail(&error, now);
        }
        self.keep_to_quota()
    }

    /// Deletes the oldest until `needed` bytes can be written.
    fn room_for(&mut self, needed: u64, now: Moment) -> Result<(), EvidenceError> {
        if !self.folder.is_dir() {
            // Somebody took it away: what was known of it does not count any more.
            self.store = None;
        }
        self.opened()?;
        let free = self.free()?;
        let missing = self.space.missing(free, needed, now.elapsed);
        if missing == 0 {
            return Ok(());
        }
        let pruned = self.store()?.0.prune_oldest(missing)?;
        self.note(&pruned);
        let given_back = self.free()?.saturating_sub(free);
        self.space.deleted(pruned.bytes, given_back, now.elapsed);
        if pruned.bytes < missing {
            self.full(now);
            return Err(EvidenceError::Full { folder: self.folder.clone(), floor_mb: self.space.floor() / MB });
        }
        info!(pictures = pruned.names.len(), "evidence was deleted because the disk runs full");
        Ok(())
    }

    fn free(&self) -> Result<u64, EvidenceError> {
        self.space.free(&self.folder).map_err(EvidenceError::at("tell the free space of", &self.folder))
    }

    fn keep_to_quota(&mut self) -> Result<(), EvidenceError> {
        let (store, keeping) = self.store()?;
        let pruned = store.prune_to(keeping.quota_bytes)?;
        self.note(&pruned);
        Ok(())
    }

    /// The store, opened if it could not be opened before, and what is kept in it.
    fn store(&mut self) -> Result<(&mut PictureStore, Keeping), EvidenceError> {
        self.opened()?;
        let store = self.store.as_mut().expect("it was opened just now");
        Ok((store, self.keeping))
    }

    fn opened(&mut self) -> Result<(), EvidenceError> {
        if self.store.is_none() {
            let store = PictureStore::open(&self.folder)?;
            self.waiting.open()?;
            self.status.count(|report| report.foreign = store.foreign());
            self.store = Some(store);
        }
        Ok(())
    }

    fn note(&self, pruned: &Pruned) {
        self.waiting.deleted(&pruned.names);
        self.status.count(|report| report.pruned += pruned.names.len() as u64);
    }

    fn tell(&self) {
        if let Some(store) = &self.store {
            self.status.count(|report| (report.stored, report.bytes) = (store.count(), store.bytes()));
        }
    }

    fn full(&self, now: Moment) {
        let text = format!(
            "less than {} MB are free in {}, and all evidence that could make room is deleted: events are kept, pictures are \
             lost; free space on this disk, or lower min_free_mb in [evidence]",
            self.space.floor() / MB,
            self.folder.display(),
        );
        self.alarms.raise(AlarmKind::DiskFull, &text, now.wall);
        self.status.count(|report| report.disk_full = true);
    }

    /// A full disk has an alarm of its own.
    fn fail(&mut self, error: &EvidenceError, now: Moment) {
        if !matches!(error, EvidenceError::Full { .. }) {
            self.lost_at = Some(now.elapsed);
            let text =
                format!("evidence fails: {error}; no event is affected: check the disk, and whose the folder is");
            self.alarms.raise(AlarmKind::EvidenceFails, &text, now.wall);
        }
    }

    fn end_alarms(&mut self, now: Moment) {
        let report = self.status.report();
        if report.disk_full && self.free().is_ok_and(|free| self.space.is_ample(free)) {
            self.status.count(|report| report.disk_full = false);
            self.alarms.clear(AlarmKind::DiskFull);
        }
        if report.lost != self.lost {
            self.lost = report.lost;
            self.lost_at = Some(now.elapsed);
        }
        if self.lost_at.is_some_and(|at| now.elapsed.saturating_sub(at) >= CALM) {
            self.lost_at = None;
            self.alarms.clear(AlarmKind::EvidenceFails);
        }
    }
}

/// The day in UTC, as folders are named.
fn day(now: Moment) -> Date {
    TimeZone::UTC.to_datetime(now.wall).date()
}

#[cfg(test)]
#[path = "keeper_tests.rs"]
mod tests;
