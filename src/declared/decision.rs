//! What follows for a plate from the declared plates that are the same or near: one, several, or none.
//!
//! The rules, which docs/events.md explains to receivers:
//!
//! * The very plate is declared: `exact`, unless it is as well possible that the reader meant another declared one
//!   ([`CLEARLY`]), or the plate is declared twice over: then `ambiguous`.
//! * It is not, and one is within [`LIKELY`]: `likely` if it is [`CLEARLY`] likelier than all others together, else `ambiguous`.
//! * Whatever is on the list counts as a rival, also if its declaration is not valid now: such a vehicle exists and may stand
//!   here. It is told as a candidate only while it is valid. So a plate that is declared for another day alone is `none`.
//!
//! Rivals are weighed together because of fleets: where a doubtful character may be any of ten and all ten numbers are
//! declared, none of them is much likelier than the one that was read, and together they are.
//!
//! The thresholds follow from what a distance stands for (`distance`): `benches/declared.rs` prints how often they are wrong.

use std::sync::Arc;
use std::time::Duration;

use super::distance::{Doubts, ReadPlate, probability};
use super::index::{DeclaredIndex, Near};
use super::{Asked, DeclaredVehicle};
use crate::dossier::{DeclaredCandidate, DeclaredMatch, MatchKind};

/// One plate in thirty is read in this way (10^-1.5). Chosen by the rates that `benches/declared.rs` prints, where a wrong `likely` is
/// worse than a `none`: on random lists of 200,000 Vietnamese plates, 42 of 100 misread declared plates are `likely` and
/// right, none wrong, and 0.08 of 100 plates that are not declared are `likely`. At 0.4 it is 70, 0 and 0.2; among fleets with
/// consecutive numbers, where the undeclared are neighbours of the declared, 1.2 at 0.3 and 3.7 at 0.4.
const LIKELY: f32 = 0.3;
/// So many times as likely as all others together.
const CLEARLY: f32 = 10.0;
/// How far is looked for rivals: a tenth as likely as the least likely plate that may be `likely`.
const RADIUS: f32 = LIKELY + 0.2;
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
        // Mostly the reader is so sure that no other plate can matter, and none need be looked for.
        let matters = if same.is_empty() { doubts.least() <= LIKELY } else { doubts.total() * CLEARLY >= 1.0 };
        let mut near = if matters { self.near(&doubts, RADIUS) } else { Vec::new() };
        near.retain(|it| !same.iter().any(|vehicle| std::ptr::eq(*vehicle, it.vehicle)));
        if same.is_empty() { other_plates(known, &near, asked) } else { same_plate(known, &same, &near, asked) }
    }
}

/// The very plate is on the list.
fn same_plate(known: DeclaredMatch, same: &[&DeclaredVehicle], near: &[Near<'_>], asked: Asked) -> DeclaredMatch {
    let mut same: Vec<_> = same.iter().map(|vehicle| Near { vehicle, distance: 0.0 }).collect();
    same.sort_by(|a, b| a.vehicle.declaration_id.cmp(&b.vehicle.declaration_id));
    let valid = candidates(&same, asked);
    let clear = likelihood(near) * CLEARLY < 1.0;
    if let ([only], true) = (valid.as_slice(), clear) {
        let declaration_id = Some(Arc::clone(&only.declaration_id));
        return DeclaredMatch { kind: MatchKind::Exact, declaration_id, distance: Some(0.0), ..known };
    }
    if valid.is_empty() && clear {
        return known;
    }
    let rivals: &[Near<'_>] = if clear { &[] } else { near };
    ambiguous(known, candidates(&[&same, rivals].concat(), asked))
}

/// The plate is not on the list, and others that are near may be.
fn other_plates(known: DeclaredMatch, near: &[Near<'_>], asked: Asked) -> DeclaredMatch {
    let Some(nearest) = near.first().filter(|nearest| nearest.distance <= LIKELY) else { return known };
    let is_nearest = |it: &Near<'_>| is_same_declaration(it.vehicle, nearest.vehicle);
    let (own, others): (Vec<_>, Vec<_>) = near.iter().cloned().partition(is_nearest);
    if likelihood(&others) * CLEARLY > probability(nearest.distance) {
        return ambiguous(known, candidates(near, asked));
    }
    if !own.iter().any(|it| it.vehicle.is_valid(asked.seen)) {
        return known;
    }
    DeclaredMatch {
        kind: MatchKind::Likely,
        declaration_id: Some(Arc::clone(&nearest.vehicle.declaration_id)),
        distance: Some(f64::from(nearest.distance)),
        candidates: candidates(near, asked),
        ..known
    }
}

/// None of `candidates` is chosen; without any, there is nothing to choose from.
fn ambiguous(known: DeclaredMatch, candidates: Vec<DeclaredCandidate>) -> DeclaredMatch {
    match candidates.first().map(|nearest| nearest.distance) {
        None => known,
        distance => DeclaredMatch { kind: MatchKind::Ambiguous, distance, candidates, ..known },
    }
}

/// How likely it is that the plate is one of these.
fn likelihood(near: &[Near<'_>]) -> f32 {
    near.iter().map(|it| probability(it.distance)).sum()
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
