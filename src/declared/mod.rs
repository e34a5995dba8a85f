//! The list of declared vehicles: who is expected at this gate, as the platform last told it.
//!
//! ```text
//! list ─▶ index (once per list) ─▶ plates that may be meant ─▶ distance ◀─ confusion (measured), confidences ─▶ decision
//! ```
//!
//! * [`DeclaredVehicle`], [`DeclaredList`]: the values; [`NewestDeclared`]: the list in use
//! * [`DeclaredIndex`]: finds the same plate and those near it; [`ReadPlate`]: what it is asked for, and how far a plate is
//! * `packed`, `confusion`, `distance`, `decision`: characters as numbers, what the reader confuses, how far, and what follows
//!
//! Not here: how the list comes in and is kept (`publish::inbound`).

mod confusion;
mod decision;
mod distance;
mod index;
mod packed;
#[cfg(test)]
mod samples;

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

pub use distance::ReadPlate;
pub use index::DeclaredIndex;

use crate::dossier::{DeclaredMatch, MatchKind};
use crate::plate::PlateText;
use crate::plate_format;

/// One declared vehicle. A declaration of a tractor and its trailer is two of them with one `declaration_id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeclaredVehicle {
    /// Names the declaration.
    pub declaration_id: Arc<str>,
    /// The plate's characters, if they were declared. This or `key` is there, or both.
    pub text: Option<PlateText>,
    /// The plate's key, such as `VN-12C12345`, if it was declared.
    pub key: Option<Box<str>>,
    /// Not expected before this.
    pub valid_from: Option<Timestamp>,
    /// Not expected after this.
    pub valid_until: Option<Timestamp>,
}

/// All vehicles that are declared at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredList {
    /// Rises with every change.
    pub version: u64,
    /// When this version came, by the gate's clock.
    pub received_at: Timestamp,
    /// The vehicles, in the platform's order.
    pub vehicles: Vec<Arc<DeclaredVehicle>>,
}

impl DeclaredVehicle {
    /// Whether it is expected at `at`.
    #[must_use]
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= at) && self.valid_until.is_none_or(|until| at <= until)
    }

    /// Its plate's characters, also where only the key was declared; `None` where that is no key of a plate here.
    #[must_use]
    pub fn plate_text(&self) -> Option<PlateText> {
        self.text.clone().or_else(|| plate_format::text_of_key(self.key.as_deref()?))
    }

    /// Its plate as it was declared: the text, or else the key.
    #[must_use]
    pub fn plate(&self) -> &str {
        self.text.as_ref().map(PlateText::as_str).or(self.key.as_deref()).unwrap_or_default()
    }
}

/// When a plate was seen, and when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// When the vehicle was here: its declaration must be valid then.
    pub seen: Timestamp,
    /// Now, by the gate's clock: how old the list is.
    pub now: Timestamp,
}

/// The newest list, for everybody who reads it. Clones share it, and reading costs a lock and a count.
#[derive(Debug, Clone, Default)]
pub struct NewestDeclared(Arc<RwLock<Option<Arc<DeclaredIndex>>>>);

impl NewestDeclared {
    /// The newest list; `None` before the first.
    #[must_use]
    pub fn list(&self) -> Option<Arc<DeclaredList>> {
        self.index().map(|index| Arc::clone(index.list()))
    }

    /// The newest list, ready to be looked up in; `None` before the first.
    #[must_use]
    pub fn index(&self) -> Option<Arc<DeclaredIndex>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a newer list in its place. It is made ready here, on the thread of whoever brings it.
    pub fn replace(&self, list: Arc<DeclaredList>) {
        let index = Arc::new(DeclaredIndex::new(list));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(index);
    }

    /// What the list says of a plate.
    #[must_use]
    pub fn match_of(&self, read: &ReadPlate<'_>, asked: Asked) -> DeclaredMatch {
        self.index().map_or_else(no_list, |index| index.match_of(read, asked))
    }
}

fn no_list() -> DeclaredMatch {
    DeclaredMatch {
        kind: MatchKind::NoList,
        declaration_id: None,
        distance: None,
        candidates: Vec::new(),
        list_version: None,
        list_age: None,
    }
}
