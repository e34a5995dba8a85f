//! A region of a frame scaled into a model's input without distortion: at the top left, and grey where it does not reach.

use fast_image_resize::Resizer;
use image::RgbImage;

use super::region::{self, Target};
use crate::geometry::{BoundingBox, Point};

/// What is no picture, as in the models' training.
const GREY: u8 = 127;

/// How large a model's input is for a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LetterboxSize {
    /// The same for all, width and height in pixels.
    Fixed(u32, u32),
    /// About the same number of pixels for all, in the region's proportions.
    Area {
        /// The sides are multiples of this.
        multiple_of: u32,
        /// Width times height.
        pixels: u32,
        /// Regions are enlarged by at most this factor.
        most_enlarged: f32,
    },
}

impl LetterboxSize {
    /// The input's width and height for a region.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixel sizes"
    )]
    fn of_input(self, region: BoundingBox) -> (u32, u32) {
        match self {
            Self::Fixed(width, height) => (width, height),
            Self::Area { multiple_of, pixels, most_enlarged } => {
                let scale = (pixels as f32 / region.area()).sqrt().min(most_enlarged);
                let multiple = multiple_of as f32;
                // A region that is enlarged as far as it may is padded, not squeezed.
                let round = |side: f32| if scale < most_enlarged { side.round() } else { side.ceil() };
                let side = |length: f32| (round(length * scale / multiple).max(1.0) * multiple) as u32;
                (side(region.width()), side(region.height()))
            }
        }
    }
}

/// Where a region lies in the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Letterbox {
    /// The input's width.
    pub width: u32,
    /// The input's height.
    pub height: u32,
    /// In pixels of the frame.
    region: BoundingBox,
    /// Width and height of the region in the input.
    content: (u32, u32),
}

impl Letterbox {
    /// How `region`, in pixels of the frame, is seen; `None` for one without pixels.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixel sizes"
    )]
    pub fn new(size: LetterboxSize, region: BoundingBox) -> Option<Self> {
        if region.width() < 1.0 || region.height() < 1.0 {
            return None;
        }
        let (width, height) = size.of_input(region);
        let scale = (width as f32 / region.width()).min(height as f32 / region.height());
        let side = |length: f32, most: u32| ((length * scale).round() as u32).clamp(1, most);
        let content = (side(region.width(), width), side(region.height(), height));
        Some(Self { width, height, region, content })
    }

    /// Pixels of the input for each pixel of the frame.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
    pub fn scale(&self) -> f32 {
        self.content.0 as f32 / self.region.width()
    }

    /// A point of the input, in its pixels, as a point of the frame.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
    pub fn to_frame(&self, point: Point) -> Point {
        let Self { region, content: (width, height), .. } = self;
        Point::new(
            region.left + point.x / *width as f32 * region.width(),
            region.top + point.y / *height as f32 * region.height(),
        )
    }

    /// Fills `pixels` with the input's pixels, red, green and blue, row by row.
    ///
    /// # Errors
    /// What the resizer says; never because of what the picture shows.
    pub fn fill(&self, resizer: &mut Resizer, image: &RgbImage, pixels: &mut Vec<u8>) -> Result<(), String> {
        if self.content != (self.width, self.height) {
            // What the content does not cover is grey, whatever was there before.
            pixels.clear();
        }
        pixels.resize(3 * self.width as usize * self.height as usize, GREY);
        let target = Target { pixels, size: (self.width, self.height), content: self.content };
        region::resize(resizer, image, self.region, target)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inference::whole;

    const AREA: LetterboxSize = LetterboxSize::Area { multiple_of: 32, pixels: 640 * 384, most_enlarged: 2.0 };

    fn region(left: f32, top: f32, width: f32, height: f32) -> BoundingBox {
        BoundingBox { left, top, right: left + width, bottom: top + height }
    }

    fn check(size: LetterboxSize, region: BoundingBox, input: (u32, u32), content: (u32, u32)) {
        let letterbox = Letterbox::new(size, region).expect("it has pixels");
        assert_eq!(((letterbox.width, letterbox.height), letterbox.content), (input, content), "{region:?}");
    }

    #[test]
    fn a_region_is_scaled_to_fit_and_never_distorted() {
        let fixed = LetterboxSize::Fixed(640, 384);
        check(fixed, region(0.0, 0.0, 1920.0, 1080.0), (640, 384), (640, 360));
        check(fixed, region(0.0, 0.0, 500.0, 1000.0), (640, 384), (192, 384));
    }

    #[test]
    fn wide_tall_and_square_regions_get_about_the_same_number_of_pixels() {
        check(AREA, region(0.0, 0.0, 1920.0, 1080.0), (672, 384), (672, 378));
        check(AREA, region(0.0, 0.0, 500.0, 1000.0), (352, 704), (352, 704));
        check(AREA, region(0.0, 0.0, 1000.0, 1000.0), (480, 480), (480, 480));
        check(AREA, region(0.0, 0.0, 1920.0, 300.0), (1248, 192), (1229, 192));
    }

    #[test]
    fn a_small_region_is_enlarged_only_so_far() {
        check(AREA, region(10.0, 10.0, 100.0, 50.0), (224, 128), (224, 112));
        assert_eq!(Letterbox::new(AREA, region(3.0, 3.0, 100.0, 0.5)), None);
    }

    #[test]
    fn the_picture_is_at_the_top_left_and_the_rest_is_grey() {
        let image = RgbImage::from_pixel(40, 10, image::Rgb([200, 10, 10]));
        let letterbox = Letterbox::new(LetterboxSize::Fixed(20, 8), whole(&image)).expect("it has pixels");
        let mut pixels = Vec::new();
        letterbox.fill(&mut Resizer::new(), &image, &mut pixels).expect("it can be resized");
        for (index, pixel) in pixels.chunks_exact(3).enumerate() {
            assert_eq!(pixel, if index / 20 < 5 { [200, 10, 10] } else { [GREY; 3] }, "pixel {index}");
        }
    }

    proptest! {
        #[test]
        fn the_regions_corners_come_back_and_the_input_stays_bounded(
            left in 0.0_f32..1000.0, top in 0.0_f32..1000.0, width in 1.0_f32..8000.0, height in 1.0_f32..8000.0,
        ) {
            let region = region(left, top, width, height);
            let letterbox = Letterbox::new(AREA, region).expect("it has pixels");
            prop_assert!(letterbox.width.is_multiple_of(32) && letterbox.height.is_multiple_of(32));
            prop_assert!(letterbox.width * letterbox.height <= 3 * 640 * 384, "{letterbox:?}");
            let (width, height) = letterbox.content;
            #[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
            let far = letterbox.to_frame(Point::new(width as f32, height as f32));
            prop_assert!((far.x - region.right).abs() < 0.01 && (far.y - region.bottom).abs() < 0.01);
        }
    }
}
