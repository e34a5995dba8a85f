//! A film of a scenario: any picture of any camera, and the truth about it. A picture depends on the scenario and its number alone.

use std::collections::BTreeMap;

use image::RgbImage;

use crate::geometry::BoundingBox;

use super::background::{MARGIN_PX, background, light_at};
use super::camera::{FilmCamera, SeenPlate};
use super::painting::canvas::{Canvas, Care, Coat};
use super::painting::letters::Letters;
use super::painting::texture::Texture;
use super::plates::sheet::painted;
use super::scenario::{Light, Scenario};
use super::skins::{Glow, Skins};
use super::stage::{Carrier, Hanging, Stage, Thing, occluder_block};
use super::truth::Truth;
use super::vehicle::{Side, Solid, VehicleKind, painting_order};
use super::view::{Face, Place, View};
use super::weather::{Weather, overlay};
use super::witness::testimony;

/// What moves less than this while a picture is exposed is sharp.
const SHARP_PX: f32 = 0.7;
/// Bodies have no fine lines: what moves them less than this is not seen.
const SHARP_BODY_PX: f32 = 2.0;
/// Bodies have nothing fine on them: two steps blur them well enough.
const MOST_BODY_STEPS: f32 = 2.0;
const MOST_PLATE_STEPS: f32 = 10.0;

/// A scenario with everything painted that can be painted once.
#[derive(Debug)]
pub struct Film {
    stage: Stage,
    cameras: Vec<FilmCamera>,
    backgrounds: Vec<RgbImage>,
    skins: Skins,
    plates: BTreeMap<(Carrier, Side), Texture>,
    glow: Glow,
    weather: Weather,
    letters: Letters,
    truth: Truth,
}

