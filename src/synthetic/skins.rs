//! What vehicles and things look like on each side, painted once. Everything is as wide as its block and opaque, so that what it
//! hides is what the truth says.

use std::collections::BTreeMap;

use image::Rgb;

use super::painting::letters::Letters;
use super::painting::sheet::Sheet;
use super::painting::texture::Texture;
use super::painting::{Colour, area, mix};
use super::vehicle::{Block, Part, Side, Solid};

/// Bodies are painted coarsely: nobody reads them.
const DOTS_PER_M: f32 = 110.0;
const FLANK_DOTS_PER_M: f32 = 60.0;

const GLASS: [Colour; 2] = [Rgb([112, 130, 142]), Rgb([38, 46, 54])];
const DARK: [Colour; 2] = [Rgb([52, 52, 55]), Rgb([26, 26, 28])];
const UNDERNEATH: Colour = Rgb([34, 34, 36]);
const LAMP: [Colour; 2] = [Rgb([246, 246, 232]), Rgb([196, 200, 196])];
const TAIL_LAMP: [Colour; 2] = [Rgb([190, 40, 34]), Rgb([120, 20, 20])];
const TYRE: [Colour; 2] = [Rgb([30, 30, 31]), Rgb([16, 16, 17])];
const BOX: [Colour; 2] = [Rgb([214, 216, 214]), Rgb([160, 162, 160])];
const WRITING: Colour = Rgb([240, 240, 236]);

/// The paints that vehicles have.
pub const PAINTS: [Colour; 7] = [
    Rgb([38, 84, 142]),
    Rgb([128, 34, 36]),
    Rgb([52, 112, 72]),
    Rgb([206, 208, 206]),
    Rgb([58, 60, 64]),
    Rgb([150, 154, 158]),
    Rgb([176, 120, 44]),
];
/// What is written above windscreens and on boxes.
pub const SLOGANS: [&str; 4] = ["VẬN TẢI BIÊN GIỚI", "EXPRESS LOGISTICS", "HÀNG XUẤT KHẨU", "COLD CHAIN 24H"];

/// Which sheet: the part, its size in centimetres (the same part comes in several), the side, paint and slogan.
type Key = (Part, [u16; 3], Side, usize);

/// Every sheet that a film needs.
#[derive(Debug, Default)]
pub struct Skins {
    sheets: BTreeMap<Key, Texture>,
}

impl Skins {
    /// Paints what is missing for a block in this paint.
    pub fn add(&mut self, block: &Block, paint: usize, letters: &Letters) {
        for side in [Side::Front, Side::Rear, Side::Flank, Side::Top] {
            let key = key(block, side, paint);
            self.sheets.entry(key).or_insert_with(|| painted(block, side, paint, letters));
        }
    }

    /// The sheet of a side of a block.
    #[must_use]
    pub fn of(&self, block: &Block, side: Side, paint: usize) -> Option<&Texture> {
        self.sheets.get(&key(block, side, paint))
    }
}

fn key(block: &Block, side: Side, paint: usize) -> Key {
    let centimetres = |m: f32| (m * 100.0) as u16;
    let size = [
        centimetres(block.half_width_m),
        centimetres(block.height_m[1] - block.height_m[0]),
        centimetres(block.behind_m[1] - block.behind_m[0]),
    ];
    (block.part, size, side, paint)
}

/// A sheet of a side while it is painted, and its measures.
struct SideSheet<'a> {
    sheet: Sheet,
    half: f32,
    high: f32,
    paint: [Colour; 2],
    slogan: &'a str,
    letters: &'a Letters,
}

fn painted(block: &Block, side: Side, paint: usize, letters: &Letters) -> Texture {
    let length = block.behind_m[1] - block.behind_m[0];
    let high = block.height_m[1] - block.height_m[0];
    let (width, dots) = match side {
        Side::Front | Side::Rear | Side::Top => (block.half_width_m * 2.0, DOTS_PER_M),
        Side::Flank => (length, FLANK_DOTS_PER_M),
    };
    let colour = PAINTS[paint % PAINTS.len()];
    let shaded = [mix(colour, Rgb([255, 255, 255]), 0.18), mix(colour, Rgb([0, 0, 0]), 0.3)];
    let ground = if matches!(block.part, Part::Cargo) { BOX[0] } else { colour };
    if side == Side::Top {
        return Sheet::filled([1.0, 1.0], 4.0, mix(ground, Rgb([255, 255, 255]), 0.1)).texture();
    }
    let sheet = Sheet::filled([width, high], dots, UNDERNEATH);
    let mut canvas =
        SideSheet { sheet, half: width / 2.0, high, paint: shaded, slogan: SLOGANS[paint % SLOGANS.len()], letters };
    match side {
        Side::Flank => canvas.flank(block.part),
        Side::Rear => canvas.rear(block.part),
        Side::Front | Side::Top => canvas.front(block.part),
    }
    canvas.sheet.texture()
}

