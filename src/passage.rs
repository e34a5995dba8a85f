//! One vehicle passed: what the lane decides, before it becomes an event.

use std::time::Duration;

use crate::consensus::AgreedPlate;
use crate::frame::{Frame, Moment};
use crate::geometry::Quad;
use crate::plate::{CameraName, LaneName};
use crate::side_number::SideNumber;
use crate::trigger::Trigger;

/// One vehicle's way through a lane.
#[derive(Debug, Clone)]
pub struct Passage {
    /// The lane.
    pub lane: LaneName,
    /// The camera that watches it.
    pub camera: CameraName,
    /// The track it comes from; the same for all revisions of one passage.
    pub track: TrackId,
    /// Whether the track may still go on.
    pub stage: Stage,
    /// The plate that the readings agree on, or why there is none.
    pub plate: Result<AgreedPlate, NoReadReason>,
    /// The number painted on the vehicle's side, where the lane looks for it and its readings agree.
    pub side_number: Option<SideNumber>,
    /// First sighting.
    pub first_seen: Moment,
    /// The sighting that counted most.
    pub best_seen: Moment,
    /// Last sighting.
    pub last_seen: Moment,
    /// The frame of the best sighting, for evidence; absent when a trigger is answered without a picture, and in an
    /// amendment that has no better one than what was told before.
    pub best_frame: Option<Frame>,
    /// The plate in the best frame, in its pixels, if one was found.
    pub best_corners: Option<Quad>,
    /// The triggers that this passage answers.
    pub triggers: Vec<Trigger>,
    /// Which way the vehicle went; `None` where its path does not tell.
    pub direction: Option<Direction>,
    /// Which end of the vehicle the plate is at; `None` where its path does not tell.
    pub end: Option<VehicleEnd>,
}

impl Passage {
    /// How long the vehicle was in view.
    #[must_use]
    pub fn dwell(&self) -> Duration {
        self.first_seen.until(self.last_seen)
    }

    /// Whether the side number is the plate's; `None` where one of the two is missing.
    #[must_use]
    pub fn side_number_agrees(&self) -> Option<bool> {
        let (plate, side_number) = (self.plate.as_ref().ok()?, self.side_number.as_ref()?);
        Some(plate.text == side_number.text)
    }
}

/// Which way a vehicle went through its lane. What that means at the gate (towards the camera is in, or out) is the lane's
/// setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Into the site.
    In,
    /// Out of the site.
    Out,
    /// It came into view and left again on the side from which it came: it did not pass.
    TurnedBack,
}

/// An end of a vehicle. What comes nearer shows its front, what goes away its rear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VehicleEnd {
    /// The front.
    Front,
    /// The rear.
    Rear,
}

/// Names a track, and with it a passage, among all those of a run: a vehicle that changes lanes keeps it. Those of the gate's
/// first lane are numbered from 1; each further lane begins [`TrackId::OF_A_LANE`] further on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u64);

impl TrackId {
    /// More tracks than a lane ever has.
    pub const OF_A_LANE: u64 = 1 << 40;

    /// The first track of the lane with this number, from 0.
    #[must_use]
    pub fn first_of_lane(lane: u16) -> Self {
        Self(u64::from(lane) * Self::OF_A_LANE + 1)
    }

    /// The one after it in the same lane.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Its number in its lane, from 1, for people.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0 % Self::OF_A_LANE
    }
}

/// How final a passage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The plate is settled, the vehicle still in view: a barrier may be waiting.
    Provisional,
    /// The track has ended.
    Final,
    /// A passage that was final says something else now: its vehicle was seen again, and its plate, its way or the reason why
    /// it is unread turned out to be another; or it gave a trigger.
    Amended,
}

/// Why a vehicle passed unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReadReason {
    /// Readings were made and did not agree.
    NoAgreement,
    /// The plate never had enough pixels.
    TooSmall,
    /// The plate was never sharp.
    Blurred,
    /// The plate was there, large and sharp enough, and something on it or before it hid characters.
    Occluded,
    /// What was legible is no plate of the countries that the lane expects.
    NotAPlateFormat,
    /// The plate was too bright to read.
    Overexposed,
    /// A trigger said that a vehicle is there, and no plate was found in its pictures.
    NoPlateFound,
    /// A trigger said that a vehicle is there, and its camera gave no picture.
    NoPicture,
}
