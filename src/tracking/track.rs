//! One plate followed through the picture, for as long as its vehicle is known.

use super::course::Course;
use super::legibility::Legibility;
use super::path::Path;
use super::told::Told;
use crate::consensus::{AgreedPlate, Agreement, Ballot};
use crate::frame::{Frame, Moment};
use crate::geometry::{BoundingBox, Quad};
use crate::passage::{Passage, TrackId};
use crate::plate::{PlateReading, PlateText, Sighting};
use crate::side_number::{SideNumber, SideNumberBallot};
use crate::trigger::{Trigger, add_triggers};

/// A plate's way so far. Its size does not grow with its length: readings go into the ballot, of the way some points are
/// kept, of frames only the best.
#[derive(Debug)]
pub struct Track {
    /// The number and the first moment that its passage has in all revisions.
    identity: (TrackId, Moment),
    first: Glimpse,
    /// Where its plate was seen last, in pixels of the frame.
    corners: Quad,
    course: Course,
    path: Path,
    ballot: Ballot,
    /// The plate that its readings agree on by now.
    text: Option<PlateText>,
    legibility: Legibility,
    last_read: Option<Moment>,
    /// What was read on the vehicle's side; no part of the ballot.
    side_numbers: SideNumberBallot,
    best: Best,
    announced: bool,
    told: Option<Told>,
    /// Whether it was on its way out when it was seen last.
    left: bool,
    /// The triggers that its passage answers.
    triggers: Vec<Trigger>,
    /// The side number of the unread passage that it turned out to be.
    told_side_number: Option<SideNumber>,
}

/// Where and when a plate was seen.
#[derive(Debug, Clone, Copy)]
pub struct Glimpse {
    /// When.
    pub at: Moment,
    /// Where, in pixels of the frame.
    pub bounds: BoundingBox,
}

/// The sighting that counted most.
#[derive(Debug, Clone)]
pub struct Best {
    /// What it weighed.
    pub weight: f64,
    /// When.
    pub at: Moment,
    /// The frame, until its vehicle was told.
    pub frame: Option<Frame>,
    /// The plate in it.
    pub corners: Quad,
    /// How sharp, 0 to 1.
    pub sharpness: f32,
}

/// A vehicle that stands on a loop for hours may give one trigger after the other. The oldest are no longer named then.
const MOST_TRIGGERS: usize = 64;

impl Track {
    pub(super) fn new(id: TrackId, sighting: Sighting, frame: &Frame) -> Self {
        let (at, corners) = (sighting.at, sighting.corners());
        let bounds = corners.bounds();
        let mut track = Self {
            identity: (id, at),
            first: Glimpse { at, bounds },
            corners,
            course: Course::new(bounds, at),
            path: Path::default(),
            ballot: Ballot::default(),
            text: None,
            legibility: Legibility::default(),
            last_read: None,
            side_numbers: SideNumberBallot::default(),
            best: Best { weight: -1.0, at, frame: None, corners, sharpness: sighting.sharpness },
            announced: false,
            told: None,
            left: false,
            triggers: Vec::new(),
            told_side_number: None,
        };
        track.add(sighting, frame);
        track
    }

    pub(super) fn add(&mut self, sighting: Sighting, frame: &Frame) {
        let corners = sighting.corners();
        self.left = false;
        self.corners = corners;
        self.course.move_to(corners.bounds(), sighting.at);
        self.path.add(corners.bounds(), sighting.at.elapsed);
        self.legibility.note(&sighting);
        let weight = sighting.weight();
        if weight > self.best.weight {
            let sharpness = sighting.sharpness;
            self.best = Best { weight, at: sighting.at, frame: Some(frame.clone()), corners, sharpness };
        }
        if sighting.is_sure_enough()
            && let Some(reading) = sighting.reading
        {
            self.last_read = Some(sighting.at);
            self.ballot.cast(reading, weight);
        }
    }

    /// Goes on as `later`, a track of the same vehicle. Of two passages that were announced or told, this one's identity
    /// stays; see [`may_take_in`](Self::may_take_in).
    pub(super) fn take_in(&mut self, later: Track) {
        if later.is_known_outside() {
            self.identity = later.identity;
        }
        self.left = later.left;
        // What was seen at the same time is the same text beside the plate, and no part of its way.
        if later.first.at.elapsed > self.last_seen().elapsed {
            self.corners = later.corners;
            self.course.go_on_as(later.course);
            self.path.go_on(later.path);
        }
        self.ballot.absorb(later.ballot);
        self.legibility.add(&later.legibility);
        self.last_read = later.last_read.or(self.last_read);
        self.side_numbers.absorb(later.side_numbers);
        if later.best.weight > self.best.weight {
            self.best = later.best;
        }
        self.announced |= later.announced;
        self.told = self.told.take().or(later.told);
        self.answer(&later.triggers);
        self.told_side_number = self.told_side_number.take().or(later.told_side_number);
    }

