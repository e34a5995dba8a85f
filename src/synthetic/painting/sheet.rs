//! A flat surface seen from straight ahead, painted once: a vehicle's front, a plate, a board.

use image::Rgb;

use crate::geometry::{BoundingBox, Point};

use super::letters::{Letters, MARGIN};
use super::texture::{Texel, Texture};
use super::{Colour, mix};

/// A sheet while it is painted. Its coordinates: metres right of its middle and above its lower edge.
#[derive(Debug, Clone)]
pub struct Sheet {
    width: usize,
    height: usize,
    dots_per_m: f32,
    texels: Vec<Texel>,
}

impl Sheet {
    /// A sheet of this size in metres in one colour, with so many dots a metre.
    #[must_use]
    pub fn filled([width_m, height_m]: [f32; 2], dots_per_m: f32, colour: Colour) -> Self {
        let Rgb([red, green, blue]) = colour;
        Self::of([width_m, height_m], dots_per_m, [red, green, blue, 255])
    }

    /// A sheet through which everything is seen.
    #[must_use]
    pub fn clear(size_m: [f32; 2], dots_per_m: f32) -> Self {
        Self::of(size_m, dots_per_m, [0; 4])
    }

    fn of([width_m, height_m]: [f32; 2], dots_per_m: f32, texel: Texel) -> Self {
        let dots = |metres: f32| (metres * dots_per_m).round().clamp(1.0, 4096.0) as usize;
        let (width, height) = (dots(width_m), dots(height_m));
        Self { width, height, dots_per_m, texels: vec![texel; width * height] }
    }

    /// The sheet as it is set into pictures.
    #[must_use]
    pub fn texture(self) -> Texture {
        Texture::new(self.width, self.texels, self.dots_per_m)
    }

    /// A rectangle with round corners, in one colour at the top running into another at the bottom.
    pub fn rounded(&mut self, area: BoundingBox, radius: f32, [top, bottom]: [Colour; 2]) {
        let (centre, half) = (area.centre(), Point::new(area.width() / 2.0 - radius, area.height() / 2.0 - radius));
        let dots_per_m = self.dots_per_m;
        self.paint(area, |p| {
            let (dx, dy) = ((p.x - centre.x).abs() - half.x, (p.y - centre.y).abs() - half.y);
            let outside = dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius;
            (mix(bottom, top, (p.y - area.top) / area.height()), 0.5 - outside * dots_per_m)
        });
    }

    /// Writes `text` so that its capitals fill `area` from edge to edge.
    pub fn write(&mut self, letters: &Letters, area: BoundingBox, text: &str, colour: Colour) {
        // Twice as fine as the sheet, and averaged.
        let dots_per_m = self.dots_per_m * 2.0;
        let (width, height) = (area.width() * dots_per_m, area.height() * dots_per_m);
        if width < 2.0 || height < 2.0 {
            return;
        }
        let ink = letters.ink(text, width, height);
        let room = area.height() * MARGIN;
        let around = BoundingBox { top: area.top - room, bottom: area.bottom + room, ..area };
        self.paint(around, |p| {
            let (x, y) = ((p.x - area.left) * dots_per_m - 1.0, (area.bottom + room - p.y) * dots_per_m - 1.0);
            let (x, y) = (x.round() as i64, y.round() as i64);
            let dot = |dx: i64, dy: i64| {
                let (Ok(x), Ok(y)) = (u32::try_from(x + dx), u32::try_from(y + dy)) else { return 0.0 };
                ink.get_pixel_checked(x, y).map_or(0.0, |dot| f32::from(dot.0[0]) / 255.0)
            };
            (colour, (dot(0, 0) + dot(1, 0) + dot(0, 1) + dot(1, 1)) / 4.0)
        });
    }

    /// Turns what has the colour `from` in `area` into `to`, and what is between it and the ground as far.
    pub fn recolour(&mut self, area: BoundingBox, from: Colour, to: Colour) {
        let (width, height, dots_per_m) = (self.width, self.height as f32, self.dots_per_m);
        for (index, texel) in self.texels.iter_mut().enumerate() {
            let x = ((index % width) as f32 + 0.5 - width as f32 / 2.0) / dots_per_m;
            let y = (height - (index / width) as f32 - 0.5) / dots_per_m;
            if (area.left..area.right).contains(&x) && (area.top..area.bottom).contains(&y) {
                let apart: f32 = texel.iter().zip(from.0).map(|(own, ink)| f32::from(own.abs_diff(ink))).sum();
                lay(texel, to, (1.0 - apart / 300.0).max(0.0));
            }
        }
    }

    /// Paints `area`: `paint` says colour and cover (0 to 1; anything beyond counts as that) at a point.
    pub fn paint(&mut self, area: BoundingBox, paint: impl Fn(Point) -> (Colour, f32)) {
        let (width, height) = (self.width as f32, self.height as f32);
        let dots = |metres: f32, most: f32| metres.clamp(0.0, most) as usize;
        let middle = width / 2.0;
        let columns = dots((area.left * self.dots_per_m + middle - 1.0).floor(), width)
            ..dots((area.right * self.dots_per_m + middle + 1.0).ceil(), width);
        let rows = dots((height - area.bottom * self.dots_per_m - 1.0).floor(), height)
            ..dots((height - area.top * self.dots_per_m + 1.0).ceil(), height);
        for row in rows {
            for column in columns.clone() {
                let at = Point::new(
                    (column as f32 + 0.5 - middle) / self.dots_per_m,
                    (height - row as f32 - 0.5) / self.dots_per_m,
                );
                let (colour, cover) = paint(at);
                if cover > 0.0 {
                    lay(&mut self.texels[row * self.width + column], colour, cover.min(1.0));
                }
            }
        }
    }
}

/// Lays a colour over a dot that may be clear itself.
fn lay(under: &mut Texel, Rgb(over): Colour, cover: f32) {
    let below = f32::from(under[3]) / 255.0 * (1.0 - cover);
    let whole = below + cover;
    for (channel, over) in under.iter_mut().zip(over) {
        *channel = ((f32::from(*channel) * below + f32::from(over) * cover) / whole).round() as u8;
    }
    under[3] = (whole * 255.0).round() as u8;
}
