//! Films hold what their truth says.

use super::*;
use crate::geometry::{Point, Polygon};
use crate::synthetic::truth::{TrueDirection, TruePassage, TrueRole};

fn film(text: &str) -> Film {
    Film::of(&Scenario::parse(text).unwrap_or_else(|error| panic!("{error}")))
}

/// A small picture is drawn quickly.
fn one_lane(rest: &str) -> String {
    format!(
        "name = \"test\"\nseed = 3\n[picture]\nwidth_px = 640\nheight_px = 360\n[conditions]\nnoise = 0\noverlay = false\n\
         exposure_ms = 1\n[[lane]]\nname = \"a\"\nends_m = [-25, 5]\n[[camera]]\nname = \"c\"\nlanes = [\"a\"]\nfocal_px = 1000\n\
         along_m = 6\nacross_m = -2.3\npan_deg = -11\n{rest}"
    )
}

fn passage<'a>(film: &'a Film, plate: &str) -> &'a TruePassage {
    let all = &film.truth().passages;
    all.iter()
        .find(|passage| passage.plate.as_deref() == Some(plate))
        .unwrap_or_else(|| panic!("{plate} is in {all:#?}"))
}

#[test]
fn the_same_picture_is_the_same_every_time_and_another_seed_is_another_film() {
    let text = one_lane("[[traffic]]\nlane = \"a\"\nvehicles = 3");
    let (one, same) = (film(&text), film(&text));
    let frame = one.frames() / 2;
    assert!(one.render(0, frame) == same.render(0, frame));
    assert!(one.render(0, frame) != one.render(0, frame + 1));
    assert_eq!(one.truth(), same.truth());
    let other = Film::of(&Scenario::parse(&text).expect("it was read before").with_seed(4));
    assert_ne!(one.truth().passages, other.truth().passages);
}

#[test]
fn a_plate_that_is_shown_has_its_colour_inside_its_corners_and_not_outside() {
    let film = film(&one_lane("[[vehicle]]\nkind = \"lorry\"\nlane = \"a\"\nplate = \"12C12345\"\nspeed_m_per_s = 3"));
    let passage = passage(&film, "12C12345");
    let mut looked = 0;
    for frame in (0..film.frames()).filter(|frame| {
        (passage.first_visible_s..=passage.last_visible_s).contains(&film.seconds(*frame)) && frame % 4 == 0
    }) {
        let picture = film.render(0, frame);
        let seen = &film.seen_plates(0, frame)[0];
        // Characters and border are dark, so not all of it is yellow; and nothing around it is.
        assert!(yellow_share(&picture, seen, [0.0, 0.95]) > 0.35, "{frame}: {:?}", seen.corners);
        assert!(yellow_share(&picture, seen, [1.15, 1.6]) < 0.01, "{frame}: {:?}", seen.corners);
        looked += 1;
    }
    assert!(looked >= 3, "{looked}");
}

/// How much is yellow between two outlines: the plate's, made so many times as large.
fn yellow_share(picture: &RgbImage, seen: &SeenPlate, [inner, outer]: [f32; 2]) -> f32 {
    let centre = seen.centre();
    let grown = |times: f32| Polygon::new(seen.corners.iter().map(|corner| centre.towards(*corner, times)).collect());
    let (inner, outer) = (grown(inner), grown(outer).expect("a plate has an area"));
    let inside = |x: u32, y: u32| {
        let at = Point::new(x as f32 + 0.5, y as f32 + 0.5);
        outer.contains(at) && !inner.as_ref().is_some_and(|inner| inner.contains(at))
    };
    let (mut all, mut yellow) = (0.0, 0.0);
    for (_, _, pixel) in picture.enumerate_pixels().filter(|(x, y, _)| inside(*x, *y)) {
        let [red, green, blue] = pixel.0.map(i32::from);
        all += 1.0;
        yellow += if red - blue > 90 && green - blue > 60 { 1.0 } else { 0.0 };
    }
    yellow / all
}

