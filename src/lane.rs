//! One lane: sightings in its zone become tracks, tracks become passages.

use std::time::Duration;

use crate::consensus::{AgreedPlate, Agreement};
use crate::frame::{Frame, Moment};
use crate::geometry::{Polygon, Quad};
use crate::passage::{NoReadReason, Passage, Stage};
use crate::plate::{LaneName, PlateReading, Sighting};
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
}

/// A reading less sure than this has no vote: on real toll-lane footage a smudge is read the same way again and again at
/// 0.05 to 0.1, and real plates, also those of 12 pixels' height, at 0.4 and more.
const LEAST_VOTING_CONFIDENCE: f32 = 0.2;
/// Readings that disagree make an unread vehicle only from this many on: fewer are a stray text that looked like a plate
/// for a moment.
const LEAST_READS_OF_A_VEHICLE: u32 = 3;

impl Lane {
    /// A lane with nothing in it yet.
    #[must_use]
    pub fn new(name: LaneName, rules: LaneRules) -> Self {
        let tracker = Tracker::new(rules.track_gap);
        Self { name, rules, tracker }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &LaneName {
        &self.name
    }

    /// Whether a plate there is this lane's, and large enough.
    #[must_use]
    pub fn may_be_read(&self, zone: &Polygon, corners: &Quad) -> bool {
        zone.contains(corners.centre()) && corners.height() >= self.rules.least_height_px
    }

    /// One frame's sightings, of which those inside of `zone` (in the frame's pixels) are the lane's. Returns the
    /// passages that are decided by now.
    pub fn observe(&mut self, frame: &Frame, zone: &Polygon, sightings: Vec<Sighting>) -> Vec<Passage> {
        let mine = sightings.into_iter().filter(|sighting| {
            let votes = |reading: &PlateReading| reading.confidence.value() >= LEAST_VOTING_CONFIDENCE;
            self.may_be_read(zone, &sighting.corners()) && sighting.reading.as_ref().is_none_or(votes)
        });
        let mine = mine.collect();
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

    fn final_passages(&self, mut tracks: Vec<Track>) -> Vec<Passage> {
        tracks.sort_by_key(|track| (track.first_seen().elapsed, track.id()));
        tracks.iter().filter_map(|track| self.passage(track, Stage::Final)).collect()
    }

    fn announce(&mut self) -> Vec<Passage> {
        let settled = |track: &&mut Track| agreed(track, &self.rules).is_some();
        let mut settled: Vec<_> = self.tracker.open_mut().filter(settled).collect();
        let fresh: Vec<_> = settled.iter_mut().filter_map(|track| track.announce().then(|| track.id())).collect();
        let tracks = self.tracker.open_mut().filter(|track| fresh.contains(&track.id()));
        let rules = &self.rules;
        let name = &self.name;
        tracks.filter_map(|track| passage(name, rules, track, Stage::Provisional)).collect()
    }

    fn passage(&self, track: &Track, stage: Stage) -> Option<Passage> {
        passage(&self.name, &self.rules, track, stage)
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
        None if track.ballot().reads() >= LEAST_READS_OF_A_VEHICLE => Err(NoReadReason::NoAgreement),
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
