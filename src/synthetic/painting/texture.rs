//! A painted sheet in several sizes, so that it can be set into a picture at any distance without shimmer.

/// Red, green, blue and cover, each 0 to 255.
pub type Texel = [u8; 4];

/// The sheet, and halves of it down to a dot.
#[derive(Debug, Clone)]
pub struct Texture {
    levels: Vec<Level>,
    /// Dots a metre of the finest level.
    pub dots_per_m: f32,
}

#[derive(Debug, Clone)]
struct Level {
    width: usize,
    height: usize,
    texels: Vec<Texel>,
}

impl Texture {
    /// A sheet of `width` dots a row, the uppermost row first.
    #[must_use]
    pub fn new(width: usize, texels: Vec<Texel>, dots_per_m: f32) -> Self {
        let height = texels.len() / width.max(1);
        let mut levels = vec![Level { width, height, texels }];
        while let Some(half) = levels.last().and_then(Level::half) {
            levels.push(half);
        }
        Self { levels, dots_per_m }
    }

    /// What is at `across` and `down` (0 to 1 of the sheet) for a pixel that covers `dots` dots of the finest level.
    #[must_use]
    #[inline]
    pub fn sample(&self, across: f32, down: f32, dots: f32) -> Texel {
        // The exponent of a number is the whole part of its binary logarithm; a shade above, so that a level serves up to 1.4.
        let exponent = ((dots.max(1.0) * std::f32::consts::SQRT_2).to_bits() >> 23) as usize - 127;
        let level = &self.levels[exponent.min(self.levels.len() - 1)];
        level.between(across * level.width as f32 - 0.5, down * level.height as f32 - 0.5)
    }
}

impl Level {
    fn half(&self) -> Option<Self> {
        let (width, height) = (self.width / 2, self.height / 2);
        if width == 0 || height == 0 {
            return None;
        }
        let mut texels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)]
                    .map(|(dx, dy)| self.texels[(2 * y + dy) * self.width + 2 * x + dx]);
                let mean = |channel: usize| (four.iter().map(|texel| u32::from(texel[channel])).sum::<u32>() + 2) / 4;
                texels.push([0, 1, 2, 3].map(|channel| mean(channel) as u8));
            }
        }
        Some(Self { width, height, texels })
    }

    /// Between the four dots around `x`, `y`; the outermost dots go on beyond the edge.
    #[inline]
    fn between(&self, x: f32, y: f32) -> Texel {
        let (x, y) = (x.clamp(0.0, (self.width - 1) as f32), y.clamp(0.0, (self.height - 1) as f32));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        // In 256ths: whole numbers are quicker, and no eye sees the difference.
        let (fx, fy) = (((x - left as f32) * 256.0) as u32, ((y - top as f32) * 256.0) as u32);
        let (lower_right, upper_right, lower_left) = ((fx * fy) >> 8, (fx * (256 - fy)) >> 8, ((256 - fx) * fy) >> 8);
        let upper_left = 256 - lower_right - upper_right - lower_left;
        let (above, below) = (top * self.width, bottom * self.width);
        let four = [
            (self.texels[above + left], upper_left),
            (self.texels[above + right], upper_right),
            (self.texels[below + left], lower_left),
            (self.texels[below + right], lower_right),
        ];
        // Two channels in one number: 255 times 256 leaves the other alone.
        let (mut even, mut odd) = (0_u32, 0_u32);
        for (texel, weight) in four {
            let both = u32::from_le_bytes(texel);
            even += (both & PAIR) * weight;
            odd += ((both >> 8) & PAIR) * weight;
        }
        (((even >> 8) & PAIR) | (odd & !PAIR)).to_le_bytes()
    }
}

/// Every other byte of four.
const PAIR: u32 = 0x00ff_00ff;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_sheet_has_the_mean_of_its_colours_and_a_near_one_its_dots() {
        let chess: Vec<Texel> =
            (0..64).map(|i| if (i + i / 8) % 2 == 0 { [0, 0, 0, 255] } else { [200, 200, 200, 255] }).collect();
        let texture = Texture::new(8, chess, 100.0);
        assert_eq!(texture.sample(0.5, 0.5, 8.0), [100, 100, 100, 255]);
        assert_eq!(texture.sample(1.0 / 16.0, 1.0 / 16.0, 0.5), [0, 0, 0, 255]);
        assert_eq!(texture.sample(3.0 / 16.0, 1.0 / 16.0, 0.5), [200, 200, 200, 255]);
    }
}
