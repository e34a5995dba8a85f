//! Whether a scenario makes sense. Each problem says where, what, and what to do.

use super::super::plates::Plate;
use super::super::plates::kind::Kind;
use super::super::vehicle::VehicleKind;
use super::{Camera, Conditions, Scenario, ScenarioError, Traffic, Vehicle};

/// Longest scenario: a film is kept in memory as the places of its vehicles.
pub(in super::super) const LONGEST_S: f32 = 6.0 * 3600.0;
const MOST_VEHICLES: u32 = 10_000;

pub(super) fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    let mut problems = Problems { scenario, found: Vec::new() };
    problems.frame();
    problems.conditions(&scenario.conditions);
    problems.names();
    for camera in &scenario.camera {
        problems.camera(camera);
    }
    for (number, vehicle) in (1..).zip(&scenario.vehicle) {
        problems.vehicle(&format!("[[vehicle]] number {number}"), vehicle);
    }
    for (number, traffic) in (1..).zip(&scenario.traffic) {
        problems.traffic(&format!("[[traffic]] number {number}"), traffic);
    }
    for (number, occluder) in (1..).zip(&scenario.occluder) {
        let place = format!("[[occluder]] number {number}");
        problems.range(&place, "along_m", occluder.along_m, [-200.0, 200.0]);
        problems.range(&place, "across_m", occluder.across_m, [-50.0, 50.0]);
    }
    if problems.found.is_empty() { Ok(()) } else { Err(ScenarioError::Problems(problems.found)) }
}

struct Problems<'a> {
    scenario: &'a Scenario,
    found: Vec<String>,
}

