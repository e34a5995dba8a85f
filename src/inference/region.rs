//! The part of a frame that a detector looks at, clipped and resized.

use fast_image_resize::images::ImageRef;
use fast_image_resize::{FilterType, IntoImageViewMut, PixelType, ResizeAlg, ResizeOptions, Resizer};
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

/// Fills all of `target` with `region` of `image`, which lies in the picture; pixels are averaged when it shrinks.
///
/// # Errors
/// What the resizer says; never because of what the picture shows.
pub fn resize(
    resizer: &mut Resizer,
    image: &RgbImage,
    region: BoundingBox,
    target: &mut impl IntoImageViewMut,
) -> Result<(), String> {
    let source = ImageRef::new(image.width(), image.height(), image.as_raw(), PixelType::U8x3);
    let source = source.map_err(|error| error.to_string())?;
    let (left, top, width, height) = crop(region);
    let options =
        ResizeOptions::new().crop(left, top, width, height).resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    resizer.resize(&source, target, &options).map_err(|error| error.to_string())
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
