//! Finds the plates of a list that are the one that was read, and those that are near it.
//!
//! Texts lie packed, sorted and by length, 16 bytes each and 4 for the vehicle: 4 MB at 200,000. The same text is found by
//! halving. For those near it every text of the same length, and of one more or less, is compared with what was read, all
//! characters at once: that is some hundred thousand times a few instructions, has no worst case among lists of consecutive
//! numbers, and needs no index of misspellings, which would take ten times the memory and be built anew with every change.
//!
//! Not here: what follows from what is found (`decision`).

use std::sync::Arc;

use super::distance::{Doubts, ReadPlate};
use super::packed::packed;
use super::{DeclaredList, DeclaredVehicle};
use crate::plate::PlateText;

/// A list that can be looked up in.
#[derive(Debug)]
pub struct DeclaredIndex {
    list: Arc<DeclaredList>,
    by_length: Vec<Texts>,
    /// Vehicles that were declared with a key, by it.
    by_key: Vec<u32>,
}

/// All texts of one length, sorted, and whose they are.
#[derive(Debug, Default)]
struct Texts {
    packed: Vec<u128>,
    vehicles: Vec<u32>,
}

static NO_TEXTS: Texts = Texts { packed: Vec::new(), vehicles: Vec::new() };

/// A declared vehicle that is near, and how far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Near<'l> {
    pub(super) vehicle: &'l DeclaredVehicle,
    pub(super) distance: f32,
}

impl DeclaredIndex {
    /// Makes `list` ready: some tens of milliseconds for 200,000 vehicles.
    #[must_use]
    pub fn new(list: Arc<DeclaredList>) -> Self {
        let mut by_length: Vec<Vec<(u128, u32)>> = vec![Vec::new(); PlateText::MAX_CHARACTERS + 1];
        let mut by_key = Vec::new();
        for (number, vehicle) in (0_u32..).zip(&list.vehicles) {
            if let Some(text) = vehicle.plate_text() {
                by_length[text.len()].push((packed(&text), number));
            }
            if vehicle.key.is_some() {
                by_key.push(number);
            }
        }
        by_key.sort_unstable_by_key(|number| list.vehicles[*number as usize].key.as_deref());
        let by_length = by_length.into_iter().map(Texts::sorted).collect();
        Self { list, by_length, by_key }
    }

    /// The list.
    #[must_use]
    pub fn list(&self) -> &Arc<DeclaredList> {
        &self.list
    }

    /// How many bytes it takes beside the list itself.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let texts: usize =
            self.by_length.iter().map(|texts| texts.packed.len() * (size_of::<u128>() + size_of::<u32>())).sum();
        texts + self.by_key.len() * size_of::<u32>()
    }

    /// The vehicles that have this very plate, valid or not.
    pub(super) fn same(&self, read: &ReadPlate<'_>) -> Vec<&DeclaredVehicle> {
        let by_text = self.by_length[read.text.len()].of(packed(read.text)).filter(|vehicle| {
            // Texts with characters that no plate here carries look alike when they are packed.
            self.vehicle(**vehicle).text.as_ref().is_none_or(|text| text == read.text)
        });
        let key_of = |number: &u32| self.vehicle(*number).key.as_deref();
        let first = self.by_key.partition_point(|number| key_of(number) < Some(read.key));
        let by_key = self.by_key[first..].iter().take_while(|number| key_of(number) == Some(read.key));
        let mut same: Vec<u32> = by_text.chain(by_key).copied().collect();
        same.sort_unstable();
        same.dedup();
        same.into_iter().map(|number| self.vehicle(number)).collect()
    }

    /// The vehicles with other plates that are not further than `radius`, valid or not, the nearest first; equally near
    /// ones by plate and declaration, whatever their order on the list.
    pub(super) fn near(&self, doubts: &Doubts, radius: f32) -> Vec<Near<'_>> {
        let mut found: Vec<(f32, u32)> = Vec::new();
        let of = |length: usize| self.by_length.get(length).unwrap_or(&NO_TEXTS);
        let (same, longer) = (of(doubts.length), of(doubts.length + 1));
        let shorter = doubts.length.checked_sub(1).map_or(&NO_TEXTS, of);
        found.extend(same.within(radius, |text| doubts.of_same_length(text)));
        found.extend(longer.within(radius, |text| doubts.with_one_missed(text)));
        found.extend(shorter.within(radius, |text| doubts.with_one_added(text)));
        for (text, distance) in
            doubts.alternatives().iter().filter(|(text, distance)| *text != doubts.text && *distance <= radius)
        {
            found.extend(self.by_length.iter().flat_map(|texts| texts.of(*text)).map(|vehicle| (*distance, *vehicle)));
        }
        self.nearest_first(found)
    }

    /// Each vehicle once, with its least distance.
    fn nearest_first(&self, mut found: Vec<(f32, u32)>) -> Vec<Near<'_>> {
        found.sort_unstable_by(|a, b| a.1.cmp(&b.1).then(a.0.total_cmp(&b.0)));
        found.dedup_by_key(|(_, vehicle)| *vehicle);
        let near = |(distance, number): (f32, u32)| Near { vehicle: self.vehicle(number), distance };
        let mut near: Vec<_> = found.into_iter().map(near).collect();
        let name = |near: &Near<'_>| (near.vehicle.plate().to_owned(), Arc::clone(&near.vehicle.declaration_id));
        near.sort_by(|a, b| a.distance.total_cmp(&b.distance).then_with(|| name(a).cmp(&name(b))));
        near
    }

    fn vehicle(&self, number: u32) -> &DeclaredVehicle {
        &self.list.vehicles[number as usize]
    }
}

impl Texts {
    fn sorted(mut texts: Vec<(u128, u32)>) -> Self {
        texts.sort_unstable();
        let (packed, vehicles) = texts.into_iter().unzip();
        Self { packed, vehicles }
    }

    /// Those for which `distance` is neither 0 nor beyond `radius`.
    fn within(&self, radius: f32, distance: impl Fn(u128) -> Option<f32>) -> impl Iterator<Item = (f32, u32)> {
        let near = move |text: &u128| distance(*text).filter(|distance| *distance > 0.0 && *distance <= radius);
        self.packed.iter().zip(&self.vehicles).filter_map(move |(text, vehicle)| Some((near(text)?, *vehicle)))
    }

    /// Whose plates have this text.
    fn of(&self, text: u128) -> impl Iterator<Item = &u32> {
        let first = self.packed.partition_point(|packed| *packed < text);
        let count = self.packed[first..].iter().take_while(|packed| **packed == text).count();
        self.vehicles[first..first + count].iter()
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
