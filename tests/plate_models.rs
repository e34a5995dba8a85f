//! Detectors with corners and readers of whole plates, end to end through the ONNX Runtime, with models whose answers follow
//! from a few colours (tests/fixtures/plate_models/make.py). `make setup` fetches the runtime.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use gatelpr::geometry::{BoundingBox, Quad};
use gatelpr::inference::models::{ModelChoice, Models, SecondReader};
use gatelpr::inference::session::{Execution, RunsOn};
use gatelpr::inference::{Detections, InferenceError, PlateCrop, RgbView};
use gatelpr::plate::{Confidence, Layout, PlateColour, PlateDetection, PlateReading, WorthAsking};
use gatelpr::plate_format::Country;
use gatelpr::plate_format::grammar::Grammar;
use image::{Rgb, RgbImage};

const GREY: Rgb<u8> = Rgb([127; 3]);
const RED: Rgb<u8> = Rgb([255, 0, 0]);
const GREEN: Rgb<u8> = Rgb([0, 255, 0]);
const BLUE: Rgb<u8> = Rgb([0, 0, 255]);
const WHITE: Rgb<u8> = Rgb([255; 3]);
const BLACK: Rgb<u8> = Rgb([0; 3]);

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/plate_models")
}

fn choice(folder: PathBuf) -> ModelChoice {
    ModelChoice {
        runtime: None,
        folder: Some(folder),
        detector: "finder".to_owned(),
        recogniser: "reader".to_owned(),
        second_opinion: None,
        runs_on: RunsOn { execution: Execution::Cpu, threads: NonZeroUsize::MIN },
        side_numbers: false,
    }
}

fn models() -> Models {
    Models::load(&choice(fixtures())).expect("`make setup` was run")
}

/// The models whose detector tells side numbers too.
fn models_with_side_numbers() -> Models {
    Models::load(&ModelChoice { side_numbers: true, ..choice(fixtures()) }).expect("the finder has a class for them")
}

fn copy_fixtures(folder: &Path) {
    for name in ["finder.toml", "reader.toml", "finder.onnx", "reader.onnx"] {
        fs::copy(fixtures().join(name), folder.join(name)).expect("the fixtures are there");
    }
}

/// The models with `from` replaced by `to` in one of their manifests.
fn changed(model: &str, from: &str, to: &str) -> Result<Models, InferenceError> {
    load_changed(choice, model, from, to)
}

fn load_changed(
    choice: impl Fn(PathBuf) -> ModelChoice,
    model: &str,
    from: &str,
    to: &str,
) -> Result<Models, InferenceError> {
    let folder = tempfile::tempdir().expect("a folder for the test");
    copy_fixtures(folder.path());
    let manifest = folder.path().join(format!("{model}.toml"));
    let text = fs::read_to_string(&manifest).expect("it is text");
    assert!(text.contains(from), "{from:?} is in the manifest of {model}");
    fs::write(manifest, text.replace(from, to)).expect("the folder is writable");
    Models::load(&choice(folder.path().to_owned()))
}

/// What is wrong with a model whose manifest is changed so.
fn refused(model: &str, from: &str, to: &str) -> String {
    changed(model, from, to).expect_err("it does not fit the model").to_string()
}

