//! Random traffic past two cameras, or one, and how many of its visits are joined as they were.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::tests::{lane, passage, plate};
use super::{KnownPairs, VisitBook};
use crate::dossier::{Role, VisitId};
use crate::frame::Moment;
use crate::passage::{NoReadReason, Passage};

/// What kind of traffic.
#[derive(Debug, Clone, Copy)]
struct Traffic {
    two_cameras: bool,
    /// Mean time between vehicles; half of them come in platoons, close behind each other.
    headway_s: f64,
    /// How many vehicles stop between the two cameras, and hold up those behind.
    stops: f64,
    /// How many passages each camera misses.
    missed: f64,
    unread: f64,
    /// How many plates are read with one character wrong.
    misread: f64,
    trailers: f64,
}

/// What came of it, over all vehicles that both cameras saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Outcome {
    /// Visits of which both halves were seen.
    pairs: u32,
    /// Of these: joined.
    joined: u32,
    /// Passages that were joined with another vehicle's.
    wrong: u32,
    /// Rears of which the plate was read, and whose role should be known.
    roles: u32,
    /// Of these: it is another one.
    wrong_roles: u32,
}

struct Vehicle {
    front: String,
    trailer: Option<String>,
    front_at: (f64, f64),
    rear_at: (f64, f64),
}

/// A passage on its way to the book: when it is told, whose it is, and whether it is its rear.
struct Told {
    at: f64,
    vehicle: usize,
    is_rear: bool,
    passage: Passage,
}

/// A track's gap: passages are told so long after they were last seen.
const GAP_S: f64 = 1.5;

impl Traffic {
    fn run(self, seed: u64, vehicles: usize) -> Outcome {
        let mut random = fastrand::Rng::with_seed(seed);
        let vehicles = self.vehicles(vehicles, &mut random);
        let mut told = self.passages(&vehicles, &mut random);
        told.sort_by(|a, b| a.at.total_cmp(&b.at));
        let rear_of = if self.two_cameras { BTreeMap::from([(lane("rear"), lane("front"))]) } else { BTreeMap::new() };
        let mut book = VisitBook::new(rear_of, KnownPairs::default());
        let mut parts: BTreeMap<(usize, bool), (VisitId, Role)> = BTreeMap::new();
        let whose: BTreeMap<_, _> =
            told.iter().map(|it| ((it.passage.lane.clone(), it.passage.track), (it.vehicle, it.is_rear))).collect();
        for Told { vehicle, is_rear, passage, .. } in &told {
            let noted = book.note(passage);
            parts.insert((*vehicle, *is_rear), (noted.part.id, noted.part.role));
            for (amended, part) in noted.amends {
                parts.insert(whose[&(amended.lane, amended.track)], (part.id, part.role));
            }
        }
        let unread = told.iter().filter(|it| it.passage.plate.is_err()).map(|it| (it.vehicle, it.is_rear)).collect();
        outcome(&vehicles, &parts, &unread)
    }

    /// Vehicles that never overtake: each leaves both cameras behind the one before it.
    fn vehicles(self, count: usize, random: &mut fastrand::Rng) -> Vec<Vehicle> {
        let (mut arrives, mut front_free, mut rear_free) = (0.0_f64, 0.0_f64, 0.0_f64);
        let mut vehicles = Vec::new();
        for number in 0..count {
            let close = random.f64() < 0.5;
            arrives += if close { 2.0 * random.f64() } else { -self.headway_s * 2.0 * (1.0 - random.f64()).ln() };
            let speed = 2.0 + 5.0 * random.f64();
            let trailer = (random.f64() < self.trailers).then(|| trailer_text(random));
            let length = if trailer.is_some() { 16.5 } else { 4.0 + 6.0 * random.f64() };
            let distance = if self.two_cameras { 20.0 + length } else { length };
            let stop = if random.f64() < self.stops { 20.0 + 160.0 * random.f64() } else { 0.0 };
            // Two metres behind the one before, the whole length of it.
            let front_gone = arrives.max(front_free + 1.0);
            let front_at = (front_gone - (3.0 / speed).min(front_gone - front_free), front_gone);
            let rear_begins = (front_gone + distance / speed + stop).max(rear_free + (2.0 + length) / speed);
            let rear_at = (rear_begins, rear_begins + 4.0 / speed);
            let behind = if self.two_cameras { front_gone + (2.0 + length) / speed } else { rear_at.1 };
            (arrives, front_free, rear_free) = (arrives.max(front_gone), behind, rear_begins);
            let front = format!("{:02}C{:05}", 11 + number % 20, random.u32(0..100_000));
            vehicles.push(Vehicle { front, trailer, front_at, rear_at });
        }
        vehicles
    }

    fn passages(self, vehicles: &[Vehicle], random: &mut fastrand::Rng) -> Vec<Told> {
        let mut told = Vec::new();
        for (vehicle, it) in vehicles.iter().enumerate() {
            let rear = it.trailer.as_ref().or(self.two_cameras.then_some(&it.front));
            let halves = [(Some(&it.front), it.front_at, false), (rear, it.rear_at, true)];
            for (text, at, is_rear) in halves.into_iter().filter_map(|(text, at, rear)| Some((text?, at, rear))) {
                if random.f64() < self.missed {
                    continue;
                }
                let name = if is_rear && self.two_cameras { "rear" } else { "front" };
                let track = vehicle as u64 * 2 + u64::from(is_rear);
                let text = if random.f64() < self.misread { misread(text, random) } else { text.clone() };
                let read = if random.f64() < self.unread { Err(NoReadReason::NoAgreement) } else { Ok(plate(&text)) };
                let passage = Passage {
                    plate: read,
                    first_seen: moment(at.0),
                    best_seen: moment(at.1),
                    last_seen: moment(at.1),
                    ..passage(name, track, "12C12345", at.1)
                };
                told.push(Told { at: at.1 + GAP_S, vehicle, is_rear, passage });
            }
        }
        told
    }
}

