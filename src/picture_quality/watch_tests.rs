//! Cameras that go dark, blind, frozen or moved, drawn; and those that do not.

use std::sync::Arc;
use std::time::Duration;

use image::{Rgb, RgbImage, imageops};
use jiff::Timestamp;

use super::{SceneWatch, ViewState};
use crate::frame::{Frame, Moment};
use crate::plate::CameraName;

const SIZE: (u32, u32) = (320, 180);
/// Between frames: the longest for which one observation speaks, so that few pictures are drawn.
const STEP: Duration = Duration::from_secs(2);

/// A camera whose pictures are drawn, and who watches it.
#[derive(Default)]
struct Camera {
    watch: SceneWatch,
    elapsed: Duration,
    frames: u32,
}

impl Camera {
    /// The states that were seen in `seconds` of what `picture` draws of the frame's number, each once.
    fn sees(&mut self, seconds: u32, picture: impl Fn(u32) -> RgbImage) -> Vec<ViewState> {
        let mut states = Vec::new();
        for _ in 0..seconds / 2 {
            self.elapsed += STEP;
            self.frames += 1;
            let mut image = picture(self.frames);
            noise(&mut image, self.frames);
            let state = self.takes(image);
            if states.last() != Some(&state) {
                states.push(state);
            }
        }
        states
    }

    /// The same for a scene in which nothing moves.
    fn shows(&mut self, seconds: u32, picture: &RgbImage) -> Vec<ViewState> {
        self.sees(seconds, |_| picture.clone())
    }

    fn takes(&mut self, image: RgbImage) -> ViewState {
        let captured_at = Moment { wall: Timestamp::UNIX_EPOCH, elapsed: self.elapsed };
        let camera = CameraName::try_from("in-1").expect("a name");
        self.watch.observe(&Frame { camera, captured_at, image: Arc::new(image) })
    }

    /// Nothing comes for so long.
    fn pauses(&mut self, seconds: u64) {
        self.elapsed += Duration::from_secs(seconds);
    }

    /// A camera that has learned its scene.
    fn at_work() -> Self {
        let mut camera = Self::default();
        assert_eq!(camera.shows(60, &scene((0, 0))), [ViewState::Good]);
        camera
    }
}

/// As a sensor has it: the lowest bit of a few pixels.
fn noise(image: &mut RgbImage, seed: u32) {
    for (pixel, n) in image.pixels_mut().zip(0_u32..).step_by(97) {
        let bit = u8::from((n ^ seed).wrapping_mul(0x9E37_79B9) >> 31 == 1);
        pixel.0 = pixel.0.map(|value| value ^ bit);
    }
}

/// Buildings, kerbs and posts of many greys at places that follow no rhythm, seen from a camera turned by `shift` pixels.
fn scene((dx, dy): (i32, i32)) -> RgbImage {
    let mut image = RgbImage::from_fn(SIZE.0, SIZE.1, |_, y| Rgb([u8::try_from(90 + y / 3).unwrap_or(150); 3]));
    let mut random = 12345_u32;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i64::from((random >> 8) % below)
    };
    for _ in 0..90 {
        let (x, y, width, height) = (next(420) - 50, next(260) - 40, 4 + next(30), 3 + next(25));
        let grey = Rgb([u8::try_from(30 + next(200)).unwrap_or(0); 3]);
        fill(&mut image, (x + i64::from(dx), y + i64::from(dy)), (width, height), grey);
    }
    image
}

fn fill(image: &mut RgbImage, (x, y): (i64, i64), (width, height): (i64, i64), colour: Rgb<u8>) {
    let side = |from: i64, length: i64, most: u32| {
        let clamp = |value: i64| u32::try_from(value.clamp(0, i64::from(most))).unwrap_or(0);
        clamp(from)..clamp(from + length)
    };
    for y in side(y, height, SIZE.1) {
        for x in side(x, width, SIZE.0) {
            image.put_pixel(x, y, colour);
        }
    }
}

/// A lorry with its load, its left end at `x`.
fn lorry(mut image: RgbImage, x: i64) -> RgbImage {
    fill(&mut image, (x, 40), (190, 115), Rgb([200, 190, 180]));
    for n in 0..8 {
        fill(&mut image, (x + 6 + n * 23, 50 + n % 3 * 10), (12, 60), Rgb([60, 80, 160]));
    }
    image
}

fn every_pixel(image: RgbImage, f: impl Fn(u8) -> u8) -> RgbImage {
    let mut image = image;
    image.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(&f));
    image
}

#[test]
fn a_camera_without_light_is_dark_after_half_a_minute_and_good_again_after_another() {
    let mut camera = Camera::at_work();
    let (day, night) = (scene((0, 0)), every_pixel(scene((0, 0)), |value| value / 16));
    assert_eq!(camera.shows(28, &night), [ViewState::Good]);
    assert_eq!(camera.shows(6, &night), [ViewState::Dark]);
    assert_eq!(camera.shows(28, &day), [ViewState::Dark]);
    assert_eq!(camera.shows(6, &day), [ViewState::Good]);
}

#[test]
fn a_black_picture_with_a_bright_plate_is_not_dark() {
    let mut camera = Camera::at_work();
    let mut flash = every_pixel(scene((0, 0)), |value| value / 16);
    fill(&mut flash, (150, 100), (60, 30), Rgb([230; 3]));
    assert_eq!(camera.shows(60, &flash), [ViewState::Good]);
}