impl Problems<'_> {
    fn add(&mut self, place: &str, problem: &str) {
        self.found.push(format!("  {place}: {problem}"));
    }

    fn range(&mut self, place: &str, key: &str, value: f32, [least, most]: [f32; 2]) {
        if !(least..=most).contains(&value) {
            self.add(place, &format!("{key} is {value}; it must be {least} to {most}"));
        }
    }

    /// A range of its own, within what is possible.
    fn ranges(&mut self, place: &str, key: &str, [from, to]: [f32; 2], possible: [f32; 2]) {
        self.range(place, key, from, possible);
        self.range(place, key, to, possible);
        if from > to {
            self.add(place, &format!("{key} runs from {from} to {to}; put the smaller value first"));
        }
    }

    fn frame(&mut self) {
        let (top, scenario) = ("at the top", self.scenario);
        self.range(top, "frames_per_second", scenario.frames_per_second, [0.5, 60.0]);
        if let Some(duration) = scenario.duration_s {
            self.range(top, "duration_s", duration, [0.1, LONGEST_S]);
        }
        self.range("[picture]", "width_px", scenario.picture.width_px as f32, [64.0, 4096.0]);
        self.range("[picture]", "height_px", scenario.picture.height_px as f32, [48.0, 4096.0]);
        if scenario.vehicle.is_empty() && scenario.traffic.is_empty() && scenario.duration_s.is_none() {
            self.add(top, "nothing happens; give it a [[vehicle]], [[traffic]] or duration_s");
        }
    }

    fn conditions(&mut self, conditions: &Conditions) {
        let place = "[conditions]";
        for (key, value) in
            [("rain", conditions.rain), ("glare", conditions.glare), ("dirty_share", conditions.dirty_share)]
        {
            self.range(place, key, value, [0.0, 1.0]);
        }
        self.range(place, "exposure_ms", conditions.exposure_ms, [0.0, 100.0]);
        self.range(place, "shake_px", conditions.shake_px, [0.0, 16.0]);
        self.range(place, "noise", conditions.noise, [0.0, 60.0]);
    }

    fn names(&mut self) {
        let scenario = self.scenario;
        let lanes: Vec<&str> = scenario.lane.iter().map(|lane| lane.name.as_str()).collect();
        let cameras: Vec<&str> = scenario.camera.iter().map(|camera| camera.name.as_str()).collect();
        for (what, names) in [("lane", &lanes), ("camera", &cameras)] {
            if names.is_empty() {
                self.add("at the top", &format!("there is no {what}; add a [[{what}]]"));
            }
            for (index, name) in names.iter().enumerate() {
                if names[..index].contains(name) {
                    self.add(&format!("[[{what}]] {name}"), "the name is taken; give it another");
                }
                if crate::plate::LaneName::try_from(*name).is_err() {
                    let rule = "the name must be 1 to 64 letters (a-z, A-Z), digits, '-', '_' or '.', starting with a letter or digit";
                    self.add(&format!("[[{what}]] {name:?}"), rule);
                }
            }
        }
        for lane in &scenario.lane {
            let place = format!("[[lane]] {}", lane.name);
            self.range(&place, "across_m", lane.across_m, [-50.0, 50.0]);
            self.range(&place, "width_m", lane.width_m, [2.0, 8.0]);
            self.ranges(&place, "ends_m", lane.ends_m, [-200.0, 200.0]);
        }
    }

    /// The lane must be there.
    fn lane(&mut self, place: &str, lane: &str) {
        if !self.scenario.lane.iter().any(|other| other.name == lane) {
            let names: Vec<&str> = self.scenario.lane.iter().map(|lane| lane.name.as_str()).collect();
            self.add(place, &format!("there is no lane {lane:?}; the lanes are {}", names.join(", ")));
        }
    }

    fn camera(&mut self, camera: &Camera) {
        let place = format!("[[camera]] {}", camera.name);
        if camera.lanes.is_empty() {
            self.add(&place, "it watches no lane; name one in lanes");
        }
        for lane in &camera.lanes {
            self.lane(&place, lane);
        }
        self.range(&place, "along_m", camera.along_m, [-100.0, 100.0]);
        self.range(&place, "across_m", camera.across_m, [-50.0, 50.0]);
        self.range(&place, "height_m", camera.height_m, [0.3, 15.0]);
        self.range(&place, "tilt_deg", camera.tilt_deg, [-10.0, 80.0]);
        self.range(&place, "pan_deg", camera.pan_deg, [-60.0, 60.0]);
        self.range(&place, "focal_px", camera.focal_px, [50.0, 20_000.0]);
        self.ranges(&place, "zone_m", camera.zone_m, [0.5, 100.0]);
    }

    fn vehicle(&mut self, place: &str, vehicle: &Vehicle) {
        self.lane(place, &vehicle.lane);
        self.plate(place, vehicle.kind, [vehicle.plate.as_deref(), vehicle.plate_kind.as_deref()]);
        self.range(place, "start_s", vehicle.start_s, [0.0, LONGEST_S]);
        self.range(place, "speed_m_per_s", vehicle.speed_m_per_s, [0.5, 40.0]);
        self.range(place, "gap_m", vehicle.gap_m, [0.3, 50.0]);
        self.range(place, "headway_s", vehicle.headway_s, [0.1, 20.0]);
        self.range(place, "dirt", vehicle.dirt.unwrap_or(0.0), [0.0, 1.0]);
        for stop in &vehicle.stops {
            self.range(place, "at_m of a stop", stop.at_m, [-50.0, 50.0]);
            self.range(place, "wait_s of a stop", stop.wait_s, [0.0, LONGEST_S]);
        }
        if let Some(at) = vehicle.turns_back_at_m {
            self.range(place, "turns_back_at_m", at, [-50.0, 50.0]);
        }
        if let Some(change) = &vehicle.changes_lane {
            self.lane(place, &change.to);
            self.range(place, "at_m of changes_lane", change.at_m, [-60.0, 50.0]);
        }
        if vehicle.kind == VehicleKind::Trailer {
            self.add(place, "a trailer does not drive by itself; give a tractor a `trailer`");
        }
        if let Some(trailer) = &vehicle.trailer {
            if vehicle.kind != VehicleKind::Tractor {
                self.add(place, "only a tractor draws a trailer; set kind = \"tractor\"");
            }
            self.plate(place, VehicleKind::Trailer, [trailer.plate.as_deref(), trailer.plate_kind.as_deref()]);
        }
    }

    fn plate(&mut self, place: &str, vehicle: VehicleKind, [text, kind]: [Option<&str>; 2]) {
        let found = kind.map(|name| (name, Kind::named(name)));
        match (found, text) {
            (Some((name, None)), _) => {
                self.add(place, &format!("there is no kind of plate {name:?}; the kinds are in assets/plates.toml"));
            }
            (Some((name, Some(kind))), Some(text)) if Plate::of(kind, text).is_none() => {
                let form = kind.patterns.join(" or ");
                self.add(
                    place,
                    &format!("no plate of the kind {name} can say {text:?}; it says {form} without separators"),
                );
            }
            (None, Some(text)) if Plate::on(vehicle, text).is_none() => {
                self.add(place, &format!("no plate of Vietnam or China can say {text:?}; write it without separators"));
            }
            _ => {}
        }
    }

    fn traffic(&mut self, place: &str, traffic: &Traffic) {
        self.lane(place, &traffic.lane);
        self.range(place, "vehicles", traffic.vehicles as f32, [0.0, MOST_VEHICLES as f32]);
        self.range(place, "start_s", traffic.start_s, [0.0, LONGEST_S]);
        self.range(place, "per_minute", traffic.per_minute, [0.1, 120.0]);
        for (key, value) in [
            ("trailer_share", traffic.trailer_share),
            ("chinese_share", traffic.chinese_share),
            ("turning_back_share", traffic.turning_back_share),
        ] {
            self.range(place, key, value, [0.0, 1.0]);
        }
        self.ranges(place, "speed_m_per_s", traffic.speed_m_per_s, [0.5, 40.0]);
        self.ranges(place, "gap_m", traffic.gap_m, [0.3, 50.0]);
        self.ranges(place, "headway_s", traffic.headway_s, [0.1, 20.0]);
        if let Some(stop) = traffic.stop {
            self.range(place, "at_m of stop", stop.at_m, [-50.0, 50.0]);
            self.ranges(place, "wait_s of stop", stop.wait_s, [0.0, LONGEST_S]);
            self.range(place, "share of stop", stop.share, [0.0, 1.0]);
        }
        let weights = traffic.mix.iter().filter(|(kind, _)| **kind != VehicleKind::Trailer).map(|(_, weight)| *weight);
        if !weights.clone().any(|weight| weight > 0) || weights.fold(0, u32::saturating_add) > 1_000_000 {
            self.add(
                place,
                "mix names no vehicle; give one of car, van, bus, lorry, tractor, motorbike a number of 1 or more",
            );
        }
        if traffic.mix.contains_key(&VehicleKind::Trailer) {
            self.add(place, "a trailer does not drive by itself; take it out of mix and set trailer_share");
        }
    }
}
