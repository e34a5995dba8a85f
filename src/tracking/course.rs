//! Where a plate is now, how it moves and grows, and where it can be a moment later.

use crate::frame::Moment;
use crate::geometry::{BoundingBox, Point, Polygon};

/// Position, movement and growth of one plate, smoothed. Of fixed size.
#[derive(Debug, Clone)]
pub(super) struct Course {
    last: BoundingBox,
    last_seen: Moment,
    /// Since when movement is measured; the longer, the surer it is.
    begun: Moment,
    /// The box from which the next step is measured.
    mark: (BoundingBox, Moment),
    /// Movement of the box's middle, in pixels per second.
    velocity: (f32, f32),
    /// Change of the size's logarithm per second: above 0 it comes nearer.
    growth: f32,
    steps: u32,
    /// Where it has been standing, if it stands.
    anchor: Point,
    standing_since: Moment,
    /// Sightings in a row that were elsewhere than at the anchor.
    strays: u8,
}

/// How far a plate may be from where it was expected, before anything is known of its movement, in its widths, and in
/// widths per second: at 30 km/h a vehicle passes 16 widths of a plate of half a metre in a second.
const REACH_WIDTHS: f32 = 1.0;
const FASTEST_WIDTHS_PER_SECOND: f32 = 16.0;
/// A box is drawn a quarter of a plate's width too far to one side now and then, so a speed measured over a tenth of a second is
/// uncertain by some widths per second, and one measured over a second by less than one.
const BOX_JITTER_WIDTHS: f32 = 0.4;
/// A vehicle that pulls away at 1.5 m/s² is 1.5 widths further after the first second than at constant speed.
const ACCELERATION_WIDTHS: f32 = 1.5;
/// Perspective makes a plate that comes nearer faster in the picture than it was, by about this share of its way.
const PERSPECTIVE_SHARE: f32 = 0.35;
/// And not more than two and a half times as far as it seemed to.
const MOST_PERSPECTIVE: f32 = 0.6;
/// How much larger or smaller than expected the same plate is drawn, as a logarithm (0.45: half as large again): a text
/// detector finds one line of two, or joins a neighbour to it.
const SIZE_TOLERANCE: f32 = 0.45;
/// And per second unseen; more before its growth is known: at 30 km/h and 8 m from the camera a plate doubles in a second.
const SIZE_TOLERANCE_PER_SECOND: f32 = 0.4;
const UNKNOWN_GROWTH_PER_SECOND: f32 = 1.2;
/// Beyond this nothing is predicted any more, in seconds.
const LONGEST_PREDICTION_S: f32 = 3.0;
/// And what was seen only once can be anywhere after a while, as can the next one: two frames at three a second.
const LONGEST_GUESS_S: f32 = 0.7;
/// Time in which old movement is forgotten, in seconds: a vehicle's speed changes little within it, and at 25 frames a
/// second the jitter of some frames cancels out.
const SMOOTHING_S: f32 = 0.25;
/// Frames closer to each other than this say nothing of speed.
const LEAST_STEP_S: f32 = 0.02;
/// A plate that stays within this many of its widths stands.
const STANDING_WIDTHS: f32 = 0.6;
/// So long until it is settled, in seconds: who stops for a moment at a line drives on.
const SETTLED_S: f32 = 3.0;
/// So long until it has come to rest.
const STOPPED_S: f32 = 0.5;
/// What is slower than this many widths per second is not on its way anywhere.
const LEAST_SPEED_WIDTHS: f32 = 0.4;
/// How far ahead a plate that is out of sight is looked for at the zone's edge, in seconds: two frames at five a second, and
/// perspective makes it faster than it was.
const AHEAD_S: f32 = 0.4;

impl Course {
    pub(super) fn new(at: BoundingBox, now: Moment) -> Self {
        Self {
            last: at,
            last_seen: now,
            begun: now,
            mark: (at, now),
            velocity: (0.0, 0.0),
            growth: 0.0,
            steps: 0,
            anchor: at.centre(),
            standing_since: now,
            strays: 0,
        }
    }

