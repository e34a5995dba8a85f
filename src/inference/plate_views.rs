//! Ways to see the lines of text at one place as a plate.
//!
//! A text detector outlines text, not plates: it may miss the short upper line, see two lines as one, lean with the
//! perspective, or leave off a last character in another colour. Each view is a guess at the plate's true lines; which
//! guess holds, only the text read there can tell.

use crate::geometry::{Point, Quad};

/// One guess: one line, or an upper and a lower one.
#[derive(Debug, Clone, PartialEq)]
pub struct PlateView {
    /// The lines, from top to bottom.
    pub lines: Vec<Quad>,
    /// Whether to stretch the contrast first.
    pub stretched: bool,
}

impl PlateView {
    fn plain(lines: Vec<Quad>) -> Self {
        Self { lines, stretched: false }
    }

    fn map(&self, f: impl FnMut(&Quad) -> Quad) -> Self {
        Self { lines: self.lines.iter().map(f).collect(), stretched: self.stretched }
    }
}

/// A line less long than this many heights may be two lines that the detector saw as one.
const SHORTEST_LINE: f32 = 3.3;
/// A plate longer than this many heights has one line in all likelihood. Plates of one line are 3.1 (China, 440x140 mm) to
/// 4.7 heights long (Vietnam, 520x110), less when seen from the side; of two, 1.4 (190x140) to 2 (330x165, 440x220).
const SHORTEST_ONE_LINE_PLATE: f32 = 2.5;
/// Text leaning by more than this (rise over run, about 5 degrees) is seen from the side: its uprights stay upright.
const LEANING: f32 = 0.09;

/// The lines as detected: neighbours as two-line plates, and each alone; for a plate detected as a whole, the layout that its
/// proportions suggest.
#[must_use]
pub fn plain(corners: &Quad, lines: &[Quad]) -> Vec<PlateView> {
    if lines.is_empty() {
        return vec![whole(corners, looks_like_one_line(corners))];
    }
    let pairs = lines.windows(2).map(|pair| PlateView::plain(pair.to_vec()));
    pairs.chain(lines.iter().map(|line| PlateView::plain(vec![*line]))).collect()
}

/// The same lines with other margins, more contrast, without their lean, or with room for a character at the ends.
#[must_use]
pub fn variants(view: &PlateView) -> Vec<PlateView> {
    let stretched = PlateView { stretched: true, ..view.clone() };
    let mut variants = vec![stretched, view.map(|line| grown(line, 0.1, 0.1)), view.map(|line| grown(line, 0.9, 0.0))];
    if view.lines.iter().any(|line| lean(line) > LEANING) {
        variants.push(view.map(upright));
    }
    variants
}

/// A plate detected as a whole in the layout that its proportions do not suggest: seen from the side it is shorter.
#[must_use]
pub fn other_layout(corners: &Quad) -> Vec<PlateView> {
    vec![whole(corners, !looks_like_one_line(corners))]
}

fn looks_like_one_line(corners: &Quad) -> bool {
    corners.width() > SHORTEST_ONE_LINE_PLATE * corners.height()
}

fn whole(corners: &Quad, one_line: bool) -> PlateView {
    PlateView::plain(if one_line { vec![*corners] } else { halves(corners) })
}

/// Lines that the detector missed or joined: half plates with a line above or below, and short ones among `legible` as two.
#[must_use]
pub fn missed(half_plates: &[Quad], legible: &[Quad]) -> Vec<PlateView> {
    let short = legible.iter().filter(|line| line.width() < SHORTEST_LINE * line.height()).map(halves);
    let with_another = |line: &Quad| [vec![moved(line, -0.85), *line], vec![*line, moved(line, 0.85)]];
    short.chain(half_plates.iter().flat_map(with_another)).map(PlateView::plain).collect()
}

/// The upper and the lower half, overlapping a little: the two lines need not be equally high.
fn halves(quad: &Quad) -> Vec<Quad> {
    vec![slice(quad, 0.0, 0.52), slice(quad, 0.46, 1.0)]
}

