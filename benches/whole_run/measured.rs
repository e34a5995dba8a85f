//! Pictures through everything that recognition does with one, and what that took.

use std::sync::Arc;
use std::time::Duration;

use gatelpr::capacity::Trial;
use gatelpr::clock::Clock;
use gatelpr::config::LaneConfig;
use gatelpr::inference::session::time_in_models;
use image::RgbImage;

use crate::readers::Readers;
use crate::{counted, cpu};

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
        let mut trial = Trial::new(models, std::slice::from_ref(lane));
        let (clock, mut measured) = (Clock::start(), Self::default());
        for round in 0..=rounds {
            if round == 1 {
                let (cpu, models) = (cpu::of(std::process::id()), time_in_models());
                measured = Self { cpu, models, finding: finding.shows(), reading: reading.shows(), ..Self::default() };
                measured.took.reserve(rounds * pictures.len());
            }
            for picture in pictures {
                let (begun, bytes) = (clock.elapsed(), counted::bytes());
                trial.show(picture).expect("the models work");
                let bytes = counted::bytes() - bytes;
                measured.took.push(clock.elapsed().saturating_sub(begun));
                measured.bytes += bytes;
                measured.most_bytes = measured.most_bytes.max(bytes);
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
