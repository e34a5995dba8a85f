//! Which passages are one coming and going: a vehicle's front and its own rear, a tractor and its trailer.
//!
//! ```text
//! passage ─▶ record (its own visit) ─▶ same text? ─no─▶ station: alignment of fronts and rears ─▶ join, or stay alone
//!                                        └yes─▶ join                    (order, time, direction, texts)
//! ```
//!
//! Every passage has a visit at once; who is found later amends it. `station` is what waits in one lane, `alignment` how
//! likely two belong together, `delays` how long vehicles take, `known_pairs` which trailer a tractor had before. Not
//! here: how pairs are kept over a restart, which is the daemon's.

mod alignment;
mod delays;
mod known_pairs;
mod likeness;
mod record;
#[cfg(test)]
mod simulation;
mod station;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::dossier::{Role, VisitPart};
use crate::frame::Moment;
use crate::passage::{Passage, TrackId};
use crate::plate::LaneName;

pub use known_pairs::{KnownPair, KnownPairs};
use likeness::is_still;
use record::{Link, Record, Side, roles};
use station::{Cameras, Records, Station, Verdict};

/// Every visit of late.
#[derive(Debug, Clone, Default)]
pub struct VisitBook {
    /// The lanes that see the rears of another lane's vehicles, and that lane.
    rear_of: BTreeMap<LaneName, LaneName>,
    pairs: KnownPairs,
    records: Records,
    /// The number of each passage's record. Numbers rise with time.
    numbers: BTreeMap<TrackId, u64>,
    next: u64,
    /// By the lane that sees the fronts.
    stations: BTreeMap<LaneName, Station>,
}

/// Passages remembered; a passage that is amended after so many others is told as a visit of its own again.
const MOST_RECORDS: usize = 512;

/// What the book says of a passage.
#[derive(Debug, Clone)]
pub struct Noted {
    /// Its part in a visit.
    pub part: VisitPart,
    /// Earlier passages whose part is another one now: their events are amended.
    pub amends: Vec<(Passage, VisitPart)>,
    /// Tractors with a trailer that was not known to be theirs.
    pub pairs: Vec<KnownPair>,
}

impl VisitBook {
    /// A book without visits. `rear_of` has the lanes that see the rears of another lane's vehicles, with that lane.
    #[must_use]
    pub fn new(rear_of: BTreeMap<LaneName, LaneName>, pairs: KnownPairs) -> Self {
        Self { rear_of, pairs, ..Self::default() }
    }

    /// Notes a passage or a further revision of one.
    pub fn note(&mut self, passage: &Passage) -> Noted {
        let number = self.record(passage);
        let mut changed = vec![number];
        if self.records.get(&number).is_some_and(Record::is_open) {
            if let Some(other) = self.same_text(number) {
                changed.extend(self.join_same(number, other));
            }
            changed.extend(self.join_in_order(&passage.lane, passage.last_seen));
        }
        let pairs = changed.iter().filter_map(|number| self.settle(*number)).collect();
        let amends = self.amendments(&changed, number);
        let part = self.records.get_mut(&number).map(|record| record.told.insert(record.part.clone()).clone());
        self.forget();
        // There is a record, but no panic hangs on it.
        Noted { part: part.unwrap_or_else(|| Record::new(passage, Side::Front).part), amends, pairs }
    }

    /// The number of the passage's record, which has its latest revision now.
    fn record(&mut self, passage: &Passage) -> u64 {
        let key = passage.track;
        let known = self.numbers.get(&key).and_then(|number| Some((*number, self.records.get_mut(number)?)));
        if let Some((number, record)) = known {
            record.passage = Passage { best_frame: None, ..passage.clone() };
            self.turn_round(number);
            return number;
        }
        let number = self.next;
        self.next = self.next.saturating_add(1);
        let is_rear = self.rear_of.contains_key(&passage.lane);
        let station = self.station(&passage.lane);
        let side = if is_rear { Side::Rear } else { station.side(passage) };
        self.records.insert(number, Record::new(passage, side));
        self.numbers.insert(key, number);
        let lane = self.front_lane(&passage.lane).clone();
        if let Some(station) = self.stations.get_mut(&lane) {
            station.wait(number, &self.records);
        }
        number
    }

