//! Pictures out of a stream of PPM files: each says its own size.

use std::collections::VecDeque;

use image::RgbImage;

use crate::camera::pool::PicturePool;

/// The longest header, with room for two long numbers.
const MAX_HEADER: usize = 64;
/// As large as any picture that is read; see `picture`.
const MAX_PIXELS: u64 = 64 << 20;

/// Collects bytes until they make a picture.
#[derive(Debug, Default)]
pub(super) struct PpmReader {
    header: Vec<u8>,
    /// The picture that is being read: its size in pixels, and its bytes so far.
    body: Option<(u32, u32, Vec<u8>)>,
    ready: VecDeque<RgbImage>,
    pool: PicturePool,
}

/// The stream is no PPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its output is no PPM picture")]
pub(super) struct NoPpm;

impl PpmReader {
    /// Pictures come in memory of the pool.
    pub(super) fn new(pool: PicturePool) -> Self {
        Self { pool, ..Self::default() }
    }

    /// The next whole picture.
    pub(super) fn take(&mut self) -> Option<RgbImage> {
        self.ready.pop_front()
    }

    /// Takes the next bytes of the stream.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<(), NoPpm> {
        while !bytes.is_empty() {
            bytes = match self.body.take() {
                None => self.push_header(bytes)?,
                Some((width, height, body)) => self.push_body((width, height), body, bytes)?,
            };
        }
        Ok(())
    }

    fn push_header<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], NoPpm> {
        let (byte, rest) = bytes.split_first().ok_or(NoPpm)?;
        self.header.push(*byte);
        if let Some((width, height)) = parse_header(&self.header)? {
            self.header.clear();
            let mut body = self.pool.blank(width, height).into_raw();
            body.clear();
            self.body = Some((width, height, body));
        }
        Ok(rest)
    }

    fn push_body<'b>(&mut self, size: (u32, u32), mut body: Vec<u8>, bytes: &'b [u8]) -> Result<&'b [u8], NoPpm> {
        let (width, height) = size;
        let length = width as usize * height as usize * 3;
        let (own, rest) = bytes.split_at(bytes.len().min(length - body.len()));
        body.extend_from_slice(own);
        if body.len() < length {
            self.body = Some((width, height, body));
        } else {
            self.ready.push_back(RgbImage::from_raw(width, height, body).ok_or(NoPpm)?);
        }
        Ok(rest)
    }
}

/// `P6`, width, height and 255, separated by white space, with one more at the end. `None`: not complete yet.
fn parse_header(header: &[u8]) -> Result<Option<(u32, u32)>, NoPpm> {
    if header.len() > MAX_HEADER {
        return Err(NoPpm);
    }
    let text = std::str::from_utf8(header).map_err(|_| NoPpm)?;
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if words.first().is_some_and(|word| !"P6".starts_with(word)) {
        return Err(NoPpm);
    }
    match words.as_slice() {
        ["P6", width, height, "255"] if text.ends_with(|c: char| c.is_ascii_whitespace()) => {
            let (width, height): (u32, u32) = (width.parse().map_err(|_| NoPpm)?, height.parse().map_err(|_| NoPpm)?);
            let pixels = u64::from(width) * u64::from(height);
            if pixels == 0 || pixels > MAX_PIXELS { Err(NoPpm) } else { Ok(Some((width, height))) }
        }
        [_, _, _, _, ..] if text.ends_with(|c: char| c.is_ascii_whitespace()) => Err(NoPpm),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream() -> Vec<u8> {
        let small: Vec<u8> = (0..12).collect();
        let wide: Vec<u8> = (100..127).collect();
        [b"P6\n2 2\n255\n", &small[..], b"P6\n9 1\n255\n", &wide[..], b"P6 1"].concat()
    }

    #[test]
    fn pictures_come_out_whole_however_the_stream_is_cut() {
        for piece in 1..stream().len() {
            let mut reader = PpmReader::default();
            stream().chunks(piece).for_each(|bytes| reader.push(bytes).expect("it is PPM"));
            let pictures: Vec<_> = std::iter::from_fn(|| reader.take()).collect();
            let sizes: Vec<_> = pictures.iter().map(RgbImage::dimensions).collect();
            assert_eq!(sizes, [(2, 2), (9, 1)], "in pieces of {piece}");
            assert_eq!((pictures[0].as_raw()[11], pictures[1].as_raw()[26]), (11, 126));
        }
    }

    #[test]
    fn what_is_no_ppm_or_too_large_is_refused() {
        for bytes in
            [&b"P5\n2 2\n255\n"[..], b"P6\n2 2\n65535\n", b"P6\n0 2\n255\n", b"P6\n99999 99999\n255\n", &[b' '; 99]]
        {
            assert_eq!(PpmReader::default().push(bytes), Err(NoPpm), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut reader = PpmReader::default();
            let _refused_or_not = reader.push(&[b"P6 3 3 255 ", &bytes[..]].concat());
        }
    }
}
