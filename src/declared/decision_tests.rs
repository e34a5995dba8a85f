//! What is told of a plate, case by case, and what no list and no reading can bring about.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::super::samples::{Read, index, list, vehicle};
use super::super::{DeclaredIndex, NewestDeclared};
use super::*;

/// `of` the list, as kind and declaration.
fn check(read: &Read, of: &DeclaredIndex, kind: MatchKind, declaration: Option<&str>) {
    assert_eq!(read.found(of), (kind, declaration.map(str::to_owned)), "{read:?}");
}

#[test]
fn the_very_plate_is_exact_and_a_strange_one_none() {
    let declared = list(&["12C12345", "14A67892", "CN-GUI-F12345"]);
    check(&Read::sure("12C12345"), &declared, MatchKind::Exact, Some("D-0"));
    check(&Read::sure("桂F12345"), &declared, MatchKind::Exact, Some("D-2"));
    check(&Read::sure("29H99999"), &declared, MatchKind::NotDeclared, None);
}

#[test]
fn one_near_plate_is_likely_and_says_which_it_is() {
    let declared = list(&["12C12345", "14A67892"]);
    let read = Read::sure("12C12346").but(7, 0.6);
    check(&read, &declared, MatchKind::Likely, Some("D-0"));
    let found = read.matched(&declared);
    assert_eq!((&*found.candidates[0].plate, found.candidates.len()), ("12C12345", 1));
    assert_eq!(found.distance, Some(found.candidates[0].distance));
    check(&Read::sure("12C12346"), &declared, MatchKind::NotDeclared, None);
}

#[test]
fn two_about_equally_near_plates_are_ambiguous_and_none_is_chosen() {
    let declared = list(&["12C12345", "12C12348", "14A67892"]);
    let read = Read::sure("12C12346").but(7, 0.5);
    check(&read, &declared, MatchKind::Ambiguous, None);
    assert_eq!(read.matched(&declared).candidates.len(), 2);
}

#[test]
fn an_exact_plate_that_may_as_well_be_another_declared_one_is_ambiguous() {
    let declared = list(&["12C12345", "12C12346"]);
    check(&Read::sure("12C12345"), &declared, MatchKind::Exact, Some("D-0"));
    let read = Read::sure("12C12345").but(7, 0.55).or("12C12346", 0.45);
    check(&read, &declared, MatchKind::Ambiguous, None);
    let candidates = read.matched(&declared).candidates;
    assert_eq!((&*candidates[0].declaration_id, candidates[0].distance, candidates.len()), ("D-0", 0.0, 2));
    check(&read, &list(&["12C12345", "14A67892"]), MatchKind::Exact, Some("D-0"));
}

#[test]
fn a_plate_that_is_declared_twice_over_is_ambiguous_at_distance_0_and_one_entry_in_two_forms_is_not() {
    let twice = index(vec![vehicle("D-1", "12C12345"), vehicle("D-2", "12C12345")]);
    check(&Read::sure("12C12345"), &twice, MatchKind::Ambiguous, None);
    assert_eq!(Read::sure("12C12345").matched(&twice).distance, Some(0.0));
    check(&Read::sure("12C12346").but(7, 0.5), &twice, MatchKind::Ambiguous, None);
    let once = index(vec![vehicle("D-1", "12C12345"), vehicle("D-1", "VN-12C12345")]);
    check(&Read::sure("12C12345"), &once, MatchKind::Exact, Some("D-1"));
    check(&Read::sure("12C12346").but(7, 0.5), &once, MatchKind::Likely, Some("D-1"));
}

#[test]
fn tractor_and_trailer_of_one_declaration_are_two_plates() {
    let declared = index(vec![vehicle("D-1", "12C12345"), vehicle("D-1", "12R00123")]);
    check(&Read::sure("12C12345"), &declared, MatchKind::Exact, Some("D-1"));
    check(&Read::sure("12R00123"), &declared, MatchKind::Exact, Some("D-1"));
}