    pub(super) fn move_to(&mut self, to: BoundingBox, now: Moment) {
        self.stay_or_go(to, now);
        (self.last, self.last_seen) = (to, now);
        let (marked, at) = self.mark;
        let seconds = at.until(now).as_secs_f32();
        if seconds < LEAST_STEP_S {
            return;
        }
        let (from, towards) = (marked.centre(), to.centre());
        let (vx, vy) = ((towards.x - from.x) / seconds, (towards.y - from.y) / seconds);
        let growth = (size(to) / size(marked)).ln() / seconds;
        let share = if self.steps == 0 { 1.0 } else { 1.0 - (-seconds / SMOOTHING_S).exp() };
        let blend = |old: f32, new: f32| old + (new - old) * share;
        self.velocity = (blend(self.velocity.0, vx), blend(self.velocity.1, vy));
        self.growth = blend(self.growth, growth.clamp(-2.0, 2.0));
        self.steps = self.steps.saturating_add(1);
        self.mark = (to, now);
    }

    fn stay_or_go(&mut self, to: BoundingBox, now: Moment) {
        if to.centre().distance(self.anchor) <= STANDING_WIDTHS * width(to) {
            self.strays = 0;
            return;
        }
        self.strays = self.strays.saturating_add(1);
        // One box alone may be drawn wrong.
        if self.strays >= 2 || !self.is_settled() {
            (self.anchor, self.standing_since, self.strays) = (to.centre(), now, 0);
        }
    }

    /// Goes on as `later`, which is the same plate seen again.
    pub(super) fn go_on_as(&mut self, later: Course) {
        let stayed = later.anchor.distance(self.anchor) <= STANDING_WIDTHS * width(later.last);
        let (anchor, standing_since) =
            if stayed { (self.anchor, self.standing_since) } else { (later.anchor, later.standing_since) };
        let between = self.last_seen.until(later.begun).as_secs_f32();
        *self = if later.steps == 0 && between >= LEAST_STEP_S {
            // One sighting alone tells its movement from where it was before.
            let (from, to) = (self.last.centre(), later.last.centre());
            let velocity = ((to.x - from.x) / between, (to.y - from.y) / between);
            let growth = ((size(later.last) / size(self.last)).ln() / between).clamp(-2.0, 2.0);
            Self { velocity, growth, steps: 1, begun: self.last_seen, ..later }
        } else {
            later
        };
        (self.anchor, self.standing_since) = (anchor, standing_since);
    }

    pub(super) fn last_box(&self) -> BoundingBox {
        self.last
    }

    pub(super) fn last_seen(&self) -> Moment {
        self.last_seen
    }

    /// Whether it has stood for some time when it was seen last.
    pub(super) fn is_settled(&self) -> bool {
        self.standing_since.until(self.last_seen).as_secs_f32() >= SETTLED_S
    }

    /// Whether it had come to rest when it was seen last, if only a moment before.
    pub(super) fn has_stopped(&self) -> bool {
        self.standing_since.until(self.last_seen).as_secs_f32() >= STOPPED_S
    }

    /// Where it should be at `now` if it keeps its speed.
    pub(super) fn predicted_box(&self, now: Moment) -> BoundingBox {
        let seconds = self.unseen_s(now);
        self.last.shifted(self.velocity.0 * seconds, self.velocity.1 * seconds)
    }

    /// 1 where it should be at `now`, or between there and where it was seen last, falling to 0 at the reach of a plate that
    /// moves like this one; 0 for a plate of another size.
    pub(super) fn nearness(&self, here: BoundingBox, now: Moment) -> f32 {
        self.within(here, now, self.reach(here, now))
    }

    /// As [`nearness`](Self::nearness), for what is only known to be able to go so far.
    pub(super) fn attainable(&self, here: BoundingBox, now: Moment) -> f32 {
        let seconds = self.last_seen.until(now).as_secs_f32().min(LONGEST_PREDICTION_S);
        let reach = self.widest(here) * (REACH_WIDTHS + FASTEST_WIDTHS_PER_SECOND * seconds);
        let apart = self.last.centre().distance(here.centre());
        let tolerance = 2.0 * SIZE_TOLERANCE + UNKNOWN_GROWTH_PER_SECOND * seconds;
        if (size(here) / size(self.last)).ln().abs() > tolerance { 0.0 } else { (1.0 - apart / reach).max(0.0) }
    }

