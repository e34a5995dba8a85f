//! What the benchmarks of the recognition share: a picture with known plates, the models with our code around them and
//! the same models bare, and times that are printed beside each other.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use criterion::Criterion;
use gatelpr::clock::Clock;
use gatelpr::geometry::{BoundingBox, Quad};
use gatelpr::inference::manifest::{InputSize, Manifest};
use gatelpr::inference::models::{ModelChoice, Models};
use gatelpr::inference::session::{Execution, RunsOn, Runtime, Session};
use gatelpr::inference::text_detector::DetectorSize;
use gatelpr::inference::text_recogniser::LineSize;
use gatelpr::plate_format::Country;
use gatelpr::synthetic::film::Film;
use gatelpr::synthetic::scenario::Scenario;
use image::RgbImage;

/// Whose plates are read: the border's.
pub(crate) const COUNTRIES: [Country; 2] = [Country::Vietnam, Country::China];
const DETECTOR: &str = "ppocr-v4-det";
const RECOGNISER: &str = "ppocr-v4-rec";

/// A plate of the sample recording as it is in a picture.
pub(crate) struct DrawnPlate {
    pub(crate) text: String,
    pub(crate) corners: Quad,
}

/// The picture of the sample recording in which a plate of this kind (of `assets/plates.toml`) is largest, so that nobody has to
/// look twice at a blur.
pub(crate) fn picture(kind: &str) -> (RgbImage, DrawnPlate) {
    let film = Film::of(&Scenario::demo());
    let seen = |frame: u32| {
        let plates = film.seen_plates(0, frame).into_iter().filter(|seen| seen.whole);
        let of_kind =
            plates.filter_map(|seen| Some((film.plate_of(&seen)?, seen))).find(|(plate, _)| plate.kind.name == kind);
        of_kind.map(|(plate, seen)| (frame, DrawnPlate { text: plate.text, corners: Quad(seen.corners) }))
    };
    let (frame, plate) = (0..film.frames()).rev().find_map(seen).expect("every vehicle drives up to the camera");
    (film.render(0, frame), plate)
}

fn choice() -> ModelChoice {
    ModelChoice {
        runtime: None,
        folder: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("models")),
        detector: DETECTOR.to_owned(),
        recogniser: RECOGNISER.to_owned(),
        second_opinion: None,
        runs_on: RunsOn { execution: Execution::Cpu, threads: NonZeroUsize::MIN },
        side_numbers: false,
    }
}

/// The models as the daemon has them, one thread each.
pub(crate) fn models() -> Models {
    Models::load(&choice()).expect("`make setup` was run")
}

/// A model without anything around it.
pub(crate) struct Bare {
    session: Session,
    input: InputSize,
}

impl Bare {
    pub(crate) fn detector() -> Self {
        Self::open(DETECTOR)
    }

    pub(crate) fn recogniser() -> Self {
        Self::open(RECOGNISER)
    }

    fn open(name: &str) -> Self {
        let choice = choice();
        let manifest = Manifest::load(&choice.folder.expect("it is set above"), name).expect("it is shipped");
        let runtime = Runtime::load(None).expect("`make setup` was run");
        let weights = manifest.read_weights().expect("`make setup` was run");
        let session = runtime.open(&manifest.model, &weights, choice.runs_on).expect("it is the pinned model");
        Self { session, input: manifest.model.input.size }
    }

    /// The input that the detector makes of a region.
    pub(crate) fn region_input(&self, region: BoundingBox) -> Input {
        let InputSize::Multiples { of_px, long_side_min_px, long_side_max_px } = self.input else {
            unreachable!("the pinned detector's input is of multiples")
        };
        let size =
            DetectorSize { multiple_of: of_px, least_long_side: long_side_min_px, most_long_side: long_side_max_px };
        let (width, height) = size.of_input(region).expect("the picture has pixels");
        Input::new(width, height)
    }

    /// The input that the recogniser makes of a line.
    pub(crate) fn line_input(&self, line: &Quad) -> Input {
        let InputSize::FixedHeight { height_px, width_multiple_of_px, width_min_px, width_max_px } = self.input else {
            unreachable!("the pinned recogniser's input has one height")
        };
        let size = LineSize {
            height: height_px,
            multiple_of: width_multiple_of_px,
            least_width: width_min_px,
            most_width: width_max_px,
        };
        Input::new(size.of_input(line), height_px)
    }

    pub(crate) fn run(&mut self, input: &Input) {
        let output = self.session.run(input.shape, &input.values).expect("the model works");
        std::hint::black_box(output);
    }
}

/// Grey pixels in a model's form: its time does not depend on what it sees.
pub(crate) struct Input {
    shape: [usize; 4],
    values: Vec<f32>,
}

impl Input {
    fn new(width: u32, height: u32) -> Self {
        let shape = [1, 3, height as usize, width as usize];
        Self { shape, values: vec![0.0; shape.iter().product()] }
    }

    /// Width by height.
    pub(crate) fn size(&self) -> String {
        format!("{}x{}", self.shape[3], self.shape[2])
    }
}

/// Measures `work`. `None` when a filter on the command line left it out.
pub(crate) fn measure(criterion: &mut Criterion, name: &str, mut work: impl FnMut()) -> Option<Duration> {
    let clock = Clock::start();
    let mut samples = Vec::new();
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let start = clock.elapsed();
            (0..iterations).for_each(|_| work());
            let took = clock.elapsed().saturating_sub(start);
            samples.push(took.div_f64(iterations as f64));
            took
        });
    });
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied()
}

/// Prints ours beside the bare models'.
pub(crate) fn compare(what: &str, ours: Option<Duration>, bare: Option<Duration>) {
    let (Some(ours), Some(bare)) = (ours, bare) else { return };
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    let (ours, bare) = (milliseconds(ours), milliseconds(bare));
    let line = format!("{what}: {ours:.1} ms, the bare models {bare:.1} ms, ratio {:.2}\n\n", ours / bare);
    std::io::stdout().write_all(line.as_bytes()).expect("somebody reads the figures");
}