/// The part of a quad between two shares of its height.
fn slice(quad: &Quad, from: f32, to: f32) -> Quad {
    let [a, b, c, d] = quad.0;
    Quad([a.towards(d, from), b.towards(c, from), b.towards(c, to), a.towards(d, to)])
}

/// The quad moved down by a share of its height (up where negative).
fn moved(quad: &Quad, share: f32) -> Quad {
    slice(quad, share, 1.0 + share)
}

/// The quad grown at both ends and both edges by shares of its height.
fn grown(quad: &Quad, ends: f32, edges: f32) -> Quad {
    let Quad([a, b, c, d]) = slice(quad, -edges, 1.0 + edges);
    let share = ends * quad.height() / quad.width().max(1.0);
    Quad([a.towards(b, -share), a.towards(b, 1.0 + share), d.towards(c, 1.0 + share), d.towards(c, -share)])
}

fn lean(quad: &Quad) -> f32 {
    let [a, b, ..] = quad.0;
    ((b.y - a.y) / (b.x - a.x).abs().max(1.0)).abs()
}

/// A leaning rectangle as the parallelogram with upright ends that has the same middle, length and height of letters.
fn upright(quad: &Quad) -> Quad {
    let [a, b, c, d] = quad.0;
    let (left, right) = (middle(a, d), middle(b, c));
    let slope = lean(quad);
    // A rectangle around slanted letters of height h and length l is h + l * slope of the letters' lean high; its ends
    // reach past the text by half of its height times the slope.
    let cut = quad.height() * slope / 2.0 / quad.width().max(1.0);
    let (left, right) = (left.towards(right, cut), right.towards(left, cut));
    let half = quad.height() / 2.0 * (1.0 + slope * slope).sqrt();
    let at = |p: Point, dy: f32| Point::new(p.x, p.y + dy);
    Quad([at(left, -half), at(right, -half), at(right, half), at(left, half)])
}

fn middle(a: Point, b: Point) -> Point {
    a.towards(b, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::BoundingBox;

    fn plate(width: f32, height: f32) -> Quad {
        Quad::from_box(BoundingBox { left: 10.0, top: 20.0, right: 10.0 + width, bottom: 20.0 + height })
    }

    fn check(width: f32, height: f32, first: usize, then: usize) {
        let lines = |views: Vec<PlateView>| views.iter().map(|view| view.lines.len()).collect::<Vec<_>>();
        let corners = plate(width, height);
        assert_eq!((lines(plain(&corners, &[])), lines(other_layout(&corners))), (vec![first], vec![then]));
    }

    #[test]
    fn a_plate_detected_as_a_whole_is_seen_in_the_layout_of_its_proportions_first() {
        check(520.0, 110.0, 1, 2);
        check(440.0, 140.0, 1, 2);
        check(330.0, 165.0, 2, 1);
        check(440.0, 220.0, 2, 1);
        check(190.0, 140.0, 2, 1);
    }

    #[test]
    fn its_halves_overlap_a_little_and_lie_within_it() {
        let [PlateView { lines, .. }] = &plain(&plate(100.0, 50.0), &[])[..] else { panic!("one view") };
        let [upper, lower] = lines[..] else { panic!("two lines") };
        assert_eq!((upper.0[0], lower.0[2]), (Point::new(10.0, 20.0), Point::new(110.0, 70.0)));
        assert!(upper.0[3].y > lower.0[0].y);
    }

    #[test]
    fn lines_that_were_detected_are_seen_as_they_are() {
        let lines = [plate(100.0, 30.0), plate(100.0, 40.0)];
        let views = plain(&plate(100.0, 80.0), &lines);
        let views: Vec<_> = views.iter().map(|view| view.lines.as_slice()).collect();
        assert_eq!(views, [&lines[..], &lines[..1], &lines[1..]]);
    }
}
