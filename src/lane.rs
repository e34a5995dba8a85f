//! One lane: sightings in its zone become tracks, tracks become passages.

use std::time::Duration;

use crate::consensus::{AgreedPlate, Agreement};
use crate::frame::{Frame, Moment};
use crate::geometry::{Polygon, Quad};
use crate::passage::{NoReadReason, Passage, Stage};
use crate::plate::{LaneName, PlateText, Sighting};
use crate::tracking::{Track, Tracker};

/// What the operator sets for a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneRules {
    /// When readings agree, and whose plates are expected.
    pub agreement: Agreement,
    /// A vehicle unseen for this long has passed.
    pub track_gap: Duration,
    /// Smaller plates are not read, in pixels.
    pub least_height_px: f32,
    /// Whether a passage is also told as soon as its plate has settled.
    pub provisional: bool,
}

impl Default for LaneRules {
    /// A gap in which somebody may walk past the plate, and the next vehicle is not there yet; below ten pixels characters
    /// are guesses; no provisional events, because not every receiver lets a revision replace what came before.
    fn default() -> Self {
        Self {
            agreement: Agreement::default(),
            track_gap: Duration::from_millis(1500),
            least_height_px: 10.0,
            provisional: false,
        }
    }
}

/// A lane at work.
#[derive(Debug)]
pub struct Lane {
    name: LaneName,
    rules: LaneRules,
    tracker: Tracker,
    /// Plates that passed a moment ago, and when they were seen last.
    recent: Vec<(PlateText, Moment)>,
}

/// The same plate again within this time is the same vehicle, hidden for longer than a track's gap by somebody walking
/// past, a wiper or headlights: nothing turns round and comes back through a lane so soon.
const REAPPEARS_WITHIN: Duration = Duration::from_secs(10);
/// Readings that disagree make an unread vehicle only from this many on: fewer are a stray text that looked like a plate
/// for a moment.
const LEAST_READS_OF_A_VEHICLE: u32 = 3;

impl Lane {
    /// A lane with nothing in it yet.
    #[must_use]
    pub fn new(name: LaneName, rules: LaneRules) -> Self {
        let tracker = Tracker::new(rules.track_gap);
        Self { name, rules, tracker, recent: Vec::new() }
    }

    /// Whether a plate there is this lane's, and large enough.
    #[must_use]
    pub fn may_be_read(&self, zone: &Polygon, corners: &Quad) -> bool {
        zone.contains(corners.centre()) && corners.height() >= self.rules.least_height_px
    }

    /// One frame's sightings, of which those inside of `zone` (in the frame's pixels) are the lane's. Returns the
    /// passages that are decided by now.
    pub fn observe(&mut self, frame: &Frame, zone: &Polygon, sightings: Vec<Sighting>) -> Vec<Passage> {
        let mine = sightings.into_iter().filter(|sighting| self.may_be_read(zone, &sighting.corners())).collect();
        self.tracker.observe(frame, mine);
        let mut passages = self.pass(frame.captured_at);
        if self.rules.provisional {
            passages.extend(self.announce());
        }
        passages
    }

    /// The passages of vehicles unseen for too long at `now`, for times without frames.
    pub fn pass(&mut self, now: Moment) -> Vec<Passage> {
        let lost = self.tracker.close_lost(now);
        self.final_passages(lost)
    }

    /// The passages of all vehicles in view: the recording is over or the daemon stops.
    pub fn finish(&mut self) -> Vec<Passage> {
        let all = self.tracker.close_all();
        self.final_passages(all)
    }

    fn final_passages(&mut self, mut tracks: Vec<Track>) -> Vec<Passage> {
        tracks.sort_by_key(|track| (track.first_seen().elapsed, track.id()));
        let mut passages = Vec::new();
        for track in &tracks {
            let passage = passage(&self.name, &self.rules, track, Stage::Final);
            // What was announced gets its final event, whatever else passed.
            passages.extend(passage.filter(|passage| !self.passed_just_now(passage) || track.announced()));
        }
        passages
    }

    /// Whether this vehicle has its event already. Remembers it for the next time.
    fn passed_just_now(&mut self, passage: &Passage) -> bool {
        let Ok(plate) = &passage.plate else { return false };
        self.recent.retain(|(_, last_seen)| last_seen.until(passage.first_seen) <= REAPPEARS_WITHIN);
        match self.recent.iter_mut().find(|(text, _)| *text == plate.text) {
            Some((_, last_seen)) => {
                *last_seen = passage.last_seen;
                true
            }
            None => {
                self.recent.push((plate.text.clone(), passage.last_seen));
                false
            }
        }
    }

    fn announce(&mut self) -> Vec<Passage> {
        let (name, rules, recent) = (&self.name, &self.rules, &self.recent);
        let unannounced = self.tracker.open_mut().filter(|track| !track.announced());
        let announced = unannounced.filter_map(|track| {
            let plate = agreed(track, rules)?;
            let is_new = !recent.iter().any(|(text, last_seen)| {
                *text == plate.text && last_seen.until(track.first_seen()) <= REAPPEARS_WITHIN
            });
            is_new.then(|| track.announce())?;
            passage(name, rules, track, Stage::Provisional)
        });
        announced.collect()
    }
}

fn agreed(track: &Track, rules: &LaneRules) -> Option<AgreedPlate> {
    let best = track.best();
    track.ballot().agreed(&rules.agreement, best.corners.height(), best.sharpness)
}

/// `None`: the track was no vehicle.
fn passage(lane: &LaneName, rules: &LaneRules, track: &Track, stage: Stage) -> Option<Passage> {
    let plate = match agreed(track, rules) {
        Some(plate) => Ok(plate),
        None if track.announced() || track.ballot().reads() >= LEAST_READS_OF_A_VEHICLE => {
            Err(NoReadReason::NoAgreement)
        }
        None => return None,
    };
    let best = track.best();
    Some(Passage {
        lane: lane.clone(),
        track: track.id(),
        stage,
        plate,
        first_seen: track.first_seen(),
        best_seen: best.at,
        last_seen: track.last_seen(),
        best_frame: best.frame.clone(),
        best_corners: best.corners,
    })
}
