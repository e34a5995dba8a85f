//! Looking back at what passed: in the outbox and in the archive, the newest first, of each event its last revision.
//!
//! [`filter`] says which events are asked for; `blocks` knows where in the archive which numbers are; `page` gathers one page. Memory is
//! bounded by a page, a block of a file and the revisions near it, however large the archive is. Not here: who may ask.

mod blocks;
pub mod filter;
mod page;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use uuid::Uuid;

use super::archive::{Archive, ArchiveError};
use super::outbox::{Outbox, OutboxError};
use blocks::Blocks;
use filter::{Filter, Row};
use page::Gathering;

/// Events of the outbox that are read at once: commits wait meanwhile.
const ROWS_AT_ONCE: usize = 100;

/// Looks back at what passed. Clones share what they know of the archive.
#[derive(Debug, Clone)]
pub struct ArchiveSearch {
    archive: Archive,
    outbox: Outbox,
    blocks: Arc<Blocks>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Which events.
    pub filter: Filter,
    /// Only those with lower numbers.
    pub before_seq: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// Some of what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The events as they were delivered or will be, the newest first.
    pub events: Vec<String>,
    /// Where the next page begins; none where this is the last.
    pub next_before_seq: Option<u64>,
}

/// Tells whether anybody still waits for the answer.
pub struct Cancelled<'a>(pub &'a (dyn Fn() -> bool + Sync));

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The outbox cannot be read.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// Nobody waits for it any more.
    #[error("nobody waits for the answer any more")]
    Cancelled,
}

impl Cancelled<'_> {
    fn check(&self) -> Result<(), SearchError> {
        if (self.0)() { Err(SearchError::Cancelled) } else { Ok(()) }
    }
}

impl ArchiveSearch {
    /// Looks in `outbox` and in `archive`, where what was in it goes.
    #[must_use]
    pub fn new(archive: Archive, outbox: Outbox) -> Self {
        Self { archive, outbox, blocks: Arc::default() }
    }

    /// The newest events that fit. May take some time, above all the first time: the archive is read once.
    ///
    /// # Errors
    /// [`SearchError`] when something cannot be read, or nobody waits any more.
    pub fn page(&self, question: &Question, cancelled: &Cancelled<'_>) -> Result<Page, SearchError> {
        let mut gathering = Gathering::new(question);
        self.each_in_outbox(gathering.horizon(), cancelled, |json| {
            gathering.note(json);
            gathering.consider(json);
            gathering.wants_below()
        })?;
        for (path, block) in self.blocks.newest_first(&self.archive, cancelled)? {
            cancelled.check()?;
            if block.highest < gathering.wants_below() {
                break;
            }
            let day = super::archive::day_of_file(&path);
            if block.lowest < gathering.horizon() && question.filter.may_be_archived_on(day) {
                let lines = page::lines_of(&path, block)?;
                lines.lines().for_each(|line| gathering.note(line));
                lines.lines().for_each(|line| gathering.consider(line));
            }
        }
        Ok(gathering.page())
    }

    /// All revisions of an event, the first one first; none where it is not known.
    ///
    /// # Errors
    /// [`SearchError`] when something cannot be read, or nobody waits any more.
    pub fn revisions(&self, event_id: Uuid, cancelled: &Cancelled<'_>) -> Result<Vec<String>, SearchError> {
        let (name, mut found) = (event_id.to_string(), std::collections::BTreeMap::new());
        let mut look = |json: &str| {
            if !json.contains(&name) {
                return;
            }
            if let Some(row) = row_of(json).filter(|row| row.event_id == event_id) {
                found.insert(row.revision, json.to_owned());
            }
        };
        self.each_in_outbox(u64::MAX, cancelled, |json| {
            look(json);
            0
        })?;
        // It was delivered after its vehicle was seen, which its id tells.
        let since = Filter { from: filter::first_seen(event_id), ..Filter::default() };
        for path in self.archive.files()? {
            cancelled.check()?;
            if !since.may_be_archived_on(super::archive::day_of_file(&path)) {
                continue;
            }
            super::archive::each_line(&path, 0, |line| look(line.text))?;
        }
        Ok(found.into_values().collect())
    }

    /// Calls `found` with the outbox's events below `below`, the newest first, until their numbers are below what it returns.
    fn each_in_outbox(
        &self,
        mut below: u64,
        cancelled: &Cancelled<'_>,
        mut found: impl FnMut(&str) -> u64,
    ) -> Result<(), SearchError> {
        loop {
            cancelled.check()?;
            let rows = self.outbox.newest_below(below, ROWS_AT_ONCE)?;
            for row in &rows {
                if row.seq < found(&row.json) {
                    return Ok(());
                }
            }
            match rows.last() {
                Some(last) if rows.len() == ROWS_AT_ONCE => below = last.seq,
                _ => return Ok(()),
            }
        }
    }
}

/// What of an event is looked at; none for a line that is damaged or none of this program's.
fn row_of(json: &str) -> Option<Row<'_>> {
    serde_json::from_str(json).ok()
}
