//! Whether a shift explains how a scene differs from what is known of it.
//!
//! Normalised cross-correlation of outlines over all shifts of up to a tenth of the picture. A vehicle hides a part of the
//! scene and moves; the rest stays where it was. So a shift is believed only if most parts of the picture fit
//! better with it.

use super::outlines::Outlines;

/// What a comparison with the known scene says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// It is where it was.
    InPlace,
    /// The same scene, by so many small pixels to the right and down.
    Shifted(i32, i32),
    /// Another scene: nothing fits, wherever it is put.
    Elsewhere,
    /// Neither can be said: too much is hidden, or there is too little to see.
    Unclear,
}

/// Farthest shift, in small pixels: a tenth of the width. Cameras that were turned farther show another scene.
const FARTHEST: i32 = 15;
/// First every third shift is tried: outlines are smoothed over as much.
const COARSE: usize = 3;
/// Shorter shifts are wind, and a plate is found all the same.
const SHORTEST: i32 = 2;
/// At least this alike, a scene is in place and no shift is tried. Two pictures of the toll recording, each with vehicles,
/// are alike by 0.79 and more, and each is alike to their mean by 0.93.
const SURELY_IN_PLACE: f32 = 0.7;
/// A scene that is at least this alike after the shift is the same scene. Of 1,189 pairs of labelled
/// pictures from different places 16 are taken for the same one.
const SAME_SCENE: f32 = 0.45;
/// By how much a shift must fit better than none.
const CLEARLY_BETTER: f32 = 0.15;
/// Different places are less alike than this in every position: four of five of those pairs are.
const OTHER_SCENE: f32 = 0.3;
/// Parts of the picture that are asked one by one, across and down.
const PARTS: (usize, usize) = (4, 3);
/// The share of the parts that must fit better with the shift: a standing lorry fills half of them.
const MOST_PARTS: f32 = 0.7;
/// Outlines are compared in 8 bits: the mean becomes 48, what is over five times the mean is cut.
const MEAN: f32 = 48.0;

/// Outlines in 8 bits, so that sums over them are whole numbers, which processors add many at once.
struct Bytes {
    width: usize,
    height: usize,
    values: Vec<u8>,
}

/// A part of the picture in small pixels; `right` and `bottom` are outside.
#[derive(Clone, Copy)]
struct Part {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

/// Compares what is seen with what is known; both have the same size.
pub(super) fn compare(known: &Outlines, seen: &Outlines) -> Comparison {
    let (known, seen) = (Bytes::of(known), Bytes::of(seen));
    let whole = Part { left: 0, top: 0, right: known.width, bottom: known.height };
    let in_place = likeness(&known, &seen, whole, (0, 0));
    if in_place >= SURELY_IN_PLACE {
        return Comparison::InPlace;
    }
    let (shift, shifted) = best_shift(&known, &seen, whole);
    let far = shift.0.abs().max(shift.1.abs()) >= SHORTEST;
    if far && shifted >= SAME_SCENE && shifted >= in_place + CLEARLY_BETTER {
        return if most_parts_agree(&known, &seen, shift) {
            Comparison::Shifted(shift.0, shift.1)
        } else {
            Comparison::Unclear
        };
    }
    if shifted < OTHER_SCENE {
        Comparison::Elsewhere
    } else if in_place >= SAME_SCENE {
        Comparison::InPlace
    } else {
        Comparison::Unclear
    }
}

impl Bytes {
    /// Smoothed over 3 x 3, so that a search in [`COARSE`] steps finds what lies between them.
    fn of(outlines: &Outlines) -> Self {
        let (width, height) = (outlines.width, outlines.height);
        let at = |x: usize, y: usize| outlines.values[y * width + x];
        let smooth = |x: usize, y: usize| {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            let rows = [y.saturating_sub(1), y, (y + 1).min(height - 1)];
            rows.map(|y| at(left, y) + at(x, y) + at(right, y)).iter().sum::<f32>() / 9.0
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
        let byte = |value: f32| (value * MEAN).clamp(0.0, 255.0) as u8;
        let values = (0..height).flat_map(|y| (0..width).map(move |x| byte(smooth(x, y)))).collect();
        Self { width, height, values }
    }

    /// The points of row `y` from `left` on.
    fn row(&self, y: usize, left: usize, length: usize) -> &[u8] {
        &self.values[y * self.width + left..][..length]
    }
}

/// The shift that fits best, and how well: first some over all of them, then those beside the best.
fn best_shift(known: &Bytes, seen: &Bytes, part: Part) -> ((i32, i32), f32) {
    let best = |shifts: &mut dyn Iterator<Item = (i32, i32)>| {
        let scored = shifts.map(|shift| (shift, likeness(known, seen, part, shift)));
        scored.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(((0, 0), 0.0))
    };
    let coarse = || (-FARTHEST..=FARTHEST).step_by(COARSE);
    let ((x, y), _) = best(&mut coarse().flat_map(|x| coarse().map(move |y| (x, y))));
    best(&mut (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y))))
}

