//! What plates look like: sizes from Vietnam's QCVN 08:2024 and China's GA 36-2018, drawn on a surface.

use image::Rgb;

use crate::geometry::{BoundingBox, Point, Quad};

use super::text::Letters;
use super::view::{Canvas, Colour, Plane, area};

const BLACK: Colour = Rgb([22, 22, 24]);
const WHITE: Colour = Rgb([236, 236, 232]);
const YELLOW: Colour = Rgb([240, 186, 30]);

/// A kind of plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Vietnam, commercial vehicle, one line, 520 x 110 mm, black on yellow.
    VietnamOneLine,
    /// Vietnam, private car, two lines, 330 x 165 mm, black on white.
    VietnamTwoLines,
    /// China, large vehicle, one line, 440 x 140 mm, black on yellow.
    ChinaLarge,
}

/// A plate to be drawn, and its truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plate {
    /// What it looks like.
    pub kind: Kind,
    /// The characters without separators, as they must be read.
    pub text: &'static str,
    /// The lines as they are printed, separators included.
    pub lines: &'static [&'static str],
}

impl Kind {
    /// Width and height in metres.
    #[must_use]
    pub fn size_m(self) -> (f32, f32) {
        match self {
            Self::VietnamOneLine => (0.520, 0.110),
            Self::VietnamTwoLines => (0.330, 0.165),
            Self::ChinaLarge => (0.440, 0.140),
        }
    }

    fn background(self) -> Colour {
        match self {
            Self::VietnamTwoLines => WHITE,
            Self::VietnamOneLine | Self::ChinaLarge => YELLOW,
        }
    }

    /// Where the lines' capitals are: parts of the plate's width and height, from the left and from above.
    fn lines(self) -> &'static [[f32; 4]] {
        match self {
            Self::VietnamOneLine => &[[0.05, 0.95, 0.15, 0.85]],
            Self::VietnamTwoLines => &[[0.20, 0.80, 0.09, 0.46], [0.06, 0.94, 0.54, 0.91]],
            Self::ChinaLarge => &[[0.04, 0.96, 0.18, 0.82]],
        }
    }
}

impl Plate {
    /// The plate's area on a surface, around `centre`.
    #[must_use]
    pub fn area(&self, centre: Point) -> BoundingBox {
        let (width, height) = self.kind.size_m();
        area(centre.x - width / 2.0, centre.x + width / 2.0, centre.y - height / 2.0, centre.y + height / 2.0)
    }

    /// The plate's corners in the picture, clockwise from the top left.
    #[must_use]
    pub fn corners(&self, plane: &Plane, centre: Point) -> Quad {
        let area = self.area(centre);
        let corners =
            [(area.left, area.bottom), (area.right, area.bottom), (area.right, area.top), (area.left, area.top)];
        Quad(corners.map(|(x, y)| plane.project(Point::new(x, y))))
    }

    /// Draws it: sheet, border, characters.
    pub fn draw(&self, canvas: &mut Canvas, letters: &Letters, plane: &Plane, centre: Point) {
        const BORDER_M: f32 = 0.004;
        let sheet = self.area(centre);
        let background = self.kind.background();
        canvas.rounded(plane, grown(sheet, BORDER_M), 0.014, [background, background]);
        canvas.rounded(plane, grown(sheet, -BORDER_M), 0.008, [BLACK, BLACK]);
        canvas.rounded(plane, grown(sheet, -2.0 * BORDER_M), 0.006, [background, background]);
        for (line, [left, right, top, bottom]) in self.lines.iter().zip(self.kind.lines()) {
            let (x, y) =
                (|part: f32| sheet.left + part * sheet.width(), |part: f32| sheet.bottom - part * sheet.height());
            letters.write(canvas, plane, area(x(*left), x(*right), y(*bottom), y(*top)), line, BLACK);
        }
    }
}

fn grown(b: BoundingBox, by: f32) -> BoundingBox {
    BoundingBox { left: b.left - by, right: b.right + by, top: b.top - by, bottom: b.bottom + by }
}
