//! One lane's place at the gate: the vehicles that wait there for their other half, and how likely each pair is.

use std::collections::BTreeMap;

use super::alignment::{Alignment, Misses};
use super::delays::Delays;
use super::known_pairs::KnownPairs;
use super::likeness::{Likeness, is_still, likeness};
use super::record::{Link, Record, Side, is_trailer};
use crate::frame::Moment;
use crate::passage::{Passage, VehicleEnd};
use crate::plate_format::PlateKind;

/// All passages that are remembered, by their numbers.
pub(super) type Records = BTreeMap<u64, Record>;

/// A lane, with the lane that looks at its vehicles' rears if there is one.
#[derive(Debug, Clone)]
pub(super) struct Station {
    cameras: Cameras,
    fronts: Vec<u64>,
    rears: Vec<u64>,
    delays: Delays,
}

/// How many cameras see a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cameras {
    /// One sees the front first and then, in the same lane, the trailer's rear.
    One,
    /// The second sees the rear of every vehicle.
    Two,
}

/// Fronts and rears that belong together, and that do not although they were joined.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    pub(super) pairs: Vec<(u64, u64)>,
    pub(super) refuted: Vec<(u64, u64)>,
}

/// So many fronts and rears are compared; of more, the oldest is a visit of its own for good.
const MOST_COMPARED: usize = 32;
/// So many pairs that are joined stay among them: they show the order, and how long vehicles take at present.
const PAIRS_KEPT: usize = 8;
/// A queue between the two cameras holds nobody up for longer.
const LONGEST_WAIT_S: f64 = 1800.0;
/// A rear camera may see a vehicle before the front camera does, where it stands before it.
const LONGEST_AHEAD_S: f64 = 120.0;
/// The same plate at the same camera within this time is the same visit: nothing leaves the gate and comes back so soon.
const COMES_BACK_AFTER_S: f64 = 120.0;
/// A pair this likely is joined at once. A wrong trailer is worse than one that stands alone for a while.
const AT_ONCE: f64 = 0.99;
/// A pair this likely is joined once a pair behind it is sure: who was missed shows only then.
const FOLLOWED: f64 = 0.9;

/// Two that were joined and by now are this unlikely are parted again.
const REFUTED: f64 = 0.1;

/// With two cameras: either misses a vehicle now and then.
const MISSED_BY_ONE_OF_TWO: Misses = Misses { rear: 0.02, front: 0.02 };
/// With one camera: most vehicles draw no trailer.
const WITHOUT_TRAILER: Misses = Misses { rear: 0.6, front: 0.03 };

impl Station {
    pub(super) fn new(cameras: Cameras) -> Self {
        Self { cameras, fronts: Vec::new(), rears: Vec::new(), delays: Delays::default() }
    }

    /// What of a vehicle a passage in the station's own lane shows.
    pub(super) fn side(&self, passage: &Passage) -> Side {
        match (passage.plate.as_ref().is_ok_and(is_trailer), self.cameras) {
            // The rear of a vehicle by itself: nothing is drawn by what goes away from the camera.
            (false, Cameras::One) if passage.end == Some(VehicleEnd::Rear) => Side::Aside,
            (false, _) => Side::Front,
            (true, Cameras::One) => Side::Rear,
            (true, Cameras::Two) => Side::Aside,
        }
    }

    /// Takes up a passage that waits for its other half.
    pub(super) fn wait(&mut self, number: u64, records: &Records) {
        let Some(record) = records.get(&number) else { return };
        let (since, cameras) = (self.seconds(record.passage.first_seen), self.cameras);
        let list = match record.side {
            Side::Front => &mut self.fronts,
            Side::Rear => &mut self.rears,
            Side::Aside => return,
        };
        let before = |other: &u64| {
            let other = records.get(other);
            other.is_some_and(|other| seconds(cameras, other.passage.first_seen) <= since)
        };
        let place = list.partition_point(before);
        list.insert(place, number);
        if list.len() > MOST_COMPARED {
            list.remove(0);
        }
    }

