//! Takes declared lists and their changes, keeps the newest on disk, and hands it to whoever reads it.
//!
//! Not here: signatures (`gatekeeper`), the form of the file (`declared_file`), what a list means for a plate.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::declared_file::{DeclaredFile, Record};
use super::declared_message::{Change, DeclaredEntry, DeclaredMessage};
use super::number_book::NumberBook;
use super::refusal::{Reason, Refusal};
use crate::declared::{DeclaredList, DeclaredVehicle, NewestDeclared};
use crate::publish::utc_time::UtcTime;

/// The declared list as the gate's health tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeclaredHealth {
    /// The version of the list in use; null before the first.
    pub version: Option<u64>,
    /// How many vehicles are on it.
    pub entries: u64,
    /// How long ago it came, in whole seconds; null before the first.
    pub age_s: Option<u64>,
    /// What keeps it from being the newest, in words; null when nothing does.
    pub trouble: Option<String>,
}

/// The list in use and what is wrong with it, for everybody. Clones look at the same.
#[derive(Debug, Clone, Default)]
pub struct DeclaredView {
    newest: NewestDeclared,
    trouble: Arc<Mutex<Option<String>>>,
}

impl DeclaredView {
    /// The newest list, for those who match plates with it.
    #[must_use]
    pub fn newest(&self) -> &NewestDeclared {
        &self.newest
    }

