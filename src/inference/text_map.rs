//! From a text probability map to quadrilaterals around lines of text: threshold, connected regions, smallest rectangle,
//! score, unclip (Liao et al. 2020, "Real-time Scene Text Detection with Differentiable Binarization", section 3.3).
//!
//! The map holds shrunk text regions; unclipping grows each rectangle back by `area * ratio / perimeter` on every side.
//! The published code offsets the polygon and takes the smallest rectangle again, which for a rectangle is the same.

use imageproc::definitions::Image;
use imageproc::point::Point as PixelPoint;

use super::manifest::TextDetector as Parameters;
use crate::geometry::{Point, Quad};
use crate::plate::Confidence;

/// A probability map: `width` by `height` values, row by row.
#[derive(Debug, Clone, Copy)]
pub struct TextMap<'a> {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Likelihood of text, 0 to 1.
    pub values: &'a [f32],
}

/// Lines of text in the map, in map pixels, each with its mean likelihood.
#[must_use]
pub fn find_lines(map: TextMap<'_>, parameters: &Parameters) -> Vec<(Quad, Confidence)> {
    let mask = dilated_mask(map, parameters);
    let contours = imageproc::contours::find_contours_with_threshold::<i32>(&mask, 0);
    let outer = contours.into_iter().filter(|c| c.border_type == imageproc::contours::BorderType::Outer);
    let most = parameters.max_candidates.get() as usize;
    outer.take(most).filter_map(|contour| line_of(map, &contour.points, parameters)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a few pixels")]
fn line_of(map: TextMap<'_>, contour: &[PixelPoint<i32>], parameters: &Parameters) -> Option<(Quad, Confidence)> {
    let rectangle = smallest_rectangle(contour)?;
    let least_side = parameters.min_side_px as f32;
    if rectangle.shorter_side() < least_side {
        return None;
    }
    let score = mean_inside(map, &rectangle.quad());
    if score < parameters.box_threshold.value() {
        return None;
    }
    let grown = rectangle.grown(rectangle.area() * parameters.unclip_ratio.value() / rectangle.perimeter());
    (grown.shorter_side() >= least_side + 2.0).then(|| (grown.quad(), Confidence::clamped(score)))
}

/// Text pixels, each spread to the right and down: it joins characters that a pixel parts.
fn dilated_mask(map: TextMap<'_>, parameters: &Parameters) -> Image<image::Luma<u8>> {
    let threshold = parameters.pixel_threshold.value();
    let spread = parameters.dilation_px.get() - 1;
    let is_text = |x: u32, y: u32| map.values.get((y * map.width + x) as usize).is_some_and(|value| *value > threshold);
    Image::from_fn(map.width, map.height, |x, y| {
        let any = (y.saturating_sub(spread)..=y).any(|y| (x.saturating_sub(spread)..=x).any(|x| is_text(x, y)));
        image::Luma([u8::from(any) * 255])
    })
}

/// A rectangle turned by any angle.
#[derive(Debug, Clone, Copy)]
struct Rectangle {
    centre: Point,
    /// Unit vector along the first side.
    along: Point,
    length: f32,
    breadth: f32,
}

impl Rectangle {
    fn shorter_side(self) -> f32 {
        self.length.min(self.breadth)
    }

    fn area(self) -> f32 {
        self.length * self.breadth
    }

    fn perimeter(self) -> f32 {
        2.0 * (self.length + self.breadth)
    }

    fn grown(self, by: f32) -> Self {
        Self { length: self.length + 2.0 * by, breadth: self.breadth + 2.0 * by, ..self }
    }

    /// Corners clockwise from the top left: text is taken to run to the right.
    fn quad(self) -> Quad {
        let (l, b) = (self.length / 2.0, self.breadth / 2.0);
        let corner = |i: f32, j: f32| {
            let x = self.centre.x + self.along.x * l * i - self.along.y * b * j;
            let y = self.centre.y + self.along.y * l * i + self.along.x * b * j;
            Point::new(x, y)
        };
        let mut corners = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)];
        corners.sort_by(|a, b| a.x.total_cmp(&b.x));
        let [mut top_left, mut bottom_left, mut top_right, mut bottom_right] = corners;
        if top_left.y > bottom_left.y {
            std::mem::swap(&mut top_left, &mut bottom_left);
        }
        if top_right.y > bottom_right.y {
            std::mem::swap(&mut top_right, &mut bottom_right);
        }
        Quad([top_left, top_right, bottom_right, bottom_left])
    }
}

