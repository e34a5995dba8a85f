//! One frame through every stage: detect, read, sight, observe. Synchronous and deterministic: the same frames give the
//! same passages at any speed.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::config::{LaneConfig, Zone};
use crate::frame::{Frame, Moment};
use crate::geometry::{Polygon, Quad};
use crate::inference::models::Models;
use crate::inference::{Detections, InferenceError, PlateCrop, RgbView};
use crate::lane::Lane;
use crate::motion::MotionGate;
use crate::passage::Passage;
use crate::plate::{CameraName, LaneName, PlateDetection, PlateReading, Sighting, WorthAsking};
use crate::plate_format::grammar::Grammar;
use crate::sharpness::{burnt_out, sharpness};
use crate::tracking::{SeenTrack, TrackView};
use crate::trigger::{Analyse, Trigger};

/// The models and every lane.
#[derive(Debug)]
pub struct Pipeline {
    models: Models,
    lanes: Vec<WatchedLane>,
    /// The number of the next lane. A lane that begins anew has one that none had before it, and so have its tracks.
    next_lane: u16,
}

/// At most so many side numbers of a frame are read, the surest ones: a lorry and its trailer show two, or three with one on
/// a door.
const MOST_SIDE_NUMBERS: usize = 3;

/// How often a lane in which nothing moves is read: a vehicle that the motion gate overlooks is found then.
const SLOW_LOOK: Duration = Duration::from_secs(2);

/// What became of a frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Analysed {
    /// For how many lanes it was analysed; none, if nothing was going on in them.
    pub lanes: u32,
    /// The heights of the plates in it, in its pixels.
    pub plate_heights: Vec<f32>,
    /// What was seen, in the lanes of which that is told.
    pub sightings: Vec<(LaneName, Sighting)>,
}

#[derive(Debug)]
struct WatchedLane {
    camera: CameraName,
    zone: Zone,
    grammar: Grammar,
    side_number_grammar: Grammar,
    analyse: Analyse,
    tells_sightings: bool,
    gate: MotionGate,
    lane: Lane,
    last_frame: Option<Moment>,
    /// When it was read last, on the camera's clock.
    last_look: Option<Duration>,
}

impl Pipeline {
    /// A pipeline in which nothing was seen yet.
    #[must_use]
    pub fn new(models: Models, lanes: Vec<LaneConfig>) -> Self {
        let mut pipeline = Self { models, lanes: Vec::new(), next_lane: 0 };
        pipeline.lanes = lanes.into_iter().map(|setup| WatchedLane::new(setup, pipeline.number_a_lane())).collect();
        pipeline
    }

    /// From the next frame on plates are found and read by other models.
    pub fn replace_models(&mut self, models: Models) {
        self.models = models;
    }

    /// From the next frame on these are the lanes. Those that were there and are not in `anew` keep what they know; the
    /// others begin with nothing in them. Gives what was in view of those that end, and the answers that they owed at `now` on
    /// the process's clock.
    pub fn rearrange(&mut self, lanes: &[LaneConfig], anew: &BTreeSet<LaneName>, now: Moment) -> Vec<Passage> {
        let stays = |watched: &mut WatchedLane| {
            let name = watched.lane.name();
            !anew.contains(name) && lanes.iter().any(|setup| setup.name == *name)
        };
        let (mut kept, mut passages) = (self.lanes.extract_if(.., stays).collect::<Vec<_>>(), Vec::new());
        for mut ended in std::mem::take(&mut self.lanes) {
            passages.extend(ended.end(now));
        }
        let watched = |setup: &LaneConfig| match kept.iter().position(|watched| *watched.lane.name() == setup.name) {
            Some(index) => kept.swap_remove(index),
            None => WatchedLane::new(setup.clone(), self.number_a_lane()),
        };
        self.lanes = lanes.iter().map(watched).collect();
        passages
    }

    fn number_a_lane(&mut self) -> u16 {
        let number = self.next_lane;
        self.next_lane = number.wrapping_add(1);
        number
    }

    /// One frame, for every lane that its camera watches and that has a reason to be read. What passed is added to
    /// `passages`, also before an error.
    ///
    /// # Errors
    /// [`InferenceError`] when a model fails: nothing can be recognised any more.
    pub fn frame(&mut self, frame: &Frame, passages: &mut Vec<Passage>) -> Result<Analysed, InferenceError> {
        let mut analysed = Analysed::default();
        let looked = self.look(frame, &mut analysed);
        self.hand_over(&frame.camera);
        for watched in self.lanes.iter_mut().filter(|watched| watched.camera == frame.camera) {
            passages.extend(watched.lane.decide(frame.captured_at));
        }
        looked.map(|()| analysed)
    }

