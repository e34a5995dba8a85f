//! Who tells the truth: it watches the stage as the cameras do and writes down what they should find.

use std::collections::BTreeMap;

use super::camera::{FilmCamera, LaneView, SeenPlate};
use super::scenario::{Conditions, Light};
use super::stage::{Carrier, Stage};
use super::truth::{TrueDirection, TruePassage, TrueQueue, TrueRole, Truth};
use super::vehicle::{Side, VehicleKind};
use super::weather::Weather;

/// Smaller plates, and smaller characters, are no plates and no characters.
const LEAST_PX: f32 = 10.0;
/// Less of a plate than this and it is hidden.
const SHOWN: f32 = 0.95;
/// A character moved by more than this share of its height while a picture is exposed cannot be read.
const MOST_BLUR: f32 = 0.2;
/// Dirtier, and characters are gone.
const MOST_DIRT: f32 = 0.55;
/// Less difference between ground and characters than this, of 255, and the sun has eaten it.
const LEAST_CONTRAST: f32 = 90.0;
/// Slower is standing, as a queue is counted.
const STANDING_M_PER_S: f32 = 0.3;
const STANDING_FOR_S: f32 = 2.0;
/// As the sense of these words goes.
const TAILGATING_M: f32 = 2.5;
const QUEUE_GAP_M: f32 = 6.0;
const WAITING_S: f64 = 30.0;
const HIDDEN_S: f64 = 0.5;

/// The truth of a scenario that has been played.
#[must_use]
pub fn testimony(stage: &Stage, cameras: &[FilmCamera], weather: &Weather) -> Truth {
    let mut notes = Notes { stage, weather, passages: BTreeMap::new(), queues: Vec::new() };
    let every = stage.scenario.frames_per_second.round().max(1.0) as u32;
    for frame in 0..stage.frames {
        notes.look(cameras, frame);
        if frame % every == 0 {
            notes.count(cameras, frame);
        }
    }
    notes.truth(cameras)
}

/// What is noted of one vehicle before one camera.
#[derive(Debug, Clone, Default)]
struct Note {
    lane_name: String,
    lane: usize,
    first_in_zone: Option<u32>,
    last_in_zone: u32,
    first_shown: Option<u32>,
    last_shown: u32,
    legible_frames: u32,
    hidden_frames: u32,
    hidden_since_shown: u32,
    standing_frames: u32,
    queued: bool,
    tailgated: bool,
}

struct Notes<'a> {
    stage: &'a Stage,
    weather: &'a Weather,
    /// By camera and vehicle.
    passages: BTreeMap<(usize, Carrier), Note>,
    queues: Vec<TrueQueue>,
}

