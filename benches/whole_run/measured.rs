//! Pictures through everything that recognition does with one, and what that took.

use std::sync::Arc;
use std::time::Duration;

use gatelpr::clock::Clock;
use gatelpr::config::LaneConfig;
use gatelpr::frame::{Frame, Moment};
use gatelpr::inference::session::time_in_models;
use gatelpr::picture_quality::SceneWatch;
use gatelpr::pipeline::Pipeline;
use image::RgbImage;
use jiff::Timestamp;

use crate::readers::Readers;
use crate::{counted, cpu};

/// From picture to picture.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Of each picture.
    took: Vec<Duration>,
    /// In the models, all pictures together.
    pub(crate) models: Duration,
    finding: Duration,
    reading: Duration,
    cpu: Duration,
    /// Allocated, all pictures together.
    pub(crate) bytes: u64,
    /// Allocated for one picture, at most.
    pub(crate) most_bytes: u64,
}

impl Measured {
    /// Shows the pictures so many times; the first round is not counted, in which buffers grow and the runtime plans.
    pub(crate) fn of(readers: Readers, pictures: &[Arc<RgbImage>], lane: &LaneConfig, rounds: usize) -> Self {
        let (models, [finding, reading]) = readers.load();
        let mut pipeline = Pipeline::new(models, vec![lane.clone()]);
        let mut scene = SceneWatch::default();
        let (clock, mut measured, mut elapsed) = (Clock::start(), Self::default(), Duration::ZERO);
        for round in 0..=rounds {
            if round == 1 {
                let (cpu, models) = (cpu::of(std::process::id()), time_in_models());
                measured = Self { cpu, models, finding: finding.shows(), reading: reading.shows(), ..Self::default() };
                measured.took.reserve(rounds * pictures.len());
            }
            for picture in pictures {
                let captured_at = Moment { wall: Timestamp::UNIX_EPOCH + elapsed, elapsed };
                let frame = Frame { camera: lane.camera.clone(), captured_at, image: Arc::clone(picture) };
                let (begun, bytes) = (clock.elapsed(), counted::bytes());
                scene.observe(&frame);
                pipeline.frame(&frame, &mut Vec::new()).expect("the models work");
                let bytes = counted::bytes() - bytes;
                measured.took.push(clock.elapsed().saturating_sub(begun));
                measured.bytes += bytes;
                measured.most_bytes = measured.most_bytes.max(bytes);
                elapsed += INTERVAL;
            }
        }
        measured.cpu = cpu::of(std::process::id()).saturating_sub(measured.cpu);
        measured.models = time_in_models().saturating_sub(measured.models);
        measured.finding = finding.shows().saturating_sub(measured.finding);
        measured.reading = reading.shows().saturating_sub(measured.reading);
        measured
    }

    pub(crate) fn frames(&self) -> usize {
        self.took.len()
    }

    pub(crate) fn all(&self) -> Duration {
        self.took.iter().sum()
    }

    pub(crate) fn percentile(&self, share: usize) -> Duration {
        let mut took = self.took.clone();
        took.sort_unstable();
        took.get((took.len() * share / 100).min(took.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    pub(crate) fn models_per_frame(&self) -> Duration {
        self.each(self.models)
    }

    pub(crate) fn finding_per_frame(&self) -> Duration {
        self.each(self.finding)
    }

    pub(crate) fn reading_per_frame(&self) -> Duration {
        self.each(self.reading)
    }

    pub(crate) fn cpu_per_frame(&self) -> Duration {
        self.each(self.cpu)
    }

    fn each(&self, all: Duration) -> Duration {
        all.div_f64(self.took.len().max(1) as f64)
    }
}
