//! A set made on the spot, read by a detector and a recogniser that follow a script.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use super::*;
use crate::evaluation::details::Details;
use crate::evaluation::figures::Figures;
use crate::evaluation::report;
use crate::evaluation::table::Table;
use crate::geometry::BoundingBox;
use crate::inference::Detections;
use crate::plate::{Layout, PlateText};

/// Finds the same two places in every picture.
struct TwoPlaces;

impl PlateDetector for TwoPlaces {
    fn detect(&mut self, _: &RgbView<'_>) -> Result<Detections, InferenceError> {
        let places = [[10.0, 10.0, 40.0, 20.0], [60.0, 30.0, 90.0, 40.0]];
        let found = places.map(|[left, top, right, bottom]| {
            let corners = Quad::from_box(BoundingBox { left, top, right, bottom });
            PlateDetection { corners, confidence: Confidence::ONE, lines: Vec::new() }
        });
        Ok(Detections { plates: found.to_vec(), side_numbers: Vec::new() })
    }
}

/// Reads what the red of the plate's middle says: an index into the texts, 0 for nothing.
struct ByColour(&'static [&'static str]);

impl PlateRecogniser for ByColour {
    fn read(&mut self, plates: &[PlateCrop<'_>]) -> Result<Vec<Option<PlateReading>>, InferenceError> {
        let read = |plate: &PlateCrop<'_>| {
            let centre = plate.detection.corners.centre();
            let red = plate.image.get_pixel(centre.x as u32, centre.y as u32).0[0];
            let text = self.0.get(usize::from(red).checked_sub(1)?)?;
            Some(PlateReading {
                colour: None,
                text: PlateText::normalised(text)?,
                per_character: vec![Confidence::clamped(0.9); text.len()],
                confidence: Confidence::clamped(0.81),
                alternatives: vec![(PlateText::normalised("34A36888")?, Confidence::clamped(0.07))],
                layout: Layout::OneLine,
                corners: plate.detection.corners,
            })
        };
        Ok(plates.iter().map(read).collect())
    }
}

const TEXTS: &[&str] = &["34A36837", "34A36887", "12C12345"];

/// A picture whose two places have these reds.
fn picture(folder: &Path, name: &str, first: u8, second: u8) {
    let red = |x: u32, _: u32| image::Rgb([if x < 50 { first } else { second }, 0, 0]);
    RgbImage::from_fn(100, 50, red).save(folder.join(name)).expect("it can be written");
}

/// Four pictures: right, misread with a false read, misread in a picture that is not labelled completely, a crop; and
/// a file that is no picture.
fn small_set(folder: &Path) -> LabelledSet {
    picture(folder, "right.png", 1, 0);
    picture(folder, "wrong.png", 2, 3);
    picture(folder, "partly <labelled>.png", 2, 3);
    picture(folder, "crop.png", 3, 3);
    fs::write(folder.join("broken.png"), "no picture").expect("it can be written");
    let row = |image: &str, complete: bool, crop: bool, text: &str| {
        format!(
            "{{\"image\": \"{image}\", \"complete\": {complete}, \"crop\": {crop}, \
             \"plates\": [{{\"text\": \"{text}\", \"bbox\": [10, 10, 30, 10]}}]}}\n"
        )
    };
    let rows = [
        row("right.png", true, false, "34A36837"),
        row("wrong.png", true, false, "34A36837"),
        row("broken.png", true, false, "34A36837"),
        row("partly <labelled>.png", false, false, "34A36837"),
        row("crop.png", true, true, "12C12345"),
    ];
    fs::write(folder.join("labels.jsonl"), rows.concat()).expect("it can be written");
    LabelledSet::load(folder).expect("the labels are right")
}

fn read_small_set(folder: &Path) -> SetResult {
    let set = small_set(folder);
    let mut after = 0;
    let mut reader = Reader { detector: &mut TwoPlaces, recogniser: &mut ByColour(TEXTS), clock: Clock::start() };
    let result = reader.read_set(&set, &set.countries(), || after += 1).expect("nothing in it fails");
    assert_eq!(after, 5, "progress counts unreadable pictures too");
    result
}

#[test]
fn a_set_is_summed_up_and_an_unreadable_picture_is_named_and_in_no_other_figure() {
    let folder = tempfile::tempdir().expect("a folder");
    let result = read_small_set(folder.path());
    let score = &result.score;
    assert_eq!((score.pictures, score.plates, score.exact, score.misread), (4, 4, 2, 2));
    assert_eq!((score.character_errors, score.characters), (2, 32));
    assert_eq!((score.false_reads, score.complete_pictures), (1, 3));
    assert_eq!(score.milliseconds.len(), 4);
    let [unreadable] = result.unreadable.as_slice() else { panic!("one picture is unreadable") };
    assert!(unreadable.to_string().contains("broken.png"), "{unreadable}");
}