    /// Whether both may become one: an event that is out already keeps its name, so two that are out stay two.
    pub(super) fn may_take_in(&self, later: &Track) -> bool {
        !(self.is_known_outside() && later.is_known_outside())
    }

    fn is_known_outside(&self) -> bool {
        self.announced || self.told.is_some()
    }

    /// Its number in the lane.
    #[must_use]
    pub fn id(&self) -> TrackId {
        self.identity.0
    }

    /// First sighting.
    #[must_use]
    pub fn first_seen(&self) -> Moment {
        self.identity.1
    }

    /// Latest sighting.
    #[must_use]
    pub fn last_seen(&self) -> Moment {
        self.course.last_seen()
    }

    pub(super) fn first_sighting(&self) -> Glimpse {
        self.first
    }

    /// When it was read last, surely enough to count.
    #[must_use]
    pub fn last_read(&self) -> Option<Moment> {
        self.last_read
    }

    /// What was read so far.
    #[must_use]
    pub fn ballot(&self) -> &Ballot {
        &self.ballot
    }

    /// The plate that its readings agree on by `rule`.
    #[must_use]
    pub fn agreed(&self, rule: &Agreement) -> Option<AgreedPlate> {
        self.ballot.agreed(rule, self.best.corners.height(), self.best.sharpness)
    }

    /// Notes what its readings agree on by now.
    pub(super) fn count_votes(&mut self, rule: &Agreement) {
        self.text = self.agreed(rule).map(|plate| plate.text);
    }

    /// The plate that it was told with, or else the one that its readings agree on.
    pub(super) fn text(&self) -> Option<&PlateText> {
        let told = self.told.as_ref().and_then(|told| told.plate.as_ref().ok());
        told.map(|plate| &plate.text).or(self.text.as_ref())
    }

    /// Why it is hard to read.
    #[must_use]
    pub fn legibility(&self) -> &Legibility {
        &self.legibility
    }

    /// The sighting that counted most.
    #[must_use]
    pub fn best(&self) -> &Best {
        &self.best
    }

    /// Where it was seen last, in pixels of the frame.
    #[must_use]
    pub fn last_box(&self) -> BoundingBox {
        self.course.last_box()
    }

    /// The plate's corners where it was seen last, in pixels of the frame.
    #[must_use]
    pub fn last_corners(&self) -> &Quad {
        &self.corners
    }

    pub(super) fn course(&self) -> &Course {
        &self.course
    }

    /// Its way through the picture.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it went somewhere, as vehicles do and signs do not.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        self.path.has_moved()
    }

    /// How much larger it is than at its beginning, as a logarithm.
    pub(super) fn net_growth(&self) -> f32 {
        self.path.progress().last().map_or(0.0, |end| end.growth)
    }

    /// Whether its vehicle had stood for some time when it was seen last.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.course.is_settled()
    }

    /// It was on its way out when it was seen last, and is not expected here any more.
    pub fn leave(&mut self) {
        self.left = true;
    }

    pub(super) fn has_left(&self) -> bool {
        self.left
    }

    /// Whether it came nearer and was not seen to leave: it may be behind another vehicle.
    #[must_use]
    pub fn may_be_hidden(&self) -> bool {
        !self.left && self.path.comes_nearer()
    }

    /// Whether its vehicle had come to rest when it was seen last, and so is still there.
    #[must_use]
    pub fn stays(&self) -> bool {
        !self.left && self.course.has_stopped()
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

    /// What was told of it when its vehicle had gone, if it was.
    #[must_use]
    pub fn told(&self) -> Option<&Told> {
        self.told.as_ref()
    }

    /// `passage` is told of it, now that its vehicle has gone, or once more.
    pub fn tell(&mut self, passage: &Passage) {
        self.told = Some(Told::of(passage));
    }

    /// Frames are large, and evidence has this one by now.
    pub(super) fn let_frame_go(&mut self) {
        self.best.frame = None;
    }

    /// The triggers that its passage answers.
    #[must_use]
    pub fn triggers(&self) -> &[Trigger] {
        &self.triggers
    }

    /// Its passage answers these triggers too.
    pub fn answer(&mut self, triggers: &[Trigger]) {
        add_triggers(&mut self.triggers, triggers);
        let surplus = self.triggers.len().saturating_sub(MOST_TRIGGERS);
        self.triggers.drain(..surplus);
    }

    /// It is the vehicle of an unread passage that was told already: its revisions have that one's number and first moment.
    pub fn continue_from(&mut self, unread: &Passage) {
        self.identity = (unread.track, unread.first_seen);
        self.told = Some(Told::of(unread));
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
}