impl Film {
    /// The film of a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let letters = Letters::default();
        let stage = Stage::play(scenario);
        let cameras = FilmCamera::all(scenario);
        let weather = Weather::new(scenario);
        let truth = testimony(&stage, &cameras, &weather);
        Self {
            backgrounds: cameras.iter().map(|camera| background(scenario, camera, &letters)).collect(),
            skins: skins(&stage, &letters),
            plates: plates(&stage, &cameras, &letters),
            glow: Glow::default(),
            stage,
            cameras,
            weather,
            letters,
            truth,
        }
    }

    /// What really happens in it.
    #[must_use]
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Its cameras, in the scenario's order.
    #[must_use]
    pub fn cameras(&self) -> &[FilmCamera] {
        &self.cameras
    }

    /// How many pictures each camera takes.
    #[must_use]
    pub fn frames(&self) -> u32 {
        self.stage.frames
    }

    /// Pictures a second.
    #[must_use]
    pub fn frames_per_second(&self) -> f32 {
        self.stage.scenario.frames_per_second
    }

    /// When a picture is taken, in seconds from the start.
    #[must_use]
    pub fn seconds(&self, frame: u32) -> f64 {
        self.stage.seconds(frame)
    }

    /// The plates that are turned to a camera in a picture.
    #[must_use]
    pub fn seen_plates(&self, camera: usize, frame: u32) -> Vec<SeenPlate> {
        let things = self.stage.things(frame);
        let exposure_s = self.stage.scenario.conditions.exposure_ms / 1000.0;
        let hanging = self.stage.plates(frame);
        hanging.iter().filter_map(|plate| self.cameras[camera].see(plate, &things, exposure_s)).collect()
    }

    /// What a plate that is seen says and looks like.
    #[must_use]
    pub fn plate_of(&self, seen: &SeenPlate) -> Option<super::plates::Plate> {
        self.stage.plate(seen.hanging.carrier, seen.hanging.end)
    }

    /// A picture.
    #[must_use]
    pub fn render(&self, camera: usize, frame: u32) -> RgbImage {
        let shake = self.weather.shake(camera, frame);
        let view = self.cameras[camera].view.shifted(shake);
        let mut image =
            cut(&self.backgrounds[camera], shake.map(|px| MARGIN_PX.saturating_add_signed(-px)), view.size_px);
        self.paint(&mut Canvas { view: &view, image: &mut image }, frame);
        self.weather.fall(&mut image, camera, frame);
        if self.stage.scenario.conditions.overlay {
            let tenths = (self.seconds(frame) * 10.0) as u64;
            let (minutes, seconds) = (tenths / 600, tenths / 10 % 60);
            let time = format!("2026-11-24 08:{minutes:02}:{seconds:02}.{}", tenths % 10);
            overlay(&mut image, &self.letters, [&self.cameras[camera].name.to_uppercase(), &time]);
        }
        image
    }

    fn paint(&self, canvas: &mut Canvas<'_>, frame: u32) {
        let eye = canvas.view.eye();
        let things: Vec<Thing> =
            self.stage.things(frame).into_iter().filter(|thing| is_near(canvas.view, &thing.solid)).collect();
        let solids: Vec<Solid> = things.iter().map(|thing| thing.solid).collect();
        let hanging = self.stage.plates(frame);
        for index in painting_order(&solids, eye) {
            let thing = &things[index];
            for side in thing.solid.sides_towards(eye) {
                let face = thing.solid.face(side, eye[0]);
                let others = solids.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, solid)| solid);
                if !is_hidden(canvas.view, &face, others) {
                    self.paint_side(canvas, thing, side);
                }
            }
            for plate in
                hanging.iter().filter(|plate| thing.owner == Some(plate.carrier) && hangs_on(plate, &thing.solid))
            {
                self.paint_plate(canvas, plate);
            }
            self.paint_lamps(canvas, thing, eye);
        }
    }

    fn paint_side(&self, canvas: &mut Canvas<'_>, thing: &Thing, side: Side) {
        let Some(texture) = self.skins.of(&thing.block, side, thing.paint) else { return };
        let face = thing.solid.face(side, canvas.view.eye()[0]);
        let shade = match side {
            Side::Front | Side::Rear => 1.0,
            Side::Flank => 0.82,
            Side::Top => 1.06,
        };
        let light = light_at(self.stage.scenario.conditions.light, face.at(0.5, 0.0)) * shade;
        let smear = Smear::new(canvas.view, &face, self.way(thing.velocity), [SHARP_BODY_PX, MOST_BODY_STEPS]);
        smear.set(canvas, texture, Coat { light, cover: 1.0, care: Care::Usual });
    }

    fn paint_plate(&self, canvas: &mut Canvas<'_>, plate: &Hanging) {
        /// Plates throw a camera's own light back from so far.
        const REACH_M: f32 = 18.0;
        let Some(texture) = self.plates.get(&(plate.carrier, plate.end)) else { return };
        let away = canvas.view.seen(plate.face.corner)[2];
        let light = match self.stage.scenario.conditions.light {
            Light::Day => 1.0,
            Light::Night => 0.28 + 0.62 * (-(away / REACH_M).powi(2)).exp(),
        };
        let facing_away = canvas.view.eye()[2] - plate.face.corner[2];
        // A plate is seen from its front only.
        if facing_away * plate.face.across[0] >= 0.0 {
            return;
        }
        let smear = Smear::new(canvas.view, &plate.face, self.way(plate.velocity), [SHARP_PX, MOST_PLATE_STEPS]);
        smear.set(canvas, texture, Coat { light, cover: 1.0, care: Care::Fine });
    }

    /// At night lamps shine: headlights so that the picture is white around them.
    fn paint_lamps(&self, canvas: &mut Canvas<'_>, thing: &Thing, eye: Place) {
        if self.stage.scenario.conditions.light == Light::Day {
            return;
        }
        for side in thing.solid.sides_towards(eye).filter(|side| matches!(side, Side::Front | Side::Rear)) {
            let Some((texture, lamps, size)) = self.glow.of(thing.block.part, side, &thing.solid) else { continue };
            let face = thing.solid.face(side, eye[0]);
            for [across, up] in lamps {
                let middle = face.at(across, 0.0);
                let towards = if face.across[0] > 0.0 { 1.0 } else { -1.0 };
                let before = [0.0, 0.0, -0.03 * towards];
                let corner = [middle[0] - towards * size / 2.0, up - size / 2.0, middle[2] + before[2]];
                let spot = Face { corner, across: [towards * size, 0.0, 0.0], up: [0.0, size, 0.0] };
                canvas.set(texture, &spot, Coat { light: 1.0, cover: 1.0, care: Care::Usual });
            }
        }
    }

    /// How far something moves while a picture is exposed.
    fn way(&self, velocity: Place) -> Place {
        velocity.map(|speed| speed * self.stage.scenario.conditions.exposure_ms / 1000.0)
    }
}

/// A face in the places that it passes while a picture is exposed.
struct Smear {
    face: Face,
    way: Place,
    steps: u8,
}

