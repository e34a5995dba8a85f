//! `[inference]`: the models, and what runs them.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::files;
use super::lane::LaneConfig;
use super::table::Table;
use super::value::{Mismatch, Value, text, whole};
use crate::inference::models::ModelChoice;

/// The models, and what runs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InferenceConfig {
    /// ONNX Runtime's library; `None`: looked for in the environment, beside the binary and in the system.
    pub runtime: Option<PathBuf>,
    /// The folder of the model manifests; `None`: looked for beside the binary and in `./models`.
    pub models: Option<PathBuf>,
    /// The manifest of the model that finds plates, without `.toml`.
    pub detector: String,
    /// The manifest of the model that reads them, without `.toml`.
    pub recogniser: String,
    /// How many threads a model may use.
    pub threads: Threads,
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
            detector: "ppocr-v4-det".to_owned(),
            recogniser: "ppocr-v4-rec".to_owned(),
            threads: Threads::Auto,
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
            threads: self.threads.on(cores.get()),
            side_numbers: lanes.iter().any(|lane| lane.rules.side_numbers),
        }
    }

    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        Self {
            runtime: table.optional("runtime", files::file(table)),
            models: table.optional("models", files::folder(table)),
            detector: table.or("detector", default.detector, model_name),
            recogniser: table.or("recogniser", default.recogniser, model_name),
            threads: table.or("threads", default.threads, threads),
        }
    }
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
