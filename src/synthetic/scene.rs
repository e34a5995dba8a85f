//! What happens at the gate: three vehicles drive up to the camera in turn, each out of sight before the next comes.

use image::{Rgb, RgbImage};

use crate::geometry::{BoundingBox, Quad};

use super::plate::{Kind, Plate};
use super::text::Letters;
use super::vehicle::{Body, Vehicle};
use super::view::{
    CAMERA_HEIGHT_M, Canvas, Colour, FOCAL_PX, HEIGHT_PX, HORIZON_PX, Plane, WIDTH_PX, area, mix, pixel_centre,
};

/// Pictures a second.
pub const FRAMES_PER_SECOND: u32 = 10;
/// How many pictures the scene has.
pub const FRAMES: u32 = 106;

/// Walking pace would fill the recording with copies of one picture; this is a truck rolling up to a barrier.
const SPEED_M_PER_S: f32 = 6.0;
/// Where a vehicle comes into sight, out of the dusk under the gate's roof.
const FIRST_SEEN_M: f32 = 13.0;
/// Nearer than this it has passed the camera.
const PASSED_M: f32 = 1.2;
/// Metres from the camera's axis to the middle of the lane.
const LANE_M: f32 = -0.9;
/// The camera stands beside the lane, so it sees every front a little from the side (radians).
const YAW: f32 = 0.12;
/// From one vehicle's start to the next: between the last sight of a plate and the first of the next are 2.6 seconds.
const INTERVAL_S: f32 = 4.1;
const FIRST_START_S: f32 = 0.3;

const VEHICLES: [Vehicle; 3] = [
    Vehicle {
        body: Body::Truck { slogan: "VẬN TẢI BIÊN GIỚI" },
        paint: Rgb([38, 84, 142]),
        plate: Plate { kind: Kind::VietnamOneLine, text: "12C12345", lines: &["12C-123.45"] },
    },
    Vehicle {
        body: Body::Car,
        paint: Rgb([128, 34, 36]),
        plate: Plate { kind: Kind::VietnamTwoLines, text: "14A67892", lines: &["14A", "678.92"] },
    },
    Vehicle {
        body: Body::Truck { slogan: "EXPRESS LOGISTICS" },
        paint: Rgb([52, 112, 72]),
        plate: Plate { kind: Kind::ChinaLarge, text: "桂F12345", lines: &["桂F·12345"] },
    },
];

/// A gate with its fonts loaded and its background painted.
#[derive(Debug)]
pub struct Scene {
    letters: Letters,
    background: RgbImage,
}

/// A plate that is in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VisiblePlate {
    /// The plate and its truth.
    pub plate: Plate,
    /// Its corners, in pixels of the picture; all of them inside.
    pub corners: Quad,
}

impl Default for Scene {
    fn default() -> Self {
        let letters = Letters::default();
        let background = background(&letters);
        Self { letters, background }
    }
}

impl Scene {
    /// The vehicles in the order in which they pass.
    #[must_use]
    pub fn vehicles(&self) -> &'static [Vehicle] {
        &VEHICLES
    }

    /// Picture `frame`, counted from 0.
    #[must_use]
    pub fn render(&self, frame: u32) -> RgbImage {
        let mut canvas = Canvas { image: self.background.clone() };
        if let Some((vehicle, plane)) = in_sight(frame) {
            vehicle.draw(&mut canvas, &self.letters, &plane);
        }
        self.overlay(&mut canvas, frame);
        add_noise(&mut canvas.image, frame);
        canvas.image
    }

    /// The plate that is wholly in picture `frame`, if any.
    #[must_use]
    pub fn visible_plate(&self, frame: u32) -> Option<VisiblePlate> {
        let (vehicle, plane) = in_sight(frame)?;
        let corners = vehicle.plate.corners(&plane, vehicle.plate_centre());
        let BoundingBox { left, top, right, bottom } = corners.bounds();
        let inside = left >= 0.0 && top >= 0.0 && right <= WIDTH_PX as f32 && bottom <= HEIGHT_PX as f32;
        inside.then_some(VisiblePlate { plate: vehicle.plate, corners })
    }

    /// What a camera writes over its pictures: its name and the time. No plate, though it is text.
    fn overlay(&self, canvas: &mut Canvas, frame: u32) {
        let tenths = frame * 10 / FRAMES_PER_SECOND;
        let clock = format!("2026-11-24 08:15:{:02}.{}", tenths / 10, tenths % 10);
        let screen = Plane::screen();
        for (text, area) in
            [("CAM 2 GATE 1", area(24.0, 204.0, 676.0, 696.0)), (&*clock, area(960.0, 1256.0, 676.0, 696.0))]
        {
            self.letters.write(canvas, &screen, area, text, Rgb([250, 250, 250]));
        }
    }
}

