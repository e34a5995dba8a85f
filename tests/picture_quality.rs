//! The watch over a camera's view on a real toll lane: it stays content, and notices what is done to the recording.
//!
//! The recording is in `../shared/plates` or in the folder that `GATELPR_PLATES` names; without it nothing is tested.

#[path = "recordings/mod.rs"]
mod recordings;

use std::sync::Arc;
use std::time::Duration;

use gatelpr::camera::{Opening, Pacing, Repeat, SourceSettings, Timeline, open};
use gatelpr::clock::Clock;
use gatelpr::frame::{Frame, Moment};
use gatelpr::picture_quality::{PictureQuality, SceneWatch, ViewState, measure};
use gatelpr::plate::CameraName;
use gatelpr::stop::Stop;
use image::{RgbImage, imageops};
use jiff::Timestamp;

/// One picture for each half second of the recording, in half the width and height; `None` without the recording.
fn toll() -> Option<Vec<RgbImage>> {
    let path = recordings::toll_clip()?;
    let opening = Opening {
        camera: CameraName::try_from("toll").expect("a name"),
        timeline: Timeline::Recording { start: None },
        clock: Clock::start(),
        patience: Duration::from_secs(10),
        stop: Stop::default(),
    };
    let settings = SourceSettings::Video { path, repeat: Repeat::Once, pacing: Pacing::Fast };
    let mut source = open(&settings, &opening).unwrap_or_else(|error| panic!("{error}"));
    let (mut pictures, mut next) = (Vec::new(), Duration::ZERO);
    while let Some(frame) = source.next_frame(Duration::MAX).unwrap_or_else(|error| panic!("{error}")) {
        if frame.captured_at.elapsed >= next {
            next += Duration::from_millis(500);
            let (width, height) = frame.image.dimensions();
            pictures.push(imageops::thumbnail(&*frame.image, width / 2, height / 2));
        }
    }
    Some(pictures)
}

/// A camera that shows these pictures again and again, one in two seconds (the longest for which one speaks).
#[derive(Default)]
struct Camera {
    watch: SceneWatch,
    elapsed: Duration,
    shown: usize,
}

impl Camera {
    /// The states that were seen in so many seconds, each once.
    fn shows(&mut self, seconds: u64, pictures: &[RgbImage]) -> Vec<ViewState> {
        let mut states = Vec::new();
        for _ in 0..seconds / 2 {
            self.elapsed += Duration::from_secs(2);
            // A step that has no divisor in common with the pictures' count mixes arriving and leaving vehicles.
            self.shown += 7;
            let image = Arc::new(pictures[self.shown % pictures.len()].clone());
            let captured_at = Moment { wall: Timestamp::UNIX_EPOCH, elapsed: self.elapsed };
            let camera = CameraName::try_from("toll").expect("a name");
            let state = self.watch.observe(&Frame { camera, captured_at, image });
            if states.last() != Some(&state) {
                states.push(state);
            }
        }
        states
    }
}

fn each(pictures: &[RgbImage], change: impl Fn(&RgbImage) -> RgbImage) -> Vec<RgbImage> {
    pictures.iter().map(change).collect()
}

fn darkened(picture: &RgbImage) -> RgbImage {
    let mut picture = picture.clone();
    picture.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(|value| value / 12));
    picture
}

#[test]
fn a_real_lane_is_good_whatever_passes_and_each_fault_is_told_apart() {
    let Some(toll) = toll() else {
        return;
    };
    let (width, height) = toll[0].dimensions();
    let window = |picture: &RgbImage, x, y| imageops::crop_imm(picture, x, y, width - 48, height - 48).to_image();
    let lane = each(&toll, |picture| window(picture, 24, 24));
    let mut camera = Camera::default();
    assert_eq!(camera.shows(900, &lane), [ViewState::Good], "cars come and go");
    for (name, fault, state) in [
        ("darkened", each(&lane, darkened), ViewState::Dark),
        ("covered", each(&lane[..4], |picture| imageops::fast_blur(picture, 40.0)), ViewState::Blind),
        ("frozen", lane[..1].to_vec(), ViewState::Frozen),
        ("pushed to the right", each(&toll, |picture| window(picture, 48, 24)), ViewState::Moved),
        ("pushed up", each(&toll, |picture| window(picture, 24, 6)), ViewState::Moved),
        ("pushed down and to the left", each(&toll, |picture| window(picture, 0, 42)), ViewState::Moved),
    ] {
        assert_eq!(camera.shows(60, &fault), [ViewState::Good, state], "{name}");
        assert_eq!(camera.shows(60, &lane), [state, ViewState::Good], "{name}, and back");
    }
}

#[test]
fn a_real_lane_by_day_is_bright_rich_and_sharp() {
    let Some(toll) = toll() else {
        return;
    };
    for picture in &toll {
        let PictureQuality { brightness, contrast, sharpness } = measure(picture);
        let good = (60.0..180.0).contains(&brightness) && contrast > 120.0 && sharpness > 0.3;
        assert!(good, "{:?}", measure(picture));
    }
    let blurred = measure(&imageops::blur(&toll[0], 3.0));
    assert!(blurred.sharpness < 0.6 * measure(&toll[0]).sharpness, "{blurred:?}");
}
