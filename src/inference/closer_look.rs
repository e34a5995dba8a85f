//! Where a corner detector looks again for the corners of a plate that looks small.

use super::corner_cells::Find;
use super::manifest::CloserLook;
use crate::geometry::{BoundingBox, Quad};

/// Of the input's width and height a plate fills at most this share, so that its surroundings are seen too.
const MOST_OF_INPUT: f32 = 0.6;
/// A look that enlarges less than this shows nothing new.
const LEAST_ENLARGED: f32 = 1.15;
/// A find whose box overlaps less (intersection over union) with the first one is another plate.
const LEAST_OVERLAP: f32 = 0.4;

/// The part of the frame `picture` to look at for a plate with `corners`, both in pixels of the frame, where the first look had
/// `scale` pixels for each pixel of the frame; `None` if it looked large enough.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
pub fn surroundings(closer: &CloserLook, corners: &Quad, scale: f32, picture: BoundingBox) -> Option<BoundingBox> {
    let [below, plate, width, height] =
        [closer.below_px, closer.plate_px, closer.width_px, closer.height_px].map(|px| px.get() as f32);
    let bounds = corners.bounds();
    if corners.height() * scale >= below {
        return None;
    }
    let fits = (width * MOST_OF_INPUT / bounds.width()).min(height * MOST_OF_INPUT / bounds.height());
    let enlarged = fits.min(plate / corners.height());
    (enlarged >= LEAST_ENLARGED * scale).then(|| {
        let (left, right) = inside(bounds.centre().x, width / enlarged, picture.left, picture.right);
        let (top, bottom) = inside(bounds.centre().y, height / enlarged, picture.top, picture.bottom);
        BoundingBox { left, top, right, bottom }
    })
}

/// A span of `length` around `middle`, moved to lie between `low` and `high`; shorter only if there is no room.
fn inside(middle: f32, length: f32, low: f32, high: f32) -> (f32, f32) {
    let start = (middle - length / 2.0).min(high - length).max(low);
    (start, (start + length).min(high))
}

/// The corners of the plate at `first` as the closer look found them; `None` if it did not find that plate.
#[must_use]
pub fn same_plate(first: &Quad, again: &[Find]) -> Option<Quad> {
    let overlap = |find: &Find| find.corners.bounds().iou(first.bounds());
    let nearest = again.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)))?;
    (overlap(nearest) >= LEAST_OVERLAP).then_some(nearest.corners)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::artifact::parse;
    use crate::plate::Confidence;

    const FULL_HD: BoundingBox = BoundingBox { left: 0.0, top: 0.0, right: 1920.0, bottom: 1080.0 };

    fn closer() -> CloserLook {
        let text = "below_px = 24\nplate_px = 28\nwidth_px = 256\nheight_px = 160\nmax_plates = 4\n";
        parse(text.as_bytes(), std::path::Path::new("test.toml")).expect("it is right")
    }

    fn plate(left: f32, top: f32, width: f32, height: f32) -> Quad {
        Quad::from_box(BoundingBox { left, top, right: left + width, bottom: top + height })
    }

    #[test]
    fn a_small_plate_is_seen_at_the_height_that_is_asked_for() {
        // 36 pixels of the frame are 12 of the first input; 28 of the second are 256 * 36 / 28 pixels of the frame in all.
        let region =
            surroundings(&closer(), &plate(900.0, 500.0, 150.0, 36.0), 1.0 / 3.0, FULL_HD).expect("it is small");
        assert!(
            (region.width() - 256.0 * 36.0 / 28.0).abs() < 0.01 && (region.height() - 160.0 * 36.0 / 28.0).abs() < 0.01
        );
        assert_eq!(region.centre(), plate(900.0, 500.0, 150.0, 36.0).bounds().centre());
    }

    #[test]
    fn a_plate_that_looks_large_is_not_looked_at_again() {
        assert_eq!(surroundings(&closer(), &plate(900.0, 500.0, 150.0, 36.0), 0.7, FULL_HD), None);
    }

    #[test]
    fn a_small_plate_that_cannot_be_made_larger_is_not_looked_at_again() {
        assert_eq!(surroundings(&closer(), &plate(900.0, 500.0, 240.0, 20.0), 0.6, FULL_HD), None);
    }

    #[test]
    fn only_the_same_plate_gives_its_corners() {
        let first = plate(100.0, 100.0, 60.0, 16.0);
        let find = |corners| Find { corners, confidence: Confidence::ONE };
        let (better, other) = (plate(98.0, 101.0, 64.0, 15.0), plate(100.0, 130.0, 60.0, 16.0));
        assert_eq!(same_plate(&first, &[find(other), find(better)]), Some(better));
        assert_eq!(same_plate(&first, &[find(other)]), None);
        assert_eq!(same_plate(&first, &[]), None);
    }

    proptest! {
        #[test]
        fn the_surroundings_lie_in_the_picture_and_show_the_plate(
            x in 0.0_f32..1800.0, y in 0.0_f32..1040.0, width in 2.0_f32..120.0, height in 1.0_f32..40.0,
        ) {
            let plate = plate(x, y, width, height);
            if let Some(region) = surroundings(&closer(), &plate, 0.33, FULL_HD) {
                let bounds = plate.bounds();
                prop_assert!(region.left >= 0.0 && region.top >= 0.0 && region.right <= 1920.0 && region.bottom <= 1080.0);
                prop_assert!(region.left <= bounds.left && region.right >= bounds.right, "{region:?} {bounds:?}");
                prop_assert!(region.top <= bounds.top && region.bottom >= bounds.bottom, "{region:?} {bounds:?}");
            }
        }
    }
}
