//! The list of declared vehicles: who is expected at this gate, as the platform last told it.
//!
//! Not here: how the list comes in and is kept (`publish::inbound`), and what it means for a plate that was read.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use crate::plate::PlateText;

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

/// The newest list, for everybody who reads it. Clones share it, and reading costs a lock and a count.
#[derive(Debug, Clone, Default)]
pub struct NewestDeclared(Arc<RwLock<Option<Arc<DeclaredList>>>>);

impl NewestDeclared {
    /// The newest list; `None` before the first.
    #[must_use]
    pub fn list(&self) -> Option<Arc<DeclaredList>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a newer list in its place.
    pub fn replace(&self, list: Arc<DeclaredList>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(list);
    }
}
