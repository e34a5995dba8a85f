//! The distortion of a wide lens: lines that are straight at the gate are bent in the picture.

use crate::geometry::Point;

/// Radial distortion after Brown and Conrady, in the form of `OpenCV` ("Camera Calibration and 3D Reconstruction", k1 and
/// k2 of its distortion coefficients): what belongs at distance r from the picture's centre is seen at
/// r · (1 + k1·r² + k2·r⁴).
///
/// Here r is 1 in the picture's corners, whatever its size. `OpenCV` measures r in focal lengths: with f its focal length
/// and d half the picture's diagonal, both in pixels, k1 is `OpenCV`'s k1 · (d/f)², and k2 is `OpenCV`'s k2 · (d/f)⁴. Its
/// principal point is taken for the centre. A negative k1 undoes the barrel of a wide lens.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Lens {
    k1: f64,
    k2: f64,
}

/// Why two numbers are no lens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLens {
    /// One of them is not in [`Lens::RANGE`].
    #[error("k1 and k2 are numbers from -1 to 1")]
    OutOfRange,
    /// Going outwards the picture would turn back on itself.
    #[error("these two together fold the picture over")]
    Folds,
}

impl Lens {
    /// What k1 and k2 may be. The widest lens that is not a fisheye has a k1 of about -0.5.
    pub const RANGE: std::ops::RangeInclusive<f64> = -1.0..=1.0;

    /// A lens of these coefficients.
    ///
    /// # Errors
    /// When no lens is like that.
    pub fn new(k1: f64, k2: f64) -> Result<Self, InvalidLens> {
        let lens = Self { k1, k2 };
        if !(Self::RANGE.contains(&k1) && Self::RANGE.contains(&k2)) {
            Err(InvalidLens::OutOfRange)
        } else if lens.folds() {
            Err(InvalidLens::Folds)
        } else {
            Ok(lens)
        }
    }

    /// Whether it changes nothing.
    pub(super) fn is_straight(self) -> bool {
        self == Self::default()
    }

    /// Where in the camera's picture, of this width and height in pixels, that is seen which belongs at `point`.
    #[expect(clippy::cast_possible_truncation, reason = "a thousandth of a pixel is enough")]
    pub(super) fn seen_at(self, point: Point, (width, height): (f32, f32)) -> Point {
        let (centre_x, centre_y) = (width / 2.0, height / 2.0);
        let (x, y) = (f64::from(point.x - centre_x), f64::from(point.y - centre_y));
        let corner_squared = f64::from(centre_x * centre_x + centre_y * centre_y);
        let r2 = (x * x + y * y) / corner_squared;
        let factor = 1.0 + r2 * (self.k1 + r2 * self.k2);
        Point::new(centre_x + (x * factor) as f32, centre_y + (y * factor) as f32)
    }

    /// Whether r · (1 + k1·r² + k2·r⁴) falls anywhere from 0 to 1: its slope is 1 + 3·k1·s + 5·k2·s² with s = r².
    fn folds(self) -> bool {
        let slope = |s: f64| 1.0 + s * (3.0 * self.k1 + s * 5.0 * self.k2);
        let lowest = -3.0 * self.k1 / (10.0 * self.k2);
        let inside = (0.0..=1.0).contains(&lowest);
        slope(1.0) <= 0.0 || (inside && slope(lowest) <= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lens_that_folds_the_picture_is_none() {
        assert!(Lens::new(0.0, 0.0).is_ok_and(Lens::is_straight));
        assert!(Lens::new(-0.25, 0.05).is_ok());
        assert_eq!(Lens::new(-0.5, 0.0), Err(InvalidLens::Folds), "it turns back before the corner");
        assert_eq!(Lens::new(-0.9, 0.35), Err(InvalidLens::Folds), "it turns back and comes again");
        assert_eq!(Lens::new(-250.0, 0.0), Err(InvalidLens::OutOfRange));
        assert_eq!(Lens::new(f64::NAN, 0.0), Err(InvalidLens::OutOfRange));
    }

    #[test]
    fn a_corner_is_at_distance_one() {
        let lens = Lens::new(-0.2, 0.1).expect("it is a lens");
        let seen = lens.seen_at(Point::new(0.0, 0.0), (1600.0, 1200.0));
        assert!(seen.distance(Point::new(80.0, 60.0)) < 1e-3, "a tenth of the way to the centre: {seen:?}");
    }
}
