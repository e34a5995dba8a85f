//! Lists and readings for the tests of this module.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Asked, DeclaredIndex, DeclaredList, DeclaredVehicle, ReadPlate};
use crate::dossier::{DeclaredMatch, MatchKind};
use crate::plate::{Confidence, PlateText};
use crate::plate_format::{self, Country};

pub(super) fn text(text: &str) -> PlateText {
    PlateText::normalised(text).expect("a plate text")
}

/// A vehicle with this plate, declared by its key if it is one.
pub(super) fn vehicle(id: &str, plate: &str) -> DeclaredVehicle {
    let key = plate.contains('-').then(|| Box::from(plate));
    DeclaredVehicle {
        declaration_id: id.into(),
        text: if key.is_some() { None } else { Some(text(plate)) },
        key,
        valid_from: None,
        valid_until: None,
    }
}

pub(super) fn index(vehicles: Vec<DeclaredVehicle>) -> DeclaredIndex {
    let vehicles = vehicles.into_iter().map(Arc::new).collect();
    DeclaredIndex::new(Arc::new(DeclaredList { version: 118, received_at: Timestamp::UNIX_EPOCH, vehicles }))
}

/// Vehicles D-0, D-1 … with these plates.
pub(super) fn list(plates: &[&str]) -> DeclaredIndex {
    index(plates.iter().enumerate().map(|(number, plate)| vehicle(&format!("D-{number}"), plate)).collect())
}

/// A reading with its own storage.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) text: PlateText,
    key: String,
    confidences: Vec<Confidence>,
    alternatives: Vec<(PlateText, Confidence)>,
}

impl Read {
    /// Read with 0.99 of every character.
    pub(super) fn sure(plate: &str) -> Self {
        let text = text(plate);
        let format = plate_format::identify(&text, &[Country::Vietnam, Country::China, Country::Other]);
        let key = format.map_or_else(String::new, |format| format.key);
        let confidences = vec![Confidence::clamped(0.99); text.len()];
        Self { text, key, confidences, alternatives: Vec::new() }
    }

    /// And with this confidence at one place.
    pub(super) fn but(mut self, place: usize, confidence: f32) -> Self {
        self.confidences[place] = Confidence::clamped(confidence);
        self
    }

    pub(super) fn or(mut self, plate: &str, share: f32) -> Self {
        self.alternatives.push((text(plate), Confidence::clamped(share)));
        self
    }

    pub(super) fn plate(&self) -> ReadPlate<'_> {
        let least = self.confidences.iter().map(|confidence| confidence.value()).fold(1.0, f32::min);
        ReadPlate {
            text: &self.text,
            key: &self.key,
            per_character: &self.confidences,
            confidence: Confidence::clamped(least),
            alternatives: &self.alternatives,
        }
    }

    pub(super) fn matched(&self, index: &DeclaredIndex) -> DeclaredMatch {
        index.match_of(&self.plate(), Asked { seen: Timestamp::UNIX_EPOCH, now: Timestamp::UNIX_EPOCH })
    }

    /// The kind of match and the declaration.
    pub(super) fn found(&self, index: &DeclaredIndex) -> (MatchKind, Option<String>) {
        let found = self.matched(index);
        (found.kind, found.declaration_id.map(|id| id.to_string()))
    }
}
