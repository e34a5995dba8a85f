//! A scenario: what is written in a file, read and checked whole. See `docs/scenarios.md`.

mod check;
mod error;
#[cfg(test)]
mod tests;
mod usual;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::vehicle::VehicleKind;

pub(super) use check::LONGEST_S;
pub use error::ScenarioError;

/// A gate, its cameras, and what happens there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name, in the truth.
    pub name: String,
    /// Everything that is left to chance follows from it.
    #[serde(default)]
    pub seed: u64,
    /// Pictures a second, of every camera.
    #[serde(default = "usual::ten")]
    pub frames_per_second: f32,
    /// How long it lasts; without it until the last vehicle has gone.
    pub duration_s: Option<f32>,
    /// Size of the pictures.
    #[serde(default)]
    pub picture: Picture,
    /// Light, weather, optics.
    #[serde(default)]
    pub conditions: Conditions,
    /// The lanes of the road.
    pub lane: Vec<Lane>,
    /// Those who watch.
    pub camera: Vec<Camera>,
    /// Vehicles by name.
    #[serde(default)]
    pub vehicle: Vec<Vehicle>,
    /// Vehicles by chance.
    #[serde(default)]
    pub traffic: Vec<Traffic>,
    /// Things that stand in the way.
    #[serde(default)]
    pub occluder: Vec<Occluder>,
}

/// Size of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Width.
    pub width_px: u32,
    /// Height.
    pub height_px: u32,
}

/// What makes pictures hard.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Time of day.
    pub light: Light,
    /// How hard it rains, 0 to 1.
    pub rain: f32,
    /// How much the sun blinds the camera, 0 to 1.
    pub glare: f32,
    /// How long a picture is exposed: what moves is blurred by its way in this time.
    pub exposure_ms: f32,
    /// Share of the plates that are dirty, 0 to 1.
    pub dirty_share: f32,
    /// How far the picture shakes, in pixels.
    pub shake_px: f32,
    /// Noise of the sensor, in steps of 256.
    pub noise: f32,
    /// Whether the camera writes its name and the time into its pictures.
    pub overlay: bool,
    /// Whether boards with writing that is no plate stand beside the road.
    pub signs: bool,
}

/// Time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// Daylight.
    Day,
    /// Lamps and headlights.
    Night,
}

/// One lane of the road: straight.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// Where its middle is, metres right of the road's middle for who comes in.
    #[serde(default)]
    pub across_m: f32,
    /// Its width.
    #[serde(default = "usual::usual_width")]
    pub width_m: f32,
    /// Which way its vehicles go.
    #[serde(default)]
    pub direction: Way,
    /// Where along their way vehicles come into being, and beyond where they end.
    #[serde(default = "usual::usual_ends")]
    pub ends_m: [f32; 2],
}

/// Which way a lane leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Into the site.
    #[default]
    In,
    /// Out of it.
    Out,
}

/// A camera beside the road.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Camera {
    /// Its name, and that of its folder.
    pub name: String,
    /// The lanes that it watches.
    pub lanes: Vec<String>,
    /// Which end it sees of those who come in.
    #[serde(default)]
    pub sees: Sees,
    /// Where along the road it is; the barrier is at 0, and the site beyond.
    #[serde(default = "usual::camera_along")]
    pub along_m: f32,
    /// Where across.
    #[serde(default)]
    pub across_m: f32,
    /// How high.
    #[serde(default = "usual::camera_height")]
    pub height_m: f32,
    /// How far it looks down.
    #[serde(default = "usual::camera_tilt")]
    pub tilt_deg: f32,
    /// How far it looks to its right.
    #[serde(default)]
    pub pan_deg: f32,
    /// Focal length.
    #[serde(default = "usual::camera_focal")]
    pub focal_px: f32,
    /// From where to where before it its lanes' zones reach, in metres.
    #[serde(default = "usual::camera_zone")]
    pub zone_m: [f32; 2],
}

/// Which end of vehicles that come in a camera sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sees {
    /// Their fronts: it looks out of the site.
    #[default]
    Fronts,
    /// Their rears: it looks into the site.
    Rears,
}

/// A vehicle by name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vehicle {
    /// What it is.
    pub kind: VehicleKind,
    /// Its lane.
    pub lane: String,
    /// What its plate says; without it any plate.
    pub plate: Option<String>,
    /// The plate's kind, from `assets/plates.toml`; without it a usual one.
    pub plate_kind: Option<String>,
    /// Whose plate it is, where it is any.
    #[serde(default)]
    pub country: PlateCountry,
    /// When it comes into the lane.
    #[serde(default)]
    pub start_s: f32,
    /// How fast it goes where nothing keeps it.
    #[serde(default = "usual::usual_speed")]
    pub speed_m_per_s: f32,
    /// Where it stops, in the order in which it comes there.
    #[serde(default)]
    pub stops: Vec<Stop>,
    /// Where it turns round, that is, goes back in reverse.
    pub turns_back_at_m: Option<f32>,
    /// How far it keeps from the one before it when it stands.
    #[serde(default = "usual::usual_gap")]
    pub gap_m: f32,
    /// How long after the one before it it wants to be at a place, while it goes.
    #[serde(default = "usual::usual_headway")]
    pub headway_s: f32,
    /// What it draws.
    pub trailer: Option<Trailer>,
    /// It does not move but stands there all the time.
    pub parked: Option<Parked>,
    /// How it changes to another lane.
    pub changes_lane: Option<LaneChange>,
    /// How dirty its plates are, 0 to 1; without it by chance.
    pub dirt: Option<f32>,
}

