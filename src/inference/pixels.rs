//! Pixels as numbers: interleaved RGB bytes to the planes that a model takes.

use super::manifest::{Channels, Normalisation};

/// How a model takes pixels: the planes in its order, and in each the value of every level.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelForm {
    channels: Channels,
    /// For red, green and blue the value of every level: looked up, because that is faster than calculating it.
    values: Box<[[f32; 256]; 3]>,
}

impl PixelForm {
    /// From a manifest: `(byte / 255 - mean) / std`.
    #[must_use]
    pub fn new(channels: Channels, normalisation: Normalisation) -> Self {
        let Normalisation { mean, std } = normalisation;
        let planes = in_order([0, 1, 2], channels);
        let value =
            |plane: usize, level: u8| f32::from(level).mul_add(1.0 / (255.0 * std[plane]), -mean[plane] / std[plane]);
        let mut values = Box::new([[0.0; 256]; 3]);
        for (plane, values) in planes.into_iter().zip(values.iter_mut()) {
            (0..=u8::MAX).zip(values).for_each(|(level, slot)| *slot = value(plane, level));
        }
        Self { channels, values }
    }

    /// Fills `planes` with the pixels of `rgb`, plane after plane.
    pub fn fill(&self, rgb: &[u8], planes: &mut Vec<f32>) {
        // What is there is written over, not wiped first.
        planes.resize(rgb.len() / 3 * 3, 0.0);
        self.write(rgb, planes);
    }

    /// Adds the pixels of `rgb` to a batch, plane after plane.
    pub fn append(&self, rgb: &[u8], planes: &mut Vec<f32>) {
        let before = planes.len();
        planes.resize(before + rgb.len() / 3 * 3, 0.0);
        self.write(rgb, &mut planes[before..]);
    }

    /// Writes the pixels of `rgb` over `planes`, which has as many values.
    fn write(&self, rgb: &[u8], planes: &mut [f32]) {
        let pixels = rgb.len() / 3;
        let (first, rest) = planes.split_at_mut(pixels);
        let (second, third) = rest.split_at_mut(pixels);
        let [reds, greens, blues] = in_order([first, second, third], self.channels);
        let [red_values, green_values, blue_values] = &*self.values;
        let (pixels, targets) = (rgb.as_chunks::<3>().0, reds.iter_mut().zip(greens).zip(blues));
        for (&[red, green, blue], ((to_red, to_green), to_blue)) in pixels.iter().zip(targets) {
            *to_red = red_values[usize::from(red)];
            *to_green = green_values[usize::from(green)];
            *to_blue = blue_values[usize::from(blue)];
        }
    }
}

/// The planes of red, green and blue, of a model's planes.
fn in_order<T>([first, second, third]: [T; 3], channels: Channels) -> [T; 3] {
    match channels {
        Channels::Rgb => [first, second, third],
        Channels::Bgr => [third, second, first],
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
