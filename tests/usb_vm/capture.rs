//! Pictures in the wanted size, rate and format.

use std::time::Duration;

use gatelpr::camera::{FrameSource, PixelFormat};
use gatelpr::frame::Frame;
use gatelpr::stop::Stop;

use crate::gate::{at_rate, error_of, frame_of, open, settings};

pub(crate) fn formats() -> String {
    let mut found = Vec::new();
    let mut pictures = Vec::new();
    for format in [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Grey] {
        let mut source = open(&settings(Some((640, 360)), Some(format))).unwrap_or_else(|error| panic!("{error}"));
        let frame = frame_of(source.as_mut());
        let stream = source.stream();
        assert_eq!(stream.codec, Some(format.to_string()));
        assert_eq!((stream.size, frame.image.dimensions()), (Some((640, 360)), (640, 360)));
        found.push(format!("{stream}, measured {:.1}", measured_rate(source.as_mut())));
        pictures.push(colours(&frame));
    }
    // The test picture is eight bars of three quarters brightness, white to blue, and black.
    let [yuyv, nv12, grey] = pictures.as_slice() else { panic!("three formats") };
    const ON: u8 = 191;
    let bars = [[ON, ON, ON], [ON, ON, 0], [0, ON, ON], [0, ON, 0], [ON, 0, ON], [ON, 0, 0], [0, 0, ON]];
    for (((yuyv, nv12), grey), bar) in yuyv.iter().zip(nv12).zip(grey).zip(bars) {
        let near = |a: u8, b: u8| a.abs_diff(b) < 12;
        assert!((0..3).all(|i| near(yuyv[i], nv12[i]) && near(yuyv[i], bar[i])), "{yuyv:?} {nv12:?} {bar:?}");
        assert!(grey[0] == grey[1] && grey[1] == grey[2], "{grey:?}");
    }
    found.join("; ")
}

pub(crate) fn largest() -> String {
    let mut source = open(&at_rate(15.0)).unwrap_or_else(|error| panic!("{error}"));
    let frame = frame_of(source.as_mut());
    let stream = source.stream();
    assert_eq!(stream.to_string(), "YUYV 640x480 at 15.000 fps", "1280x720 comes at 12.5 at most");
    assert_eq!(Some(frame.image.dimensions()), stream.size);
    stream.to_string()
}

pub(crate) fn wish() -> String {
    let error = error_of(&settings(Some((123, 45)), Some(PixelFormat::Yuyv)));
    let start = "camera gate: /dev/v4l/by-path/platform-vivid.0-video-index0 gives no YUYV 123x45 at 10 fps; it gives ";
    assert!(error.starts_with(start) && error.contains("YUYV 320x180 at 1/2/4/5/10"), "{error}");
    error.chars().take(start.len() + 120).collect()
}

/// Reads a camera of 10 frames per second twice a second.
pub(crate) fn newest() -> String {
    let mut source = open(&settings(Some((640, 360)), None)).unwrap_or_else(|error| panic!("{error}"));
    frame_of(source.as_mut());
    let stop = Stop::default();
    for _ in 0..4 {
        assert!(!stop.wait(Duration::from_millis(500)));
        frame_of(source.as_mut());
    }
    let behind = source.tally().behind;
    assert!(behind >= 4, "{behind}");
    format!("{behind} left out in 2 s")
}

/// The colours in the middle of the first seven of eight bars, below the text in the picture.
fn colours(frame: &Frame) -> Vec<[u8; 3]> {
    let (width, height) = frame.image.dimensions();
    (0..7).map(|bar| frame.image.get_pixel(width * (2 * bar + 1) / 16, height * 3 / 4).0).collect()
}

fn measured_rate(source: &mut dyn FrameSource) -> f64 {
    const FRAMES: u32 = 10;
    let first = frame_of(source).captured_at;
    let last = (0..FRAMES).map(|_| frame_of(source).captured_at).last().unwrap();
    f64::from(FRAMES) / first.until(last).as_secs_f64()
}