    /// Lets a passage wait no more.
    pub(super) fn withdraw(&mut self, number: u64) {
        self.fronts.retain(|other| *other != number);
        self.rears.retain(|other| *other != number);
    }

    /// Forgets whoever waited too long, and whoever turned back meanwhile.
    pub(super) fn prune(&mut self, records: &Records, now: Moment) {
        let now = self.seconds(now);
        let cameras = self.cameras;
        let keeps = |number: &u64| {
            records.get(number).is_some_and(|record| {
                let waits = now - seconds(cameras, record.passage.last_seen) <= LONGEST_WAIT_S;
                waits && (record.is_open() || matches!(record.link, Link::Joined(_)))
            })
        };
        for list in [&mut self.fronts, &mut self.rears] {
            list.retain(keeps);
            let joined = |number: &u64| records.get(number).is_some_and(|r| matches!(r.link, Link::Joined(_)));
            let places: Vec<usize> =
                list.iter().enumerate().filter(|(_, n)| joined(n)).map(|(place, _)| place).collect();
            if let Some(first) = places.len().checked_sub(PAIRS_KEPT) {
                list.drain(..places.get(first).copied().unwrap_or(0));
            }
        }
    }

    /// What is sure by now. A passage shows it of others too: where a queue begins to move, the first text that is known again
    /// tells who is who.
    pub(super) fn verdict(&self, records: &Records, known: &KnownPairs, now: Moment) -> Verdict {
        let mut verdict = Verdict::default();
        let Some(alignment) = self.alignment(records, known, now) else { return verdict };
        let likely = alignment.likelihoods();
        for (k, front) in self.fronts.iter().enumerate() {
            for (j, rear) in self.rears.iter().enumerate() {
                let behind = likely[k + 1..].iter().flat_map(|row| &row[j + 1..]);
                let followed = behind.fold(0.0, |most: f64, likely| likely.max(most)) >= AT_ONCE;
                let links = [front, rear].map(|number| records.get(number).map(|record| record.link));
                match links {
                    [Some(Link::Open), Some(Link::Open)]
                        if likely[k][j] >= if followed { FOLLOWED } else { AT_ONCE } =>
                    {
                        verdict.pairs.push((*front, *rear));
                    }
                    [Some(Link::Joined(other)), _] if other == *rear && likely[k][j] < REFUTED => {
                        verdict.refuted.push((*front, *rear));
                    }
                    _ => {}
                }
            }
        }
        verdict
    }

    /// Learns from two that were joined.
    pub(super) fn learn(&mut self, front: &Record, rear: &Record) {
        self.delays.learn(self.delay(front, rear));
    }

    /// Whether the second of two with one text comes soon enough to be the same visit.
    pub(super) fn is_same_visit(&self, earlier: &Record, later: &Record) -> bool {
        if earlier.side == later.side || self.cameras == Cameras::One {
            return self.delay(earlier, later).abs() <= COMES_BACK_AFTER_S;
        }
        let (front, rear) = if earlier.side == Side::Rear { (later, earlier) } else { (earlier, later) };
        (-LONGEST_AHEAD_S..=LONGEST_WAIT_S).contains(&self.delay(front, rear))
    }

    /// From the first to the second, in seconds: 0 while both are in view, negative if the second was gone before.
    ///
    /// Where vehicles stop does not matter so: at a barrier with its front in one picture and its rear in the other, or
    /// between the two.
    fn delay(&self, front: &Record, rear: &Record) -> f64 {
        let at = |moment| self.seconds(moment);
        let after = at(rear.passage.first_seen) - at(front.passage.last_seen);
        let before = at(rear.passage.last_seen) - at(front.passage.first_seen);
        if after > 0.0 { after } else { before.min(0.0) }
    }

    fn seconds(&self, moment: Moment) -> f64 {
        seconds(self.cameras, moment)
    }

