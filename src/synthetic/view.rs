//! A pinhole camera beside the road.
//!
//! The world's coordinates, in metres: x to the right of somebody who comes in, y up from the road, z along the road, growing
//! for those who come in. A picture's are pixels, as everywhere.

use crate::geometry::Point;

/// A place or a direction in the world.
pub type Place = [f32; 3];

/// Nearer than this nothing is seen.
const NEAREST_M: f32 = 0.15;

/// Where a camera is and what it looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    eye: Place,
    right: Place,
    up: Place,
    ahead: Place,
    focal_px: f32,
    centre: Point,
    /// Width and height of its pictures.
    pub size_px: [u32; 2],
}

/// What a view is made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mounting {
    /// Where the camera is.
    pub eye: Place,
    /// 1 to look where those look who come in, -1 to look at their faces.
    pub facing: f32,
    /// Radians to its right.
    pub pan: f32,
    /// Radians down.
    pub tilt: f32,
    /// Focal length.
    pub focal_px: f32,
    /// Width and height of its pictures.
    pub size_px: [u32; 2],
}

/// A rectangle in the world: its lower left corner for somebody who looks at it, and its edges from there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// The lower left corner.
    pub corner: Place,
    /// To the lower right corner.
    pub across: Place,
    /// To the upper left corner.
    pub up: Place,
}

/// Which point of a face a pixel shows: multiplied with the pixel's ray, the rows give the share across, the share up and 1, each
/// divided by the distance.
pub type FaceMatrix = [Place; 3];

impl View {
    /// The view of a camera that is mounted so.
    #[must_use]
    pub fn new(mounting: Mounting) -> Self {
        let Mounting { eye, facing, pan, tilt, focal_px, size_px } = mounting;
        let (pan_sin, pan_cos) = pan.sin_cos();
        let (tilt_sin, tilt_cos) = tilt.sin_cos();
        let level = [pan_sin * facing, 0.0, pan_cos * facing];
        let right = [pan_cos * facing, 0.0, -pan_sin * facing];
        let ahead = [level[0] * tilt_cos, -tilt_sin, level[2] * tilt_cos];
        let up = [level[0] * tilt_sin, tilt_cos, level[2] * tilt_sin];
        let centre = Point::new(size_px[0] as f32 / 2.0, size_px[1] as f32 / 2.0);
        Self { eye, right, up, ahead, focal_px, centre, size_px }
    }

    /// Where the camera is.
    #[must_use]
    pub fn eye(&self) -> Place {
        self.eye
    }

    /// The same camera, its picture moved by this many pixels.
    #[must_use]
    pub fn shifted(&self, [right, down]: [i32; 2]) -> Self {
        let centre = Point::new(self.centre.x + right as f32, self.centre.y + down as f32);
        Self { centre, ..self.clone() }
    }

    /// The same camera with a picture that is `margin` wider on every side.
    #[must_use]
    pub fn widened(&self, margin: u32) -> Self {
        let size_px = self.size_px.map(|px| px + 2 * margin);
        let by = margin as i32;
        Self { size_px, ..self.shifted([by, by]) }
    }

    /// Metres to the right, up and ahead of the camera.
    #[must_use]
    pub fn seen(&self, place: Place) -> Place {
        let from_eye = minus(place, self.eye);
        [dot(from_eye, self.right), dot(from_eye, self.up), dot(from_eye, self.ahead)]
    }

    fn in_picture(&self, [right, up, ahead]: Place) -> Point {
        let scale = self.focal_px / ahead;
        Point::new(self.centre.x + right * scale, self.centre.y - up * scale)
    }

    /// Where a place is in the picture, perhaps outside its edges; `None` behind the camera.
    #[must_use]
    pub fn project(&self, place: Place) -> Option<Point> {
        let seen = self.seen(place);
        (seen[2] > NEAREST_M).then(|| self.in_picture(seen))
    }

    /// How many pixels a metre has there.
    #[must_use]
    pub fn px_per_m(&self, place: Place) -> f32 {
        self.focal_px / self.seen(place)[2].max(NEAREST_M)
    }

    /// Whether a point is in the picture.
    #[must_use]
    pub fn holds(&self, point: Point) -> bool {
        let [width, height] = self.size_px.map(|px| px as f32);
        (0.0..=width).contains(&point.x) && (0.0..=height).contains(&point.y)
    }

