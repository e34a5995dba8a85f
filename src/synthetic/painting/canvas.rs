//! Setting painted sheets into a picture, in perspective.

use image::RgbImage;

use crate::geometry::Point;

use super::super::view::{Face, FaceMatrix, View};
use super::texture::{Texel, Texture};

/// A picture while it is painted.
#[derive(Debug)]
pub struct Canvas<'a> {
    /// The camera that takes it.
    pub view: &'a View,
    /// The picture.
    pub image: &'a mut RgbImage,
}

/// How a sheet is set into a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coat {
    /// How bright it is: 1 as painted.
    pub light: f32,
    /// How much of what was there before it hides, 0 to 1.
    pub cover: f32,
    /// How carefully.
    pub care: Care,
}

/// How many points of a pixel are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// One.
    Usual,
    /// Four: for characters, which must be neither jagged nor softer than a lens makes them.
    Fine,
}

impl Canvas<'_> {
    /// Sets `texture` on `face`.
    pub fn set(&mut self, texture: &Texture, face: &Face, coat: Coat) {
        let outline = self.view.outline(face);
        let Some(matrix) = self.view.matrix(face) else { return };
        if outline.len() < 3 || coat.cover <= 0.0 {
            return;
        }
        let (width, height) = self.image.dimensions();
        let (top, bottom) = range(outline.iter().map(|point| point.y), height);
        let dots = texture.dots_per_m * self.view.metres_per_px();
        let brush = Brush { texture, matrix, coat, view: self.view, dots };
        for row in top..bottom {
            let Some((left, right)) = span(&outline, row as f32, width) else { continue };
            let start = (row * width + left) as usize * 3;
            let end = (row * width + right) as usize * 3;
            let bytes: &mut [u8] = self.image;
            let pixels = &mut bytes[start..end];
            match coat.care {
                Care::Usual => brush.row(pixels, left, row),
                Care::Fine => brush.fine_row(pixels, left, row),
            }
        }
    }
}

struct Brush<'a> {
    texture: &'a Texture,
    matrix: FaceMatrix,
    coat: Coat,
    view: &'a View,
    /// How many dots of the sheet a pixel covers a metre ahead.
    dots: f32,
}

impl Brush<'_> {
    fn row(&self, pixels: &mut [u8], left: u32, row: u32) {
        let (mut at, step) = self.start(Point::new(left as f32 + 0.5, row as f32 + 0.5));
        let light = (self.coat.light * 256.0) as u32;
        for pixel in pixels.chunks_exact_mut(3) {
            if let Some(texel) = self.texel(at, 1.0) {
                lay(pixel, texel, light, self.coat.cover);
            }
            at = [at[0] + step[0], at[1] + step[1], at[2] + step[2]];
        }
    }

    /// Four points of every pixel.
    fn fine_row(&self, pixels: &mut [u8], left: u32, row: u32) {
        let light = (self.coat.light * 256.0) as u32;
        for (pixel, column) in pixels.chunks_exact_mut(3).zip(left..) {
            let mut sums = [0_u32; 4];
            for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                let (at, _) = self.start(Point::new(column as f32 + dx, row as f32 + dy));
                let Some(texel) = self.texel(at, 0.5) else { continue };
                for (sum, value) in sums.iter_mut().zip([texel[0], texel[1], texel[2], 255]) {
                    *sum += u32::from(value) * u32::from(texel[3]);
                }
            }
            if sums[3] > 0 {
                let cover = sums[3] / 255;
                let mean = |sum: u32| (sum / cover.max(1)).min(255) as u8;
                lay(pixel, [mean(sums[0]), mean(sums[1]), mean(sums[2]), (cover / 4) as u8], light, self.coat.cover);
            }
        }
    }

    /// The matrix applied to a point of the picture, and what one pixel to the right adds.
    #[inline]
    fn start(&self, point: Point) -> ([f32; 3], [f32; 3]) {
        let ray = self.view.ray(point);
        let next = self.view.ray(Point::new(point.x + 1.0, point.y));
        let at = self.matrix.map(|row| row[0] * ray[0] + row[1] * ray[1] + row[2] * ray[2]);
        (at, self.matrix.map(|row| row[0] * (next[0] - ray[0])))
    }

    #[inline]
    fn texel(&self, at: [f32; 3], pixels: f32) -> Option<Texel> {
        if at[2] <= 0.0 {
            return None;
        }
        let distance = 1.0 / at[2];
        let (across, up) = (at[0] * distance, at[1] * distance);
        if !(0.0..=1.0).contains(&across) || !(0.0..=1.0).contains(&up) {
            return None;
        }
        let dots = distance * self.dots * pixels;
        Some(self.texture.sample(across, 1.0 - up, dots))
    }
}

/// Lays a colour over a pixel; `light` in 256ths.
#[inline]
fn lay(pixel: &mut [u8], texel: Texel, light: u32, cover: f32) {
    let cover = (f32::from(texel[3]) * cover * (256.0 / 255.0)) as u32;
    if cover == 256 && light == 256 {
        pixel.copy_from_slice(&texel[..3]);
        return;
    }
    for (below, over) in pixel.iter_mut().zip(texel) {
        let lit = ((u32::from(over) * light) >> 8).min(255);
        *below = ((u32::from(*below) * (256 - cover) + lit * cover) >> 8) as u8;
    }
}

/// Whole pixels from the least to the greatest value, within a picture.
fn range(values: impl Iterator<Item = f32>, limit: u32) -> (u32, u32) {
    let (least, most) = values.fold((f32::MAX, f32::MIN), |(least, most), v| (least.min(v), most.max(v)));
    (least.floor().clamp(0.0, limit as f32) as u32, most.ceil().clamp(0.0, limit as f32) as u32)
}

/// The columns of an outline in one row of pixels.
fn span(outline: &[Point], row: f32, width: u32) -> Option<(u32, u32)> {
    let (mut least, mut most) = (f32::MAX, f32::MIN);
    for (index, from) in outline.iter().enumerate() {
        let to = outline[(index + 1) % outline.len()];
        let (above, below) = (from.y.min(to.y), from.y.max(to.y));
        if below < row || above > row + 1.0 {
            continue;
        }
        for edge in [row, row + 1.0] {
            let share = if below > above { ((edge - from.y) / (to.y - from.y)).clamp(0.0, 1.0) } else { 0.0 };
            let x = from.x + (to.x - from.x) * share;
            (least, most) = (least.min(x), most.max(x));
        }
        if below <= above {
            (least, most) = (least.min(to.x), most.max(to.x));
        }
    }
    let (left, right) = range([least, most].into_iter(), width);
    (least <= most && left < right).then_some((left, right))
}
