//! How many cameras this computer holds: what a picture costs here is measured, and what follows from it is worked out.
//!
//! One thread recognises for all cameras, and each camera decodes on a thread of its own; so both the one thread's time and all
//! cores' time bound the number. Not here: how it is printed.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;
use jiff::Timestamp;

use crate::camera::decoding_costs;
use crate::clock::Clock;
use crate::config::LaneConfig;
use crate::frame::{Frame, Moment};
use crate::inference::InferenceError;
use crate::inference::models::Models;
use crate::machine::own_cpu_time;
use crate::picture_quality::SceneWatch;
use crate::pipeline::Pipeline;
use crate::plate::{CameraName, Sighting};
use crate::synthetic::film::Film;
use crate::synthetic::scenario::{Picture, Scenario};

/// Pictures that are drawn for a measurement.
const PICTURES: usize = 24;
/// How often they are shown; before that once, while the runtime plans and buffers grow.
const ROUNDS: u32 = 3;
/// How long the empty lane is watched, in seconds.
const EMPTY_S: f32 = 4.0;
/// What is left for bursts, for the system and for delivery.
const USED_AT_MOST: f64 = 0.8;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum CapacityError {
    /// A model failed.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// Video could not be coded or decoded.
    #[error("video of {0}x{1} pixels cannot be measured: {2}")]
    Video(u32, u32, String),
}

/// What one picture costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Decoding it, on one core.
    pub decoding: Duration,
    /// Recognising it while a vehicle is in view: the one thread's time.
    pub busy: Duration,
    /// The same, as time of all cores together.
    pub busy_cpu: Duration,
    /// Looking at it while the lane is empty, in the mean: the one thread's time.
    pub empty: Duration,
}

/// What the cameras do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// Pictures a second of each camera.
    pub rate: f64,
    /// The share of the time in which a vehicle is in view, 0 to 1.
    pub busy: f64,
}

impl Costs {
    /// Measures with these models, for a lane as `lane` says, in pictures of `size`.
    ///
    /// # Errors
    /// [`CapacityError`] when a model or the video decoder fails.
    pub fn measured(models: Models, lane: &LaneConfig, size: (u32, u32)) -> Result<Self, CapacityError> {
        let film = film(size);
        let with_vehicles =
            (0..film.frames()).filter(|number| film.seen_plates(0, *number).iter().any(|seen| seen.whole));
        let busy: Vec<_> = with_vehicles.take(PICTURES).map(|number| film.render(0, number)).collect();
        let nobody = nobody(size);
        let empty = (0..nobody.frames()).map(|number| nobody.render(0, number)).collect();
        let decoding = decoding_costs(&busy);
        let decoding = decoding.map_err(|reason| CapacityError::Video(size.0, size.1, reason))?;
        let mut trial = Trial::new(models, std::slice::from_ref(lane));
        // The empty lane first: after vehicles it takes the motion gate some seconds to know it again.
        let (empty, _) = trial.costs_of(empty)?;
        let (busy, busy_cpu) = trial.costs_of(busy)?;
        Ok(Self { decoding, busy, busy_cpu, empty })
    }

    /// How many such cameras a computer with so many cores holds.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some cameras")]
    pub fn cameras(&self, demand: Demand, cores: usize) -> u32 {
        let recognising = self.seconds(self.busy, demand);
        let of_all = demand.rate * self.decoding.as_secs_f64() + self.seconds(self.busy_cpu, demand);
        let cores = u32::try_from(cores).map_or(f64::from(u32::MAX), f64::from);
        (USED_AT_MOST / recognising).min(USED_AT_MOST * cores / of_all).min(1000.0) as u32
    }

    /// Seconds of a second that recognition takes for one camera.
    fn seconds(&self, busy: Duration, demand: Demand) -> f64 {
        demand.rate * (demand.busy * busy.as_secs_f64() + (1.0 - demand.busy) * self.empty.as_secs_f64())
    }
}

/// The sample recording in pictures of this size.
fn film((width_px, height_px): (u32, u32)) -> Film {
    Film::of(&Scenario { picture: Picture { width_px, height_px }, ..Scenario::demo() })
}

