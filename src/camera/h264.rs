//! H.264 packets to RGB pictures in the order they are shown. Not here: where packets come from.
//!
//! The decoder is `openh264`, which conceals nothing as it is set up here: after a damaged packet there are no pictures
//! until the next key frame, rather than smeared ones that could be misread.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use h264_reader::nal::sps::{ChromaFormat, FrameMbsFlags, SeqParameterSet};
use h264_reader::rbsp::{BitReader, decode_nal};
use image::RgbImage;
use openh264::decoder::{DecodeOptions, DecodedYUV, Decoder, Flush};
use openh264::formats::YUVSource;
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix, yuv420_to_rgb};

use super::error::FileFault;
use super::mp4::{AvcConfig, Packet};
use super::pool::PicturePool;

/// Level 5.2, the highest that `openh264` decodes: 36,864 macroblocks of 16x16 pixels, 4096x2304.
const MAX_MACROBLOCKS: u64 = 36_864;
/// Frames that wait to be shown: the standard allows 16; more are packets that gave no picture.
const MAX_WAITING: usize = 17;

/// A decoded picture.
#[derive(Debug)]
pub(super) struct Picture {
    /// When it is shown, in the ticks of its packet.
    pub(super) at: i64,
    pub(super) image: RgbImage,
}

/// H.264 that is not decoded: what is special about it, in words that follow "H.264 video with".
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unsupported(pub(super) String);

impl From<Unsupported> for FileFault {
    fn from(unsupported: Unsupported) -> Self {
        Self::Profile(unsupported.0)
    }
}

/// One stream's decoder.
pub(super) struct H264Decoder {
    decoder: Decoder,
    colour: Colour,
    /// The times of packets whose picture has not come out yet. Pictures come out in the order they are shown, so the
    /// next one has the earliest of these.
    waiting: BinaryHeap<Reverse<i64>>,
    /// A packet gave no picture: the decoder starts afresh at the next key frame.
    unsettled: bool,
    annex_b: Vec<u8>,
    pool: PicturePool,
}

/// How a stream's colours are coded.
#[derive(Debug, Clone, Copy)]
struct Colour {
    range: YuvRange,
    /// Absent where the stream does not say.
    matrix: Option<YuvStandardMatrix>,
}

/// Why a packet gave no picture.
#[derive(Debug, thiserror::Error)]
pub(super) enum PacketFault {
    #[error("its lengths do not add up")]
    Lengths,
    #[error("the decoder refuses it ({0})")]
    Refused(i64),
    #[error("its picture cannot be converted")]
    Conversion,
    #[error("no new decoder can be made for it")]
    NoDecoder,
}

