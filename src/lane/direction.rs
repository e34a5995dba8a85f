//! Which way a vehicle went, from the path of its plate.
//!
//! A plate that comes nearer grows, and moves down in the picture of a camera that hangs above it, as most do. Both are
//! evidence of the same thing, and are added up in units of what no jitter of boxes makes. A lane that is seen from the side needs
//! a line: there neither tells which way is in.

use crate::geometry::Point;
use crate::passage::Direction;
use crate::tracking::{Path, Progress};

/// How a lane tells which way is in.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DirectionRule {
    /// What it means that a vehicle comes towards the camera.
    pub approaching: Approaching,
    /// A line across the lane that says it instead.
    pub line: Option<DirectionLine>,
}

/// What it means that a vehicle comes towards the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Approaching {
    /// It comes into the site.
    #[default]
    In,
    /// It leaves it.
    Out,
}

/// A line across a lane, in shares of the picture. Seen from its first point towards its second, who goes from its left to its
/// right goes in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DirectionLine {
    from: Point,
    to: Point,
}

/// Evidence of 1: movement by three quarters of a plate's width, or growth by a sixth.
const MOVE_UNIT_WIDTHS: f32 = 0.75;
const GROWTH_UNIT: f32 = 0.15;
/// Movement down or up counts unless the path is flatter than this: then the camera looks across the lane, and a picture that
/// hangs askew would decide.
const LEAST_STEEPNESS: f32 = 0.5;
/// Less evidence than this tells nothing, and neither does less than this share of what there was on the way: who comes nearer
/// and goes away to the other side was seen from the side.
const LEAST_EVIDENCE: f32 = 1.0;
const LEAST_SHARE: f32 = 0.35;
/// Who went so far, and back by at least this share of it, has turned back.
const LEAST_TURN: f32 = 2.0;
const TURNED_SHARE: f32 = 0.6;
/// Back by more than he came goes who was first seen inside of the zone. If it is more than this, his first movement was none
/// of coming, but rolling back a little before he started; less so if he came far.
const BACK_AT_MOST: f32 = 2.0;
const FAR: f32 = 3.0;
const BACK_AT_MOST_FROM_FAR: f32 = 4.0;
/// Who is back is not further than this share of the way on the line from his beginning to where he turned.
const BACK_ON_THE_WAY: f32 = 0.4;
/// A way that is shorter than this many plate widths has no direction in the picture: it leads towards the camera.
const STRAIGHT_AT_THE_CAMERA: f32 = 1.0;

impl DirectionLine {
    /// A line through two different points, both in shares of the picture; `None` if they are too near each other to tell
    /// an angle.
    #[must_use]
    pub fn new(from: Point, to: Point) -> Option<Self> {
        (from.distance(to) >= Self::LEAST_LENGTH).then_some(Self { from, to })
    }

    /// How far apart the points are at least, as a share of the picture.
    pub const LEAST_LENGTH: f32 = 0.05;

    /// One step to its right in a picture of this size, in pixels.
    fn to_the_right(self, (width, height): (f32, f32)) -> (f32, f32) {
        let (dx, dy) = ((self.to.x - self.from.x) * width, (self.to.y - self.from.y) * height);
        let length = dx.hypot(dy).max(f32::MIN_POSITIVE);
        // y points down, so the right hand of who looks up along the line is where x grows.
        (-dy / length, dx / length)
    }
}

impl DirectionRule {
    /// Which way a vehicle with this path went, in a picture of this size in pixels.
    pub(super) fn direction(&self, path: &Path, picture: (f32, f32)) -> Option<Direction> {
        let progress = path.progress();
        let evidence = self.evidence(&progress, picture);
        let end = evidence.last().copied()?;
        if turned_back(&progress, &evidence, end) {
            return Some(Direction::TurnedBack);
        }
        let most = evidence.iter().fold(0.0_f32, |most, e| most.max(e.abs()));
        if end.abs() < LEAST_EVIDENCE || end.abs() < LEAST_SHARE * most {
            return None;
        }
        let towards = match (self.line, self.approaching) {
            (Some(_), _) | (None, Approaching::In) => Direction::In,
            (None, Approaching::Out) => Direction::Out,
        };
        Some(if end > 0.0 { towards } else { opposite(towards) })
    }