    /// The list as health tells of it, by the wall clock `now`.
    #[must_use]
    pub fn health(&self, now: Timestamp) -> DeclaredHealth {
        let list = self.newest.list();
        let age = |list: &Arc<DeclaredList>| u64::try_from(now.duration_since(list.received_at).as_secs()).unwrap_or(0);
        DeclaredHealth {
            version: list.as_ref().map(|list| list.version),
            entries: list.as_ref().map_or(0, |list| list.vehicles.len() as u64),
            age_s: list.as_ref().map(age),
            trouble: self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// Keeps the newest list.
#[derive(Debug)]
pub struct DeclaredStore {
    file: DeclaredFile,
    view: DeclaredView,
}

impl DeclaredStore {
    /// The list that is kept in `folder`, if there is one. Where its file is damaged, as much of it as is sound; the rest is
    /// set aside, and the next whole list heals it.
    #[must_use]
    pub fn open(folder: &Path, now: Timestamp) -> Self {
        Self::open_for(NewestDeclared::default(), folder, now)
    }

    /// The same, for those who read `newest`.
    #[must_use]
    pub fn open_for(newest: NewestDeclared, folder: &Path, now: Timestamp) -> Self {
        let (file, found) = DeclaredFile::open(folder, now);
        let (view, mut damage) = (DeclaredView { newest, ..DeclaredView::default() }, found.damage);
        let mut list: Option<DeclaredList> = None;
        for record in found.records {
            match next_list(list.as_ref(), &record.message, record.received_at.timestamp()) {
                Ok(next) => list = Some(next),
                Err(refusal) => {
                    damage = Some(format!("a change in the kept declared list does not fit: {refusal}"));
                    break;
                }
            }
        }
        let mut store = Self { file, view };
        if let Some(damage) = damage {
            store.save_what_is_sound(list.as_ref(), damage);
        }
        if let Some(list) = list {
            info!(version = list.version, entries = list.vehicles.len(), "declared list of an earlier run");
            store.view.newest.replace(Arc::new(list));
        }
        store
    }

    fn save_what_is_sound(&mut self, list: Option<&DeclaredList>, damage: String) {
        warn!("the declared list is not as it was: {damage}; the next whole list heals it");
        self.view.set_trouble(Some(damage));
        if let Some(list) = list {
            let record = Record { received_at: UtcTime::new(list.received_at), message: whole(list) };
            if let Err(error) = self.file.rewrite(&record) {
                warn!(%error, "what is sound of the declared list cannot be kept");
            }
        }
    }

    /// A look at the list in use.
    #[must_use]
    pub fn view(&self) -> DeclaredView {
        self.view.clone()
    }

    /// Puts `message` into use, if it is newer than everything before and fits; it is on disk when this returns.
    ///
    /// # Errors
    /// [`Refusal`]; the list in use is then as before.
    pub fn take(
        &mut self,
        mut message: DeclaredMessage,
        book: &mut NumberBook,
        now: Timestamp,
    ) -> Result<Arc<DeclaredList>, Refusal> {
        book.usable()?;
        let current = self.view.newest.list();
        let version = message.version;
        check_age(&message, current.as_deref(), book.declared())?;
        let next = next_list(current.as_deref(), &message, now).inspect_err(|refusal| {
            if refusal.reason == Reason::Gap {
                self.view.set_trouble(Some(refusal.text.clone()));
            }
        })?;
        message.signature = None;
        self.keep(message, &next, now).map_err(|error| {
            let text = format!("list {version} cannot be kept: {error}; check the disk's space and health");
            Refusal::new(Reason::Refused, text)
        })?;
        book.raise_declared(version)?;
        let next = Arc::new(next);
        self.view.newest.replace(Arc::clone(&next));
        self.view.set_trouble(None);
        info!(version, entries = next.vehicles.len(), "declared list taken");
        Ok(next)
    }

    fn keep(&mut self, message: DeclaredMessage, next: &DeclaredList, now: Timestamp) -> io::Result<()> {
        let record = Record { received_at: UtcTime::new(now), message };
        if record.message.entries.is_some() {
            self.file.rewrite(&record)
        } else if self.file.should_be_rewritten() {
            self.file.rewrite(&Record { message: whole(next), ..record })
        } else {
            self.file.append(&record)
        }
    }
}

/// Refuses what is not newer than the newest list ever taken. If that was lost with the disk, the very same version may
/// come once more.
fn check_age(message: &DeclaredMessage, current: Option<&DeclaredList>, newest: u64) -> Result<(), Refusal> {
    let here = current.map_or(0, |list| list.version);
    let newest = newest.max(here);
    let lost = here < newest && message.version == newest && message.entries.is_some();
    if message.version > newest || lost {
        return Ok(());
    }
    let text = format!("a replay: version {} is not higher than {newest}, the last one taken", message.version);
    Err(Refusal::new(Reason::Old, text))
}

/// The list that `message` makes of `current`.
fn next_list(
    current: Option<&DeclaredList>,
    message: &DeclaredMessage,
    received_at: Timestamp,
) -> Result<DeclaredList, Refusal> {
    let vehicles = match message.change()? {
        Change::Whole(vehicles) => vehicles,
        Change::Delta { base, remove, add } => changed(current, message.version, base, &remove, add)?,
    };
    Ok(DeclaredList { version: message.version, received_at, vehicles })
}

fn changed(
    current: Option<&DeclaredList>,
    version: u64,
    base: u64,
    remove: &HashSet<String>,
    add: Vec<Arc<DeclaredVehicle>>,
) -> Result<Vec<Arc<DeclaredVehicle>>, Refusal> {
    let gap = |here: &str| {
        let text = format!("version {version} builds on {base}, and here is {here}: send a whole list");
        Refusal::new(Reason::Gap, text)
    };
    let current = current.ok_or_else(|| gap("none"))?;
    if current.version != base {
        return Err(gap(&current.version.to_string()));
    }
    let mut unknown: HashSet<&str> = remove.iter().map(String::as_str).collect();
    let mut stays = |vehicle: &Arc<DeclaredVehicle>| {
        unknown.remove(&*vehicle.declaration_id);
        !remove.contains(&*vehicle.declaration_id)
    };
    let mut vehicles: Vec<_> = current.vehicles.iter().filter(|vehicle| stays(vehicle)).cloned().collect();
    if let Some(unknown) = unknown.iter().min() {
        let text = format!("version {version} removes {unknown:?}, which is not on list {base}: send a whole list");
        return Err(Refusal::new(Reason::Gap, text));
    }
    let added: HashSet<&Arc<DeclaredVehicle>> = add.iter().collect();
    if let Some(twice) = vehicles.iter().find(|vehicle| added.contains(vehicle)) {
        let text = format!("version {version} adds an entry of {:?} that list {base} has", twice.declaration_id);
        return Err(Refusal::new(Reason::Gap, format!("{text}: send a whole list")));
    }
    vehicles.extend(add);
    Ok(vehicles)
}

fn whole(list: &DeclaredList) -> DeclaredMessage {
    DeclaredMessage {
        version: list.version,
        base_version: None,
        gate: None,
        entries: Some(list.vehicles.iter().map(|vehicle| DeclaredEntry::from(&**vehicle)).collect()),
        remove: None,
        add: None,
        signature: None,
    }
}

#[cfg(test)]
#[path = "declared_store_tests.rs"]
mod tests;