impl H264Decoder {
    /// A decoder for a stream with these parameter sets (NAL units without start codes).
    pub(super) fn new<'a>(
        parameter_sets: impl IntoIterator<Item = &'a [u8]>,
        pool: PicturePool,
    ) -> Result<Self, Unsupported> {
        let mut colour = Colour { range: YuvRange::Limited, matrix: None };
        for set in parameter_sets {
            if let Some(sps) = parse_sps(set) {
                check_supported(&sps)?;
                colour = Colour::of(&sps);
            }
        }
        Ok(Self {
            decoder: new_decoder()?,
            colour,
            waiting: BinaryHeap::new(),
            unsettled: false,
            annex_b: Vec::new(),
            pool,
        })
    }

    /// Decodes one packet of a file; pictures that are ready to be shown are appended to `ready`.
    pub(super) fn decode(
        &mut self,
        packet: &Packet<'_>,
        config: &AvcConfig,
        ready: &mut VecDeque<Picture>,
    ) -> Result<(), PacketFault> {
        let mut annex_b = std::mem::take(&mut self.annex_b);
        let outcome = match to_annex_b(packet.bytes, config, &mut annex_b) {
            Ok(key) => self.decode_annex_b((&annex_b, key), packet.at, ready),
            Err(fault) => {
                self.unsettled = true;
                Err(fault)
            }
        };
        self.annex_b = annex_b;
        outcome
    }

    /// Decodes one packet with start codes; `key` says that it is a key frame with its parameter sets.
    pub(super) fn decode_annex_b(
        &mut self,
        (bytes, key): (&[u8], bool),
        at: i64,
        ready: &mut VecDeque<Picture>,
    ) -> Result<(), PacketFault> {
        if key && self.unsettled {
            // Nothing before a key frame is shown after it, so here a fresh decoder starts with a settled account of
            // what waits. (Flushing `openh264` and going on with it loses frames.)
            self.finish(ready);
            self.decoder = new_decoder().map_err(|_| PacketFault::NoDecoder)?;
        }
        self.waiting.push(Reverse(at));
        let decoded = self.decoder.decode_with_options(bytes, DecodeOptions::new().flush_after_decode(Flush::NoFlush));
        match decoded {
            Ok(None) => {
                if self.waiting.len() > MAX_WAITING {
                    self.waiting.pop();
                    self.unsettled = true;
                }
                Ok(())
            }
            Ok(Some(yuv)) => {
                let at = self.waiting.pop().map_or(at, |Reverse(earliest)| earliest);
                let image = self.colour.to_rgb(&yuv, &self.pool).ok_or(PacketFault::Conversion)?;
                ready.push_back(Picture { at, image });
                Ok(())
            }
            Err(error) => {
                self.unsettled = true;
                self.waiting.retain(|Reverse(waits)| *waits != at);
                Err(PacketFault::Refused(error.native_code()))
            }
        }
    }

    /// Appends the pictures that are still in the decoder: at most 16.
    pub(super) fn finish(&mut self, ready: &mut VecDeque<Picture>) {
        for yuv in self.decoder.flush_remaining().unwrap_or_default() {
            let Some(Reverse(at)) = self.waiting.pop() else { break };
            if let Some(image) = self.colour.to_rgb(&yuv, &self.pool) {
                ready.push_back(Picture { at, image });
            }
        }
        self.waiting.clear();
        self.unsettled = false;
    }

    /// Forgets everything, for a stream that begins again.
    pub(super) fn restart(&mut self) -> Result<(), Unsupported> {
        self.waiting.clear();
        self.unsettled = false;
        self.decoder = new_decoder()?;
        Ok(())
    }
}

fn new_decoder() -> Result<Decoder, Unsupported> {
    Decoder::new().map_err(|error| Unsupported(format!("a decoder that does not start: {}", error.native_code())))
}

/// Start codes instead of lengths, and the parameter sets before a key frame that has none of its own. Says whether it
/// is a key frame (an IDR picture).
fn to_annex_b(packet: &[u8], config: &AvcConfig, out: &mut Vec<u8>) -> Result<bool, PacketFault> {
    const START: [u8; 4] = [0, 0, 0, 1];
    out.clear();
    let (mut key, mut has_sets, mut rest) = (false, false, packet);
    while !rest.is_empty() {
        let (length, behind) = rest.split_at_checked(config.length_size).ok_or(PacketFault::Lengths)?;
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let (nal, next) = behind.split_at_checked(length).ok_or(PacketFault::Lengths)?;
        rest = next;
        let Some(header) = nal.first() else { continue };
        match header & 0x1F {
            5 if !key => {
                key = true;
                if !has_sets {
                    config.parameter_sets.iter().for_each(|set| {
                        out.extend_from_slice(&START);
                        out.extend_from_slice(set);
                    });
                }
            }
            7 => has_sets = true,
            _ => {}
        }
        out.extend_from_slice(&START);
        out.extend_from_slice(nal);
    }
    if out.is_empty() { Err(PacketFault::Lengths) } else { Ok(key) }
}

/// A sequence parameter set, if this NAL unit is one that can be read. One that cannot is left to the decoder.
fn parse_sps(nal: &[u8]) -> Option<SeqParameterSet> {
    if nal.len() < 4 || nal.first()? & 0x1F != 7 {
        return None;
    }
    let rbsp = decode_nal(nal).ok()?;
    SeqParameterSet::from_bits(BitReader::new(&*rbsp)).ok()
}

