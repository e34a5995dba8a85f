//! What one camera's pictures need, as plain settings. The default changes nothing.

use super::{Lens, Perspective};

/// How a camera's pictures are corrected, in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct View {
    /// The lens's distortion.
    pub lens: Lens,
    /// What becomes the picture's corners; `None` leaves the perspective.
    pub perspective: Option<Perspective>,
    /// How far the picture is turned.
    pub rotation: Rotation,
    /// Whether it is mirrored.
    pub mirror: Mirror,
    /// What remains.
    pub crop: Crop,
}

/// A turn of the picture clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotation {
    /// None.
    #[default]
    None,
    /// What was at the left is at the top.
    Quarter,
    /// What was at the bottom is at the top.
    Half,
    /// What was at the right is at the top.
    ThreeQuarters,
}

/// A reflection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mirror {
    /// None.
    #[default]
    None,
    /// Left and right change places.
    Horizontal,
    /// Top and bottom change places.
    Vertical,
}

/// The part of the picture that remains, in shares of its width (from the left) and height (from the top), 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// Why four numbers are no crop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCrop {
    /// This number, counted from 0 here and from 1 in the text, is not from 0 to 1.
    #[error("number {} is outside the picture", .0 + 1)]
    Outside(usize),
    /// Less than [`Crop::LEAST_SIDE`] of the width or height remains.
    #[error("hardly anything of the picture remains")]
    TooSmall,
}

impl Crop {
    /// Smallest width and height as a share: 54 of 1080 pixels are a plate without its surroundings.
    pub const LEAST_SIDE: f64 = 0.05;

    /// The first column and row that remain, and width and height in pixels, of a picture of this size: at least one pixel
    /// of a picture that has one.
    pub(super) fn in_pixels(self, (width, height): (u32, u32)) -> ((u32, u32), (u32, u32)) {
        let (left, width) = span(self.left, self.right, width);
        let (top, height) = span(self.top, self.bottom, height);
        ((left, top), (width, height))
    }
}

/// First pixel and count of what lies between two shares of a length.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares from 0 to 1 of a length")]
fn span(from: f64, to: f64, length: u32) -> (u32, u32) {
    let pixel = |share: f64| (share * f64::from(length)).round() as u32;
    let first = pixel(from).min(length.saturating_sub(1));
    (first, pixel(to).min(length).saturating_sub(first).max(1))
}

impl Default for Crop {
    fn default() -> Self {
        Self { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 }
    }
}

impl TryFrom<[f64; 4]> for Crop {
    type Error = InvalidCrop;

    /// From left, top, right and bottom.
    fn try_from(shares: [f64; 4]) -> Result<Self, InvalidCrop> {
        if let Some(index) = shares.iter().position(|share| !(0.0..=1.0).contains(share)) {
            return Err(InvalidCrop::Outside(index));
        }
        let [left, top, right, bottom] = shares;
        if right - left < Self::LEAST_SIDE || bottom - top < Self::LEAST_SIDE {
            return Err(InvalidCrop::TooSmall);
        }
        Ok(Self { left, top, right, bottom })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_lies_in_the_picture_and_leaves_something() {
        let error = |shares: [f64; 4]| Crop::try_from(shares).err();
        assert_eq!(error([0.0, 0.2, 1.0, 0.9]), None);
        assert_eq!(error([0.0, 0.2, 1920.0, 0.9]), Some(InvalidCrop::Outside(2)));
        assert_eq!(error([f64::NAN, 0.2, 1.0, 0.9]), Some(InvalidCrop::Outside(0)));
        assert_eq!(error([0.9, 0.2, 0.1, 0.9]), Some(InvalidCrop::TooSmall));
        assert_eq!(error([0.0, 0.5, 1.0, 0.52]), Some(InvalidCrop::TooSmall));
    }

    #[test]
    fn a_crop_of_any_picture_has_a_pixel() {
        let last = Crop::try_from([0.95, 0.95, 1.0, 1.0]).expect("it is a crop");
        assert_eq!(last.in_pixels((1, 1)), ((0, 0), (1, 1)));
        assert_eq!(last.in_pixels((1920, 1080)), ((1824, 1026), (96, 54)));
    }
}
