//! Pictures set straight: known pictures at known places, and no panic whatever the size and the settings.

use std::sync::Arc;

use image::{Rgb, RgbImage, imageops};
use proptest::prelude::*;

use super::{Crop, Lens, Mirror, Optics, Perspective, Rotation, View};
use crate::geometry::Point;

/// A picture of which each pixel is different.
fn numbered(width: u32, height: u32) -> Arc<RgbImage> {
    let low = |value: u32| u8::try_from(value % 256).unwrap_or(0);
    Arc::new(RgbImage::from_fn(width, height, |x, y| Rgb([low(x), low(y), low(x / 256 * 16 + y / 256)])))
}

fn corrected(view: View, image: &Arc<RgbImage>) -> Arc<RgbImage> {
    Optics::new(view).correct(Arc::clone(image))
}

fn rotated(rotation: Rotation) -> View {
    View { rotation, ..View::default() }
}

fn mirrored(mirror: Mirror) -> View {
    View { mirror, ..View::default() }
}

/// The largest difference between two pictures of one size.
fn difference(one: &RgbImage, other: &RgbImage) -> u8 {
    assert_eq!(one.dimensions(), other.dimensions());
    one.as_raw().iter().zip(other.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

#[test]
fn an_unchanged_view_gives_the_same_picture_and_no_copy() {
    let image = numbered(40, 30);
    assert!(Arc::ptr_eq(&corrected(View::default(), &image), &image));
}

#[test]
fn rotations_and_mirrors_are_those_of_the_image_library() {
    let image = numbered(31, 20);
    let check = |view: View, expect: RgbImage| assert_eq!(*corrected(view, &image), expect, "{view:?}");
    check(rotated(Rotation::Quarter), imageops::rotate90(&*image));
    check(rotated(Rotation::Half), imageops::rotate180(&*image));
    check(rotated(Rotation::ThreeQuarters), imageops::rotate270(&*image));
    check(mirrored(Mirror::Horizontal), imageops::flip_horizontal(&*image));
    check(mirrored(Mirror::Vertical), imageops::flip_vertical(&*image));
}

#[test]
fn a_picture_is_turned_then_mirrored_then_cropped() {
    let image = numbered(40, 30);
    let crop = Crop::try_from([0.1, 0.2, 0.6, 0.9]).expect("it is a crop");
    let view = View { rotation: Rotation::Quarter, mirror: Mirror::Horizontal, crop, ..View::default() };
    let turned = imageops::flip_horizontal(&imageops::rotate90(&*image));
    assert_eq!(*corrected(view, &image), imageops::crop_imm(&turned, 3, 8, 15, 28).to_image());
}

#[test]
fn the_view_follows_when_the_pictures_size_changes() {
    let mut optics = Optics::new(rotated(Rotation::Quarter));
    for size in [(8, 6), (6, 8), (1, 1), (8, 6)] {
        assert_eq!(optics.correct(numbered(size.0, size.1)).dimensions(), (size.1, size.0));
    }
    let empty = Arc::new(RgbImage::new(0, 5));
    assert!(Arc::ptr_eq(&optics.correct(Arc::clone(&empty)), &empty));
}

#[test]
fn what_lies_beside_the_picture_is_black() {
    let white = Arc::new(RgbImage::from_pixel(64, 48, Rgb([255; 3])));
    let lens = Lens::new(0.3, 0.0).expect("it is a lens");
    let image = corrected(View { lens, ..View::default() }, &white);
    assert_eq!((image.get_pixel(0, 0).0, image.get_pixel(32, 24).0), ([0; 3], [255; 3]));
}

/// A white picture with black lines along x or y at every eighth, as a camera with this lens sees them.
fn seen_through(lens: Lens, (width, height): (u32, u32)) -> Arc<RgbImage> {
    let (w, h) = (width as f32, height as f32);
    // Where a seen point belongs: the inverse of the lens by fixed-point steps.
    let belongs = |seen: Point| {
        (0..60).fold(seen, |guess, _| {
            let there = lens.seen_at(guess, (w, h));
            Point::new(guess.x + seen.x - there.x, guess.y + seen.y - there.y)
        })
    };
    Arc::new(RgbImage::from_fn(width, height, |x, y| {
        let point = belongs(Point::new(x as f32 + 0.5, y as f32 + 0.5));
        let near = |at: f32, length: f32| {
            let step = length / 8.0;
            ((at / step).round() * step - at).abs()
        };
        Rgb([if near(point.x, w).min(near(point.y, h)) < 1.5 { 0 } else { 255 }; 3])
    }))
}

/// The middle of the dark pixels of a column between two rows.
fn middle(image: &RgbImage, x: u32, rows: std::ops::Range<u32>) -> f32 {
    let dark = |y: u32| 255.0 - f32::from(image.get_pixel(x, y)[0]);
    let sum: f32 = rows.clone().map(dark).sum();
    rows.map(|y| dark(y) * (y as f32 + 0.5)).sum::<f32>() / sum
}

#[test]
fn a_line_that_the_lens_bent_is_straight_within_a_pixel() {
    let lens = Lens::new(-0.25, 0.05).expect("it is a lens");
    let size = (640, 480);
    let bent = seen_through(lens, size);
    let straight = corrected(View { lens, ..View::default() }, &bent);
    // The line at an eighth from the top, in columns between the upright lines (every 80 pixels).
    for x in (0..8).map(|n| n * 80 + 40) {
        let off = (middle(&straight, x, 50..70) - 60.0).abs();
        assert!(off < 1.0, "column {x} is off by {off}");
    }
    let bow = (middle(&bent, 40, 75..125) - middle(&bent, 280, 60..80)).abs();
    assert!(bow > 8.0, "it was bent: {bow}");
}

#[test]
fn a_perspective_brings_its_points_to_the_corners() {
    let mut image = RgbImage::from_pixel(400, 300, Rgb([255; 3]));
    let points = [[0.2, 0.1], [0.9, 0.2], [0.8, 0.9], [0.1, 0.8]];
    for ([x, y], colour) in points.into_iter().zip([10_u8, 60, 110, 160]) {
        let spot = imageproc::rect::Rect::at((x * 400.0) as i32 - 6, (y * 300.0) as i32 - 6).of_size(13, 13);
        imageproc::drawing::draw_filled_rect_mut(&mut image, spot, Rgb([colour; 3]));
    }
    let perspective = Some(Perspective::try_from(points).expect("it is a perspective"));
    let front = corrected(View { perspective, ..View::default() }, &Arc::new(image));
    let corners = [(1, 1), (398, 1), (398, 298), (1, 298)].map(|(x, y)| front.get_pixel(x, y)[0]);
    assert_eq!(corners, [10, 60, 110, 160]);
}

fn any_rotation() -> impl Strategy<Value = Rotation> {
    prop::sample::select(vec![Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters])
}

fn any_view() -> impl Strategy<Value = View> {
    let lens = (-1.0..=1.0, -1.0..=1.0).prop_map(|(k1, k2)| Lens::new(k1, k2).unwrap_or_default());
    let point = || prop::array::uniform2(0.0..=1.0);
    let perspective = prop::array::uniform4(point()).prop_map(|points| Perspective::try_from(points).ok());
    // Random points are seldom a perspective; these nearly always are.
    let near_corners = prop::array::uniform4(prop::array::uniform2(0.0..=0.4)).prop_map(|[a, b, c, d]| {
        let points = [a, [1.0 - b[0], b[1]], [1.0 - c[0], 1.0 - c[1]], [d[0], 1.0 - d[1]]];
        Perspective::try_from(points).ok()
    });
    let mirror = prop::sample::select(vec![Mirror::None, Mirror::Horizontal, Mirror::Vertical]);
    let crop = prop::array::uniform4(0.0..=1.0).prop_map(|shares| Crop::try_from(shares).unwrap_or_default());
    (lens, prop_oneof![perspective, near_corners], any_rotation(), mirror, crop)
        .prop_map(|(lens, perspective, rotation, mirror, crop)| View { lens, perspective, rotation, mirror, crop })
}

proptest! {
    #[test]
    fn four_quarters_and_two_mirrors_are_nothing(width in 1_u32..20, height in 1_u32..20) {
        let image = numbered(width, height);
        let mut quarter = Optics::new(rotated(Rotation::Quarter));
        let around = (0..4).fold(Arc::clone(&image), |image, _| quarter.correct(image));
        prop_assert_eq!(&around, &image);
        for mirror in [Mirror::Horizontal, Mirror::Vertical] {
            let mut optics = Optics::new(mirrored(mirror));
            let once = optics.correct(Arc::clone(&image));
            prop_assert_eq!(&optics.correct(once), &image);
        }
    }

    #[test]
    fn a_lens_without_distortion_and_the_own_corners_change_nothing(width in 1_u32..80, height in 1_u32..80) {
        let image = numbered(width, height);
        let lens = Lens::new(0.0, 0.0).expect("it is a lens");
        let straight = corrected(View { lens, ..View::default() }, &image);
        prop_assert!(Arc::ptr_eq(&straight, &image));
        let corners = Perspective::try_from([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]);
        let view = View { perspective: Some(corners.expect("they are a perspective")), ..View::default() };
        prop_assert!(difference(&corrected(view, &image), &image) <= 1);
    }

    #[test]
    fn pictures_of_any_size_are_corrected_by_any_view(view in any_view(), width in 1_u32..50, height in 1_u32..50) {
        let mut optics = Optics::new(view);
        let first = optics.correct(numbered(width, height));
        prop_assert!(first.width() >= 1 && first.height() >= 1);
        prop_assert_eq!(optics.correct(numbered(width, height)), first);
    }

    #[test]
    fn lens_and_orientation_together_are_one_after_the_other(rotation in any_rotation()) {
        let image = numbered(60, 40);
        let lens = Lens::new(-0.2, 0.0).expect("it is a lens");
        let one_by_one = corrected(rotated(rotation), &corrected(View { lens, ..View::default() }, &image));
        prop_assert_eq!(corrected(View { lens, rotation, ..View::default() }, &image), one_by_one);
    }
}
