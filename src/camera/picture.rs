//! One picture file: what counts as one, whether it is complete, and its pixels.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use memchr::memchr_iter;

use super::error::FileFault;
use super::pool::PicturePool;
use crate::jpeg;

/// The largest file that is read as a picture.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// The longest side, and what decoding may allocate: 64 megapixels at 4 bytes.
const MAX_SIDE: u32 = 16_384;
const MAX_DECODED_BYTES: u64 = 256 << 20;
const MAX_PIXELS: u64 = 64 << 20;

/// Reads a picture: JPEG, PNG, BMP or WebP, recognised by content, turned upright where its EXIF data says so.
///
/// # Errors
/// [`FileFault`] when it cannot be read, is not complete (an upload that broke off), damaged or too large.
pub fn read_picture(path: &Path) -> Result<RgbImage, FileFault> {
    read(path, &PicturePool::default())
}

/// Reads a picture into memory of the pool; see [`read_picture`].
pub(super) fn read(path: &Path, pool: &PicturePool) -> Result<RgbImage, FileFault> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > MAX_FILE_BYTES {
        return Err(FileFault::PictureTooLarge(format!("{length} bytes")));
    }
    let mut bytes = Vec::new();
    BufReader::new(file.take(MAX_FILE_BYTES)).read_to_end(&mut bytes)?;
    decode(&bytes, pool)
}

/// Whether a name is that of a picture we read; names that begin with a dot are another program's temporary files.
pub(super) fn has_picture_name(path: &Path) -> bool {
    const EXTENSIONS: [&str; 5] = ["jpg", "jpeg", "png", "bmp", "webp"];
    let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let extension = path.extension().and_then(|extension| extension.to_str());
    !hidden && extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// Decodes a complete picture into memory of the pool; see [`read_picture`].
pub(super) fn decode(bytes: &[u8], pool: &PicturePool) -> Result<RgbImage, FileFault> {
    if bytes.is_empty() {
        return Err(FileFault::Empty);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let Some(format) = reader.format() else {
        return Err(FileFault::BrokenPicture("it begins like no picture".to_owned()));
    };
    check_complete(bytes, format)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| fault(&error))?;
    check_size(&decoder)?;
    let orientation = decoder.orientation().map_err(|error| fault(&error))?;
    let mut image = match flawless_jpeg(bytes, format, decoder.dimensions(), pool) {
        Some(image) => DynamicImage::ImageRgb8(image),
        None => DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))?,
    };
    image.apply_orientation(orientation);
    Ok(image.into_rgb8())
}

/// The picture, if it is a JPEG of this size and without any fault.
fn flawless_jpeg(
    bytes: &[u8],
    format: ImageFormat,
    (width, height): (u32, u32),
    pool: &PicturePool,
) -> Option<RgbImage> {
    if format != ImageFormat::Jpeg {
        return None;
    }
    let mut image = pool.blank(width, height);
    jpeg::decode_flawless(bytes, &mut image).map(|()| image)
}

/// Decoders look at the sides only; a picture of nothing but grey is a hundred times smaller as a file.
fn check_size(decoder: &impl ImageDecoder) -> Result<(), FileFault> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || decoder.total_bytes() > MAX_DECODED_BYTES {
        return Err(FileFault::PictureTooLarge(format!("{width}x{height}")));
    }
    Ok(())
}

fn fault(error: &ImageError) -> FileFault {
    match error {
        ImageError::Limits(error) => FileFault::PictureTooLarge(error.to_string().to_lowercase()),
        error => FileFault::BrokenPicture(error.to_string()),
    }
}

/// The JPEG and BMP decoders fill the rest of a file that is cut short with grey or black, so its end is looked for first.
fn check_complete(bytes: &[u8], format: ImageFormat) -> Result<(), FileFault> {
    let complete = match format {
        ImageFormat::Jpeg => jpeg_is_complete(bytes),
        ImageFormat::Bmp => declared_length(bytes, 2).is_some_and(|length| length <= bytes.len()),
        ImageFormat::WebP => declared_length(bytes, 4).is_some_and(|length| length <= bytes.len() - 8),
        ImageFormat::Png => bytes.windows(8).any(|window| window == b"IEND\xAE\x42\x60\x82"),
        _ => return Err(FileFault::BrokenPicture("it is neither JPEG, PNG, BMP nor WebP".to_owned())),
    };
    if complete { Ok(()) } else { Err(FileFault::BrokenPicture("it is cut short".to_owned())) }
}

fn declared_length(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize)
}

/// Walks the segments to the end marker (ITU T.81, annex B). The end marker of a thumbnail, which lies inside a
/// segment, does not count.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        // Entropy-coded data and padding lie between segments; 00 and restart markers belong to the data.
        let Some(marker) = bytes.get(at..).and_then(next_marker) else { return false };
        at += marker + 2;
        if bytes[at - 1] == 0xD9 {
            return true;
        }
        let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else { return false };
        at += usize::from(u16::from_be_bytes(*length));
    }
}

