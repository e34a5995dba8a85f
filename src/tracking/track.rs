//! One plate followed through the picture.

use crate::consensus::Ballot;
use crate::frame::{Frame, Moment};
use crate::geometry::{BoundingBox, Quad};
use crate::passage::{Passage, TrackId};
use crate::plate::{PlateReading, Sighting};
use crate::side_number::{SideNumber, SideNumberBallot};
use crate::trigger::{Trigger, add_triggers};

/// A plate's way so far. Its size does not grow with its length: readings go into the ballot, of frames only the best is
/// kept.
#[derive(Debug)]
pub struct Track {
    id: TrackId,
    first_seen: Moment,
    last_seen: Moment,
    last_box: BoundingBox,
    /// Movement of the box's middle in pixels per second, smoothed.
    velocity: (f32, f32),
    ballot: Ballot,
    /// What was read on the vehicle's side; no part of the ballot.
    side_numbers: SideNumberBallot,
    best: Best,
    announced: bool,
    /// The triggers that its passage answers.
    triggers: Vec<Trigger>,
    /// The unread passage that it turned out to be: its number and first moment.
    continues: Option<(TrackId, Moment)>,
    /// The side number of that passage.
    told_side_number: Option<SideNumber>,
}

/// The sighting that counted most.
#[derive(Debug, Clone)]
pub struct Best {
    /// What it weighed.
    pub weight: f64,
    /// When.
    pub at: Moment,
    /// The frame.
    pub frame: Frame,
    /// The plate in it.
    pub corners: Quad,
    /// How sharp, 0 to 1.
    pub sharpness: f32,
}

/// Share of the newest movement in the smoothed velocity. A vehicle's speed changes little within a few frames, and a
/// plate's box jitters by some pixels.
const SMOOTHING: f32 = 0.5;

impl Track {
    pub(super) fn new(id: TrackId, sighting: Sighting, frame: &Frame) -> Self {
        let corners = sighting.corners();
        let best = Best { weight: -1.0, at: sighting.at, frame: frame.clone(), corners, sharpness: sighting.sharpness };
        let mut track = Self {
            id,
            first_seen: sighting.at,
            last_seen: sighting.at,
            last_box: corners.bounds(),
            velocity: (0.0, 0.0),
            ballot: Ballot::default(),
            side_numbers: SideNumberBallot::default(),
            best,
            announced: false,
            triggers: Vec::new(),
            continues: None,
            told_side_number: None,
        };
        track.add(sighting, frame);
        track
    }

    pub(super) fn add(&mut self, sighting: Sighting, frame: &Frame) {
        let corners = sighting.corners();
        self.move_to(corners.bounds(), sighting.at);
        let weight = sighting.weight();
        if weight > self.best.weight {
            let sharpness = sighting.sharpness;
            self.best = Best { weight, at: sighting.at, frame: frame.clone(), corners, sharpness };
        }
        if sighting.is_sure_enough()
            && let Some(reading) = sighting.reading
        {
            self.ballot.cast(reading, weight);
        }
    }

    fn move_to(&mut self, to: BoundingBox, at: Moment) {
        let seconds = self.last_seen.until(at).as_secs_f32();
        if seconds > 0.0 {
            let (from, to) = (self.last_box.centre(), to.centre());
            let blend = |old: f32, new: f32| old + (new - old) * SMOOTHING;
            self.velocity =
                (blend(self.velocity.0, (to.x - from.x) / seconds), blend(self.velocity.1, (to.y - from.y) / seconds));
        }
        self.last_box = to;
        self.last_seen = at;
    }

    /// Its number in the lane.
    #[must_use]
    pub fn id(&self) -> TrackId {
        self.id
    }

    /// First sighting.
    #[must_use]
    pub fn first_seen(&self) -> Moment {
        self.first_seen
    }

    /// Latest sighting.
    #[must_use]
    pub fn last_seen(&self) -> Moment {
        self.last_seen
    }

    /// What was read so far.
    #[must_use]
    pub fn ballot(&self) -> &Ballot {
        &self.ballot
    }

    /// The sighting that counted most.
    #[must_use]
    pub fn best(&self) -> &Best {
        &self.best
    }

    /// Where it was seen last, in pixels of the frame.
    #[must_use]
    pub fn last_box(&self) -> BoundingBox {
        self.last_box
    }

    /// Where it should be at `now` if it keeps its speed.
    #[must_use]
    pub fn predicted_box(&self, now: Moment) -> BoundingBox {
        let seconds = self.last_seen.until(now).as_secs_f32();
        self.last_box.shifted(self.velocity.0 * seconds, self.velocity.1 * seconds)
    }

    /// Whether a provisional passage was told of it.
    #[must_use]
    pub fn announced(&self) -> bool {
        self.announced
    }

    /// A provisional passage is told of it.
    pub fn announce(&mut self) {
        self.announced = true;
    }

    /// The triggers that its passage answers.
    #[must_use]
    pub fn triggers(&self) -> &[Trigger] {
        &self.triggers
    }

    /// Its passage answers these triggers too.
    pub fn answer(&mut self, triggers: &[Trigger]) {
        add_triggers(&mut self.triggers, triggers);
    }

    /// Takes its triggers away: another passage answers them.
    pub fn take_triggers(&mut self) -> Vec<Trigger> {
        std::mem::take(&mut self.triggers)
    }

    /// It is the vehicle of an unread passage that was told already: its revisions have that one's number and first moment.
    pub fn continue_from(&mut self, unread: &Passage) {
        self.continues = Some((unread.track, unread.first_seen));
        self.told_side_number.clone_from(&unread.side_number);
    }

    /// Takes what was read on the vehicle's side in one frame.
    pub fn note_side_numbers(&mut self, readings: &[PlateReading]) {
        self.side_numbers.cast(readings);
    }

    /// The number on the vehicle's side that its readings agree on, or else that of the passage that it continues.
    #[must_use]
    pub fn side_number(&self) -> Option<SideNumber> {
        self.side_numbers.agreed().or_else(|| self.told_side_number.clone())
    }

    /// The number and first moment of its passage, and whether that was told already.
    #[must_use]
    pub fn passage_identity(&self) -> (TrackId, Moment, bool) {
        self.continues.map_or((self.id, self.first_seen, false), |(id, first_seen)| (id, first_seen, true))
    }
}
