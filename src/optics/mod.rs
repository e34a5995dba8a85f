//! The picture set straight: what a camera's lens and its place at the gate do to a picture, undone.
//!
//! In this order, each on what the one before it made:
//!
//! 1. [`Lens`]: the distortion of a wide lens
//! 2. [`Perspective`]: a lane that is seen from aside, as if seen from the front
//! 3. [`Rotation`]: a camera that hangs on its side or head
//! 4. [`Mirror`]: a camera that looks through a mirror
//! 5. [`Crop`]: what remains is the corrected picture
//!
//! Zones and everything else later are in pixels of the corrected picture. All five are one pass over its pixels: each
//! knows where in the camera's picture it comes from (`placement`, `remap`), computed once per picture size.
//!
//! Not here: how good the picture is ([`crate::picture_quality`] looks at it before it is corrected).

mod lens;
mod perspective;
mod placement;
mod remap;
#[cfg(test)]
mod straight_tests;
mod view;

use std::sync::Arc;

use image::RgbImage;

pub use lens::{InvalidLens, Lens};
pub use perspective::{InvalidPerspective, Perspective};
pub use view::{Crop, InvalidCrop, Mirror, Rotation, View};

use placement::Placement;
use remap::Remap;

/// Corrects the pictures of one camera.
#[derive(Debug, Clone, Default)]
pub struct Optics {
    view: View,
    /// For the last sizes, the newest first.
    prepared: Vec<Prepared>,
}

/// Cameras send one size; some that upload send an overview and a plate.
const MOST_SIZES: usize = 2;

/// What is known of pictures of one size.
#[derive(Debug, Clone)]
struct Prepared {
    size: (u32, u32),
    placement: Placement,
    /// Absent without lens and perspective: pixels are moved as they are.
    remap: Option<Remap>,
}

impl Optics {
    /// Corrects by these settings.
    #[must_use]
    pub fn new(view: View) -> Self {
        Self { view, prepared: Vec::new() }
    }

    /// The corrected picture: at least one pixel, unless the picture has none. A view that changes nothing gives the same
    /// picture back, not a copy.
    ///
    /// What lies beside the camera's picture is black. Full HD takes 1 to 3 ms, with lens or perspective 15 to
    /// 20 ms, and the first picture of a size some 150 ms (`benches/optics.rs`).
    pub fn correct(&mut self, image: Arc<RgbImage>) -> Arc<RgbImage> {
        let size = image.dimensions();
        if self.view == View::default() || size.0 == 0 || size.1 == 0 {
            return image;
        }
        let prepared = self.prepared_for(size);
        let corrected = match &prepared.remap {
            Some(remap) => remap.apply(&image, prepared.placement.size()),
            None => prepared.placement.apply(&image),
        };
        Arc::new(corrected)
    }

    /// What was prepared for pictures of this size, which is then the first to be found.
    fn prepared_for(&mut self, size: (u32, u32)) -> &Prepared {
        match self.prepared.iter().position(|prepared| prepared.size == size) {
            Some(at) => self.prepared[..=at].rotate_right(1),
            None => {
                self.prepared.truncate(MOST_SIZES - 1);
                self.prepared.insert(0, Prepared::new(&self.view, size));
            }
        }
        &self.prepared[0]
    }
}

impl Prepared {
    fn new(view: &View, size: (u32, u32)) -> Self {
        let placement = Placement::new(view, size);
        Self { size, placement, remap: Remap::new(view, size, &placement) }
    }
}
