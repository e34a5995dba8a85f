//! Which scenarios there are, and how often each is drawn.

use gatelpr::evaluation::passages::outcome::ScenarioOutcome;
use gatelpr::synthetic::film::Film;
use gatelpr::synthetic::scenario::Scenario;

use crate::models::Readers;
use crate::play::play;
use crate::run::{Job, Measured};
use crate::settings::Settings;

/// A kind of scenario.
struct Kind {
    name: &'static str,
    text: &'static str,
    /// Its share of all passages, in per cent.
    percent: usize,
}

const KINDS: [Kind; 7] = [
    Kind { name: "day", text: include_str!("scenarios/day.toml"), percent: 18 },
    Kind { name: "night", text: include_str!("scenarios/night.toml"), percent: 18 },
    Kind { name: "rain", text: include_str!("scenarios/rain.toml"), percent: 12 },
    Kind { name: "queue", text: include_str!("scenarios/queue.toml"), percent: 12 },
    Kind { name: "tailgating", text: include_str!("scenarios/tailgating.toml"), percent: 12 },
    Kind { name: "two-cameras", text: include_str!("scenarios/two-cameras.toml"), percent: 16 },
    Kind { name: "mixed", text: include_str!("scenarios/mixed.toml"), percent: 12 },
];

/// Seeds of one kind follow each other; those of different kinds are so far apart.
const SEEDS_OF_A_KIND: u64 = 1000;

/// The scenarios that are wanted, each with a seed of its own.
pub(crate) fn jobs(settings: &Settings) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for (kind, number) in KINDS.iter().zip(1_u64..).filter(|(kind, _)| settings.wants(kind.name)) {
        let scenario = Scenario::parse(kind.text).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
        let wanted = (settings.passages * kind.percent).div_ceil(100).max(1);
        let each = passages(&scenario).max(1);
        let scenario = if wanted < each { shortened(scenario, wanted, each) } else { scenario };
        let first_seed = settings.seed + number * SEEDS_OF_A_KIND;
        for seed in (first_seed..).take(wanted.div_ceil(each)) {
            let mut scenario = scenario.clone().with_seed(seed);
            // With the seed somebody can draw it again and look at it.
            scenario.name = format!("{}@{seed}", kind.name);
            let (readers, kind) = (settings.readers, kind.name);
            jobs.push(Box::new(move || run(&scenario, readers, kind)));
        }
    }
    jobs
}

fn run(scenario: &Scenario, readers: Readers, kind: &str) -> Measured {
    let film = Film::of(scenario);
    let (told, pictures) = play(&film, readers.load(), 0..film.frames());
    Measured { outcome: ScenarioOutcome::of(film.truth(), &told, kind), pictures }
}

/// How many passages there will be, about.
fn passages(scenario: &Scenario) -> usize {
    let by_chance: usize = scenario.traffic.iter().map(|traffic| traffic.vehicles as usize).sum();
    (by_chance + scenario.vehicle.len()) * scenario.camera.len()
}

/// With fewer vehicles by chance, for a quick look.
fn shortened(mut scenario: Scenario, wanted: usize, each: usize) -> Scenario {
    for traffic in &mut scenario.traffic {
        let vehicles = (traffic.vehicles as usize * wanted).div_ceil(each);
        traffic.vehicles = u32::try_from(vehicles).unwrap_or(traffic.vehicles);
    }
    scenario
}
