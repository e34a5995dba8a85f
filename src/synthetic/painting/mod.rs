//! Painting: letters, flat sheets that are painted once, and sheets set into pictures in perspective.

pub mod canvas;
pub mod letters;
pub mod sheet;
pub mod texture;

use image::Rgb;

use crate::geometry::BoundingBox;

/// A colour.
pub type Colour = Rgb<u8>;

/// An area of a surface: from `left` to `right`, from `low` up to `high`, in metres. A box's `bottom` is its upper edge there.
#[must_use]
pub fn area(left: f32, right: f32, low: f32, high: f32) -> BoundingBox {
    BoundingBox { left, right, top: low, bottom: high }
}

/// The colour `share` of the way from `a` to `b`.
#[must_use]
pub fn mix(a: Colour, b: Colour, share: f32) -> Colour {
    let share = share.clamp(0.0, 1.0);
    let channel = |index: usize| {
        let (from, to) = (f32::from(a.0[index]), f32::from(b.0[index]));
        (from + (to - from) * share).round() as u8
    };
    Rgb([channel(0), channel(1), channel(2)])
}