#[test]
fn a_camera_that_is_covered_fogged_or_dazzled_is_blind() {
    let day = scene((0, 0));
    let covered = imageops::blur(&day, 25.0);
    let fog = every_pixel(day.clone(), |value| 180 + value / 20);
    let dazzled = every_pixel(day.clone(), |value| 240_u8.saturating_add(value / 8));
    for (name, picture) in [("covered", covered), ("fog", fog), ("dazzled", dazzled)] {
        let mut camera = Camera::at_work();
        assert_eq!(camera.shows(40, &picture), [ViewState::Good, ViewState::Blind], "{name}");
        assert_eq!(camera.shows(40, &day), [ViewState::Blind, ViewState::Good], "{name}");
    }
}

#[test]
fn the_same_picture_for_half_a_minute_is_frozen_and_not_moved() {
    let mut camera = Camera::at_work();
    for step in 0..30 {
        camera.elapsed += STEP;
        let state = camera.takes(lorry(scene((0, 0)), 50));
        assert_eq!(state, if step < 15 { ViewState::Good } else { ViewState::Frozen }, "{step}");
    }
    assert_eq!(camera.shows(20, &scene((0, 0))), [ViewState::Frozen, ViewState::Good]);
}

#[test]
fn a_camera_that_was_turned_has_moved() {
    for turned in [(15, 0), (-20, 9), (0, -12)] {
        let mut camera = Camera::at_work();
        assert_eq!(camera.shows(18, &scene(turned)), [ViewState::Good], "{turned:?}");
        assert_eq!(camera.shows(12, &scene(turned)), [ViewState::Moved], "{turned:?}");
    }
}

#[test]
fn a_new_view_is_known_after_ten_minutes_and_the_old_one_is_moved_again() {
    let (before, after) = (scene((0, 0)), scene((15, 0)));
    let mut camera = Camera::at_work();
    assert_eq!(camera.shows(30, &after), [ViewState::Good, ViewState::Moved]);
    assert_eq!(camera.shows(580, &after), [ViewState::Moved]);
    assert_eq!(camera.shows(30, &after), [ViewState::Moved, ViewState::Good]);
    assert_eq!(camera.shows(30, &before), [ViewState::Good, ViewState::Moved]);
}

#[test]
fn a_camera_that_is_turned_back_is_good_again() {
    let mut camera = Camera::at_work();
    assert_eq!(camera.shows(30, &scene((15, 0))), [ViewState::Good, ViewState::Moved]);
    assert_eq!(camera.shows(30, &scene((0, 0))), [ViewState::Moved, ViewState::Good]);
}

#[test]
fn a_camera_that_shows_something_else_for_minutes_has_moved() {
    let mut camera = Camera::at_work();
    let other = imageops::rotate180(&scene((75, 45)));
    assert_eq!(camera.shows(280, &other), [ViewState::Good]);
    assert_eq!(camera.shows(30, &other), [ViewState::Good, ViewState::Moved]);
}

#[test]
fn a_camera_that_is_put_back_after_minutes_is_good_after_seconds() {
    let (mut camera, day) = (Camera::at_work(), scene((0, 0)));
    let other = imageops::rotate180(&scene((75, 45)));
    assert_eq!(camera.shows(600, &other), [ViewState::Good, ViewState::Moved]);
    assert_eq!(camera.shows(30, &day), [ViewState::Moved, ViewState::Good]);
    assert_eq!(camera.shows(600, &day), [ViewState::Good], "and what was known is known still");
}

#[test]
fn a_pause_without_pictures_does_not_accept_a_new_view() {
    let mut camera = Camera::at_work();
    let pushed = scene((20, 0));
    assert_eq!(camera.shows(60, &pushed), [ViewState::Good, ViewState::Moved]);
    camera.pauses(900);
    assert_eq!(camera.shows(60, &pushed), [ViewState::Moved]);
}

#[test]
fn lorries_that_pass_stand_for_long_and_move_up_do_not_move_the_camera() {
    let (mut camera, day) = (Camera::at_work(), scene((0, 0)));
    assert_eq!(camera.sees(120, |n| lorry(day.clone(), i64::from(n % 60) * 10 - 200)), [ViewState::Good]);
    assert_eq!(camera.shows(600, &lorry(day.clone(), 60)), [ViewState::Good]);
    assert_eq!(camera.shows(120, &lorry(day, 80)), [ViewState::Good]);
}

#[test]
fn wind_dusk_and_shadows_do_not_move_the_camera() {
    let (mut camera, day) = (Camera::at_work(), scene((0, 0)));
    assert_eq!(camera.sees(60, |n| scene((i32::try_from(n % 3).unwrap_or(0) - 1, 0))), [ViewState::Good]);
    assert_eq!(camera.shows(60, &every_pixel(day.clone(), |value| value / 3)), [ViewState::Good]);
    let mut shadow = day;
    for (x, _, pixel) in shadow.enumerate_pixels_mut() {
        if x > 125 {
            pixel.0 = pixel.0.map(|value| value / 2);
        }
    }
    assert_eq!(camera.shows(60, &shadow), [ViewState::Good]);
}

#[test]
fn a_source_that_is_opened_again_or_changes_its_size_is_watched_on() {
    let (mut camera, day) = (Camera::at_work(), scene((0, 0)));
    camera.elapsed = Duration::ZERO;
    assert_eq!(camera.shows(40, &day), [ViewState::Good]);
    assert_eq!(camera.shows(40, &imageops::crop_imm(&day, 0, 0, 320, 120).to_image()), [ViewState::Good]);
    assert_eq!(camera.shows(2, &RgbImage::new(1, 1)), [ViewState::Good]);
    assert_eq!(camera.takes(RgbImage::new(0, 0)), ViewState::Good);
}
