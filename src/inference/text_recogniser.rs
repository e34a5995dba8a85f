//! Reads plates line by line: the PP-OCR text recognition family (CTC), decoded under the plate grammar.
//!
//! A detection says where lines of text are; which of them are the plate is decided here, because only their text can
//! tell: each line alone, each pair as a two-line plate. The best-scored plate text of all these wins.

use std::collections::BTreeMap;

use super::ctc::{self, Decoded, Glance, Lattice, PlateAlphabet};
use super::pixels::PixelForm;
use super::plate_views::{self, PlateView};
use super::rectify::rectify;
use super::session::Session;
use super::text_lines::around;
use super::{InferenceError, PlateCrop, PlateRecogniser};
use crate::geometry::Quad;
use crate::plate::{Confidence, Layout, PlateDetection, PlateReading, PlateText};

/// How lines are given to the model, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineSize {
    /// The input's height.
    pub height: u32,
    /// The input's width is a multiple of this.
    pub multiple_of: u32,
    /// Shorter lines are padded to this width with grey, as in the model's training.
    pub least_width: u32,
    /// Longer lines are squeezed into this width.
    pub most_width: u32,
}

impl LineSize {
    /// How wide a line becomes at the input's height.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixel sizes"
    )]
    fn of_text(&self, line: &Quad) -> u32 {
        let ratio = line.width() / line.height().max(1.0);
        ((ratio * self.height as f32).ceil() as u32).clamp(self.multiple_of, self.most_width)
    }

    /// The input's width for a line, with the padding.
    #[must_use]
    pub fn of_input(&self, line: &Quad) -> u32 {
        self.of_text(line).max(self.least_width).next_multiple_of(self.multiple_of)
    }
}

/// A text below this likelihood is no reading. Measured on the evaluation pictures: plates that are read right have 0.1
/// and more (half of them above 0.9), texts that are no plates mostly below 0.01.
const LEAST_LIKELIHOOD: f64 = 0.05;
/// Above this score the plain reading stands; below, other ways to see the lines are tried too.
const GOOD_SCORE: f64 = 0.6;
/// A line with so many plate characters may be one of a plate's two lines: an upper one has 2 to 4, a lower one 4 to 6.
const HALF_A_PLATE: std::ops::RangeInclusive<usize> = 3..=6;
/// Lines with so many may be a plate that is hard to read: 6 to 9, less what is illegible, more what is doubled.
const A_PLATE: std::ops::RangeInclusive<usize> = 5..=10;
/// Every plate has digits, and at most a smudge or two that look like something no plate carries.
const LEAST_DIGITS: usize = 2;
const MOST_FOREIGN: usize = 1;
/// So many of the most promising views are varied.
const VARIED_VIEWS: usize = 2;

/// The recogniser: a model, what its classes mean, and its buffer.
#[derive(Debug)]
pub struct TextRecogniser {
    session: Session,
    alphabet: PlateAlphabet,
    size: LineSize,
    pixels: PixelForm,
    input: Vec<f32>,
}

/// What was read in one view.
struct Candidate {
    view: PlateView,
    decoded: Vec<Decoded>,
    glance: Glance,
}

impl Candidate {
    fn score(&self) -> f64 {
        self.decoded.first().map_or(0.0, |best| best.score)
    }

    fn may_be_half_a_plate(&self) -> bool {
        HALF_A_PLATE.contains(&self.glance.characters) && self.glance.digits > 0 && self.glance.foreign <= MOST_FOREIGN
    }

    fn may_be_a_plate(&self) -> bool {
        let Glance { characters, digits, foreign } = self.glance;
        A_PLATE.contains(&characters) && digits >= LEAST_DIGITS && foreign <= MOST_FOREIGN
    }
}

/// What was seen of one plate so far: no line is given to the model twice.
#[derive(Default)]
struct Looks {
    lattices: Vec<(Quad, bool, Lattice)>,
    candidates: Vec<Candidate>,
}

impl Looks {
    fn settled(&self) -> bool {
        self.candidates.iter().any(|candidate| candidate.score() >= GOOD_SCORE)
    }

    /// Lines, seen alone, for which `holds`.
    fn lines(&self, holds: impl Fn(&Candidate) -> bool) -> Vec<Quad> {
        let alone = self.candidates.iter().filter(|candidate| candidate.view.lines.len() == 1);
        alone.filter(|candidate| holds(candidate)).map(|candidate| candidate.view.lines[0]).collect()
    }

    /// The views that look most like a plate that is hard to read.
    fn promising(&self) -> Vec<PlateView> {
        let mut promising: Vec<_> = self.candidates.iter().filter(|candidate| candidate.may_be_a_plate()).collect();
        promising.sort_by(|a, b| b.score().total_cmp(&a.score()));
        promising.into_iter().take(VARIED_VIEWS).map(|candidate| candidate.view.clone()).collect()
    }
}

impl TextRecogniser {
    /// A recogniser that runs `session`, whose output classes are `alphabet`.
    #[must_use]
    pub fn new(session: Session, alphabet: PlateAlphabet, size: LineSize, pixels: PixelForm) -> Self {
        Self { session, alphabet, size, pixels, input: Vec::new() }
    }

