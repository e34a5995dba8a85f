//! Frames through a pipeline whose models follow a script: what a lane asks the reader for, and what becomes of it.

use std::sync::{Arc, Mutex};

use image::RgbImage;
use jiff::Timestamp;

use super::*;
use crate::consensus::Agreement;
use crate::geometry::BoundingBox;
use crate::inference::{PlateDetector, PlateRecogniser};
use crate::lane::LaneRules;
use crate::passage::TrackId;
use crate::plate::{Confidence, LaneName, Layout, PlateText};
use crate::plate_format::Country;

const PLATE: &str = "12C12345";
const SIDE: &str = "12R01357";
/// Where plates are; all that is right of it are side numbers.
const MIDDLE: f32 = 500.0;

/// Finds the same in every frame.
struct Finds(Detections);

impl PlateDetector for Finds {
    fn detect(&mut self, _: &RgbView<'_>) -> Result<Detections, InferenceError> {
        Ok(self.0.clone())
    }
}

/// Reads plates and side numbers by their place, and notes the place of all that it is asked for.
struct Reads(Arc<Mutex<Vec<f32>>>);

impl PlateRecogniser for Reads {
    fn read(&mut self, plates: &[PlateCrop<'_>]) -> Result<Vec<Option<PlateReading>>, InferenceError> {
        let read = |plate: &PlateCrop<'_>| {
            let corners = plate.detection.corners;
            self.0.lock().expect("nobody panicked").push(corners.centre().x);
            let text = PlateText::normalised(if corners.centre().x < MIDDLE { PLATE } else { SIDE })?;
            let confidence = Confidence::clamped(0.9);
            let per_character = vec![confidence; text.len()];
            let (alternatives, layout, colour) = (vec![], Layout::OneLine, None);
            Some(PlateReading { text, per_character, confidence, alternatives, layout, colour, corners })
        };
        Ok(plates.iter().map(read).collect())
    }
}

fn detection(left: f32) -> PlateDetection {
    let corners = Quad::from_box(BoundingBox { left, top: 100.0, right: left + 80.0, bottom: 120.0 });
    PlateDetection { corners, confidence: Confidence::ONE, lines: Vec::new() }
}

fn lane(name: &str, side_numbers: bool) -> LaneConfig {
    let agreement = Agreement { countries: vec![Country::Vietnam], ..Agreement::default() };
    let rules = LaneRules { side_numbers, agreement, ..LaneRules::default() };
    LaneConfig { rules, ..LaneConfig::whole_picture(LaneName::try_from(name).expect("a name"), camera()) }
}

fn camera() -> CameraName {
    CameraName::try_from("c").expect("a name")
}

/// A pipeline with this lane, which finds plates and side numbers at these places, and the places of all that the reader was
/// given.
fn pipeline(lane: LaneConfig, plates: &[f32], sides: &[f32]) -> (Pipeline, Arc<Mutex<Vec<f32>>>) {
    let found = |places: &[f32]| places.iter().copied().map(detection).collect();
    let detector = Finds(Detections { plates: found(plates), side_numbers: found(sides) });
    let asked = Arc::new(Mutex::new(Vec::new()));
    let models = Models {
        detector: Box::new(detector),
        recogniser: Box::new(Reads(asked.clone())),
        detector_id: String::new(),
        recogniser_id: String::new(),
        second_opinion_id: None,
    };
    (Pipeline::new(models, vec![lane]), asked)
}

/// What passes in these milliseconds, a frame every hundred.
fn watch(pipeline: &mut Pipeline, milliseconds: std::ops::Range<u16>) -> Vec<Passage> {
    let (image, mut passages) = (Arc::new(RgbImage::new(1000, 200)), Vec::new());
    for ms in milliseconds.step_by(100) {
        let wall = Timestamp::from_millisecond(ms.into()).expect("in range");
        let captured_at = Moment { wall, elapsed: Duration::from_millis(ms.into()) };
        let frame = Frame { camera: camera(), captured_at, image: Arc::clone(&image) };
        pipeline.frame(&frame, &mut passages).expect("nothing fails");
    }
    passages
}

/// What passes in ten frames in which plates and side numbers are found at these places, and the places of all that the
/// reader was given.
fn passages(side_numbers: bool, plates: &[f32], sides: &[f32]) -> (Vec<Passage>, Vec<f32>) {
    let (mut pipeline, asked) = pipeline(lane("l", side_numbers), plates, sides);
    let mut passages = watch(&mut pipeline, 0..1000);
    passages.extend(pipeline.finish(&camera()));
    let asked = asked.lock().expect("nobody panicked").clone();
    (passages, asked)
}

fn is_side(x: &f32) -> bool {
    *x > MIDDLE
}

#[test]
fn a_lane_that_does_not_want_side_numbers_never_has_one_read() {
    let (passages, asked) = passages(false, &[100.0], &[600.0]);
    assert!(!asked.iter().any(is_side), "{asked:?}");
    assert_eq!(passages.iter().map(|passage| &passage.side_number).collect::<Vec<_>>(), [&None]);
}