fn outcome(
    vehicles: &[Vehicle],
    parts: &BTreeMap<(usize, bool), (VisitId, Role)>,
    unread: &std::collections::BTreeSet<(usize, bool)>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut visits: BTreeMap<String, Vec<(usize, bool)>> = BTreeMap::new();
    for (whose, (id, _)) in parts {
        visits.entry(format!("{id:?}")).or_default().push(*whose);
    }
    for members in visits.values() {
        let own = members.iter().map(|(vehicle, _)| vehicle).min();
        outcome.wrong += u32::from(members.iter().any(|(vehicle, _)| Some(vehicle) != own));
    }
    for (number, vehicle) in vehicles.iter().enumerate() {
        let (Some((front, front_role)), Some((rear, rear_role))) =
            (parts.get(&(number, false)), parts.get(&(number, true)))
        else {
            continue;
        };
        // One camera cannot tell an unread trailer from an unread lorry.
        let knowable = vehicle.front_at.1 < vehicle.rear_at.0 && !unread.contains(&(number, true));
        outcome.pairs += 1;
        outcome.joined += u32::from(front == rear);
        if front == rear && knowable {
            let expected =
                if vehicle.trailer.is_some() { (Role::Tractor, Role::Trailer) } else { (Role::Single, Role::Single) };
            outcome.roles += 1;
            outcome.wrong_roles += u32::from((*front_role, *rear_role) != expected);
        }
    }
    outcome
}

fn trailer_text(random: &mut fastrand::Rng) -> String {
    let number = random.u32(0..100_000);
    match random.u32(0..100) {
        0..50 => format!("{}R{number:05}", random.u32(50..60)),
        50..98 => format!("桂F{:04}挂", number % 10_000),
        _ => format!("99H{number:05}"),
    }
}

/// One digit is read as another.
fn misread(text: &str, random: &mut fastrand::Rng) -> String {
    let place = text.chars().count() - 1 - random.usize(1..3);
    let other = |digit: char| char::from(b'0' + (digit as u8 - b'0' + 1) % 10);
    let change = |(index, c): (usize, char)| if index == place && c.is_ascii_digit() { other(c) } else { c };
    text.chars().enumerate().map(change).collect()
}

fn moment(seconds: f64) -> Moment {
    let elapsed = Duration::from_secs_f64(seconds.max(0.0));
    Moment { wall: Timestamp::UNIX_EPOCH.checked_add(elapsed).expect("it is in this century"), elapsed }
}

/// A gate as it should be: 99 of 100 vehicles seen, few stops, half of the vehicles close behind another one.
const USUAL: Traffic = Traffic {
    two_cameras: true,
    headway_s: 40.0,
    stops: 0.01,
    missed: 0.01,
    unread: 0.02,
    misread: 0.01,
    trailers: 0.6,
};

/// The sum over several days of traffic, with at least so many of a thousand pairs joined, and at most so many wrong.
fn check(traffic: Traffic, joined: u32, wrong: u32) {
    let mut sum = Outcome::default();
    for seed in 0..15 {
        let one = traffic.run(seed, 200);
        sum.pairs += one.pairs;
        sum.joined += one.joined;
        sum.wrong += one.wrong;
        sum.roles += one.roles;
        sum.wrong_roles += one.wrong_roles;
    }
    assert!(sum.pairs > 1500, "{sum:?}");
    assert!(sum.joined * 1000 >= sum.pairs * joined, "{sum:?} of {traffic:?}");
    assert!(sum.wrong * 1000 < sum.pairs * wrong, "{sum:?} of {traffic:?}");
    assert!(sum.wrong_roles * 1000 < sum.roles * wrong, "{sum:?} of {traffic:?}");
}

#[test]
fn usual_traffic_past_two_cameras_is_joined() {
    check(USUAL, 980, 5);
}

#[test]
fn dense_traffic_past_two_cameras_is_joined() {
    check(Traffic { headway_s: 20.0, stops: 0.0, ..USUAL }, 980, 5);
}

#[test]
fn a_tractor_is_left_alone_rather_than_given_anothers_trailer_where_many_stop() {
    check(Traffic { headway_s: 20.0, stops: 0.05, ..USUAL }, 940, 10);
}

#[test]
fn vehicles_without_trailers_are_joined_by_their_texts() {
    check(Traffic { trailers: 0.0, ..USUAL }, 990, 2);
}

#[test]
fn trailers_that_one_camera_sees_after_their_tractors_are_joined() {
    check(Traffic { two_cameras: false, ..USUAL }, 940, 5);
}

#[test]
fn one_traffic_is_joined_the_same_way_every_time() {
    assert_eq!(USUAL.run(7, 100), USUAL.run(7, 100));
}
