//! Where the plate's vehicle is in the picture, as far as its plate tells. Nothing looks for vehicles here: the region is
//! estimated, and estimated generously, because what lies outside of it is made unrecognisable.

use crate::geometry::Quad;

/// A part of a picture, in its pixels; right and bottom are outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PixelRegion {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) right: u32,
    pub(super) bottom: u32,
}

/// Plates that look at least this long for their height are in one line: 520x110 mm in Vietnam, 440x140 mm in China.
const ONE_LINE: f32 = 2.6;
/// The next shorter ones are two-line plates of cars, lorries and trailers: 330x165 mm in Vietnam, 440x220 mm in China. Those
/// of motorbikes are 190x140 mm.
const TWO_LINES: f32 = 1.65;

/// What a vehicle takes up around its plate, in widths of its plate: to each side, upwards, downwards.
struct Reach {
    aside: f32,
    up: f32,
    down: f32,
}

/// A lorry is 2.5 m wide and its cab 3.5 m high; its plate may sit at one side of the bumper.
const BEHIND_ONE_LINE: Reach = Reach { aside: 4.0, up: 8.0, down: 2.0 };
/// The same in widths of a plate of 330 mm.
const BEHIND_TWO_LINES: Reach = Reach { aside: 6.0, up: 11.0, down: 3.0 };
/// A motorbike with two riders: 1 m wide, 1.9 m high, in widths of 190 mm.
const BEHIND_MOTORBIKE: Reach = Reach { aside: 3.5, up: 9.0, down: 4.0 };

impl PixelRegion {
    /// Nothing.
    pub(super) const NONE: Self = Self { left: 0, top: 0, right: 0, bottom: 0 };

    /// The vehicle with this plate in a picture of this size: a rectangle around the plate that is as large as the largest
    /// vehicle with such a plate. A plate that is no quadrilateral with an area has none.
    pub(super) fn of_vehicle(plate: &Quad, (width, height): (u32, u32)) -> Self {
        let (plate_width, plate_height, centre) = (plate.width(), plate.height(), plate.centre());
        let reach = match plate_width / plate_height {
            shape if shape >= ONE_LINE => BEHIND_ONE_LINE,
            shape if shape >= TWO_LINES => BEHIND_TWO_LINES,
            _ => BEHIND_MOTORBIKE,
        };
        if !(plate_width.is_finite() && plate_width > 0.0) {
            return Self::NONE;
        }
        Self {
            left: pixel(centre.x - reach.aside * plate_width, width),
            top: pixel(centre.y - reach.up * plate_width, height),
            right: pixel(centre.x + reach.aside * plate_width, width),
            bottom: pixel(centre.y + reach.down * plate_width, height),
        }
    }

    /// Whether all of `other` lies in it.
    pub(super) fn covers(self, other: Self) -> bool {
        self.left <= other.left && self.top <= other.top && self.right >= other.right && self.bottom >= other.bottom
    }
}

/// The pixel at `position`, at most `size`; 0 for what is no number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast keeps to the range of its type")]
fn pixel(position: f32, size: u32) -> u32 {
    (position.round() as u32).min(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{BoundingBox, Point};

    fn plate(left: f32, top: f32, width: f32, height: f32) -> Quad {
        Quad::from_box(BoundingBox { left, top, right: left + width, bottom: top + height })
    }

    #[test]
    fn a_lorry_is_as_large_as_its_plate_says() {
        let region = PixelRegion::of_vehicle(&plate(900.0, 800.0, 100.0, 22.0), (1920, 1080));
        assert_eq!(region, PixelRegion { left: 550, top: 11, right: 1350, bottom: 1011 });
    }

    #[test]
    fn a_region_ends_where_the_picture_does() {
        let region = PixelRegion::of_vehicle(&plate(10.0, 1000.0, 120.0, 60.0), (1280, 1080));
        assert_eq!((region.left, region.right, region.bottom), (0, 790, 1080));
    }

    #[test]
    fn a_plate_without_an_area_has_no_vehicle() {
        for corner in [f32::NAN, 0.0, f32::INFINITY] {
            let region = PixelRegion::of_vehicle(&Quad([Point::new(corner, corner); 4]), (100, 100));
            assert_eq!(region, PixelRegion::NONE);
        }
    }
}
