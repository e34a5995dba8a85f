//! A lane that is seen from aside, as if it were seen from the front.

use imageproc::geometric_transformations::Projection;

use crate::geometry::Point;

/// The four points of the picture that become its corners: top left, top right, bottom right, bottom left, as shares of its
/// width and height from 0 to 1. They go around a convex area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Perspective([Point; 4]);

/// Why four points are no perspective. Points are counted from 0 here and from 1 in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPerspective {
    /// A coordinate of this point is not from 0 to 1.
    #[error("point {} is outside the picture", .0 + 1)]
    Outside(usize),
    /// At this point the outline crosses itself, runs straight or has a notch.
    #[error("at point {} the outline crosses itself, runs straight or has a notch", .0 + 1)]
    NoCorner(usize),
    /// The points go around an area from another corner than the top left.
    #[error("the points do not begin at the top left")]
    Order,
    /// Less than [`Perspective::LEAST_AREA`].
    #[error("the area is too small to make a picture of")]
    TooSmall,
}

impl InvalidPerspective {
    /// The point that is wrong, if it is one.
    #[must_use]
    pub fn point(self) -> Option<usize> {
        match self {
            Self::Outside(index) | Self::NoCorner(index) => Some(index),
            Self::Order | Self::TooSmall => None,
        }
    }
}

/// The whole picture, in shares.
const CORNERS: [(f32, f32); 4] = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];

impl Perspective {
    /// Smallest area as a share of the picture: smaller ones are magnified over ten times, into a blur.
    pub const LEAST_AREA: f64 = 0.01;
    /// A corner is the more so the larger the triangle with its neighbours; this is a tenth of what the least area has.
    const LEAST_CORNER: f64 = Self::LEAST_AREA / 10.0;

    /// From the corrected picture back to the uncorrected one, both in shares.
    pub(super) fn origin(&self) -> Projection {
        let corners = self.0.map(|point| (point.x, point.y));
        Projection::from_control_points(CORNERS, corners).expect("a convex area is a projection of the unit square")
    }
}

impl TryFrom<[[f64; 2]; 4]> for Perspective {
    type Error = InvalidPerspective;

    fn try_from(points: [[f64; 2]; 4]) -> Result<Self, InvalidPerspective> {
        let inside = |point: &[f64; 2]| point.iter().all(|share| (0.0..=1.0).contains(share));
        if let Some(index) = points.iter().position(|point| !inside(point)) {
            return Err(InvalidPerspective::Outside(index));
        }
        let [a, b, c, d] = points;
        let area = (cross(a, b, c) + cross(a, c, d)) / 2.0;
        let corners = [cross(d, a, b), cross(a, b, c), cross(b, c, d), cross(c, d, a)];
        // Around the other way all corners have the other sign: a matter of order, not of shape.
        let turn = if area < 0.0 { -1.0 } else { 1.0 };
        if area.abs() < Self::LEAST_AREA && corners.iter().all(|corner| corner * turn > 0.0) {
            return Err(InvalidPerspective::TooSmall);
        }
        if let Some(index) = corners.iter().position(|corner| corner * turn / 2.0 < Self::LEAST_CORNER) {
            return Err(InvalidPerspective::NoCorner(index));
        }
        if area < 0.0 || a[0] + d[0] >= b[0] + c[0] || a[1] + b[1] >= c[1] + d[1] {
            return Err(InvalidPerspective::Order);
        }
        #[expect(clippy::cast_possible_truncation, reason = "shares from 0 to 1 keep seven digits")]
        Ok(Self(points.map(|[x, y]| Point::new(x as f32, y as f32))))
    }
}

/// Twice the area of a triangle; positive if it goes clockwise in the picture (y down).
fn cross(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(points: [[f64; 2]; 4], expect: Option<InvalidPerspective>) {
        assert_eq!(Perspective::try_from(points).err(), expect);
    }

    #[test]
    fn four_points_are_a_perspective_if_they_go_around_from_the_top_left() {
        check([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], None);
        check([[0.2, 0.1], [0.8, 0.2], [1.0, 0.9], [0.0, 1.0]], None);
        check([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], Some(InvalidPerspective::NoCorner(2)));
        check([[0.0, 0.0], [1.0, 0.0], [0.3, 0.3], [0.0, 1.0]], Some(InvalidPerspective::NoCorner(2)));
        check([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]], Some(InvalidPerspective::Order));
        check([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]], Some(InvalidPerspective::Order));
        check([[0.5, 0.5], [0.55, 0.5], [0.55, 0.55], [0.5, 0.55]], Some(InvalidPerspective::TooSmall));
        check([[0.0, 0.0], [1.0, 0.0], [1.0, 1080.0], [0.0, 1.0]], Some(InvalidPerspective::Outside(2)));
    }
}
