//! A pinhole camera and painting on flat surfaces in front of it, with smooth edges.

use image::{Rgb, RgbImage};

use crate::geometry::{BoundingBox, Point};

/// Width of every picture.
pub const WIDTH_PX: u32 = 1280;
/// Height of every picture.
pub const HEIGHT_PX: u32 = 720;
/// Focal length: 52 degrees of view from left to right, an ordinary gate camera.
pub const FOCAL_PX: f32 = 1300.0;
/// How high the camera is above the road.
pub const CAMERA_HEIGHT_M: f32 = 2.2;
/// Where the horizon is: the camera looks down a little.
pub const HORIZON_PX: f32 = 220.0;

const CENTRE_X_PX: f32 = 640.0;

/// A colour.
pub type Colour = Rgb<u8>;

/// An upright flat surface. Its own coordinates: metres right of and above its origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// Metres right of the camera.
    right: f32,
    /// Metres above the camera.
    up: f32,
    /// Metres ahead of the camera.
    ahead: f32,
    sin: f32,
    cos: f32,
}

impl Plane {
    /// A surface on the road, its origin `right` and `ahead` of the camera, its right edge turned away by `yaw` radians.
    #[must_use]
    pub fn on_road(right: f32, ahead: f32, yaw: f32) -> Self {
        Self { right, up: -CAMERA_HEIGHT_M, ahead, sin: yaw.sin(), cos: yaw.cos() }
    }

    /// The picture itself, for what a camera writes over it: "metres" are pixels, from the bottom left.
    #[must_use]
    pub fn screen() -> Self {
        let up = HORIZON_PX - HEIGHT_PX as f32;
        Self { right: -CENTRE_X_PX, up, ahead: FOCAL_PX, sin: 0.0, cos: 1.0 }
    }

    /// Where a point of the surface is in the picture.
    #[must_use]
    pub fn project(&self, on_surface: Point) -> Point {
        let ahead = self.ahead + on_surface.x * self.sin;
        let scale = FOCAL_PX / ahead;
        Point::new(
            CENTRE_X_PX + (self.right + on_surface.x * self.cos) * scale,
            HORIZON_PX - (self.up + on_surface.y) * scale,
        )
    }

    /// Which point of the surface a point of the picture shows, and how many pixels a metre has there.
    fn unproject(&self, in_picture: Point) -> Option<(Point, f32)> {
        let (dx, dy) = ((in_picture.x - CENTRE_X_PX) / FOCAL_PX, (HORIZON_PX - in_picture.y) / FOCAL_PX);
        let distance = (self.ahead * self.cos - self.right * self.sin) / (self.cos - dx * self.sin);
        let along = (dx * distance - self.right) * self.cos + (distance - self.ahead) * self.sin;
        (distance > 0.1).then(|| (Point::new(along, dy * distance - self.up), FOCAL_PX / distance))
    }

    /// How many pixels a metre has at the surface's origin.
    #[must_use]
    pub fn px_per_m(&self) -> f32 {
        FOCAL_PX / self.ahead
    }
}

/// A picture being painted on one surface after the other.
#[derive(Debug)]
pub struct Canvas {
    /// The picture.
    pub image: RgbImage,
}

impl Canvas {
    /// Paints `area` of a surface: `paint` says colour and cover (0 to 1) at a point, given the pixels per metre there.
    pub fn paint(&mut self, plane: &Plane, area: BoundingBox, paint: impl Fn(Point, f32) -> (Colour, f32)) {
        let corners =
            [(area.left, area.top), (area.right, area.top), (area.right, area.bottom), (area.left, area.bottom)];
        let seen = BoundingBox::around(&corners.map(|(x, y)| plane.project(Point::new(x, y))));
        let (columns, rows) = (pixels(seen.left, seen.right, WIDTH_PX), pixels(seen.top, seen.bottom, HEIGHT_PX));
        for row in rows {
            for column in columns.clone() {
                let Some((at, px_per_m)) = plane.unproject(pixel_centre(column, row)) else { continue };
                let (colour, cover) = paint(at, px_per_m);
                if cover > 0.0 {
                    blend(self.image.get_pixel_mut(column, row), colour, cover.min(1.0));
                }
            }
        }
    }

    /// A rectangle with round corners, in one colour at the top running into another at the bottom.
    pub fn rounded(&mut self, plane: &Plane, area: BoundingBox, radius: f32, [top, bottom]: [Colour; 2]) {
        let (centre, half) = (area.centre(), Point::new(area.width() / 2.0 - radius, area.height() / 2.0 - radius));
        let outline = |p: Point| {
            let (dx, dy) = ((p.x - centre.x).abs() - half.x, (p.y - centre.y).abs() - half.y);
            dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius
        };
        // Heights on a surface grow upwards, so a box's `bottom` is its upper edge.
        let colour = |p: Point| mix(bottom, top, (p.y - area.top) / area.height());
        self.paint(plane, area, |p, px_per_m| (colour(p), 0.5 - outline(p) * px_per_m));
    }
}

/// An area of a surface: from `left` to `right`, from `low` up to `high`, in metres.
#[must_use]
pub fn area(left: f32, right: f32, low: f32, high: f32) -> BoundingBox {
    BoundingBox { left, right, top: low, bottom: high }
}

/// The colour `share` of the way from `a` to `b`.
#[must_use]
pub fn mix(a: Colour, b: Colour, share: f32) -> Colour {
    let mut mixed = a;
    blend(&mut mixed, b, share.clamp(0.0, 1.0));
    mixed
}

/// The middle of a pixel.
#[must_use]
pub fn pixel_centre(column: u32, row: u32) -> Point {
    Point::new(column as f32 + 0.5, row as f32 + 0.5)
}

fn blend(under: &mut Colour, over: Colour, cover: f32) {
    for (below, above) in under.0.iter_mut().zip(over.0) {
        *below = (f32::from(*below) * (1.0 - cover) + f32::from(above) * cover).round() as u8;
    }
}

fn pixels(from: f32, to: f32, limit: u32) -> std::ops::Range<u32> {
    let clamp = |value: f32| value.clamp(0.0, limit as f32) as u32;
    clamp(from.floor())..clamp(to.ceil())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_of_a_turned_surface_is_found_again_in_the_picture() {
        let plane = Plane::on_road(-1.0, 6.0, 0.15);
        for point in [Point::new(0.0, 0.0), Point::new(-1.2, 2.6), Point::new(0.9, 0.5)] {
            let (found, _) = plane.unproject(plane.project(point)).expect("it is before the camera");
            assert!(found.distance(point) < 1e-4, "{found:?} instead of {point:?}");
        }
    }

    #[test]
    fn the_screen_is_measured_in_pixels_from_the_bottom_left() {
        assert_eq!(Plane::screen().project(Point::new(10.0, 700.0)), Point::new(10.0, 20.0));
    }
}
