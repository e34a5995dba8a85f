//! Lens and perspective: for each pixel of the corrected picture the place between four pixels where it was.

use image::RgbImage;

use super::placement::Placement;
use super::view::View;
use crate::geometry::Point;

/// One entry for each pixel of the corrected picture, row by row. 16 MiB for full HD.
#[derive(Debug, Clone)]
pub(super) struct Remap {
    places: Vec<Place>,
}

/// A place between four pixels of the camera's picture.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The upper left of them, counted row by row; [`BESIDE`], which no picture has, if the place is beside the picture.
    upper_left: u32,
    /// How far it is to the right of them and below, in parts of [`WHOLE`].
    right: u8,
    down: u8,
}

/// Beside the picture there is nothing to see.
const BESIDE: u32 = u32::MAX;
/// A pixel in parts: finer than what 8-bit brightness shows on the steepest edge.
const WHOLE: u8 = 128;

impl Remap {
    /// For uncorrected pictures of this size. `None` where there is nothing to straighten: no lens and no perspective, or
    /// a picture of less than two pixels across or down.
    pub(super) fn new(view: &View, size: (u32, u32), placement: &Placement) -> Option<Self> {
        let changes = !view.lens.is_straight() || view.perspective.is_some();
        if !changes || size.0 < 2 || size.1 < 2 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "no picture is 2^24 pixels wide")]
        let (width, height) = (size.0 as f32, size.1 as f32);
        let perspective = view.perspective.map(|perspective| perspective.origin());
        let origin = |x: u32, y: u32| {
            let (x, y) = placement.origin(x, y);
            #[expect(clippy::cast_precision_loss, reason = "no picture is 2^24 pixels wide")]
            let centre = (x as f32 + 0.5, y as f32 + 0.5);
            let (x, y) = match perspective {
                Some(projection) => {
                    let (x, y) = projection * (centre.0 / width, centre.1 / height);
                    (x * width, y * height)
                }
                None => centre,
            };
            let seen = view.lens.seen_at(Point::new(x, y), (width, height));
            Point::new(seen.x - 0.5, seen.y - 0.5)
        };
        let (columns, rows) = placement.size();
        let places = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y)));
        Some(Self { places: places.map(|(x, y)| Place::of(origin(x, y), size)).collect() })
    }

    /// The corrected picture, of this size. `image` has the size that this is for.
    pub(super) fn apply(&self, image: &RgbImage, (width, height): (u32, u32)) -> RgbImage {
        let pixels = image.as_raw().as_slice();
        let stride = image.width() as usize * 3;
        let mut corrected = RgbImage::new(width, height);
        for (place, target) in self.places.iter().zip(corrected.as_chunks_mut::<3>().0) {
            *target = place.colour(pixels, stride).unwrap_or_default();
        }
        corrected
    }
}

impl Place {
    /// The place of `point`, counted from the centre of the first pixel, in a picture of at least 2 x 2.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the picture")]
    #[expect(clippy::cast_precision_loss, reason = "no picture is 2^24 pixels wide")]
    fn of(point: Point, (width, height): (u32, u32)) -> Self {
        let along = |at: f32, length: u32| {
            // The half pixel at each edge is as its middle.
            let last = (length - 1) as f32;
            let inside = (-0.5..=last + 0.5).contains(&at);
            let parts = (at.clamp(0.0, last) * f32::from(WHOLE)).round() as u32;
            let first = (parts / u32::from(WHOLE)).min(length - 2);
            inside.then(|| (first, (parts - first * u32::from(WHOLE)) as u8))
        };
        match (along(point.x, width), along(point.y, height)) {
            (Some((x, right)), Some((y, down))) => Self { upper_left: y * width + x, right, down },
            _ => Self { upper_left: BESIDE, right: 0, down: 0 },
        }
    }

    /// The colour between the four pixels, each weighed by how near it is. `None` beside the picture.
    ///
    /// Up to four bytes are mixed at once, in 16 bits each.
    #[inline]
    fn colour(self, pixels: &[u8], stride: usize) -> Option<[u8; 3]> {
        let at = self.upper_left as usize * 3;
        let (upper, lower) = (two_pixels(pixels, at)?, two_pixels(pixels, at + stride)?);
        // Of r g b R G B (the right pixel in capitals) each second byte: r b G, and g R B.
        let even = mixed(upper & BYTES, lower & BYTES, self.down);
        let odd = mixed(upper >> 8 & BYTES, lower >> 8 & BYTES, self.down);
        let left = even & 0xFFFF_FFFF | (odd & 0xFFFF) << 32;
        let right = odd >> 16 & 0xFFFF_FFFF | even & 0xFFFF_0000_0000;
        let [r, _, b, _, g, ..] = mixed(left, right, self.right).to_le_bytes();
        Some([r, g, b])
    }
}

/// Each second byte of eight.
const BYTES: u64 = 0x00FF_00FF_00FF_00FF;

/// The six bytes from `at` on as one number, the first the lowest; what is above them is of no meaning.
#[inline]
fn two_pixels(pixels: &[u8], at: usize) -> Option<u64> {
    let rest = pixels.get(at..)?;
    // Eight are loaded at once, except at the picture's end.
    rest.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes)).or_else(|| {
        let [a, b, c, d, e, f] = *rest.first_chunk::<6>()?;
        Some(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
    })
}

/// From `one` so many parts of the way to `other`, rounded, each of four bytes: 255 times [`WHOLE`] fits in 16 bits.
#[inline]
fn mixed(one: u64, other: u64, parts: u8) -> u64 {
    const HALF: u64 = 0x0040_0040_0040_0040;
    let sum = one * u64::from(WHOLE - parts) + other * u64::from(parts) + HALF;
    (sum >> WHOLE.trailing_zeros()) & BYTES
}
