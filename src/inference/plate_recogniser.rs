//! Reads plates as a whole, one or two lines alike: all plates of a frame in one run, decoded under the plate grammar.

use super::manifest::{ColourClass, ColourHead, LayoutClass, Margins, PlateRecogniser as Parameters};
use super::pixels::PixelForm;
use super::rectify::{rectify, with_margins};
use super::session::{Session, Tensor};
use super::slots::{self, DecodedPlate, SlotAlphabet, Slots};
use super::{InferenceError, PlateCrop, PlateRecogniser};
use crate::plate::{Confidence, PlateColour, PlateReading, PlateText};

/// The size that plates are pulled to, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlateSize {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// The recogniser: a model, what its classes mean, and its buffer.
#[derive(Debug)]
pub struct WholePlateRecogniser {
    session: Session,
    alphabet: SlotAlphabet,
    size: PlateSize,
    pixels: PixelForm,
    parameters: Parameters,
    input: Vec<f32>,
}

/// What looks at one plate come to.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    reading: Option<PlateReading>,
    /// Of the likeliest text, even if it is too unlikely to be a reading; 0 where there is none.
    confidence: Confidence,
}

/// What the model answers for one cut of one plate: probabilities.
#[derive(Debug, Clone, PartialEq)]
struct Look {
    /// Per slot and class.
    characters: Vec<f32>,
    /// Per class.
    layout: Vec<f32>,
    /// That there is a legible plate.
    legible: f32,
    /// Per class; empty where the model has no such head.
    colour: Vec<f32>,
}

impl Look {
    /// The mean of several looks at one plate.
    fn mean<'a>(looks: impl Iterator<Item = &'a Self> + Clone) -> Self {
        Self {
            characters: mean(looks.clone().map(|look| look.characters.as_slice())),
            layout: mean(looks.clone().map(|look| look.layout.as_slice())),
            legible: mean(looks.clone().map(|look| std::slice::from_ref(&look.legible)))
                .first()
                .copied()
                .unwrap_or(0.0),
            colour: mean(looks.map(|look| look.colour.as_slice())),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few looks")]
fn mean<'a>(rows: impl Iterator<Item = &'a [f32]> + Clone) -> Vec<f32> {
    let count = rows.clone().count().max(1) as f32;
    let mut sum = vec![0.0; rows.clone().next().map_or(0, <[f32]>::len)];
    for row in rows {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / count);
    }
    sum
}

impl WholePlateRecogniser {
    /// A recogniser that runs `session`, whose output classes are `alphabet`.
    #[must_use]
    pub fn new(
        session: Session,
        alphabet: SlotAlphabet,
        size: PlateSize,
        pixels: PixelForm,
        parameters: Parameters,
    ) -> Self {
        Self { session, alphabet, size, pixels, parameters, input: Vec::new() }
    }

