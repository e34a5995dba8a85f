//! Under what conditions a labelled plate is seen: how large, how sharp, how bright, from what angle.

use image::RgbImage;
use image::imageops::crop_imm;

use super::detection::Found;
use super::labels::LabelledPlate;
use crate::geometry::{BoundingBox, Point, Quad};
use crate::inference::rectify::rectify;
use crate::plate::Layout;
use crate::sharpness::sharpness;

/// A reader looks at a line of text at about this height, in pixels: blur that goes away when a large plate is shrunk to
/// it is none.
const LINE_HEIGHT_PX: f32 = 48.0;
/// A detection that overlaps the label less is not outlined well enough to say how the plate leans.
const LEAST_OVERLAP: f32 = 0.3;
/// Corners are known to about a pixel; so much of an edge's lean may be chance.
const CORNER_ERROR_PX: f32 = 1.0;

/// How one labelled plate is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// Height of the label's box, in pixels of the picture.
    pub height_px: f32,
    /// Sharpness at a reader's size, 0 to 1.
    pub sharpness: f32,
    /// Mean brightness of the label's box, 0 to 255.
    pub luma: f32,
    /// By how much the edge that leans most is off level or upright, in degrees; `None` where no corners are known.
    pub lean_degrees: Option<f32>,
}

impl Conditions {
    /// How `plate` is seen in `image`. Its corners are the label's, or else the detector's.
    #[must_use]
    pub fn of(plate: &LabelledPlate, image: &RgbImage, found: Option<&Found>) -> Self {
        let outlined = found.filter(|found| found.overlap >= LEAST_OVERLAP).map(|found| found.corners);
        Self {
            height_px: plate.at.height(),
            sharpness: sharpness_at_reading_size(image, plate),
            luma: mean_luma(image, plate.at),
            lean_degrees: plate.corners.or(outlined).map(|corners| lean_degrees(&corners)),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small positive sizes in pixels")]
fn sharpness_at_reading_size(image: &RgbImage, plate: &LabelledPlate) -> f32 {
    let lines = if plate.layout == Some(Layout::TwoLines) { 2.0 } else { 1.0 };
    let quad = Quad::from_box(plate.at);
    let shrink = LINE_HEIGHT_PX * lines / plate.at.height().max(1.0);
    if shrink >= 1.0 {
        return sharpness(image, &quad);
    }
    let (width, height) = (plate.at.width() * shrink, plate.at.height() * shrink);
    let shrunk = rectify(image, &quad, width.max(1.0) as u32, height.max(1.0) as u32);
    sharpness(&shrunk, &Quad::from_box(crate::inference::whole(&shrunk)))
}

/// ITU-R BT.601; 0 where the box is outside of the image.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels inside of the image")]
#[expect(clippy::cast_precision_loss, reason = "counts of pixels")]
fn mean_luma(image: &RgbImage, at: BoundingBox) -> f32 {
    let limit = |value: f32, size: u32| (value.max(0.0) as u32).min(size);
    let (left, top) = (limit(at.left, image.width()), limit(at.top, image.height()));
    let (right, bottom) = (limit(at.right, image.width()), limit(at.bottom, image.height()));
    let cut = crop_imm(image, left, top, right.saturating_sub(left), bottom.saturating_sub(top)).to_image();
    let luma = |[r, g, b]: [u8; 3]| 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
    let sum: f64 = cut.pixels().map(|pixel| luma(pixel.0)).sum();
    (sum / cut.pixels().len().max(1) as f64) as f32
}

/// It takes in a plate that is turned, one that is seen from the side or from above, and one that is bent by perspective.
fn lean_degrees(quad: &Quad) -> f32 {
    let [a, b, c, d] = quad.0;
    let level = |from: Point, to: Point| lean(to.y - from.y, to.x - from.x);
    let upright = |from: Point, to: Point| lean(to.x - from.x, to.y - from.y);
    [level(a, b), level(d, c), upright(a, d), upright(b, c)].into_iter().fold(0.0, f32::max)
}

fn lean(off: f32, along: f32) -> f32 {
    (off.abs() - CORNER_ERROR_PX).max(0.0).atan2(along.abs()).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::samples::labelled;

    fn quad(points: [(f32, f32); 4]) -> Quad {
        Quad(points.map(|(x, y)| Point::new(x, y)))
    }

    #[test]
    fn the_edge_that_leans_most_counts_and_a_pixel_is_no_lean() {
        assert_eq!(lean_degrees(&quad([(0.0, 0.0), (80.0, 1.0), (80.0, 20.0), (1.0, 20.0)])), 0.0);
        let slanted = lean_degrees(&quad([(0.0, 0.0), (80.0, 0.0), (91.0, 10.0), (11.0, 10.0)]));
        assert!((slanted - 45.0).abs() < 1e-3, "{slanted}");
        let turned = lean_degrees(&quad([(0.0, 0.0), (100.0, 11.0), (98.0, 31.0), (-2.0, 20.0)]));
        assert!((turned - 5.71).abs() < 0.01, "{turned}");
    }

    #[test]
    fn the_labels_corners_come_before_the_detectors_and_a_poor_outline_counts_for_nothing() {
        let image = RgbImage::new(100, 60);
        let mut plate = labelled("34A36837", [10.0, 10.0, 90.0, 30.0]);
        let leaning = quad([(10.0, 10.0), (79.0, 10.0), (90.0, 30.0), (21.0, 30.0)]);
        let lean = |plate: &LabelledPlate, overlap: f32| {
            let found = Found { corners: leaning, overlap };
            Conditions::of(plate, &image, Some(&found)).lean_degrees
        };
        assert!(lean(&plate, 0.8).is_some_and(|degrees| degrees > 20.0));
        assert_eq!(lean(&plate, 0.2), None);
        plate.corners = Some(Quad::from_box(plate.at));
        assert_eq!(lean(&plate, 0.8), Some(0.0));
    }

    #[test]
    fn brightness_is_that_of_the_plate_and_not_of_what_is_around_it() {
        let image = RgbImage::from_fn(100, 60, |x, _| image::Rgb([if x < 50 { 40 } else { 240 }; 3]));
        assert!((mean_luma(&image, labelled("A1", [0.0, 0.0, 50.0, 20.0]).at) - 40.0).abs() < 0.01);
        assert!((mean_luma(&image, labelled("A1", [25.0, 0.0, 75.0, 90.0]).at) - 140.0).abs() < 0.01);
        assert_eq!(mean_luma(&image, labelled("A1", [200.0, 0.0, 220.0, 20.0]).at), 0.0);
    }

    #[test]
    fn a_large_plate_that_is_sharp_once_it_is_shrunk_is_sharp() {
        let stripes = RgbImage::from_fn(800, 480, |x, _| image::Rgb([if x / 60 % 2 == 0 { 220 } else { 30 }; 3]));
        let soft = image::imageops::blur(&stripes, 3.0);
        let plate = labelled("34A36837", [0.0, 0.0, 800.0, 480.0]);
        assert!(sharpness(&soft, &Quad::from_box(plate.at)) < 0.4);
        assert!(sharpness_at_reading_size(&soft, &plate) > 0.8);
    }
}