/// The same road without vehicles, for some seconds.
fn nobody((width_px, height_px): (u32, u32)) -> Film {
    let picture = Picture { width_px, height_px };
    Film::of(&Scenario { picture, vehicle: Vec::new(), duration_s: Some(EMPTY_S), ..Scenario::demo() })
}

/// A gate that is shown the same pictures before each of its cameras, one after the other, on a clock of their own.
#[derive(Debug)]
pub struct Trial {
    pipeline: Pipeline,
    /// The cameras, and what watches their pictures.
    cameras: Vec<(CameraName, SceneWatch)>,
    elapsed: Duration,
}

impl Trial {
    /// Between two pictures of a camera, in the pictures' time.
    pub const INTERVAL: Duration = Duration::from_millis(100);

    /// A gate of these lanes, each with a camera of its own.
    #[must_use]
    pub fn new(models: Models, lanes: &[LaneConfig]) -> Self {
        let cameras = lanes.iter().map(|lane| (lane.camera.clone(), SceneWatch::default())).collect();
        Self { pipeline: Pipeline::new(models, lanes.to_vec()), cameras, elapsed: Duration::ZERO }
    }

    /// The same lanes begin anew, as `lanes` says; nothing is known of what was shown before.
    pub fn begin_anew(&mut self, lanes: &[LaneConfig]) {
        let all = lanes.iter().map(|lane| lane.name.clone()).collect();
        self.pipeline.rearrange(lanes, &all, self.now());
    }

    /// The next picture of every camera, through all that recognition does with one. Gives what was seen in the lanes that
    /// tell it.
    ///
    /// # Errors
    /// [`InferenceError`] when a model fails.
    pub fn show(&mut self, picture: &Arc<RgbImage>) -> Result<Vec<Sighting>, InferenceError> {
        let (captured_at, mut sightings) = (self.now(), Vec::new());
        for (camera, scene) in &mut self.cameras {
            let frame = Frame { camera: camera.clone(), captured_at, image: Arc::clone(picture) };
            scene.observe(&frame);
            let analysed = self.pipeline.frame(&frame, &mut Vec::new())?;
            sightings.extend(analysed.sightings.into_iter().map(|(_, sighting)| sighting));
        }
        self.elapsed += Self::INTERVAL;
        Ok(sightings)
    }

    /// What each costs in the mean: this thread's time, and all cores'.
    fn costs_of(&mut self, pictures: Vec<RgbImage>) -> Result<(Duration, Duration), InferenceError> {
        let pictures: Vec<_> = pictures.into_iter().map(Arc::new).collect();
        self.show_all(&pictures)?;
        let (clock, cpu) = (Clock::start(), own_cpu_time());
        for _ in 0..ROUNDS {
            self.show_all(&pictures)?;
        }
        let took = clock.elapsed();
        let cpu = own_cpu_time().zip(cpu).map_or(took, |(after, before)| after.saturating_sub(before));
        let shown = ROUNDS * u32::try_from(pictures.len()).unwrap_or(u32::MAX).max(1);
        Ok((took / shown, cpu / shown))
    }

    fn show_all(&mut self, pictures: &[Arc<RgbImage>]) -> Result<(), InferenceError> {
        pictures.iter().try_for_each(|picture| self.show(picture).map(drop))
    }

    fn now(&self) -> Moment {
        Moment { wall: Timestamp::UNIX_EPOCH + self.elapsed, elapsed: self.elapsed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[track_caller]
    fn check(costs: Costs, rate: f64, busy: f64, cores: usize, expected: u32) {
        assert_eq!(costs.cameras(Demand { rate, busy }, cores), expected);
    }

    #[test]
    fn the_recognising_thread_or_all_cores_are_the_limit() {
        let costs = Costs { decoding: 10 * MS, busy: 20 * MS, busy_cpu: 40 * MS, empty: MS };
        // 0.8 s of recognition a second, 0.2 s for each camera.
        check(costs, 10.0, 1.0, 8, 4);
        // 0.8 s of one core: 0.1 s of decoding and 0.4 s of recognition for each camera.
        check(costs, 10.0, 1.0, 1, 1);
        // Empty lanes cost recognition 0.01 s and decoding 0.1 s.
        check(costs, 10.0, 0.0, 1, 7);
        check(costs, 100.0, 1.0, 64, 0);
    }
}