    /// Lets every lane of the frame's camera follow what is seen in its zone.
    fn look(&mut self, frame: &Frame, analysed: &mut Analysed) -> Result<(), InferenceError> {
        let (width, height) = frame.image.dimensions();
        for watched in self.lanes.iter_mut().filter(|watched| watched.camera == frame.camera) {
            let zone = watched.zone.in_pixels(width, height);
            watched.last_frame = Some(frame.captured_at);
            if !watched.is_worth_analysing(frame, &zone) {
                continue;
            }
            let view = RgbView { image: frame.image.as_ref(), region: zone.bounds() };
            let Detections { plates, side_numbers } = self.models.detector.detect(&view)?;
            let sightings = watched.sight(&mut self.models, frame, &zone, plates)?;
            let readable: Vec<_> = sightings.iter().filter(|s| watched.lane.may_be_read(&zone, &s.corners())).collect();
            analysed.note(&readable);
            if watched.tells_sightings {
                let name = watched.lane.name();
                analysed.sightings.extend(readable.into_iter().map(|sighting| (name.clone(), sighting.clone())));
            }
            watched.lane.follow(frame, &zone, sightings);
            // Only now it is known which vehicles are in view, and so whether a side number can be one's.
            if watched.lane.takes_side_numbers() {
                let readings = watched.read_side_numbers(&mut self.models, frame, &zone, &side_numbers)?;
                watched.lane.note_side_numbers(frame.captured_at, &readings);
            }
        }
        Ok(())
    }

    /// Vehicles that have changed from one lane of a camera to another are followed there.
    fn hand_over(&mut self, camera: &CameraName) {
        for to in 0..self.lanes.len() {
            for from in 0..self.lanes.len() {
                if let Ok([to, from]) = self.lanes.get_disjoint_mut([to, from])
                    && to.camera == *camera
                    && from.camera == *camera
                {
                    to.lane.take_over_from(&mut from.lane);
                }
            }
        }
    }

    /// The plates that are followed in the lane of this name.
    #[must_use]
    pub fn tracks(&self, lane: &LaneName) -> Vec<TrackView> {
        let lane = self.lanes.iter().find(|watched| watched.lane.name() == lane);
        lane.map(|watched| watched.lane.tracks().collect()).unwrap_or_default()
    }

    /// What is followed in each lane that `camera` watches, for displays.
    pub fn seen<'a>(&'a self, camera: &'a CameraName) -> impl Iterator<Item = (&'a LaneName, Vec<SeenTrack>)> {
        let lanes = self.lanes.iter().filter(move |watched| watched.camera == *camera);
        lanes.map(|watched| (watched.lane.name(), watched.lane.seen().collect()))
    }

    /// A vehicle is known to be in a lane: it is read from now on, and answered by [`answer_due`](Self::answer_due) even
    /// unread. Without a lane of this name nothing happens: whoever takes triggers knows the lanes.
    /// Gives the answer to an older one that was due, at `now` on the process's clock.
    pub fn summon(&mut self, trigger: Trigger, now: Moment) -> Vec<Passage> {
        let lane = self.lanes.iter_mut().find(|watched| *watched.lane.name() == trigger.lane);
        lane.map(|watched| watched.lane.summon(trigger, now)).unwrap_or_default()
    }

    /// The answers to triggers whose time is over at `now` on the process's clock.
    pub fn answer_due(&mut self, now: Moment) -> Vec<Passage> {
        let due = |watched: &&mut WatchedLane| watched.lane.owes_an_answer(now.elapsed);
        self.lanes.iter_mut().filter(due).flat_map(|watched| watched.lane.answer(now)).collect()
    }

    /// The answers to all triggers, at once: nothing more will come.
    pub fn answer_all(&mut self, now: Moment) -> Vec<Passage> {
        let asked = |watched: &&mut WatchedLane| watched.lane.is_summoned();
        self.lanes.iter_mut().filter(asked).flat_map(|watched| watched.lane.answer(now)).collect()
    }

    /// What has passed in the lanes of `camera`, from which no frame came for `silence`.
    pub fn idle(&mut self, camera: &CameraName, silence: Duration) -> Vec<Passage> {
        let lanes = self.lanes.iter_mut().filter(|watched| watched.camera == *camera);
        let later = |moment: Moment| Moment { elapsed: moment.elapsed.saturating_add(silence), ..moment };
        lanes.flat_map(|w| w.last_frame.map(|last| w.lane.pass(later(last))).unwrap_or_default()).collect()
    }

    /// What is in view of `camera` passes now: its recording is over or the daemon stops.
    pub fn finish(&mut self, camera: &CameraName) -> Vec<Passage> {
        let lanes = self.lanes.iter_mut().filter(|watched| watched.camera == *camera);
        lanes.flat_map(|watched| watched.lane.finish()).collect()
    }
}

