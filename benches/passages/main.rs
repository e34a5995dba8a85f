//! What a gate tells of vehicles that pass, held against what really passed: drawn scenarios and, where it is at hand, a
//! real toll lane. Prints one table and what went wrong.
//!
//! `PASSAGES=` is about how many there should be (520), `MODELS=` who reads (`first`, `ours` or `ours+second`), `ONLY=` which kind of
//! scenario (`queue`), `SEED=` another draw, `MISSES=` how many of each kind are listed, `THREADS=` how many scenarios run at the same
//! time. The same settings give the same figures, whatever the machine's speed: the gate here has the pictures' time and no
//! other. How it is counted stands under the table; `gatelpr::evaluation::passages` does it.

mod gate;
mod models;
mod play;
mod run;
mod scenarios;
mod settings;
mod toll;

use std::io::Write as _;

use gatelpr::clock::Clock;
use gatelpr::evaluation::passages::misses::Misses;
use gatelpr::evaluation::passages::outcome::ScenarioOutcome;
use gatelpr::evaluation::passages::table::Table;

use run::{Job, Measured};
use settings::Settings;

fn main() {
    let settings = Settings::from_environment();
    let mut jobs: Vec<Job> = scenarios::jobs(&settings);
    let readers = settings.readers;
    let clip = toll::clip();
    if let Some(clip) = clip.clone().filter(|_| settings.wants(toll::KIND)) {
        jobs.push(Box::new(move || toll::run(&clip, readers)));
    }
    let clock = Clock::start();
    let measured = run::all(&jobs, settings.threads);
    let seconds = clock.elapsed().as_secs_f64();
    let pictures: usize = measured.iter().map(|one| one.pictures).sum();
    let outcomes: Vec<ScenarioOutcome> = measured.into_iter().map(|one: Measured| one.outcome).collect();
    let misses = Misses { scenarios: &outcomes, most: settings.misses };
    let missing = if clip.is_none() { "the real toll lane: skipped, no data\n" } else { "" };
    let per_second = pictures as f64 / seconds.max(1e-9);
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let out = format!(
        "passages: models {}, seed {}, {} scenarios, profile {profile}\n\n{}\n{missing}{pictures} pictures drawn and analysed in \
         {seconds:.0} s, {per_second:.1} a second on {} threads\n{misses}",
        settings.models,
        settings.seed,
        outcomes.len(),
        Table(&outcomes),
        settings.threads,
    );
    std::io::stdout().write_all(out.as_bytes()).expect("somebody reads the figures");
}
