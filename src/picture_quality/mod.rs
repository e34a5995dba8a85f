//! What a camera sees of itself: how good its pictures are, and whether it went dark, blind, frozen or moved.
//!
//! [`SceneWatch`] is fed every frame of one camera, looks at about one a second, and is told the time by the frames.
//! [`PlateHeights`] is fed the heights of what was read. Both are bounded, whatever comes.
//!
//! Not here: what is published of it, and whether frames come at all (that is the capture's watchdog).

mod conviction;
mod measures;
mod outlines;
mod plate_heights;
mod scene;
mod shift;
mod stillness;
mod watch;
#[cfg(test)]
mod watch_tests;

pub use measures::{PictureQuality, measure};
pub use plate_heights::PlateHeights;
pub use watch::{SceneWatch, ViewState};

use image::Rgb;

/// Brightness of a pixel, 0 to 255: ITU-R BT.601 in whole numbers.
fn luma(pixel: Rgb<u8>) -> u8 {
    let [r, g, b] = pixel.0.map(u32::from);
    u8::try_from((77 * r + 150 * g + 29 * b) >> 8).unwrap_or(u8::MAX)
}