/// Where the next marker stands.
fn next_marker(bytes: &[u8]) -> Option<usize> {
    let is_marker = |at: &usize| matches!(bytes.get(at + 1), Some(0x01..=0xCF | 0xD9..=0xFE));
    memchr_iter(0xFF, bytes).find(is_marker)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::jpeg::JpegEncoder;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let image = RgbImage::from_fn(40, 24, |x, y| image::Rgb([(x * 6) as u8, (y * 10) as u8, (x * y) as u8]));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("an encoder");
        bytes.into_inner()
    }

    fn decode(bytes: &[u8]) -> Result<RgbImage, FileFault> {
        super::decode(bytes, &PicturePool::default())
    }

    const FORMATS: [ImageFormat; 4] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP];

    #[test]
    fn complete_pictures_of_every_format_are_read() {
        for format in FORMATS {
            let image = decode(&encoded(format)).unwrap_or_else(|fault| panic!("{format:?} {fault}"));
            assert_eq!(image.dimensions(), (40, 24));
        }
    }

    #[test]
    fn a_jpeg_shows_the_same_whichever_decoder_takes_it() {
        let smooth = RgbImage::from_fn(64, 48, |x, y| image::Rgb([(x * 3) as u8, (y * 4) as u8, (x + y) as u8]));
        let mut encoder = JpegEncoder::new(90).expect("an encoder");
        for jpeg in [encoder.plate(&smooth), encoder.scene(&smooth)] {
            let mut jpeg = jpeg.expect("it is encoded");
            let quick = decode(&jpeg).expect("a picture");
            // Bytes between two segments, as some cameras leave them: a fault, and harmless.
            let behind_the_first = 4 + usize::from(u16::from_be_bytes([jpeg[4], jpeg[5]]));
            jpeg.splice(behind_the_first..behind_the_first, [0; 5]);
            assert!(jpeg::decode_flawless(&jpeg, &mut RgbImage::new(64, 48)).is_none(), "there is a fault in it");
            let general = decode(&jpeg).expect("a picture still");
            let far = quick.iter().zip(general.iter()).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(far.is_some_and(|far| far <= 6), "{far:?}");
        }
    }

    #[test]
    fn a_grey_jpeg_is_a_picture_in_colours() {
        let grey = image::GrayImage::from_fn(40, 24, |x, y| image::Luma([(x * 4 + y) as u8]));
        let mut bytes = Cursor::new(Vec::new());
        grey.write_to(&mut bytes, ImageFormat::Jpeg).expect("an encoder");
        let image = decode(&bytes.into_inner()).expect("a picture");
        assert!(image.pixels().all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2]));
        assert!(image.get_pixel(30, 10).0[0].abs_diff(130) < 4);
    }

    #[test]
    fn a_picture_cut_short_anywhere_is_an_error_and_never_half_a_picture() {
        for format in FORMATS {
            let bytes = encoded(format);
            for end in 0..bytes.len() - 1 {
                assert!(decode(&bytes[..end]).is_err(), "{format:?} cut at {end} of {}", bytes.len());
            }
        }
    }

    #[test]
    fn a_small_file_that_says_it_is_huge_is_refused_before_it_is_decoded() {
        let mut bytes = encoded(ImageFormat::Jpeg);
        // The sides stand five bytes behind the marker of a frame (SOF0), height first.
        let frame = bytes.windows(2).position(|marker| marker == [0xFF, 0xC0]).expect("a baseline JPEG");
        bytes[frame + 5..frame + 9].copy_from_slice(&[0x40, 0, 0x40, 0]);
        assert!(matches!(decode(&bytes), Err(FileFault::PictureTooLarge(size)) if size == "16384x16384"));
    }

    #[test]
    fn a_thumbnail_inside_does_not_complete_a_picture() {
        let picture = encoded(ImageFormat::Jpeg);
        let thumbnail = [&[0xFF, 0xE1, 0, 8][..], b"a\xFF\xD9bcd"].concat();
        let whole = [&picture[..2], &thumbnail, &picture[2..]].concat();
        assert!(jpeg_is_complete(&whole));
        assert!(!jpeg_is_complete(&whole[..whole.len() - 1]));
        let padded = [&whole[..], &[0; 16]].concat();
        assert!(jpeg_is_complete(&padded), "cameras pad or append data of their own");
    }

    #[test]
    fn names_of_unfinished_uploads_are_no_pictures() {
        let check = |name: &str, expect| assert_eq!(has_picture_name(Path::new(name)), expect, "{name}");
        check("a/b.JPG", true);
        check("a/b.webp", true);
        check("a/b.jpg.part", false);
        check("a/.b.jpg", false);
        check("a/jpg", false);
    }

    proptest! {
        #[test]
        fn damaged_pictures_never_panic(which in 0..4_usize, at in 0..2000_usize, bits in 1..=255_u8) {
            let mut bytes = encoded(FORMATS[which]);
            let at = at % bytes.len();
            bytes[at] ^= bits;
            drop(decode(&bytes));
        }

        #[test]
        fn any_bytes_behind_a_picture_header_never_panic(which in 0..4_usize, rest in proptest::collection::vec(any::<u8>(), 0..300)) {
            let head = encoded(FORMATS[which]);
            drop(decode(&[&head[..30], &rest].concat()));
        }
    }
}