/// The vehicle in picture `frame` and the surface that its front is on.
fn in_sight(frame: u32) -> Option<(&'static Vehicle, Plane)> {
    let seconds = frame as f32 / FRAMES_PER_SECOND as f32;
    VEHICLES.iter().zip(0_u8..).find_map(|(vehicle, number)| {
        let since_start = seconds - FIRST_START_S - INTERVAL_S * f32::from(number);
        let ahead = FIRST_SEEN_M - SPEED_M_PER_S * since_start;
        (since_start >= 0.0 && ahead >= PASSED_M).then(|| (vehicle, Plane::on_road(LANE_M, ahead, YAW)))
    })
}

/// Sky, road, kerb, and a board with a slogan beside the lane.
fn background(letters: &Letters) -> RgbImage {
    let image = RgbImage::from_fn(WIDTH_PX, HEIGHT_PX, |column, row| {
        let at = pixel_centre(column, row);
        if at.y < HORIZON_PX { wall(at.y) } else { ground(at.x - 640.0, at.y - HORIZON_PX) }
    });
    let mut canvas = Canvas { image };
    let board = Plane::on_road(3.6, 11.0, 0.12);
    canvas.rounded(&board, area(-0.9, -0.82, 0.0, 1.4), 0.02, [Rgb([120, 120, 120]), Rgb([70, 70, 70])]);
    canvas.rounded(&board, area(0.82, 0.9, 0.0, 1.4), 0.02, [Rgb([120, 120, 120]), Rgb([70, 70, 70])]);
    canvas.rounded(&board, area(-1.3, 1.3, 1.3, 2.3), 0.06, [Rgb([28, 92, 168]), Rgb([20, 70, 134])]);
    let white = Rgb([240, 240, 240]);
    letters.write(&mut canvas, &board, area(-1.05, 1.05, 1.95, 2.1), "CỬA KHẨU HỮU NGHỊ", white);
    letters.write(&mut canvas, &board, area(-1.0, 1.0, 1.55, 1.68), "AN TOÀN LÀ TRÊN HẾT", white);
    canvas.image
}

fn wall(y: f32) -> Colour {
    mix(Rgb([196, 208, 216]), Rgb([150, 160, 164]), y / HORIZON_PX)
}

/// The ground `below` pixels under the horizon and `right` of the middle.
fn ground(right: f32, below: f32) -> Colour {
    let ahead = CAMERA_HEIGHT_M * FOCAL_PX / below.max(1.0);
    let across = right * ahead / FOCAL_PX - LANE_M;
    let asphalt = mix(Rgb([104, 106, 108]), Rgb([84, 85, 87]), 4.0 / ahead);
    let dashes = ahead.rem_euclid(3.0) < 1.8;
    match across {
        x if (1.7..1.85).contains(&x) && ahead < 40.0 => Rgb([206, 206, 200]),
        x if (-1.85..-1.7).contains(&x) && dashes && ahead < 40.0 => Rgb([206, 206, 200]),
        x if x > 2.6 => mix(Rgb([138, 132, 120]), Rgb([110, 106, 96]), 4.0 / ahead),
        _ => asphalt,
    }
}

/// Every sensor has noise; without it a picture compresses and compares too well.
fn add_noise(image: &mut RgbImage, frame: u32) {
    let mut random = fastrand::Rng::with_seed(u64::from(frame));
    for value in image.iter_mut() {
        let noise = i16::from(random.u8(0..7)) - 3;
        *value = (i16::from(*value) + noise).clamp(0, 255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plate_is_seen_whole_in_several_pictures_and_two_and_a_half_seconds_lie_between_plates() {
        let scene = Scene::default();
        let seen: Vec<(u32, &str)> =
            (0..FRAMES).filter_map(|frame| Some((frame, scene.visible_plate(frame)?.plate.text))).collect();
        for vehicle in scene.vehicles() {
            assert!(seen.iter().filter(|(_, text)| *text == vehicle.plate.text).count() >= 10);
        }
        for pair in seen.windows(2) {
            let gap = pair[1].0 - pair[0].0;
            assert!(pair[0].1 == pair[1].1 || gap * 10 >= FRAMES_PER_SECOND * 25, "{pair:?}");
        }
    }

    #[test]
    fn the_same_frame_is_the_same_picture_and_the_next_is_another() {
        let scene = Scene::default();
        assert!(scene.render(15) == Scene::default().render(15));
        assert!(scene.render(15) != scene.render(16));
    }

    #[test]
    fn the_recording_ends_after_the_last_vehicle() {
        assert!(in_sight(FRAMES - 1).is_none());
        assert!(in_sight(FRAMES - 5).is_some());
    }
}
