//! Vehicles before a camera, and what a detector and a reader make of them: boxes that jitter, frames in which nothing is
//! found, plates that are hidden, characters that are taken for others.

use std::collections::BTreeMap;

use super::{Look, frame, lane, sighting, zone};
use crate::geometry::{BoundingBox, Quad};
use crate::lane::LaneRules;
use crate::passage::{Direction, Passage};
use crate::plate::{PlateText, Sighting};

/// A camera three metres above the plates, looking along the lane; its picture is the zone, 1000 by 1000 pixels.
const FOCAL_PX: f32 = 1600.0;
const HEIGHT_M: f32 = 3.0;
const PLATE_M: f32 = 0.52;
const HORIZON_PX: f32 = 150.0;
/// Further plates are too small to be found; the nearest that is still in the picture is 5.65 m away.
const FARTHEST_M: f32 = 26.0;

/// Smaller plates are found and not given to the reader.
const LEAST_HEIGHT_PX: f32 = 10.0;

/// A vehicle's way: where its plate is at the beginning, and how it moves from then on.
#[derive(Debug, Clone)]
pub(super) struct Vehicle {
    pub(super) plate: &'static str,
    /// When its way begins, in seconds.
    pub(super) at_s: f32,
    /// How far its plate is from the camera then, in metres.
    pub(super) from_m: f32,
    /// For how many seconds it moves at how many metres per second; towards the camera above 0.
    pub(super) legs: Vec<(f32, f32)>,
    /// When its plate is hidden, in seconds from the beginning of its way.
    pub(super) hidden: Vec<(f32, f32)>,
    /// How far it keeps to the right of the camera, in metres.
    pub(super) aside_m: f32,
}

impl Vehicle {
    pub(super) fn new(plate: &'static str, at_s: f32, from_m: f32, legs: &[(f32, f32)]) -> Self {
        Self { plate, at_s, from_m, legs: legs.to_vec(), hidden: vec![], aside_m: 0.5 }
    }

    /// One that drives through at `speed`, from far to near, or from near to far below 0.
    pub(super) fn passing(plate: &'static str, at_s: f32, speed: f32) -> Self {
        let from_m = if speed > 0.0 { FARTHEST_M + 2.0 } else { 3.0 };
        Self::new(plate, at_s, from_m, &[(30.0 / speed.abs(), speed)])
    }

    pub(super) fn ends_s(&self) -> f32 {
        self.at_s + self.legs.iter().map(|(seconds, _)| seconds).sum::<f32>()
    }

    /// How far its plate is away at this time; `None` before and after its way.
    pub(super) fn distance_m(&self, at_s: f32) -> Option<f32> {
        let mut left = at_s - self.at_s;
        let mut distance = self.from_m;
        if left < 0.0 || at_s > self.ends_s() {
            return None;
        }
        for (seconds, speed) in &self.legs {
            distance -= speed * left.min(*seconds);
            left = (left - seconds).max(0.0);
        }
        Some(distance)
    }

    fn bounds(&self, at_s: f32) -> Option<BoundingBox> {
        let distance = self.distance_m(at_s).filter(|distance| (1.0..FARTHEST_M).contains(distance))?;
        let since = at_s - self.at_s;
        if self.hidden.iter().any(|(from, to)| (*from..*to).contains(&since)) {
            return None;
        }
        let (x, y) = (500.0 + FOCAL_PX * self.aside_m / distance, HORIZON_PX + FOCAL_PX * HEIGHT_M / distance);
        let width = FOCAL_PX * PLATE_M / distance;
        let b = BoundingBox {
            left: x - width / 2.0,
            top: y - width / 8.0,
            right: x + width / 2.0,
            bottom: y + width / 8.0,
        };
        (b.bottom < 1000.0).then_some(b)
    }
}

/// How well vehicles are seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    /// Frames per second, on the average; they are spaced unevenly.
    pub(super) fps: f32,
    /// Share of frames in which a plate is not found.
    pub(super) missed: f32,
    /// Share of readings with a wrong character.
    pub(super) misread: f32,
    /// Share of plates that are found and not legible.
    pub(super) illegible: f32,
    pub(super) seed: u64,
}

impl Sight {
    pub(super) fn clear(fps: f32) -> Self {
        Self { fps, missed: 0.0, misread: 0.0, illegible: 0.0, seed: 1 }
    }
}

/// What was seen: frames in order, and for each plate how often it was read right.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) frames: Vec<(u64, Vec<Sighting>)>,
    pub(super) read: BTreeMap<&'static str, u32>,
    /// And how often wrong.
    pub(super) wrong: BTreeMap<&'static str, u32>,
    /// For each plate, how far it was at its first and its last sighting, and at its nearest.
    pub(super) seen: BTreeMap<&'static str, Vec<f32>>,
}

const CONFUSED: [(char, &str); 8] =
    [('0', "8D"), ('1', "7"), ('2', "7Z"), ('3', "8"), ('5', "6S"), ('6', "5G"), ('8', "3B"), ('C', "G0")];

