//! Which texts are number plates: the formats of Vietnam and China, those of countries that the operator lists, and a
//! generic one.
//!
//! A format is a sequence of character classes, with the place where a two-line plate breaks. The recogniser decodes
//! under these formats (it can only answer with a text that one of them allows), so nothing is mended afterwards. What
//! contradicts itself (a province that does not exist, a ground that the series never has) is told as a [`Doubt`].

mod china;
mod generic;
pub mod grammar;
pub mod listed;
mod vietnam;
mod vietnam_provinces;

use crate::plate::{PlateColour, PlateText};
use grammar::Template;
use listed::CountryTable;

/// A country whose plates a lane expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    /// Vietnam (Circular 79/2024, QCVN 08:2024).
    Vietnam,
    /// China (GA 36-2018).
    China,
    /// One that the operator's config describes.
    Listed(&'static CountryTable),
    /// Any other: four to eight Latin letters and digits, at least one digit.
    Other,
}

/// What kind of vehicle or owner a plate's format names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlateKind {
    /// A car, or a vehicle whose series tells no more than that it is neither a motorbike nor a trailer; in China a small
    /// vehicle.
    Car,
    /// A bus (Vietnam).
    Bus,
    /// A truck or pick-up (Vietnam).
    Truck,
    /// A van (Vietnam).
    Van,
    /// A large vehicle: a truck, tractor or bus (China). Motorcycles there have the same plates.
    LargeVehicle,
    /// A motorbike.
    Motorbike,
    /// A trailer or semi-trailer.
    Trailer,
    /// A diplomatic or consular vehicle.
    Diplomatic,
    /// A military vehicle.
    Military,
    /// A police vehicle.
    Police,
    /// A new-energy vehicle (China).
    NewEnergy,
    /// A large new-energy vehicle (China).
    LargeNewEnergy,
    /// A learner's vehicle.
    Learner,
    /// A vehicle of Hong Kong or Macau, or of a foreign owner, admitted to the mainland.
    CrossBorder,
    /// A vehicle that is registered for a short time (Vietnam).
    Temporary,
    /// An agricultural tractor, a working machine, a trial assembly, a vehicle of a limited range (Vietnam).
    Special,
    /// The format does not tell.
    Unknown,
}

/// Why a text that has the form of a plate is hardly one that was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// No province has the code.
    ProvinceNotIssued,
    /// Nobody was given the series.
    SeriesNotIssued,
    /// The series never stands on a ground of this colour.
    ColourContradicts,
}

impl Doubt {
    /// What a plate's confidence is multiplied by. With any doubt no plate reaches 0.9, which is what a barrier and a
    /// single reading ask for. A colour contradicts less than a code, because colours are told wrongly more often than
    /// sure characters are: at night, in the light of a lamp, on a dirty plate.
    #[must_use]
    pub fn factor(self) -> f32 {
        match self {
            Self::ProvinceNotIssued | Self::SeriesNotIssued => 0.5,
            Self::ColourContradicts => 0.8,
        }
    }
}

/// The colours of ground on which a series stands, each with the kind that the plate then is; the first is the kind where
/// the colour is not known. Empty where the rules do not say.
pub type Grounds = &'static [(PlateColour, PlateKind)];

/// A text that is a plate, and what its format says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatMatch {
    /// Whose format it is.
    pub country: Country,
    /// The province's name in its own language; `None` where the country has none or no province carries the code.
    pub province: Option<&'static str>,
    /// Whether the registration rules allow this very text; a text of the right form with a code that was never
    /// issued (an unused province) is reported, never mended.
    pub valid: bool,
    /// What kind of plate.
    pub kind: PlateKind,
    /// As it is written on the plate, with separators: `12C-123.45`, `桂F·12345`.
    pub display: String,
    /// An ASCII key unique to the plate: `VN-12C12345`, `CN-GUI-F12345`.
    pub key: String,
    /// What speaks against it.
    pub doubts: Vec<Doubt>,
    /// The colours that it may have.
    pub grounds: Grounds,
}

impl FormatMatch {
    /// The same, seen on a ground of this colour: it may tell the kind, or contradict the series. Nothing is known of
    /// `None`.
    #[must_use]
    pub fn on(mut self, ground: Option<PlateColour>) -> Self {
        let Some(ground) = ground.filter(|_| !self.grounds.is_empty()) else { return self };
        match self.grounds.iter().find(|(colour, _)| *colour == ground) {
            Some((_, kind)) => self.kind = *kind,
            None => self.doubts.push(Doubt::ColourContradicts),
        }
        self
    }

    /// What the doubts leave of a confidence: 1 without any.
    #[must_use]
    pub fn trust(&self) -> f32 {
        self.doubts.iter().map(|doubt| doubt.factor()).product()
    }
}

impl Country {
    /// `VN`, `CN`, a listed country's own code, or `XX`, as in the config and in events.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Vietnam => "VN",
            Self::China => "CN",
            Self::Listed(table) => table.code(),
            Self::Other => "XX",
        }
    }

    /// The texts that this country's plates may carry.
    #[must_use]
    pub fn templates(self) -> &'static [Template] {
        match self {
            Self::Vietnam => vietnam::templates(),
            Self::China => china::templates(),
            Self::Listed(table) => table.templates(),
            Self::Other => generic::templates(),
        }
    }

    /// Every country, these of the operator's among them: the loosest format last.
    pub fn all_with(listed: &[Self]) -> impl Iterator<Item = Self> + '_ {
        [Self::Vietnam, Self::China].into_iter().chain(listed.iter().copied()).chain([Self::Other])
    }

    /// The country of a code that needs no table.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Vietnam, Self::China, Self::Other].into_iter().find(|country| country.code() == code)
    }

    fn identify(self, text: &str) -> Option<FormatMatch> {
        match self {
            Self::Vietnam => vietnam::identify(text),
            Self::China => china::identify(text),
            Self::Listed(table) => table.identify(text),
            Self::Other => generic::identify(text),
        }
    }
}

/// What may be painted on a vehicle's side: in Vietnam trucks and trailers carry their plate's number there, in large
/// characters.
#[must_use]
pub fn side_number_templates() -> &'static [Template] {
    vietnam::side_number_templates()
}

/// Whether `text` is a number that may be painted on a side: that of a car, truck or trailer whose province exists.
#[must_use]
pub fn is_side_number(text: &PlateText) -> bool {
    vietnam::is_side_number(text.as_str())
}

/// What `text` is under the formats of `countries`, tried in their order; `None`: no plate of theirs.
#[must_use]
pub fn identify(text: &PlateText, countries: &[Country]) -> Option<FormatMatch> {
    countries.iter().find_map(|country| country.identify(text.as_str()))
}

/// The text whose key this is; `None` where it is nobody's.
#[must_use]
pub fn text_of_key(key: &str) -> Option<PlateText> {
    let (country, rest) = key.split_once('-')?;
    let text = match Country::from_code(country)? {
        Country::China => china::text_of(rest)?,
        Country::Vietnam | Country::Listed(_) | Country::Other => rest.to_owned(),
    };
    PlateText::normalised(&text).filter(|normalised| normalised.as_str() == text)
}
#[cfg(test)]
mod tests;