    /// A passage that turns out to be a trailer's, or not to be one, waits among the others.
    fn turn_round(&mut self, number: u64) {
        let Some(record) = self.records.get_mut(&number).filter(|record| record.is_open()) else { return };
        if self.rear_of.contains_key(&record.passage.lane) {
            return;
        }
        let Some(station) = self.stations.get_mut(&record.passage.lane) else { return };
        let side = station.side(&record.passage);
        if side != record.side {
            record.side = side;
            station.withdraw(number);
            station.wait(number, &self.records);
        }
    }

    fn front_lane<'a>(&'a self, lane: &'a LaneName) -> &'a LaneName {
        self.rear_of.get(lane).unwrap_or(lane)
    }

    fn station(&mut self, lane: &LaneName) -> &mut Station {
        let lane = self.front_lane(lane).clone();
        let two = self.rear_of.values().any(|front| *front == lane);
        let cameras = if two { Cameras::Two } else { Cameras::One };
        self.stations.entry(lane).or_insert_with(|| Station::new(cameras))
    }

    /// The last passage of the same plate at this station, if it is the same visit.
    fn same_text(&self, number: u64) -> Option<u64> {
        let record = self.records.get(&number)?;
        let lane = self.front_lane(&record.passage.lane);
        let station = self.stations.get(lane)?;
        let is_same = |(other_number, other): &(&u64, &Record)| {
            **other_number != number
                && other.side != Side::Aside
                && self.front_lane(&other.passage.lane) == lane
                && other.goes_with(record)
                && other.has_text_of(record)
                && station.is_same_visit(other, record)
        };
        self.records.iter().rev().find(is_same).map(|(other, _)| *other)
    }

    /// Joins a passage with one of the same plate. Returns those whose visit may be another by now.
    fn join_same(&mut self, number: u64, other: u64) -> Vec<u64> {
        let sides =
            [number, other].map(|number| self.records.get(&number).map(|record| (record.side, record.is_open())));
        if let [Some((Side::Rear, true)), Some((Side::Front, false))] = sides
            && let Some(Link::Joined(wrong)) = self.records.get(&other).map(|front| front.link)
            && self
                .records
                .get(&wrong)
                .zip(self.records.get(&other))
                .is_some_and(|(rear, front)| !front.has_text_of(rear))
        {
            // What was taken for its trailer was another vehicle's: this is its own rear.
            self.part(other, wrong);
            self.join(other, number);
            return vec![other, wrong];
        }
        match sides {
            [Some((Side::Rear, _)), Some((Side::Front, true))] => self.join(other, number),
            [Some((Side::Front, _)), Some((Side::Rear, true))] => self.join(number, other),
            _ => {
                // The same vehicle once more: what was said of it holds.
                let Some(part) = self.records.get(&other).map(|other| other.part.clone()) else { return Vec::new() };
                if let Some(record) = self.records.get_mut(&number) {
                    (record.part, record.link) = (part, Link::Repeats);
                }
            }
        }
        vec![other]
    }

    /// Joins whoever surely belongs together in a lane by now. Parts whoever does not. Returns those of whom
    /// something else is known.
    fn join_in_order(&mut self, lane: &LaneName, now: Moment) -> Vec<u64> {
        let lane = self.front_lane(lane).clone();
        let Some(station) = self.stations.get_mut(&lane) else { return Vec::new() };
        station.prune(&self.records, now);
        let Verdict { pairs, refuted } = station.verdict(&self.records, &self.pairs, now);
        refuted.iter().for_each(|(front, rear)| self.part(*front, *rear));
        pairs.iter().for_each(|(front, rear)| self.join(*front, *rear));
        refuted.into_iter().chain(pairs).flat_map(|(front, rear)| [front, rear]).collect()
    }