impl SideSheet<'_> {
    fn fill(&mut self, [left, right, low, high]: [f32; 4], radius: f32, colours: [Colour; 2]) {
        self.sheet.rounded(area(left, right, low, high), radius, colours);
    }

    /// The same left and right of the middle.
    fn pair(&mut self, centre: f32, half: f32, [low, high]: [f32; 2], colours: [Colour; 2]) {
        for side in [-1.0, 1.0] {
            self.fill(
                [side * centre - half, side * centre + half, low, high],
                half.min((high - low) / 2.0) * 0.5,
                colours,
            );
        }
    }

    /// Paint over the whole side from `low` on.
    fn body(&mut self, low: f32) {
        let (half, high, paint) = (self.half, self.high, self.paint);
        self.fill([-half, half, low, high + 0.05], 0.02, paint);
    }

    fn front(&mut self, part: Part) {
        let half = self.half;
        match part {
            Part::CarBody => {
                self.pair(half - 0.16, 0.13, [0.0, 0.6], TYRE);
                self.body(0.22);
                self.pair(half - 0.28, 0.2, [0.66, 0.8], LAMP);
                self.fill([-0.36, 0.36, 0.66, 0.8], 0.04, DARK);
                self.fill([-half + 0.1, half - 0.1, 0.24, 0.36], 0.05, DARK);
            }
            Part::CarCabin => self.cabin(),
            Part::Van | Part::Bus => self.coach(),
            Part::Cab => self.cab(),
            Part::Chassis => self.wheels(),
            Part::Cargo => self.cargo(),
            Part::Motorbike => self.motorbike(LAMP),
            Part::Rider | Part::Person => self.person(),
            Part::Pole => self.body(0.0),
        }
    }

    fn cabin(&mut self) {
        let (half, high) = (self.half, self.high);
        self.body(0.0);
        self.fill([-half + 0.08, half - 0.08, 0.03, high - 0.06], 0.08, GLASS);
    }

    fn coach(&mut self) {
        let (half, high) = (self.half, self.high);
        self.pair(half - 0.18, 0.15, [0.0, 0.7], TYRE);
        self.body(0.28);
        self.fill([-half + 0.1, half - 0.1, high * 0.5, high * 0.9], 0.1, GLASS);
        self.pair(half - 0.25, 0.17, [0.8, 0.98], LAMP);
        self.fill([-half + 0.05, half - 0.05, 0.3, 0.42], 0.05, DARK);
    }

    fn cab(&mut self) {
        let (half, high) = (self.half, self.high);
        self.pair(half - 0.2, 0.17, [0.0, 1.0], TYRE);
        self.body(0.4);
        self.fill([-half + 0.12, half - 0.12, high * 0.56, high * 0.86], 0.08, GLASS);
        self.fill([-0.01, 0.01, high * 0.56, high * 0.86], 0.005, DARK);
        self.pair(half - 0.28, 0.17, [0.78, 0.98], LAMP);
        self.fill([-0.6, 0.6, 0.98, 1.45], 0.05, DARK);
        for bar in [1.06, 1.18, 1.3] {
            self.fill([-0.56, 0.56, bar, bar + 0.04], 0.01, [Rgb([150, 150, 152]), Rgb([96, 96, 98])]);
        }
        self.fill([-half, half, 0.36, 0.76], 0.06, [Rgb([86, 88, 90]), Rgb([44, 45, 47])]);
        let (letters, slogan) = (self.letters, self.slogan);
        self.sheet.write(letters, area(-half + 0.3, half - 0.3, high - 0.3, high - 0.16), slogan, WRITING);
    }

    fn wheels(&mut self) {
        let half = self.half;
        self.pair(half - 0.25, 0.24, [0.0, 0.9], TYRE);
        self.fill([-half, half, 0.86, self.high + 0.05], 0.01, DARK);
    }

    fn cargo(&mut self) {
        let (half, high) = (self.half, self.high);
        self.fill([-half, half, 0.0, high + 0.05], 0.02, BOX);
        self.fill([-half, half, 0.0, 0.08], 0.01, DARK);
    }

    fn motorbike(&mut self, lamp: [Colour; 2]) {
        let (half, paint) = (self.half, self.paint);
        self.fill([-0.07, 0.07, 0.0, 0.6], 0.05, TYRE);
        self.fill([-half, half, 0.45, 0.95], 0.1, paint);
        self.fill([-0.09, 0.09, 0.74, 0.88], 0.05, lamp);
    }

    fn person(&mut self) {
        let (half, high, paint) = (self.half, self.high, self.paint);
        let head = 0.13_f32.min(half);
        self.fill([-half, half, 0.0, high], 0.1, [Rgb([60, 66, 88]), Rgb([40, 44, 60])]);
        self.fill([-half, half, high * 0.45, high - 0.24], 0.1, paint);
        self.fill([-head, head, high - 0.27, high], 0.1, [Rgb([30, 30, 32]), Rgb([188, 150, 122])]);
    }

    fn rear(&mut self, part: Part) {
        let half = self.half;
        match part {
            Part::CarBody => {
                self.pair(half - 0.16, 0.13, [0.0, 0.6], TYRE);
                self.body(0.22);
                self.pair(half - 0.2, 0.17, [0.66, 0.82], TAIL_LAMP);
                self.fill([-half + 0.1, half - 0.1, 0.24, 0.4], 0.05, DARK);
            }
            Part::Van | Part::Bus => {
                self.coach();
                self.pair(half - 0.16, 0.1, [0.8, 1.1], TAIL_LAMP);
                self.fill([-half + 0.3, half - 0.3, 0.6, 1.0], 0.02, self.paint);
            }
            Part::Chassis => {
                self.wheels();
                self.fill([-half, half, 0.5, 0.96], 0.02, DARK);
                self.pair(half - 0.2, 0.18, [0.62, 0.76], TAIL_LAMP);
            }
            Part::Cargo => {
                self.cargo();
                self.fill([-0.015, 0.015, 0.08, self.high], 0.01, DARK);
                let (letters, high) = (self.letters, self.high);
                self.sheet.write(letters, area(-0.8, 0.8, high * 0.6, high * 0.68), self.slogan, Rgb([44, 74, 130]));
            }
            Part::Motorbike => self.motorbike(TAIL_LAMP),
            Part::Cab => self.body(0.4),
            Part::CarCabin | Part::Rider | Part::Person | Part::Pole => self.front(part),
        }
    }

    fn flank(&mut self, part: Part) {
        let (half, high, paint) = (self.half, self.high, self.paint);
        match part {
            Part::CarBody => {
                self.body(0.25);
                self.pair(half - 0.85, 0.32, [0.0, 0.64], TYRE);
            }
            Part::Van | Part::Bus => {
                self.body(0.3);
                self.fill([-half + 0.3, half - 0.3, high * 0.55, high * 0.88], 0.08, GLASS);
                self.pair(half * 0.65, 0.4, [0.0, 0.8], TYRE);
            }
            Part::Cab => {
                self.body(0.4);
                self.fill([-half * 0.5, half * 0.8, high * 0.56, high * 0.84], 0.06, GLASS);
                self.pair(0.0, 0.5, [0.0, 0.95], TYRE);
            }
            Part::Chassis => {
                self.fill([-half, half, 0.86, high + 0.05], 0.01, DARK);
                for wheel in [0.2, 0.55] {
                    self.pair(half * wheel, 0.48, [0.0, 0.95], TYRE);
                }
            }
            Part::Cargo => {
                self.cargo();
                let (letters, slogan) = (self.letters, self.slogan);
                self.sheet.write(letters, area(-half * 0.5, half * 0.5, high * 0.5, high * 0.64), slogan, paint[1]);
            }
            Part::Motorbike => {
                self.pair(half - 0.3, 0.28, [0.0, 0.58], TYRE);
                self.fill([-half + 0.2, half - 0.2, 0.35, high], 0.15, paint);
            }
            Part::CarCabin => self.cabin(),
            Part::Rider | Part::Person | Part::Pole => self.front(part),
        }
    }
}

