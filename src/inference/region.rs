//! The part of a frame that a detector looks at, clipped and resized.

use std::fmt::Display;

use fast_image_resize::images::{TypedCroppedImageMut, TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

use super::{RgbView, whole};
use crate::geometry::BoundingBox;

/// The view's region, as far as it lies in the picture.
#[must_use]
pub fn clipped(view: &RgbView<'_>) -> BoundingBox {
    let whole = whole(view.image);
    BoundingBox {
        left: view.region.left.clamp(0.0, whole.right),
        top: view.region.top.clamp(0.0, whole.bottom),
        right: view.region.right.clamp(0.0, whole.right),
        bottom: view.region.bottom.clamp(0.0, whole.bottom),
    }
}

/// Where a resized region goes: the upper left part of a picture, of which the rest stays as it is.
#[derive(Debug)]
pub struct Target<'a> {
    /// Red, green and blue, row by row.
    pub pixels: &'a mut [u8],
    /// Width and height of the picture.
    pub size: (u32, u32),
    /// Width and height of the part that is filled.
    pub content: (u32, u32),
}

/// Fills the target's content with `region` of `image`, which lies in the picture; pixels are averaged when it shrinks.
///
/// # Errors
/// What the resizer says; never because of what the picture shows.
pub fn resize(resizer: &mut Resizer, image: &RgbImage, region: BoundingBox, target: Target<'_>) -> Result<(), String> {
    fn told(error: impl Display) -> String {
        error.to_string()
    }
    // The resizer is compiled for this one kind of pixels: for all that it knows it is a third of the program.
    let source = TypedImageRef::<U8x3>::from_buffer(image.width(), image.height(), image.as_raw()).map_err(told)?;
    let (width, height) = target.size;
    let picture = TypedImage::<U8x3>::from_buffer(width, height, target.pixels).map_err(told)?;
    let (width, height) = target.content;
    let mut content = TypedCroppedImageMut::new(picture, 0, 0, width, height).map_err(told)?;
    let (left, top, width, height) = crop(region);
    let options =
        ResizeOptions::new().crop(left, top, width, height).resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    resizer.resize_typed(&source, &mut content, &options).map_err(told)
}

/// Left, top, width and height. In f32 the width could be rounded up, past the picture's edge, and be refused; the
/// difference of two f32 that are pixel positions is exact in f64.
fn crop(region: BoundingBox) -> (f64, f64, f64, f64) {
    let (left, top) = (f64::from(region.left), f64::from(region.top));
    (left, top, f64::from(region.right) - left, f64::from(region.bottom) - top)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        #[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
        fn a_crop_never_reaches_past_the_edge(share in 0.0_f32..1.0, size in 1_u32..8192) {
            let (left, right) = (share * size as f32, size as f32);
            let (left, top, width, height) = crop(BoundingBox { left, top: left, right, bottom: right });
            prop_assert!(left + width <= f64::from(size) && top + height <= f64::from(size));
        }
    }
}
