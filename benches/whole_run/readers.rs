//! The models that are measured, each with a stopwatch before it.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gatelpr::clock::Clock;
use gatelpr::config::InferenceConfig;
use gatelpr::inference::models::{ModelChoice, Models};
use gatelpr::inference::{Detections, InferenceError, PlateCrop, PlateDetector, PlateRecogniser, RgbView};
use gatelpr::plate::PlateReading;

/// Which models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Those that know plates, with a second opinion: the gate's default.
    Usual,
    /// Those that know plates, alone.
    Ours,
    /// Those that read any text.
    Text,
}

/// A stopwatch that several hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopwatch(Arc<Mutex<Duration>>);

impl Stopwatch {
    pub(crate) fn shows(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn over<T>(&self, work: impl FnOnce() -> T) -> T {
        let clock = Clock::start();
        let done = work();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += clock.elapsed();
        done
    }
}

struct TimedDetector(Box<dyn PlateDetector + Send>, Stopwatch);
struct TimedRecogniser(Box<dyn PlateRecogniser + Send>, Stopwatch);

impl PlateDetector for TimedDetector {
    fn detect(&mut self, view: &RgbView<'_>) -> Result<Detections, InferenceError> {
        self.1.over(|| self.0.detect(view))
    }
}

impl PlateRecogniser for TimedRecogniser {
    fn read(&mut self, plates: &[PlateCrop<'_>]) -> Result<Vec<Option<PlateReading>>, InferenceError> {
        self.1.over(|| self.0.read(plates))
    }
}

impl Readers {
    pub(crate) const ALL: [Self; 3] = [Self::Usual, Self::Ours, Self::Text];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Usual => "default models",
            Self::Ours => "without second opinion",
            Self::Text => "ppocr-v4",
        }
    }

    /// What a config says to get them.
    pub(crate) fn in_config(self) -> &'static str {
        match self {
            Self::Usual => "",
            Self::Ours => "second_opinion = \"none\"\n",
            Self::Text => "detector = \"ppocr-v4-det\"\nrecogniser = \"ppocr-v4-rec\"\n",
        }
    }

    /// Loads them, one thread each, behind the two stopwatches of finding and reading.
    pub(crate) fn load(self) -> (Models, [Stopwatch; 2]) {
        let usual = InferenceConfig::default().model_choice(NonZeroUsize::MIN, &[]);
        let usual = ModelChoice { folder: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("models")), ..usual };
        let alone = ModelChoice { second_opinion: None, ..usual.clone() };
        let choice = match self {
            Self::Usual => usual,
            Self::Ours => alone,
            Self::Text => {
                ModelChoice { detector: "ppocr-v4-det".to_owned(), recogniser: "ppocr-v4-rec".to_owned(), ..alone }
            }
        };
        let mut models = Models::load(&choice).expect("`make setup` was run");
        let watches = [Stopwatch::default(), Stopwatch::default()];
        models.detector = Box::new(TimedDetector(models.detector, watches[0].clone()));
        models.recogniser = Box::new(TimedRecogniser(models.recogniser, watches[1].clone()));
        (models, watches)
    }
}