    fn read_plate(&mut self, plate: &PlateCrop<'_>) -> Result<Option<PlateReading>, InferenceError> {
        let PlateDetection { corners, lines, .. } = plate.detection;
        let mut looks = Looks::default();
        self.look(plate, plate_views::plain(corners, lines), &mut looks)?;
        if !looks.settled() {
            let missed = if lines.is_empty() {
                plate_views::other_layout(corners)
            } else {
                let halves = looks.lines(Candidate::may_be_half_a_plate);
                let legible = looks.lines(|candidate| candidate.glance != Glance::default());
                plate_views::missed(&halves, &legible)
            };
            self.look(plate, missed, &mut looks)?;
        }
        if !looks.settled() {
            let variants = looks.promising().iter().flat_map(plate_views::variants).collect();
            self.look(plate, variants, &mut looks)?;
        }
        Ok(elect(&looks.candidates))
    }

    fn look(&mut self, plate: &PlateCrop<'_>, views: Vec<PlateView>, looks: &mut Looks) -> Result<(), InferenceError> {
        for view in views {
            let mut lattices = Vec::new();
            for line in &view.lines {
                let is_this =
                    |(quad, stretched, _): &&(Quad, bool, Lattice)| quad == line && *stretched == view.stretched;
                if let Some((_, _, lattice)) = looks.lattices.iter().find(is_this) {
                    lattices.push(lattice.clone());
                } else {
                    let lattice = self.lattice(plate, line, view.stretched)?;
                    looks.lattices.push((*line, view.stretched, lattice.clone()));
                    lattices.push(lattice);
                }
            }
            let glance = lattices.iter().map(Lattice::glance).fold(Glance::default(), std::ops::Add::add);
            let whole = lattices.into_iter().reduce(|upper, lower| upper.above(&lower)).unwrap_or_default();
            let decoded = ctc::decode(&whole, plate.grammar);
            looks.candidates.push(Candidate { view, decoded, glance });
        }
        Ok(())
    }

    fn lattice(&mut self, plate: &PlateCrop<'_>, line: &Quad, stretched: bool) -> Result<Lattice, InferenceError> {
        let height = self.size.height;
        let text_width = self.size.of_text(line);
        let width = self.size.of_input(line);
        let mut text = rectify(plate.image, line, text_width, height);
        if stretched {
            stretch_contrast(&mut text);
        }
        let mut padded = image::RgbImage::from_pixel(width, height, image::Rgb([127; 3]));
        image::imageops::replace(&mut padded, &text, 0, 0);
        self.pixels.fill(padded.as_raw(), &mut self.input);
        let output = self.session.run([1, 3, height as usize, width as usize], &self.input)?;
        if output.shape.last() != Some(&self.alphabet.classes()) {
            let reason = format!("expected {} classes, got {:?}", self.alphabet.classes(), output.shape);
            return Err(self.session.failure(reason));
        }
        Ok(Lattice::new(&self.alphabet, &output.values))
    }
}

/// The text with the most support over all views; its likelihood and characters from the view that shows it best.
fn elect(candidates: &[Candidate]) -> Option<PlateReading> {
    let mut support: BTreeMap<&str, f64> = BTreeMap::new();
    for decoded in candidates.iter().flat_map(|candidate| &candidate.decoded) {
        *support.entry(decoded.text.as_str()).or_default() += decoded.score;
    }
    let (text, _) = support.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let of_text = |c: &Candidate| c.decoded.iter().find(|d| d.text == text).map_or(0.0, |d| d.likelihood);
    let best = candidates.iter().max_by(|a, b| of_text(a).total_cmp(&of_text(b)))?;
    reading(best, text)
}

fn reading(candidate: &Candidate, text: &str) -> Option<PlateReading> {
    let best = candidate.decoded.iter().find(|decoded| decoded.text == text)?;
    if best.likelihood < LEAST_LIKELIHOOD {
        return None;
    }
    let others = candidate.decoded.iter().filter(|decoded| decoded.text != text);
    let alternatives = others.filter_map(|d| Some((PlateText::normalised(&d.text)?, confidence(d.likelihood))));
    Some(PlateReading {
        text: PlateText::normalised(&best.text)?,
        per_character: best.per_character.clone(),
        confidence: confidence(best.likelihood),
        alternatives: alternatives.collect(),
        layout: if candidate.view.lines.len() > 1 { Layout::TwoLines } else { Layout::OneLine },
        colour: None,
        corners: around(&candidate.view.lines),
    })
}

/// The darkest and brightest hundredth of the pixels to black and white, all channels alike.
fn stretch_contrast(image: &mut image::RgbImage) {
    let mut values: Vec<u8> = image.as_raw().clone();
    values.sort_unstable();
    let (Some(low), Some(high)) = (values.get(values.len() / 100), values.get(values.len() * 99 / 100)) else { return };
    let (low, range) = (f32::from(*low), f32::from(*high) - f32::from(*low));
    if range >= 1.0 {
        for value in image.iter_mut() {
            *value = to_byte((f32::from(*value) - low) / range * 255.0);
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte's range")]
fn to_byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

impl PlateRecogniser for TextRecogniser {
    fn read(&mut self, plates: &[PlateCrop<'_>]) -> Result<Vec<Option<PlateReading>>, InferenceError> {
        plates.iter().map(|plate| self.read_plate(plate)).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a likelihood is between 0 and 1")]
fn confidence(likelihood: f64) -> Confidence {
    Confidence::clamped(likelihood as f32)
}
