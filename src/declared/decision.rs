//! What follows for a plate from the declared plates that are the same or near: one, several, or none.
//!
//! The rules, which docs/events.md explains to receivers:
//!
//! * The very plate is declared: `exact`, unless another declared one is so near that the reader may as well have meant that
//!   one, or the plate is declared twice over: then `ambiguous`.
//! * It is not: `likely` if one is within [`LIKELY`] and every other one at least [`CLEARLY`] further; several: `ambiguous`.
//! * Whatever is on the list counts as a rival, also if its declaration is not valid now: such a vehicle exists and may stand
//!   here. It is told as a candidate only while it is valid. So a plate that is declared for another day alone is `none`.
//!
//! The thresholds follow from what a distance stands for (`distance`): `benches/declared.rs` prints how often they are wrong.

use std::sync::Arc;
use std::time::Duration;

use super::distance::{Doubts, ReadPlate};
use super::index::{DeclaredIndex, Near};
use super::{Asked, DeclaredVehicle};
use crate::dossier::{DeclaredCandidate, DeclaredMatch, MatchKind};

/// One plate in a hundred is read in this way (10^-2). Of all plates that Vietnam can have, a list of 200,000 declares one in 800: so
/// where half of the vehicles are declared, a plate at this distance is eight times as likely the declared one misread as
/// another one that is not on the list, and nearer ones more.
const LIKELY: f32 = 0.4;
/// Ten times as probable (10^-1).
const CLEARLY: f32 = 0.2;
/// How many candidates are told.
const MOST_CANDIDATES: usize = 5;

impl DeclaredIndex {
    /// What the list says of a plate.
    #[must_use]
    pub fn match_of(&self, read: &ReadPlate<'_>, asked: Asked) -> DeclaredMatch {
        let age = Duration::try_from(asked.now.duration_since(self.list().received_at)).unwrap_or_default();
        let known = DeclaredMatch {
            kind: MatchKind::NotDeclared,
            declaration_id: None,
            distance: None,
            candidates: Vec::new(),
            list_version: Some(self.list().version),
            list_age: Some(age),
        };
        let doubts = Doubts::of(read);
        let same = self.same(read);
        let radius = if same.is_empty() { LIKELY + CLEARLY } else { CLEARLY };
        // Mostly the reader is so sure that nothing can be that near, and nothing need be looked for.
        let near = if doubts.least() < radius { self.near(&doubts, radius) } else { Vec::new() };
        let near: Vec<_> =
            near.into_iter().filter(|it| !same.iter().any(|vehicle| std::ptr::eq(*vehicle, it.vehicle))).collect();
        if same.is_empty() { other_plates(known, &near, asked) } else { same_plate(known, &same, &near, asked) }
    }
}

/// The very plate is on the list.
fn same_plate(known: DeclaredMatch, same: &[&DeclaredVehicle], near: &[Near<'_>], asked: Asked) -> DeclaredMatch {
    let same = same.iter().map(|vehicle| Near { vehicle, distance: 0.0 });
    let mut all: Vec<_> = same.chain(near.iter().filter(|it| it.distance < CLEARLY).cloned()).collect();
    all.sort_by(|a, b| {
        a.distance.total_cmp(&b.distance).then_with(|| a.vehicle.declaration_id.cmp(&b.vehicle.declaration_id))
    });
    let candidates = candidates(&all, asked);
    match candidates.as_slice() {
        [] => known,
        [only] if near.is_empty() => DeclaredMatch {
            kind: MatchKind::Exact,
            declaration_id: Some(Arc::clone(&only.declaration_id)),
            distance: Some(0.0),
            ..known
        },
        [nearest, ..] => {
            DeclaredMatch { kind: MatchKind::Ambiguous, distance: Some(nearest.distance), candidates, ..known }
        }
    }
}

/// The plate is not on the list, and others that are near may be.
fn other_plates(known: DeclaredMatch, near: &[Near<'_>], asked: Asked) -> DeclaredMatch {
    let Some(nearest) = near.first().filter(|nearest| nearest.distance <= LIKELY) else { return known };
    let rivals: Vec<_> = near.iter().take_while(|it| it.distance < nearest.distance + CLEARLY).collect();
    let candidates = candidates(near, asked);
    let Some(first) = candidates.first().filter(|_| rivals.iter().any(|it| it.vehicle.is_valid(asked.seen))) else {
        return known;
    };
    let alone = rivals.iter().all(|it| is_same_declaration(it.vehicle, nearest.vehicle));
    DeclaredMatch {
        kind: if alone { MatchKind::Likely } else { MatchKind::Ambiguous },
        declaration_id: alone.then(|| Arc::clone(&first.declaration_id)),
        distance: Some(first.distance),
        candidates,
        ..known
    }
}

/// Whether two entries are one vehicle of one declaration, such as one that is valid on two days.
fn is_same_declaration(a: &DeclaredVehicle, b: &DeclaredVehicle) -> bool {
    a.declaration_id == b.declaration_id && (a.plate() == b.plate() || a.plate_text() == b.plate_text())
}

/// Those that are valid, each declaration's plate once, the nearest first.
fn candidates(near: &[Near<'_>], asked: Asked) -> Vec<DeclaredCandidate> {
    let mut told: Vec<&Near<'_>> = Vec::new();
    for it in near.iter().filter(|it| it.vehicle.is_valid(asked.seen)) {
        if told.len() < MOST_CANDIDATES && !told.iter().any(|there| is_same_declaration(there.vehicle, it.vehicle)) {
            told.push(it);
        }
    }
    let candidate = |it: &Near<'_>| DeclaredCandidate {
        declaration_id: Arc::clone(&it.vehicle.declaration_id),
        plate: it.vehicle.plate().into(),
        distance: f64::from(it.distance),
    };
    told.into_iter().map(candidate).collect()
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
