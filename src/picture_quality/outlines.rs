//! The outlines of a scene in a small picture: what stays when the light changes.

use image::RgbImage;

use super::luma;

/// How strong the brightness changes at each point of a picture that is [`WIDTH`](Self::WIDTH) wide, relative to the
/// picture's mean. Row by row from the top left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outlines {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

/// Each small pixel is the mean of this many points across and down.
const POINTS: usize = 4;
/// A picture is compared if it is at least this high when it is small; lower ones have no room for shifts.
const LEAST_HEIGHT: usize = 48;
/// Portrait pictures are compared in their upper part; sums of a shift stay within 32 bits.
const MOST_HEIGHT: usize = 200;

impl Outlines {
    /// A point is then 12 pixels of full HD: larger than shaking in the wind, smaller than a lane's markings.
    pub(super) const WIDTH: usize = 160;

    /// The outlines in a picture; `None` in one that is too small or too low.
    pub(super) fn of(image: &RgbImage) -> Option<Self> {
        let (full_width, full_height) = (image.width() as usize, image.height() as usize);
        let (width, height) = (Self::WIDTH, full_height * Self::WIDTH / full_width.max(1));
        if full_width < width || height < LEAST_HEIGHT {
            return None;
        }
        let small = shrunk(image, width, height);
        Some(Self::relative(width - 2, height.min(MOST_HEIGHT) - 2, &small))
    }

    /// The square root keeps a lamp from outweighing everything else; relative to the mean, day and dusk are alike.
    fn relative(width: usize, height: usize, small: &[f32]) -> Self {
        let stride = width + 2;
        let slope = |x: usize, y: usize| {
            let at = |x: usize, y: usize| small[y * stride + x];
            let across = at(x + 2, y + 1) - at(x, y + 1);
            let down = at(x + 1, y + 2) - at(x + 1, y);
            across.hypot(down).sqrt()
        };
        let mut values: Vec<f32> = (0..height).flat_map(|y| (0..width).map(move |x| slope(x, y))).collect();
        #[expect(clippy::cast_precision_loss, reason = "there are at most 160 x 200")]
        let mean = values.iter().sum::<f32>() / values.len().max(1) as f32;
        let scale = if mean > 0.0 { 1.0 / mean } else { 0.0 };
        values.iter_mut().for_each(|value| *value *= scale);
        Self { width, height, values }
    }

    /// Whether the two can be compared point by point.
    pub(super) fn has_size_of(&self, other: &Self) -> bool {
        (self.width, self.height) == (other.width, other.height)
    }

    /// Moves every value the `share` of the way to that of `other`, which has the same size.
    pub(super) fn approach(&mut self, other: &Self, share: f32) {
        for (value, target) in self.values.iter_mut().zip(&other.values) {
            *value += (target - *value) * share;
        }
    }
}

/// Brightness in a grid over the picture, each cell the mean of a few points.
fn shrunk(image: &RgbImage, width: usize, height: usize) -> Vec<f32> {
    let places = |cells: usize, length: u32| -> Vec<u32> {
        let count = cells * POINTS;
        let place = |n: usize| n * length as usize / count;
        (0..count).map(|n| u32::try_from(place(n)).unwrap_or(0)).collect()
    };
    let (columns, rows) = (places(width, image.width()), places(height, image.height()));
    let mut small = vec![0.0; width * height];
    for (row, y) in rows.iter().enumerate() {
        let line = &mut small[row / POINTS * width..][..width];
        for (cell, points) in line.iter_mut().zip(columns.chunks(POINTS)) {
            let sum: u16 = points.iter().map(|x| u16::from(luma(*image.get_pixel(*x, *y)))).sum();
            *cell += f32::from(sum);
        }
    }
    small
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn outlines_do_not_depend_on_light_or_on_the_pictures_size() {
        let scene = |factor: u32, bright: u8| {
            RgbImage::from_fn(320 * factor, 180 * factor, |x, y| {
                Rgb([if x / factor / 16 % 2 == y / factor / 12 % 2 { bright } else { bright / 2 }; 3])
            })
        };
        let day = Outlines::of(&scene(4, 200)).expect("it is large enough");
        for other in [scene(4, 100), scene(2, 200)] {
            let other = Outlines::of(&other).expect("it is large enough");
            assert!(day.has_size_of(&other));
            let largest = day.values.iter().zip(&other.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(largest < 0.5, "{largest}");
        }
    }

    #[test]
    fn small_and_flat_pictures_are_told_apart_from_scenes() {
        assert!(Outlines::of(&RgbImage::new(0, 0)).is_none());
        assert!(Outlines::of(&RgbImage::new(100, 100)).is_none());
        assert!(Outlines::of(&RgbImage::new(1000, 100)).is_none());
        assert!(Outlines::of(&RgbImage::new(200, 4000)).expect("it is large").values.iter().all(|v| *v == 0.0));
    }
}
