//! Pictures of a road with so many plates in each, drawn before anything is measured.
//!
//! The plates are those of sixteen vehicles that roll towards the camera, each in its own part of the picture, half a metre wide
//! and seen from some thirteen metres through a long lens. In each picture they are a little lower than in the one before. Of their
//! vehicles only the bumpers are drawn: without anything around it many a plate is not found. After [`PICTURES`] pictures, two
//! seconds, others have to come, and so whoever shows the pictures again begins with nothing known.

use std::sync::Arc;

use gatelpr::geometry::Point;
use gatelpr::plate::Sighting;
use gatelpr::synthetic::film::Film;
use gatelpr::synthetic::painting::canvas::{Canvas, Care, Coat};
use gatelpr::synthetic::painting::letters::Letters;
use gatelpr::synthetic::painting::sheet::Sheet;
use gatelpr::synthetic::painting::texture::Texture;
use gatelpr::synthetic::plates::Plate;
use gatelpr::synthetic::plates::kind::Kind;
use gatelpr::synthetic::plates::sheet::painted;
use gatelpr::synthetic::scenario::Scenario;
use gatelpr::synthetic::view::{Face, Mounting, View};
use image::{Rgb, RgbImage};

/// As long as a vehicle is in view of a lane's camera: two seconds.
const PICTURES: u16 = 20;
const SECONDS: f32 = 2.0;
/// How much lower a plate is from picture to picture. Three metres below the camera it comes nearer by 0.8 m a second then, and would
/// grow by a tenth on its way, which is left out.
const STEP_PX: f32 = 6.0;
/// Long plates of one line, as most vehicles carry them.
const KINDS: [&str; 2] = ["vn_private_long", "vn_commercial_long"];
/// Room for sixteen plates: so many columns and rows, the rows where the road is.
const GRID: u16 = 4;
const ROAD: [f32; 2] = [0.3, 1.0];
/// The lowest plate, and how much higher the highest is.
const LEAST_PX: f32 = 30.0;
const MORE_PX: f32 = 10.0;
/// What plates hang on: its size and colour.
const BUMPER_M: [f32; 2] = [1.2, 0.45];
const BUMPER: Rgb<u8> = Rgb([40, 42, 46]);
/// A long lens.
const FOCAL_PX: f32 = 4000.0;
const COAT: Coat = Coat { light: 1.0, cover: 1.0, care: Care::Fine };

/// Pictures one after the other, with the same plates in each.
pub(super) struct PlatePictures {
    pub(super) pictures: Vec<Arc<RgbImage>>,
    texts: Vec<String>,
}

impl PlatePictures {
    /// So many plates, all different.
    pub(super) fn of(count: u16) -> Self {
        let (letters, mut random) = (Letters::default(), fastrand::Rng::with_seed(16));
        let kinds = KINDS.map(|name| Kind::named(name).expect("it is in assets/plates.toml"));
        let plates: Vec<Plate> =
            kinds.into_iter().cycle().take(count.into()).map(|kind| Plate::random(kind, &mut random)).collect();
        let painted: Vec<Texture> = plates.iter().map(|plate| painted(plate, 0.0, &letters)).collect();
        let (road, bumper) = (road(), Sheet::filled(BUMPER_M, 160.0, BUMPER).texture());
        let pictures = (0..PICTURES).map(|picture| {
            let mut image = road.render(0, picture.into());
            let view = view(&image);
            let mut canvas = Canvas { view: &view, image: &mut image };
            for ((number, plate), texture) in (0..).zip(&plates).zip(&painted) {
                let face = face(&view, number, picture, plate.kind.size_m());
                canvas.set(&bumper, &around(&face, BUMPER_M), COAT);
                canvas.set(texture, &face, COAT);
            }
            Arc::new(image)
        });
        Self { pictures: pictures.collect(), texts: plates.iter().map(|plate| plate.text.clone()).collect() }
    }

    /// Whether exactly one of the plates was read.
    pub(super) fn is_right(&self, sighting: &Sighting) -> bool {
        sighting.reading.as_ref().is_some_and(|read| self.texts.iter().any(|text| text == read.text.as_str()))
    }
}

/// The road of the other pictures without a vehicle, and without anything written: the camera's name in its corner is taken for a plate.
fn road() -> Film {
    let mut scenario = Scenario::parse(include_str!("../busy.toml")).expect("it is right");
    scenario.conditions.signs = false;
    scenario.conditions.overlay = false;
    Film::of(&Scenario { traffic: Vec::new(), duration_s: Some(SECONDS), ..scenario })
}

fn view(image: &RgbImage) -> View {
    let size_px = [image.width(), image.height()];
    View::new(Mounting { eye: [0.0; 3], facing: 1.0, pan: 0.0, tilt: 0.0, focal_px: FOCAL_PX, size_px })
}

/// Where a plate hangs: so far away that it is as high in the picture as it should be.
fn face(view: &View, number: u16, picture: u16, [width_m, height_m]: [f32; 2]) -> Face {
    let height_px = LEAST_PX + MORE_PX * share((number * 7 + 8) % (GRID * GRID), GRID * GRID - 1);
    let away = FOCAL_PX * height_m / height_px;
    // Any four of them are in four columns and four rows.
    let place = number * (GRID + 1) % (GRID * GRID);
    let (column, row) = (place % GRID, place / GRID);
    let [width, height] = view.size_px.map(|px| px as f32);
    let [top, bottom] = ROAD;
    // In the middle of its column, on its way down through its row.
    let x = (f32::from(column) + 0.5) / f32::from(GRID) * width;
    let row_top = (top + (bottom - top) * share(row, GRID)) * height;
    let low = Point::new(x, row_top + height_px + STEP_PX * f32::from(picture));
    let middle = view.world_ray(low).map(|direction| direction * away);
    let corner = [middle[0] - width_m / 2.0, middle[1], middle[2]];
    Face { corner, across: [width_m, 0.0, 0.0], up: [0.0, height_m, 0.0] }
}

/// A face of this size with the same middle.
fn around(face: &Face, [width_m, height_m]: [f32; 2]) -> Face {
    let [x, y, z] = face.at(0.5, 0.5);
    let corner = [x - width_m / 2.0, y - height_m / 2.0, z];
    Face { corner, across: [width_m, 0.0, 0.0], up: [0.0, height_m, 0.0] }
}

fn share(part: u16, whole: u16) -> f32 {
    f32::from(part) / f32::from(whole)
}
