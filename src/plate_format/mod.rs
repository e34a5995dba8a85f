//! Which texts are number plates: the formats of Vietnam and China, and a generic one.
//!
//! A format is a sequence of character classes, with the place where a two-line plate breaks. The recogniser decodes
//! under these formats (it can only answer with a text that one of them allows), so nothing is mended afterwards.

mod china;
mod generic;
pub mod grammar;
mod vietnam;

use crate::plate::PlateText;
use grammar::Template;

/// A country whose plates a lane expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Country {
    /// Vietnam (Circular 79/2024, QCVN 08:2024).
    Vietnam,
    /// China (GA 36-2018).
    China,
    /// Any other: four to eight Latin letters and digits, at least one digit.
    Other,
}

impl Country {
    /// `VN`, `CN` or `XX`, as in the config and in events.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Vietnam => "VN",
            Self::China => "CN",
            Self::Other => "XX",
        }
    }
}

/// What kind of vehicle or owner a plate's format names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlateKind {
    /// A car, bus or truck: the format does not tell which.
    Car,
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
    /// A learner's vehicle.
    Learner,
    /// A vehicle of Hong Kong or Macau, or of a foreign owner, admitted to the mainland.
    CrossBorder,
    /// The format does not tell.
    Unknown,
}

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
}

impl Country {
    /// The texts that this country's plates may carry.
    #[must_use]
    pub fn templates(self) -> &'static [Template] {
        match self {
            Self::Vietnam => vietnam::templates(),
            Self::China => china::templates(),
            Self::Other => generic::templates(),
        }
    }

    /// The country of a code as in the config and in events.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Vietnam, Self::China, Self::Other].into_iter().find(|country| country.code() == code)
    }

    fn identify(self, text: &str) -> Option<FormatMatch> {
        match self {
            Self::Vietnam => vietnam::identify(text),
            Self::China => china::identify(text),
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
        Country::Vietnam | Country::Other => rest.to_owned(),
    };
    PlateText::normalised(&text).filter(|normalised| normalised.as_str() == text)
}
