//! What a lane decides, by scripted sightings.

mod answers;
mod changing;
mod queues;
mod side_numbers;
mod simulator;
mod unread;
mod vehicles;

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::consensus::Agreement;
use crate::frame::{Frame, Moment};
use crate::geometry::{BoundingBox, Point, Polygon, Quad};
use crate::lane::{Lane, LaneRules};
use crate::passage::{NoReadReason, Passage, Stage};
use crate::plate::{CameraName, Confidence, LaneName, Layout, PlateDetection, PlateReading, PlateText, Sighting};
use crate::plate_format::Country;

/// A look at a plate at `x`, `y` in the frame at `ms`; without a text it is located and not legible.
struct Look {
    ms: u64,
    x: f32,
    y: f32,
    text: Option<&'static str>,
    confidence: f32,
}

fn look(ms: u64, x: f32, y: f32, text: &'static str) -> Look {
    Look { ms, x, y, text: Some(text), confidence: 0.9 }
}

fn rules() -> LaneRules {
    LaneRules {
        agreement: Agreement { least_agreeing: 2, countries: vec![Country::Vietnam, Country::China] },
        track_gap: Duration::from_millis(1500),
        least_height_px: 10.0,
        ..LaneRules::default()
    }
}

fn frame(ms: u64) -> Frame {
    let elapsed = Duration::from_millis(ms);
    let wall = Timestamp::from_millisecond(i64::try_from(ms).expect("it is small")).expect("it is in range");
    let camera = CameraName::try_from("c").expect("it is a name");
    Frame { camera, captured_at: Moment { wall, elapsed }, image: Arc::new(RgbImage::new(1, 1)) }
}

fn sighting(look: &Look) -> Sighting {
    let at = BoundingBox { left: look.x, top: look.y, right: look.x + 100.0, bottom: look.y + 25.0 };
    let corners = Quad::from_box(at);
    let confidence = Confidence::clamped(look.confidence);
    let reading = look.text.map(|text| {
        let text = PlateText::normalised(text).expect("a plate text");
        let per_character = vec![confidence; text.len()];
        PlateReading {
            text,
            per_character,
            confidence,
            alternatives: vec![],
            layout: Layout::OneLine,
            colour: None,
            corners,
        }
    });
    let detection = PlateDetection { corners, confidence: Confidence::ONE, lines: vec![] };
    Sighting { at: frame(look.ms).captured_at, detection, reading, sharpness: 1.0, burnt_out: 0.0 }
}

/// The left 1000 by 1000 pixels.
fn zone() -> Polygon {
    let points = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 1000.0), (0.0, 1000.0)];
    Polygon::new(points.map(|(x, y)| Point::new(x, y)).to_vec()).expect("it has an area")
}

/// The passages of frames every 100 ms up to `until` ms in which the looks are seen.
fn passages_under(rules: LaneRules, looks: &[Look], until: u64) -> Vec<Passage> {
    let mut lane = lane(rules);
    let mut passages = Vec::new();
    for ms in (0..=until).step_by(100) {
        let seen = looks.iter().filter(|look| look.ms == ms).map(sighting).collect();
        passages.extend(lane.observe(&frame(ms), &zone(), seen));
    }
    passages.extend(lane.finish());
    passages
}

fn lane(rules: LaneRules) -> Lane {
    let camera = CameraName::try_from("c").expect("it is a name");
    Lane::new(LaneName::try_from("l").expect("it is a name"), camera, rules)
}

fn plates(looks: &[Look]) -> Vec<String> {
    let name = |passage: &Passage| match &passage.plate {
        Ok(plate) => plate.text.to_string(),
        Err(reason) => format!("{reason:?}"),
    };
    passages_under(rules(), looks, 14_000).iter().map(name).collect()
}

#[test]
fn two_readings_of_one_truck_give_one_passage() {
    assert_eq!(plates(&[look(0, 100.0, 100.0, "12C12345"), look(100, 110.0, 130.0, "12C12345")]), ["12C12345"]);
}