impl Smear {
    fn new(view: &View, face: &Face, way: Place, [sharp_px, most]: [f32; 2]) -> Self {
        let (from, to) = (view.project(face.at(0.5, 0.5)), view.project(face.moved(way).at(0.5, 0.5)));
        let px = from.zip(to).map_or(0.0, |(from, to)| from.distance(to));
        let steps = if px < sharp_px { 1 } else { (px + 1.0).min(most).max(2.0) as u8 };
        Self { face: *face, way, steps }
    }

    fn set(&self, canvas: &mut Canvas<'_>, texture: &Texture, coat: Coat) {
        for step in 0..self.steps {
            let share = (f32::from(step) + 0.5) / f32::from(self.steps) - 0.5;
            let face = self.face.moved(self.way.map(|way| way * share));
            // Each as much as the earlier ones together have left: in the end all count alike.
            canvas.set(texture, &face, Coat { cover: coat.cover / f32::from(step + 1), ..coat });
        }
    }
}

/// A part of a picture, row by row: quicker than pixel by pixel.
fn cut(whole: &RgbImage, [left, top]: [u32; 2], [width, height]: [u32; 2]) -> RgbImage {
    let row_length = whole.width() as usize * 3;
    let mut bytes = Vec::with_capacity((width * height * 3) as usize);
    for row in whole.as_raw().chunks_exact(row_length).skip(top as usize).take(height as usize) {
        bytes.extend_from_slice(&row[left as usize * 3..(left + width) as usize * 3]);
    }
    RgbImage::from_raw(width, height, bytes).expect("the background is wider than a picture on every side")
}

/// Whether anything of it can be large enough to see.
fn is_near(view: &View, solid: &Solid) -> bool {
    const FARTHEST_M: f32 = 80.0;
    let ends = [solid.least[2], solid.most[2]].map(|z| view.seen([solid.least[0], solid.least[1], z])[2]);
    ends.iter().any(|ahead| (0.0..FARTHEST_M).contains(ahead))
}

/// Whether nothing of a large side can be seen behind others, as a grid of points says: most of a lorry's box is behind its cab, and
/// painting it is what takes time. Small sides are painted anyway.
fn is_hidden<'a>(view: &View, face: &Face, others: impl Iterator<Item = &'a Solid> + Clone) -> bool {
    const SMALL_PX: f32 = 10_000.0;
    const GRID: u8 = 8;
    let bounds = BoundingBox::around(&view.outline(face));
    let share = |index: u8| f32::from(index) / f32::from(GRID);
    let mut places = (0..=GRID).flat_map(|column| (0..=GRID).map(move |row| face.at(share(column), share(row))));
    bounds.area() > SMALL_PX && places.all(|place| others.clone().any(|solid| solid.hides(place, view.eye())))
}

/// Whether a plate hangs on this block of its vehicle.
fn hangs_on(plate: &Hanging, solid: &Solid) -> bool {
    let [_, y, z] = plate.face.at(0.5, 0.5);
    let before = |end: f32| (z - end).abs() < 0.1;
    (solid.least[1]..solid.most[1]).contains(&y) && (before(solid.least[2]) || before(solid.most[2]))
}

fn skins(stage: &Stage, letters: &Letters) -> Skins {
    let mut skins = Skins::default();
    for driver in &stage.drivers {
        let trailer = driver.trailer.as_ref().map(|_| VehicleKind::Trailer);
        for kind in [Some(driver.kind), trailer].into_iter().flatten() {
            for block in kind.blocks() {
                skins.add(block, driver.paint, letters);
            }
        }
    }
    for occluder in &stage.scenario.occluder {
        skins.add(&occluder_block(occluder.kind), super::stage::OCCLUDER_PAINT, letters);
    }
    skins
}

/// The plates that any camera may see.
fn plates(stage: &Stage, cameras: &[FilmCamera], letters: &Letters) -> BTreeMap<(Carrier, Side), Texture> {
    let mut all = BTreeMap::new();
    for (index, driver) in stage.drivers.iter().enumerate() {
        for (trailer, end) in [(false, Side::Front), (false, Side::Rear), (true, Side::Rear)] {
            let heading = stage.heading(driver.lane);
            let carrier = Carrier { driver: index, trailer };
            let Some(plate) = stage.plate(carrier, end) else { continue };
            if cameras.iter().any(|camera| camera.looks_at(end, heading)) {
                all.insert((carrier, end), painted(&plate, driver.dirt, letters));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