    /// The direction of a point of the picture: right, up, and 1 ahead.
    #[must_use]
    #[inline]
    pub fn ray(&self, point: Point) -> Place {
        [(point.x - self.centre.x) / self.focal_px, (self.centre.y - point.y) / self.focal_px, 1.0]
    }

    /// The direction of a point of the picture in the world.
    #[must_use]
    pub fn world_ray(&self, point: Point) -> Place {
        let [right, up, ahead] = self.ray(point);
        [0, 1, 2].map(|axis| self.right[axis] * right + self.up[axis] * up + self.ahead[axis] * ahead)
    }

    /// See [`FaceMatrix`]; `None` when the face is seen from its edge.
    #[must_use]
    pub fn matrix(&self, face: &Face) -> Option<FaceMatrix> {
        let turned = |d: Place| [dot(d, self.right), dot(d, self.up), dot(d, self.ahead)];
        let (across, up, corner) = (turned(face.across), turned(face.up), self.seen(face.corner));
        let first = cross(up, corner);
        let volume = dot(across, first);
        if volume.abs() < 1e-7 {
            return None;
        }
        let over = |row: Place| row.map(|value| value / volume);
        Some([over(first), over(cross(corner, across)), over(cross(across, up))])
    }

    /// The outline of a face in the picture, without what is behind the camera; fewer than three points: nothing is seen.
    #[must_use]
    pub fn outline(&self, face: &Face) -> Vec<Point> {
        let corners = face.corners().map(|corner| self.seen(corner));
        let mut outline = Vec::with_capacity(6);
        for (index, from) in corners.iter().enumerate() {
            let to = &corners[(index + 1) % 4];
            if from[2] >= NEAREST_M {
                outline.push(self.in_picture(*from));
            }
            if (from[2] >= NEAREST_M) != (to[2] >= NEAREST_M) {
                let share = (NEAREST_M - from[2]) / (to[2] - from[2]);
                outline.push(self.in_picture([0, 1, 2].map(|axis| from[axis] + (to[axis] - from[axis]) * share)));
            }
        }
        outline
    }

    /// How far a pixel reaches a metre ahead, in metres.
    #[must_use]
    pub fn metres_per_px(&self) -> f32 {
        1.0 / self.focal_px
    }
}

impl Face {
    /// Lower left, lower right, upper right, upper left.
    #[must_use]
    pub fn corners(&self) -> [Place; 4] {
        let right = plus(self.corner, self.across);
        [self.corner, right, plus(right, self.up), plus(self.corner, self.up)]
    }

    /// The place at these shares of its width and height.
    #[must_use]
    pub fn at(&self, across: f32, up: f32) -> Place {
        [0, 1, 2].map(|axis| self.corner[axis] + self.across[axis] * across + self.up[axis] * up)
    }

    /// The same face, moved.
    #[must_use]
    pub fn moved(&self, by: Place) -> Self {
        Self { corner: plus(self.corner, by), ..*self }
    }
}

fn plus(a: Place, b: Place) -> Place {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn minus(a: Place, b: Place) -> Place {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: Place, b: Place) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Place, b: Place) -> Place {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        let mounting = Mounting {
            eye: [1.5, 2.5, 6.0],
            facing: -1.0,
            pan: 0.1,
            tilt: 0.15,
            focal_px: 1300.0,
            size_px: [1280, 720],
        };
        View::new(mounting)
    }

    #[test]
    fn a_point_of_a_face_is_found_again_in_the_picture() {
        let face = Face { corner: [1.0, 0.5, -2.0], across: [-2.0, 0.0, 0.3], up: [0.0, 1.0, 0.0] };
        let matrix = view().matrix(&face).expect("it is seen");
        for (across, up) in [(0.0, 0.0), (0.25, 0.75), (1.0, 0.5)] {
            let ray = view().ray(view().project(face.at(across, up)).expect("it is ahead"));
            let inverse = dot(matrix[2], ray);
            assert!((dot(matrix[0], ray) / inverse - across).abs() < 1e-3);
            assert!((dot(matrix[1], ray) / inverse - up).abs() < 1e-3);
        }
    }

    #[test]
    fn what_comes_in_on_the_right_is_on_the_left_for_who_looks_at_it() {
        let (left, right) = (view().project([1.0, 1.0, -5.0]), view().project([-1.0, 1.0, -5.0]));
        assert!(left.expect("ahead").x < right.expect("ahead").x);
        assert!(view().project([0.0, 1.0, 10.0]).is_none(), "it is behind the camera");
    }
}
