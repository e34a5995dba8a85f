//! Gathers one page of events: the highest numbers that fit, without those that a later revision has replaced.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use uuid::Uuid;

use super::blocks::Block;
use super::{Page, Question, SearchError, row_of};
use crate::publish::archive::ArchiveError;

/// A later revision has a number at most so much higher: only the last 2048 events can be corrected, and what else amends an
/// event comes within half an hour.
const REVISED_WITHIN: u64 = 4096;

/// A page in the making.
pub(super) struct Gathering<'a> {
    question: &'a Question,
    below: u64,
    /// The highest revision of each event that has more than one.
    revised: HashMap<Uuid, u32>,
    /// What fits, by number; one more than a page, to know whether there is a next one.
    found: BTreeMap<u64, Found>,
}

struct Found {
    event_id: Uuid,
    revision: u32,
    json: String,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(question: &'a Question) -> Self {
        let below = question.before_seq.unwrap_or(u64::MAX);
        Self { question, below, revised: HashMap::new(), found: BTreeMap::new() }
    }

    /// Events from this number on are of no interest, not even as later revisions.
    pub(super) fn horizon(&self) -> u64 {
        self.below.saturating_add(REVISED_WITHIN)
    }

    /// Events below this number are of no interest any more.
    pub(super) fn wants_below(&self) -> u64 {
        let is_full = self.found.len() > self.question.limit;
        self.found.keys().next().copied().filter(|_| is_full).unwrap_or(0)
    }

    /// Notes which events have later revisions.
    pub(super) fn note(&mut self, json: &str) {
        // Most events have one revision, and all have it near their beginning.
        if json.contains(r#""revision":1,"#) {
            return;
        }
        if let Some(row) = row_of(json).filter(|row| row.seq < self.horizon()) {
            let highest = self.revised.entry(row.event_id).or_default();
            *highest = row.revision.max(*highest);
        }
    }

    /// Takes an event that fits.
    pub(super) fn consider(&mut self, json: &str) {
        let Some(row) = row_of(json) else { return };
        let in_question = row.seq < self.below && row.seq >= self.wants_below();
        if !in_question || self.is_replaced(row.event_id, row.revision) || !self.question.filter.fits(&row) {
            return;
        }
        let found = Found { event_id: row.event_id, revision: row.revision, json: json.trim_end().to_owned() };
        self.found.insert(row.seq, found);
        if self.found.len() > self.question.limit + 1 {
            self.found.pop_first();
        }
    }

    fn is_replaced(&self, event_id: Uuid, revision: u32) -> bool {
        self.revised.get(&event_id).is_some_and(|highest| *highest > revision)
    }

    pub(super) fn page(mut self) -> Page {
        let more = (self.found.len() > self.question.limit).then(|| self.found.pop_first()).is_some();
        let next_before_seq = self.found.keys().next().copied().filter(|_| more);
        // A later revision may have been read after an earlier one where events were delivered out of order.
        let found: Vec<Found> = std::mem::take(&mut self.found).into_values().rev().collect();
        let last = found.into_iter().filter(|found| !self.is_replaced(found.event_id, found.revision));
        Page { events: last.map(|found| found.json).collect(), next_before_seq }
    }
}

/// The lines of a block. A file that was let go meanwhile has none; what is no text is left out.
pub(super) fn lines_of(path: &Path, block: Block) -> Result<String, SearchError> {
    let failed = |source| ArchiveError { doing: "read", path: path.to_owned(), source };
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        other => other.map_err(failed)?,
    };
    file.seek(SeekFrom::Start(block.start)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(block.end - block.start).read_to_end(&mut bytes).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
