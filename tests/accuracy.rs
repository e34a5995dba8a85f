//! Real pictures, stage by stage: the detector of text finds a plate's lines, the reader reads crops, and both together read
//! whole pictures. A handful per set, to notice when one is lost; `gatelpr eval` measures all.
//!
//! The pictures are not in this repository. They are looked for in `GATELPR_PLATES`, else in `../shared/plates`; without
//! them these tests say so and pass. The models are needed: `make setup` fetches them.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use gatelpr::camera::read_picture;
use gatelpr::clock::Clock;
use gatelpr::config::InferenceConfig;
use gatelpr::evaluation::labels::LabelledSet;
use gatelpr::evaluation::run::Reader;
use gatelpr::inference::RgbView;
use gatelpr::inference::models::{ModelChoice, Models};

/// A set and some of its pictures, by the end of their names.
type Handful = (&'static str, &'static [&'static str]);

/// One and two lines, large and small, cars, motorbikes and trucks, every colour, seen from the side, and at night.
const WHOLE_PICTURES: &[Handful] = &[
    ("vn_mixed", &["hcmiu_car7.jpg", "testbs5.jpg", "mrz_10.jpg", "tan_10.jpg", "tan_8.jpg", "vam_1.jpg"]),
    ("vn_parking_moto", &["0112_01913_b.jpg", "0128_01676_b.jpg", "0150_06837_b.jpg", "0512_08166_b.jpg"]),
    ("vn_video", &["toll_006.02.jpg", "toll_006.42.jpg", "toll_007.02.jpg"]),
    ("cn_ccpd", &["ccpd_1db5f2564e.jpg", "ccpd_560634f37d.jpg"]),
    (
        "cn_easypr",
        &["easypr_0e76bf3bef.jpg", "easypr_2ca5b577af.jpg", "easypr_a792ff3ea3.jpg", "easypr_d7da472809.jpg"],
    ),
    ("cn_mixed", &["hyper_test_img.jpg", "we_moto.jpg", "we_shi_lin_guan.jpg", "we_single_yellow.jpg"]),
    ("oalpr_br", &["OCX4764.jpg"]),
    ("oalpr_eu", &["eu10.jpg", "test_070.jpg"]),
    ("oalpr_us", &["car6.jpg"]),
];

const CROPS: &[Handful] = &[
    ("vn_crops", &["10xemay921.jpg", "3CarLongPlate233.jpg", "3CarLongPlate325.jpg", "ndata323.jpg", "ndata49.jpg"]),
    ("cn_crops", &["lprnet_0173f302d9.jpg", "lprnet_edbe53d79d.jpg", "lprnet_f16c6fd955.jpg", "lprnet_85feeb62f9.jpg"]),
];

/// Pictures whose plates have two lines, and one.
const TWO_LINES: Handful = ("vn_parking_moto", &["0006_06797_b.jpg", "0038_01762_b.jpg", "0400_05206_b.jpg"]);
const ONE_LINE: Handful = ("cn_ccpd", &["ccpd_0473f7539d.jpg", "ccpd_efd25a938c.jpg"]);

fn plates() -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/plates");
    let folder = std::env::var_os("GATELPR_PLATES").map_or_else(default, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let note = format!("skipped, no data: there is no folder {}\n", folder.display());
    std::io::stderr().write_all(note.as_bytes()).expect("somebody listens");
    None
}

/// Those that a gate uses.
fn models() -> Models {
    Models::load(&usual()).expect("`make setup` was run")
}

fn usual() -> ModelChoice {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let usual = InferenceConfig::default().model_choice(NonZeroUsize::MIN, &[]);
    ModelChoice { folder: Some(root.join("models")), ..usual }
}

fn some_of(folder: &Path, (name, pictures): Handful) -> LabelledSet {
    let mut set = LabelledSet::load(&folder.join(name)).expect("the set's labels are right");
    set.pictures.retain(|picture| pictures.iter().any(|name| picture.path.to_string_lossy().ends_with(name)));
    assert_eq!(set.pictures.len(), pictures.len(), "{name} has each of {pictures:?} once");
    set
}

/// Every plate of these pictures that was not read exactly, and every false read.
fn wrong(handfuls: &[Handful]) -> Vec<String> {
    let Some(folder) = plates() else { return Vec::new() };
    let mut models = models();
    let (detector, recogniser) = (models.detector.as_mut(), models.recogniser.as_mut());
    let mut reader = Reader { detector, recogniser, clock: Clock::start() };
    let mut wrong = Vec::new();
    for handful in handfuls {
        let set = some_of(&folder, *handful);
        let result = reader.read_set(&set, &set.countries(), || ()).expect("the models work");
        assert!(result.unreadable.is_empty(), "{:?}", result.unreadable);
        for picture in &result.pictures {
            let name = picture.picture.path.display();
            let missed = picture.outcome.plates.iter().filter(|plate| !plate.exact());
            wrong.extend(missed.map(|plate| format!("{name}: {} read as {:?}", plate.label.text, plate.reading)));
            wrong.extend(picture.false_reads().iter().map(|reading| format!("{name}: false read {}", reading.text)));
        }
    }
    wrong
}

#[test]
fn plates_in_whole_pictures_are_read_exactly_and_nothing_else_is() {
    assert_eq!(wrong(WHOLE_PICTURES), Vec::<String>::new());
}

#[test]
fn crops_are_read_exactly() {
    assert_eq!(wrong(CROPS), Vec::<String>::new());
}

#[test]
fn the_detector_of_text_finds_each_line_of_a_plate() {
    let Some(folder) = plates() else { return };
    let choice = ModelChoice { detector: "ppocr-v4-det".to_owned(), ..usual() };
    let mut models = Models::load(&choice).expect("`make setup` was run");
    for (handful, lines) in [(TWO_LINES, 2), (ONE_LINE, 1)] {
        for picture in some_of(&folder, handful).pictures {
            let image = read_picture(&picture.path).expect("it is a picture");
            let found = models.detector.detect(&RgbView::whole(&image)).expect("the model works").plates;
            for plate in &picture.plates {
                let overlapping = found.iter().find(|detection| detection.corners.bounds().iou(plate.at) > 0.4);
                let count = overlapping.map(|detection| detection.lines.len());
                assert_eq!(count, Some(lines), "{}: {}", picture.path.display(), plate.text);
            }
        }
    }
}
