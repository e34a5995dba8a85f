//! Looks up what is known of a vehicle that passed: its visit, its declaration, the lists it is on.
//!
//! It stands between a passage and its event, on the recognition thread and in a replay alike. It does no I/O: lists are in
//! memory, and whoever brings them in changes them there.

use jiff::Timestamp;

use crate::dossier::Dossier;
use crate::passage::Passage;

/// Everything that is looked up in.
#[derive(Debug, Clone, Default)]
pub struct Registrar {}

/// What came of looking up.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    /// What is known of the vehicle.
    pub dossier: Dossier,
    /// An earlier passage of which more is known now, and what: its event is amended.
    pub amends: Option<(Passage, Dossier)>,
}

impl Registrar {
    /// What is known of the vehicle of `passage`, at `now` by the gate's clock.
    pub fn look_up(&mut self, _passage: &Passage, _now: Timestamp) -> Lookup {
        Lookup::default()
    }
}
