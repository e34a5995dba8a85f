//! How a plate is drawn: sheet, border, characters, dirt.

use image::Rgb;

use crate::geometry::BoundingBox;

use super::super::painting::letters::Letters;
use super::super::painting::sheet::Sheet;
use super::super::painting::texture::Texture;
use super::super::painting::{Colour, area};
use super::Plate;

/// Fine enough for a plate that is 300 pixels wide in a picture.
const DOTS_PER_M: f32 = 640.0;
const BORDER_M: f32 = 0.004;
const RED: Colour = Rgb([190, 25, 25]);
const MUD: Colour = Rgb([104, 88, 70]);

/// The plate seen from straight ahead; `dirt` from 0 (clean) to 1 (hardly anything is left).
#[must_use]
pub fn painted(plate: &Plate, dirt: f32, letters: &Letters) -> Texture {
    let [width, height] = plate.kind.size_m();
    let mut sheet = Sheet::clear([width, height], DOTS_PER_M);
    let whole = area(-width / 2.0, width / 2.0, 0.0, height);
    let colours = plate.kind.colours();
    let ground = colours.ground();
    sheet.rounded(whole, 0.012, ground);
    sheet.rounded(grown(whole, -BORDER_M), 0.010, [colours.ink(); 2]);
    sheet.rounded(grown(whole, -2.0 * BORDER_M), 0.008, ground);
    if let Some(left) = colours.left() {
        let inner = grown(whole, -2.0 * BORDER_M);
        sheet.rounded(area(inner.left, inner.left + width * 0.28, inner.top, inner.bottom), 0.004, [left; 2]);
    }
    for (line, [left, right, top, bottom]) in plate.lines.iter().zip(&plate.kind.lines) {
        let (x, y) = (|part: f32| (part - 0.5) * width, |part: f32| (1.0 - part) * height);
        let place = area(x(*left), x(*right), y(*bottom), y(*top));
        sheet.write(letters, place, line, colours.ink());
        redden(&mut sheet, plate, place);
    }
    soil(&mut sheet, plate, dirt);
    sheet.texture()
}

/// Colours the ink at the end of a line red, where the standard says so.
fn redden(sheet: &mut Sheet, plate: &Plate, line: BoundingBox) {
    let count = plate.text.chars().count();
    if plate.kind.red == 0 || count == 0 {
        return;
    }
    let left = line.right - line.width() * plate.kind.red as f32 / count as f32;
    sheet.recolour(BoundingBox { left, ..line }, plate.kind.colours().ink(), RED);
}

/// Mud: soft spots whose places depend on the plate alone.
fn soil(sheet: &mut Sheet, plate: &Plate, dirt: f32) {
    if dirt <= 0.0 {
        return;
    }
    let seed = plate.text.chars().fold(7, |sum, c| u64::wrapping_add(sum * 31 % (1 << 40), u64::from(c)));
    let mut random = fastrand::Rng::with_seed(seed);
    let [width, height] = plate.kind.size_m();
    let spots: Vec<[f32; 3]> = (0..24)
        .map(|_| [(random.f32() - 0.5) * width, random.f32() * height, (0.1 + 0.3 * random.f32()) * height])
        .collect();
    sheet.paint(area(-width / 2.0, width / 2.0, 0.0, height), |p| {
        let cover = spots.iter().map(|[x, y, radius]| (1.0 - (p.x - x).hypot(p.y - y) / radius).max(0.0)).sum::<f32>();
        (MUD, (0.25 + cover).min(1.0) * dirt)
    });
}

fn grown(b: BoundingBox, by: f32) -> BoundingBox {
    BoundingBox { left: b.left - by, right: b.right + by, top: b.top - by, bottom: b.bottom + by }
}
