//! Pixels as numbers: interleaved RGB bytes to the planes that a model takes.

use super::manifest::{Channels, Normalisation};

/// How a model takes pixels: `value * scale + offset` per plane, the planes in the model's order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelForm {
    /// Which byte of a pixel each plane holds.
    bytes: [usize; 3],
    scale: [f32; 3],
    offset: [f32; 3],
}

impl PixelForm {
    /// From a manifest: `(byte / 255 - mean) / std`.
    #[must_use]
    pub fn new(channels: Channels, normalisation: Normalisation) -> Self {
        let Normalisation { mean, std } = normalisation;
        Self {
            bytes: match channels {
                Channels::Rgb => [0, 1, 2],
                Channels::Bgr => [2, 1, 0],
            },
            scale: std.map(|std| 1.0 / (255.0 * std)),
            offset: std::array::from_fn(|i| -mean[i] / std[i]),
        }
    }

    /// Fills `planes` with the pixels of `rgb`, plane after plane.
    pub fn fill(&self, rgb: &[u8], planes: &mut Vec<f32>) {
        planes.clear();
        self.append(rgb, planes);
    }

    /// Adds the pixels of `rgb` to a batch, plane after plane.
    pub fn append(&self, rgb: &[u8], planes: &mut Vec<f32>) {
        let (before, pixels) = (planes.len(), rgb.len() / 3);
        planes.resize(before + pixels * 3, 0.0);
        for (plane, values) in planes[before..].chunks_exact_mut(pixels.max(1)).enumerate() {
            let (byte, scale, offset) = (self.bytes[plane], self.scale[plane], self.offset[plane]);
            for (value, pixel) in values.iter_mut().zip(rgb.chunks_exact(3)) {
                *value = f32::from(pixel[byte]).mul_add(scale, offset);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_come_in_the_models_order_and_range() {
        let form = PixelForm::new(Channels::Bgr, Normalisation { mean: [0.5; 3], std: [0.5; 3] });
        let mut planes = Vec::new();
        form.fill(&[255, 0, 51, 0, 255, 204], &mut planes);
        let expect = [-0.6, 0.6, -1.0, 1.0, 1.0, -1.0];
        assert!(planes.iter().zip(expect).all(|(found, expected)| (found - expected).abs() < 1e-6), "{planes:?}");
    }
}
