//! The part of a picture that belongs to a lane, independent of the picture's size.

use crate::geometry::{Point, Polygon};

/// A closed outline in shares of the picture: x from 0 (left) to 1 (right), y from 0 (top) to 1 (bottom). It has at least
/// three corners, does not cross itself, and is large enough to hold a plate.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(Polygon);

/// Why points make no zone. Points are counted from 0 here and from 1 in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidZone {
    /// Fewer than three.
    #[error("{0} points have no area")]
    TooFewPoints(usize),
    /// More than [`Zone::MAX_POINTS`].
    #[error("these are {0} points")]
    TooManyPoints(usize),
    /// A coordinate of this point is not from 0 to 1.
    #[error("point {} is outside the picture", .0 + 1)]
    Outside(usize),
    /// This point is the same as the one before it.
    #[error("point {} is the same as the one before it", .0 + 1)]
    Repeated(usize),
    /// The edges that begin at these points cross or touch.
    #[error("the edge from point {} crosses or touches the edge from point {}", .1 + 1, .0 + 1)]
    Crossing(usize, usize),
    /// Less than [`Zone::MIN_AREA`].
    #[error("the outline is too small to hold a plate")]
    TooSmall,
}

impl InvalidZone {
    /// The point that is wrong, if it is one.
    pub(super) fn point(self) -> Option<usize> {
        match self {
            Self::Outside(index) | Self::Repeated(index) | Self::Crossing(_, index) => Some(index),
            Self::TooFewPoints(_) | Self::TooManyPoints(_) | Self::TooSmall => None,
        }
    }

    /// What to do about it, where an example is not enough.
    pub(super) fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Outside(_) => {
                Some("points are shares of the picture, not pixels: divide x by its width, y by its height")
            }
            Self::Crossing(..) => Some("list the corners in the order in which you would walk around the zone"),
            Self::Repeated(_) => Some("remove it: the outline closes by itself"),
            Self::TooSmall => Some("a zone covers at least a thousandth of the picture"),
            Self::TooFewPoints(_) | Self::TooManyPoints(_) => None,
        }
    }
}

impl Zone {
    /// Most points an outline may have; more are a drawing, not a lane.
    pub const MAX_POINTS: usize = 64;
    /// Smallest area as a share of the picture: 45 x 45 pixels of full HD, less than any plate with its surroundings.
    pub const MIN_AREA: f64 = 0.001;

    /// All of the picture.
    #[must_use]
    pub fn whole_picture() -> Self {
        let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        Self::try_from(corners.as_slice()).expect("the picture's corners are an outline")
    }

    /// The outline in pixels of a picture of this size.
    #[must_use]
    pub fn in_pixels(&self, width: u32, height: u32) -> Polygon {
        #[expect(clippy::cast_precision_loss, reason = "no picture is 2^24 pixels wide")]
        let (width, height) = (width as f32, height as f32);
        self.0.map(|share| Point::new(share.x * width, share.y * height))
    }

    /// The corners, in shares of the picture.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        self.0.points()
    }
}

impl TryFrom<&[[f64; 2]]> for Zone {
    type Error = InvalidZone;

    fn try_from(points: &[[f64; 2]]) -> Result<Self, InvalidZone> {
        let inside = |point: &[f64; 2]| point.iter().all(|share| (0.0..=1.0).contains(share));
        if points.len() < 3 {
            return Err(InvalidZone::TooFewPoints(points.len()));
        }
        if points.len() > Self::MAX_POINTS {
            return Err(InvalidZone::TooManyPoints(points.len()));
        }
        if let Some(index) = points.iter().position(|point| !inside(point)) {
            return Err(InvalidZone::Outside(index));
        }
        let edges = edges(points);
        if let Some(index) = edges.iter().position(|(from, to)| from == to) {
            return Err(InvalidZone::Repeated((index + 1) % points.len()));
        }
        if let Some((first, second)) = crossing(&edges) {
            return Err(InvalidZone::Crossing(first, second));
        }
        if area(&edges) < Self::MIN_AREA {
            return Err(InvalidZone::TooSmall);
        }
        #[expect(clippy::cast_possible_truncation, reason = "shares from 0 to 1 keep seven digits")]
        let corners = points.iter().map(|[x, y]| Point::new(*x as f32, *y as f32)).collect();
        Polygon::new(corners).map(Self).ok_or(InvalidZone::TooSmall)
    }
}