#[test]
fn a_side_number_is_told_beside_the_plate_of_the_one_vehicle_in_view() {
    let (passages, _) = passages(true, &[100.0], &[600.0]);
    let [passage] = passages.as_slice() else { panic!("one vehicle passes: {passages:?}") };
    let plate = passage.plate.as_ref().expect("its plate is read");
    assert_eq!(
        (plate.text.as_str(), plate.reads, plate.alternatives.len()),
        (PLATE, 10, 0),
        "the vote has plates only"
    );
    let number = passage.side_number.as_ref().expect("its side number is read");
    assert_eq!((number.text.as_str(), number.readings), (SIDE, 10));
    assert_eq!(passage.side_number_agrees(), Some(false), "it is the trailer's");
}

#[test]
fn a_frame_with_nothing_but_a_side_number_has_no_plate_and_no_vehicle_and_is_not_read() {
    let (passages, asked) = passages(true, &[], &[600.0]);
    assert!(passages.is_empty(), "{passages:?}");
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn with_two_vehicles_in_view_side_numbers_are_nobodys_and_not_read() {
    let (passages, asked) = passages(true, &[10.0, 300.0], &[600.0]);
    assert!(!passages.is_empty() && passages.iter().all(|passage| passage.side_number.is_none()), "{passages:?}");
    assert!(!asked.iter().any(is_side), "{asked:?}");
}

#[test]
fn of_many_side_numbers_in_a_frame_only_the_surest_are_read() {
    let (_, asked) = passages(true, &[100.0], &[600.0, 700.0, 800.0, 900.0]);
    let sides: Vec<f32> = asked.into_iter().filter(is_side).take(MOST_SIDE_NUMBERS + 1).collect();
    assert_eq!(sides, [640.0, 740.0, 840.0, 640.0], "three of the first frame, then the next");
}

fn tracks(passages: &[Passage]) -> Vec<(&str, u64, u32)> {
    let reads = |passage: &Passage| passage.plate.as_ref().map_or(0, |plate| plate.reads);
    passages.iter().map(|passage| (passage.lane.as_str(), passage.track.0, reads(passage))).collect()
}

fn now() -> Moment {
    Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::from_secs(1) }
}

#[test]
fn a_lane_that_begins_anew_tells_what_is_in_view_and_gives_no_number_again() {
    let (mut pipeline, _) = pipeline(lane("l", false), &[100.0], &[]);
    assert_eq!(tracks(&watch(&mut pipeline, 0..500)), []);
    let anew = BTreeSet::from([lane("l", false).name]);
    let told = pipeline.rearrange(&[lane("l", false)], &anew, now());
    assert_eq!(tracks(&told), [("l", 1, 5)]);
    assert_eq!(tracks(&pipeline.rearrange(&[], &BTreeSet::new(), now())), [], "nothing was seen since");
    pipeline.rearrange(&[lane("l", false)], &anew, now());
    watch(&mut pipeline, 500..1000);
    let [(_, track, reads)] = tracks(&pipeline.finish(&camera()))[..] else { panic!("one vehicle passes") };
    assert_eq!((track, reads), (TrackId::first_of_lane(2).0, 5));
}

#[test]
fn a_lane_that_stays_keeps_its_vehicles_whatever_comes_beside_it() {
    let (mut pipeline, _) = pipeline(lane("l", false), &[100.0], &[]);
    watch(&mut pipeline, 0..500);
    let other = LaneConfig { camera: CameraName::try_from("d").expect("a name"), ..lane("m", false) };
    let anew = BTreeSet::from([other.name.clone()]);
    let told = pipeline.rearrange(&[other, lane("l", false)], &anew, now());
    assert_eq!(tracks(&told), []);
    watch(&mut pipeline, 500..1000);
    let passages = pipeline.finish(&camera());
    assert_eq!(tracks(&passages), [("l", 1, 10)]);
}

#[test]
fn a_vehicle_that_stands_and_is_known_is_read_once_a_second_and_is_one_passage() {
    let (mut pipeline, asked) = pipeline(lane("l", false), &[100.0], &[]);
    let told = watch(&mut pipeline, 0..20_000);
    assert!(told.is_empty(), "it has not passed: {told:?}");
    // The first three seconds, until it is known to stand, and from then on each second.
    let asked = asked.lock().expect("nobody panicked").len();
    assert!((40..60).contains(&asked), "{asked} readings of 200 frames");
    let passages = pipeline.finish(&camera());
    assert_eq!(tracks(&passages).len(), 1);
}

#[test]
fn a_lane_in_which_nothing_moves_is_read_every_two_seconds() {
    let (mut pipeline, _) = pipeline(lane("l", false), &[], &[]);
    let image = Arc::new(RgbImage::new(1000, 200));
    let read_at: Vec<u64> = (0..20_000)
        .step_by(100)
        .filter(|ms| {
            let wall = Timestamp::UNIX_EPOCH;
            let captured_at = Moment { wall, elapsed: Duration::from_millis(*ms) };
            let frame = Frame { camera: camera(), captured_at, image: Arc::clone(&image) };
            pipeline.frame(&frame, &mut Vec::new()).expect("nothing fails").lanes > 0
        })
        .filter(|ms| *ms >= 10_000)
        .collect();
    assert_eq!(read_at, [10_000, 12_000, 14_000, 16_000, 18_000]);
}
