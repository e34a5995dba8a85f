//! The declared list from both its sources, the broker and a file, and the alarms about it.
//!
//! The higher version wins, wherever it comes from: a list of either source is taken by the same rules, and a file that is
//! older than what came over the broker is told and left alone. Not here: how a list is kept (`declared_store`).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::declared_message::{Change, DeclaredMessage};
use super::declared_store::DeclaredStore;
use super::gatekeeper::Gatekeeper;
use super::number_book::NumberBook;
use super::refusal::{Reason, Refusal};
use crate::alarm::{AlarmKind, Alarms};
use crate::declared::{DeclaredList, NewestDeclared};
use crate::resting_file::{Limit, Look, RestingFile};

/// What is said of the declared list in the config, and who reads it.
#[derive(Debug, Clone, Default)]
pub struct DeclaredSettings {
    /// Where the newest list is put.
    pub newest: NewestDeclared,
    /// A file that a list comes from too.
    pub file: Option<PathBuf>,
    /// From which age on the list needs somebody.
    pub max_age: Option<Duration>,
}

/// Keeps the newest list of both sources.
#[derive(Debug)]
pub(super) struct DeclaredKeeper {
    store: DeclaredStore,
    file: Option<RestingFile>,
    max_age: Option<Duration>,
    alarms: Alarms,
}

impl DeclaredKeeper {
    pub(super) fn new(store: DeclaredStore, settings: &DeclaredSettings, largest: usize, alarms: Alarms) -> Self {
        let limit = Limit { bytes: largest as u64, remedy: "raise `declared_max_mib`" };
        let file = settings.file.as_deref().map(|path| RestingFile::new(path, limit));
        Self { store, file, max_age: settings.max_age, alarms }
    }

    /// Takes what came from the broker.
    ///
    /// # Errors
    /// As [`DeclaredStore::take`].
    pub(super) fn take(
        &mut self,
        message: DeclaredMessage,
        book: &mut NumberBook,
        now: Timestamp,
    ) -> Result<Arc<DeclaredList>, Refusal> {
        self.store.take(message, book, now)
    }

    /// Looks whether the file has changed and whether the list has grown old.
    pub(super) fn look(&mut self, gatekeeper: &Gatekeeper, book: &mut NumberBook, now: Timestamp) {
        self.look_at_file(gatekeeper, book, now);
        self.look_at_age(now);
    }

    fn look_at_file(&mut self, gatekeeper: &Gatekeeper, book: &mut NumberBook, now: Timestamp) {
        let Some(file) = &mut self.file else { return };
        let (path, read) = (file.path().to_owned(), file.look());
        let taken = match read {
            Look::NothingNew => return,
            Look::Read(content) => {
                self.take_file(&content.bytes, gatekeeper, book, now).map_err(|refusal| refusal.text)
            }
            Look::Unreadable(error) => Err(format!("it cannot be read: {error}")),
        };
        match taken {
            Ok(()) => self.alarms.clear(AlarmKind::DeclaredFile),
            Err(why) => {
                let text = format!(
                    "the declared list in {} is not used: {why}; put a right one there, the list in use stays until then",
                    path.display()
                );
                self.alarms.raise(AlarmKind::DeclaredFile, &text, now);
            }
        }
    }

    fn take_file(
        &mut self,
        bytes: &[u8],
        gatekeeper: &Gatekeeper,
        book: &mut NumberBook,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let message = gatekeeper.read_signed::<DeclaredMessage>(bytes)?.message;
        let Change::Whole(vehicles) = message.change()? else {
            let text = "it holds a change, and a file must hold a whole list (`entries`)";
            return Err(Refusal::new(Reason::Malformed, text));
        };
        match self.store.view().newest().list() {
            Some(list) if list.version == message.version && list.vehicles == vehicles => Ok(()),
            Some(list) if list.version >= message.version => {
                let text = format!(
                    "it has version {}, and version {} is in use already: raise `version` with every change",
                    message.version, list.version
                );
                Err(Refusal::new(Reason::Old, text))
            }
            _ => self.store.take(message, book, now).map(drop),
        }
    }

    fn look_at_age(&self, now: Timestamp) {
        let Some(max_age) = self.max_age else { return };
        let hours = max_age.as_secs() / 3600;
        let text = match self.store.view().newest().list() {
            None => format!("no declared list has come, and none may be older than {hours} h (`max_age_h`)"),
            Some(list) => {
                let age = Duration::try_from(now.duration_since(list.received_at)).unwrap_or_default();
                if age <= max_age {
                    self.alarms.clear(AlarmKind::DeclaredListOld);
                    return;
                }
                format!(
                    "the declared list, version {}, came at {} and is older than {hours} h (`max_age_h`)",
                    list.version, list.received_at
                )
            }
        };
        let text = format!("{text}; ask the platform's operator for a newer one, and check what brings it here");
        self.alarms.raise(AlarmKind::DeclaredListOld, &text, now);
    }
}

#[cfg(test)]
#[path = "declared_keeper_tests.rs"]
mod tests;
