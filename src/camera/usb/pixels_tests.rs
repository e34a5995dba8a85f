//! Buffers as cameras fill them, and as they should not.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;

const SIZE: (u32, u32) = (6, 4);

fn layout(format: PixelFormat, stride: u32) -> Layout {
    Layout { format, size: SIZE, stride, range: YuvRange::Limited, matrix: YuvStandardMatrix::Bt601 }
}

/// Rows of these bytes over and over, and padding of 77 behind each.
fn rows(count: usize, width: usize, bytes: &[u8], padding: usize) -> Vec<u8> {
    let row: Vec<u8> = bytes.iter().copied().cycle().take(width).chain(std::iter::repeat_n(77, padding)).collect();
    row.repeat(count)
}

fn to_rgb(layout: Layout, bytes: &[u8]) -> Result<RgbImage, PictureFault> {
    layout.to_rgb(bytes, &PicturePool::default())
}

/// Every pixel of the picture is about this colour.
fn check(layout: Layout, bytes: &[u8], expect: [u8; 3]) {
    let image = to_rgb(layout, bytes).unwrap_or_else(|fault| panic!("{layout:?}: {fault}"));
    assert_eq!(image.dimensions(), SIZE);
    for pixel in image.pixels() {
        assert!(pixel.0.iter().zip(expect).all(|(got, want)| got.abs_diff(want) <= 3), "{layout:?}: {pixel:?}");
    }
}

#[test]
fn every_raw_format_gives_its_colour_with_and_without_padding() {
    // Red in BT.601, limited range: Y 81, U 90, V 240.
    for padding in [0_usize, 10] {
        let stride = |row: u32| if padding == 0 { 0 } else { row + 10 };
        check(layout(PixelFormat::Yuyv, stride(12)), &rows(4, 12, &[81, 90, 81, 240], padding), [255, 0, 0]);
        let nv12 = [rows(4, 6, &[81], padding), rows(2, 6, &[90, 240], padding)].concat();
        check(layout(PixelFormat::Nv12, stride(6)), &nv12, [255, 0, 0]);
        let full = Layout { range: YuvRange::Full, ..layout(PixelFormat::Grey, stride(6)) };
        check(full, &rows(4, 6, &[200], padding), [200, 200, 200]);
    }
}

#[test]
fn a_short_buffer_is_a_damaged_picture_at_any_length() {
    for (format, whole) in [(PixelFormat::Yuyv, 48), (PixelFormat::Nv12, 36), (PixelFormat::Grey, 24)] {
        for length in 0..whole {
            let fault = to_rgb(layout(format, 0), &vec![0; length]);
            assert!(matches!(fault, Err(PictureFault::Short { .. })), "{format} of {length} bytes");
        }
        assert!(to_rgb(layout(format, 0), &vec![0; whole + 5]).is_ok(), "buffers may be larger than their picture");
    }
}

#[test]
fn a_stride_below_a_row_is_a_damaged_picture() {
    let fault = to_rgb(layout(PixelFormat::Yuyv, 11), &[0; 200]).expect_err("rows overlap");
    assert_eq!(fault.to_string(), "its rows are 11 bytes apart where 12 make a row");
}

#[test]
fn a_jpeg_of_another_size_or_cut_short_is_a_damaged_picture() {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::new(8, 4).write_to(&mut bytes, image::ImageFormat::Jpeg).expect("an encoder");
    let bytes = bytes.into_inner();
    let mjpeg = layout(PixelFormat::Mjpeg, 0);
    assert!(matches!(to_rgb(mjpeg, &bytes), Err(PictureFault::OtherSize((8, 4)))));
    let right = Layout { size: (8, 4), ..mjpeg };
    assert!(to_rgb(right, &bytes).is_ok());
    assert!(to_rgb(right, &[&bytes[..], &[0; 64]].concat()).is_ok(), "drivers round a picture up to their packets");
    assert!(matches!(to_rgb(right, &bytes[..bytes.len() - 2]), Err(PictureFault::Jpeg(_))));
    assert!(matches!(to_rgb(right, &[]), Err(PictureFault::Jpeg(_))));
}

proptest! {
    #[test]
    fn no_size_stride_or_length_panics(
        format in prop::sample::select(vec![PixelFormat::Mjpeg, PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Grey]),
        size in (0..40_u32, 0..40_u32),
        stride in prop_oneof![0..100_u32, Just(u32::MAX)],
        bytes in prop::collection::vec(any::<u8>(), 0..6000),
    ) {
        let layout = Layout { format, size, stride, range: YuvRange::Limited, matrix: YuvStandardMatrix::Bt709 };
        drop(to_rgb(layout, &bytes));
    }
}
