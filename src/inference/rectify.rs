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
    let source = Source::new(image);
    let samples_x = (quad.width() / width as f32).ceil().clamp(1.0, MAX_SAMPLES) as u32;
    let samples_y = (quad.height() / height as f32).ceil().clamp(1.0, MAX_SAMPLES) as u32;
    let weight = 1.0 / (samples_x * samples_y) as f32;
    let columns: Vec<_> = (0..width).flat_map(|x| shares(x, samples_x, width).map(|u| warp.across(u))).collect();
    let mut rectified = RgbImage::new(width, height);
    let mut sums = vec![[0.0_f32; 3]; width as usize];
    for (y, row) in (0..height).zip(rectified.chunks_exact_mut(3 * width.max(1) as usize)) {
        sums.fill([0.0; 3]);
        for v in shares(y, samples_y, height) {
            let down = warp.down(v);
            for (sum, samples) in sums.iter_mut().zip(columns.chunks_exact(samples_x as usize)) {
                for across in samples {
                    let pixel = source.bilinear(warp.point(across, &down));
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        for (byte, sum) in row.iter_mut().zip(sums.iter().flatten()) {
            // Rounded: it is never negative.
            *byte = (sum * weight + 0.5) as u8;
        }
    }
    rectified
}

/// Where the samples of a pixel lie along a side, as shares of it.
#[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
fn shares(pixel: u32, samples: u32, pixels: u32) -> impl Iterator<Item = f32> {
    (0..samples).map(move |i| (pixel as f32 + (i as f32 + 0.5) / samples as f32) / pixels as f32)
}

/// The quad with what is around it, on the plane that the quad is seen on: equal margins look larger where it is nearer.
#[must_use]
pub fn with_margins(quad: &Quad, margins: &Margins) -> Quad {
    let warp = Warp::from_unit_square(quad);
    let (left, right) = (-margins.width, 1.0 + margins.width);
    let (top, bottom) = (margins.down - margins.height, margins.down + 1.0 + margins.height);
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    Quad(corners.map(|(u, v)| warp.point(&warp.across(u), &warp.down(v))))
}

/// A projective map from the unit square (Heckbert 1989, "Fundamentals of Texture Mapping", section 2.2.3): the shares of u,
/// of v, and of neither in x, in y, and in what both are divided by.
struct Warp([[f32; 3]; 3]);

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
            [p1.x - p0.x + g * p1.x, p3.x - p0.x + h * p3.x, p0.x],
            [p1.y - p0.y + g * p1.y, p3.y - p0.y + h * p3.y, p0.y],
            [g, h, 1.0],
        ])
    }

    /// What u adds, the same for a whole column.
    fn across(&self, u: f32) -> [f32; 3] {
        self.0.map(|[of_u, _, _]| of_u * u)
    }

    /// What v adds, the same for a whole row.
    fn down(&self, v: f32) -> [f32; 3] {
        self.0.map(|[_, of_v, _]| of_v * v)
    }

    #[inline]
    fn point(&self, across: &[f32; 3], down: &[f32; 3]) -> Point {
        let [x, y, w]: [f32; 3] = std::array::from_fn(|i| across[i] + down[i] + self.0[i][2]);
        Point::new(x / w, y / w)
    }
}

/// A picture to take pixels from.
struct Source<'a> {
    bytes: &'a [u8],
    width: usize,
    height: usize,
    /// The middle of the last pixel, from that of the first.
    last: Point,
}

impl<'a> Source<'a> {
    #[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
    fn new(image: &'a RgbImage) -> Self {
        let (width, height) = (image.width(), image.height());
        let last = Point::new(width.saturating_sub(1) as f32, height.saturating_sub(1) as f32);
        Self { bytes: image.as_raw(), width: width as usize, height: height as usize, last }
    }

    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixel sizes"
    )]
    fn bilinear(&self, at: Point) -> [f32; 3] {
        let (x, y) = ((at.x - 0.5).clamp(0.0, self.last.x), (at.y - 0.5).clamp(0.0, self.last.y));
        let (x0, y0) = (x as usize, y as usize);
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let right = if x0 + 1 < self.width { 3 } else { 0 };
        let below = if y0 + 1 < self.height { 3 * self.width } else { 0 };
        let first = 3 * (y0 * self.width + x0);
        let [a, b, c, d] = [first, first + right, first + below, first + below + right].map(|byte| self.pixel(byte));
        std::array::from_fn(|i| {
            let top = a[i] * (1.0 - fx) + b[i] * fx;
            let bottom = c[i] * (1.0 - fx) + d[i] * fx;
            top * (1.0 - fy) + bottom * fy
        })
    }

    /// The pixel that begins at a byte; black in a picture without pixels.
    #[inline]
    fn pixel(&self, byte: usize) -> [f32; 3] {
        match self.bytes.get(byte..byte + 3) {
            Some(&[r, g, b]) => [f32::from(r), f32::from(g), f32::from(b)],
            _ => [0.0; 3],
        }
    }
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
