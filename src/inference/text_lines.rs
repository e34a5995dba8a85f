//! Which lines of text may make a plate: lines that stand above each other are stacked.
//!
//! Geometry only. Whether the text is a plate's is decided where it is read.

use crate::geometry::{Point, Quad};
use crate::plate::{Confidence, PlateDetection};

/// A line of text, in pixels of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextLine {
    /// Around the text.
    pub quad: Quad,
    /// Mean likelihood of text inside.
    pub confidence: Confidence,
}

/// Lines longer than this (in their heights) are sentences, not plates: the longest plate line is 520 by 110 mm, with
/// a margin for pieces that a sticker prolongs.
const LONGEST_LINE: f32 = 9.0;
/// The lines of a two-line plate are between one and three times as high as each other (China: 60 and 110 mm letters).
const HEIGHT_RATIO: f32 = 2.6;
/// Lines of one plate lie at most this far apart, in heights of the lower line, edge to edge; negative: they overlap,
/// because unclipping grows lines into each other.
const STACK_GAP: std::ops::Range<f32> = -0.75..0.5;

/// Plates that the lines may make: blocks of lines above each other, each block with its lines from top to bottom.
#[must_use]
pub fn plates(lines: Vec<TextLine>) -> Vec<PlateDetection> {
    let mut lines: Vec<_> = lines.into_iter().filter(is_plausible).collect();
    lines.sort_by(|a, b| a.quad.centre().y.total_cmp(&b.quad.centre().y));
    let mut blocks: Vec<Vec<TextLine>> = Vec::new();
    for line in lines {
        let above = blocks.iter_mut().rev().find(|block| block.last().is_some_and(|last| stacks(last, &line)));
        match above {
            Some(block) => block.push(line),
            None => blocks.push(vec![line]),
        }
    }
    blocks.iter().map(|block| detection(block)).collect()
}

fn is_plausible(line: &TextLine) -> bool {
    line.quad.height() > 0.0 && line.quad.width() / line.quad.height() < LONGEST_LINE
}

/// Whether `lower` may be the line below `upper` on one plate. Measured along the upper line's own direction, so that a
/// plate on a leaning motorbike stacks too.
fn stacks(upper: &TextLine, lower: &TextLine) -> bool {
    let (a, b) = (upper.quad.height(), lower.quad.height());
    if a.max(b) > HEIGHT_RATIO * a.min(b) {
        return false;
    }
    let along = direction(&lower.quad);
    let offset =
        Point::new(lower.quad.centre().x - upper.quad.centre().x, lower.quad.centre().y - upper.quad.centre().y);
    let sideways = (offset.x * along.x + offset.y * along.y).abs();
    let down = offset.y * along.x - offset.x * along.y;
    let gap = down - f32::midpoint(a, b);
    let narrower = upper.quad.width().min(lower.quad.width());
    STACK_GAP.contains(&(gap / b.max(a))) && sideways < 0.5 * narrower.max(b)
}

fn direction(quad: &Quad) -> Point {
    let [a, b, ..] = quad.0;
    let length = a.distance(b).max(f32::EPSILON);
    Point::new((b.x - a.x) / length, (b.y - a.y) / length)
}

fn detection(block: &[TextLine]) -> PlateDetection {
    let lines: Vec<Quad> = block.iter().map(|line| line.quad).collect();
    let confidence = block.iter().map(|line| line.confidence.value()).fold(0.0, f32::max);
    PlateDetection { corners: around(&lines), confidence: Confidence::clamped(confidence), lines }
}

/// The corners of lines above each other: the upper line's upper corners and the lower line's lower ones, both widened
/// to the wider line.
#[must_use]
pub fn around(lines: &[Quad]) -> Quad {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Quad([Point::new(0.0, 0.0); 4]);
    };
    if lines.len() == 1 {
        return *first;
    }
    let along = direction(if first.width() > last.width() { first } else { last });
    let project = |p: &Point| (p.x * along.x + p.y * along.y, p.y * along.x - p.x * along.y);
    let points: Vec<_> = lines.iter().flat_map(|quad| quad.0.iter().map(project)).collect();
    let bound = |values: &dyn Fn(&(f32, f32)) -> f32| {
        points.iter().map(values).fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
    };
    let ((u0, u1), (v0, v1)) = (bound(&|p| p.0), bound(&|p| p.1));
    let back = |u: f32, v: f32| Point::new(u * along.x - v * along.y, u * along.y + v * along.x);
    Quad([back(u0, v0), back(u1, v0), back(u1, v1), back(u0, v1)])
}
