//! Looks up what is known of a vehicle that passed: its visit, its declaration, the lists it is on.
//!
//! It stands between a passage and its event, on the recognition thread and in a replay alike. It does no I/O: lists are in
//! memory, and whoever brings them in changes them there; what is learnt is handed to whoever keeps it, without waiting.

use std::sync::mpsc::{SyncSender, TrySendError};

use jiff::Timestamp;
use tracing::warn;

use crate::declared::{Asked, NewestDeclared, ReadPlate};
use crate::dossier::{DeclaredMatch, Dossier, VisitPart};
use crate::passage::Passage;
use crate::plate_list::PlateLists;
use crate::visit::{KnownPair, VisitBook};

/// Everything that is looked up in.
#[derive(Debug, Clone, Default)]
pub struct Registrar {
    visits: VisitBook,
    /// Where new pairs of tractor and trailer go, to be known after a restart.
    pairs: Option<SyncSender<KnownPair>>,
    declared: NewestDeclared,
    lists: PlateLists,
}

/// What came of looking up.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    /// What is known of the vehicle.
    pub dossier: Dossier,
    /// Earlier passages of which more is known now, and what: their events are amended.
    pub amends: Vec<(Passage, Dossier)>,
}

impl Registrar {
    /// One that joins visits in `visits`.
    #[must_use]
    pub fn new(visits: VisitBook) -> Self {
        Self { visits, ..Self::default() }
    }

    /// The same, looking plates up in the newest declared list.
    #[must_use]
    pub fn with_declared(self, declared: NewestDeclared) -> Self {
        Self { declared, ..self }
    }

    /// The same, looking up in these lists too.
    #[must_use]
    pub fn with_lists(self, lists: PlateLists) -> Self {
        Self { lists, ..self }
    }

    /// With somebody who keeps the pairs of tractor and trailer.
    #[must_use]
    pub fn keeping_pairs(self, pairs: SyncSender<KnownPair>) -> Self {
        Self { pairs: Some(pairs), ..self }
    }

    /// What is known of the vehicle of `passage`, at `now` by the gate's clock.
    pub fn look_up(&mut self, passage: &Passage, now: Timestamp) -> Lookup {
        let noted = self.visits.note(passage);
        noted.pairs.into_iter().for_each(|pair| self.keep(pair));
        let known = |(passage, part): (Passage, VisitPart)| {
            let dossier = self.dossier(&passage, part, now);
            (passage, dossier)
        };
        Lookup {
            dossier: self.dossier(passage, noted.part, now),
            amends: noted.amends.into_iter().map(known).collect(),
        }
    }

    /// All that is known of a vehicle whose part in a visit is found.
    fn dossier(&self, passage: &Passage, part: VisitPart, now: Timestamp) -> Dossier {
        let lists = passage.plate.as_ref().map(|plate| self.lists.hits(&plate.format.key, now)).unwrap_or_default();
        Dossier { visit: Some(part), declared: self.declared(passage, now), lists }
    }

    /// What the declared list says of the plate; `None` where none was read.
    fn declared(&self, passage: &Passage, now: Timestamp) -> Option<DeclaredMatch> {
        let plate = passage.plate.as_ref().ok()?;
        Some(self.declared.match_of(&ReadPlate::from(plate), Asked { seen: passage.best_seen.wall, now }))
    }

    /// Hands a pair to whoever keeps it. A disk that is that slow costs the pair, never an event.
    fn keep(&self, pair: KnownPair) {
        if let Some(pairs) = &self.pairs
            && let Err(TrySendError::Full(pair)) = pairs.try_send(pair)
        {
            warn!(tractor = %pair.tractor, "the disk is too slow: after a restart this tractor's trailer is not known");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::dossier::{ListKind, MatchKind};
    use crate::passage::{NoReadReason, Stage};
    use crate::plate_format::Country;
    use crate::plate_list::{ListSettings, csv_file};
    use crate::publish::test_passages::{passage, unread_passage};

    #[test]
    fn a_vehicle_has_the_lists_that_its_plate_is_on_and_an_unread_one_has_none() {
        let (name, max_age) = (Arc::from("staff"), Duration::from_secs(3600));
        let list = ListSettings { name, kind: ListKind::Watch, file: "staff.csv".into(), max_age };
        let lists = PlateLists::new(&[list]);
        let rules = csv_file::Rules { countries: vec![Country::Vietnam], zone: TimeZone::UTC };
        lists.replace("staff", Some((Timestamp::UNIX_EPOCH, csv_file::parse(b"12C12345", &rules).entries)));
        let mut registrar = Registrar::default().with_lists(lists);
        let mut hits = |passage: &Passage| registrar.look_up(passage, Timestamp::UNIX_EPOCH).dossier.lists.len();
        assert_eq!(hits(&passage(7, Stage::Final)), 1);
        assert_eq!(hits(&unread_passage(7, NoReadReason::NoAgreement)), 0);
    }

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