#[test]
fn one_reading_alone_is_no_passage() {
    assert!(plates(&[look(0, 100.0, 100.0, "34R01357")]).is_empty());
}

#[test]
fn a_plate_hidden_for_a_second_is_the_same_vehicle() {
    let looks =
        [look(0, 100.0, 100.0, "12C12345"), look(100, 110.0, 110.0, "12C12345"), look(1200, 220.0, 230.0, "12C12345")];
    assert_eq!(plates(&looks), ["12C12345"]);
}

#[test]
fn a_plate_hidden_for_longer_than_a_tracks_gap_is_still_the_same_vehicle() {
    let looks = [0, 100, 5000, 5100].map(|ms| look(ms, 100.0, 100.0, "12C12345"));
    assert_eq!(plates(&looks), ["12C12345"]);
}

#[test]
fn a_vehicle_that_comes_back_later_is_a_second_passage() {
    let looks = [0, 100, 12_000, 12_100].map(|ms| look(ms, 100.0, 100.0, "12C12345"));
    assert_eq!(plates(&looks), ["12C12345", "12C12345"]);
}

#[test]
fn doubtful_readings_keep_a_track_open_and_have_no_vote() {
    let doubtful = |ms, text| Look { confidence: 0.1, ..look(ms, 100.0, 100.0, text) };
    let looks = [
        look(0, 100.0, 100.0, "12C12345"),
        look(100, 100.0, 100.0, "12C12345"),
        doubtful(1200, "12C12346"),
        doubtful(2400, "12C12346"),
        look(3600, 100.0, 100.0, "12C12345"),
    ];
    let passages = passages_under(rules(), &looks, 6000);
    assert_eq!(passages.len(), 1);
    assert_eq!(passages[0].plate.as_ref().map(|plate| (plate.reads, plate.agreeing)).ok(), Some((3, 3)));
}

#[test]
fn what_was_announced_gets_its_final_passage_even_if_the_readings_disagree_later() {
    let agreement = Agreement { least_agreeing: 1, ..rules().agreement };
    let sure = |ms, text| Look { confidence: 0.95, ..look(ms, 100.0, 100.0, text) };
    let looks = [sure(0, "12C12345"), sure(100, "72G92846")];
    let passages = passages_under(LaneRules { provisional: true, agreement, ..rules() }, &looks, 3000);
    let stages: Vec<_> = passages.iter().map(|passage| passage.stage).collect();
    assert_eq!(stages, [Stage::Provisional, Stage::Final]);
}

#[test]
fn two_vehicles_behind_each_other_are_two_passages_in_order() {
    let looks: Vec<_> = (0..10)
        .flat_map(|i: u16| {
            let y = f32::from(i) * 20.0;
            let ms = u64::from(i) * 100;
            [look(ms, 100.0, 300.0 + y, "12C12345"), look(ms, 120.0, 100.0 + y, "14C54321")]
        })
        .collect();
    assert_eq!(plates(&looks), ["12C12345", "14C54321"]);
}

#[test]
fn a_misreading_at_the_same_place_is_the_same_vehicle() {
    let looks =
        [look(0, 100.0, 100.0, "12C12345"), look(100, 102.0, 104.0, "72G12346"), look(200, 104.0, 108.0, "12C12345")];
    assert_eq!(plates(&looks), ["12C12345"]);
}

#[test]
fn a_plate_outside_of_the_zone_is_another_lanes() {
    assert!(plates(&[look(0, 1100.0, 100.0, "12C12345"), look(100, 1100.0, 100.0, "12C12345")]).is_empty());
}

#[test]
fn a_smudge_read_again_and_again_with_little_confidence_is_no_vehicle() {
    let looks: Vec<_> = (0..30).map(|i| Look { confidence: 0.08, ..look(i * 100, 30.0, 400.0, "TE1717") }).collect();
    assert!(plates(&looks).is_empty());
}

#[test]
fn a_vehicle_whose_readings_disagree_passes_unread_with_the_reason() {
    let texts = ["12C12345", "72G92846", "15B17719", "38H99901"];
    let moving = texts.iter().zip([0.0, 60.0, 120.0, 180.0]);
    let looks: Vec<_> = moving.zip(0..).map(|((text, down), i)| look(i * 100, 100.0, 100.0 + down, text)).collect();
    assert_eq!(plates(&looks), [format!("{:?}", NoReadReason::NoAgreement)]);
}

