//! The decoders behind one face: access units in, pictures out.

use std::collections::VecDeque;

use image::RgbImage;
use retina::codec::{VideoParameters, VideoParametersCodec};

use super::fault::RtspFault;
use super::ffmpeg::Ffmpeg;
use super::key_frames::Sliced;
use super::session::Codec;
use super::settings::{RtspSettings, VideoDecoder};
use crate::camera::h264::H264Decoder;
use crate::camera::picture;
use crate::camera::pool::PicturePool;

/// One stream's decoder.
pub(super) enum Decoding {
    /// Within the program.
    H264 { decoder: Option<Box<H264Decoder>>, ready: VecDeque<crate::camera::h264::Picture> },
    /// Within the program.
    Jpeg { ready: Option<RgbImage> },
    /// As a child process, once the stream has begun.
    Ffmpeg { codec: Sliced, options: Vec<String>, child: Option<Box<Ffmpeg>> },
}

/// An access unit that is to be decoded.
pub(super) struct AccessUnit<'a> {
    /// With start codes, and for a key frame with its parameter sets; or a JPEG picture.
    pub(super) bytes: &'a [u8],
    pub(super) key: bool,
    /// Something before it is missing.
    pub(super) after_gap: bool,
    /// Its time in the stream, in ticks.
    pub(super) at: i64,
}

/// An access unit that gave no picture because it is damaged.
pub(super) struct Damaged(pub(super) String);

impl Decoding {
    pub(super) fn new(codec: Codec, settings: &RtspSettings) -> Self {
        let ffmpeg = |codec| Self::Ffmpeg { codec, options: settings.ffmpeg_options.clone(), child: None };
        match (codec, settings.decoder) {
            (Codec::H264, VideoDecoder::Auto) => Self::H264 { decoder: None, ready: VecDeque::new() },
            (Codec::H264, VideoDecoder::Ffmpeg) => ffmpeg(Sliced::H264),
            (Codec::H265, _) => ffmpeg(Sliced::H265),
            (Codec::Jpeg, _) => Self::Jpeg { ready: None },
        }
    }

    /// Begins afresh with the next access unit, which has these parameters: another size, other colours. What the old
    /// decoder still holds is shown, except by `ffmpeg`, which would scale the new size to the old.
    pub(super) fn begin(&mut self, parameters: Option<&VideoParameters>, pool: &PicturePool) -> Result<(), RtspFault> {
        match self {
            Self::H264 { decoder, ready } => {
                if let Some(old) = decoder.as_mut() {
                    old.finish(ready);
                }
                *decoder = Some(Box::new(H264Decoder::new(parameter_sets(parameters), pool.clone())?));
            }
            Self::Jpeg { .. } => {}
            Self::Ffmpeg { codec, options, child } => {
                let started = Ffmpeg::start(*codec, options, &parameter_sets(parameters), pool.clone())?;
                *child = Some(Box::new(started));
            }
        }
        Ok(())
    }

    /// Whether it takes another access unit.
    pub(super) fn has_room(&self) -> bool {
        match self {
            Self::Ffmpeg { child: Some(child), .. } => child.has_room(),
            _ => true,
        }
    }

    /// Decodes into memory of the pool, or has it decoded.
    pub(super) fn feed(&mut self, unit: &AccessUnit<'_>, pool: &PicturePool) -> Result<(), Damaged> {
        match self {
            Self::H264 { decoder: Some(decoder), ready } => decoder
                .decode_annex_b((unit.bytes, unit.key), unit.at, ready)
                .map_err(|fault| Damaged(format!("a damaged packet: {fault}"))),
            Self::Jpeg { ready } => {
                let image = picture::decode(unit.bytes, pool);
                *ready = Some(image.map_err(|fault| Damaged(format!("a picture that {fault}")))?);
                Ok(())
            }
            Self::Ffmpeg { child: Some(child), .. } => {
                child.feed(unit.bytes, unit.after_gap);
                Ok(())
            }
            Self::H264 { decoder: None, .. } | Self::Ffmpeg { child: None, .. } => {
                Err(Damaged("a packet before the stream has begun".to_owned()))
            }
        }
    }

    /// The next picture, in the order they are shown.
    pub(super) fn take(&mut self) -> Option<RgbImage> {
        match self {
            Self::H264 { ready, .. } => ready.pop_front().map(|picture| picture.image),
            Self::Jpeg { ready } => ready.take(),
            Self::Ffmpeg { child, .. } => child.as_mut()?.take(),
        }
    }

    /// Goes on with what was fed, where that takes time. Never ends by itself otherwise.
    pub(super) async fn work(&mut self) -> Result<(), RtspFault> {
        match self {
            Self::Ffmpeg { child: Some(child), .. } => child.work().await,
            _ => std::future::pending().await,
        }
    }

    /// Ends what is not ended by being dropped.
    pub(super) async fn end(self) {
        if let Self::Ffmpeg { child: Some(child), .. } = self {
            child.end().await;
        }
    }
}

/// The NAL units that describe a stream.
fn parameter_sets(parameters: Option<&VideoParameters>) -> Vec<&[u8]> {
    match parameters.map(VideoParameters::codec_params) {
        Some(VideoParametersCodec::H264 { sps, pps }) => vec![sps, pps],
        Some(VideoParametersCodec::H265 { vps, sps, pps }) => vec![vps, sps, pps],
        _ => Vec::new(),
    }
}
