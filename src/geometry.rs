//! Points, boxes, quadrilaterals and zones, all in pixels of the full frame: x to the right, y down, (0, 0) at the
//! outer corner of the top left pixel.

/// A point in pixels of the full frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

impl Point {
    /// A point at `x`, `y`.
    #[must_use]
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Straight distance in pixels.
    #[must_use]
    pub fn distance(self, other: Point) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point `share` of the way to `other` (0 here, 1 there).
    #[must_use]
    pub fn towards(self, other: Point, share: f32) -> Point {
        Point::new(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)
    }
}

/// An upright rectangle; `right` and `bottom` are outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// Smallest x.
    pub left: f32,
    /// Smallest y.
    pub top: f32,
    /// Largest x.
    pub right: f32,
    /// Largest y.
    pub bottom: f32,
}

impl BoundingBox {
    /// The smallest box around `points`; an empty box at the origin when there are none.
    #[must_use]
    pub fn around(points: &[Point]) -> Self {
        let Some(first) = points.first() else {
            return Self { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 };
        };
        let start = Self { left: first.x, top: first.y, right: first.x, bottom: first.y };
        points.iter().fold(start, |b, p| Self {
            left: b.left.min(p.x),
            top: b.top.min(p.y),
            right: b.right.max(p.x),
            bottom: b.bottom.max(p.y),
        })
    }

    /// Width in pixels, never negative.
    #[must_use]
    pub fn width(self) -> f32 {
        (self.right - self.left).max(0.0)
    }

    /// Height in pixels, never negative.
    #[must_use]
    pub fn height(self) -> f32 {
        (self.bottom - self.top).max(0.0)
    }

    /// Area in square pixels.
    #[must_use]
    pub fn area(self) -> f32 {
        self.width() * self.height()
    }

    /// The middle.
    #[must_use]
    pub fn centre(self) -> Point {
        Point::new(f32::midpoint(self.left, self.right), f32::midpoint(self.top, self.bottom))
    }

    /// Whether a point lies inside or on its edge.
    #[must_use]
    pub fn contains(self, Point { x, y }: Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    /// Moved by `dx`, `dy` pixels.
    #[must_use]
    pub fn shifted(self, dx: f32, dy: f32) -> Self {
        Self { left: self.left + dx, top: self.top + dy, right: self.right + dx, bottom: self.bottom + dy }
    }

    /// Overlap with `other`: intersection over union, 0 to 1.
    #[must_use]
    pub fn iou(self, other: Self) -> f32 {
        let width = (self.right.min(other.right) - self.left.max(other.left)).max(0.0);
        let height = (self.bottom.min(other.bottom) - self.top.max(other.top)).max(0.0);
        let common = width * height;
        let union = self.area() + other.area() - common;
        if union > 0.0 { common / union } else { 0.0 }
    }
}

/// Four corners, clockwise from the top left of the text: top left, top right, bottom right, bottom left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quad(pub [Point; 4]);

impl Quad {
    /// The corners of an upright box.
    #[must_use]
    pub fn from_box(b: BoundingBox) -> Self {
        Self([
            Point::new(b.left, b.top),
            Point::new(b.right, b.top),
            Point::new(b.right, b.bottom),
            Point::new(b.left, b.bottom),
        ])
    }

    /// The smallest upright box around the corners.
    #[must_use]
    pub fn bounds(&self) -> BoundingBox {
        BoundingBox::around(&self.0)
    }

    /// Length along the text in pixels: the mean of the upper and lower edge.
    #[must_use]
    pub fn width(&self) -> f32 {
        f32::midpoint(self.0[0].distance(self.0[1]), self.0[3].distance(self.0[2]))
    }

    /// Height across the text in pixels: the mean of the left and right edge.
    #[must_use]
    pub fn height(&self) -> f32 {
        f32::midpoint(self.0[0].distance(self.0[3]), self.0[1].distance(self.0[2]))
    }

    /// The mean of the corners.
    #[must_use]
    pub fn centre(&self) -> Point {
        let [a, b, c, d] = self.0;
        Point::new((a.x + b.x + c.x + d.x) / 4.0, (a.y + b.y + c.y + d.y) / 4.0)
    }

    /// Every corner through `f`.
    #[must_use]
    pub fn map(&self, f: impl FnMut(Point) -> Point) -> Self {
        Self(self.0.map(f))
    }
}

/// A zone in the picture: a closed outline, possibly not convex.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon(Vec<Point>);

impl Polygon {
    /// An outline of at least three points with an area; `None` otherwise.
    #[must_use]
    pub fn new(points: Vec<Point>) -> Option<Self> {
        let polygon = Self(points);
        (polygon.0.len() >= 3 && polygon.signed_area().abs() > f32::EPSILON).then_some(polygon)
    }

    /// The outline's points.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// The smallest upright box around it.
    #[must_use]
    pub fn bounds(&self) -> BoundingBox {
        BoundingBox::around(&self.0)
    }

    /// Every point through `f`.
    #[must_use]
    pub fn map(&self, f: impl FnMut(&Point) -> Point) -> Self {
        Self(self.0.iter().map(f).collect())
    }

    /// Whether `point` lies inside (even-odd rule).
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        self.edges().fold(false, |inside, (a, b)| {
            let crosses =
                (a.y > point.y) != (b.y > point.y) && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x;
            inside != crosses
        })
    }

    fn signed_area(&self) -> f32 {
        self.edges().map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f32>() / 2.0
    }

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.0.iter().copied().zip(self.0.iter().copied().cycle().skip(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(left: f32, top: f32, side: f32) -> BoundingBox {
        BoundingBox { left, top, right: left + side, bottom: top + side }
    }

    #[test]
    fn overlap_is_zero_apart_one_when_equal_and_a_third_when_shifted_by_half() {
        assert_eq!(square(0.0, 0.0, 2.0).iou(square(5.0, 0.0, 2.0)), 0.0);
        assert_eq!(square(0.0, 0.0, 2.0).iou(square(0.0, 0.0, 2.0)), 1.0);
        assert!((square(0.0, 0.0, 2.0).iou(square(1.0, 0.0, 2.0)) - 1.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_notch_is_outside_its_polygon() {
        let points = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0)];
        let zone = Polygon::new(points.map(|(x, y)| Point::new(x, y)).to_vec()).expect("it has an area");
        assert!(zone.contains(Point::new(0.5, 2.0)));
        assert!(!zone.contains(Point::new(2.0, 3.0)));
    }

    #[test]
    fn a_line_is_no_polygon() {
        assert!(Polygon::new(vec![Point::new(0.0, 0.0), Point::new(1.0, 1.0), Point::new(2.0, 2.0)]).is_none());
    }
}