#[test]
fn a_plate_behind_somebody_is_hidden_in_truth_and_picture() {
    let text = one_lane(
        "[[vehicle]]\nkind = \"car\"\nlane = \"a\"\nplate = \"30A12345\"\nspeed_m_per_s = 8\nstops = [{ at_m = -3, wait_s = 12 }]\n\
         [[occluder]]\nkind = \"person\"\nalong_m = -2.4\nacross_m = -0.15\nfrom_s = 8\nto_s = 11",
    );
    let film = film(&text);
    let shown = |second: u32| film.seen_plates(0, second * 10)[0].shown;
    assert!(shown(7) > 0.99 && shown(12) > 0.99, "{} {}", shown(7), shown(12));
    assert!(shown(9) < 0.6, "{}", shown(9));
    let at = film.seen_plates(0, 90)[0].centre();
    let pixel = |second: u32| film.render(0, second * 10).get_pixel(at.x as u32, at.y as u32).0;
    assert_eq!(pixel(7), pixel(12));
    assert_ne!(pixel(7), pixel(9));
    let passage = passage(&film, "30A12345");
    assert!(passage.legible && passage.conditions == ["occlusion"], "{passage:?}");
}

#[test]
fn who_follows_bumper_to_bumper_is_hidden_by_the_lorry_before_it() {
    let text = one_lane(
        "[[vehicle]]\nkind = \"lorry\"\nlane = \"a\"\nspeed_m_per_s = 4\nstops = [{ at_m = 2, wait_s = 8 }]\n\
         [[vehicle]]\nkind = \"car\"\nlane = \"a\"\nplate = \"30A12345\"\nplate_kind = \"vn_private_square\"\nstart_s = 3\ngap_m = 1\nheadway_s = 0.3",
    );
    let film = film(&text);
    let standing = film.seen_plates(0, 100);
    let car = standing.iter().find(|seen| film.plate_of(seen).is_some_and(|plate| plate.text == "30A12345"));
    assert!(car.is_none_or(|seen| seen.shown < 0.1), "{standing:?}");
    assert!(passage(&film, "30A12345").conditions.contains(&"tailgating".to_owned()));
}

#[test]
fn front_and_rear_of_a_tractor_with_its_trailer_are_one_visit_with_two_plates() {
    let text = one_lane(
        "[[camera]]\nname = \"rear\"\nlanes = [\"a\"]\nsees = \"rears\"\nfocal_px = 1000\nalong_m = -16\nacross_m = -2.3\npan_deg = 11\n\
         [[vehicle]]\nkind = \"tractor\"\nlane = \"a\"\nplate = \"12C12345\"\ntrailer = { plate = \"12R01357\" }",
    );
    let film = film(&text);
    let (tractor, trailer) = (passage(&film, "12C12345"), passage(&film, "12R01357"));
    assert_eq!((tractor.role, trailer.role), (TrueRole::Tractor, TrueRole::Trailer));
    assert_eq!((tractor.lane.as_str(), trailer.lane.as_str()), ("a", "a-rear"));
    assert_eq!((tractor.visit, tractor.direction), (trailer.visit, TrueDirection::In));
    assert_eq!(film.truth().passages.len(), 2, "nobody sees the tractor's rear plate");
}

#[test]
fn a_queue_is_counted_as_it_stands() {
    let cars: String = (0..3)
        .map(|n| {
            format!(
                "[[vehicle]]\nkind = \"car\"\nlane = \"a\"\nstart_s = {}\nstops = [{{ at_m = 0, wait_s = 20 }}]\n",
                n * 3
            )
        })
        .collect();
    let film = film(&one_lane(&format!("zone_m = [4, 24]\n{cars}")));
    let queue =
        |second: f64| film.truth().queues.iter().find(|queue| queue.at_s >= second).map(|queue| queue.queue_length);
    assert_eq!((queue(0.0), queue(24.0)), (Some(0), Some(3)));
}

#[test]
fn a_parked_car_and_a_motorbike_are_as_the_truth_says() {
    let text = one_lane(
        "[[vehicle]]\nkind = \"car\"\nlane = \"a\"\nparked = { at_m = -4, beside_m = 3.4 }\n\
         [[vehicle]]\nkind = \"motorbike\"\nlane = \"a\"",
    );
    let film = film(&text);
    let [motorbike] = &film.truth().passages[..] else { panic!("{:?}", film.truth().passages) };
    assert_eq!((&motorbike.plate, motorbike.legible), (&None, false), "a motorbike has no plate in front");
}

#[test]
fn every_light_and_weather_is_drawn() {
    for conditions in ["light = \"night\"", "rain = 1", "glare = 1", "shake_px = 9", "dirty_share = 1"] {
        let text = one_lane("[[vehicle]]\nkind = \"van\"\nlane = \"a\"\nspeed_m_per_s = 6");
        let text = text.replace("exposure_ms = 1", &format!("exposure_ms = 20\n{conditions}"));
        let film = film(&text);
        assert!(film.render(0, 30) != film.render(0, 31), "{conditions}");
        assert_eq!(film.truth().passages.len(), 1, "{conditions}");
    }
}
