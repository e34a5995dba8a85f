//! What stands where in every picture, before any camera looks at it.

use super::drivers::{Driver, drivers};
use super::motion::{Path, State, drive};
use super::plates::Plate;
use super::scenario::{OccluderKind, Scenario, Way};
use super::vehicle::{Block, COUPLING_M, Part, Side, Solid, VehicleKind};
use super::view::{Face, Place};

/// Plates hang a little before the body.
const BEFORE_BODY_M: f32 = 0.02;

const PERSON: Block = Block { part: Part::Person, behind_m: [0.0, 0.3], half_width_m: 0.28, height_m: [0.0, 1.72] };
const POLE: Block = Block { part: Part::Pole, behind_m: [0.0, 0.2], half_width_m: 0.11, height_m: [0.0, 2.6] };
/// The paint of clothes and posts, one of [`super::skins::PAINTS`].
pub const OCCLUDER_PAINT: usize = 4;

/// A scenario played once.
#[derive(Debug)]
pub struct Stage {
    /// The scenario.
    pub scenario: Scenario,
    /// Who comes.
    pub drivers: Vec<Driver>,
    /// Where each of them goes.
    pub paths: Vec<Path>,
    /// How many pictures that takes.
    pub frames: u32,
}

/// A block that stands there in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thing {
    /// Where.
    pub solid: Solid,
    /// What.
    pub block: Block,
    /// In which paint.
    pub paint: usize,
    /// Its velocity in the world, m/s.
    pub velocity: Place,
    /// Whose it is; `None` for what stands about.
    pub owner: Option<Carrier>,
}

/// A vehicle or the trailer that it draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Carrier {
    /// Index of the driver.
    pub driver: usize,
    /// Whether it is what that one draws.
    pub trailer: bool,
}

/// A plate that hangs somewhere in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hanging {
    /// On what.
    pub carrier: Carrier,
    /// At which end.
    pub end: Side,
    /// Where.
    pub face: Face,
    /// Its velocity, m/s.
    pub velocity: Place,
}

impl Stage {
    /// The scenario, played.
    #[must_use]
    pub fn play(scenario: &Scenario) -> Self {
        let drivers = drivers(scenario);
        let (paths, frames) = drive(scenario, &drivers);
        Self { scenario: scenario.clone(), drivers, paths, frames }
    }

    /// Seconds from the start to a picture.
    #[must_use]
    pub fn seconds(&self, frame: u32) -> f64 {
        f64::from(frame) / f64::from(self.scenario.frames_per_second)
    }

    /// 1 for a lane that leads in, -1 for one that leads out.
    #[must_use]
    pub fn heading(&self, lane: usize) -> f32 {
        if self.scenario.lane[lane].direction == Way::In { 1.0 } else { -1.0 }
    }

    /// The vehicles that are there, with their drivers' indices.
    pub fn present(&self, frame: u32) -> impl Iterator<Item = (usize, &State)> {
        self.paths.iter().enumerate().filter_map(move |(index, path)| Some((index, path.at(frame)?)))
    }

    /// Everything that stands there.
    #[must_use]
    pub fn things(&self, frame: u32) -> Vec<Thing> {
        let mut things = self.occluders(frame);
        for (driver, state) in self.present(frame) {
            for (carrier, kind, z) in self.carriers(driver, state) {
                let heading = self.heading(state.lane);
                things.extend(kind.blocks().iter().map(|block| Thing {
                    solid: block.at(state.x, z, heading),
                    block: *block,
                    paint: self.drivers[driver].paint,
                    velocity: velocity(state, heading),
                    owner: Some(carrier),
                }));
            }
        }
        things
    }

    /// A vehicle and its trailer, and where the front of each is.
    fn carriers(&self, driver: usize, state: &State) -> Vec<(Carrier, VehicleKind, f32)> {
        let own = &self.drivers[driver];
        let mut all = vec![(Carrier { driver, trailer: false }, own.kind, state.z)];
        if own.trailer.is_some() {
            let z = state.z - self.heading(state.lane) * COUPLING_M;
            all.push((Carrier { driver, trailer: true }, VehicleKind::Trailer, z));
        }
        all
    }

    fn occluders(&self, frame: u32) -> Vec<Thing> {
        let now = self.seconds(frame) as f32;
        let there = |from: f32, to: Option<f32>| now >= from && to.is_none_or(|to| now < to);
        let standing = self.scenario.occluder.iter().filter(|occluder| there(occluder.from_s, occluder.to_s));
        standing
            .map(|occluder| {
                let block = occluder_block(occluder.kind);
                let solid = block.at(occluder.across_m, occluder.along_m, 1.0);
                Thing { solid, block, paint: OCCLUDER_PAINT, velocity: [0.0; 3], owner: None }
            })
            .collect()
    }

    /// Every plate that hangs there.
    #[must_use]
    pub fn plates(&self, frame: u32) -> Vec<Hanging> {
        let mut all = Vec::new();
        for (driver, state) in self.present(frame) {
            let heading = self.heading(state.lane);
            for (carrier, kind, z) in self.carriers(driver, state) {
                for end in [Side::Front, Side::Rear] {
                    let Some(plate) = self.plate(carrier, end) else { continue };
                    let mount = Mount { kind, end, x: state.x, z, heading };
                    all.push(Hanging { carrier, end, face: mount.face(&plate), velocity: velocity(state, heading) });
                }
            }
        }
        all
    }

    /// The plate at that end; `None` where there is none: a motorbike's front, a tractor's rear behind its trailer.
    #[must_use]
    pub fn plate(&self, carrier: Carrier, end: Side) -> Option<Plate> {
        let own = &self.drivers[carrier.driver];
        match (carrier.trailer, end) {
            (true, Side::Rear) => own.trailer.clone(),
            (false, Side::Front) => own.kind.front_plate_m().map(|_| own.plate.clone()),
            (false, Side::Rear) if own.trailer.is_none() => Some(own.plate.at_rear()),
            _ => None,
        }
    }
}

/// What an occluder is made of.
#[must_use]
pub fn occluder_block(kind: OccluderKind) -> Block {
    match kind {
        OccluderKind::Person => PERSON,
        OccluderKind::Pole => POLE,
    }
}

fn velocity(state: &State, heading: f32) -> Place {
    [state.drift, 0.0, state.speed * heading]
}

/// Where a plate is fixed.
#[derive(Debug, Clone, Copy)]
struct Mount {
    kind: VehicleKind,
    end: Side,
    x: f32,
    z: f32,
    heading: f32,
}

impl Mount {
    fn face(self, plate: &Plate) -> Face {
        let [width, height] = plate.kind.size_m();
        let (behind, middle) = match self.end {
            Side::Front => (-BEFORE_BODY_M, self.kind.front_plate_m().unwrap_or(0.5)),
            _ => (self.kind.length_m() + BEFORE_BODY_M, self.kind.rear_plate_m()),
        };
        // Who looks at a front that comes in sees the world's right on his left.
        let looks = if self.end == Side::Front { -self.heading } else { self.heading };
        Face {
            corner: [self.x - looks * width / 2.0, middle - height / 2.0, self.z - self.heading * behind],
            across: [looks * width, 0.0, 0.0],
            up: [0.0, height, 0.0],
        }
    }
}