/// The shine around lamps at night.
#[derive(Debug)]
pub struct Glow {
    head: Texture,
    tail: Texture,
}

/// A lamp: how far from the left edge, as a share of the side's width, and metres above the road.
type Lamp = [f32; 2];

impl Default for Glow {
    fn default() -> Self {
        Self { head: spot(Rgb([255, 252, 240]), 0.42), tail: spot(Rgb([214, 30, 24]), 0.30) }
    }
}

impl Glow {
    /// The shine of the lamps on a side, where they are, and its size in metres; `None` where there are none.
    #[must_use]
    pub fn of(&self, part: Part, side: Side, solid: &Solid) -> Option<(&Texture, Vec<Lamp>, f32)> {
        let width = solid.most[0] - solid.least[0];
        let pair = |inset: f32, up: f32| vec![[inset / width, up], [1.0 - inset / width, up]];
        match (part, side) {
            (Part::CarBody, Side::Front) => Some((&self.head, pair(0.28, 0.73), 0.75)),
            (Part::Van | Part::Bus | Part::Cab, Side::Front) => Some((&self.head, pair(0.27, 0.88), 0.85)),
            (Part::Motorbike, Side::Front) => Some((&self.head, vec![[0.5, 0.81]], 0.7)),
            (Part::CarBody | Part::Van | Part::Bus, Side::Rear) => Some((&self.tail, pair(0.2, 0.8), 0.5)),
            (Part::Chassis, Side::Rear) => Some((&self.tail, pair(0.2, 0.69), 0.5)),
            (Part::Motorbike, Side::Rear) => Some((&self.tail, vec![[0.5, 0.81]], 0.3)),
            _ => None,
        }
    }
}

/// Bright in the middle, out at the edge; `core` is the share of it that is fully lit.
fn spot(colour: Colour, core: f32) -> Texture {
    let mut sheet = Sheet::clear([1.0, 1.0], 96.0);
    sheet.paint(area(-0.5, 0.5, 0.0, 1.0), |p| {
        let away = p.x.hypot(p.y - 0.5) * 2.0;
        (colour, ((1.0 - away) / (1.0 - core * 0.5)).clamp(0.0, 1.0).powi(2) * 1.2)
    });
    sheet.texture()
}
