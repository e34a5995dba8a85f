//! What a camera sees when nobody is there: sky, road, kerb, and boards with writing that is no plate. Painted once.

use image::{Rgb, RgbImage};

use crate::geometry::Point;

use super::camera::FilmCamera;
use super::painting::canvas::{Canvas, Care, Coat};
use super::painting::letters::Letters;
use super::painting::sheet::Sheet;
use super::painting::{Colour, area, mix};
use super::scenario::{Light, Scenario};
use super::view::{Face, Place, View};

/// How far pictures may shake: the background is so much wider.
pub const MARGIN_PX: u32 = 16;

const ASPHALT: [Colour; 2] = [Rgb([104, 106, 108]), Rgb([84, 85, 87])];
const EARTH: [Colour; 2] = [Rgb([138, 132, 120]), Rgb([110, 106, 96])];
const LINE: Colour = Rgb([206, 206, 200]);
const SKY: [Colour; 2] = [Rgb([196, 208, 216]), Rgb([150, 160, 164])];
const NIGHT_SKY: Colour = Rgb([14, 16, 22]);
const SLOGANS: [&str; 2] = ["CỬA KHẨU HỮU NGHỊ", "AN TOÀN LÀ TRÊN HẾT"];

/// How much light falls on a place of the road: daylight, or the lamps of the gate.
#[must_use]
pub fn light_at(light: Light, place: Place) -> f32 {
    /// Lamps hang over the barrier and reach some ten metres.
    const REACH_M: f32 = 10.0;
    match light {
        Light::Day => 1.0,
        Light::Night => 0.16 + 0.34 * (-(place[2] / REACH_M).powi(2)).exp(),
    }
}

/// The background of a camera, [`MARGIN_PX`] wider than its pictures on every side.
#[must_use]
pub fn background(scenario: &Scenario, camera: &FilmCamera, letters: &Letters) -> RgbImage {
    let view = camera.view.widened(MARGIN_PX);
    let [width, height] = view.size_px;
    let mut image = RgbImage::from_fn(width, height, |column, row| {
        pixel(scenario, &view, Point::new(column as f32 + 0.5, row as f32 + 0.5))
    });
    if scenario.conditions.signs {
        let mut canvas = Canvas { view: &view, image: &mut image };
        board(scenario, camera, letters, &mut canvas);
    }
    image
}

fn pixel(scenario: &Scenario, view: &View, at: Point) -> Colour {
    let (ray, eye) = (view.world_ray(at), view.eye());
    let light = scenario.conditions.light;
    // How steeply it goes up, the horizon being 0.
    let rise = ray[1] / (ray[0] * ray[0] + ray[2] * ray[2]).sqrt();
    if ray[1] > -0.004 {
        return match light {
            Light::Day => mix(SKY[1], SKY[0], rise * 4.0),
            Light::Night => NIGHT_SKY,
        };
    }
    let far = eye[1] / -ray[1];
    let place = [eye[0] + ray[0] * far, 0.0, eye[2] + ray[2] * far];
    mix(Rgb([0, 0, 0]), ground(scenario, place, far), light_at(light, place))
}

/// The road's surface at a place.
fn ground(scenario: &Scenario, [x, _, z]: Place, far: f32) -> Colour {
    const LINE_M: f32 = 0.15;
    let nearness = 4.0 / far.max(0.1);
    let on_lane = scenario.lane.iter().any(|lane| (x - lane.across_m).abs() < lane.width_m / 2.0 + 0.6);
    if !on_lane {
        return mix(EARTH[0], EARTH[1], nearness);
    }
    let at_edge =
        scenario.lane.iter().any(|lane| ((x - lane.across_m).abs() - lane.width_m / 2.0).abs() < LINE_M / 2.0);
    let stop_line = (0.3..0.6).contains(&z);
    if ((at_edge && z.rem_euclid(3.0) < 1.8) || stop_line) && far < 60.0 {
        return LINE;
    }
    mix(ASPHALT[0], ASPHALT[1], nearness)
}

/// A board on two posts, on the side of the road where the camera is not, so that vehicles pass before it.
fn board(scenario: &Scenario, camera: &FilmCamera, letters: &Letters, canvas: &mut Canvas<'_>) {
    const AHEAD_M: f32 = 16.0;
    let edges =
        scenario.lane.iter().map(|lane| (lane.across_m - lane.width_m / 2.0, lane.across_m + lane.width_m / 2.0));
    let (left, right) = edges.fold((f32::MAX, f32::MIN), |(l, r), (a, b)| (l.min(a), r.max(b)));
    let eye = camera.view.eye();
    let x = if eye[0] > f32::midpoint(left, right) { left - 2.0 } else { right + 2.0 };
    let z = eye[2] + camera.facing * AHEAD_M;
    let size = [2.6, 2.3];
    let mut sheet = Sheet::clear(size, 160.0);
    let grey = [Rgb([120, 120, 120]), Rgb([70, 70, 70])];
    sheet.rounded(area(-0.9, -0.82, 0.0, 1.4), 0.02, grey);
    sheet.rounded(area(0.82, 0.9, 0.0, 1.4), 0.02, grey);
    sheet.rounded(area(-1.3, 1.3, 1.3, 2.3), 0.06, [Rgb([28, 92, 168]), Rgb([20, 70, 134])]);
    let white = Rgb([240, 240, 240]);
    sheet.write(letters, area(-1.05, 1.05, 1.95, 2.1), SLOGANS[0], white);
    sheet.write(letters, area(-1.0, 1.0, 1.55, 1.68), SLOGANS[1], white);
    let across = camera.facing * size[0];
    let face = Face { corner: [x - across / 2.0, 0.0, z], across: [across, 0.0, 0.0], up: [0.0, size[1], 0.0] };
    let light = light_at(scenario.conditions.light, face.corner);
    canvas.set(&sheet.texture(), &face, Coat { light, cover: 1.0, care: Care::Fine });
}
