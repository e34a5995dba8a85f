//! Whether something moves in a lane's zone: a cheap look that spares the models an empty lane.
//!
//! The zone is reduced to a grid of mean brightness and compared with a background that follows slowly. It errs on the
//! side of motion: looking at an empty lane costs some heat, a vehicle that nobody looked at is lost.

use std::time::Duration;

use image::RgbImage;

use crate::frame::Frame;
use crate::geometry::{Point, Polygon};

/// Motion in one zone.
#[derive(Debug, Default)]
pub struct MotionGate {
    scene: Option<Scene>,
    last_motion: Option<Duration>,
}

/// What the empty zone looks like.
#[derive(Debug)]
struct Scene {
    /// Size of the pictures.
    size: (u32, u32),
    /// The cells inside of the zone: the left top pixels of each.
    cells: Vec<(u32, u32)>,
    /// Width and height of a cell, in pixels.
    step: (u32, u32),
    /// Mean brightness of each cell, 0 to 255.
    background: Vec<f32>,
    /// How much a still cell differs from its background, 0 to 255.
    noise: f32,
    /// When the background was brought up to date.
    at: Duration,
}

/// Cells across the zone. A motorbike's plate in the middle of a lane then covers a cell, its rider several.
const CELLS_ACROSS: u32 = 64;
/// Pixels that are looked at in a cell, across and down: their mean takes the sensor's noise away.
const SAMPLES: u32 = 4;
/// The smallest change of a cell that counts, in grey levels: below lies the work of a camera's compression.
const LEAST_CHANGE: f32 = 8.0;
/// The largest that it takes: a noisy night picture must not hide a vehicle.
const MOST_CHANGE: f32 = 32.0;
/// A cell has changed when it differs by this many times the usual noise.
const NOISE_FACTOR: f32 = 4.0;
/// Share of the zone that has to change: an insect before the lens does, a rain drop does not.
const LEAST_SHARE: f32 = 0.004;
/// Reading goes on for so long after the last motion.
const HOLD: Duration = Duration::from_secs(2);
/// How fast the background follows still cells (clouds, dusk), and changed ones. A vehicle that stands is motion for some ten
/// seconds, in which its plate is found or is not to be found; its leaving is motion again.
const FOLLOW_STILL: Duration = Duration::from_secs(5);
const FOLLOW_CHANGED: Duration = Duration::from_secs(6);

impl MotionGate {
    /// Whether something moves, or moved a moment ago, in `zone` (in the frame's pixels). The first picture counts as
    /// motion, and so does a picture of another size.
    pub fn moves(&mut self, frame: &Frame, zone: &Polygon) -> bool {
        let now = frame.captured_at.elapsed;
        let moved = match &mut self.scene {
            Some(scene) if scene.size == frame.image.dimensions() => scene.changed(&frame.image, now),
            _ => {
                self.scene = Some(Scene::new(&frame.image, zone, now));
                true
            }
        };
        if moved {
            self.last_motion = Some(now);
        }
        self.last_motion.is_some_and(|last| now.saturating_sub(last) <= HOLD)
    }
}

