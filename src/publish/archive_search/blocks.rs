//! Where in the archive's files which numbers are, so that a page of events is read without the rest of its day.
//!
//! Every file is read once; after that only what was added to it. Nothing is kept on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Cancelled;
use super::SearchError;
use crate::publish::archive::{self, Archive};

/// A block ends with the line that makes it so long: some hundred events.
const BLOCK: u64 = 256 * 1024;

/// What is known of every file.
#[derive(Debug, Default)]
pub(super) struct Blocks(Mutex<BTreeMap<PathBuf, Vec<Block>>>);

/// A part of a file, of whole lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The lowest and the highest number in it; the first above the last where it holds no event.
    pub(super) lowest: u64,
    pub(super) highest: u64,
}

impl Block {
    fn empty_at(start: u64) -> Self {
        Self { start, end: start, lowest: u64::MAX, highest: 0 }
    }

    fn is_full(&self) -> bool {
        self.end - self.start >= BLOCK
    }
}

impl Blocks {
    /// Every block of the archive as it is now, that with the highest number first.
    pub(super) fn newest_first(
        &self,
        archive: &Archive,
        cancelled: &Cancelled<'_>,
    ) -> Result<Vec<(PathBuf, Block)>, SearchError> {
        let files = archive.files()?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|path, _| files.contains(path));
        for path in files.iter().rev() {
            cancelled.check()?;
            bring_up_to_date(path, known.entry(path.clone()).or_default())?;
        }
        let of_file = |(path, blocks): (&PathBuf, &Vec<Block>)| -> Vec<_> {
            blocks.iter().filter(|block| block.lowest <= block.highest).map(|block| (path.clone(), *block)).collect()
        };
        let mut all: Vec<_> = known.iter().flat_map(of_file).collect();
        all.sort_by_key(|(_, block)| std::cmp::Reverse(block.highest));
        Ok(all)
    }
}

fn bring_up_to_date(path: &Path, blocks: &mut Vec<Block>) -> Result<(), SearchError> {
    let length = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let read_to = blocks.last().map_or(0, |last| last.end);
    if length < read_to {
        // Somebody has put another file in its place.
        blocks.clear();
    } else if length == read_to {
        return Ok(());
    }
    let start = blocks.last().map_or(0, |last| last.end);
    let mut last = blocks.pop_if(|last| !last.is_full()).unwrap_or_else(|| Block::empty_at(start));
    archive::each_line(path, start, |line| {
        if last.is_full() {
            blocks.push(last);
            last = Block::empty_at(last.end);
        }
        // What is being written now, or was torn by a power cut, is looked at again.
        if !line.is_whole {
            return;
        }
        last.end = line.end;
        if let Some(seq) = line.seq {
            (last.lowest, last.highest) = (last.lowest.min(seq), last.highest.max(seq));
        }
    })?;
    blocks.push(last);
    Ok(())
}