/// Whose plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum PlateCountry {
    /// Vietnam.
    #[default]
    #[serde(rename = "VN")]
    Vietnam,
    /// China.
    #[serde(rename = "CN")]
    China,
}

/// A stop.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Where its front stands, in metres along its way; the barrier is at 0.
    pub at_m: f32,
    /// How long.
    pub wait_s: f32,
}

/// A semi-trailer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trailer {
    /// What its own plate says; without it any trailer's plate.
    pub plate: Option<String>,
    /// The plate's kind; without it a usual one.
    pub plate_kind: Option<String>,
    /// Whose plate it is, where it is any.
    #[serde(default)]
    pub country: PlateCountry,
}

/// Where a parked vehicle stands.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parked {
    /// Where its front is along its lane's way.
    pub at_m: f32,
    /// How far right of its lane's middle it stands.
    pub beside_m: f32,
}

/// A change of lane.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneChange {
    /// Where it begins, in metres along its way.
    pub at_m: f32,
    /// The other lane; it leads the same way.
    pub to: String,
}

/// Vehicles by chance.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// Its lane.
    pub lane: String,
    /// How many come.
    pub vehicles: u32,
    /// When the first may come.
    #[serde(default)]
    pub start_s: f32,
    /// How many come in a minute, on average.
    #[serde(default = "usual::usual_rate")]
    pub per_minute: f32,
    /// The kinds, and how often each comes beside the others.
    #[serde(default = "usual::usual_mix")]
    pub mix: BTreeMap<VehicleKind, u32>,
    /// Share of tractors that draw a trailer, 0 to 1.
    #[serde(default = "usual::usual_trailers")]
    pub trailer_share: f32,
    /// Share of vehicles with Chinese plates, 0 to 1.
    #[serde(default = "usual::usual_chinese")]
    pub chinese_share: f32,
    /// The slowest and the fastest.
    #[serde(default = "usual::usual_speeds")]
    pub speed_m_per_s: [f32; 2],
    /// The closest and the widest gap when standing.
    #[serde(default = "usual::usual_gaps")]
    pub gap_m: [f32; 2],
    /// The shortest and the longest headway when going.
    #[serde(default = "usual::usual_headways")]
    pub headway_s: [f32; 2],
    /// Where they stop, and how long at least and at most; without it they do not.
    pub stop: Option<RandomStop>,
    /// Share of vehicles that go back in reverse, 0 to 1. Each waits until nobody is behind it.
    #[serde(default)]
    pub turning_back_share: f32,
}

/// A stop of random length.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomStop {
    /// Where.
    pub at_m: f32,
    /// The shortest and the longest.
    pub wait_s: [f32; 2],
    /// Share of the vehicles that stop, 0 to 1.
    #[serde(default = "usual::all")]
    pub share: f32,
}

/// Something that stands before a camera for a while.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Occluder {
    /// What it is.
    pub kind: OccluderKind,
    /// Where along the road.
    pub along_m: f32,
    /// Where across.
    pub across_m: f32,
    /// From when.
    #[serde(default)]
    pub from_s: f32,
    /// Until when; without it to the end.
    pub to_s: Option<f32>,
}

/// What may stand in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OccluderKind {
    /// Somebody on foot.
    Person,
    /// A post.
    Pole,
}

impl Scenario {
    /// The scenario in `text`.
    ///
    /// # Errors
    /// Text that is no TOML, an unknown or missing key, a value that cannot be; all that are found at once where possible.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)?;
        check::check(&scenario)?;
        Ok(scenario)
    }

    /// The scenario of the sample recording.
    #[must_use]
    pub fn demo() -> Self {
        Self::parse(include_str!("../../../config/scenarios/demo.toml"))
            .expect("it is compiled in, and a test reads it")
    }

    /// The same with another seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}

impl Default for Picture {
    fn default() -> Self {
        Self { width_px: 1280, height_px: 720 }
    }
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            light: Light::Day,
            rain: 0.0,
            glare: 0.0,
            exposure_ms: 4.0,
            dirty_share: 0.0,
            shake_px: 0.0,
            noise: 3.0,
            overlay: true,
            signs: true,
        }
    }
}