#[test]
fn a_crop_goes_straight_to_the_reader_as_one_plate() {
    let folder = tempfile::tempdir().expect("a folder");
    let result = read_small_set(folder.path());
    let crop = result.pictures.iter().find(|result| result.picture.crop).expect("there is a crop");
    let reading = crop.outcome.plates[0].reading.as_ref().expect("it is read");
    assert_eq!(reading.corners.bounds(), BoundingBox { left: 0.0, top: 0.0, right: 100.0, bottom: 50.0 });
    assert!(crop.outcome.elsewhere.is_empty());
}

/// Notes its name whenever it is asked.
struct Named<'a>(&'static str, &'a RefCell<Vec<&'static str>>);

impl PlateDetector for Named<'_> {
    fn detect(&mut self, view: &RgbView<'_>) -> Result<Detections, InferenceError> {
        self.1.borrow_mut().push(self.0);
        TwoPlaces.detect(view)
    }
}

#[test]
fn several_readers_look_at_each_picture_in_turn_and_get_a_result_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = small_set(folder.path());
    let asked = RefCell::new(Vec::new());
    let (mut a, mut b) = (Named("a", &asked), Named("b", &asked));
    let (mut right, mut blind) = (ByColour(TEXTS), ByColour(&[]));
    let clock = Clock::start();
    let mut readers = [
        Reader { detector: &mut a, recogniser: &mut right, clock },
        Reader { detector: &mut b, recogniser: &mut blind, clock },
    ];
    let results = read_set_with_each(&mut readers, &set, &set.countries(), || ()).expect("nothing in it fails");
    assert_eq!(results.iter().map(|result| result.score.exact).collect::<Vec<_>>(), [2, 0]);
    assert!(results.iter().all(|result| result.pictures.len() == 4 && result.unreadable.len() == 1));
    // The third picture is broken, and the fifth a crop, for which no detector is asked.
    assert_eq!(*asked.borrow(), ["a", "b", "b", "a", "b", "a"]);
}

#[test]
fn the_detector_is_judged_by_the_labels_boxes_and_not_by_what_is_read_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let result = read_small_set(folder.path());
    let overlaps = |result: &PictureResult| result.outcome.plates[0].overlap();
    assert_eq!(result.pictures.iter().map(overlaps).collect::<Vec<_>>(), [Some(1.0), Some(1.0), Some(1.0), None]);
    assert_eq!(result.pictures.iter().map(|result| result.outcome.extra_detections).sum::<usize>(), 3);
}

#[test]
fn the_details_show_each_section() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut result = read_small_set(folder.path());
    result.score.name = "gate".to_owned();
    insta::assert_snapshot!(Details(&[result]));
}

#[test]
fn the_table_counts_whole_pictures_and_crops_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut result = read_small_set(folder.path());
    result.score.name = "gate".to_owned();
    result.score.milliseconds = vec![90.0, 100.0, 110.0, 120.0];
    insta::assert_snapshot!(Table(&[result]));
}

#[test]
fn the_page_shows_each_miss_and_each_false_read_and_nothing_that_is_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let result = read_small_set(folder.path());
    let page = folder.path().join("errors");
    report::write(&page, ["det@sha256:1", "rec@sha256:2"], &[result]).expect("it can be written");
    let html = fs::read_to_string(page.join("index.html")).expect("it is there");
    assert_eq!(html.matches("<tr><td>").count(), 3, "{html}");
    assert!(html.contains("34A368<mark>8</mark>7"), "the wrong character is marked: {html}");
    assert!(html.contains("no plate here"), "{html}");
    assert!(html.contains("partly &lt;labelled&gt;.png"), "a name is no markup: {html}");
    assert!(!html.contains("right.png") && !html.contains("<script"), "{html}");
    let crops = ["0001.jpg", "0002.jpg", "0003.jpg"];
    assert!(crops.iter().all(|name| html.contains(name) && read_picture(&page.join(name)).is_ok()));
    assert!(!page.join("0004.jpg").exists());
}

#[test]
fn the_json_names_every_figure_of_a_set_that_was_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let result = read_small_set(folder.path());
    let json = serde_json::to_value(Figures::of(&[result])).expect("it is JSON");
    let set = &json["sets"][0];
    assert_eq!(set["name"], folder.path().file_name().expect("it has a name").to_string_lossy().as_ref());
    assert_eq!((&set["exact"], &set["unreadable_pictures"]), (&2.into(), &1.into()));
}
