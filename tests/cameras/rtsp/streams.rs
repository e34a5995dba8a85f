//! What comes out of a camera that works.

use std::path::Path;

use gatelpr::camera::{SourceSettings, Transport, open};
use gatelpr::frame::Frame;
use gatelpr::stop::Stop;
use image::RgbImage;

use super::{over, tcp, with_ffmpeg};
use crate::support::gate::{Gate, PATIENCE, STALL, opening};
use crate::support::rtsp_server::RtspServer;

/// A white ball on black, whole and once: not smeared, torn or doubled.
fn assert_shows_the_ball(image: &RgbImage, stream: &str) {
    assert_eq!(image.dimensions(), (320, 240), "{stream}");
    let white = image.pixels().filter(|pixel| pixel.0.iter().all(|value| *value > 200)).count();
    let black = image.pixels().filter(|pixel| pixel.0.iter().all(|value| *value < 40)).count();
    assert!((700..1100).contains(&white) && black > 75_000, "{stream}: {white} white, {black} black of 76800");
}

/// Ten frames show the ball, and the camera says what it sends.
fn check(settings: SourceSettings, codec: &str) {
    let mut gate = Gate::watch(settings);
    for _ in 0..10 {
        assert_shows_the_ball(&gate.frame().image, codec);
    }
    let report = gate.report();
    assert_eq!((report.stream.codec.as_deref(), report.stream.size), (Some(codec), Some((320, 240))));
    assert_eq!((report.reopened, report.last_error, report.tally.damaged), (0, None, 0), "{codec}");
    let (took, _) = gate.end();
    assert!(took < STALL, "stopping took {took:?}");
}

#[test]
fn every_codec_is_read_over_tcp_and_udp() {
    let server = RtspServer::start(&["a=h264", "b=h265", "c=mjpeg"]);
    for transport in [Transport::Tcp, Transport::Udp] {
        for (name, codec) in [("a", "H.264"), ("b", "H.265"), ("c", "MJPEG")] {
            check(over(transport, &server.url(name)), codec);
        }
    }
}

#[test]
fn h264_is_decoded_by_ffmpeg_where_that_is_asked_for() {
    let server = RtspServer::start(&["a=h264"]);
    check(with_ffmpeg(&server.url("a"), &["-threads", "1"]), "H.264");
}

#[test]
fn recordings_are_read_from_their_first_frame_as_a_main_and_a_sub_stream_would_be() {
    let fixture = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let (main, sub) = (fixture("b_frames.mp4"), fixture("hevc.mp4"));
    let streams = [format!("main={}", main.display()), format!("sub=h265:{}", sub.display())];
    let server = RtspServer::start(&[&streams[0], &streams[1]]);
    for name in ["main", "sub"] {
        let mut source = open(&tcp(&server.url(name)), &opening(&Stop::default())).unwrap();
        assert!(source.next_frame(STALL).unwrap().is_some(), "{name}");
    }
}

#[test]
fn a_stream_that_changes_its_size_goes_on() {
    let server = RtspServer::start(&["a=h264-resizing", "b=h265-resizing"]);
    for name in ["a", "b"] {
        let mut gate = Gate::watch(tcp(&server.url(name)));
        for width in [320, 480, 320] {
            while gate.frame().image.width() != width {}
        }
        assert_eq!(gate.report().reopened, 0, "{name}");
    }
}

#[test]
fn lost_packets_are_counted_and_cost_frames_but_never_the_stream() {
    let server = RtspServer::with(&["a=h264", "b=h265", "c=mjpeg"], &[("RTSP_DROP_EVERY", "23")]);
    for (name, transport) in
        [("a", Transport::Udp), ("a", Transport::Tcp), ("b", Transport::Udp), ("c", Transport::Udp)]
    {
        let mut gate = Gate::watch(over(transport, &server.url(name)));
        let report =
            gate.until(|report| report.captured > 20 && report.tally.lost_packets > 3 && report.tally.damaged > 3);
        assert_eq!((report.reopened, report.last_error), (0, None), "{name} {transport}");
    }
}

#[test]
fn after_a_pause_what_waits_is_left_out_and_the_newest_is_shown() {
    let server = RtspServer::start(&["a=h264", "b=h265"]);
    for name in ["a", "b"] {
        let stop = Stop::default();
        let opening = opening(&stop);
        let mut source = open(&tcp(&server.url(name)), &opening).unwrap();
        let mut frames = |count: usize| -> Vec<Frame> {
            (0..count).map(|_| source.next_frame(PATIENCE).unwrap().unwrap()).collect()
        };
        frames(20);
        assert!(!stop.wait(4 * STALL), "nobody stops it");
        let began = opening.clock.elapsed();
        frames(45);
        let took = opening.clock.elapsed() - began;
        // 45 frames are 3 s; without leaving out, they would have waited and come at once.
        assert!(took > STALL / 2, "{name}: {took:?}");
        let tally = source.tally();
        assert!((60..=120).contains(&tally.behind), "{name}: {tally:?} of 8 s at 15 frames per second");
        assert_eq!((tally.damaged, tally.lost_packets), (0, 0), "{name}");
    }
}
