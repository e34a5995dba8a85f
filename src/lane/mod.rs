//! One lane: sightings in its zone become tracks, tracks become passages.
//!
//! `answers` is what triggers add to that; `window` the time in which one is open; `side_numbers` what is read on sides.

mod answers;
mod side_numbers;
#[cfg(test)]
mod tests;
mod window;

use std::time::Duration;

use crate::consensus::{AgreedPlate, Agreement};
use crate::frame::{Frame, Moment};
use crate::geometry::{Polygon, Quad};
use crate::passage::{NoReadReason, Passage, Stage};
use crate::plate::{CameraName, LaneName, Sighting};
use crate::tracking::{Track, TrackView, Tracker};
use crate::trigger::{Analyse, Trigger, add_triggers};
use window::Window;

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
            track_gap: Duration::from_millis(1500),
            least_height_px: 10.0,
            provisional: false,
            analyse: Analyse::Always,
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
    /// What passed a moment ago, without its frame.
    recent: Vec<Passage>,
    /// The window of a trigger, while it is open.
    window: Option<Window>,
    /// A passage that answered a trigger unread, and whose vehicle may still be read.
    unread: Option<Passage>,
}

/// The same plate again within this time is the same vehicle, hidden for longer than a track's gap by somebody walking
/// past, a wiper or headlights: nothing turns round and comes back through a lane so soon.
const REAPPEARS_WITHIN: Duration = Duration::from_secs(10);
/// Readings that disagree make an unread vehicle only from this many on: fewer are a stray text that looked like a plate
/// for a moment.
const LEAST_READS_OF_A_VEHICLE: u32 = 3;

impl Lane {
    /// A lane with nothing in it yet, watched by `camera`.
    #[must_use]
    pub fn new(name: LaneName, camera: CameraName, rules: LaneRules) -> Self {
        let tracker = Tracker::new(rules.track_gap);
        Self { name, camera, rules, tracker, recent: Vec::new(), window: None, unread: None }
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
        if let Some(window) = &mut self.window {
            window.analysed(frame);
        }
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
        self.answer_window_with(tracks.iter_mut());
        tracks.iter_mut().filter_map(|track| self.final_passage(track)).collect()
    }

    fn final_passage(&mut self, track: &mut Track) -> Option<Passage> {
        self.recognise_unread(track);
        let Some(passage) = self.passage(track, Stage::Final) else {
            self.note_no_result(track);
            return None;
        };
        let told_already = track.announced() || passage.stage == Stage::Amended;
        match self.earlier_passage(&passage) {
            None => {
                self.remember(&passage);
                Some(passage)
            }
            // What was told gets its last word, whatever else passed.
            Some(_) if told_already => Some(passage),
            // The same vehicle again: only who asked for it is told, and which one it is.
            Some(earlier) => {
                (!passage.triggers.is_empty()).then(|| amended(earlier, &passage.triggers, passage.clone()))
            }
        }
    }

    /// The passage of this vehicle, if it has its event already. It is prolonged by the new one.
    fn earlier_passage(&mut self, passage: &Passage) -> Option<&mut Passage> {
        let Ok(plate) = &passage.plate else { return None };
        self.recent.retain(|earlier| earlier.last_seen.until(passage.first_seen) <= REAPPEARS_WITHIN);
        let same = |earlier: &&mut Passage| earlier.plate.as_ref().is_ok_and(|earlier| earlier.text == plate.text);
        let earlier = self.recent.iter_mut().find(same)?;
        earlier.last_seen = passage.last_seen;
        Some(earlier)
    }

    fn remember(&mut self, passage: &Passage) {
        if passage.plate.is_ok() {
            // Frames are large, and evidence has this one by now.
            self.recent.push(Passage { best_frame: None, ..passage.clone() });
        }
    }

    fn announce(&mut self) -> Vec<Passage> {
        let mut tracks = self.tracker.close_all();
        let mut announced = Vec::new();
        for track in tracks.iter_mut().filter(|track| !track.announced()) {
            let Some(plate) = agreed(track, &self.rules) else { continue };
            if !self.has_passed(&plate, track) {
                self.recognise_unread(track);
                self.answer_window_with(std::iter::once(&mut *track));
                track.announce();
                announced.extend(self.passage(track, Stage::Provisional));
            }
        }
        self.tracker.open_again(tracks);
        announced
    }

    /// Whether the vehicle of this track has its event already.
    fn has_passed(&self, plate: &AgreedPlate, track: &Track) -> bool {
        self.recent.iter().any(|earlier| {
            earlier.plate.as_ref().is_ok_and(|earlier| earlier.text == plate.text)
                && earlier.last_seen.until(track.first_seen()) <= REAPPEARS_WITHIN
        })
    }

    /// `None`: the track was no vehicle.
    fn passage(&self, track: &Track, stage: Stage) -> Option<Passage> {
        let plate = match agreed(track, &self.rules) {
            Some(plate) => Ok(plate),
            None if is_vehicle_unread(track) => Err(NoReadReason::NoAgreement),
            None => return None,
        };
        let (id, first_seen, told_already) = track.passage_identity();
        let best = track.best();
        Some(Passage {
            lane: self.name.clone(),
            camera: self.camera.clone(),
            track: id,
            stage: if told_already && stage == Stage::Final { Stage::Amended } else { stage },
            plate,
            side_number: track.side_number(),
            first_seen,
            best_seen: best.at,
            last_seen: track.last_seen(),
            best_frame: Some(best.frame.clone()),
            best_corners: Some(best.corners),
            triggers: track.triggers().to_vec(),
            direction: None,
        })
    }
}

/// `earlier` with new triggers, as `again` shows it.
fn amended(earlier: &mut Passage, triggers: &[Trigger], again: Passage) -> Passage {
    add_triggers(&mut earlier.triggers, triggers);
    // The last revision counts: what an earlier one told is not lost in it.
    if again.side_number.is_some() {
        earlier.side_number.clone_from(&again.side_number);
    }
    let (track, first_seen, triggers) = (earlier.track, earlier.first_seen, earlier.triggers.clone());
    let side_number = earlier.side_number.clone();
    Passage { track, first_seen, triggers, side_number, stage: Stage::Amended, ..again }
}

fn agreed(track: &Track, rules: &LaneRules) -> Option<AgreedPlate> {
    let best = track.best();
    track.ballot().agreed(&rules.agreement, best.corners.height(), best.sharpness)
}

/// Whether its readings make a vehicle of it although they do not agree.
fn is_vehicle_unread(track: &Track) -> bool {
    track.announced() || track.ballot().reads() >= LEAST_READS_OF_A_VEHICLE
}
