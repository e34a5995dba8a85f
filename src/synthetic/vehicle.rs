//! Vehicles seen from the front. Surface coordinates: metres right of the middle and above the road.

use image::Rgb;

use crate::geometry::Point;

use super::plate::Plate;
use super::text::Letters;
use super::view::{Canvas, Colour, Plane, area, mix};

const GLASS: [Colour; 2] = [Rgb([112, 130, 142]), Rgb([38, 46, 54])];
const DARK: [Colour; 2] = [Rgb([52, 52, 55]), Rgb([26, 26, 28])];
const LAMP: [Colour; 2] = [Rgb([246, 246, 232]), Rgb([196, 200, 196])];
const TYRE: [Colour; 2] = [Rgb([30, 30, 31]), Rgb([16, 16, 17])];

/// The body's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// A lorry with a box behind the cab and a line of writing above the windscreen.
    Truck {
        /// What is written there.
        slogan: &'static str,
    },
    /// A passenger car.
    Car,
}

/// A vehicle and its plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vehicle {
    /// Its form.
    pub body: Body,
    /// Its paint.
    pub paint: Colour,
    /// Its plate, the truth included.
    pub plate: Plate,
}

impl Vehicle {
    /// Where the plate's middle is on the vehicle's front.
    #[must_use]
    pub fn plate_centre(&self) -> Point {
        match self.body {
            Body::Truck { .. } => Point::new(0.0, 0.62),
            Body::Car => Point::new(0.0, 0.50),
        }
    }

    /// Draws the vehicle with its front on `plane`.
    pub fn draw(&self, canvas: &mut Canvas, letters: &Letters, plane: &Plane) {
        match self.body {
            Body::Truck { slogan } => {
                self.draw_truck(canvas, plane);
                letters.write(canvas, plane, area(-0.85, 0.85, 2.55, 2.69), slogan, Rgb([240, 240, 236]));
            }
            Body::Car => self.draw_car(canvas, plane),
        }
        self.plate.draw(canvas, letters, plane, self.plate_centre());
    }

    /// The paint, lit from above.
    fn shaded(&self) -> [Colour; 2] {
        [mix(self.paint, Rgb([255, 255, 255]), 0.18), mix(self.paint, Rgb([0, 0, 0]), 0.3)]
    }

    fn draw_truck(&self, canvas: &mut Canvas, plane: &Plane) {
        let paint = self.shaded();
        shadow(canvas, plane, 1.35);
        for left in [-1.1, 0.75] {
            canvas.rounded(plane, area(left, left + 0.35, 0.0, 1.0), 0.08, TYRE);
        }
        canvas.rounded(plane, area(-1.22, 1.22, 0.9, 3.5), 0.03, [Rgb([214, 216, 214]), Rgb([160, 162, 160])]);
        canvas.rounded(plane, area(-1.12, 1.12, 0.42, 2.85), 0.1, paint);
        canvas.rounded(plane, area(-1.0, 1.0, 1.6, 2.45), 0.08, GLASS);
        canvas.rounded(plane, area(-0.01, 0.01, 1.6, 2.45), 0.005, DARK);
        for side in [-1.0, 1.0] {
            canvas.rounded(plane, area(side * 1.3 - 0.1, side * 1.3 + 0.1, 1.7, 2.3), 0.04, DARK);
            canvas.rounded(plane, area(side * 0.85 - 0.17, side * 0.85 + 0.17, 0.78, 0.98), 0.05, LAMP);
        }
        canvas.rounded(plane, area(-0.6, 0.6, 0.98, 1.45), 0.05, DARK);
        for bar in [1.06, 1.18, 1.3] {
            canvas.rounded(plane, area(-0.56, 0.56, bar, bar + 0.04), 0.01, [Rgb([150, 150, 152]), Rgb([96, 96, 98])]);
        }
        canvas.rounded(plane, area(-1.15, 1.15, 0.36, 0.76), 0.06, [Rgb([86, 88, 90]), Rgb([44, 45, 47])]);
    }

    fn draw_car(&self, canvas: &mut Canvas, plane: &Plane) {
        let paint = self.shaded();
        shadow(canvas, plane, 0.95);
        for left in [-0.85, 0.6] {
            canvas.rounded(plane, area(left, left + 0.25, 0.0, 0.6), 0.06, TYRE);
        }
        canvas.rounded(plane, area(-0.68, 0.68, 0.8, 1.48), 0.2, paint);
        canvas.rounded(plane, area(-0.6, 0.6, 0.92, 1.4), 0.15, GLASS);
        canvas.rounded(plane, area(-0.9, 0.9, 0.25, 0.98), 0.16, paint);
        for side in [-1.0, 1.0] {
            canvas.rounded(plane, area(side * 0.62 - 0.2, side * 0.62 + 0.2, 0.66, 0.8), 0.06, LAMP);
            canvas.rounded(plane, area(side * 0.92 - 0.1, side * 0.92 + 0.1, 0.98, 1.12), 0.04, paint);
        }
        canvas.rounded(plane, area(-0.36, 0.36, 0.66, 0.8), 0.04, DARK);
        canvas.rounded(plane, area(-0.8, 0.8, 0.26, 0.38), 0.05, DARK);
    }
}

/// The dark strip under a vehicle, softer towards its edges.
fn shadow(canvas: &mut Canvas, plane: &Plane, half_width: f32) {
    canvas.paint(plane, area(-half_width, half_width, -0.1, 0.3), |at, _| {
        let edge = (1.0 - (at.x / half_width).powi(2)).max(0.0) * (1.0 - (at.y - 0.1).abs() / 0.2).max(0.0);
        (Rgb([20, 20, 22]), edge * 0.8)
    });
}
