//! Looks up what is known of a vehicle that passed: its visit, its declaration, the lists it is on.
//!
//! It stands between a passage and its event, on the recognition thread and in a replay alike. It does no I/O: lists are in
//! memory, and whoever brings them in changes them there.

use jiff::Timestamp;

use crate::declared::{Asked, NewestDeclared, ReadPlate};
use crate::dossier::{DeclaredMatch, Dossier};
use crate::passage::Passage;

/// Everything that is looked up in.
#[derive(Debug, Clone, Default)]
pub struct Registrar {
    declared: NewestDeclared,
}

/// What came of looking up.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    /// What is known of the vehicle.
    pub dossier: Dossier,
    /// An earlier passage of which more is known now, and what: its event is amended.
    pub amends: Option<(Passage, Dossier)>,
}

impl Registrar {
    /// One that looks plates up in the newest declared list.
    #[must_use]
    pub fn new(declared: NewestDeclared) -> Self {
        Self { declared }
    }

    /// What is known of the vehicle of `passage`, at `now` by the gate's clock.
    pub fn look_up(&mut self, passage: &Passage, now: Timestamp) -> Lookup {
        let dossier = Dossier { declared: self.declared(passage, now), ..Dossier::default() };
        Lookup { dossier, amends: None }
    }

    /// What the declared list says of the plate; `None` where none was read.
    fn declared(&self, passage: &Passage, now: Timestamp) -> Option<DeclaredMatch> {
        let plate = passage.plate.as_ref().ok()?;
        Some(self.declared.match_of(&ReadPlate::from(plate), Asked { seen: passage.best_seen.wall, now }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::MatchKind;
    use crate::passage::{NoReadReason, Stage};
    use crate::publish::test_passages::{passage, unread_passage};

    #[test]
    fn a_plate_is_looked_up_at_every_stage_and_a_vehicle_that_passed_unread_is_not() {
        let mut registrar = Registrar::default();
        let mut kind = |passage: &Passage| {
            let declared = registrar.look_up(passage, Timestamp::UNIX_EPOCH).dossier.declared;
            declared.map(|declared| declared.kind)
        };
        for stage in [Stage::Provisional, Stage::Final, Stage::Amended] {
            assert_eq!(kind(&passage(1, stage)), Some(MatchKind::NoList));
        }
        assert_eq!(kind(&unread_passage(2, NoReadReason::NoAgreement)), None);
    }
}
