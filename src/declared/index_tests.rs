//! The index finds what comparing with every plate of the list finds.

use proptest::prelude::*;

use super::super::distance::Doubts;
use super::super::samples::{Read, index, list, vehicle};
use super::*;

fn near(index: &DeclaredIndex, read: &Read) -> Vec<(String, f32)> {
    let found = index.near(&Doubts::of(&read.plate()), 0.8);
    found.into_iter().map(|near| (near.vehicle.declaration_id.to_string(), near.distance)).collect()
}

#[test]
fn the_same_plate_is_found_by_its_text_and_by_its_key() {
    let index = list(&["12C12345", "VN-12C12346", "CN-GUI-F12345", "桂F1234挂", "VN-what-is-that"]);
    for (plate, id) in [("12C12345", "D-0"), ("12C12346", "D-1"), ("桂F12345", "D-2"), ("桂F1234挂", "D-3")] {
        let read = Read::sure(plate);
        let same: Vec<_> = index.same(&read.plate()).iter().map(|vehicle| vehicle.declaration_id.to_string()).collect();
        assert_eq!(same, [id], "{plate}");
    }
    assert!(index.same(&Read::sure("12C12347").plate()).is_empty());
}

#[test]
fn a_plate_that_was_declared_by_its_key_is_near_like_any_other() {
    let read = Read::sure("桂F12345").but(6, 0.3);
    assert_eq!(near(&list(&["CN-GUI-F12346"]), &read).len(), 1);
}

#[test]
fn two_characters_that_no_plate_carries_are_not_the_same() {
    let index = list(&["国F12345"]);
    assert!(index.same(&Read::sure("人F12345").plate()).is_empty());
    assert_eq!(index.same(&Read::sure("国F12345").plate()).len(), 1);
}

#[test]
fn an_index_takes_20_bytes_for_a_text_and_4_for_a_key() {
    assert_eq!(list(&["12C12345", "VN-12C12346"]).bytes(), 44);
}

/// Plates that resemble each other, so that many are near.
fn plates() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("(1|7)(2|0)(C|G)1[0-2]{2,4}|(桂|鄂)F12[0-2]{2,3}(挂)?|VN-12C1[0-2]{4}", 1..60)
}

proptest! {
    #[test]
    fn the_index_finds_what_looking_at_every_plate_finds(
        plates in plates(), read in "(1|7)2(C|G)1[0-2]{3,4}|桂F12[0-2]{3}", place in 0_usize..6, confidence in 0.0_f32..1.0,
    ) {
        let vehicles: Vec<_> = plates.iter().enumerate().map(|(n, plate)| vehicle(&format!("D-{n:02}"), plate)).collect();
        let read = Read::sure(&read).but(place, confidence).or("72G1000", 0.2);
        let mut expected: Vec<_> = vehicles.iter().filter_map(|vehicle| {
            let distance = read.plate().distance_to(&vehicle.plate_text()?)?;
            (distance > 0.0 && distance <= f64::from(0.8_f32)).then(|| (vehicle.declaration_id.to_string(), distance as f32))
        }).collect();
        let mut found = near(&index(vehicles), &read);
        prop_assert!(found.is_sorted_by(|a, b| a.1 <= b.1));
        found.sort_by(|a, b| a.0.cmp(&b.0));
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        prop_assert_eq!(found, expected);
    }
}