#[test]
fn a_declaration_counts_while_it_is_valid_and_its_plate_is_a_rival_always() {
    let day = |day: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day);
    let on = |id: &str, plate: &str, first: i64| {
        let until = Some(day(first + 1));
        DeclaredVehicle { valid_from: Some(day(first)), valid_until: until, ..vehicle(id, plate) }
    };
    let declared = index(vec![on("D-1", "12C12345", 0), on("D-2", "12C12345", 3), on("D-3", "12C12348", 3)]);
    let at = |read: &Read, day| {
        let found = declared.match_of(&read.plate(), Asked { seen: day, now: day });
        (found.kind, found.declaration_id.map(|id| id.to_string()))
    };
    let (sure, unsure) = (Read::sure("12C12345"), Read::sure("12C12346").but(7, 0.5));
    assert_eq!(at(&sure, day(1)), (MatchKind::Exact, Some("D-1".to_owned())));
    assert_eq!(at(&sure, day(2)), (MatchKind::NotDeclared, None));
    assert_eq!(at(&sure, day(3)), (MatchKind::Exact, Some("D-2".to_owned())));
    assert_eq!(at(&unsure, day(1)), (MatchKind::Ambiguous, None), "the other plate exists, though it is not expected");
    assert_eq!(at(&unsure, day(2)), (MatchKind::NotDeclared, None));
}

#[test]
fn the_list_and_its_age_are_told_with_every_match_and_their_absence_too() {
    let newest = NewestDeclared::default();
    let (read, later) = (Read::sure("12C12345"), Timestamp::UNIX_EPOCH + SignedDuration::from_secs(41));
    let asked = Asked { seen: Timestamp::UNIX_EPOCH, now: later };
    assert_eq!(newest.match_of(&read.plate(), asked).kind, MatchKind::NoList);
    newest.replace(Arc::clone(list(&["14A67892"]).list()));
    let found = newest.match_of(&read.plate(), asked);
    assert_eq!(
        (found.kind, found.list_version, found.list_age),
        (MatchKind::NotDeclared, Some(118), Some(Duration::from_secs(41)))
    );
    let before = Asked { now: Timestamp::UNIX_EPOCH - SignedDuration::from_secs(9), ..asked };
    assert_eq!(newest.match_of(&read.plate(), before).list_age, Some(Duration::ZERO), "the clock was put back");
}

/// Lists of plates that resemble each other.
fn plates() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("1[27]C1[0-3]{4}|12C1[0-3]{3}|桂F1[0-3]{4}", 1..40)
}

fn a_read() -> impl Strategy<Value = Read> {
    ("12C1[0-3]{4}|桂F1[0-3]{4}", 0_usize..7, 0.0_f32..1.0).prop_map(|(plate, place, confidence)| {
        Read::sure(&plate).but(place, confidence).or("12C10000", confidence / 2.0)
    })
}

proptest! {
    #[test]
    fn the_order_of_a_list_changes_nothing((plates, shuffled) in plates().prop_flat_map(|plates| {
        let vehicles: Vec<_> = plates.iter().enumerate().map(|(n, plate)| vehicle(&format!("D-{n:02}"), plate)).collect();
        (Just(vehicles.clone()), Just(vehicles).prop_shuffle())
    }), read in a_read()) {
        prop_assert_eq!(read.matched(&index(plates)), read.matched(&index(shuffled)));
    }

    #[test]
    fn a_declared_plate_that_was_read_is_always_found(plates in plates(), chosen in any::<prop::sample::Index>(), place in 0_usize..7, confidence in 0.0_f32..1.0) {
        let chosen: &String = chosen.get(&plates);
        let read = Read::sure(chosen).but(place, confidence);
        let found = read.matched(&list(&plates.iter().map(String::as_str).collect::<Vec<_>>()));
        prop_assert!(matches!(found.kind, MatchKind::Exact | MatchKind::Ambiguous));
        prop_assert_eq!(found.distance, Some(0.0));
    }

    #[test]
    fn a_declaration_is_named_only_where_it_is_clearly_the_nearest(plates in plates(), read in a_read()) {
        let vehicles: Vec<_> = plates.iter().enumerate().map(|(n, plate)| vehicle(&format!("D-{n:02}"), plate)).collect();
        let found = read.matched(&index(vehicles.clone()));
        let mut distances: Vec<_> = vehicles.iter().filter_map(|vehicle| {
            read.plate().distance_to(&vehicle.plate_text()?).map(|distance| (distance, vehicle.declaration_id.clone()))
        }).collect();
        distances.sort_by(|a, b| a.0.total_cmp(&b.0));
        prop_assert_eq!(found.declaration_id.is_some(), matches!(found.kind, MatchKind::Exact | MatchKind::Likely));
        if let Some(id) = &found.declaration_id {
            prop_assert_eq!(&distances[0].1, id);
            let next = distances.get(1).map_or(1.0, |next| next.0);
            prop_assert!(next - distances[0].0 >= 0.2 - 1e-6, "{:?}", distances);
        }
    }
}
