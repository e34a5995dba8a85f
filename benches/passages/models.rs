//! The models that the benchmark can be run with.

use std::num::NonZeroUsize;
use std::path::Path;

use gatelpr::inference::models::{ModelChoice, Models, SecondReader};
use gatelpr::inference::session::{Execution, RunsOn};
use gatelpr::plate::Confidence;

/// Which models read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Those that read any text.
    First,
    /// Those that know plates.
    Ours,
    /// Those that know plates, and the first reader where they are not sure; the gate's default.
    OursAndSecond,
}

impl Readers {
    /// The models of a name on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [("first", Self::First), ("ours", Self::Ours), ("ours+second", Self::OursAndSecond)];
        all.into_iter().find(|(other, _)| *other == name).map(|(_, readers)| readers)
    }

    /// Loads them, one thread each: gates are measured side by side, one on each core.
    pub(crate) fn load(self) -> Models {
        let (detector, recogniser) = match self {
            Self::First => ("ppocr-v4-det", "ppocr-v4-rec"),
            Self::Ours | Self::OursAndSecond => ("gatelpr-detector", "gatelpr-reader"),
        };
        let second = (self == Self::OursAndSecond).then(|| SecondReader {
            recogniser: "ppocr-v4-rec".to_owned(),
            below: Confidence::clamped(SecondReader::USUALLY_BELOW),
        });
        let choice = ModelChoice {
            runtime: None,
            folder: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("models")),
            detector: detector.to_owned(),
            recogniser: recogniser.to_owned(),
            second_opinion: second,
            runs_on: RunsOn { execution: Execution::Cpu, threads: NonZeroUsize::MIN },
            side_numbers: false,
        };
        Models::load(&choice).expect("`make setup` was run")
    }
}
