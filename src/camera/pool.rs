//! The memory of pictures, used again once nobody looks at them any more: a picture of 1920x1080 has 6 MB, which the system
//! would have to find, wipe and take back for each one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use image::RgbImage;

/// So many pictures of a camera are looked at at a time: one waits, one is analysed, one is the newest for whoever watches,
/// and one is just decoded. Evidence keeps some for longer; they are forgotten here.
const REMEMBERED: usize = 4;

/// The pictures that one source gave last. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct PicturePool(Arc<Mutex<VecDeque<Arc<RgbImage>>>>);

impl PicturePool {
    /// A picture of this size, with any pixels in it.
    pub(super) fn blank(&self, width: u32, height: u32) -> RgbImage {
        let Some(free) = self.free() else { return RgbImage::new(width, height) };
        let mut bytes = free.into_raw();
        bytes.resize(width as usize * height as usize * 3, 0);
        RgbImage::from_raw(width, height, bytes).unwrap_or_else(|| RgbImage::new(width, height))
    }

    /// The picture for all who look at it; its memory comes back here.
    pub(super) fn share(&self, picture: RgbImage) -> Arc<RgbImage> {
        let picture = Arc::new(picture);
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if given.len() == REMEMBERED {
            given.pop_front();
        }
        given.push_back(Arc::clone(&picture));
        picture
    }

    /// A picture at which nobody looks any more.
    fn free(&self) -> Option<RgbImage> {
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = given.iter().position(|picture| Arc::strong_count(picture) == 1)?;
        Arc::into_inner(given.remove(at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_once_nobody_looks() {
        let pool = PicturePool::default();
        let first = pool.share(pool.blank(64, 48));
        let place = first.as_ptr();
        let second = pool.share(pool.blank(64, 48));
        assert_ne!(second.as_ptr(), place, "somebody looks at the first");
        drop(first);
        assert_eq!(pool.blank(64, 48).as_ptr(), place);
    }

    #[test]
    fn a_picture_that_is_kept_is_never_changed() {
        let pool = PicturePool::default();
        let kept = pool.share(RgbImage::from_pixel(8, 8, image::Rgb([7; 3])));
        for level in 0..20 {
            let mut next = pool.blank(8, 8);
            next.fill(level);
            drop(pool.share(next));
        }
        assert!(kept.iter().all(|byte| *byte == 7));
    }

    #[test]
    fn pictures_of_another_size_have_it() {
        let pool = PicturePool::default();
        drop(pool.share(pool.blank(64, 48)));
        assert_eq!(pool.blank(100, 90).dimensions(), (100, 90));
        drop(pool.share(pool.blank(64, 48)));
        assert_eq!(pool.blank(3, 2).as_raw().len(), 18);
    }
}
