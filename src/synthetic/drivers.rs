//! Who comes: the vehicles of a scenario, those by name and those by chance, each with its plates and its plans.

use crate::plate_format::Country;

use super::plates::Plate;
use super::plates::kind::Kind;
use super::scenario::{PlateCountry, Scenario, Stop, Traffic, Vehicle};
use super::skins::PAINTS;
use super::vehicle::{COUPLING_M, VehicleKind};

/// A vehicle and what it is going to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Driver {
    /// Its kind.
    pub kind: VehicleKind,
    /// Its plate, as it is in front.
    pub plate: Plate,
    /// The plate of the trailer that it draws.
    pub trailer: Option<Plate>,
    /// Which of [`PAINTS`].
    pub paint: usize,
    /// How dirty its plates are, 0 to 1.
    pub dirt: f32,
    /// Index of its lane.
    pub lane: usize,
    /// When it wants to come in.
    pub start_s: f32,
    /// How fast it goes where nothing keeps it.
    pub speed: f32,
    /// Gap when standing, in metres.
    pub gap_m: f32,
    /// Headway when going, in seconds.
    pub headway_s: f32,
    /// Where it stops.
    pub stops: Vec<Stop>,
    /// Where it turns back.
    pub turns_back_at_m: Option<f32>,
    /// Where it changes to which lane.
    pub changes_lane: Option<(f32, usize)>,
    /// Where it stands all the time: along, and right of its lane.
    pub parked: Option<(f32, f32)>,
}

impl Driver {
    /// From its front to the end of what it draws.
    #[must_use]
    pub fn length_m(&self) -> f32 {
        match self.trailer {
            Some(_) => COUPLING_M + VehicleKind::Trailer.length_m(),
            None => self.kind.length_m(),
        }
    }
}

/// Everybody who comes, in the order in which they want to.
#[must_use]
pub fn drivers(scenario: &Scenario) -> Vec<Driver> {
    let mut random = fastrand::Rng::with_seed(scenario.seed);
    let mut all: Vec<Driver> = scenario.vehicle.iter().map(|vehicle| named(scenario, vehicle, &mut random)).collect();
    for traffic in &scenario.traffic {
        all.extend(by_chance(scenario, traffic, &mut random));
    }
    all.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    all
}

fn country(of: PlateCountry) -> Country {
    match of {
        PlateCountry::Vietnam => Country::Vietnam,
        PlateCountry::China => Country::China,
    }
}

fn lane(scenario: &Scenario, name: &str) -> usize {
    scenario.lane.iter().position(|lane| lane.name == name).expect("the scenario was checked")
}

fn plate(vehicle: VehicleKind, [text, kind]: [Option<&str>; 2], of: PlateCountry, random: &mut fastrand::Rng) -> Plate {
    let kind = kind.map(|name| Kind::named(name).expect("the scenario was checked"));
    match (kind, text) {
        (Some(kind), Some(text)) => Plate::of(kind, text).expect("the scenario was checked"),
        (Some(kind), None) => Plate::random(kind, random),
        (None, Some(text)) => Plate::on(vehicle, text).expect("the scenario was checked"),
        (None, None) => Plate::random_on(vehicle, country(of), random),
    }
}

/// How dirty by chance: most dirty plates can still be read.
fn dirt(scenario: &Scenario, random: &mut fastrand::Rng) -> f32 {
    if random.f32() < scenario.conditions.dirty_share { 0.2 + 0.7 * random.f32() } else { 0.0 }
}

fn named(scenario: &Scenario, vehicle: &Vehicle, random: &mut fastrand::Rng) -> Driver {
    let own = [vehicle.plate.as_deref(), vehicle.plate_kind.as_deref()];
    let by_chance = dirt(scenario, random);
    Driver {
        kind: vehicle.kind,
        plate: plate(vehicle.kind, own, vehicle.country, random),
        trailer: vehicle.trailer.as_ref().map(|trailer| {
            let words = [trailer.plate.as_deref(), trailer.plate_kind.as_deref()];
            plate(VehicleKind::Trailer, words, trailer.country, random)
        }),
        paint: random.usize(0..PAINTS.len()),
        dirt: vehicle.dirt.unwrap_or(by_chance),
        lane: lane(scenario, &vehicle.lane),
        start_s: vehicle.start_s,
        speed: vehicle.speed_m_per_s,
        gap_m: vehicle.gap_m,
        headway_s: vehicle.headway_s,
        stops: vehicle.stops.clone(),
        turns_back_at_m: vehicle.turns_back_at_m,
        changes_lane: vehicle.changes_lane.as_ref().map(|change| (change.at_m, lane(scenario, &change.to))),
        parked: vehicle.parked.map(|parked| (parked.at_m, parked.beside_m)),
    }
}

fn by_chance(scenario: &Scenario, traffic: &Traffic, random: &mut fastrand::Rng) -> Vec<Driver> {
    let mut start_s = traffic.start_s;
    let mut all = Vec::new();
    for _ in 0..traffic.vehicles {
        all.push(one_by_chance(scenario, traffic, start_s, random));
        // Independent arrivals: the times between them are exponential.
        start_s += -(1.0 - random.f32()).ln() * 60.0 / traffic.per_minute;
    }
    all
}

fn one_by_chance(scenario: &Scenario, traffic: &Traffic, start_s: f32, random: &mut fastrand::Rng) -> Driver {
    let kind = chosen(traffic, random);
    let of = if random.f32() < traffic.chinese_share && kind != VehicleKind::Motorbike {
        PlateCountry::China
    } else {
        PlateCountry::Vietnam
    };
    let draws = kind == VehicleKind::Tractor && random.f32() < traffic.trailer_share;
    let stop = traffic.stop.filter(|stop| random.f32() < stop.share);
    let turns_back = random.f32() < traffic.turning_back_share;
    Driver {
        kind,
        plate: plate(kind, [None, None], of, random),
        trailer: draws.then(|| plate(VehicleKind::Trailer, [None, None], of, random)),
        paint: random.usize(0..PAINTS.len()),
        dirt: dirt(scenario, random),
        lane: lane(scenario, &traffic.lane),
        start_s,
        speed: between(traffic.speed_m_per_s, random),
        gap_m: between(traffic.gap_m, random),
        headway_s: between(traffic.headway_s, random),
        stops: stop.map(|stop| Stop { at_m: stop.at_m, wait_s: between(stop.wait_s, random) }).into_iter().collect(),
        turns_back_at_m: turns_back.then(|| stop.map_or(-3.0, |stop| stop.at_m)),
        changes_lane: None,
        parked: None,
    }
}

fn between([from, to]: [f32; 2], random: &mut fastrand::Rng) -> f32 {
    from + (to - from) * random.f32()
}

fn chosen(traffic: &Traffic, random: &mut fastrand::Rng) -> VehicleKind {
    let all: u32 = traffic.mix.values().sum();
    let mut left = random.u32(0..all.max(1));
    for (kind, weight) in &traffic.mix {
        if left < *weight {
            return *kind;
        }
        left -= weight;
    }
    VehicleKind::Car
}