fn frame(width: u32, height: u32, squares: &[(BoundingBox, Rgb<u8>)]) -> RgbImage {
    let mut image = RgbImage::from_pixel(width, height, GREY);
    for (square, colour) in squares {
        paint(&mut image, *square, *colour);
    }
    image
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of small pictures")]
fn paint(image: &mut RgbImage, at: BoundingBox, colour: Rgb<u8>) {
    for y in at.top as u32..at.bottom as u32 {
        for x in at.left as u32..at.right as u32 {
            image.put_pixel(x, y, colour);
        }
    }
}

fn square(left: f32, top: f32, side: f32) -> BoundingBox {
    rectangle(left, top, side, side)
}

fn rectangle(left: f32, top: f32, width: f32, height: f32) -> BoundingBox {
    BoundingBox { left, top, right: left + width, bottom: top + height }
}

/// The boxes that are found, rounded to whole pixels of the frame.
fn found(image: &RgbImage, region: BoundingBox) -> Vec<[f32; 4]> {
    let Detections { plates: found, side_numbers } =
        models().detector.detect(&RgbView { image, region }).expect("the model works");
    assert!(side_numbers.is_empty(), "nobody asked for them");
    assert!(found.iter().all(|detection| detection.lines.is_empty()), "it finds plates and no lines");
    found.iter().map(rounded).collect()
}

fn rounded(detection: &PlateDetection) -> [f32; 4] {
    let BoundingBox { left, top, right, bottom } = detection.corners.bounds();
    [left, top, right, bottom].map(f32::round)
}

#[test]
fn a_plate_is_found_where_it_is_in_the_frame() {
    let image = frame(640, 384, &[(square(80.0, 40.0, 8.0), RED)]);
    assert_eq!(found(&image, rectangle(0.0, 0.0, 640.0, 384.0)), [[64.0, 36.0, 104.0, 52.0]]);
}

#[test]
fn corners_come_back_through_the_zones_offset_and_scale() {
    // 1280x768 from (100, 50) is seen at half its size: a cell is 16 pixels, a plate 80 x 32.
    let image = frame(1400, 900, &[(square(100.0 + 160.0, 50.0 + 80.0, 16.0), RED)]);
    assert_eq!(found(&image, rectangle(100.0, 50.0, 1280.0, 768.0)), [[228.0, 122.0, 308.0, 154.0]]);
}

#[test]
fn a_plate_that_looks_small_gets_its_corners_from_a_closer_look() {
    // The finder makes every plate 40x16 pixels of its input. Enlarged to 20 pixels' height, that is 32x13 of the frame.
    let closer = "\ncloser_look = { below_px = 24, plate_px = 20, width_px = 264, height_px = 168, max_plates = 4 }";
    let limit = "max_finds = 20";
    let mut models = changed("finder", limit, &format!("{limit}{closer}")).expect("it fits the model");
    let image = frame(640, 384, &[(square(320.0, 200.0, 8.0), RED)]);
    let found = models.detector.detect(&RgbView::whole(&image)).expect("the model works").plates;
    let [plate] = found.as_slice() else { panic!("one plate: {found:?}") };
    assert!((plate.corners.width() - 32.0).abs() < 0.01 && (plate.corners.height() - 12.8).abs() < 0.01, "{plate:?}");
}

#[test]
fn a_closer_look_has_whole_cells() {
    let closer = "\ncloser_look = { below_px = 24, plate_px = 20, width_px = 250, height_px = 160, max_plates = 4 }";
    let limit = "max_finds = 20";
    let said = refused("finder", limit, &format!("{limit}{closer}"));
    assert!(said.contains("closer_look has sides of whole cells"), "{said}");
}

#[test]
fn a_tall_zone_is_seen_as_large_as_a_wide_one() {
    let image = frame(900, 1400, &[(square(60.0 + 80.0, 20.0 + 1120.0, 16.0), RED)]);
    assert_eq!(found(&image, rectangle(60.0, 20.0, 768.0, 1280.0)), [[108.0, 1132.0, 188.0, 1164.0]]);
}

#[test]
fn a_side_number_is_no_plate_and_what_is_outside_of_the_zone_is_not_looked_at() {
    let image = frame(640, 384, &[(square(80.0, 40.0, 8.0), GREEN), (square(400.0, 200.0, 8.0), RED)]);
    assert_eq!(found(&image, rectangle(0.0, 0.0, 320.0, 384.0)), Vec::<[f32; 4]>::new());
    assert_eq!(found(&image, rectangle(0.0, 0.0, 640.0, 384.0)).len(), 1);
    assert_eq!(found(&image, rectangle(600.0, 380.0, 0.5, 0.5)), Vec::<[f32; 4]>::new());
}

#[test]
fn side_numbers_are_told_apart_from_plates_by_a_detector_that_is_to_find_them() {
    let find = |squares: &[(BoundingBox, Rgb<u8>)], region| {
        let image = frame(640, 384, squares);
        models_with_side_numbers().detector.detect(&RgbView { image: &image, region }).expect("the model works")
    };
    let boxes = |found: &[PlateDetection]| found.iter().map(rounded).collect::<Vec<_>>();
    let whole = rectangle(0.0, 0.0, 640.0, 384.0);

    let alone = find(&[(square(80.0, 40.0, 8.0), GREEN)], whole);
    assert_eq!(boxes(&alone.plates), Vec::<[f32; 4]>::new(), "a frame with nothing but a side number has no plate");
    assert_eq!(boxes(&alone.side_numbers), [[44.0, 28.0, 124.0, 60.0]]);

    let both = [(square(80.0, 40.0, 8.0), GREEN), (square(400.0, 200.0, 8.0), RED)];
    let found = find(&both, whole);
    assert_eq!(boxes(&found.plates), [[384.0, 196.0, 424.0, 212.0]]);
    assert_eq!(boxes(&found.side_numbers), [[44.0, 28.0, 124.0, 60.0]]);
    let right = find(&both, rectangle(320.0, 0.0, 320.0, 384.0));
    assert!(right.side_numbers.is_empty(), "it is not in the zone");
}

#[test]
fn what_may_be_a_plate_is_no_side_number() {
    let image = frame(640, 384, &[(square(80.0, 40.0, 8.0), RED), (square(88.0, 40.0, 8.0), GREEN)]);
    let find = |mut models: Models| models.detector.detect(&RgbView::whole(&image)).expect("the model works");
    let apart = find(models_with_side_numbers());
    assert_eq!((apart.plates.len(), apart.side_numbers.len()), (1, 1), "the plate covers a quarter of the side number");
    let wanted = |folder| ModelChoice { side_numbers: true, ..choice(folder) };
    let strict = load_changed(wanted, "finder", "overlap_threshold = 0.4", "overlap_threshold = 0.2");
    let strict = find(strict.expect("it is right"));
    assert_eq!((strict.plates.len(), strict.side_numbers.len()), (1, 0), "that is too much of it");
}

#[test]
fn a_detector_without_a_class_for_side_numbers_is_refused_where_they_are_wanted() {
    let wanted = |folder| ModelChoice { side_numbers: true, ..choice(folder) };
    let error = load_changed(wanted, "finder", r#"["plate", "side_number"]"#, r#"["plate"]"#).expect_err("it has none");
    insta::assert_snapshot!(error, @"the model finder failed: it does not find side numbers, and the config has a lane with `side_numbers = true`; choose a detector that finds them (gatelpr-detector does) in the config's [inference], or set side_numbers to false in every [[lane]]");
}

#[test]
fn a_side_number_is_read_under_the_grammar_of_side_numbers() {
    let places = [(plate(0), WHITE), (plate(1), BLACK)];
    let text = |grammar: &Grammar| {
        let readings = read_under(grammar, &mut models_with_side_numbers(), &places);
        readings.into_iter().map(|reading| reading.map(|reading| reading.text.to_string())).collect::<Vec<_>>()
    };
    let (bright, dark) = (Some("12C12345".to_owned()), Some("29B112345".to_owned()));
    assert_eq!(
        text(&Grammar::of(&[Country::Vietnam])),
        [bright.clone(), dark],
        "the second one is a motorbike's plate"
    );
    assert_eq!(text(&Grammar::of_side_numbers()), [bright, None]);
}

/// Reads the plates at `places`, each of one colour.
fn read(models: &mut Models, places: &[(BoundingBox, Rgb<u8>)]) -> Vec<Option<PlateReading>> {
    read_under(&Grammar::of(&[Country::Vietnam, Country::China]), models, places)
}

fn read_under(grammar: &Grammar, models: &mut Models, places: &[(BoundingBox, Rgb<u8>)]) -> Vec<Option<PlateReading>> {
    let image = frame(900, 400, places);
    let detections: Vec<_> = places
        .iter()
        .map(|(at, _)| PlateDetection { corners: Quad::from_box(*at), confidence: Confidence::ONE, lines: Vec::new() })
        .collect();
    let crops: Vec<_> = detections
        .iter()
        .map(|detection| PlateCrop { image: &image, detection, grammar, worth_asking: WorthAsking::Any })
        .collect();
    models.recogniser.read(&crops).expect("the model works")
}

fn plate(number: u8) -> BoundingBox {
    rectangle(20.0 + 170.0 * f32::from(number), 50.0, 120.0, 40.0)
}

#[test]
fn a_plate_is_read_with_layout_colour_and_what_else_it_might_be() {
    let readings = read(&mut models(), &[(plate(0), WHITE)]);
    let [Some(reading)] = readings.as_slice() else { panic!("it is legible: {readings:?}") };
    assert_eq!((reading.text.as_str(), reading.layout), ("12C12345", Layout::OneLine));
    assert_eq!(reading.colour, Some(PlateColour::Yellow));
    assert_eq!(reading.corners, Quad::from_box(plate(0)));
    let sure: Vec<_> = reading.per_character.iter().map(|c| (c.value() * 100.0).round()).collect();
    assert_eq!(sure, [96.0, 96.0, 96.0, 96.0, 96.0, 96.0, 96.0, 90.0]);
    // Eight characters, the end, and that it is legible.
    assert!((reading.confidence.value() - 0.96_f32.powi(8) * 0.9).abs() < 0.01, "{reading:?}");
    let others: Vec<_> = reading.alternatives.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(others.first(), Some(&"12C12346"));
}

#[test]
fn more_plates_than_fit_into_a_batch_are_read_in_their_order() {
    let colours = [WHITE, BLACK, RED, BLACK, WHITE];
    let places: Vec<_> = (0..).zip(colours).map(|(number, colour)| (plate(number), colour)).collect();
    let readings = read(&mut models(), &places);
    let texts: Vec<_> = readings.iter().map(|r| r.as_ref().map(|r| (r.text.as_str(), r.layout))).collect();
    let (bright, dark) = (Some(("12C12345", Layout::OneLine)), Some(("29B112345", Layout::TwoLines)));
    assert_eq!(texts, [bright, dark, None, dark, bright]);
    assert_eq!(readings[1].as_ref().and_then(|reading| reading.colour), None, "no colour is likely");
    assert_eq!(read(&mut models(), &[]), []);
}

#[test]
fn a_plate_that_is_not_read_surely_is_looked_at_again_if_the_manifest_says_so_and_there_is_hope() {
    // Bright above and dark below: between two texts, until only the upper part is seen.
    let (whole, lower) = (plate(0), rectangle(20.0, 70.0, 120.0, 20.0));
    let image = frame(300, 200, &[(whole, WHITE), (lower, BLACK)]);
    let detection = PlateDetection { corners: Quad::from_box(whole), confidence: Confidence::ONE, lines: Vec::new() };
    let grammar = Grammar::of(&[Country::Vietnam]);
    let crops = [PlateCrop { image: &image, detection: &detection, grammar: &grammar, worth_asking: WorthAsking::Any }];
    let text = |mut models: Models| {
        let readings = models.recogniser.read(&crops).expect("the model works");
        readings[0].as_ref().map(|reading| reading.text.as_str().to_owned())
    };
    assert_eq!(text(models()), None);
    let upper = "{ width = 0.0, height = -0.25, down = -0.25 }";
    let second = |from: &str| {
        let second = format!("second_look = {{ {from}below = 0.5, margins = [{upper}, {upper}, {upper}, {upper}] }}");
        // Of five looks one speaks for a mixture of both texts, which costs both texts some likelihood.
        changed("reader", "text_threshold = 0.3", &format!("text_threshold = 0.2\n{second}")).expect("it is right")
    };
    let read = Some("12C12345".to_owned());
    assert_eq!([text(second("")), text(second("from = 0.000001, "))], [read.clone(), read]);
    assert_eq!(text(second("from = 0.4, ")), None, "the likeliest text has less");
}

#[test]
fn an_answer_that_is_no_number_is_an_error_that_names_the_model() {
    let image = frame(640, 384, &[(square(80.0, 40.0, 8.0), BLUE)]);
    let mut models = models();
    let error = models.detector.detect(&RgbView::whole(&image)).expect_err("it is broken").to_string();
    insta::assert_snapshot!(error, @r#"the model finder failed: its output "cells" holds values that are no numbers"#);

    let image = frame(200, 100, &[(rectangle(0.0, 0.0, 200.0, 100.0), BLUE)]);
    let corners = Quad::from_box(rectangle(20.0, 20.0, 120.0, 40.0));
    let detection = PlateDetection { corners, confidence: Confidence::ONE, lines: Vec::new() };
    let grammar = Grammar::of(&[Country::Vietnam]);
    let crop = PlateCrop { image: &image, detection: &detection, grammar: &grammar, worth_asking: WorthAsking::Any };
    let error = models.recogniser.read(&[crop]).expect_err("it is broken").to_string();
    insta::assert_snapshot!(error, @r#"the model reader failed: its output "legible" holds values that are no numbers"#);
}

#[test]
fn a_model_that_is_not_as_its_manifest_says_is_refused_at_start() {
    insta::assert_snapshot!(refused("finder", r#"["plate", "side_number"]"#, r#"["plate"]"#), @"the model finder failed: expected cells of [1, 9, 8, 16] for a picture of 128x64, got [1, 18, 8, 16]");
    insta::assert_snapshot!(refused("finder", r#""cells""#, r#""boxes""#), @r#"the model finder failed: the manifest names the output "boxes", and the model has ["cells"]"#);
    insta::assert_snapshot!(refused("finder", "cell_px = 8", "cell_px = 16"), @"the model finder failed: expected cells of [1, 18, 4, 8] for a picture of 128x64, got [1, 18, 8, 16]");
    insta::assert_snapshot!(refused("finder", "of_px = 32", "of_px = 30"), @"the model finder failed: it is not a corner detector with an input of whole cells (size.fixed or size.area); choose another in the config's [inference]");
    insta::assert_snapshot!(refused("reader", "slots = 10", "slots = 9"), @"the model reader failed: expected slots of characters of [1, 9, 76] for 1 plates, got [1, 10, 76]");
    insta::assert_snapshot!(refused("reader", "classes = 76", "classes = 75"), @"the model reader failed: its manifest says 75 classes, and its alphabet makes 76");
    insta::assert_snapshot!(refused("reader", r#""white", "#, ""), @"the model reader failed: expected colours of [1, 7] for 1 plates, got [1, 8]");
    insta::assert_snapshot!(refused("reader", r#"output = "layout""#, r#"output = "lines""#), @r#"the model reader failed: the manifest names the output "lines", and the model has ["characters", "layout", "colour", "country", "legible"]"#);
    insta::assert_snapshot!(refused("reader", "width_px = 160", "width_px = 128"), @"the model reader failed: Got invalid dimensions for input: plates for the following indices index: 3 Got: 128 Expected: 160 Please fix either the inputs/outputs or the model.");
}

#[test]
fn a_value_out_of_range_is_refused_with_its_place() {
    let refused = |model, from, to| {
        let error = refused(model, from, to);
        error.rsplit('/').next().expect("a file name").to_owned()
    };
    insta::assert_snapshot!(refused("reader", "height = 0.08", "height = 8"), @"reader.toml:29:11: width and height are shares of -0.25 to 1 and down of -1 to 1, and one of 0.04, 8 and 0 is not");
    insta::assert_snapshot!(refused("reader", r#""two_lines"]"#, r#""one_line"]"#), @"reader.toml:32:41: at least one name is expected, and each once");
    insta::assert_snapshot!(refused("finder", "enlarge_max = 2.0", "enlarge_max = 0.5"), @"finder.toml:15:1: enlarge_max is 1 to 8, and 0.5 is not");
    insta::assert_snapshot!(refused("finder", "area_px = 245760", "area_px = 100"), @"finder.toml:15:1: area_px is 1024 to 67108864, and 100 is not");
    insta::assert_snapshot!(refused("finder", "cell_px = 8", "cell_px = 0"), @"finder.toml:26:11: invalid value: integer `0`, expected a nonzero u32");
}

#[test]
fn a_reader_cannot_stand_in_for_a_detector() {
    let choice = ModelChoice { detector: "reader".to_owned(), recogniser: "finder".to_owned(), ..choice(fixtures()) };
    insta::assert_snapshot!(Models::load(&choice).expect_err("it is none"), @"the model reader failed: it is not a detector; choose another in the config's [inference]");
}

/// The models with this one asked for a second opinion. "bold" is the reader that reads also what is hardly legible.
fn with_second_opinion(name: &str) -> Result<Models, InferenceError> {
    let folder = tempfile::tempdir().expect("a folder for the test");
    copy_fixtures(folder.path());
    let reader = fs::read_to_string(folder.path().join("reader.toml")).expect("it is text");
    let bold =
        reader.replace(r#"name = "reader""#, r#"name = "bold""#).replace("threshold = 0.5 }", "threshold = 0.0 }");
    fs::write(folder.path().join("bold.toml"), bold).expect("the folder is writable");
    let second = SecondReader { recogniser: name.to_owned(), below: Confidence::clamped(0.8) };
    Models::load(&ModelChoice { second_opinion: Some(second), ..choice(folder.path().to_owned()) })
}

#[test]
fn what_the_first_reader_finds_illegible_the_second_is_asked_for_and_both_are_named() {
    let mut models = with_second_opinion("bold").expect("`make setup` was run");
    let texts = |readings: &[Option<PlateReading>]| -> Vec<_> {
        readings.iter().map(|reading| reading.as_ref().map(|reading| reading.text.to_string())).collect()
    };
    // Too red for one reader, and not for the other.
    let places = [(plate(0), WHITE), (plate(1), Rgb([250, 140, 250]))];
    assert_eq!(texts(&read(&mut self::models(), &places)), [Some("12C12345".to_owned()), None]);
    let readings = read(&mut models, &places);
    assert_eq!(texts(&readings), [Some("12C12345".to_owned()), Some("12C12345".to_owned())]);
    let hash = models.recogniser_id.strip_prefix("reader@sha256:").expect("the first is named first");
    assert_eq!(models.second_opinion_id, Some(format!("bold@sha256:{hash}")));
    assert_eq!(self::models().second_opinion_id, None);
}

#[test]
fn a_second_opinion_that_is_none_is_refused_when_the_models_are_loaded() {
    let refused = |name| with_second_opinion(name).expect_err("it is none").to_string();
    insta::assert_snapshot!(refused("reader"), @"the model reader failed: it is not a second opinion, but the recogniser that reads first; choose another in the config's [inference]");
    insta::assert_snapshot!(refused("finder"), @"the model finder failed: it is not a recogniser; choose another in the config's [inference]");
    assert!(refused("missing").contains("missing.toml"), "{}", refused("missing"));
}
