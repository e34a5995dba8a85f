//! What a camera writes into a buffer, as an RGB picture. Too short or wrong: a damaged picture, never half of one.

use image::RgbImage;
use yuv::{
    YuvBiPlanarImage, YuvConversionMode, YuvError, YuvGrayImage, YuvPackedImage, YuvRange, YuvStandardMatrix,
    yuv_nv12_to_rgb, yuv400_to_rgb, yuyv422_to_rgb,
};

use super::PixelFormat;
use super::huffman::with_tables;
use crate::camera::error::FileFault;
use crate::camera::picture;
use crate::camera::pool::PicturePool;

/// How pictures lie in a buffer, as the driver said when it was set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layout {
    pub(super) format: PixelFormat,
    /// Width and height in pixels.
    pub(super) size: (u32, u32),
    /// Bytes from one row to the next; zero means that there is no padding.
    pub(super) stride: u32,
    /// Black and white are 16 and 235, or 0 and 255.
    pub(super) range: YuvRange,
    pub(super) matrix: YuvStandardMatrix,
}

/// Why a buffer holds no picture.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureFault {
    #[error("the driver says that it is corrupt")]
    Flagged,
    #[error("it has {got} bytes where {needed} make a picture")]
    Short { needed: u64, got: u64 },
    #[error("its rows are {stride} bytes apart where {row} make a row")]
    Stride { stride: u64, row: u64 },
    #[error("it is {}x{} pixels", .0.0, .0.1)]
    OtherSize((u32, u32)),
    #[error("it {0}")]
    Jpeg(FileFault),
    #[error("it cannot be converted ({0})")]
    Conversion(YuvError),
}

impl Layout {
    /// The picture in `bytes`, which are those that the camera wrote.
    pub(super) fn to_rgb(self, bytes: &[u8], pool: &PicturePool) -> Result<RgbImage, PictureFault> {
        match self.format {
            PixelFormat::Mjpeg => self.decode(bytes, pool),
            PixelFormat::Yuyv | PixelFormat::Nv12 | PixelFormat::Grey => self.convert(bytes, pool),
        }
    }

    fn decode(self, bytes: &[u8], pool: &PicturePool) -> Result<RgbImage, PictureFault> {
        let image = picture::decode(&with_tables(bytes), pool).map_err(PictureFault::Jpeg)?;
        if image.dimensions() == self.size { Ok(image) } else { Err(PictureFault::OtherSize(image.dimensions())) }
    }

    fn convert(self, bytes: &[u8], pool: &PicturePool) -> Result<RgbImage, PictureFault> {
        let Self { format, size: (width, height), range, matrix, .. } = self;
        let stride = self.checked_stride()?;
        let rows = u64::from(height) + if format == PixelFormat::Nv12 { u64::from(height.div_ceil(2)) } else { 0 };
        let needed = u64::from(stride) * rows;
        let short = PictureFault::Short { needed, got: bytes.len() as u64 };
        let Some(bytes) = usize::try_from(needed).ok().and_then(|needed| bytes.get(..needed)) else {
            return Err(short);
        };
        let mut image = pool.blank(width, height);
        let rgb_stride = width * 3;
        let converted = match format {
            PixelFormat::Yuyv => {
                let packed = YuvPackedImage { yuy: bytes, yuy_stride: stride, width, height };
                yuyv422_to_rgb(&packed, &mut image, rgb_stride, range, matrix)
            }
            PixelFormat::Nv12 => {
                let (y_plane, uv_plane) = bytes.split_at(stride as usize * height as usize);
                let planes = YuvBiPlanarImage { y_plane, y_stride: stride, uv_plane, uv_stride: stride, width, height };
                yuv_nv12_to_rgb(&planes, &mut image, rgb_stride, range, matrix, YuvConversionMode::Balanced)
            }
            PixelFormat::Grey | PixelFormat::Mjpeg => {
                let grey = YuvGrayImage { y_plane: bytes, y_stride: stride, width, height };
                yuv400_to_rgb(&grey, &mut image, rgb_stride, range, matrix)
            }
        };
        converted.map_err(PictureFault::Conversion)?;
        Ok(image)
    }

    /// The distance between rows, which is no less than a row.
    fn checked_stride(self) -> Result<u32, PictureFault> {
        let width = u64::from(self.size.0);
        let row = match self.format {
            PixelFormat::Yuyv => width.next_multiple_of(2) * 2,
            PixelFormat::Nv12 => width.next_multiple_of(2),
            PixelFormat::Grey | PixelFormat::Mjpeg => width,
        };
        let stride = if self.stride == 0 { row } else { u64::from(self.stride) };
        match u32::try_from(stride) {
            Ok(stride) if u64::from(stride) >= row => Ok(stride),
            _ => Err(PictureFault::Stride { stride, row }),
        }
    }
}

#[cfg(test)]
#[path = "pixels_tests.rs"]
mod tests;