    /// As [`nearness`](Self::nearness), for what must be very near to be the same.
    pub(super) fn closeness(&self, here: BoundingBox, now: Moment) -> f32 {
        let travelled = self.speed() * self.unseen_s(now);
        self.within(here, now, REACH_WIDTHS * self.widest(here) + PERSPECTIVE_SHARE * travelled)
    }

    /// Whether a plate at `here` is more than a plate's width back on the way that this one came.
    pub(super) fn is_behind(&self, here: BoundingBox) -> bool {
        let (speed, width) = (self.speed(), self.widest(here));
        let (from, to) = (self.last.centre(), here.centre());
        let forward = (to.x - from.x) * self.velocity.0 + (to.y - from.y) * self.velocity.1;
        speed > LEAST_SPEED_WIDTHS * width && forward < -speed * width
    }

    /// Whether a plate at `here` is further on the way that this one went, and as much nearer or smaller as goes with it.
    pub(super) fn is_ahead(&self, here: BoundingBox) -> bool {
        let (speed, width) = (self.speed(), self.widest(here));
        let (from, to) = (self.last.centre(), here.centre());
        let forward = (to.x - from.x) * self.velocity.0 + (to.y - from.y) * self.velocity.1;
        let grown = (size(here) / size(self.last)).ln() * self.growth.signum();
        speed > LEAST_SPEED_WIDTHS * width && forward > speed * width && grown > 0.0
    }

    fn within(&self, here: BoundingBox, now: Moment, reach: f32) -> f32 {
        if !self.fits_size(here, now) {
            return 0.0;
        }
        // What comes nearer at a steady speed moves by 1 / (1 - growth x time) times as far in the picture as it seemed to.
        let nearer = (self.growth.max(0.0) * self.unseen_s(now)).min(MOST_PERSPECTIVE);
        let to = self.last.centre().towards(self.predicted_box(now).centre(), 1.0 / (1.0 - nearer));
        let from = self.last.centre();
        (1.0 - distance_to_segment(here.centre(), from, to) / reach).max(0.0)
    }

    fn reach(&self, here: BoundingBox, now: Moment) -> f32 {
        let (width, seconds) = (self.widest(here), self.unseen_s(now));
        let blind = FASTEST_WIDTHS_PER_SECOND * seconds;
        let uncertain = BOX_JITTER_WIDTHS / self.measured_s() * seconds;
        let spread =
            uncertain + ACCELERATION_WIDTHS * seconds * seconds + PERSPECTIVE_SHARE * self.speed() * seconds / width;
        let known = if self.steps == 0 { blind } else { spread.min(blind) };
        width * (REACH_WIDTHS + known)
    }

    fn fits_size(&self, here: BoundingBox, now: Moment) -> bool {
        let seconds = self.unseen_s(now);
        let change = (size(here) / size(self.last)).ln();
        let expected = (self.growth * seconds).clamp(-1.0, 1.0);
        let beyond = if change > 0.0 { change - expected.max(0.0) } else { expected.min(0.0) - change };
        let per_second = if self.steps == 0 { UNKNOWN_GROWTH_PER_SECOND } else { SIZE_TOLERANCE_PER_SECOND };
        beyond <= SIZE_TOLERANCE + per_second * seconds
    }

    /// Whether it was on its way out of `zone` when it was seen last, and has had time to get there by `now`.
    pub(super) fn is_leaving(&self, zone: &Polygon, now: Moment) -> bool {
        let (speed, width) = (self.speed(), width(self.last));
        if self.steps == 0 {
            return false;
        }
        let uncertain = BOX_JITTER_WIDTHS / self.measured_s();
        if speed < (LEAST_SPEED_WIDTHS + uncertain) * width || self.is_settled() {
            return false;
        }
        let from = self.last.centre();
        // A plate that is cut by the picture's edge is not found any more.
        let way = self.unseen_s(now) + AHEAD_S + width / 2.0 / speed;
        !zone.contains(Point::new(from.x + self.velocity.0 * way, from.y + self.velocity.1 * way))
    }