impl WatchedLane {
    fn new(setup: LaneConfig, number: u16) -> Self {
        Self {
            zone: setup.zone,
            grammar: Grammar::of(&setup.rules.agreement.countries),
            side_number_grammar: Grammar::of_side_numbers(),
            analyse: setup.rules.analyse,
            tells_sightings: setup.sightings,
            gate: MotionGate::default(),
            lane: Lane::numbered(number, setup.name, setup.camera.clone(), setup.rules),
            camera: setup.camera,
            last_frame: None,
            last_look: None,
        }
    }

    /// What is in view passes now, and who waits for an answer gets one.
    fn end(&mut self, now: Moment) -> Vec<Passage> {
        let mut passages = self.lane.finish();
        if self.lane.is_summoned() {
            passages.extend(self.lane.answer(now));
        }
        passages
    }

    fn is_worth_analysing(&mut self, frame: &Frame, zone: &Polygon) -> bool {
        let asked = self.lane.is_summoned();
        let now = frame.captured_at.elapsed;
        let is_due = || self.last_look.is_none_or(|last| now.saturating_sub(last) >= SLOW_LOOK);
        let is_worth = match self.analyse {
            Analyse::Always => true,
            Analyse::Trigger => asked,
            // The gate sees every frame, so that it knows what the empty lane looks like.
            Analyse::Motion => self.gate.moves(frame, zone) || asked || self.lane.is_occupied() || is_due(),
        };
        if is_worth {
            self.last_look = Some(now);
        }
        is_worth
    }

    /// The plates in the zone, of those that were found.
    fn sight(
        &self,
        models: &mut Models,
        frame: &Frame,
        zone: &Polygon,
        detections: Vec<PlateDetection>,
    ) -> Result<Vec<Sighting>, InferenceError> {
        let image = frame.image.as_ref();
        // A block of text may reach out of the zone with a line that is no part of the plate.
        let mine = |quad: &Quad| self.lane.may_be_read(zone, quad);
        let (readable, others): (Vec<_>, Vec<_>) =
            detections.into_iter().partition(|found| mine(&found.corners) || found.lines.iter().any(mine));
        let tells = |found: &PlateDetection| self.lane.is_worth_reading(found, frame.captured_at);
        let (to_read, known): (Vec<_>, Vec<_>) = readable.into_iter().partition(tells);
        let crops: Vec<_> = to_read.iter().map(|detection| self.crop(frame, detection)).collect();
        let readings = models.recogniser.read(&crops)?;
        // A plate that is still too small is followed, so that its vehicle's way is known from its beginning.
        let too_small = others.into_iter().filter(|found| found.is_plate() && zone.contains(found.corners.centre()));
        let unread = known.into_iter().chain(too_small).map(|detection| (detection, None));
        let seen = to_read.into_iter().zip(readings).chain(unread);
        let sightings = seen.map(|(detection, reading)| {
            let corners = reading.as_ref().map_or(detection.corners, |reading| reading.corners);
            let (sharpness, burnt_out) = (sharpness(image, &corners), burnt_out(image, &corners));
            Sighting { at: frame.captured_at, detection, reading, sharpness, burnt_out }
        });
        Ok(sightings.filter(|sighting| sighting.detection.is_plate() || sighting.reading.is_some()).collect())
    }

    fn crop<'a>(&'a self, frame: &'a Frame, detection: &'a PlateDetection) -> PlateCrop<'a> {
        let worth_asking = self.lane.worth_asking(detection, frame.captured_at);
        PlateCrop { image: frame.image.as_ref(), detection, grammar: &self.grammar, worth_asking }
    }

    /// What the side numbers in the zone say, of those that were found.
    fn read_side_numbers(
        &self,
        models: &mut Models,
        frame: &Frame,
        zone: &Polygon,
        found: &[PlateDetection],
    ) -> Result<Vec<PlateReading>, InferenceError> {
        let image = frame.image.as_ref();
        let mine = found.iter().filter(|detection| self.lane.may_be_read(zone, &detection.corners));
        let crop = |detection| PlateCrop {
            image,
            detection,
            grammar: &self.side_number_grammar,
            worth_asking: WorthAsking::Any,
        };
        let crops: Vec<_> = mine.take(MOST_SIDE_NUMBERS).map(crop).collect();
        if crops.is_empty() {
            return Ok(Vec::new());
        }
        Ok(models.recogniser.read(&crops)?.into_iter().flatten().collect())
    }
}

impl Analysed {
    fn note(&mut self, sightings: &[&Sighting]) {
        self.lanes += 1;
        let heights = sightings.iter().filter(|sighting| sighting.is_sure_enough());
        self.plate_heights.extend(heights.map(|sighting| sighting.corners().height()));
    }
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
