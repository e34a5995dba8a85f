//! Families of models that know plates as a whole, and the numbers that each needs.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::{Alphabet, Share};

/// How plates are taken from cells: a likelihood that a plate's middle is in the cell, and the way to its corners.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CornerDetector {
    /// Where the numbers below come from.
    pub origin: String,
    /// Side of a cell, in pixels of the input.
    pub cell_px: NonZeroU32,
    /// What it finds: nine channels each, in this order.
    pub classes: Names<FoundClass>,
    /// A cell above this, and above its eight neighbours, is the middle of a plate.
    pub peak_threshold: Share,
    /// Of two finds whose boxes overlap by more (intersection over union), the surer one stays.
    pub overlap_threshold: Share,
    /// At most so many finds per region, the surest ones.
    pub max_finds: NonZeroU32,
    /// How the corners of plates that look small are found more exactly, if they are.
    pub closer_look: Option<CloserLook>,
}

/// A second run over the surroundings of each plate that looks small in the first, cut from the frame in full detail: a
/// corner that is one pixel off takes a character from a plate of twelve.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloserLook {
    /// Plates lower than this in the first input are looked at again.
    pub below_px: NonZeroU32,
    /// How high they are made.
    pub plate_px: NonZeroU32,
    /// The input's width, in whole cells.
    pub width_px: NonZeroU32,
    /// The input's height, in whole cells.
    pub height_px: NonZeroU32,
    /// At most so many plates per region, the surest ones, so that the time of a frame stays bounded.
    pub max_plates: u32,
}

/// What a detector finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundClass {
    /// A number plate.
    Plate,
    /// A vehicle's number painted on its side in large characters.
    SideNumber,
}

/// How a text is taken from slots: the likelihood of each character at each place of the text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlateRecogniser {
    /// Where the numbers below come from.
    pub origin: String,
    /// The characters of classes 1, 2, …; class 0 is "no character".
    pub alphabet: Alphabet,
    /// How many classes a slot has, "no character" included.
    pub classes: NonZeroU32,
    /// How many characters a text may have.
    pub slots: NonZeroU32,
    /// What around the plate is cut out with it.
    pub margins: Margins,
    /// So many plates are given to the model at once; more take several runs, so that memory stays bounded.
    pub batch_max: NonZeroU32,
    /// A text less likely than this is no reading.
    pub text_threshold: Share,
    /// The head that tells whether the characters stand in one line or two.
    pub layout: LayoutHead,
    /// The head that tells whether there is a legible plate at all.
    pub legible: LegibleHead,
    /// The head that tells the plate's colour, if the model has one.
    pub colour: Option<ColourHead>,
    /// How a plate that is not read surely is looked at again, if it is.
    pub second_look: Option<SecondLook>,
}

/// What around a plate is cut out with it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, try_from = "UncheckedMargins")]
pub struct Margins {
    /// At the left and at the right, as a share of the plate's width; negative: that much is cut off.
    pub width: f32,
    /// Above and below, as a share of the plate's height.
    pub height: f32,
    /// How far down all of it is moved, as a share of the plate's height; negative: up.
    pub down: f32,
}

/// One line or two.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutHead {
    /// The output's name in the graph.
    pub output: String,
    /// What its classes mean.
    pub classes: Names<LayoutClass>,
}

/// How characters are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayoutClass {
    /// All in one line.
    OneLine,
    /// In two lines.
    TwoLines,
}

/// Whether there is a legible plate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegibleHead {
    /// The output's name in the graph.
    pub output: String,
    /// Below this nothing is read.
    pub threshold: Share,
}

/// The plate's colour.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColourHead {
    /// The output's name in the graph.
    pub output: String,
    /// What its classes mean.
    pub classes: Names<ColourClass>,
    /// A colour less likely than this is not told.
    pub threshold: Share,
}

/// The colour of a plate's ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColourClass {
    /// White.
    White,
    /// Yellow.
    Yellow,
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Yellow and green: large new-energy vehicles in China.
    YellowGreen,
    /// Black.
    Black,
    /// Red.
    Red,
    /// None of these.
    Other,
}

/// A second look at plates that are not read surely: cut out again with other margins, and the likelihoods averaged.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondLook {
    /// A plate whose likeliest text is less sure than this is not looked at again: it is no plate, or too small or blurred.
    #[serde(default)]
    pub from: Share,
    /// A plate that is read less surely than this is looked at again.
    pub below: Share,
    /// How it is cut out then, once for each.
    pub margins: Vec<Margins>,
}

/// Names, each once, at least one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<T>", bound(deserialize = "T: Deserialize<'de> + PartialEq"))]
pub struct Names<T>(Vec<T>);

impl<T: PartialEq> TryFrom<Vec<T>> for Names<T> {
    type Error = String;
    fn try_from(names: Vec<T>) -> Result<Self, String> {
        let twice = names.iter().enumerate().any(|(index, name)| names[..index].contains(name));
        if names.is_empty() || twice {
            return Err("at least one name is expected, and each once".to_owned());
        }
        Ok(Self(names))
    }
}

impl<T: PartialEq> Names<T> {
    /// In their order.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The place of `name`.
    #[must_use]
    pub fn position(&self, name: &T) -> Option<usize> {
        self.0.iter().position(|other| other == name)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedMargins {
    width: f32,
    height: f32,
    down: f32,
}

/// Of a plate whose margins are beyond this nothing is left, or it is lost in what is around it.
const MARGIN: std::ops::RangeInclusive<f32> = -0.25..=1.0;

impl TryFrom<UncheckedMargins> for Margins {
    type Error = String;
    fn try_from(UncheckedMargins { width, height, down }: UncheckedMargins) -> Result<Self, String> {
        if MARGIN.contains(&width) && MARGIN.contains(&height) && (-1.0..=1.0).contains(&down) {
            Ok(Self { width, height, down })
        } else {
            Err(format!(
                "width and height are shares of {} to {} and down of -1 to 1, and one of {width}, {height} and {down} is not",
                MARGIN.start(),
                MARGIN.end()
            ))
        }
    }
}