impl Scene {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "pixels")]
    fn new(image: &RgbImage, zone: &Polygon, now: Duration) -> Self {
        let size = image.dimensions();
        let bounds = zone.bounds();
        let (left, top) = (bounds.left.max(0.0) as u32, bounds.top.max(0.0) as u32);
        let (right, bottom) = ((bounds.right.max(0.0) as u32).min(size.0), (bounds.bottom.max(0.0) as u32).min(size.1));
        let side = (right.saturating_sub(left) / CELLS_ACROSS).max(1);
        let mut cells = Vec::new();
        for y in (top..bottom.saturating_sub(side - 1)).step_by(side as usize) {
            for x in (left..right.saturating_sub(side - 1)).step_by(side as usize) {
                let half = side as f32 / 2.0;
                if zone.contains(Point::new(x as f32 + half, y as f32 + half)) {
                    cells.push((x, y));
                }
            }
        }
        let mut scene = Self { size, cells, step: (side, side), background: Vec::new(), noise: 0.0, at: now };
        scene.background = scene.look(image);
        scene
    }

    /// Mean brightness of each cell.
    #[expect(clippy::cast_precision_loss, reason = "a cell's sum is far below 2^24")]
    fn look(&self, image: &RgbImage) -> Vec<f32> {
        let stride = image.width() as usize * 3;
        let pixels = image.as_raw();
        let (across, down) = (self.step.0.min(SAMPLES), self.step.1.min(SAMPLES));
        let brightness = |&(left, top): &(u32, u32)| {
            let mut sum = 0_u32;
            for row in 0..down {
                let y = (top + row * self.step.1 / down) as usize;
                for column in 0..across {
                    let at = y * stride + (left + column * self.step.0 / across) as usize * 3;
                    // Green stands for brightness, of which it is the largest part; looking at one channel is cheap.
                    sum += pixels.get(at + 1).copied().map_or(0, u32::from);
                }
            }
            sum as f32 / (across * down) as f32
        };
        self.cells.iter().map(brightness).collect()
    }

    /// Whether enough of the zone differs from the background, which then follows.
    #[expect(clippy::cast_precision_loss, reason = "there are some thousand cells")]
    fn changed(&mut self, image: &RgbImage, now: Duration) -> bool {
        let seen = self.look(image);
        let differences: Vec<f32> = seen.iter().zip(&self.background).map(|(seen, usual)| seen - usual).collect();
        // The camera's exposure changes everything alike, which is no motion.
        let common = median(differences.clone());
        let enough = (self.noise * NOISE_FACTOR).clamp(LEAST_CHANGE, MOST_CHANGE);
        let has_changed = |difference: &f32| (difference - common).abs() > enough;
        let changed = differences.iter().filter(|difference| has_changed(difference)).count();
        let since = now.saturating_sub(self.at);
        let (still, moving) = (share_within(since, FOLLOW_STILL), share_within(since, FOLLOW_CHANGED));
        let quiet: Vec<f32> = differences.iter().filter(|d| !has_changed(d)).map(|d| (d - common).abs()).collect();
        self.noise += (median(quiet) - self.noise) * still;
        for (usual, difference) in self.background.iter_mut().zip(&differences) {
            let common_part = common.clamp(-MOST_CHANGE, MOST_CHANGE);
            *usual += if has_changed(difference) {
                common_part * still + (difference - common_part) * moving
            } else {
                difference * still
            };
        }
        self.at = now;
        changed as f32 > (LEAST_SHARE * self.cells.len() as f32).max(1.0)
    }
}

/// How far something has come on its way after `since`, when it follows with a time constant.
fn share_within(since: Duration, constant: Duration) -> f32 {
    1.0 - (-since.as_secs_f32() / constant.as_secs_f32()).exp()
}