    fn speed(&self) -> f32 {
        self.velocity.0.hypot(self.velocity.1)
    }

    /// For how long its movement has been measured.
    fn measured_s(&self) -> f32 {
        self.begun.until(self.last_seen).as_secs_f32().max(LEAST_STEP_S)
    }

    fn unseen_s(&self, now: Moment) -> f32 {
        let longest = if self.steps == 0 { LONGEST_GUESS_S } else { LONGEST_PREDICTION_S };
        self.last_seen.until(now).as_secs_f32().min(longest)
    }

    fn widest(&self, here: BoundingBox) -> f32 {
        width(here).max(width(self.last))
    }
}

fn width(b: BoundingBox) -> f32 {
    b.width().max(1.0)
}

/// The side of a square as large as the box.
pub(super) fn size(b: BoundingBox) -> f32 {
    b.area().sqrt().max(1.0)
}

fn distance_to_segment(point: Point, from: Point, to: Point) -> f32 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx * dx + dy * dy;
    let along = (point.x - from.x) * dx + (point.y - from.y) * dy;
    let share = if length > 0.0 { (along / length).clamp(0.0, 1.0) } else { 0.0 };
    point.distance(from.towards(to, share))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;

    fn at(ms: u64) -> Moment {
        Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::from_millis(ms) }
    }

    fn plate(x: f32, y: f32, width: f32) -> BoundingBox {
        BoundingBox { left: x, top: y, right: x + width, bottom: y + width / 4.0 }
    }

    fn square(side: f32) -> Polygon {
        let corners = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)];
        Polygon::new(corners.map(|(x, y)| Point::new(x, y)).to_vec()).expect("it has an area")
    }

    /// A plate that moves down by 30 pixels every 100 ms until 1000 ms, and grows.
    fn approaching() -> Course {
        let mut course = Course::new(plate(400.0, 100.0, 60.0), at(0));
        for step in 1..=10_u8 {
            let n = f32::from(step);
            course.move_to(plate(400.0, 100.0 + 30.0 * n, 60.0 + 3.0 * n), at(100 * u64::from(step)));
        }
        course
    }

    #[test]
    fn a_plate_cannot_jump_from_the_near_edge_to_the_far_end() {
        let course = approaching();
        assert!(course.nearness(plate(400.0, 430.0, 93.0), at(1100)) > 0.8);
        assert_eq!(course.nearness(plate(400.0, 100.0, 60.0), at(1200)), 0.0, "too far back");
        assert_eq!(course.nearness(plate(400.0, 430.0, 45.0), at(1100)), 0.0, "too small");
    }

    #[test]
    fn a_plate_that_brakes_while_it_is_hidden_is_near_enough() {
        assert!(approaching().nearness(plate(405.0, 470.0, 95.0), at(3000)) > 0.3);
    }

    #[test]
    fn a_plate_near_the_edge_that_it_heads_for_is_leaving_and_one_in_the_middle_is_not() {
        let course = approaching();
        assert!(course.is_leaving(&square(560.0), at(1300)));
        assert!(!course.is_leaving(&square(1000.0), at(1300)));
    }

    #[test]
    fn a_plate_that_jitters_in_place_is_settled_and_not_leaving() {
        let mut course = Course::new(plate(400.0, 400.0, 80.0), at(0));
        for step in 1..=50_u64 {
            let jitter = if step % 2 == 0 { 8.0 } else { -8.0 };
            course.move_to(plate(400.0 + jitter, 400.0, 80.0), at(100 * step));
        }
        assert!(course.is_settled());
        assert!(!course.is_leaving(&square(500.0), at(5300)));
        course.move_to(plate(400.0, 480.0, 82.0), at(5100));
        assert!(course.is_settled(), "one box alone may be drawn wrong");
        course.move_to(plate(400.0, 520.0, 84.0), at(5200));
        assert!(!course.is_settled());
    }
}