    /// Parts two that were joined: each is a visit of its own again, and the trailer that was known before is known again.
    fn part(&mut self, front: u64, rear: u64) {
        let tractor = self.records.get(&front).and_then(Record::plate).map(|plate| plate.format.key.clone());
        let before = self.records.get(&front).and_then(|record| record.known_trailer.clone());
        if let Some((tractor, before)) = tractor.zip(before) {
            self.pairs.restore(&tractor, before);
        }
        for number in [front, rear] {
            if let Some(record) = self.records.get_mut(&number) {
                let own = Record::new(&record.passage, record.side);
                *record = Record { told: record.told.take(), ..own };
            }
        }
    }

    /// Joins two. The visit has the name of the one that was told first.
    fn join(&mut self, front: u64, rear: u64) {
        let Some([one, other]) = both(&self.records, front, rear) else { return };
        let lane = self.front_lane(&one.passage.lane).clone();
        if let Some(station) = self.stations.get_mut(&lane) {
            station.learn(one, other);
        }
        let first = if front.min(rear) == front { one } else { other };
        let id = first.part.id.clone();
        for (number, partner) in [(front, rear), (rear, front)] {
            if let Some(record) = self.records.get_mut(&number) {
                record.link = Link::Joined(partner);
                record.part.id = id.clone();
            }
        }
    }

    /// Finds the roles of a passage and of the one that it is joined with, as far as both were read by now.
    fn settle(&mut self, number: u64) -> Option<KnownPair> {
        let record = self.records.get(&number)?;
        let Link::Joined(partner) = record.link else { return None };
        let (front, rear) = if record.side == Side::Front { (number, partner) } else { (partner, number) };
        self.settle_roles(front, rear)
    }

    /// Of these passages and those that they are joined with, whoever's event says something else by now; not the one that
    /// is being told.
    fn amendments(&mut self, changed: &[u64], at_hand: u64) -> Vec<(Passage, VisitPart)> {
        let partner = |number: &u64| match self.records.get(number).map(|record| record.link) {
            Some(Link::Joined(partner)) => Some(partner),
            _ => None,
        };
        let mut numbers: Vec<u64> = changed.iter().copied().chain(changed.iter().filter_map(partner)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut amendments = Vec::new();
        for number in numbers.into_iter().filter(|number| *number != at_hand) {
            let Some(record) = self.records.get_mut(&number) else { continue };
            if record.told.as_ref() != Some(&record.part)
                && let Some(amended) = record.amended()
            {
                record.told = Some(record.part.clone());
                amendments.push(amended);
            }
        }
        amendments
    }

    fn settle_roles(&mut self, front: u64, rear: u64) -> Option<KnownPair> {
        let [one, other] = both(&self.records, front, rear)?;
        let (front_role, rear_role) = roles(one.plate(), other.plate());
        let read = (front_role == Role::Tractor).then(|| one.plate().zip(other.plate())).flatten();
        let (mut earlier, mut pair, mut known) = (None, None, one.known_trailer.clone());
        if let Some((tractor, trailer)) = read {
            let now = self.pairs.trailer_of(&tractor.format.key);
            let before = known.get_or_insert_with(|| now.cloned());
            earlier = before.clone().filter(|before| !is_still(before, trailer));
            if now.is_none_or(|now| !is_still(now, trailer)) {
                let new = KnownPair { tractor: tractor.format.key.as_str().into(), trailer: trailer.text.clone() };
                pair = Some(new);
            }
        }
        if let Some(pair) = &pair {
            self.pairs.put(pair.clone());
        }
        if let Some(record) = self.records.get_mut(&front) {
            (record.part.role, record.part.earlier_trailer, record.known_trailer) = (front_role, earlier, known);
        }
        if let Some(record) = self.records.get_mut(&rear) {
            record.part.role = rear_role;
        }
        pair
    }

    fn forget(&mut self) {
        while self.records.len() > MOST_RECORDS
            && let Some((_, record)) = self.records.pop_first()
        {
            self.numbers.remove(&record.passage.track);
        }
    }
}

fn both(records: &Records, one: u64, other: u64) -> Option<[&Record; 2]> {
    Some([records.get(&one)?, records.get(&other)?])
}