    /// For each point of the path how much speaks for coming nearer, or for crossing the line from left to right.
    fn evidence(&self, progress: &[Progress], picture: (f32, f32)) -> Vec<f32> {
        if let Some(line) = self.line {
            let (x, y) = line.to_the_right(picture);
            return progress.iter().map(|p| (p.right * x + p.down * y) / MOVE_UNIT_WIDTHS).collect();
        }
        let furthest = |of: fn(&Progress) -> f32| progress.iter().fold(0.0_f32, |most, p| most.max(of(p).abs()));
        let is_steep = furthest(|p| p.down) >= LEAST_STEEPNESS * furthest(|p| p.right);
        let moved = |p: &Progress| if is_steep { p.down / MOVE_UNIT_WIDTHS } else { 0.0 };
        progress.iter().map(|p| p.growth / GROWTH_UNIT + moved(p)).collect()
    }
}

/// Whether it left on the side on which it came: it went far one way, and back.
fn turned_back(progress: &[Progress], evidence: &[f32], end: f32) -> bool {
    let peaks = evidence.iter().zip(progress).map(|(peak, at)| {
        let (there, back) = (peak.abs(), (peak - end) * peak.signum());
        let at_most = there * if there >= FAR { BACK_AT_MOST_FROM_FAR } else { BACK_AT_MOST };
        there >= LEAST_TURN && (TURNED_SHARE * there..=at_most).contains(&back) && is_back_from(at, progress)
    });
    let highest = evidence.iter().copied().fold(0.0_f32, f32::max);
    let lowest = evidence.iter().copied().fold(0.0_f32, f32::min);
    let is_peak = |e: f32| e.total_cmp(&highest).is_eq() || e.total_cmp(&lowest).is_eq();
    peaks.zip(evidence).any(|(turned, e)| turned && is_peak(*e))
}

