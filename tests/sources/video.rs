//! Recordings: the right pictures at the right times, and what is refused.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gatelpr::camera::{Pacing, Repeat, SourceError, SourceSettings, open};
use gatelpr::frame::Frame;
use image::RgbImage;
use tempfile::TempDir;

use super::recordings::toll_clip;
use super::{LONG, error_of, fixture, opened, opening, rest, video};

/// The number that a picture of `b_frames.mp4` carries.
fn number(frame: &Frame) -> u32 {
    (0..6).filter(|bit| frame.image.get_pixel(bit * 32 + 16, 8)[1] > 128).map(|bit| 1 << bit).sum()
}

fn numbers_and_ms(frames: &[Frame]) -> Vec<(u32, u128)> {
    frames.iter().map(|frame| (number(frame), frame.captured_at.elapsed.as_millis())).collect()
}

#[test]
fn every_picture_comes_in_the_order_and_at_the_time_it_is_shown() {
    let mut source = opened(&video(&fixture("b_frames.mp4"), Repeat::Once));
    let frames = rest(source.as_mut());
    assert_eq!(numbers_and_ms(&frames), (0..30).map(|n| (n, u128::from(n) * 80)).collect::<Vec<_>>());
    assert_eq!(frames[0].captured_at.wall.to_string(), "2026-03-04T05:06:07Z", "the recording's creation time");
    assert_eq!(source.tally().damaged, 0);
}

#[test]
fn what_an_edit_list_cuts_off_is_not_shown() {
    let frames = rest(opened(&video(&fixture("edit_list.mp4"), Repeat::Once)).as_mut());
    assert_eq!(numbers_and_ms(&frames), (0..14).map(|n| (n + 16, u128::from(n) * 80)).collect::<Vec<_>>());
}

#[test]
fn a_repeated_recording_goes_on_in_time() {
    let mut source = opened(&video(&fixture("b_frames.mp4"), Repeat::Forever));
    let frames: Vec<_> = (0..75).map(|_| source.next_frame(LONG).unwrap().unwrap()).collect();
    assert_eq!(numbers_and_ms(&frames), (0..75).map(|n| (n % 30, u128::from(n) * 80)).collect::<Vec<_>>());
}

#[test]
fn a_stop_ends_a_source() {
    let opening = opening();
    let mut source = open(&video(&fixture("b_frames.mp4"), Repeat::Forever), &opening).unwrap();
    opening.stop.request();
    assert!(source.next_frame(LONG).unwrap().is_none());
}

#[test]
fn frames_are_not_given_before_they_are_due() {
    let path = fixture("b_frames.mp4");
    let settings = SourceSettings::Video { path, repeat: Repeat::Once, pacing: Pacing::RealTime };
    let opening = opening();
    let mut source = open(&settings, &opening).unwrap();
    let mut given = 0;
    loop {
        match source.next_frame(Duration::from_millis(30)) {
            Ok(Some(frame)) => {
                assert!(frame.captured_at.elapsed <= opening.clock.elapsed());
                assert_eq!(number(&frame), given, "none is lost while it waits");
                given += 1;
            }
            Err(SourceError::Silent { .. }) => {}
            other => panic!("{other:?}"),
        }
        if given == 8 {
            break;
        }
    }
}

#[test]
fn a_damaged_packet_costs_pictures_until_the_next_key_frame_and_no_more() {
    let dir = TempDir::new().unwrap();
    let mut bytes = fs::read(fixture("b_frames.mp4")).unwrap();
    let mdat = bytes.windows(4).position(|w| w == b"mdat").unwrap();
    // In the first third of the media data: after the first key frame, before the second.
    let target = mdat + (bytes.len() - mdat) / 4;
    bytes[target..target + 40].fill(0xFF);
    let path = dir.path().join("damaged.mp4");
    fs::write(&path, bytes).unwrap();
    let mut source = opened(&video(&path, Repeat::Once));
    let frames = rest(source.as_mut());
    let pairs = numbers_and_ms(&frames);
    assert!(source.tally().damaged > 0, "it is counted");
    let after: Vec<_> = pairs.iter().copied().filter(|(_, ms)| *ms >= 960).collect();
    assert_eq!(after, (12..30).map(|n| (n, u128::from(n) * 80)).collect::<Vec<_>>());
    assert!(pairs.is_sorted_by(|a, b| a.1 < b.1), "time never goes back: {pairs:?}");
}