impl Notes<'_> {
    fn look(&mut self, cameras: &[FilmCamera], frame: u32) {
        let stage = self.stage;
        let (things, hanging) = (stage.things(frame), stage.plates(frame));
        let exposure_s = stage.scenario.conditions.exposure_ms / 1000.0;
        for (index, camera) in cameras.iter().enumerate() {
            for plate in &hanging {
                let Some(state) = stage.paths[plate.carrier.driver].at(frame) else { continue };
                let Some(lane) = camera.lanes.iter().find(|view| view.lane == state.lane) else { continue };
                let Some(seen) = camera.see(plate, &things, exposure_s) else { continue };
                self.note(index, lane, &seen, frame);
            }
            self.note_without_plates(index, camera, frame);
        }
    }

    fn note(&mut self, camera: usize, lane: &LaneView, seen: &SeenPlate, frame: u32) {
        if !seen.whole || seen.height_px() < LEAST_PX || !lane.zone.contains(seen.centre()) {
            return;
        }
        let legible = self.is_legible(seen);
        let (queued, tailgated) = self.company(seen.hanging.carrier.driver, frame);
        let standing = self.speed(seen.hanging.carrier.driver, frame) < STANDING_M_PER_S;
        let note = self.passages.entry((camera, seen.hanging.carrier)).or_default();
        note.stay(lane, frame);
        note.standing_frames += u32::from(standing);
        note.queued |= queued;
        note.tailgated |= tailgated;
        if seen.shown >= SHOWN {
            note.first_shown.get_or_insert(frame);
            note.last_shown = frame;
            note.legible_frames += u32::from(legible);
            note.hidden_frames += std::mem::take(&mut note.hidden_since_shown);
        } else if note.first_shown.is_some() {
            // Only if it comes out again: who drives away behind another is not hidden but gone.
            note.hidden_since_shown += 1;
        }
    }

    /// A motorbike that comes has no plate in front.
    fn note_without_plates(&mut self, index: usize, camera: &FilmCamera, frame: u32) {
        for (driver, state) in self.stage.present(frame) {
            let bare = self.stage.drivers[driver].kind == VehicleKind::Motorbike;
            let Some(lane) = camera.lanes.iter().find(|view| view.lane == state.lane) else { continue };
            let faces = camera.looks_at(Side::Front, self.stage.heading(state.lane));
            let Some(place) = camera.view.project([state.x, 0.6, state.z]) else { continue };
            if bare && faces && self.stage.drivers[driver].parked.is_none() && lane.zone.contains(place) {
                self.passages.entry((index, Carrier { driver, trailer: false })).or_default().stay(lane, frame);
            }
        }
    }

    fn speed(&self, driver: usize, frame: u32) -> f32 {
        self.stage.paths[driver].at(frame).map_or(0.0, |state| state.speed.abs())
    }

    /// Whether a person could read it in this picture, if nothing hides it.
    fn is_legible(&self, seen: &SeenPlate) -> bool {
        let Some(plate) = self.stage.plate(seen.hanging.carrier, seen.hanging.end) else { return false };
        let characters = seen.height_px() * plate.kind.character_height();
        let centre = seen.centre();
        let veil = self.weather.veil_at(centre.x, centre.y);
        let [ground, ink] = [plate.kind.colours().ground()[1], plate.kind.colours().ink()]
            .map(|colour| colour.0.iter().map(|channel| (f32::from(*channel) + veil).min(255.0)).sum::<f32>() / 3.0);
        characters >= LEAST_PX
            && seen.shown >= SHOWN
            && seen.blur_px <= MOST_BLUR * characters
            && self.stage.drivers[seen.hanging.carrier.driver].dirt <= MOST_DIRT
            && (ground - ink).abs() >= LEAST_CONTRAST
    }

    /// Whether it stands in a queue, and whether somebody is very close to it.
    fn company(&self, driver: usize, frame: u32) -> (bool, bool) {
        let stage = self.stage;
        let Some(own) = stage.paths[driver].at(frame) else { return (false, false) };
        let reach = |index: usize, z: f32, lane: usize| {
            let rear = z - stage.heading(lane) * stage.drivers[index].length_m();
            (z.min(rear), z.max(rear))
        };
        let (from, to) = reach(driver, own.z, own.lane);
        let mut found = (false, false);
        for (index, other) in stage.present(frame) {
            if index == driver || other.lane != own.lane || stage.drivers[index].parked.is_some() {
                continue;
            }
            let (start, end) = reach(index, other.z, other.lane);
            let gap = (start - to).max(from - end);
            found.1 |= gap < TAILGATING_M;
            found.0 |= gap < QUEUE_GAP_M && own.speed.abs() < STANDING_M_PER_S && other.speed.abs() < STANDING_M_PER_S;
        }
        found
    }

    /// The vehicles in each lane's zone, and those of them that stand.
    fn count(&mut self, cameras: &[FilmCamera], frame: u32) {
        for lane in cameras.iter().flat_map(|camera| &camera.lanes) {
            let [from, to] = lane.along_m;
            let inside = self.stage.present(frame).filter(|(driver, state)| {
                let length = self.stage.drivers[*driver].length_m();
                let rear = state.z - self.stage.heading(state.lane) * length;
                let common = to.min(state.z.max(rear)) - from.max(state.z.min(rear));
                state.lane == lane.lane && self.stage.drivers[*driver].parked.is_none() && common > length / 2.0
            });
            let inside: Vec<usize> = inside.map(|(driver, _)| driver).collect();
            self.queues.push(TrueQueue {
                at_s: self.stage.seconds(frame),
                lane: lane.name.clone(),
                vehicles_in_view: inside.len() as u32,
                queue_length: inside.iter().filter(|driver| self.stands(**driver, frame)).count() as u32,
            });
        }
    }

    fn stands(&self, driver: usize, frame: u32) -> bool {
        let back = (STANDING_FOR_S * self.stage.scenario.frames_per_second).ceil() as u32;
        let path = &self.stage.paths[driver];
        (frame.saturating_sub(back)..=frame)
            .all(|frame| path.at(frame).is_some_and(|state| state.speed.abs() < STANDING_M_PER_S))
    }

    fn truth(self, cameras: &[FilmCamera]) -> Truth {
        let stage = self.stage;
        let mut passages: Vec<TruePassage> = self
            .passages
            .iter()
            .map(|((camera, carrier), note)| passage(stage, &cameras[*camera], *carrier, note))
            .collect();
        passages.sort_by(|a, b| a.first_visible_s.total_cmp(&b.first_visible_s));
        Truth {
            scenario: stage.scenario.name.clone(),
            frames_per_second: f64::from(stage.scenario.frames_per_second),
            frames: stage.frames,
            passages,
            queues: self.queues,
        }
    }
}

