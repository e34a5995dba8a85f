//! The newest frame of a camera as a JPEG for whoever watches, often and for several people at once: each frame is encoded once.
//!
//! Not here: pictures of events, which are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use image::RgbImage;
use image::imageops::thumbnail;

use super::blur::blur_all_but;
use super::vehicle_region::PixelRegion;
use crate::frame::{Frame, Moment};
use crate::jpeg::{JpegEncoder, JpegError};
use crate::plate::CameraName;

/// Enough to see what the camera sees.
const QUALITY: u8 = 75;
/// The widths that pictures are made in: what is asked for is rounded up, so that people with different screens share pictures.
const WIDTHS: [u32; 5] = [320, 640, 960, 1280, 1920];

/// Makes the pictures. Clones share them; whoever comes while one is made waits for it.
#[derive(Debug, Clone)]
pub struct LivePictures {
    blurs: bool,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Debug)]
struct Desk {
    encoder: JpegEncoder,
    /// The newest picture of each camera in each width.
    newest: HashMap<(CameraName, u32), Taken>,
}

/// When a picture was taken, and its JPEG.
type Taken = (Moment, Arc<[u8]>);

impl LivePictures {
    /// None yet. Where `blurs`, nobody in them can be recognised: they show where things are and no more.
    ///
    /// # Errors
    /// [`JpegError`] when there is no encoder to be had.
    pub fn new(blurs: bool) -> Result<Self, JpegError> {
        let desk = Desk { encoder: JpegEncoder::new(QUALITY)?, newest: HashMap::new() };
        Ok(Self { blurs, desk: Arc::new(Mutex::new(desk)) })
    }

    /// `frame` as a JPEG that is `width` pixels wide, or a little wider, and never wider than the frame. Takes some milliseconds.
    ///
    /// # Errors
    /// [`JpegError`] when the frame has no pixels.
    pub fn jpeg(&self, frame: &Frame, width: u32) -> Result<Arc<[u8]>, JpegError> {
        let width = WIDTHS.into_iter().find(|known| *known >= width).unwrap_or(WIDTHS[WIDTHS.len() - 1]);
        let key = (frame.camera.clone(), width);
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, jpeg)) = desk.newest.get(&key)
            && *at == frame.captured_at
        {
            return Ok(Arc::clone(jpeg));
        }
        let mut picture = scaled(&frame.image, width);
        if self.blurs {
            blur_all_but(&mut picture, PixelRegion::NONE);
        }
        let jpeg: Arc<[u8]> = desk.encoder.scene(&picture)?.into();
        desk.newest.insert(key, (frame.captured_at, Arc::clone(&jpeg)));
        Ok(jpeg)
    }
}

fn scaled(image: &RgbImage, most: u32) -> RgbImage {
    let (width, height) = image.dimensions();
    if width <= most {
        return image.clone();
    }
    let height = u64::from(height) * u64::from(most) / u64::from(width);
    thumbnail(image, most, u32::try_from(height).unwrap_or(most).max(1))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;

    fn frame(second: u64) -> Frame {
        Frame {
            camera: CameraName::try_from("c").expect("a name"),
            captured_at: Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::from_secs(second) },
            image: Arc::new(RgbImage::from_fn(1000, 500, |x, _| image::Rgb([if x % 2 == 0 { 0 } else { 250 }; 3]))),
        }
    }

    fn decoded(jpeg: &[u8]) -> RgbImage {
        image::load_from_memory(jpeg).expect("it is a picture").to_rgb8()
    }

    #[test]
    fn a_picture_is_as_wide_as_asked_for_and_never_wider_than_the_frame() {
        let pictures = LivePictures::new(false).expect("an encoder");
        let sizes = [1, 640, 641, 5000].map(|width| {
            let jpeg = pictures.jpeg(&frame(1), width).expect("it has pixels");
            decoded(&jpeg).dimensions()
        });
        assert_eq!(sizes, [(320, 160), (640, 320), (960, 480), (1000, 500)]);
    }

    #[test]
    fn a_frame_is_encoded_once_and_the_next_one_anew() {
        let pictures = LivePictures::new(false).expect("an encoder");
        let [first, same, next] = [1, 1, 2].map(|second| pictures.jpeg(&frame(second), 640).expect("it has pixels"));
        assert!(Arc::ptr_eq(&first, &same) && !Arc::ptr_eq(&first, &next));
    }

    #[test]
    fn where_the_gate_blurs_nothing_is_told_apart() {
        let pictures = LivePictures::new(true).expect("an encoder");
        let picture = decoded(&pictures.jpeg(&frame(1), 5000).expect("it has pixels"));
        assert!(picture.pixels().all(|pixel| pixel.0[0].abs_diff(125) < 10));
    }
}