#[test]
fn a_provisional_passage_comes_once_as_soon_as_the_plate_has_settled() {
    let looks: Vec<_> = (0..5).map(|i| look(i * 100, 100.0, 100.0, "12C12345")).collect();
    let passages = passages_under(LaneRules { provisional: true, ..rules() }, &looks, 3000);
    let stages: Vec<_> = passages.iter().map(|p| (p.stage, p.last_seen.elapsed.as_millis())).collect();
    assert_eq!(stages, [(Stage::Provisional, 100), (Stage::Final, 400)]);
    assert_eq!(passages[0].track, passages[1].track);
}

#[test]
fn the_best_frame_is_that_of_the_most_confident_look() {
    let looks = [
        look(0, 100.0, 100.0, "12C12345"),
        Look { confidence: 0.99, ..look(100, 100.0, 100.0, "12C12345") },
        look(200, 100.0, 100.0, "12C12345"),
    ];
    let passages = passages_under(rules(), &looks, 3000);
    assert_eq!(passages[0].best_seen.elapsed, Duration::from_millis(100));
    assert_eq!(passages[0].best_frame.as_ref().map(|frame| frame.captured_at), Some(passages[0].best_seen));
}

#[test]
fn what_is_kept_does_not_grow_with_what_is_seen() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut lane = lane(rules());
    for ms in (0..4000).step_by(100) {
        let looks = (0..60).map(|_| {
            let (x, y) = (random.f32() * 880.0, random.f32() * 960.0);
            let text = format!("{}C{:05}", random.u32(11..99), random.u32(0..99_999));
            (sighting(&look(ms, x, y, "12C12345")), text)
        });
        let seen = looks.map(|(mut sighting, text)| {
            if let Some(reading) = &mut sighting.reading {
                reading.text = PlateText::normalised(&text).expect("a plate text");
            }
            sighting
        });
        let seen = seen.collect();
        lane.observe(&frame(ms), &zone(), seen);
        assert!(lane.tracker.open_tracks() <= 32 && lane.tracker.all().count() <= 128);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_gaps_and_jitter_of_one_vehicle_give_one_passage(
        steps in prop::collection::vec((1_u64..12, -8.0_f32..8.0), 2..40),
    ) {
        let mut ms = 0;
        let looks: Vec<_> = steps.iter().map(|(pause, jitter)| {
            ms += pause * 100;
            // Eight pixels in 100 ms: walking pace.
            let y = u16::try_from(ms / 100).map_or(0.0, |n| f32::from(n) * 2.0);
            look(ms, 100.0 + jitter, 50.0 + y + jitter, "12C12345")
        }).collect();
        let passages = passages_under(rules(), &looks, ms + 3000);
        prop_assert_eq!(passages.len(), 1);
        prop_assert_eq!(passages[0].plate.as_ref().map(|plate| plate.reads).ok(), u32::try_from(looks.len()).ok());
    }

    #[test]
    fn no_sightings_whatever_make_a_plate_that_nobody_read(
        looks in prop::collection::vec((0_u64..40, 0.0_f32..1200.0, 0.0_f32..1200.0, 0..6_usize, 0.0_f32..1.0), 0..80),
    ) {
        const TEXTS: [&str; 6] = ["12C12345", "12C12346", "14A1234", "桂F12345", "59C165331", "34R01357"];
        let looks: Vec<_> = looks.iter().map(|(n, x, y, text, confidence)| Look {
            ms: n * 100, x: *x, y: *y, text: TEXTS.get(*text).copied(), confidence: *confidence,
        }).collect();
        for passage in passages_under(rules(), &looks, 6000) {
            if let Ok(plate) = passage.plate {
                prop_assert!(TEXTS.contains(&plate.text.as_str()));
                prop_assert!(plate.agreeing >= 2);
            }
        }
    }
}
