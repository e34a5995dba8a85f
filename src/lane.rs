//! One lane: sightings in its zone become tracks, tracks become passages.

use std::time::Duration;

use jiff::Timestamp;

use crate::consensus::{AgreedPlate, Agreement};
use crate::frame::{Frame, Moment};
use crate::geometry::{Polygon, Quad};
use crate::passage::{NoReadReason, Passage, Stage};
use crate::plate::{CameraName, LaneName, Sighting};
use crate::tracking::{Track, Tracker};
use crate::trigger::{Analyse, Trigger, Window};

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
}

impl Default for LaneRules {
    /// A gap in which somebody may walk past the plate, and the next vehicle is not there yet; below ten pixels characters
    /// are guesses; no provisional events, because not every receiver lets a revision replace what came before;
    /// five seconds are enough for a lorry that rolls over a loop to stop at the barrier.
    fn default() -> Self {
        Self {
            agreement: Agreement::default(),
            track_gap: Duration::from_millis(1500),
            least_height_px: 10.0,
            provisional: false,
            analyse: Analyse::Always,
            trigger_window: Duration::from_secs(5),
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
}

/// The same plate again within this time is the same vehicle, hidden for longer than a track's gap by somebody walking
/// past, a wiper or headlights: nothing turns round and comes back through a lane so soon.
const REAPPEARS_WITHIN: Duration = Duration::from_secs(10);
/// A vehicle that was seen last within this time before a trigger is the one that gave it: the loop lies behind the place
/// where its plate was in view. Lorries that follow each other are further apart.
const JUST_BEFORE: Duration = Duration::from_secs(3);
/// Readings that disagree make an unread vehicle only from this many on: fewer are a stray text that looked like a plate
/// for a moment.
const LEAST_READS_OF_A_VEHICLE: u32 = 3;

impl Lane {
    /// A lane with nothing in it yet, watched by `camera`.
    #[must_use]
    pub fn new(name: LaneName, camera: CameraName, rules: LaneRules) -> Self {
        let tracker = Tracker::new(rules.track_gap);
        Self { name, camera, rules, tracker, recent: Vec::new(), window: None }
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

    /// The window of a trigger, while it is open.
    #[must_use]
    pub fn window(&self) -> Option<&Window> {
        self.window.as_ref()
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

    /// Opens a window for a trigger, or joins it to the one that is open and not answered yet: one vehicle.
    pub fn summon(&mut self, trigger: Trigger) {
        match &mut self.window {
            Some(window) if !window.answered => window.join(trigger),
            _ => self.window = Some(Window::opened_by(trigger)),
        }
    }

    /// The window's time is over: closes it and answers its trigger, at `now` on the process's clock, unless a final
    /// passage did so already. A vehicle that stands there still and is watched further has a final passage to come, so it
    /// is answered with a provisional one.
    pub fn answer(&mut self, now: Moment) -> Vec<Passage> {
        let mut passages = match self.rules.analyse {
            Analyse::Trigger => self.finish(),
            Analyse::Always | Analyse::Motion => self.answer_with_what_is_in_view(),
        };
        let Some(window) = self.window.take() else { return passages };
        let answered = window.answered || passages.iter().any(|passage| !passage.triggers.is_empty());
        if !answered {
            passages.push(self.seen_just_before(&window).unwrap_or_else(|| self.unread(window, now)));
        }
        passages
    }

    /// Provisional passages of the vehicles in view; of a track that is none by itself only when nothing else is there.
    fn answer_with_what_is_in_view(&mut self) -> Vec<Passage> {
        let Some(window) = self.window.as_mut().filter(|window| !window.answered) else { return Vec::new() };
        let (name, camera, rules) = (&self.name, &self.camera, &self.rules);
        let is_vehicle = |track: &Track| agreed(track, rules).is_some() || track.ballot().reads() > 0;
        let most_reads = self.tracker.open_mut().filter(|track| is_vehicle(track)).max_by_key(|t| t.ballot().reads());
        let Some(track) = most_reads else { return Vec::new() };
        track.announce();
        let passage = passage(name, camera, rules, track, Stage::Provisional);
        passage.map(|passage| Passage { triggers: window.triggers.clone(), ..passage }).into_iter().collect()
    }

    /// The vehicle that passed just before the window was opened and was not seen again: its loop lies behind its view.
    fn seen_just_before(&mut self, window: &Window) -> Option<Passage> {
        let opened = window.opened_at().wall;
        let just_before = |passage: &&mut Passage| {
            passage.triggers.is_empty() && wall_time_between(passage.last_seen.wall, opened) <= JUST_BEFORE
        };
        let earlier = self.recent.iter_mut().filter(just_before).max_by_key(|passage| passage.last_seen.wall)?;
        earlier.triggers.clone_from(&window.triggers);
        Some(Passage { stage: Stage::Amended, ..earlier.clone() })
    }

    /// The vehicle that a trigger tells of and that nothing was read of.
    fn unread(&mut self, window: Window, now: Moment) -> Passage {
        let reason = match (window.frames, window.readings) {
            (0, _) => NoReadReason::NoPicture,
            (_, true) => NoReadReason::NoAgreement,
            (_, false) => NoReadReason::NoPlateFound,
        };
        let opened_at = window.opened_at();
        let (best_frame, best_corners) = window.look.map_or((None, None), |(frame, corners)| (Some(frame), corners));
        Passage {
            lane: self.name.clone(),
            camera: self.camera.clone(),
            track: self.tracker.next_id(),
            stage: Stage::Final,
            plate: Err(reason),
            first_seen: opened_at,
            best_seen: best_frame.as_ref().map_or(opened_at, |frame| frame.captured_at),
            last_seen: now,
            best_frame,
            best_corners,
            triggers: window.triggers,
        }
    }

    fn final_passages(&mut self, mut tracks: Vec<Track>) -> Vec<Passage> {
        tracks.sort_by_key(|track| (track.first_seen().elapsed, track.id()));
        tracks.iter().filter_map(|track| self.final_passage(track)).collect()
    }

    fn final_passage(&mut self, track: &Track) -> Option<Passage> {
        let Some(passage) = passage(&self.name, &self.camera, &self.rules, track, Stage::Final) else {
            self.note_no_result(track);
            return None;
        };
        match self.earlier_passage(&passage) {
            None => {
                let passage = self.answering(passage);
                self.remember(&passage);
                Some(passage)
            }
            // What was announced gets its final event, whatever else passed.
            Some(_) if track.announced() => Some(self.answering(passage)),
            // The same vehicle again: who asked for it is told which one it is.
            Some(earlier) => {
                let (track, first_seen) = (earlier.track, earlier.first_seen);
                let asked = self.window.as_ref().is_some_and(|window| !window.answered);
                let again = Passage { track, first_seen, stage: Stage::Amended, ..passage };
                asked.then(|| self.answering(again))
            }
        }
    }

    /// The passage as the answer to the triggers of the open window, if there is one.
    fn answering(&mut self, passage: Passage) -> Passage {
        let Some(window) = &mut self.window else { return passage };
        window.answered = true;
        Passage { triggers: window.triggers.clone(), ..passage }
    }

    fn note_no_result(&mut self, track: &Track) {
        if let Some(window) = self.window.as_mut().filter(|_| track.ballot().reads() > 0) {
            window.read_without_result(&track.best().frame, track.best().corners);
        }
    }

    /// The passage of this vehicle, if it has its event already. It is prolonged by the new one.
    fn earlier_passage(&mut self, passage: &Passage) -> Option<&Passage> {
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
        let (name, camera, rules, recent) = (&self.name, &self.camera, &self.rules, &self.recent);
        let triggers = self.window.as_ref().map(|window| window.triggers.clone()).unwrap_or_default();
        let unannounced = self.tracker.open_mut().filter(|track| !track.announced());
        let announced = unannounced.filter_map(|track| {
            let plate = agreed(track, rules)?;
            let is_new = !recent.iter().any(|earlier| {
                earlier.plate.as_ref().is_ok_and(|earlier| earlier.text == plate.text)
                    && earlier.last_seen.until(track.first_seen()) <= REAPPEARS_WITHIN
            });
            is_new.then(|| track.announce())?;
            passage(name, camera, rules, track, Stage::Provisional)
        });
        announced.map(|passage| Passage { triggers: triggers.clone(), ..passage }).collect()
    }
}

/// From one wall time to another; longer than anything when the clock was set back meanwhile.
fn wall_time_between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or(Duration::MAX)
}

fn agreed(track: &Track, rules: &LaneRules) -> Option<AgreedPlate> {
    let best = track.best();
    track.ballot().agreed(&rules.agreement, best.corners.height(), best.sharpness)
}

/// `None`: the track was no vehicle.
fn passage(name: &LaneName, camera: &CameraName, rules: &LaneRules, track: &Track, stage: Stage) -> Option<Passage> {
    let plate = match agreed(track, rules) {
        Some(plate) => Ok(plate),
        None if track.announced() || track.ballot().reads() >= LEAST_READS_OF_A_VEHICLE => {
            Err(NoReadReason::NoAgreement)
        }
        None => return None,
    };
    let best = track.best();
    Some(Passage {
        lane: name.clone(),
        camera: camera.clone(),
        track: track.id(),
        stage,
        plate,
        first_seen: track.first_seen(),
        best_seen: best.at,
        last_seen: track.last_seen(),
        best_frame: Some(best.frame.clone()),
        best_corners: Some(best.corners),
        triggers: Vec::new(),
    })
}
