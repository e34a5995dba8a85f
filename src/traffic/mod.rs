//! How much is going on in a lane: vehicles in view, the queue, how full and how quick it is. Right also where no plate can be
//! read, because it looks at the lane's pixels besides the tracks of plates.
//!
//! ```text
//! picture ─small_picture─▶ grid of cells ─background─▶ cells that the empty lane does not explain ─stretches─▶ occupied rows ┐
//! tracks of plates ─standing─▶ which of them stand ─────────────────────────────────────────────────────────────────────────┼▶ LaneTraffic
//! passages ─flow─▶ arrivals, departures, headway ────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! `road` is what the zone's shape tells of distances, `density` the classes. A lane that cannot be seen has no counts at all:
//! nobody may take a dark camera for an empty road. Not here: when it is told, and in which form.

mod appearance;
mod background;
mod density;
mod flow;
mod grid;
mod monitor;
mod road;
mod small_picture;
mod standing;
mod stretches;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use density::Density;
pub use flow::FLOW_WINDOW;
pub use monitor::{Look, PictureFaults, TrafficMonitor};

/// What is going on in a lane at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneTraffic {
    /// How well the lane is seen.
    pub quality: Quality,
    /// What is seen; `None` exactly when the camera is blind.
    pub counts: Option<Counts>,
}

/// How well a lane is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// Well.
    Good,
    /// Counts may be wrong by a vehicle or more: rain, dirt, blur, or the empty lane is not known yet.
    Degraded,
    /// Not at all: no pictures, no light, a covered, frozen or moved camera.
    Blind,
}

/// What is seen in a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// Vehicles in the zone.
    pub vehicles_in_view: u32,
    /// Those of them that stand.
    pub queue_length: u32,
    /// How long the one that has waited longest has waited; zero when none stands.
    pub oldest_wait: Duration,
    /// Vehicles that came in the last [`FLOW_WINDOW`]; `None` while less than that has been seen.
    pub arrivals: Option<u32>,
    /// Vehicles that went in the last [`FLOW_WINDOW`].
    pub departures: Option<u32>,
    /// Share of the lane's length that is occupied, 0 to 1; `None` before the empty lane is known.
    pub occupancy: Option<f32>,
    /// Mean time between the last arrivals; `None` with fewer than two.
    pub headway: Option<Duration>,
    /// The class; `None` before the empty lane is known.
    pub density: Option<Density>,
}
