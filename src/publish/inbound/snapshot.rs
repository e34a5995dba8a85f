//! The newest picture of a camera as a small JPEG, for whoever asks. Not here: pictures that belong to events.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::thumbnail;
use image::{ExtendedColorType, RgbImage};

use crate::frame::Frame;

/// Longer side at most, in pixels: enough to see what the camera sees, and some 150 KB.
const LONGEST_SIDE: u32 = 1280;
/// JPEG quality, 1 to 100.
const QUALITY: u8 = 80;

/// A picture ready to be sent.
#[derive(Debug)]
pub(super) struct Jpeg {
    /// The file.
    pub(super) bytes: Vec<u8>,
    /// Width and height, in pixels.
    pub(super) size: (u32, u32),
}

/// `frame` as a JPEG, made smaller where it is large. `None` where it has no pixels.
pub(super) fn jpeg(frame: &Frame) -> Option<Jpeg> {
    let (width, height) = frame.image.dimensions();
    let longest = width.max(height);
    if longest <= LONGEST_SIDE {
        return encoded(&frame.image);
    }
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(LONGEST_SIDE) / u64::from(longest);
        u32::try_from(side).unwrap_or(LONGEST_SIDE).max(1)
    };
    encoded(&thumbnail(&*frame.image, scaled(width), scaled(height)))
}

/// An empty picture, or one larger than a JPEG can be, has no form.
fn encoded(image: &RgbImage) -> Option<Jpeg> {
    let (mut bytes, (width, height)) = (Vec::new(), image.dimensions());
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    encoder.encode(image.as_raw(), width, height, ExtendedColorType::Rgb8).ok()?;
    Some(Jpeg { bytes, size: (width, height) })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::frame::Moment;
    use crate::plate::CameraName;

    fn frame(width: u32, height: u32) -> Frame {
        Frame {
            camera: CameraName::try_from("c").expect("a name"),
            captured_at: Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::ZERO },
            image: Arc::new(RgbImage::new(width, height)),
        }
    }

    #[test]
    fn a_large_picture_is_made_smaller_and_keeps_its_proportions() {
        let sizes = [(1920, 1080), (1080, 1920), (640, 480), (4000, 1)].map(|(width, height)| {
            let made = jpeg(&frame(width, height)).expect("it has pixels");
            let read = image::load_from_memory(&made.bytes).expect("it is a picture");
            assert_eq!((read.width(), read.height()), made.size);
            made.size
        });
        assert_eq!(sizes, [(1280, 720), (720, 1280), (640, 480), (1280, 1)]);
    }
}