fn most_parts_agree(known: &Bytes, seen: &Bytes, shift: (i32, i32)) -> bool {
    let (across, down) = PARTS;
    let part = |column: usize, row: usize| Part {
        left: column * known.width / across,
        top: row * known.height / down,
        right: (column + 1) * known.width / across,
        bottom: (row + 1) * known.height / down,
    };
    let parts = (0..down).flat_map(|row| (0..across).map(move |column| part(column, row)));
    let agreeing = parts.filter(|part| likeness(known, seen, *part, shift) > likeness(known, seen, *part, (0, 0)));
    #[expect(clippy::cast_precision_loss, reason = "there are a dozen")]
    let share = agreeing.count() as f32 / (across * down) as f32;
    share >= MOST_PARTS
}

/// How alike the part of the known scene is to what is seen `shift` beside it: normalised cross-correlation, -1 to 1; 0
/// where one of them is flat. What the shift moves out of the picture does not count.
fn likeness(known: &Bytes, seen: &Bytes, part: Part, (dx, dy): (i32, i32)) -> f32 {
    let (left, right) = overlap(part.left, part.right, dx, known.width);
    let (top, bottom) = overlap(part.top, part.bottom, dy, known.height);
    if left >= right || top >= bottom {
        return 0.0;
    }
    let (length, moved_left) = (right - left, left.saturating_add_signed(dx as isize));
    let (mut a, mut b, mut aa, mut bb, mut ab) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    for y in top..bottom {
        let known_row = known.row(y, left, length);
        let seen_row = seen.row(y.saturating_add_signed(dy as isize), moved_left, length);
        for (one, other) in known_row.iter().zip(seen_row) {
            let (one, other) = (u32::from(*one), u32::from(*other));
            a += one;
            b += other;
            aa += one * one;
            bb += other * other;
            ab += one * other;
        }
    }
    let [a, b, aa, bb, ab] = [a, b, aa, bb, ab].map(f64::from);
    #[expect(clippy::cast_precision_loss, reason = "there are at most 160 x 200 points")]
    let count = (length * (bottom - top)) as f64;
    let spread = (aa - a * a / count) * (bb - b * b / count);
    #[expect(clippy::cast_possible_truncation, reason = "it is from -1 to 1")]
    let likeness = ((ab - a * b / count) / spread.sqrt()) as f32;
    if spread > 0.0 { likeness } else { 0.0 }
}

/// The part of `from..to` that is still within `0..length` when it is moved by `by`.
fn overlap(from: usize, to: usize, by: i32, length: usize) -> (usize, usize) {
    let out = by.unsigned_abs() as usize;
    if by < 0 { (from.max(out), to) } else { (from, to.min(length.saturating_sub(out))) }
}
