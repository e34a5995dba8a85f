//! Cutting a quadrilateral out of a frame as an upright rectangle (perspective warp, bilinear, area-averaged when it
//! shrinks).

use image::RgbImage;

use super::manifest::Margins;
use crate::geometry::{Point, Quad};

/// At most this many samples per side are averaged for one pixel; a plate larger than 8 times its target is a portrait.
const MAX_SAMPLES: f32 = 8.0;

/// Red, green, blue and one that counts for nothing: processors take four numbers at once.
const LANES: usize = 4;

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
    let mut sums = vec![[0.0_f32; LANES]; width as usize];
    for (y, row) in (0..height).zip(rectified.chunks_exact_mut(3 * width.max(1) as usize)) {
        sums.fill([0.0; LANES]);
        for v in shares(y, samples_y, height) {
            let down = warp.down(v);
            for (sum, samples) in sums.iter_mut().zip(columns.chunks_exact(samples_x as usize)) {
                for across in samples {
                    let pixel = source.bilinear(source.place(warp.point(across, &down)));
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        let channels = sums.iter().flat_map(|[red, green, blue, _]| [red, green, blue]);
        for (byte, sum) in row.iter_mut().zip(channels) {
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
        let scale = 1.0 / w;
        Point::new(x * scale, y * scale)
    }
}

/// A picture to take pixels from.
struct Source<'a> {
    bytes: &'a [u8],
    width: usize,
    /// The middle of the last pixel, from that of the first.
    last: Point,
    /// Column and row of the last pixel but one.
    last_pair: (u32, u32),
}

/// A pixel, and how far from its middle to the middle of its right and its lower neighbour, 0 to 1.
struct Place {
    column: u32,
    row: u32,
    right: f32,
    down: f32,
}

impl<'a> Source<'a> {
    #[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
    fn new(image: &'a RgbImage) -> Self {
        let (width, height) = (image.width(), image.height());
        let last = Point::new(width.saturating_sub(1) as f32, height.saturating_sub(1) as f32);
        let last_pair = (width.saturating_sub(2), height.saturating_sub(2));
        Self { bytes: image.as_raw(), width: width as usize, last, last_pair }
    }

    /// Where a point lies among the pixels; the nearest of the picture if it is outside.
    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixel sizes"
    )]
    fn place(&self, Point { x, y }: Point) -> Place {
        // `max` first: what is no number is at the edge.
        let (x, y) = ((x - 0.5).max(0.0).min(self.last.x), (y - 0.5).max(0.0).min(self.last.y));
        // The last column and the last row have no neighbour: they are the second of their pair.
        let (column, row) = ((x as u32).min(self.last_pair.0), (y as u32).min(self.last_pair.1));
        Place { column, row, right: x - column as f32, down: y - row as f32 }
    }

    /// The mean of four neighbours.
    #[inline]
    fn bilinear(&self, Place { column, row, right, down }: Place) -> [f32; LANES] {
        let first = 3 * (row as usize * self.width + column as usize);
        let ([a, b], [c, d]) = (self.pair(first), self.pair(first + 3 * self.width));
        let (left, up) = (1.0 - right, 1.0 - down);
        let weights = [left * up, right * up, left * down, right * down];
        std::array::from_fn(|i| a[i] * weights[0] + b[i] * weights[1] + c[i] * weights[2] + d[i] * weights[3])
    }

    /// The pixel that begins at a byte, and the next.
    #[inline]
    fn pair(&self, byte: usize) -> [[f32; LANES]; 2] {
        match self.bytes.get(byte..byte + 7) {
            Some(&[a, b, c, d, e, f, g]) => [[a, b, c, d].map(f32::from), [d, e, f, g].map(f32::from)],
            _ => self.pair_at_the_end(byte),
        }
    }

    /// The same where the picture ends; black behind it.
    #[cold]
    fn pair_at_the_end(&self, byte: usize) -> [[f32; LANES]; 2] {
        [byte, byte + 3].map(|first| std::array::from_fn(|i| self.bytes.get(first + i).copied().map_or(0.0, f32::from)))
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
    fn a_picture_of_one_pixel_is_its_colour_everywhere() {
        let image = RgbImage::from_pixel(1, 1, image::Rgb([9, 99, 199]));
        let quad = Quad::from_box(BoundingBox { left: -3.0, top: 0.0, right: 4.0, bottom: 1.0 });
        assert!(rectify(&image, &quad, 4, 2).pixels().all(|pixel| pixel.0 == [9, 99, 199]));
        let none = rectify(&RgbImage::new(0, 0), &quad, 4, 2);
        assert!(none.pixels().all(|pixel| pixel.0 == [0; 3]));
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
