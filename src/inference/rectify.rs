//! Cutting a quadrilateral out of a frame as an upright rectangle (perspective warp, bilinear, area-averaged when it
//! shrinks).

use image::RgbImage;

use super::manifest::Margins;
use crate::geometry::{Point, Quad};

/// At most this many samples per side are averaged for one pixel; a plate larger than 8 times its target is a portrait.
const MAX_SAMPLES: f32 = 8.0;

/// The content of `quad` (pixels of `image`) as `width` by `height` pixels. What lies outside of the image repeats its
/// edge.
#[must_use]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixel sizes")]
pub fn rectify(image: &RgbImage, quad: &Quad, width: u32, height: u32) -> RgbImage {
    let warp = Warp::from_unit_square(quad);
    let samples_x = (quad.width() / width as f32).ceil().clamp(1.0, MAX_SAMPLES) as u32;
    let samples_y = (quad.height() / height as f32).ceil().clamp(1.0, MAX_SAMPLES) as u32;
    let weight = 1.0 / (samples_x * samples_y) as f32;
    RgbImage::from_fn(width, height, |x, y| {
        let mut sum = [0.0_f32; 3];
        for j in 0..samples_y {
            for i in 0..samples_x {
                let u = (x as f32 + (i as f32 + 0.5) / samples_x as f32) / width as f32;
                let v = (y as f32 + (j as f32 + 0.5) / samples_y as f32) / height as f32;
                let pixel = bilinear(image, warp.apply(u, v));
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += value;
                }
            }
        }
        image::Rgb(sum.map(|value| (value * weight).round().clamp(0.0, 255.0) as u8))
    })
}

/// The quad with what is around it, on the plane that the quad is seen on: equal margins look larger where it is nearer.
#[must_use]
pub fn with_margins(quad: &Quad, margins: &Margins) -> Quad {
    let warp = Warp::from_unit_square(quad);
    let (left, right) = (-margins.width, 1.0 + margins.width);
    let (top, bottom) = (margins.down - margins.height, margins.down + 1.0 + margins.height);
    Quad([(left, top), (right, top), (right, bottom), (left, bottom)].map(|(u, v)| warp.apply(u, v)))
}

/// A projective map from the unit square (Heckbert 1989, "Fundamentals of Texture Mapping", section 2.2.3).
struct Warp([f32; 8]);

impl Warp {
    fn from_unit_square(quad: &Quad) -> Self {
        let [p0, p1, p2, p3] = quad.0;
        let (sx, sy) = (p0.x - p1.x + p2.x - p3.x, p0.y - p1.y + p2.y - p3.y);
        let (dx1, dx2) = (p1.x - p2.x, p3.x - p2.x);
        let (dy1, dy2) = (p1.y - p2.y, p3.y - p2.y);
        let denominator = dx1 * dy2 - dx2 * dy1;
        // A quad without area has no perspective; the affine map repeats its line, and nothing is legible in it.
        let (g, h) = if denominator.abs() < f32::EPSILON {
            (0.0, 0.0)
        } else {
            ((sx * dy2 - dx2 * sy) / denominator, (dx1 * sy - sx * dy1) / denominator)
        };
        Self([
            p1.x - p0.x + g * p1.x,
            p3.x - p0.x + h * p3.x,
            p0.x,
            p1.y - p0.y + g * p1.y,
            p3.y - p0.y + h * p3.y,
            p0.y,
            g,
            h,
        ])
    }

    fn apply(&self, u: f32, v: f32) -> Point {
        let [a, b, c, d, e, f, g, h] = self.0;
        let w = g * u + h * v + 1.0;
        Point::new((a * u + b * v + c) / w, (d * u + e * v + f) / w)
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixel sizes")]
fn bilinear(image: &RgbImage, at: Point) -> [f32; 3] {
    let clamp = |value: f32, size: u32| (value - 0.5).clamp(0.0, (size.max(1) - 1) as f32);
    let (x, y) = (clamp(at.x, image.width()), clamp(at.y, image.height()));
    let (x0, y0) = (x as u32, y as u32);
    let (x1, y1) = ((x0 + 1).min(image.width() - 1), (y0 + 1).min(image.height() - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let [a, b, c, d] = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|(x, y)| image.get_pixel(x, y).0);
    std::array::from_fn(|i| {
        let top = f32::from(a[i]) * (1.0 - fx) + f32::from(b[i]) * fx;
        let bottom = f32::from(c[i]) * (1.0 - fx) + f32::from(d[i]) * fx;
        top * (1.0 - fy) + bottom * fy
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::BoundingBox;

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    fn an_upright_box_at_its_own_size_is_a_plain_cut() {
        let image = RgbImage::from_fn(20, 10, |x, y| image::Rgb([x as u8 * 10, y as u8 * 10, 0]));
        let quad = Quad::from_box(BoundingBox { left: 3.0, top: 2.0, right: 9.0, bottom: 6.0 });
        let cut = rectify(&image, &quad, 6, 4);
        for (x, y, pixel) in cut.enumerate_pixels() {
            assert_eq!(pixel, image.get_pixel(x + 3, y + 2));
        }
    }

    #[test]
    fn a_quad_turned_by_a_quarter_is_turned_back() {
        let mut image = RgbImage::new(4, 4);
        image.put_pixel(3, 0, image::Rgb([255, 0, 0]));
        // The text's top left is the image's top right: the text runs downwards.
        let quad = Quad([Point::new(4.0, 0.0), Point::new(4.0, 4.0), Point::new(0.0, 4.0), Point::new(0.0, 0.0)]);
        assert_eq!(rectify(&image, &quad, 4, 4).get_pixel(0, 0).0, [255, 0, 0]);
    }

    #[test]
    fn margins_are_shares_of_the_plate_and_follow_its_perspective() {
        let plate = Quad::from_box(BoundingBox { left: 10.0, top: 20.0, right: 110.0, bottom: 60.0 });
        let grown = with_margins(&plate, &Margins { width: 0.04, height: 0.1, down: 0.05 });
        let expected = Quad::from_box(BoundingBox { left: 6.0, top: 18.0, right: 114.0, bottom: 66.0 });
        for (found, expected) in grown.0.iter().zip(expected.0) {
            assert!(found.distance(expected) < 1e-3, "{grown:?}");
        }
        // Its right side is nearer: the margin there is wider, and edges stay straight.
        let turned = Quad([(0.0, 10.0), (80.0, 0.0), (80.0, 60.0), (0.0, 50.0)].map(|(x, y)| Point::new(x, y)));
        let [a, b, c, d] = with_margins(&turned, &Margins { width: 0.1, height: 0.0, down: 0.0 }).0;
        assert!(b.x - 80.0 > 0.0 - a.x && (b.y - a.y) / (b.x - a.x) + 0.125 < 1e-3, "{b:?}");
        assert!((a.x - d.x).abs() < 1e-3 && (b.x - c.x).abs() < 1e-3);
    }

    #[test]
    fn corners_outside_and_quads_without_area_do_no_harm() {
        let image = RgbImage::from_pixel(5, 5, image::Rgb([9, 9, 9]));
        for quad in [[-50.0, -50.0, 50.0, 50.0], [2.0, 2.0, 2.0, 2.0], [f32::NAN, 0.0, 1.0, 1.0]] {
            let [left, top, right, bottom] = quad;
            let cut = rectify(&image, &Quad::from_box(BoundingBox { left, top, right, bottom }), 8, 4);
            assert_eq!(cut.dimensions(), (8, 4));
        }
    }
}