fn check_supported(sps: &SeqParameterSet) -> Result<(), Unsupported> {
    let chroma = &sps.chroma_info;
    let no = |what: String| Err(Unsupported(what));
    match chroma.chroma_format {
        ChromaFormat::YUV420 => {}
        ChromaFormat::Monochrome => return no("grey pictures (4:0:0)".to_owned()),
        ChromaFormat::YUV422 => return no("4:2:2 colour".to_owned()),
        ChromaFormat::YUV444 => return no("4:4:4 colour".to_owned()),
        ChromaFormat::Invalid(format) => return no(format!("colour format {format}")),
    }
    if chroma.bit_depth_luma_minus8 > 0 || chroma.bit_depth_chroma_minus8 > 0 {
        return no(format!("{} bits per sample", u32::from(chroma.bit_depth_luma_minus8) + 8));
    }
    if !matches!(sps.frame_mbs_flags, FrameMbsFlags::Frames) {
        return no("interlaced pictures".to_owned());
    }
    let across = u64::from(sps.pic_width_in_mbs_minus1) + 1;
    let down = u64::from(sps.pic_height_in_map_units_minus1) + 1;
    if across.saturating_mul(down) > MAX_MACROBLOCKS {
        return no(format!(
            "pictures of {}x{} pixels (at most 4096x2304)",
            across.saturating_mul(16),
            down.saturating_mul(16)
        ));
    }
    Ok(())
}

impl Colour {
    fn of(sps: &SeqParameterSet) -> Self {
        let signal = sps.vui_parameters.as_ref().and_then(|vui| vui.video_signal_type.as_ref());
        let full = signal.is_some_and(|signal| signal.video_full_range_flag);
        let matrix = signal.and_then(|signal| signal.colour_description.as_ref()).map(|c| c.matrix_coefficients);
        // ISO/IEC 23091-2, matrix coefficients.
        let matrix = match matrix {
            Some(1) => Some(YuvStandardMatrix::Bt709),
            Some(4) => Some(YuvStandardMatrix::Fcc),
            Some(5 | 6) => Some(YuvStandardMatrix::Bt601),
            Some(7) => Some(YuvStandardMatrix::Smpte240),
            Some(9) => Some(YuvStandardMatrix::Bt2020),
            _ => None,
        };
        Self { range: if full { YuvRange::Full } else { YuvRange::Limited }, matrix }
    }

    /// Converts; a stream that does not name its matrix is BT.709 from 720 lines on and BT.601 below, as players do.
    fn to_rgb(self, yuv: &DecodedYUV<'_>, pool: &PicturePool) -> Option<RgbImage> {
        let (width, height) = yuv.dimensions();
        let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        let (y_stride, u_stride, v_stride) = yuv.strides();
        let planes = YuvPlanarImage {
            y_plane: yuv.y(),
            y_stride: u32::try_from(y_stride).ok()?,
            u_plane: yuv.u(),
            u_stride: u32::try_from(u_stride).ok()?,
            v_plane: yuv.v(),
            v_stride: u32::try_from(v_stride).ok()?,
            width,
            height,
        };
        let by_size = if height < 720 { YuvStandardMatrix::Bt601 } else { YuvStandardMatrix::Bt709 };
        let mut image = pool.blank(width, height);
        yuv420_to_rgb(&planes, &mut image, width * 3, self.range, self.matrix.unwrap_or(by_size)).ok()?;
        Some(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> AvcConfig {
        AvcConfig { length_size: 2, parameter_sets: vec![vec![0x67, 1], vec![0x68, 2]] }
    }

    fn check(packet: &[u8], expect: Option<(bool, &[u8])>) {
        let mut out = Vec::new();
        let key = to_annex_b(packet, &config(), &mut out).ok();
        assert_eq!(key.map(|key| (key, out.as_slice())), expect, "{packet:?}");
    }

    #[test]
    fn parameter_sets_go_before_a_key_frame_that_has_none() {
        check(&[0, 2, 0x65, 9], Some((true, &[0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 9])));
        check(&[0, 1, 0x67, 0, 1, 0x65], Some((true, &[0, 0, 0, 1, 0x67, 0, 0, 0, 1, 0x65])));
        check(&[0, 2, 0x41, 9], Some((false, &[0, 0, 0, 1, 0x41, 9])));
    }

    #[test]
    fn a_packet_whose_lengths_do_not_add_up_is_damaged() {
        check(&[0, 3, 0x41, 9], None);
        check(&[0], None);
        check(&[], None);
    }
}