impl Note {
    fn stay(&mut self, lane: &LaneView, frame: u32) {
        self.lane_name.clone_from(&lane.name);
        self.lane = lane.lane;
        self.first_in_zone.get_or_insert(frame);
        self.last_in_zone = frame;
    }
}

fn passage(stage: &Stage, camera: &FilmCamera, carrier: Carrier, note: &Note) -> TruePassage {
    let driver = &stage.drivers[carrier.driver];
    let end = if carrier.trailer || !camera.looks_at(Side::Front, stage.heading(note.lane)) {
        Side::Rear
    } else {
        Side::Front
    };
    let (first, last) = match note.first_shown {
        Some(first) => (first, note.last_shown),
        None => (note.first_in_zone.unwrap_or_default(), note.last_in_zone),
    };
    TruePassage {
        camera: camera.name.clone(),
        lane: note.lane_name.clone(),
        plate: stage.plate(carrier, end).map(|plate| plate.text),
        legible: note.legible_frames >= 2,
        direction: match stage.paths[carrier.driver].turned_back {
            true => TrueDirection::TurnedBack,
            false if stage.heading(note.lane) > 0.0 => TrueDirection::In,
            false => TrueDirection::Out,
        },
        role: match (carrier.trailer, &driver.trailer) {
            (true, _) => TrueRole::Trailer,
            (false, Some(_)) => TrueRole::Tractor,
            (false, None) => TrueRole::Single,
        },
        visit: carrier.driver as u32,
        first_visible_s: stage.seconds(first),
        last_visible_s: stage.seconds(last),
        conditions: conditions(stage, carrier, note),
    }
}

/// What makes a passage hard.
fn conditions(stage: &Stage, carrier: Carrier, note: &Note) -> Vec<String> {
    let driver = &stage.drivers[carrier.driver];
    let seconds = |frames: u32| stage.seconds(frames);
    let Conditions { light, rain, glare, exposure_ms, shake_px, .. } = stage.scenario.conditions;
    let found = [
        ("night", light == Light::Night),
        ("rain", rain > 0.0),
        ("glare", glare > 0.0),
        ("motion_blur", exposure_ms >= 10.0),
        ("shake", shake_px > 0.0),
        ("dirt", driver.dirt > 0.3),
        ("queue", note.queued),
        ("tailgating", note.tailgated),
        ("occlusion", seconds(note.hidden_frames) >= HIDDEN_S),
        ("waiting", seconds(note.standing_frames) >= WAITING_S),
        ("reversing", stage.paths[carrier.driver].turned_back),
        ("parked", driver.parked.is_some()),
    ];
    found.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name.to_owned()).collect()
}
