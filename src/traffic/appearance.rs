//! What a cell looks like, apart from how bright it is.

use super::grid::SMALL;
use super::small_picture::SmallPicture;

/// A cell and one small pixel around it, of which the mean and the even slope are taken out: what is left are its edges and
/// its texture. A cloud, dusk, a camera's exposure and the soft cone of a headlight change mean, slope and contrast, and so
/// nothing that is compared here.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Appearance {
    texture: [f32; AREA],
    /// Root mean square of the texture, in grey levels.
    pub(super) energy: f32,
    /// Mean brightness, 0 to 255.
    pub(super) light: f32,
}

const SIDE: usize = SMALL + 2;
const AREA: usize = SIDE * SIDE;
const MIDDLE: f32 = (SIDE as f32 - 1.0) / 2.0;
/// Sum of the squared distances from the middle over all small pixels, along one axis: 6 × 2 × (0.5² + 1.5² + 2.5²).
const SPREAD: f32 = 105.0;

impl Appearance {
    /// Of the cell whose first small pixel is at `x`, `y`.
    pub(super) fn of(picture: &SmallPicture, x: usize, y: usize) -> Self {
        let mut texture = [0.0; AREA];
        let (mut sum, mut across, mut down) = (0.0, 0.0, 0.0);
        for row in 0..SIDE {
            for column in 0..SIDE {
                // Beyond the picture's first row and column the cell itself stands in.
                let value = picture.at((x + column).saturating_sub(1), (y + row).saturating_sub(1));
                texture[row * SIDE + column] = value;
                sum += value;
                across += value * (column as f32 - MIDDLE);
                down += value * (row as f32 - MIDDLE);
            }
        }
        let (light, across, down) = (sum / AREA as f32, across / SPREAD, down / SPREAD);
        let mut squares = 0.0;
        for (row, line) in texture.chunks_exact_mut(SIDE).enumerate() {
            let base = light + down * (row as f32 - MIDDLE);
            for (column, value) in line.iter_mut().enumerate() {
                *value -= base + across * (column as f32 - MIDDLE);
                squares += *value * *value;
            }
        }
        Self { texture, energy: (squares / AREA as f32).sqrt(), light }
    }

    /// What is in `self` and not in `known`, whatever its contrast: root mean square in grey levels.
    pub(super) fn beyond(&self, known: &Self) -> f32 {
        let both = self.energy * known.energy;
        if both <= f32::EPSILON {
            return self.energy;
        }
        let product: f32 = self.texture.iter().zip(&known.texture).map(|(a, b)| a * b).sum();
        let alike = (product / (AREA as f32 * both)).clamp(0.0, 1.0);
        self.energy * (1.0 - alike * alike).sqrt()
    }

    /// Moves the `share` of the way to `seen`.
    pub(super) fn approach(&mut self, seen: &Self, share: f32) {
        let mut squares = 0.0;
        for (value, target) in self.texture.iter_mut().zip(&seen.texture) {
            *value += (target - *value) * share;
            squares += *value * *value;
        }
        self.energy = (squares / AREA as f32).sqrt();
        self.light += (seen.light - self.light) * share;
    }
}
