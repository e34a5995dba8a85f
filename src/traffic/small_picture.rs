//! The part of a picture around the zone, shrunk to some thousand grey values.

use image::RgbImage;

use super::grid::Grid;

/// Brightness in 0 to 255, row by row.
#[derive(Debug, Clone, Default)]
pub(super) struct SmallPicture {
    width: usize,
    values: Vec<f32>,
}

/// Each small pixel is the mean of this many points across and down: enough to take the sensor's noise away.
const POINTS: usize = 2;
/// Below this mean brightness, or this difference between the darkest and the brightest part, nothing can be told: a sensor
/// without light gives 0, or 16 where its range was not expanded, and some noise.
const LEAST_BRIGHTNESS: f32 = 17.0;
const LEAST_RANGE: f32 = 14.0;

impl SmallPicture {
    /// What `grid` covers of `image`.
    pub(super) fn of(image: &RgbImage, grid: &Grid) -> Self {
        let (width, height) = (grid.small_width(), grid.small_height());
        let places = |count: usize, start: f32, step: f32, most: u32| -> Vec<usize> {
            let last = most.saturating_sub(1) as usize;
            let place = |n: usize| (start + (n as f32 + 0.5) * step / POINTS as f32).max(0.0) as usize;
            (0..count * POINTS).map(|n| place(n).min(last)).collect()
        };
        let columns = places(width, grid.left(), grid.small_step(), image.width());
        let rows = places(height, grid.top(), grid.small_step(), image.height());
        let (pixels, stride) = (image.as_raw().as_slice(), image.width() as usize * 3);
        let mut sums = vec![0_u16; width * height];
        for (row, y) in rows.iter().enumerate() {
            let from = &pixels[(y * stride).min(pixels.len())..];
            let line = &mut sums[row / POINTS * width..][..width];
            for (sum, places) in line.iter_mut().zip(columns.chunks_exact(POINTS)) {
                // Green stands for brightness, of which it is the largest part; looking at one channel is cheap.
                *sum += places.iter().map(|x| from.get(x * 3 + 1).map_or(0, |green| u16::from(*green))).sum::<u16>();
            }
        }
        let points = (POINTS * POINTS) as f32;
        Self { width, values: sums.into_iter().map(|sum| f32::from(sum) / points).collect() }
    }

    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        self.values.get(y * self.width + x).copied().unwrap_or(0.0)
    }

    /// Whether there is anything to be seen in it.
    pub(super) fn shows_something(&self) -> bool {
        let (mut sum, mut least, mut most) = (0.0, f32::MAX, f32::MIN);
        for value in &self.values {
            sum += value;
            (least, most) = (least.min(*value), most.max(*value));
        }
        sum / self.values.len().max(1) as f32 >= LEAST_BRIGHTNESS && most - least >= LEAST_RANGE
    }
}
