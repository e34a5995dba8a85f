//! The operator's own lists: vehicles that somebody watches for, and vehicles that may pass.
//!
//! * [`PlateLists`]: what is asked whether a plate is on a list; a plate is on it if it is the very same plate, never one like it
//! * [`csv_file`]: what a list's file says; [`reader`]: reads files, at the start and when they change
//! * [`pulse_rule`]: when a barrier may be opened for a plate on a list
//!
//! A list that cannot be read is empty: the one that was read before is not kept in its place, since somebody may have been
//! taken off it.

pub mod csv_file;
pub mod pulse_rule;
pub mod reader;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;

use crate::dossier::{ListHit, ListKind};

/// A list as the config names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSettings {
    /// Its name, unique.
    pub name: Arc<str>,
    /// What it is for.
    pub kind: ListKind,
    /// The file that it is read from.
    pub file: PathBuf,
    /// A file that was written longer ago than this is not trusted any more.
    pub max_age: Duration,
}

/// What a list says of one plate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// For people.
    pub note: Option<Arc<str>>,
    /// From then on the plate is not on the list any more.
    pub valid_until: Option<Timestamp>,
}

/// What was read of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries(HashMap<String, Entry>);

impl Entries {
    /// How many plates.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is said of the plate of this key at `now`.
    #[must_use]
    pub fn find(&self, key: &str, now: Timestamp) -> Option<&Entry> {
        self.0.get(key).filter(|entry| entry.valid_until.is_none_or(|end| now < end))
    }

    /// Adds a plate; `false`, and nothing is changed, where it is on the list already.
    fn add(&mut self, key: String, entry: Entry) -> bool {
        match self.0.entry(key) {
            std::collections::hash_map::Entry::Occupied(_) => false,
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(entry);
                true
            }
        }
    }
}

/// Why nothing may be done because of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// Its file cannot be read, or was not read yet.
    #[error("it cannot be read")]
    Unreadable,
    /// Its file was written too long ago, or in the future, so that nobody knows when.
    #[error("it is too old")]
    TooOld,
}

/// A file's time may be so far in the future: clocks of two machines differ by less.
const CLOCKS_DIFFER: Duration = Duration::from_secs(300);

#[derive(Debug)]
struct List {
    settings: ListSettings,
    /// When its file was written, and what it says; `None` while it cannot be read.
    content: Option<(Timestamp, Entries)>,
}

impl List {
    fn fault(&self, now: Timestamp) -> Option<ListFault> {
        let Some((written, _)) = &self.content else { return Some(ListFault::Unreadable) };
        let age = now.duration_since(*written);
        let known = age > -jiff::SignedDuration::try_from(CLOCKS_DIFFER).unwrap_or_default();
        let young = Duration::try_from(age).unwrap_or_default() <= self.settings.max_age;
        (!known || !young).then_some(ListFault::TooOld)
    }
}

/// All lists. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct PlateLists(Arc<RwLock<Vec<List>>>);

impl PlateLists {
    /// Lists that were not read yet.
    #[must_use]
    pub fn new(settings: &[ListSettings]) -> Self {
        let lists = settings.iter().map(|settings| List { settings: settings.clone(), content: None });
        Self(Arc::new(RwLock::new(lists.collect())))
    }

    /// The lists that the plate of this key is on, in the order of the config.
    #[must_use]
    pub fn hits(&self, key: &str, now: Timestamp) -> Vec<ListHit> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let hit = |list: &List| {
            let entry = list.content.as_ref()?.1.find(key, now)?;
            let (name, note) = (Arc::clone(&list.settings.name), entry.note.clone());
            Some(ListHit { list: name, kind: list.settings.kind, note })
        };
        lists.iter().filter_map(hit).collect()
    }

    /// Why nothing may be done because of the list of this name; `None` if it may.
    #[must_use]
    pub fn fault(&self, name: &str, now: Timestamp) -> Option<ListFault> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match lists.iter().find(|list| *list.settings.name == *name) {
            Some(list) => list.fault(now),
            None => Some(ListFault::Unreadable),
        }
    }

    /// Those with which something is wrong, in the order of the config.
    #[must_use]
    pub fn faults(&self, now: Timestamp) -> Vec<(Arc<str>, ListFault)> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        lists.iter().filter_map(|list| Some((Arc::clone(&list.settings.name), list.fault(now)?))).collect()
    }

    /// What a list's file says from now on, and when it was written; `None`: it cannot be read.
    pub fn replace(&self, name: &str, content: Option<(Timestamp, Entries)>) {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = lists.iter_mut().find(|list| *list.settings.name == *name) {
            list.content = content;
        }
    }
}

#[cfg(test)]
mod tests;