/// The rectangle of least area around the points: one of its sides lies along an edge of the convex hull (Freeman and
/// Shapira 1975).
#[expect(clippy::cast_precision_loss, reason = "a map has far fewer than 2^24 pixels a side")]
fn smallest_rectangle(points: &[PixelPoint<i32>]) -> Option<Rectangle> {
    let hull: Vec<Point> =
        imageproc::geometry::convex_hull(points).iter().map(|p| Point::new(p.x as f32, p.y as f32)).collect();
    let edges = hull.iter().zip(hull.iter().cycle().skip(1));
    let around = |(a, b): (&Point, &Point)| {
        let length = a.distance(*b);
        (length > 0.0).then(|| around_along(&hull, Point::new((b.x - a.x) / length, (b.y - a.y) / length)))
    };
    edges.filter_map(around).min_by(|a, b| a.area().total_cmp(&b.area()))
}

fn around_along(hull: &[Point], along: Point) -> Rectangle {
    let spread = |project: &dyn Fn(&Point) -> f32| {
        let values = hull.iter().map(project);
        values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let (u0, u1) = spread(&|p| p.x * along.x + p.y * along.y);
    let (v0, v1) = spread(&|p| p.y * along.x - p.x * along.y);
    let (u, v) = (f32::midpoint(u0, u1), f32::midpoint(v0, v1));
    let centre = Point::new(u * along.x - v * along.y, u * along.y + v * along.x);
    Rectangle { centre, along, length: u1 - u0, breadth: v1 - v0 }
}

/// The map's mean over the pixels inside of a convex quad.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixel sizes")]
fn mean_inside(map: TextMap<'_>, quad: &Quad) -> f32 {
    let bounds = quad.bounds();
    let range = |low: f32, high: f32, size: u32| {
        let last = size.saturating_sub(1);
        (low.floor().max(0.0) as u32).min(last)..=(high.ceil().max(0.0) as u32).min(last)
    };
    let inside = |x: u32, y: u32| {
        let p = Point::new(x as f32, y as f32);
        (0..4).all(|i| {
            let (a, b) = (quad.0[i], quad.0[(i + 1) % 4]);
            (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) >= -1e-3
        })
    };
    let (mut sum, mut count) = (0.0, 0.0_f32);
    for y in range(bounds.top, bounds.bottom, map.height) {
        for x in range(bounds.left, bounds.right, map.width) {
            if inside(x, y) {
                sum += map.values[(y * map.width + x) as usize];
                count += 1.0;
            }
        }
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters() -> Parameters {
        use crate::inference::manifest::{Family, Manifest};
        let manifest = Manifest::load(std::path::Path::new("models"), "ppocr-v4-det").expect("it is shipped");
        let Family::TextDetector(parameters) = manifest.model.family else { panic!("it is a text detector") };
        parameters
    }

    fn lines(width: u32, height: u32, value: impl Fn(u32, u32) -> f32) -> Vec<(Quad, Confidence)> {
        let values: Vec<f32> =
            (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| value(x, y)).collect();
        find_lines(TextMap { width, height, values: &values }, &parameters())
    }

    #[test]
    fn an_upright_region_grows_back_by_its_unclip_distance() {
        let found = lines(100, 50, |x, y| if (20..60).contains(&x) && (20..30).contains(&y) { 0.9 } else { 0.0 });
        let [(quad, confidence)] = found.as_slice() else { panic!("one line, not {found:?}") };
        // Pixel centres 20..60 by 20..30 (dilated by one): 40 by 10; distance 40 * 10 * 1.6 / 100 = 6.4.
        assert!((quad.0[0].x - 13.6).abs() < 0.1 && (quad.0[0].y - 13.6).abs() < 0.1, "{quad:?}");
        assert!((quad.0[2].x - 66.4).abs() < 0.1 && (quad.0[2].y - 36.4).abs() < 0.1, "{quad:?}");
        assert!(confidence.value() > 0.75);
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn a_slanting_region_gives_a_slanting_quad_that_starts_at_its_upper_left() {
        let found = lines(100, 60, |x, y| {
            let d = y as f32 - (15.0 + x as f32 * 0.25);
            if (20..80).contains(&x) && (0.0..9.0).contains(&d) { 1.0 } else { 0.0 }
        });
        let [(quad, _)] = found.as_slice() else { panic!("one line, not {found:?}") };
        assert!(quad.0[1].y > quad.0[0].y + 8.0 && quad.0[0].x < quad.0[1].x, "{quad:?}");
        assert!(quad.width() > 3.0 * quad.height());
    }

    #[test]
    fn specks_faint_regions_and_an_empty_map_give_nothing() {
        assert!(lines(50, 50, |x, y| if x == 20 && y == 20 { 1.0 } else { 0.0 }).is_empty());
        assert!(
            lines(50, 50, |x, y| if (10..40).contains(&x) && (10..20).contains(&y) { 0.35 } else { 0.0 }).is_empty()
        );
        assert!(lines(0, 0, |_, _| 1.0).is_empty());
    }
}
