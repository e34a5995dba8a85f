//! What is wrong with a scenario.

use thiserror::Error;

/// A scenario that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScenarioError {
    /// It is no TOML, or has unknown or missing keys, or values of the wrong kind.
    #[error("the scenario cannot be read: {0}see docs/scenarios.md for all keys")]
    Syntax(toml::de::Error),
    /// It can be read and makes no sense.
    #[error("the scenario has {} problem(s):\n{}", .0.len(), .0.join("\n"))]
    Problems(Vec<String>),
}

impl From<toml::de::Error> for ScenarioError {
    fn from(error: toml::de::Error) -> Self {
        Self::Syntax(error)
    }
}
