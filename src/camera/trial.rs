//! What decoding a camera's video costs on this computer: pictures are coded as a camera codes them, and decoded as the gate does.

use std::collections::VecDeque;
use std::time::Duration;

use image::RgbImage;
use openh264::OpenH264API;
use openh264::encoder::{Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, RateControlMode};
use openh264::formats::{RgbSliceU8, YUVBuffer};

use super::h264::H264Decoder;
use super::pool::PicturePool;
use crate::clock::Clock;

/// A camera's usual distance of key frames.
const PICTURES_PER_KEY: u32 = 50;
/// A camera's usual picture rate.
const RATE: f32 = 25.0;

/// The processor time that decoding one of these pictures takes, colours included. Width and height are even.
///
/// # Errors
/// What the coder or the decoder says, in words.
pub fn decoding_costs(pictures: &[RgbImage]) -> Result<Duration, String> {
    let packets = coded(pictures)?;
    let mut decoder = H264Decoder::new([], PicturePool::default()).map_err(|error| error.to_string())?;
    let (clock, mut ready, mut count) = (Clock::start(), VecDeque::new(), 0_u32);
    for (at, (packet, key)) in (0_i64..).zip(&packets) {
        decoder.decode_annex_b((packet, *key), at, &mut ready).map_err(|error| error.to_string())?;
        count += 1;
        ready.clear();
    }
    if count == 0 { Ok(Duration::ZERO) } else { Ok(clock.elapsed() / count) }
}

/// A packet for each picture, and whether it is a key frame.
fn coded(pictures: &[RgbImage]) -> Result<Vec<(Vec<u8>, bool)>, String> {
    // Every picture is coded, each as well as the others.
    let config = EncoderConfig::new()
        .rate_control_mode(RateControlMode::Off)
        .max_frame_rate(FrameRate::from_hz(RATE))
        .intra_frame_period(IntraFramePeriod::from_num_frames(PICTURES_PER_KEY))
        .skip_frames(false);
    let told = |error: openh264::Error| error.to_string();
    let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), config).map_err(told)?;
    let mut packets = Vec::with_capacity(pictures.len());
    for picture in pictures {
        let size = (picture.width() as usize, picture.height() as usize);
        let source = YUVBuffer::from_rgb8_source(RgbSliceU8::new(picture.as_raw(), size));
        let packet = encoder.encode(&source).map_err(told)?;
        let key = matches!(packet.frame_type(), FrameType::IDR | FrameType::I);
        packets.push((packet.to_vec(), key));
    }
    Ok(packets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_coded_is_decoded() {
        let grey = |level: u8| RgbImage::from_pixel(64, 48, image::Rgb([level; 3]));
        let pictures: Vec<_> = (0..5).map(|number| grey(number * 40)).collect();
        let packets = coded(&pictures).expect("it can be coded");
        assert_eq!((packets.len(), packets.first().map(|(_, key)| *key)), (5, Some(true)));
        let mut decoder = H264Decoder::new([], PicturePool::default()).expect("a decoder");
        let (mut ready, mut levels) = (VecDeque::new(), Vec::new());
        for (at, (packet, key)) in (0_i64..).zip(&packets) {
            decoder.decode_annex_b((packet, *key), at, &mut ready).expect("it is whole");
            levels.extend(ready.drain(..).map(|picture| picture.image.get_pixel(32, 24).0[1]));
        }
        decoder.finish(&mut ready);
        levels.extend(ready.drain(..).map(|picture| picture.image.get_pixel(32, 24).0[1]));
        let expected = [0_u8, 40, 80, 120, 160];
        assert!(levels.len() == 5 && levels.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 6), "{levels:?}");
    }
}