    fn alignment(&self, records: &Records, known: &KnownPairs, now: Moment) -> Option<Alignment> {
        let look = |list: &[u64]| list.iter().map(|number| records.get(number)).collect::<Option<Vec<_>>>();
        let (fronts, rears) = (look(&self.fronts)?, look(&self.rears)?);
        // In one picture a trailer is right behind its tractor: nobody is seen between the two.
        let last_before = |rear: &Record| {
            let began = rear.passage.first_seen.elapsed;
            fronts.iter().rposition(|front| front.passage.first_seen.elapsed < began && may_draw(front))
        };
        let grid = |value: &dyn Fn(&Record, &Record) -> f64| {
            let row = |front: &&Record| rears.iter().map(|rear| value(front, rear)).collect::<Vec<_>>();
            fronts.iter().map(row).collect::<Vec<_>>()
        };
        Some(Alignment {
            fronts: fronts.iter().map(|front| self.seconds(front.passage.last_seen)).collect(),
            rears: rears.iter().map(|rear| self.seconds(rear.passage.first_seen)).collect(),
            evidence: grid(&|front, rear| {
                let behind = self.cameras == Cameras::Two
                    || last_before(rear).is_some_and(|last| std::ptr::eq(fronts[last], front));
                if behind { self.evidence(front, rear, known) } else { 0.0 }
            }),
            delays: grid(&|front, rear| self.delay(front, rear)),
            expected: self.delays.expected(),
            misses: match self.cameras {
                Cameras::One => WITHOUT_TRAILER,
                Cameras::Two => MISSED_BY_ONE_OF_TWO,
            },
            now: self.seconds(now),
        })
    }

    /// What speaks for two being of one vehicle, beside their times and the order; 0 if they cannot be.
    fn evidence(&self, front: &Record, rear: &Record, known: &KnownPairs) -> f64 {
        let in_time = (-LONGEST_AHEAD_S..=LONGEST_WAIT_S).contains(&self.delay(front, rear));
        // What a passage shows may change until it is gone: a front that turns out to be a trailer draws none.
        if !in_time || !front.goes_with(rear) || front.plate().is_some_and(is_trailer) {
            return 0.0;
        }
        match (front.plate(), rear.plate()) {
            (Some(front), Some(rear)) => match likeness(front, rear) {
                Likeness::Equal => EQUAL_TEXT,
                Likeness::Misread => MISREAD_TEXT,
                Likeness::Different if front.format.kind == PlateKind::Motorbike => NOT_DRAWN,
                Likeness::Different => {
                    let trailer = if is_trailer(rear) { 1.0 } else { NO_TRAILERS_PLATE };
                    let habit = known.trailer_of(&front.format.key);
                    trailer * habit.map_or(1.0, |usual| if is_still(usual, rear) { USUAL } else { UNUSUAL })
                }
            },
            (None, Some(_)) | (_, None) => 1.0,
        }
    }
}

/// Whether it may draw a trailer, as far as its plate tells.
fn may_draw(front: &Record) -> bool {
    front.plate().is_none_or(|plate| plate.format.kind != PlateKind::Motorbike && !is_trailer(plate))
}

/// How much likelier this is for the front and rear of one vehicle than for those of two. Only the order of magnitude
/// matters, and that none is so large that texts alone outweigh everything else.
const EQUAL_TEXT: f64 = 1e4;
const MISREAD_TEXT: f64 = 300.0;
/// A plate of an ordinary vehicle behind another one: a foreign trailer, or the front was misread badly.
const NO_TRAILERS_PLATE: f64 = 0.05;
const NOT_DRAWN: f64 = 1e-3;
/// The trailer that this tractor had the last time, and another one: tractors change trailers every few journeys.
const USUAL: f64 = 50.0;
const UNUSUAL: f64 = 0.5;

/// Where two cameras see a vehicle, wall time is what both have in common: their monotonic times may count from different
/// beginnings. A step of the clock costs the pairs of that moment. One camera's monotonic time has no steps.
fn seconds(cameras: Cameras, moment: Moment) -> f64 {
    match cameras {
        Cameras::One => moment.elapsed.as_secs_f64(),
        Cameras::Two => moment.wall.duration_since(jiff::Timestamp::UNIX_EPOCH).as_secs_f64(),
    }
}