fn median(mut values: Vec<f32>) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use image::Rgb;
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::frame::Moment;
    use crate::plate::CameraName;

    /// Pictures are drawn at half the size of the coordinates here.
    const WIDTH: u32 = 320;
    const HEIGHT: u32 = 180;

    /// A lane at `ms`: a gradient with noise, so much brighter, and a box of this size at `x`, if any.
    fn lane(ms: u64, brighter: i32, noise: i32, vehicle: Option<(i32, u32)>) -> Frame {
        let mut random = fastrand::Rng::with_seed(ms);
        let image = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
            let (x, y) = (x * 2, y * 2);
            let inside = vehicle.is_some_and(|(at, side)| {
                let x = i64::from(x) - i64::from(at);
                (0..i64::from(side)).contains(&x) && (150..150 + side).contains(&y)
            });
            let base = if inside { 200 } else { 60 + (x / 8) as i32 };
            let value = base + brighter + random.i32(-noise..=noise);
            Rgb([value.clamp(0, 255) as u8; 3])
        });
        let captured_at = Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::from_millis(ms) };
        Frame { camera: CameraName::try_from("c").expect("a name"), captured_at, image: Arc::new(image) }
    }

    fn zone() -> Polygon {
        let points = [(40.0, 40.0), (600.0, 40.0), (600.0, 330.0), (40.0, 330.0)];
        Polygon::new(points.map(|(x, y)| Point::new(x / 2.0, y / 2.0)).to_vec()).expect("it has an area")
    }

    /// Ten seconds of the empty lane, after which nothing moves.
    fn settled(noise: i32) -> MotionGate {
        let mut gate = MotionGate::default();
        assert!(gate.moves(&lane(0, 0, noise, None), &zone()), "the first picture counts");
        for ms in (200..=10_000).step_by(200) {
            let moves = gate.moves(&lane(ms, 0, noise, None), &zone());
            assert!(ms < 2500 || !moves, "nothing moves at {ms} ms");
        }
        gate
    }

    #[test]
    fn noise_alone_is_no_motion() {
        settled(0);
        settled(12);
    }

    #[test]
    fn a_vehicle_is_motion_while_it_drives_stands_and_leaves() {
        let mut gate = settled(6);
        for ms in (10_200..=20_000).step_by(200) {
            let at = if ms < 14_000 { -100 + (ms as i32 - 10_000) / 10 } else { 300 };
            let inside = at + 160 > 40;
            assert!(gate.moves(&lane(ms, 0, 6, Some((at, 160))), &zone()) || !inside, "at {ms} ms");
        }
        let standing = |ms| lane(ms, 0, 6, Some((300, 160)));
        let rest: Vec<bool> = (20_200..=60_000).step_by(200).map(|ms| gate.moves(&standing(ms), &zone())).collect();
        assert!(!rest[rest.len() - 1], "what stands still for long is looked at no more");
        assert!(gate.moves(&lane(60_200, 0, 6, None), &zone()), "until it leaves");
    }

    #[test]
    fn a_creeping_motorbike_is_motion() {
        let mut gate = settled(6);
        for ms in (10_200..=20_000).step_by(200) {
            let at = 100 + (ms as i32 - 10_000) / 200;
            assert!(gate.moves(&lane(ms, 0, 6, Some((at, 50))), &zone()), "at {ms} ms");
        }
    }

    #[test]
    fn a_step_of_the_exposure_is_no_motion() {
        let mut gate = settled(4);
        for ms in (10_200..=20_000).step_by(200) {
            assert!(!gate.moves(&lane(ms, 25, 4, None), &zone()), "at {ms} ms");
        }
    }

    #[test]
    fn motion_outside_of_the_zone_is_none() {
        let mut gate = settled(4);
        let corner = [(40.0, 40.0), (200.0, 40.0), (200.0, 140.0), (40.0, 140.0)];
        let corner = Polygon::new(corner.map(|(x, y)| Point::new(x / 2.0, y / 2.0)).to_vec()).expect("it has an area");
        let mut elsewhere = MotionGate::default();
        for ms in (0..=10_000).step_by(200) {
            elsewhere.moves(&lane(ms, 0, 4, None), &corner);
        }
        for ms in (10_200..=12_000).step_by(200) {
            let passing = lane(ms, 0, 4, Some((300, 160)));
            assert!(gate.moves(&passing, &zone()));
            assert!(!elsewhere.moves(&passing, &corner), "at {ms} ms");
        }
    }

    #[test]
    fn reading_goes_on_for_two_seconds() {
        let mut gate = settled(4);
        assert!(gate.moves(&lane(10_200, 0, 4, Some((300, 160))), &zone()));
        assert!(gate.moves(&lane(12_000, 0, 4, None), &zone()));
        assert!(!gate.moves(&lane(14_100, 0, 4, None), &zone()));
    }

    proptest! {
        #[test]
        fn no_size_of_picture_or_zone_makes_it_panic(
            size in (1_u32..40, 1_u32..40),
            other in (1_u32..40, 1_u32..40),
            corners in prop::collection::vec((-50_f32..100.0, -50_f32..100.0), 3..6),
        ) {
            let Some(zone) = Polygon::new(corners.iter().map(|(x, y)| Point::new(*x, *y)).collect()) else { return Ok(()) };
            let mut gate = MotionGate::default();
            for (ms, (width, height)) in [(0, size), (100, size), (200, other)] {
                let frame = Frame { image: Arc::new(RgbImage::new(width, height)), ..lane(ms, 0, 0, None) };
                gate.moves(&frame, &zone);
            }
        }
    }
}