pub(super) fn record(vehicles: &[Vehicle], sight: Sight) -> Recording {
    let mut spacing = fastrand::Rng::with_seed(sight.seed);
    let mut random = fastrand::Rng::with_seed(sight.seed.wrapping_add(1));
    let mut recording =
        Recording { frames: vec![], read: BTreeMap::new(), wrong: BTreeMap::new(), seen: BTreeMap::new() };
    let end = vehicles.iter().map(Vehicle::ends_s).fold(0.0, f32::max);
    let mut at_s = 0.0;
    while at_s < end {
        at_s += (0.6 + 0.8 * spacing.f32()) / sight.fps;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few minutes")]
        let ms = (at_s * 1000.0) as u64;
        let mut seen = Vec::new();
        for vehicle in vehicles {
            let Some(bounds) = vehicle.bounds(at_s).filter(|_| random.f32() >= sight.missed) else { continue };
            let bounds = jittered(bounds, &mut random);
            let legible = random.f32() >= sight.illegible && bounds.height() >= LEAST_HEIGHT_PX;
            let text = legible.then(|| read(vehicle.plate, sight.misread, &mut random));
            if let Some(text) = &text {
                let count = if text == vehicle.plate { &mut recording.read } else { &mut recording.wrong };
                *count.entry(vehicle.plate).or_default() += 1;
            }
            recording.seen.entry(vehicle.plate).or_default().extend(vehicle.distance_m(at_s));
            seen.push(look_at(ms, bounds, text.as_deref()));
        }
        recording.frames.push((ms, seen));
    }
    recording
}

fn read(plate: &str, misread: f32, random: &mut fastrand::Rng) -> String {
    if random.f32() >= misread {
        return plate.to_owned();
    }
    let at = random.usize(0..plate.len());
    let wrong = |c: char| {
        let others = CONFUSED.iter().find(|(right, _)| *right == c).map_or("", |(_, others)| others);
        others.chars().nth(random.usize(0..others.len().max(1))).unwrap_or(c)
    };
    let mut wrong = wrong;
    plate.chars().enumerate().map(|(index, c)| if index == at { wrong(c) } else { c }).collect()
}

fn jittered(b: BoundingBox, random: &mut fastrand::Rng) -> BoundingBox {
    let mut around = |of: f32| of * (random.f32() - 0.5);
    let (dx, dy, grown) = (around(0.15 * b.width()), around(0.3 * b.height()), around(0.1 * b.width()));
    let moved = b.shifted(dx, dy);
    BoundingBox { left: moved.left - grown, right: moved.right + grown, ..moved }
}

fn look_at(ms: u64, bounds: BoundingBox, text: Option<&str>) -> Sighting {
    let mut sighting = sighting(&Look { ms, x: 0.0, y: 0.0, text: text.map(|_| "0"), confidence: 0.9 });
    sighting.detection.corners = Quad::from_box(bounds);
    if let (Some(reading), Some(text)) = (&mut sighting.reading, text) {
        reading.text = PlateText::normalised(text).expect("a plate text");
        reading.per_character = vec![reading.confidence; reading.text.len()];
        reading.corners = Quad::from_box(bounds);
    }
    sighting
}

/// What a lane tells of a recording, and when.
pub(super) fn told(rules: &LaneRules, frames: &[(u64, Vec<Sighting>)], fps: f32) -> Vec<(u64, Passage)> {
    let mut lane = lane(rules.clone());
    let mut told = Vec::new();
    let last = frames.last().map_or(0, |(ms, _)| *ms);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of a second")]
    let pause = (1000.0 / fps) as u64;
    let empty = (1..=40).map(|n| (last + n * pause.max(100), vec![]));
    for (ms, seen) in frames.iter().cloned().chain(empty) {
        let passages = lane.observe(&frame(ms), &zone(), seen);
        told.extend(passages.into_iter().map(|passage| (ms, passage)));
    }
    told.extend(lane.finish().into_iter().map(|passage| (u64::MAX, passage)));
    told
}

/// What is known of each vehicle in the end, in the order in which they were first told.
pub(super) fn last_revisions(told: &[(u64, Passage)]) -> Vec<&Passage> {
    let mut last: Vec<&Passage> = Vec::new();
    for (_, passage) in told {
        match last.iter_mut().find(|earlier| earlier.track == passage.track) {
            Some(earlier) => *earlier = passage,
            None => last.push(passage),
        }
    }
    last
}

pub(super) fn text(passage: &Passage) -> String {
    match &passage.plate {
        Ok(plate) => plate.text.to_string(),
        Err(reason) => format!("{reason:?}"),
    }
}

/// The plates and ways of the vehicles that a lane tells of.
pub(super) fn passages(vehicles: &[Vehicle], sight: Sight) -> Vec<(String, Option<Direction>)> {
    let recording = record(vehicles, sight);
    let told = told(&super::rules(), &recording.frames, sight.fps);
    last_revisions(&told).into_iter().map(|passage| (text(passage), passage.direction)).collect()
}
