//! Looks up what is known of a vehicle that passed: its visit, its declaration, the lists it is on.
//!
//! It stands between a passage and its event, on the recognition thread and in a replay alike. It does no I/O: lists are in
//! memory, and whoever brings them in changes them there; what is learnt is handed to whoever keeps it, without waiting.

use std::sync::mpsc::{SyncSender, TrySendError};

use jiff::Timestamp;
use tracing::warn;

use crate::dossier::{Dossier, VisitPart};
use crate::passage::Passage;
use crate::visit::{KnownPair, VisitBook};

/// Everything that is looked up in.
#[derive(Debug, Clone, Default)]
pub struct Registrar {
    visits: VisitBook,
    /// Where new pairs of tractor and trailer go, to be known after a restart.
    pairs: Option<SyncSender<KnownPair>>,
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
        Self { visits, pairs: None }
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
            let dossier = Self::dossier(&passage, part, now);
            (passage, dossier)
        };
        Lookup {
            dossier: Self::dossier(passage, noted.part, now),
            amends: noted.amends.into_iter().map(known).collect(),
        }
    }

    /// All that is known of a vehicle whose part in a visit is found.
    fn dossier(_passage: &Passage, part: VisitPart, _now: Timestamp) -> Dossier {
        Dossier { visit: Some(part), ..Dossier::default() }
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