type Edge = ([f64; 2], [f64; 2]);

fn edges(points: &[[f64; 2]]) -> Vec<Edge> {
    points.iter().copied().zip(points.iter().copied().cycle().skip(1)).collect()
}

fn area(edges: &[Edge]) -> f64 {
    edges.iter().map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>().abs() / 2.0
}

/// The first two edges, by number, that have a point in common which is no corner between neighbours.
fn crossing(edges: &[Edge]) -> Option<(usize, usize)> {
    let count = edges.len();
    let pairs = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
    pairs.into_iter().find(|&(first, second)| {
        if second == first + 1 {
            turns_back(edges[first], edges[second])
        } else if (second + 1) % count == first {
            turns_back(edges[second], edges[first])
        } else {
            meet(edges[first], edges[second])
        }
    })
}

/// Whether the second of two neighbours runs back over the first.
fn turns_back((a, b): Edge, (_, c): Edge) -> bool {
    let along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]);
    side(a, b, c) == 0.0 && along < 0.0
}

/// Whether two edges have a point in common.
fn meet((a, b): Edge, (c, d): Edge) -> bool {
    let (c_side, d_side) = (side(a, b, c), side(a, b, d));
    let (a_side, b_side) = (side(c, d, a), side(c, d, b));
    let apart = |one: f64, other: f64| one * other < 0.0;
    (apart(c_side, d_side) && apart(a_side, b_side))
        || (c_side == 0.0 && between(a, b, c))
        || (d_side == 0.0 && between(a, b, d))
        || (a_side == 0.0 && between(c, d, a))
        || (b_side == 0.0 && between(c, d, b))
}

/// On which side of the line from `a` to `b` the point lies: the sign; 0 on the line.
fn side(a: [f64; 2], b: [f64; 2], point: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
}

/// Whether a point on the line through `a` and `b` lies between them.
fn between(a: [f64; 2], b: [f64; 2], point: [f64; 2]) -> bool {
    let within = |axis: usize| (a[axis].min(b[axis])..=a[axis].max(b[axis])).contains(&point[axis]);
    within(0) && within(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(points: &[[f64; 2]], expect: Option<InvalidZone>) {
        assert_eq!(Zone::try_from(points).err(), expect);
    }

    #[test]
    fn an_outline_is_a_zone_unless_it_crosses_itself_or_has_no_area() {
        check(&[[0.35, 0.4], [0.95, 0.4], [0.95, 0.95], [0.35, 0.95]], None);
        check(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.2], [0.0, 1.0]], None);
        check(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]], Some(InvalidZone::Crossing(0, 2)));
        check(&[[0.0, 0.0], [1.0, 0.0], [0.5, 0.0], [0.5, 1.0]], Some(InvalidZone::Crossing(0, 1)));
        check(&[[0.1, 0.1], [0.12, 0.1], [0.12, 0.12]], Some(InvalidZone::TooSmall));
        check(&[[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]], Some(InvalidZone::Crossing(0, 2)));
    }

    #[test]
    fn points_are_few_inside_and_different() {
        check(&[[0.0, 0.0], [1.0, 1.0]], Some(InvalidZone::TooFewPoints(2)));
        check(&[[0.0, 0.5]; 65], Some(InvalidZone::TooManyPoints(65)));
        check(&[[0.0, 0.0], [1.0, 0.0], [1.0, 640.0]], Some(InvalidZone::Outside(2)));
        check(&[[0.0, 0.0], [1.0, 0.0], [f64::NAN, 1.0]], Some(InvalidZone::Outside(2)));
        check(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]], Some(InvalidZone::Repeated(0)));
    }

    #[test]
    fn a_zone_grows_with_the_picture() {
        let zone = Zone::whole_picture().in_pixels(1920, 1080);
        assert_eq!((zone.bounds().width(), zone.bounds().height()), (1920.0, 1080.0));
    }
}
