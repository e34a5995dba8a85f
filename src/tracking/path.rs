//! The way of a plate through the picture, as a few points of it. What it means is the lane's business.

use std::collections::VecDeque;
use std::time::Duration;

use super::course::size;
use crate::geometry::{BoundingBox, Point};
use crate::passage::VehicleEnd;

/// A way of any length in a bounded number of points: of a plate that stands there is one point, however long it stands.
#[derive(Debug, Clone, Default)]
pub struct Path {
    points: Vec<Waypoint>,
    /// The last boxes as they were seen.
    newest: VecDeque<Waypoint>,
    looks: u32,
}

/// A place on a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Waypoint {
    /// When, on the frames' monotonic time.
    pub at: Duration,
    /// The plate's middle, in pixels of the frame.
    pub middle: Point,
    /// Its width in pixels.
    pub width: f32,
    /// The logarithm of its size in pixels.
    pub size: f32,
}

/// How far a plate is from where its path began: in its own widths, wherever it was, and as the logarithm of its growth.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// To the right, in widths.
    pub right: f32,
    /// Down, in widths.
    pub down: f32,
    /// Growth; below 0 it became smaller.
    pub growth: f32,
}

/// Movement and growth below this are the jitter of boxes: half a plate's width, and a seventh of its size.
const LEAST_MOVE_WIDTHS: f32 = 0.5;
const LEAST_GROWTH: f32 = 0.15;
/// What moved or grew so far between beginning and end, or half so far and half so much, is no sign and no false find that
/// flickers.
const MOVED_WIDTHS: f32 = 1.5;
const MOVED_GROWTH: f32 = 0.35;
/// A lorry is five plates wide and eight high.
const ON_ONE_VEHICLE_WIDTHS: f32 = 8.0;
/// What is on one vehicle stays where it is on it, but for the jitter of two boxes and of the way between two points.
const BESIDE_WIDTHS: f32 = 0.8;
const BESIDE_GROWTH: f32 = 0.3;
/// What is on one vehicle is found a frame or two earlier or later.
const AT_ONCE: Duration = Duration::from_millis(500);
/// From one frame to the next no plate grows more than this.
const GOES_ON_GROWTH: f32 = 0.5;
/// More points than this say no more of a way through a zone.
const MOST_POINTS: usize = 64;
/// The middle one of three boxes counts, so that one that is drawn wrong does not.
const MEDIAN_OF: usize = 3;
const LEAST_LOOKS: u32 = 3;

impl Path {
    /// Goes on to where the plate is seen now.
    pub fn add(&mut self, bounds: BoundingBox, at: Duration) {
        self.looks = self.looks.saturating_add(1);
        let seen = Waypoint { at, middle: bounds.centre(), width: bounds.width().max(1.0), size: size(bounds).ln() };
        self.newest.push_back(seen);
        if self.newest.len() > MEDIAN_OF {
            self.newest.pop_front();
        }
        if self.looks as usize == MEDIAN_OF {
            self.points = self.beginning().into_iter().collect();
        }
        let here = self.here().unwrap_or(seen);
        if self.points.last().is_none_or(|last| last.is_apart_from(&here)) {
            self.points.push(here);
            self.thin_out();
        }
    }

    /// Goes on with a later part of the way.
    pub(super) fn go_on(&mut self, later: Path) {
        self.looks = self.looks.saturating_add(later.looks);
        for point in later.points {
            if self.points.last().is_none_or(|last| last.is_apart_from(&point)) {
                self.points.push(point);
                self.thin_out();
            }
        }
        self.newest = later.newest;
    }

    /// In how many frames the plate was seen.
    #[must_use]
    pub fn looks(&self) -> u32 {
        self.looks
    }

    /// How far it was from its beginning at each point of the path, the first and the last included.
    #[must_use]
    pub fn progress(&self) -> Vec<Progress> {
        let points: Vec<_> = self.points.iter().copied().chain(self.end()).collect();
        let mut so_far = Progress::default();
        let steps = points.windows(2).map(|pair| {
            let (from, to) = (pair[0], pair[1]);
            // Sizes differ by perspective: what counts is the size where it moved.
            let width = f32::midpoint(from.width, to.width);
            so_far.right += (to.middle.x - from.middle.x) / width;
            so_far.down += (to.middle.y - from.middle.y) / width;
            so_far.growth += to.size - from.size;
            so_far
        });
        std::iter::once(Progress::default()).chain(steps).collect()
    }

