//! What really happened in a scenario: the truth that a benchmark holds events against, written as `truth.json`.

use serde::{Deserialize, Serialize};

/// Everything that happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The scenario's name.
    pub scenario: String,
    /// Pictures a second, of every camera.
    pub frames_per_second: f64,
    /// How many pictures every camera took.
    pub frames: u32,
    /// Every passage that a camera's lane should tell of, in the order of `first_visible_s`.
    pub passages: Vec<TruePassage>,
    /// The queue in each lane, once a second.
    pub queues: Vec<TrueQueue>,
}

/// One vehicle (or trailer) in view of one camera, from its coming to its going: one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruePassage {
    /// The camera.
    pub camera: String,
    /// The lane.
    pub lane: String,
    /// What its plate says, without separators; `None` for a vehicle without one.
    pub plate: Option<String>,
    /// Whether a person could read it in at least two pictures: large enough (characters of 10 pixels), not hidden, not blurred
    /// or dirty beyond recognition. Otherwise an event with a reason, or with this very plate, is right.
    pub legible: bool,
    /// `in`, `out` or `turned_back`.
    pub direction: TrueDirection,
    /// `single`, `tractor` or `trailer`.
    pub role: TrueRole,
    /// The same for all passages of one visit.
    pub visit: u32,
    /// When its plate is first wholly in the picture and at least 10 pixels high, in seconds from the start.
    pub first_visible_s: f64,
    /// When it was last so.
    pub last_visible_s: f64,
    /// What makes this one hard: `night`, `rain`, `queue`, `tailgating`, `occlusion`, `glare`, `dirt`, `reversing`, `waiting`, …; empty
    /// for an ordinary passage by day.
    pub conditions: Vec<String>,
}

/// Which way a vehicle really went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrueDirection {
    /// Towards the camera and past it, or the way that the scenario calls in.
    In,
    /// The other way.
    Out,
    /// Into view and back.
    TurnedBack,
}

/// What a vehicle really was in its visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrueRole {
    /// A vehicle by itself.
    Single,
    /// It draws a trailer.
    Tractor,
    /// It is drawn.
    Trailer,
}

/// What a lane looks like at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrueQueue {
    /// Seconds from the start.
    pub at_s: f64,
    /// The lane.
    pub lane: String,
    /// Vehicles of which the larger part is in the lane's zone (a tractor and its trailer are one).
    pub vehicles_in_view: u32,
    /// Those of them that stand still (slower than 0.3 m/s for 2 s).
    pub queue_length: u32,
}
