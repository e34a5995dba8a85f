//! The same pictures before one or several cameras, through one pipeline.

use std::sync::Arc;
use std::time::Duration;

use gatelpr::config::LaneConfig;
use gatelpr::frame::{Frame, Moment};
use gatelpr::picture_quality::SceneWatch;
use gatelpr::pipeline::Pipeline;
use gatelpr::plate::Sighting;
use image::RgbImage;
use jiff::Timestamp;

use crate::cpu;
use crate::measured::INTERVAL;
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

struct Stage {
    pipeline: Pipeline,
    /// What watches each camera's pictures.
    scenes: Vec<SceneWatch>,
    elapsed: Duration,
}

impl Show<'_> {
    /// Shows the pictures once, in which buffers grow and the runtime plans, and then so many times.
    pub(super) fn through(&self, readers: Readers, rounds: usize) -> Shown {
        let (models, _stopwatches) = readers.load();
        let scenes = self.lanes.iter().map(|_| SceneWatch::default()).collect();
        let mut stage = Stage { pipeline: Pipeline::new(models, Vec::new()), scenes, elapsed: Duration::ZERO };
        let telling = self.lanes.iter().map(|lane| LaneConfig { sightings: true, ..lane.clone() });
        let sightings = stage.round(self.pictures, &telling.collect::<Vec<_>>());
        let cheapest = (0..rounds).map(|_| {
            let begun = cpu::of(std::process::id());
            stage.round(self.pictures, &self.lanes);
            cpu::of(std::process::id()).saturating_sub(begun)
        });
        let cpu = cheapest.min().expect("ROUNDS is not 0");
        Shown { cpu: cpu.div_f64(self.pictures.len() as f64), sightings }
    }
}

impl Stage {
    /// Every camera shows the pictures, one camera after the other, and nothing is known of what was shown before.
    fn round(&mut self, pictures: &[Arc<RgbImage>], lanes: &[LaneConfig]) -> Vec<Sighting> {
        let all = lanes.iter().map(|lane| lane.name.clone()).collect();
        let (mut passages, mut sightings) = (self.pipeline.rearrange(lanes, &all, self.now()), Vec::new());
        for picture in pictures {
            let captured_at = self.now();
            for (lane, scene) in lanes.iter().zip(&mut self.scenes) {
                let frame = Frame { camera: lane.camera.clone(), captured_at, image: Arc::clone(picture) };
                scene.observe(&frame);
                let analysed = self.pipeline.frame(&frame, &mut passages).expect("the models work");
                sightings.extend(analysed.sightings.into_iter().map(|(_, sighting)| sighting));
            }
            self.elapsed += INTERVAL;
        }
        sightings
    }

    fn now(&self) -> Moment {
        Moment { wall: Timestamp::UNIX_EPOCH + self.elapsed, elapsed: self.elapsed }
    }
}