/// Whether the path ends nearer to its beginning than to `turn`, and not beyond it: who comes nearer and goes away to the
/// other side has passed by.
fn is_back_from(turn: &Progress, progress: &[Progress]) -> bool {
    let Some(end) = progress.last() else { return false };
    let length = turn.right.hypot(turn.down);
    let along = (end.right * turn.right + end.down * turn.down) / length.max(f32::MIN_POSITIVE);
    length < STRAIGHT_AT_THE_CAMERA || along <= BACK_ON_THE_WAY * length
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::In => Direction::Out,
        Direction::Out => Direction::In,
        Direction::TurnedBack => Direction::TurnedBack,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::BoundingBox;

    const PICTURE: (f32, f32) = (1000.0, 500.0);

    /// The way of a plate along these places: middle and width, ten steps between each two.
    fn path(places: &[(f32, f32, f32)]) -> Path {
        let mut path = Path::default();
        for pair in places.windows(2) {
            for step in 0..10_u8 {
                let share = f32::from(step) / 9.0;
                let at = |from: f32, to: f32| from + (to - from) * share;
                let ((x1, y1, w1), (x2, y2, w2)) = (pair[0], pair[1]);
                let (x, y, w) = (at(x1, x2), at(y1, y2), at(w1, w2));
                path.add(BoundingBox { left: x - w / 2.0, top: y - w / 8.0, right: x + w / 2.0, bottom: y + w / 8.0 });
            }
        }
        path
    }

    fn check(rule: DirectionRule, places: &[(f32, f32, f32)], expect: Option<Direction>) {
        assert_eq!(rule.direction(&path(places), PICTURE), expect, "{rule:?} {places:?}");
    }

    const FAR_TO_NEAR: [(f32, f32, f32); 2] = [(500.0, 100.0, 40.0), (550.0, 450.0, 90.0)];
    const NEAR_TO_FAR: [(f32, f32, f32); 2] = [(550.0, 450.0, 90.0), (500.0, 100.0, 40.0)];
    const LEFT_TO_RIGHT: [(f32, f32, f32); 3] = [(50.0, 200.0, 60.0), (500.0, 220.0, 80.0), (950.0, 200.0, 60.0)];

    #[test]
    fn what_comes_nearer_goes_in_unless_the_operator_says_out() {
        let out = DirectionRule { approaching: Approaching::Out, line: None };
        check(DirectionRule::default(), &FAR_TO_NEAR, Some(Direction::In));
        check(DirectionRule::default(), &NEAR_TO_FAR, Some(Direction::Out));
        check(out, &FAR_TO_NEAR, Some(Direction::Out));
        check(out, &NEAR_TO_FAR, Some(Direction::In));
    }

    #[test]
    fn a_camera_at_the_height_of_plates_tells_it_by_growth_alone() {
        check(DirectionRule::default(), &[(500.0, 250.0, 40.0), (500.0, 250.0, 70.0)], Some(Direction::In));
        check(DirectionRule::default(), &[(500.0, 250.0, 40.0), (500.0, 230.0, 90.0)], Some(Direction::In));
    }

    #[test]
    fn who_comes_and_goes_back_has_turned_back_and_who_reverses_a_little_has_not() {
        let [far, near] = FAR_TO_NEAR;
        let some_way = (530.0, 300.0, 70.0);
        check(DirectionRule::default(), &[far, some_way, far], Some(Direction::TurnedBack));
        check(DirectionRule::default(), &[near, some_way, near], Some(Direction::TurnedBack));
        check(DirectionRule::default(), &[some_way, near, far], Some(Direction::TurnedBack));
        check(DirectionRule::default(), &[far, some_way, (525.0, 260.0, 65.0), near], Some(Direction::In));
        check(
            DirectionRule::default(),
            &[(500.0, 250.0, 40.0), (500.0, 250.0, 80.0), (500.0, 250.0, 40.0)],
            Some(Direction::TurnedBack),
        );
    }

    #[test]
    fn a_vehicle_that_stands_or_is_seen_from_the_side_goes_no_way_that_can_be_told() {
        check(DirectionRule::default(), &[(500.0, 250.0, 60.0), (505.0, 252.0, 61.0), (500.0, 250.0, 60.0)], None);
        check(DirectionRule::default(), &LEFT_TO_RIGHT, None);
    }

    #[test]
    fn a_front_that_comes_and_a_rear_that_goes_further_the_same_way_is_one_way() {
        let below = [(500.0, 50.0, 50.0), (500.0, 220.0, 80.0), (500.0, 280.0, 80.0), (500.0, 450.0, 50.0)];
        check(DirectionRule::default(), &below, Some(Direction::In));
    }

    #[test]
    fn a_line_says_which_way_is_in_where_the_camera_looks_across() {
        let upwards = DirectionLine::new(Point::new(0.5, 1.0), Point::new(0.5, 0.0));
        let rule = DirectionRule { approaching: Approaching::Out, line: upwards };
        let back: Vec<_> = LEFT_TO_RIGHT.into_iter().rev().collect();
        check(rule, &LEFT_TO_RIGHT, Some(Direction::In));
        check(rule, &back, Some(Direction::Out));
        check(rule, &[LEFT_TO_RIGHT[0], LEFT_TO_RIGHT[1], LEFT_TO_RIGHT[0]], Some(Direction::TurnedBack));
        let downwards = DirectionLine::new(Point::new(0.5, 0.0), Point::new(0.5, 1.0));
        check(DirectionRule { line: downwards, ..rule }, &LEFT_TO_RIGHT, Some(Direction::Out));
        assert_eq!(DirectionLine::new(Point::new(0.5, 0.5), Point::new(0.51, 0.5)), None);
    }
}