    /// A look at each cut, in order, in as many runs as the batch's limit makes it.
    fn look(&mut self, cuts: &[(&PlateCrop<'_>, Margins)]) -> Result<Vec<Look>, InferenceError> {
        let most = self.parameters.batch_max.get() as usize;
        let mut looks = Vec::with_capacity(cuts.len());
        for batch in cuts.chunks(most) {
            looks.extend(self.look_once(batch)?);
        }
        Ok(looks)
    }

    fn look_once(&mut self, cuts: &[(&PlateCrop<'_>, Margins)]) -> Result<Vec<Look>, InferenceError> {
        let PlateSize { width, height } = self.size;
        self.input.clear();
        for (plate, margins) in cuts {
            let quad = with_margins(&plate.detection.corners, margins);
            let cut = rectify(plate.image, &quad, width, height);
            self.pixels.append(cut.as_raw(), &mut self.input);
        }
        let shape = [cuts.len(), 3, height as usize, width as usize];
        let outputs = self.session.run_all(shape, &self.input)?;
        self.looks(cuts.len(), &outputs)
    }

    /// Takes the outputs (the characters, then the heads in the manifest's order) apart, plate by plate.
    fn looks(&self, plates: usize, outputs: &[Tensor]) -> Result<Vec<Look>, InferenceError> {
        for ((name, expected), output) in shapes(&self.parameters, plates).iter().zip(outputs) {
            if output.shape != *expected {
                let reason = format!("expected {name} of {expected:?} for {plates} plates, got {:?}", output.shape);
                return Err(self.session.failure(reason));
            }
        }
        let row = |output: usize, plate: usize| {
            let values = outputs.get(output).map_or([].as_slice(), |output| &output.values);
            let length = values.len() / plates.max(1);
            values[plate * length..(plate + 1) * length].to_vec()
        };
        let look = |plate| Look {
            characters: row(0, plate),
            layout: row(1, plate),
            legible: row(2, plate).first().copied().unwrap_or(0.0),
            colour: row(3, plate),
        };
        Ok((0..plates).map(look).collect())
    }

    /// What a look says under the plate's grammar.
    fn said(&self, plate: &PlateCrop<'_>, look: &Look) -> Said {
        let Parameters { layout, legible, text_threshold, second_look, .. } = &self.parameters;
        let is_legible = look.legible >= legible.threshold.value();
        let may_be_looked_at_again = second_look.as_ref().is_some_and(|second| look.legible >= second.from.value());
        let two_lines = layout.classes.position(&LayoutClass::TwoLines).and_then(|class| look.layout.get(class));
        let mut texts = Vec::new();
        if is_legible || may_be_looked_at_again {
            let slots = Slots::new(&self.alphabet, &look.characters, two_lines.copied().unwrap_or(0.0));
            texts = slots::decode(&slots, plate.grammar);
        }
        let sure = |plate: &DecodedPlate| confidence(plate.likelihood * f64::from(look.legible));
        let confidence = texts.first().map_or(Confidence::ZERO, sure);
        let is_reading = |best: &DecodedPlate| is_legible && best.likelihood >= f64::from(text_threshold.value());
        let mut texts = texts.into_iter();
        let reading = texts.next().filter(is_reading).and_then(|best| {
            Some(PlateReading {
                text: PlateText::normalised(&best.text)?,
                confidence,
                alternatives: texts
                    .filter_map(|other| Some((PlateText::normalised(&other.text)?, sure(&other))))
                    .collect(),
                layout: best.layout,
                colour: self.parameters.colour.as_ref().and_then(|head| likeliest_colour(head, &look.colour)),
                per_character: best.per_character,
                corners: plate.detection.corners,
            })
        });
        Said { reading, confidence }
    }

    /// Looks again at the plates that were not read surely, but may be, and reads them from all looks together.
    fn look_again(
        &mut self,
        plates: &[PlateCrop<'_>],
        looks: &[Look],
        said: &mut [Said],
    ) -> Result<(), InferenceError> {
        let Some(second) = self.parameters.second_look.clone().filter(|second| !second.margins.is_empty()) else {
            return Ok(());
        };
        let unsure = second.from.value()..second.below.value();
        let unsure: Vec<usize> =
            (0..plates.len()).filter(|index| unsure.contains(&said[*index].confidence.value())).collect();
        let cut_again = |index: usize| second.margins.iter().map(move |margins| (&plates[index], *margins));
        let cuts: Vec<_> = unsure.iter().copied().flat_map(cut_again).collect();
        let more = self.look(&cuts)?;
        for (index, more) in unsure.into_iter().zip(more.chunks_exact(second.margins.len())) {
            let all = Look::mean(std::iter::once(&looks[index]).chain(more));
            said[index] = self.said(&plates[index], &all);
        }
        Ok(())
    }
}

impl PlateRecogniser for WholePlateRecogniser {
    fn read(&mut self, plates: &[PlateCrop<'_>]) -> Result<Vec<Option<PlateReading>>, InferenceError> {
        let margins = self.parameters.margins;
        let cuts: Vec<_> = plates.iter().map(|plate| (plate, margins)).collect();
        let looks = self.look(&cuts)?;
        let mut said: Vec<_> = plates.iter().zip(&looks).map(|(plate, look)| self.said(plate, look)).collect();
        self.look_again(plates, &looks, &mut said)?;
        Ok(said.into_iter().map(|said| said.reading).collect())
    }
}

/// What each output is, and its shape for so many plates.
fn shapes(parameters: &Parameters, plates: usize) -> Vec<(&'static str, Vec<usize>)> {
    let Parameters { slots, classes, layout, colour, .. } = parameters;
    let mut shapes = vec![
        ("slots of characters", vec![plates, slots.get() as usize, classes.get() as usize]),
        ("layouts", vec![plates, layout.classes.as_slice().len()]),
        ("likelihoods of being legible", vec![plates, 1]),
    ];
    shapes.extend(colour.iter().map(|head| ("colours", vec![plates, head.classes.as_slice().len()])));
    shapes
}

fn likeliest_colour(head: &ColourHead, likelihoods: &[f32]) -> Option<PlateColour> {
    let classes = head.classes.as_slice().iter().zip(likelihoods);
    let (class, likelihood) = classes.max_by(|a, b| a.1.total_cmp(b.1))?;
    if *likelihood < head.threshold.value() {
        return None;
    }
    match class {
        ColourClass::White => Some(PlateColour::White),
        ColourClass::Yellow => Some(PlateColour::Yellow),
        ColourClass::Blue => Some(PlateColour::Blue),
        ColourClass::Green => Some(PlateColour::Green),
        ColourClass::YellowGreen => Some(PlateColour::YellowGreen),
        ColourClass::Black => Some(PlateColour::Black),
        ColourClass::Red => Some(PlateColour::Red),
        ColourClass::Other => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a likelihood is between 0 and 1")]
fn confidence(likelihood: f64) -> Confidence {
    Confidence::clamped(likelihood as f32)
}