    /// Whether it went somewhere and did not only jitter: so far from its beginning, or so much nearer or further, as no box
    /// is drawn wrong, and seen often enough to know.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        let is_far = |progress: &Progress| {
            progress.right.hypot(progress.down) / MOVED_WIDTHS + progress.growth.abs() / MOVED_GROWTH >= 1.0
        };
        self.looks >= LEAST_LOOKS && self.progress().last().is_some_and(is_far)
    }

    /// Whether it is on the same vehicle as `other`, all the time that it was seen: as far from it in plate widths, and as large
    /// beside it, from beginning to end. One that follows comes later, leaves later, and is closer by when it is far away.
    #[must_use]
    pub fn goes_along_with(&self, other: &Path) -> bool {
        let mut beside = Vec::new();
        for point in self.points.iter().copied().chain(self.end()) {
            let Some(there) = other.place_at(point.at) else { return false };
            let offset = |of: f32, from: f32| (of - from) / there.width;
            let (x, y) = (offset(point.middle.x, there.middle.x), offset(point.middle.y, there.middle.y));
            beside.push((x, y, point.size - there.size));
        }
        let Some((x, y, size)) = beside.first().copied() else { return false };
        x.hypot(y) <= ON_ONE_VEHICLE_WIDTHS
            && beside.iter().all(|b| (b.0 - x).hypot(b.1 - y) <= BESIDE_WIDTHS && (b.2 - size).abs() <= BESIDE_GROWTH)
    }

    /// Where it was at a time while it was seen, between two points of the way.
    fn place_at(&self, at: Duration) -> Option<Waypoint> {
        let (first, end) = (self.points.first()?, self.end()?);
        if at + AT_ONCE < first.at || at > end.at + AT_ONCE {
            return None;
        }
        let before = self.points.iter().rev().find(|point| point.at <= at).unwrap_or(first);
        let after = self.points.iter().find(|point| point.at > at).copied().unwrap_or(end);
        let between = after.at.saturating_sub(before.at).as_secs_f32().max(f32::MIN_POSITIVE);
        let share = (at.saturating_sub(before.at).as_secs_f32() / between).min(1.0);
        let blend = |from: f32, to: f32| from + (to - from) * share;
        let middle = before.middle.towards(after.middle, share);
        Some(Waypoint { at, middle, width: blend(before.width, after.width), size: blend(before.size, after.size) })
    }

    /// Whether it clearly comes nearer as `other` did, or clearly goes away as that did.
    pub(super) fn leads_the_same_way_as(&self, other: &Path) -> bool {
        let [own, its] = [self, other].map(|path| path.progress().last().map_or(0.0, nearer));
        own.abs() >= 1.0 && own * its > 0.0
    }

    /// Whether it clearly came nearer and did not go back. What is drawn smaller at the end because something comes before it
    /// does not count.
    #[must_use]
    pub fn comes_nearer(&self) -> bool {
        let progress = self.progress();
        let largest = progress.iter().max_by(|one, other| one.growth.total_cmp(&other.growth));
        let (Some(largest), Some(end)) = (largest, progress.last()) else { return false };
        nearer(largest) >= 1.0 && end.down >= largest.down
    }

    /// Which end of the vehicle the plate is at: the front of one that came nearer, the rear of one that went away.
    #[must_use]
    pub fn vehicle_end(&self) -> Option<VehicleEnd> {
        let growth = self.progress().last().map_or(0.0, |end| end.growth);
        if growth >= MOVED_GROWTH {
            Some(VehicleEnd::Front)
        } else if growth <= -MOVED_GROWTH {
            Some(VehicleEnd::Rear)
        } else {
            None
        }
    }

    /// Whether it has become clearly smaller since it was largest.
    pub(super) fn recedes(&self) -> bool {
        let progress = self.progress();
        let largest = progress.iter().fold(0.0_f32, |most, at| most.max(at.growth));
        progress.last().is_some_and(|end| largest - end.growth >= MOVED_GROWTH)
    }

    /// Where it begins, of the first three boxes: at the first one, if the others go on from it. A plate that is not wholly in the
    /// picture yet is drawn smaller than it is.
    fn beginning(&self) -> Option<Waypoint> {
        let [first, middle, last] = [0, 1, 2].map(|index| self.newest.get(index));
        let (first, middle, last) = (first?, middle?, last?);
        if goes_on([last, middle, first]) { Some(*first) } else { Some(Waypoint { at: first.at, ..self.here()? }) }
    }

    /// Where it ends: at the last box, if that goes on as the two before it did, because the median is always one behind.
    fn end(&self) -> Option<Waypoint> {
        let [before, middle, last] = [0, 1, 2].map(|index| self.newest.get(index));
        let (Some(before), Some(middle), Some(last)) = (before, middle, last) else { return self.here() };
        if goes_on([before, middle, last]) { Some(*last) } else { self.here() }
    }

    /// Where it is now: the median of the last boxes; of less than three the last one.
    fn here(&self) -> Option<Waypoint> {
        let last = self.newest.back().copied()?;
        if self.newest.len() < MEDIAN_OF {
            return Some(last);
        }
        let median = |of: fn(&Waypoint) -> f32| {
            let mut values: Vec<f32> = self.newest.iter().map(of).collect();
            values.sort_by(f32::total_cmp);
            values[MEDIAN_OF / 2]
        };
        let middle = Point::new(median(|w| w.middle.x), median(|w| w.middle.y));
        Some(Waypoint { at: last.at, middle, width: median(|w| w.width), size: median(|w| w.size) })
    }

    /// Of too many points, the one goes without which the way changes least. The first and the last stay.
    fn thin_out(&mut self) {
        if self.points.len() <= MOST_POINTS {
            return;
        }
        let detour = |index: usize| {
            let (before, at, after) = (&self.points[index - 1], &self.points[index], &self.points[index + 1]);
            before.distance(at) + at.distance(after) - before.distance(after)
        };
        let least = (1..self.points.len() - 1).min_by(|a, b| detour(*a).total_cmp(&detour(*b)));
        if let Some(index) = least {
            self.points.remove(index);
        }
    }
}

