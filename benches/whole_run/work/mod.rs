//! Cost against work: the processor time of a picture with 0, 1, 4 and 16 plates in it, and that of a second of 1, 2, 4 and 8
//! cameras, each beside the straight line that it should be. `PICTURE=` names an SVG file into which both are drawn.

mod line;
mod plates;
mod plot;
mod show;

use std::fmt::Write as _;

use gatelpr::capacity::Trial;
use gatelpr::config::LaneConfig;
use gatelpr::plate::{CameraName, LaneName};
use gatelpr::trigger::Analyse;

use crate::pictures::Pictures;
use crate::readers::Readers;
use line::Line;
use plates::PlatePictures;
use show::Show;

const PLATES: [u16; 4] = [0, 1, 4, 16];
const CAMERAS: [u16; 4] = [1, 2, 4, 8];
/// So many pictures of a busy lane, two seconds, are a round.
const SHOWN: usize = 20;
const READERS: [Readers; 2] = [Readers::Usual, Readers::Ours];

/// What was measured with one choice of models: work and milliseconds of processor time.
struct Series {
    name: &'static str,
    points: Vec<(f64, f64)>,
    /// Plates found, and those of them read right, in one picture, for each point; empty where that is not counted.
    seen: Vec<[f64; 2]>,
}

/// Processor time against one kind of work.
struct Chart {
    /// What the milliseconds are for.
    cost: &'static str,
    /// What there is more and more of.
    work: &'static str,
    series: Vec<Series>,
}

/// Measures both, and hands over each table as soon as it is known.
pub(crate) fn measure(pictures: &Pictures, rounds: usize, print: impl Fn(&str)) {
    let charts = [of_plates, of_cameras].map(|measured| {
        let chart = measured(pictures, rounds);
        print(&table(&chart));
        chart
    });
    if let Ok(path) = std::env::var("PICTURE") {
        std::fs::write(&path, plot::svg(&charts)).unwrap_or_else(|error| panic!("cannot write {path}: {error}"));
    }
}

/// One lane that is the whole picture. It is analysed always: with `motion` a picture without a vehicle would cost next to
/// nothing, and the line would not say what finding costs.
fn of_plates(pictures: &Pictures, rounds: usize) -> Chart {
    let mut series = READERS.map(Series::of);
    for count in PLATES {
        let drawn = PlatePictures::of(count);
        let mut lane = LaneConfig::whole_picture(pictures.lane.name.clone(), pictures.lane.camera.clone());
        lane.rules.analyse = Analyse::Always;
        for (series, readers) in series.iter_mut().zip(READERS) {
            let shown = Show { pictures: &drawn.pictures, lanes: vec![lane.clone()] }.through(readers, rounds);
            series.points.push((f64::from(count), shown.cpu.as_secs_f64() * 1e3));
            let each = |count: usize| count as f64 / drawn.pictures.len() as f64;
            let right = shown.sightings.iter().filter(|sighting| drawn.is_right(sighting)).count();
            series.seen.push([each(shown.sightings.len()), each(right)]);
        }
    }
    Chart { cost: "a picture", work: "plates in it", series: series.into() }
}

/// Each camera has a lane of its own, as an operator would set it up, and shows the first of the busy pictures, ten a second.
fn of_cameras(pictures: &Pictures, rounds: usize) -> Chart {
    let mut series = READERS.map(Series::of);
    let shown = &pictures.busy[..pictures.busy.len().min(SHOWN)];
    for count in CAMERAS {
        let lanes: Vec<_> = (1..=count).map(|number| numbered(&pictures.lane, number)).collect();
        for (series, readers) in series.iter_mut().zip(READERS) {
            let cpu = Show { pictures: shown, lanes: lanes.clone() }.through(readers, rounds).cpu;
            series.points.push((f64::from(count), cpu.as_secs_f64() * 1e3 / Trial::INTERVAL.as_secs_f64()));
        }
    }
    Chart { cost: "a second", work: "cameras", series: series.into() }
}

fn numbered(lane: &LaneConfig, number: u16) -> LaneConfig {
    let name = LaneName::try_from(format!("lane-{number}").as_str()).expect("a name");
    let camera = CameraName::try_from(format!("camera-{number}").as_str()).expect("a name");
    LaneConfig { name, camera, ..lane.clone() }
}

fn table(chart: &Chart) -> String {
    let mut text = format!("\n{:<36}", format!("CPU ms for {}; {}:", chart.cost, chart.work));
    let add = |text: &mut String, cells: &str| text.write_str(cells).expect("a text takes all");
    let work = chart.series.first().map(|series| series.points.as_slice()).unwrap_or_default();
    work.iter().for_each(|(n, _)| add(&mut text, &format!("{n:>12.0}")));
    add(&mut text, &format!("{:>20}{:>14}\n", "straight line", "farthest off"));
    for series in &chart.series {
        let line = Line::through(&series.points);
        add(&mut text, &format!("{:<36}", series.name));
        series.points.iter().for_each(|(_, ms)| add(&mut text, &format!("{ms:>12.1}")));
        let off = format!("{:+.1} %", line.farthest_off(&series.points));
        add(&mut text, &format!("{:>20}{off:>14}\n", line.to_string()));
        if !series.seen.is_empty() {
            add(&mut text, &format!("{:<36}", "  found and read right in a picture"));
            series.seen.iter().for_each(|[found, right]| {
                add(&mut text, &format!("{:>12}", format!("{found:.1}, {right:.1}")));
            });
            text.push('\n');
        }
    }
    text
}

impl Series {
    fn of(readers: Readers) -> Self {
        Self { name: readers.name(), points: Vec::new(), seen: Vec::new() }
    }
}
