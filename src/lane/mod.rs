//! One lane: sightings in its zone become tracks, tracks become passages.
//!
//! `ending` says when a vehicle has passed, and what is told of it, once and again; `direction` which way it went; `answers` is
//! what triggers add to that; `window` the time in which one is open; `side_numbers` what is read on sides.

mod answers;
pub mod direction;
mod ending;
mod side_numbers;
#[cfg(test)]
mod tests;
mod window;

use std::time::Duration;

use crate::consensus::Agreement;
use crate::frame::{Frame, Moment};
use crate::geometry::{Polygon, Quad};
use crate::passage::{Passage, Stage, TrackId};
use crate::plate::{CameraName, LaneName, PlateDetection, Sighting, WorthAsking};
use crate::tracking::{SeenTrack, TrackView, Tracker};
use crate::trigger::Analyse;
use direction::DirectionRule;
use window::Window;

/// What the operator sets for a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneRules {
    /// When readings agree, and whose plates are expected.
    pub agreement: Agreement,
    /// A vehicle unseen for this long has passed; one that was on its way out sooner.
    pub track_gap: Duration,
    /// Which way is in.
    pub direction: DirectionRule,
    /// Smaller plates are not read, in pixels.
    pub least_height_px: f32,
    /// Whether a passage is also told as soon as its plate has settled.
    pub provisional: bool,
    /// When frames are analysed.
    pub analyse: Analyse,
    /// How long the lane is read for a trigger that does not say.
    pub trigger_window: Duration,
    /// Whether numbers painted on vehicles' sides are read too.
    pub side_numbers: bool,
}

impl Default for LaneRules {
    /// A gap in which somebody may walk past the plate, and the next vehicle is not there yet; below ten pixels characters
    /// are guesses; no provisional events, because not every receiver lets a revision replace what came before;
    /// five seconds are enough for a lorry that rolls over a loop to stop at the barrier; no side numbers, because most
    /// cameras look at fronts or rears, and reading them costs time.
    fn default() -> Self {
        Self {
            agreement: Agreement::default(),
            track_gap: Duration::from_millis(900),
            direction: DirectionRule::default(),
            least_height_px: 10.0,
            provisional: false,
            analyse: Analyse::default(),
            trigger_window: Duration::from_secs(5),
            side_numbers: false,
        }
    }
}

/// A lane at work.
#[derive(Debug)]
pub struct Lane {
    name: LaneName,
    camera: CameraName,
    rules: LaneRules,
    tracker: Tracker,
    /// Its zone in the last frame, in pixels, and that frame's size.
    zone: Option<Polygon>,
    picture: (f32, f32),
    /// The window of a trigger, while it is open.
    window: Option<Window>,
    /// A passage that answered a trigger unread, and whose vehicle may still be read.
    unread: Option<Passage>,
}

impl Lane {
    /// The gate's only lane, or its first one, with nothing in it yet, watched by `camera`.
    #[must_use]
    pub fn new(name: LaneName, camera: CameraName, rules: LaneRules) -> Self {
        Self::numbered(0, name, camera, rules)
    }

    /// The gate's lane with this number, from 0.
    #[must_use]
    pub fn numbered(number: u16, name: LaneName, camera: CameraName, rules: LaneRules) -> Self {
        let tracker = Tracker::new(rules.agreement.clone(), TrackId::first_of_lane(number));
        Self { name, camera, rules, tracker, zone: None, picture: (0.0, 0.0), window: None, unread: None }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &LaneName {
        &self.name
    }

    /// Whether a plate is in view.
    #[must_use]
    pub fn is_occupied(&self) -> bool {
        self.tracker.has_open()
    }

    /// The plates in view.
    pub fn tracks(&self) -> impl Iterator<Item = TrackView> + '_ {
        self.tracker.views()
    }

    /// The plates in view with what was read of them so far, for displays.
    pub fn seen(&self) -> impl Iterator<Item = SeenTrack> + '_ {
        self.tracker.seen()
    }

    /// Whether a plate there is this lane's, and large enough.
    #[must_use]
    pub fn may_be_read(&self, zone: &Polygon, corners: &Quad) -> bool {
        zone.contains(corners.centre()) && corners.height() >= self.rules.least_height_px
    }

    /// Whether reading what was `found` at `now` can tell anything that is not known.
    #[must_use]
    pub fn is_worth_reading(&self, found: &PlateDetection, now: Moment) -> bool {
        self.tracker.is_worth_reading(found, now)
    }

    /// Which readings of what was `found` at `now` are worth the time of another recogniser.
    #[must_use]
    pub fn worth_asking(&self, found: &PlateDetection, now: Moment) -> WorthAsking<'_> {
        self.tracker.worth_asking(found, now)
    }

    /// One frame's sightings, of which those inside of `zone` (in the frame's pixels) are the lane's. Returns the
    /// passages that are decided by now.
    pub fn observe(&mut self, frame: &Frame, zone: &Polygon, sightings: Vec<Sighting>) -> Vec<Passage> {
        self.follow(frame, zone, sightings);
        self.decide(frame.captured_at)
    }

    /// As [`observe`](Self::observe), without deciding.
    pub fn follow(&mut self, frame: &Frame, zone: &Polygon, sightings: Vec<Sighting>) {
        self.look_at(frame, zone);
        // A plate that is too small to be read is followed all the same: it comes nearer, or is counted as unread.
        let is_mine = |sighting: &Sighting| match sighting.reading {
            Some(_) => self.may_be_read(zone, &sighting.corners()),
            None => zone.contains(sighting.corners().centre()),
        };
        let mine = sightings.into_iter().filter(is_mine).collect();
        self.tracker.observe(frame, mine);
        if let Some(window) = &mut self.window {
            window.analysed(frame);
        }
    }

    /// Vehicles that `other`, a lane of the same camera, followed, and that have come into this one, are followed here.
    pub fn take_over_from(&mut self, other: &mut Lane) {
        self.tracker.take_over_from(&mut other.tracker);
    }

    /// The passages that are decided by `now`, after the frame of that time.
    pub fn decide(&mut self, now: Moment) -> Vec<Passage> {
        let mut passages = self.pass(now);
        if self.rules.provisional {
            passages.extend(self.announce());
        }
        passages
    }

    fn look_at(&mut self, frame: &Frame, zone: &Polygon) {
        if self.zone.as_ref() != Some(zone) {
            self.zone = Some(zone.clone());
        }
        let (width, height) = frame.image.dimensions();
        #[expect(clippy::cast_precision_loss, reason = "no picture is 2^24 pixels wide")]
        let picture = (width as f32, height as f32);
        self.picture = picture;
    }

    /// What is told of vehicles in view as soon as their plate has settled.
    fn announce(&mut self) -> Vec<Passage> {
        let mut tracks = self.tracker.close_all();
        let mut announced = Vec::new();
        for index in 0..tracks.len() {
            if ending::is_shadow(&tracks[index], tracks.iter().chain(self.tracker.at_rest())) {
                continue;
            }
            let track = &mut tracks[index];
            if track.announced() || track.agreed(&self.rules.agreement).is_none() {
                continue;
            }
            self.recognise_unread(track);
            match track.told().map(|told| told.plate.is_err()) {
                // Its vehicle was told unread, and somebody may wait for the plate.
                Some(true) => announced.extend(self.tell(track)),
                Some(false) => {}
                None => {
                    self.answer_window_with(std::iter::once(&mut *track));
                    track.announce();
                    announced.extend(self.passage(track, Stage::Provisional));
                }
            }
        }
        self.tracker.open_again(tracks);
        announced
    }
}