/// How much nearer that is, in units of what jitter does not make.
fn nearer(progress: &Progress) -> f32 {
    progress.growth / LEAST_GROWTH + progress.down / LEAST_MOVE_WIDTHS
}

/// Whether the third of three boxes is where and as large as the first two lead to expect.
fn goes_on([one, two, three]: [&Waypoint; 3]) -> bool {
    let expected = one.middle.towards(two.middle, 2.0);
    expected.distance(three.middle) <= two.width
        && (three.size - two.size).abs() <= GOES_ON_GROWTH
        && (two.size - one.size).abs() <= GOES_ON_GROWTH
}

impl Waypoint {
    fn is_apart_from(&self, other: &Waypoint) -> bool {
        let width = f32::midpoint(self.width, other.width);
        self.middle.distance(other.middle) >= LEAST_MOVE_WIDTHS * width
            || (self.size - other.size).abs() >= LEAST_GROWTH
    }

    /// In widths, a growth by a third being worth one.
    fn distance(&self, other: &Waypoint) -> f32 {
        let width = f32::midpoint(self.width, other.width);
        let moved = self.middle.distance(other.middle) / width;
        moved + (self.size - other.size).abs() * LEAST_MOVE_WIDTHS / LEAST_GROWTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plate(x: f32, y: f32, width: f32) -> BoundingBox {
        BoundingBox { left: x, top: y, right: x + width, bottom: y + width / 4.0 }
    }

    fn path(boxes: impl Iterator<Item = BoundingBox>) -> Path {
        let mut path = Path::default();
        boxes.zip(0..).for_each(|(bounds, n)| path.add(bounds, Duration::from_millis(100 * n)));
        path
    }

    #[test]
    fn a_plate_that_stands_for_long_makes_no_way() {
        let path = path((0..10_000_u16).map(|i| plate(100.0 + f32::from(i % 7), 100.0, 80.0)));
        let end = path.progress().pop().expect("it has an end");
        assert!(path.points.len() <= 2 && end.right.abs() < 0.2, "{path:?}");
    }

    #[test]
    fn a_way_that_goes_to_and_fro_for_long_keeps_its_ends_and_its_size() {
        let forth = (0..500_u16).map(|i| plate(100.0, f32::from(i) * 10.0, 80.0));
        let wobble = (0..5000_u16).map(|i| plate(100.0 + 90.0 * f32::from(i % 2), 5000.0, 80.0));
        let path = path(forth.chain(wobble));
        assert_eq!(path.points.len(), MOST_POINTS);
        let end = path.progress().pop().expect("it has an end");
        assert!((end.down - 62.5).abs() < 1.0, "{end:?}");
    }

    #[test]
    fn one_box_that_is_drawn_wrong_does_not_count() {
        let boxes = [100.0, 103.0, 600.0, 104.0, 101.0].map(|x| plate(x, 100.0, 80.0));
        assert!(path(boxes.into_iter()).progress().iter().all(|progress| progress.right < 0.5));
    }
}