#[test]
fn what_is_not_supported_is_named_with_the_remedy() {
    let dir = TempDir::new().unwrap();
    let written = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        error_of(&video(&path, Repeat::Once))
    };
    let whole = fs::read(fixture("b_frames.mp4")).unwrap();
    let mdat = whole.windows(4).position(|w| w == b"mdat").unwrap();
    let moov = whole.windows(4).position(|w| w == b"moov").unwrap();
    let fast_start = [&whole[..mdat - 12], &whole[moov - 4..]].concat();
    let errors = [
        error_of(&video(&fixture("hevc.mp4"), Repeat::Once)),
        error_of(&video(&fixture("av1.mp4"), Repeat::Once)),
        error_of(&video(&fixture("vp9.mp4"), Repeat::Once)),
        error_of(&video(&fixture("audio_only.mp4"), Repeat::Once)),
        error_of(&video(&fixture("encrypted.mp4"), Repeat::Once)),
        error_of(&video(&fixture("fragmented.mp4"), Repeat::Once)),
        error_of(&video(&fixture("chroma_422.mp4"), Repeat::Once)),
        error_of(&video(Path::new("no/such.mp4"), Repeat::Once)),
        written("empty.mp4", b""),
        written("text.mp4", b"this is no video at all"),
        written("a.mkv", b"\x1A\x45\xDF\xA3 matroska"),
        written("a.avi", b"RIFF\x10\0\0\0AVI LIST"),
        written("a.ts", b"\x47\x40\0\x10 transport stream"),
        written("a.jpg", b"\xFF\xD8\xFF\xE0 a picture"),
        written("unfinished.mp4", &whole[..moov - 4]),
        written("cut_short.mp4", &fast_start),
    ];
    let shown = errors.join("\n").replace(&dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(shown.replace(&fixture("").display().to_string(), "FIXTURES/"));
}

#[test]
fn the_toll_lane_recording_agrees_with_ffmpeg() {
    let Some(clip) = toll_clip() else { return };
    let mut source = opened(&video(&clip, Repeat::Once));
    let frames = rest(source.as_mut());
    assert_eq!((frames.len(), source.tally().damaged), (339, 0));
    assert!(frames.iter().all(|frame| frame.image.dimensions() == (1280, 720)));
    let seconds = |frame: &Frame| frame.captured_at.elapsed.as_secs_f64();
    assert!((seconds(&frames[338]) - 18.688_867).abs() < 1e-5, "{}", seconds(&frames[338]));
    let Some(times) = ffprobe_times(&clip) else { return };
    for (frame, time) in frames.iter().zip(&times) {
        assert!((seconds(frame) - (time - times[0])).abs() < 1e-5, "{} for {time}", seconds(frame));
    }
    for (at, psnr) in [0, 100, 338].map(|at| (at, psnr(&frames[at].image, &ffmpeg_picture(&clip, at)))) {
        assert!(psnr > 45.0, "frame {at}: {psnr:.1} dB");
    }
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests should know what was not tested")]
fn skipped(why: &str) {
    eprintln!("skipped, {why}");
}

fn ffprobe_times(clip: &Path) -> Option<Vec<f64>> {
    let arguments = ["-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0"];
    let Ok(output) = Command::new("ffprobe").args(arguments).arg(clip).output() else {
        skipped("no ffprobe");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| line.trim_matches(',').parse().unwrap()).collect())
}

fn ffmpeg_picture(clip: &Path, number: usize) -> RgbImage {
    let filter = format!("select=eq(n\\,{number}),scale=flags=accurate_rnd+full_chroma_int+neighbor:sws_dither=none");
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(clip)
        .args(["-vf", &filter, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .unwrap();
    RgbImage::from_raw(1280, 720, output.stdout).expect("a whole picture")
}

fn psnr(a: &RgbImage, b: &RgbImage) -> f64 {
    let squares: u64 = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    10.0 * (255.0 * 255.0 * a.len() as f64 / squares.max(1) as f64).log10()
}
