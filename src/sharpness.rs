//! How sharp a plate is in a picture, and how much of it is burnt out.

use image::RgbImage;

use crate::geometry::Quad;

/// The steepest edges in a sharp, well exposed plate span about half of its contrast from one pixel to the next.
const SHARP_SHARE: f32 = 0.5;

/// From this brightness on a pixel is as bright as a picture can be: JPEG and the conversion of colours take some levels away.
const BURNT_OUT: f32 = 250.0;

/// Sharpness of what is inside of the quad's bounds, 0 (nothing but blur) to 1: the steepest brightness steps between
/// neighbouring pixels (99th percentile) beside the contrast (1st to 99th percentile), so that a dim plate can be sharp.
#[must_use]
pub fn sharpness(image: &RgbImage, quad: &Quad) -> f32 {
    let [left, top, right, bottom] = inside(image, quad);
    let (mut values, mut steps) = (Vec::new(), Vec::new());
    for y in top..bottom {
        for x in left..right {
            values.push(luma(image, x, y));
            if x + 1 < right {
                steps.push((luma(image, x + 1, y) - luma(image, x, y)).abs());
            }
        }
    }
    let contrast = percentile(&mut values, 99) - percentile(&mut values, 1);
    let steepest = percentile(&mut steps, 99);
    if contrast < 1.0 { 0.0 } else { (steepest / contrast / SHARP_SHARE).clamp(0.0, 1.0) }
}

/// Share of the pixels inside of the quad's bounds that are burnt out, 0 to 1.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a share of pixels needs no more precision")]
pub fn burnt_out(image: &RgbImage, quad: &Quad) -> f32 {
    let [left, top, right, bottom] = inside(image, quad);
    let pixels = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
    let (mut all, mut burnt) = (0_u32, 0_u32);
    for (x, y) in pixels {
        all += 1;
        burnt += u32::from(luma(image, x, y) >= BURNT_OUT);
    }
    burnt as f32 / all.max(1) as f32
}

/// The bounds of `quad` in the image: left, top, right, bottom.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the image's size")]
fn inside(image: &RgbImage, quad: &Quad) -> [u32; 4] {
    let b = quad.bounds();
    let (right, bottom) =
        ((b.right.max(0.0) as u32).min(image.width()), (b.bottom.max(0.0) as u32).min(image.height()));
    [b.left.max(0.0) as u32, b.top.max(0.0) as u32, right, bottom]
}

fn luma(image: &RgbImage, x: u32, y: u32) -> f32 {
    let [r, g, b] = image.get_pixel(x, y).0;
    // ITU-R BT.601
    0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
}

fn percentile(values: &mut [f32], percent: usize) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let index = (values.len() - 1) * percent / 100;
    *values.select_nth_unstable_by(index, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::BoundingBox;

    fn of(image: &RgbImage) -> f32 {
        sharpness(image, &Quad::from_box(BoundingBox { left: 0.0, top: 0.0, right: 40.0, bottom: 20.0 }))
    }

    #[test]
    fn stripes_are_sharp_and_their_blurred_picture_is_not() {
        let stripes = RgbImage::from_fn(40, 20, |x, _| image::Rgb([if x / 5 % 2 == 0 { 220 } else { 30 }; 3]));
        let blurred = image::imageops::blur(&stripes, 3.0);
        assert_eq!(of(&stripes), 1.0);
        assert!(of(&blurred) < 0.6 * of(&stripes), "{}", of(&blurred));
    }

    #[test]
    fn a_dim_plate_can_be_sharp_and_a_flat_one_is_not() {
        let dim = RgbImage::from_fn(40, 20, |x, _| image::Rgb([if x / 5 % 2 == 0 { 40 } else { 20 }; 3]));
        assert_eq!(of(&dim), 1.0);
        assert_eq!(of(&RgbImage::new(40, 20)), 0.0);
        assert_eq!(of(&RgbImage::new(1, 1)), 0.0);
    }

    #[test]
    fn a_plate_in_the_glare_is_burnt_out_and_a_white_one_is_not() {
        let quad = Quad::from_box(BoundingBox { left: 0.0, top: 0.0, right: 40.0, bottom: 20.0 });
        let glare = RgbImage::from_fn(40, 20, |x, _| image::Rgb([if x < 36 { 255 } else { 200 }; 3]));
        let white = RgbImage::from_fn(40, 20, |x, _| image::Rgb([if x / 5 % 2 == 0 { 235 } else { 30 }; 3]));
        assert!((burnt_out(&glare, &quad) - 0.9).abs() < 1e-6);
        assert_eq!(burnt_out(&white, &quad), 0.0);
        assert_eq!(burnt_out(&RgbImage::new(1, 1), &quad), 0.0);
    }
}
