//! What the distance promises, whatever the measured table says.

use proptest::prelude::*;

use super::super::samples::{Read, text};

fn distance(read: &Read, declared: &str) -> Option<f64> {
    read.plate().distance_to(&text(declared))
}

#[test]
fn the_same_plate_is_at_0_and_a_doubtful_character_brings_another_one_nearer() {
    let sure = Read::sure("12C12345");
    let doubtful = sure.clone().but(7, 0.5);
    assert_eq!(distance(&sure, "12C12345"), Some(0.0));
    let (far, near) = (distance(&sure, "12C12346"), distance(&doubtful, "12C12346"));
    assert!(near.zip(far).is_some_and(|(near, far)| near > 0.0 && near + 0.1 < far), "{near:?} {far:?}");
    let elsewhere = distance(&sure.but(0, 0.5), "12C12346");
    assert_eq!(elsewhere, far, "a doubt about another character changes nothing");
}

#[test]
fn what_is_often_confused_is_nearer_than_what_is_not() {
    for (read, like, unlike) in [("12C12348", "12C12346", "12C12341"), ("桂F12345", "鄂F12345", "使F12345")] {
        let read = Read::sure(read);
        assert!(distance(&read, like) < distance(&read, unlike), "{like} and {unlike}");
    }
}

#[test]
fn another_text_that_was_read_is_near_however_different_it_is() {
    let read = Read::sure("12C12345").or("99H54321", 0.3);
    assert!(distance(&read, "99H54321").is_some_and(|distance| distance < 0.2));
    assert_eq!(distance(&read, "99H54322"), None);
}

#[test]
fn a_missed_or_added_character_is_found_at_either_end_and_inside() {
    let read = Read::sure("34A36837");
    for declared in ["34A368378", "134A36837", "34A836837", "4A36837", "34A3683", "34A6837"] {
        assert!(distance(&read, declared).is_some(), "{declared}");
    }
    for declared in ["34A3683799", "A36837", "12C99999", "3"] {
        assert_eq!(distance(&read, declared), None, "{declared}");
    }
}

#[test]
fn a_first_or_last_character_is_missed_oftener_than_one_inside() {
    let read = Read::sure("34A36837");
    assert!(distance(&read, "134A36837") <= distance(&read, "341A36837"));
}

proptest! {
    #[test]
    fn any_two_texts_have_a_distance_of_0_to_1_or_none(a in "\\PC{1,14}", b in "[0-9A-ZĐ桂京挂国]{1,12}", confidence in -1.0_f32..2.0) {
        let (Some(a), b) = (crate::plate::PlateText::normalised(&a), text(&b)) else { return Ok(()) };
        let read = Read::sure(a.as_str()).but(0, confidence);
        let distance = read.plate().distance_to(&b);
        prop_assert!(distance.is_none_or(|distance| (0.0..=1.0).contains(&distance)));
        prop_assert_eq!(distance == Some(0.0), a == b);
    }

    #[test]
    fn less_sure_is_never_further(place in 0_usize..8, sure in 0.0_f32..1.0, less in 0.0_f32..1.0, other in "[0-9]") {
        let declared: String = "12012345".chars().enumerate().map(|(at, c)| if at == place { other.clone() } else { c.to_string() }).collect();
        let read = Read::sure("12012345");
        let (low, high) = (sure.min(less), sure.max(less));
        let (near, far) = (read.clone().but(place, low), read.but(place, high));
        prop_assert!(distance(&near, &declared) <= distance(&far, &declared));
    }

    #[test]
    fn characters_that_were_never_confused_are_as_far_one_way_as_the_other(a in "[挂学警港澳使]", b in "[0-9]") {
        let (one, other) = (format!("桂F1234{a}"), format!("桂F1234{b}"));
        prop_assert_eq!(distance(&Read::sure(&one), &other), distance(&Read::sure(&other), &one));
    }
}
