//! `[inference]`: the models, and what runs them.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::files;
use super::lane::LaneConfig;
use super::problem::Problem;
use super::table::Table;
use super::value::{Mismatch, Value, number, one_of, text, whole};
use crate::inference::models::{ModelChoice, SecondReader};
use crate::inference::session::{Execution, RunsOn};
use crate::plate::Confidence;

/// The models, and what runs them.
#[derive(Debug, Clone, PartialEq)]
pub struct InferenceConfig {
    /// ONNX Runtime's library; `None`: looked for in the environment, beside the binary and in the system.
    pub runtime: Option<PathBuf>,
    /// The folder of the model manifests; `None`: looked for beside the binary and in `./models`.
    pub models: Option<PathBuf>,
    /// The manifest of the model that finds plates, without `.toml`.
    pub detector: String,
    /// The manifest of the model that reads them, without `.toml`.
    pub recogniser: String,
    /// The manifest of another recogniser, which is asked where the first is not sure; `None`: nobody is. Whoever names neither
    /// gets the usual one of the recogniser, if it has one.
    pub second_opinion: Option<String>,
    /// What the recogniser is less sure of than this is asked again.
    pub second_opinion_below: Confidence,
    /// How many threads a model may use.
    pub threads: Threads,
    /// What models run on.
    pub execution: Execution,
}

/// How many threads a model may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// All cores but one, which is left to cameras and delivery; one where there is one core.
    Auto,
    /// This many.
    Exactly(NonZeroUsize),
}

impl Threads {
    /// How many on a machine with `cores` cores.
    #[must_use]
    pub fn on(self, cores: usize) -> NonZeroUsize {
        match self {
            Self::Auto => NonZeroUsize::new(cores.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN),
            Self::Exactly(count) => count,
        }
    }
}

impl Default for InferenceConfig {
    fn default() -> Self {
        Self {
            runtime: None,
            models: None,
            detector: ModelChoice::USUAL_DETECTOR.to_owned(),
            recogniser: ModelChoice::USUAL_RECOGNISER.to_owned(),
            second_opinion: SecondReader::named(None, ModelChoice::USUAL_RECOGNISER),
            second_opinion_below: Confidence::clamped(SecondReader::USUALLY_BELOW),
            threads: Threads::Auto,
            execution: Execution::Cpu,
        }
    }
}

impl InferenceConfig {
    /// What to load for `lanes` on a machine with `cores` cores.
    #[must_use]
    pub fn model_choice(&self, cores: NonZeroUsize, lanes: &[LaneConfig]) -> ModelChoice {
        ModelChoice {
            runtime: self.runtime.clone(),
            folder: self.models.clone(),
            detector: self.detector.clone(),
            recogniser: self.recogniser.clone(),
            second_opinion: self
                .second_opinion
                .clone()
                .map(|recogniser| SecondReader { recogniser, below: self.second_opinion_below }),
            runs_on: RunsOn { execution: self.execution, threads: self.threads.on(cores.get()) },
            side_numbers: lanes.iter().any(|lane| lane.rules.side_numbers),
        }
    }

    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        let recogniser = table.or("recogniser", default.recogniser, model_name);
        let second: Option<String> = table.optional("second_opinion", model_name);
        let read = Self {
            runtime: table.optional("runtime", files::file(table)),
            models: table.optional("models", files::folder(table)),
            detector: table.or("detector", default.detector, model_name),
            second_opinion: SecondReader::named(second.as_deref(), &recogniser),
            recogniser,
            second_opinion_below: table.or("second_opinion_below", default.second_opinion_below, confidence),
            threads: table.or("threads", default.threads, threads),
            execution: table.or("execution", default.execution, one_of(&Execution::ALL.map(|one| (one.name(), one)))),
        };
        read.note_reader_that_asks_itself(table);
        read
    }

    fn note_reader_that_asks_itself(&self, table: &Table<'_>) {
        let Some((second, place)) = table.peek("second_opinion") else { return };
        if second != self.recogniser {
            return;
        }
        let problem = Problem::at(place, format!("{second:?} would be asked for a second opinion on its own readings"));
        let problem = problem.label("name another recogniser, or remove this line");
        table.note(match table.peek("recogniser") {
            Some((_, first)) => problem.related(first, "it reads first"),
            None => problem.help("it reads first, because `recogniser` is not set"),
        });
    }
}

#[expect(clippy::cast_possible_truncation, reason = "confidences have few decimals")]
fn confidence(value: &Value<'_>) -> Result<Confidence, Mismatch> {
    number(0.0..=1.0)(value).map(|number| Confidence::clamped(number as f32))
}

/// A manifest's file name without `.toml`. That it exists is found out when the models are loaded.
fn model_name(value: &Value<'_>) -> Result<String, Mismatch> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text("the name of a manifest in the models folder, without path and `.toml`", |name| {
        let extension = name.to_lowercase().ends_with(".toml");
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        (starts_well && !extension && name.chars().all(allowed)).then(|| name.to_owned())
    })(value)
}

fn threads(value: &Value<'_>) -> Result<Threads, Mismatch> {
    if value.get_ref().as_str() == Some("auto") {
        return Ok(Threads::Auto);
    }
    let count = whole(1..=256)(value)
        .map_err(|mismatch| Mismatch { expected: format!("\"auto\" or {}", mismatch.expected), ..mismatch })?;
    Ok(Threads::Exactly(NonZeroUsize::new(count).expect("the range begins at one")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_leaves_one_core_to_the_rest_and_takes_at_least_one() {
        let on = |cores| Threads::Auto.on(cores).get();
        assert_eq!([on(0), on(1), on(2), on(8)], [1, 1, 1, 7]);
    }
}
