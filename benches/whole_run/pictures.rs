//! The pictures: drawn once, before anything is measured.

use std::sync::Arc;

use gatelpr::config::{Config, LaneConfig};
use gatelpr::geometry::{Point, Quad};
use gatelpr::synthetic::film::Film;
use gatelpr::synthetic::gate_config::lanes_config;
use gatelpr::synthetic::scenario::Scenario;
use image::RgbImage;

/// Pictures with vehicles: six megabytes each.
const BUSY: usize = 40;
/// How long the empty lane is watched, in seconds; its pictures differ as a camera's do.
const EMPTY_S: f32 = 4.0;
/// From this height in pixels on a plate can be read.
const LEGIBLE_PX: f32 = 20.0;

/// Pictures of one lane.
pub(crate) struct Pictures {
    /// One after the other, a plate in each.
    pub(crate) busy: Vec<Arc<RgbImage>>,
    /// Of the same lane without a vehicle.
    pub(crate) empty: Vec<Arc<RgbImage>>,
    /// The lane, as an operator would set it up.
    pub(crate) lane: LaneConfig,
}

impl Pictures {
    pub(crate) fn drawn() -> Self {
        let scenario = Scenario::parse(include_str!("busy.toml")).expect("it is right");
        let film = Film::of(&scenario);
        let legible =
            |frame: &u32| film.seen_plates(0, *frame).iter().any(|seen| seen.whole && is_legible(&seen.corners));
        let busy = (0..film.frames()).filter(legible).take(BUSY);
        let nobody = Film::of(&Scenario { traffic: Vec::new(), duration_s: Some(EMPTY_S), ..scenario });
        Self {
            busy: busy.map(|frame| Arc::new(film.render(0, frame))).collect(),
            empty: (0..nobody.frames()).map(|frame| Arc::new(nobody.render(0, frame))).collect(),
            lane: lane(&film),
        }
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        self.busy.first().expect("vehicles come").dimensions()
    }
}

fn is_legible(corners: &[Point; 4]) -> bool {
    Quad(*corners).height() >= LEGIBLE_PX
}

fn lane(film: &Film) -> LaneConfig {
    let camera = &film.cameras().first().expect("there is one").name;
    let text = format!(
        "[site]\nname = \"drawn\"\ngate = \"g1\"\n[mqtt]\nhost = \"127.0.0.1\"\n[[camera]]\nname = \"{camera}\"\n\
         source.watched_folder.path = \"/srv/ftp\"\n{}",
        lanes_config(film)
    );
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("it can be written");
    let config = Config::load_for_replay(file.path()).unwrap_or_else(|problems| panic!("{problems}"));
    config.lanes.into_iter().next().expect("there is one")
}
