//! Brightness, contrast and sharpness of a whole picture, from every few rows of it.

use image::RgbImage;

use super::luma;

/// How good a picture is, whatever is on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PictureQuality {
    /// Mean brightness, 0 to 255. The labelled pictures of real gates and roads have 50 to 150 by day.
    pub brightness: f32,
    /// From the darkest to the brightest hundredth of the picture, 0 to 255. The labelled pictures have
    /// 130 and more.
    pub contrast: f32,
    /// 0 (blurred beyond edges) to 1 (every edge within a pixel). In focus 0.6 and more.
    ///
    /// It tells edges from blur, not light from dark: a dim picture can be sharp. Noise counts as sharp, so it says
    /// little where the contrast is low.
    pub sharpness: f32,
}

/// Rows that are looked at: 120 of 1080 miss nothing that matters for a whole picture and cost a millisecond.
const ROWS: u32 = 120;
/// Pixels that are averaged before contrast is taken, so that noise is none.
const BLOCK: usize = 8;
/// Width of the low pass in pixels, as in the paper named at [`edges`].
const LOW_PASS: usize = 9;
/// Smaller steps between neighbouring pixels are the sensor's noise and the video's blocks.
const NOISE_STEP: u32 = 6;
/// At a perfect edge the low pass takes 8 of 9 parts of the step.
const PERFECT: f32 = 8.0 / 9.0;

/// Measures a picture of any size.
#[must_use]
pub fn measure(image: &RgbImage) -> PictureQuality {
    let every = image.height().div_ceil(ROWS).max(1);
    let mut histogram = [0_u32; 256];
    let (mut steps, mut lost) = (0_u64, 0_u64);
    let mut row = Vec::new();
    for y in (every / 2..image.height()).step_by(every as usize) {
        row.clear();
        row.extend((0..image.width()).map(|x| u32::from(luma(*image.get_pixel(x, y)))));
        for block in row.chunks(BLOCK) {
            let mean = block.iter().sum::<u32>() as usize / block.len();
            histogram[mean.min(255)] += 1;
        }
        let (row_steps, row_lost) = edges(&row);
        steps += row_steps;
        lost += row_lost;
    }
    PictureQuality { brightness: mean(&histogram), contrast: contrast(&histogram), sharpness: sharpness(steps, lost) }
}

/// The brightness steps along a row, and what a low pass takes from them, in ninths: a sharp edge loses nearly all of its
/// steepness, a blurred one hardly any.
///
/// Crété-Roffet et al., "The blur effect: perception and estimation with a new no-reference perceptual blur metric"
/// (2007). It is chosen over the variance of a Laplacian because it does not depend on how much there is to see, so that
/// an empty lane and a lorry are equally sharp.
fn edges(row: &[u32]) -> (u64, u64) {
    let before = LOW_PASS / 2;
    let (mut steps, mut lost) = (0, 0);
    for window in row.windows(LOW_PASS + 1) {
        let step = window[before].abs_diff(window[before + 1]);
        if step >= NOISE_STEP {
            let smoothed_ninths = window[0].abs_diff(window[LOW_PASS]);
            steps += u64::from(9 * step);
            lost += u64::from((9 * step).saturating_sub(smoothed_ninths));
        }
    }
    (steps, lost)
}

#[expect(clippy::cast_precision_loss, reason = "a share; seven digits are enough")]
fn sharpness(steps: u64, lost: u64) -> f32 {
    if steps == 0 { 0.0 } else { (lost as f32 / steps as f32 / PERFECT).clamp(0.0, 1.0) }
}

#[expect(clippy::cast_precision_loss, reason = "a mean; seven digits are enough")]
fn mean(histogram: &[u32; 256]) -> f32 {
    let weighted: u64 = histogram.iter().zip(0_u64..).map(|(count, value)| u64::from(*count) * value).sum();
    weighted as f32 / histogram.iter().sum::<u32>().max(1) as f32
}

#[expect(clippy::cast_precision_loss, reason = "it is at most 255")]
fn contrast(histogram: &[u32; 256]) -> f32 {
    let total: u32 = histogram.iter().sum();
    let value_at = |share: u32| {
        let mut below = 0;
        histogram.iter().position(|count| {
            below += *count;
            below > share
        })
    };
    let (dark, bright) = (value_at(total / 100), value_at(total - total.div_ceil(100)));
    bright.unwrap_or(0).saturating_sub(dark.unwrap_or(0)) as f32
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use proptest::prelude::*;

    use super::*;

    fn stripes(bright: u8, dark: u8) -> RgbImage {
        RgbImage::from_fn(320, 180, |x, _| Rgb([if x / 20 % 2 == 0 { bright } else { dark }; 3]))
    }

    #[test]
    fn brightness_and_contrast_are_those_of_the_picture() {
        let quality = measure(&stripes(200, 100));
        assert!((quality.brightness - 150.0).abs() < 2.0, "{quality:?}");
        assert!((quality.contrast - 100.0).abs() < 2.0, "{quality:?}");
    }

    #[test]
    fn sharpness_falls_with_blur_and_not_with_light() {
        let sharp = measure(&stripes(200, 100)).sharpness;
        assert!(sharp > 0.95, "{sharp}");
        assert!((measure(&stripes(40, 20)).sharpness - sharp).abs() < 0.02);
        let [a_little, much] = [2.0, 6.0].map(|sigma| measure(&image::imageops::blur(&stripes(200, 100), sigma)));
        assert!(a_little.sharpness < 0.6 * sharp && much.sharpness < 0.5 * a_little.sharpness, "{a_little:?} {much:?}");
    }

    #[test]
    fn a_flat_picture_has_no_contrast_and_no_sharpness() {
        let flat = PictureQuality { brightness: 80.0, contrast: 0.0, sharpness: 0.0 };
        assert_eq!(measure(&RgbImage::from_pixel(640, 360, Rgb([80; 3]))), flat);
    }

    proptest! {
        #[test]
        fn pictures_of_any_size_are_measured(width in 0_u32..40, height in 0_u32..40, value: u8) {
            let quality = measure(&RgbImage::from_pixel(width, height, Rgb([value; 3])));
            prop_assert!(quality.brightness.is_finite() && quality.contrast == 0.0 && quality.sharpness == 0.0);
        }
    }
}
