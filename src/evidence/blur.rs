//! Makes everything in a picture unrecognisable but one part of it. What was there cannot be recovered: each block becomes
//! the mean of its pixels.

use image::RgbImage;

use super::vehicle_region::PixelRegion;

/// A picture is so many blocks wide. In a scene a face then has one to four blocks, and another vehicle's plate one row.
const BLOCKS_ACROSS: u32 = 48;
/// Smaller blocks would leave a plate of 20 pixels legible in a small picture.
const SMALLEST_BLOCK: u32 = 16;

/// Leaves `kept` as it is, byte for byte, and makes blocks of everything else.
pub(super) fn blur_all_but(picture: &mut RgbImage, kept: PixelRegion) {
    let (width, height) = picture.dimensions();
    let block = (width / BLOCKS_ACROSS).max(SMALLEST_BLOCK);
    for top in (0..height).step_by(block as usize) {
        for left in (0..width).step_by(block as usize) {
            let (right, bottom) = ((left + block).min(width), (top + block).min(height));
            let part = PixelRegion { left, top, right, bottom };
            if !kept.covers(part) {
                let mean = mean(picture, part);
                fill(picture, part, kept, mean);
            }
        }
    }
}

fn mean(picture: &RgbImage, part: PixelRegion) -> [u8; 3] {
    let (mut sums, mut count) = ([0_u64; 3], 0_u64);
    for y in part.top..part.bottom {
        let bytes = row(picture.width(), y, part.left, part.right);
        for pixel in picture.as_raw()[bytes].chunks_exact(3) {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u64::from(*value));
            count += 1;
        }
    }
    sums.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX))
}

fn fill(picture: &mut RgbImage, part: PixelRegion, kept: PixelRegion, colour: [u8; 3]) {
    let width = picture.width();
    for y in part.top..part.bottom {
        let in_kept = (kept.top..kept.bottom).contains(&y);
        // What lies left and right of what is kept.
        let (first_end, second_start) = if in_kept {
            (part.right.min(kept.left.max(part.left)), part.left.max(kept.right.min(part.right)))
        } else {
            (part.right, part.right)
        };
        for bytes in [row(width, y, part.left, first_end), row(width, y, second_start, part.right)] {
            let all: &mut [u8] = picture;
            all[bytes].chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
        }
    }
}

/// The bytes of row `y` from pixel `left` up to `right`.
fn row(width: u32, y: u32, left: u32, right: u32) -> std::ops::Range<usize> {
    let start = 3 * (y as usize * width as usize);
    start + 3 * left as usize..start + 3 * right.max(left) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(width: u32, height: u32) -> RgbImage {
        let mut random = fastrand::Rng::with_seed(7);
        RgbImage::from_fn(width, height, |_, _| image::Rgb([random.u8(..), random.u8(..), random.u8(..)]))
    }

    #[test]
    fn the_vehicle_stays_byte_for_byte_and_nothing_else_does() {
        let original = noise(330, 205);
        let kept = PixelRegion { left: 37, top: 41, right: 190, bottom: 160 };
        let mut blurred = original.clone();
        blur_all_but(&mut blurred, kept);
        let (mut same_inside, mut same_outside) = (0, 0);
        for (x, y, pixel) in blurred.enumerate_pixels() {
            let inside = (kept.left..kept.right).contains(&x) && (kept.top..kept.bottom).contains(&y);
            if pixel == original.get_pixel(x, y) {
                if inside { same_inside += 1 } else { same_outside += 1 }
            }
        }
        assert_eq!(same_inside, (190 - 37) * (160 - 41));
        assert!(same_outside < 20, "{same_outside} pixels outside are as they were");
    }

    #[test]
    fn without_a_vehicle_nothing_is_left() {
        let mut picture = noise(100, 60);
        blur_all_but(&mut picture, PixelRegion::NONE);
        for top in (0..48).step_by(16) {
            let first = *picture.get_pixel(0, top);
            assert!((0..16).all(|x| (0..16).all(|y| *picture.get_pixel(x, top + y) == first)));
        }
    }

    #[test]
    fn all_of_it_may_be_the_vehicle() {
        let original = noise(50, 50);
        let mut picture = original.clone();
        blur_all_but(&mut picture, PixelRegion { left: 0, top: 0, right: 50, bottom: 50 });
        assert_eq!(picture, original);
    }
}
