//! Rotation, mirror and crop: from a pixel of the corrected picture to the one that it was.

use image::RgbImage;

use super::view::{Mirror, Rotation, View};

/// Where the pixels of the corrected picture were: steps of a whole pixel in each direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placement {
    size: (u32, u32),
    first: (i64, i64),
    to_the_right: (i64, i64),
    down: (i64, i64),
}

impl Placement {
    /// For uncorrected pictures of this size, which is not empty.
    pub(super) fn new(view: &View, original: (u32, u32)) -> Self {
        let turned = match view.rotation {
            Rotation::None | Rotation::Half => original,
            Rotation::Quarter | Rotation::ThreeQuarters => (original.1, original.0),
        };
        let ((left, top), size) = view.crop.in_pixels(turned);
        // Backwards through the order in which pictures are corrected.
        let origin = |x: i64, y: i64| {
            let cropped = (x + i64::from(left), y + i64::from(top));
            turned_back(view.rotation, mirrored(view.mirror, cropped, turned), original)
        };
        let first = origin(0, 0);
        let step = |(x, y): (i64, i64)| (x - first.0, y - first.1);
        Self { size, first, to_the_right: step(origin(1, 0)), down: step(origin(0, 1)) }
    }

    /// Width and height of the corrected picture.
    pub(super) fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Where the pixel at `x`, `y` of the corrected picture was.
    pub(super) fn origin(&self, x: u32, y: u32) -> (i64, i64) {
        let (x, y) = (i64::from(x), i64::from(y));
        let along = |first, right, down| first + x * right + y * down;
        (along(self.first.0, self.to_the_right.0, self.down.0), along(self.first.1, self.to_the_right.1, self.down.1))
    }

    /// The corrected picture. `image` has the size that this is for.
    pub(super) fn apply(&self, image: &RgbImage) -> RgbImage {
        let (pixels, _) = image.as_raw().as_chunks::<3>();
        let stride = i64::from(image.width());
        let step = self.to_the_right.1 * stride + self.to_the_right.0;
        let mut corrected = RgbImage::new(self.size.0, self.size.1);
        for (y, row) in (0..self.size.1).zip(corrected.chunks_exact_mut(self.size.0 as usize * 3)) {
            let (first_x, first_y) = self.origin(0, y);
            let mut at = first_y * stride + first_x;
            for target in row.as_chunks_mut::<3>().0 {
                *target = usize::try_from(at).ok().and_then(|at| pixels.get(at)).copied().unwrap_or_default();
                at += step;
            }
        }
        corrected
    }
}

fn mirrored(mirror: Mirror, (x, y): (i64, i64), (width, height): (u32, u32)) -> (i64, i64) {
    match mirror {
        Mirror::None => (x, y),
        Mirror::Horizontal => (i64::from(width) - 1 - x, y),
        Mirror::Vertical => (x, i64::from(height) - 1 - y),
    }
}

/// Where a pixel of the turned picture was in the original of this size.
fn turned_back(rotation: Rotation, (x, y): (i64, i64), (width, height): (u32, u32)) -> (i64, i64) {
    let (last_x, last_y) = (i64::from(width) - 1, i64::from(height) - 1);
    match rotation {
        Rotation::None => (x, y),
        Rotation::Quarter => (y, last_y - x),
        Rotation::Half => (last_x - x, last_y - y),
        Rotation::ThreeQuarters => (last_x - y, x),
    }
}
