//! JPEG, encoded and decoded by libjpeg-turbo. The only file that imports it.

use image::RgbImage;
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, Subsamp};

/// Decodes a JPEG into a picture of its size; `None` where libjpeg-turbo finds the least fault in it, or cannot give RGB of its
/// kind (CMYK, 12 bits). It is several times as fast as the decoder of the `image` crate, which is the one to judge such a
/// picture: it says what is wrong with it.
#[must_use]
pub fn decode_flawless(bytes: &[u8], into: &mut RgbImage) -> Option<()> {
    let mut decoder = Decompressor::new().ok()?;
    let header = decoder.read_header(bytes).ok()?;
    let (width, height) = (into.width() as usize, into.height() as usize);
    if (header.width, header.height) != (width, height) {
        return None;
    }
    let output = Image { pixels: &mut **into, width, pitch: 3 * width, height, format: PixelFormat::RGB };
    decoder.decompress(bytes, output).ok()
}

/// Encodes pictures at one quality.
#[derive(Debug)]
pub struct JpegEncoder {
    whole: Compressor,
    small: Compressor,
}

/// Why a picture could not be encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the JPEG encoder says: {0}")]
pub struct JpegError(String);

impl JpegError {
    /// For this reason.
    pub fn new(reason: impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl JpegEncoder {
    /// An encoder of this quality, 1 to 100.
    ///
    /// # Errors
    /// [`JpegError`] for another quality, or without memory.
    pub fn new(quality: u8) -> Result<Self, JpegError> {
        // Colour at half the resolution is what every camera sends; a plate is small, and its colour tells its kind.
        Ok(Self { whole: compressor(quality, Subsamp::Sub2x2)?, small: compressor(quality, Subsamp::None)? })
    }

    /// A scene, its colours at half the resolution.
    ///
    /// # Errors
    /// [`JpegError`] for a picture without pixels.
    pub fn scene(&mut self, picture: &RgbImage) -> Result<Vec<u8>, JpegError> {
        compressed(&mut self.whole, picture)
    }

    /// A plate, its colours at full resolution.
    ///
    /// # Errors
    /// [`JpegError`] for a picture without pixels.
    pub fn plate(&mut self, picture: &RgbImage) -> Result<Vec<u8>, JpegError> {
        compressed(&mut self.small, picture)
    }
}

fn compressor(quality: u8, colours: Subsamp) -> Result<Compressor, JpegError> {
    let mut compressor = Compressor::new().map_err(JpegError::new)?;
    compressor.set_quality(i32::from(quality)).map_err(JpegError::new)?;
    compressor.set_subsamp(colours).map_err(JpegError::new)?;
    Ok(compressor)
}

fn compressed(compressor: &mut Compressor, picture: &RgbImage) -> Result<Vec<u8>, JpegError> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if width == 0 || height == 0 {
        return Err(JpegError::new("the picture has no pixels"));
    }
    let pixels = picture.as_raw().as_slice();
    let image = Image { pixels, width, pitch: 3 * width, height, format: PixelFormat::RGB };
    compressor.compress_to_vec(image).map_err(JpegError::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_jpeg_that_shows_the_same() {
        let picture = RgbImage::from_fn(64, 48, |x, _| image::Rgb([if x < 32 { 200 } else { 20 }, 100, 50]));
        let mut encoder = JpegEncoder::new(90).expect("an encoder");
        for jpeg in [encoder.scene(&picture), encoder.plate(&picture)] {
            let decoded = image::load_from_memory(&jpeg.expect("it is encoded")).expect("it is a JPEG").to_rgb8();
            assert_eq!(decoded.dimensions(), (64, 48));
            let far = |a: u8, b: u8| a.abs_diff(b) > 12;
            let differ = decoded.pixels().zip(picture.pixels()).filter(|(a, b)| far(a.0[0], b.0[0])).count();
            // At the edge between the two halves colours run into each other.
            assert!(differ <= 4 * 48, "{differ} pixels differ");
        }
    }

    #[test]
    fn a_picture_without_pixels_is_refused() {
        let mut encoder = JpegEncoder::new(85).expect("an encoder");
        assert!(encoder.scene(&RgbImage::new(0, 0)).is_err());
    }
}
