//! The same pictures before one or several cameras, through one pipeline.

use std::sync::Arc;
use std::time::Duration;

use gatelpr::capacity::Trial;
use gatelpr::config::LaneConfig;
use gatelpr::plate::Sighting;
use image::RgbImage;

use crate::cpu;
use crate::readers::Readers;

/// Pictures, and lanes of which each has a camera of its own.
pub(super) struct Show<'a> {
    pub(super) pictures: &'a [Arc<RgbImage>],
    pub(super) lanes: Vec<LaneConfig>,
}

/// What became of it.
pub(super) struct Shown {
    /// Processor time from one picture to the next, for all cameras together, in the cheapest round: other programs take caches and
    /// half a core away, which costs up to a third more, and give nothing back.
    pub(super) cpu: Duration,
    /// What was seen in the first round. The others see the same.
    pub(super) sightings: Vec<Sighting>,
}

impl Show<'_> {
    /// Shows the pictures once, in which buffers grow and the runtime plans, and then so many times.
    pub(super) fn through(&self, readers: Readers, rounds: usize) -> Shown {
        let (models, _stopwatches) = readers.load();
        let mut trial = Trial::new(models, &self.lanes);
        let telling = self.lanes.iter().map(|lane| LaneConfig { sightings: true, ..lane.clone() });
        let sightings = round(&mut trial, self.pictures, &telling.collect::<Vec<_>>());
        let cheapest = (0..rounds).map(|_| {
            let begun = cpu::of(std::process::id());
            round(&mut trial, self.pictures, &self.lanes);
            cpu::of(std::process::id()).saturating_sub(begun)
        });
        let cpu = cheapest.min().expect("ROUNDS is not 0");
        Shown { cpu: cpu.div_f64(self.pictures.len() as f64), sightings }
    }
}

/// Shows the pictures once; nothing is known of what was shown before.
fn round(trial: &mut Trial, pictures: &[Arc<RgbImage>], lanes: &[LaneConfig]) -> Vec<Sighting> {
    trial.begin_anew(lanes);
    pictures.iter().flat_map(|picture| trial.show(picture).expect("the models work")).collect()
}
