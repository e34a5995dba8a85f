//! What to measure, from the environment.

use crate::models::Readers;

/// The goals ask for 500 at least, and scenarios have now and then a passage fewer than was wanted.
const PASSAGES: usize = 520;
/// Drawn once, by nobody who tuned anything: the day on which the benchmark was written.
const SEED: u64 = 20_261_127;
/// Misses listed of each kind.
const MISSES: usize = 60;

/// What to measure.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `PASSAGES`: about how many there should be, over all scenarios.
    pub(crate) passages: usize,
    /// `MODELS`: with which models; those that the goals are meant for.
    pub(crate) readers: Readers,
    /// `MODELS` as it was written.
    pub(crate) models: String,
    /// `ONLY`: scenarios whose kind begins so; all if it is empty.
    pub(crate) only: String,
    /// `SEED`: of all scenarios.
    pub(crate) seed: u64,
    /// `MISSES`: how many of each kind are listed.
    pub(crate) misses: usize,
    /// `THREADS`: scenarios at the same time; as many as there are cores.
    pub(crate) threads: usize,
}

impl Settings {
    pub(crate) fn from_environment() -> Self {
        let models = std::env::var("MODELS").unwrap_or_else(|_| "ours".to_owned());
        let readers = Readers::named(&models);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            passages: number("PASSAGES", PASSAGES),
            readers: readers.unwrap_or_else(|| panic!("MODELS={models} is none of first, ours, ours+second")),
            models,
            only: std::env::var("ONLY").unwrap_or_default(),
            seed: number("SEED", SEED),
            misses: number("MISSES", MISSES),
            threads: number("THREADS", cores).max(1),
        }
    }

    /// Whether scenarios of this kind are wanted.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        kind.starts_with(&self.only)
    }
}

fn number<T: std::str::FromStr>(name: &str, usual: T) -> T {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => usual,
    }
}
