//! A number plate on the wire: a part of the event, and how it is made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event_maker::{rounded, wire_confidence};
use crate::consensus::AgreedPlate;
use crate::plate::Confidence;
use crate::{plate, plate_format};

/// A number plate that several readings agree on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plate {
    /// The characters as they stand on the plate, without separators: `12C12345`, `桂F12345`.
    pub text: String,
    /// An ASCII key unique to the plate, for comparing and storing: `VN-12C12345`, `CN-GUI-F12345`.
    pub key: String,
    /// The characters with the separators people write: `12C-123.45`.
    pub display: String,
    /// `VN`, `CN`, the code of a country that the gate's config lists, or `XX` for any other country.
    pub country: String,
    /// The province in its own language, where the plate names one.
    pub province: Option<String>,
    /// What kind of plate.
    pub kind: PlateKind,
    /// The colour of the plate's ground, where the reader tells it.
    pub colour: Option<PlateColour>,
    /// Whether the characters stand in one line or two.
    pub layout: Layout,
    /// How sure of the whole text, 0 to 1: as sure as of its least sure character, times 0.5 for a province or series that
    /// was never issued, times 0.8 for a colour that contradicts the text.
    #[schemars(range(min = 0, max = 1))]
    pub confidence: f64,
    /// How sure of each character, in order, 0 to 1.
    #[schemars(inner(range(min = 0, max = 1)))]
    pub per_character: Vec<f64>,
    /// Other texts that are possible, the likeliest first.
    pub alternatives: Vec<Alternative>,
    /// Whether the text is one that the country issues: its format, its province and its series.
    pub format_valid: bool,
    /// What speaks against the plate although it was read so; absent where nothing does. Such a plate is never changed into
    /// a likelier one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<PlateDoubt>,
    /// How many pictures the plate was read in.
    pub reads: u32,
    /// How many of these readings gave exactly `text`.
    pub agreeing: u32,
    /// Height of the plate in the best picture, in pixels.
    #[schemars(range(min = 0))]
    pub height_px: f64,
    /// Sharpness of the plate in the best picture, 0 (nothing but blur) to 1.
    #[schemars(range(min = 0, max = 1))]
    pub sharpness: f64,
}

/// Another text that is possible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// The characters, without separators.
    pub text: String,
    /// How sure, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub confidence: f64,
}

/// What kind of plate, as far as its format and colour tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
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
    /// A large vehicle: a truck, tractor or bus (China, where only the colour tells it).
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

/// What speaks against a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlateDoubt {
    /// No province has the code that it begins with.
    ProvinceNotIssued,
    /// Nobody was given the series.
    SeriesNotIssued,
    /// The series never stands on a ground of this colour.
    ColourContradicts,
}

/// The colour of a plate's ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlateColour {
    /// White.
    White,
    /// Yellow.
    Yellow,
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Yellow at the province and green beside it: large new-energy vehicles in China.
    YellowGreen,
    /// Black.
    Black,
    /// Red.
    Red,
}

/// How the characters are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// All in one line.
    OneLine,
    /// In two lines, read top then bottom.
    TwoLines,
}

impl From<&AgreedPlate> for Plate {
    fn from(plate: &AgreedPlate) -> Self {
        Self {
            text: plate.text.to_string(),
            key: plate.format.key.clone(),
            display: plate.format.display.clone(),
            country: plate.format.country.code().to_owned(),
            province: plate.format.province.map(str::to_owned),
            kind: plate.format.kind.into(),
            colour: plate.colour.map(Into::into),
            layout: match plate.layout {
                plate::Layout::OneLine => Layout::OneLine,
                plate::Layout::TwoLines => Layout::TwoLines,
            },
            confidence: wire_confidence(plate.confidence),
            per_character: plate.per_character.iter().copied().map(wire_confidence).collect(),
            alternatives: plate.alternatives.iter().map(Alternative::from).collect(),
            // A text without a format is never agreed on.
            format_valid: plate.format.valid,
            doubts: plate.format.doubts.iter().copied().map(Into::into).collect(),
            reads: plate.reads,
            agreeing: plate.agreeing,
            height_px: rounded(f64::from(plate.height_px), 1),
            sharpness: rounded(f64::from(plate.sharpness), 3),
        }
    }
}

impl From<&(plate::PlateText, Confidence)> for Alternative {
    fn from((text, confidence): &(plate::PlateText, Confidence)) -> Self {
        Self { text: text.to_string(), confidence: wire_confidence(*confidence) }
    }
}

impl From<plate::PlateColour> for PlateColour {
    fn from(colour: plate::PlateColour) -> Self {
        match colour {
            plate::PlateColour::White => Self::White,
            plate::PlateColour::Yellow => Self::Yellow,
            plate::PlateColour::Blue => Self::Blue,
            plate::PlateColour::Green => Self::Green,
            plate::PlateColour::YellowGreen => Self::YellowGreen,
            plate::PlateColour::Black => Self::Black,
            plate::PlateColour::Red => Self::Red,
        }
    }
}

impl From<PlateColour> for plate::PlateColour {
    fn from(colour: PlateColour) -> Self {
        match colour {
            PlateColour::White => Self::White,
            PlateColour::Yellow => Self::Yellow,
            PlateColour::Blue => Self::Blue,
            PlateColour::Green => Self::Green,
            PlateColour::YellowGreen => Self::YellowGreen,
            PlateColour::Black => Self::Black,
            PlateColour::Red => Self::Red,
        }
    }
}

impl From<plate_format::PlateKind> for PlateKind {
    fn from(kind: plate_format::PlateKind) -> Self {
        match kind {
            plate_format::PlateKind::Car => Self::Car,
            plate_format::PlateKind::Bus => Self::Bus,
            plate_format::PlateKind::Truck => Self::Truck,
            plate_format::PlateKind::Van => Self::Van,
            plate_format::PlateKind::LargeVehicle => Self::LargeVehicle,
            plate_format::PlateKind::Motorbike => Self::Motorbike,
            plate_format::PlateKind::Trailer => Self::Trailer,
            plate_format::PlateKind::Diplomatic => Self::Diplomatic,
            plate_format::PlateKind::Military => Self::Military,
            plate_format::PlateKind::Police => Self::Police,
            plate_format::PlateKind::NewEnergy => Self::NewEnergy,
            plate_format::PlateKind::LargeNewEnergy => Self::LargeNewEnergy,
            plate_format::PlateKind::Learner => Self::Learner,
            plate_format::PlateKind::CrossBorder => Self::CrossBorder,
            plate_format::PlateKind::Temporary => Self::Temporary,
            plate_format::PlateKind::Special => Self::Special,
            plate_format::PlateKind::Unknown => Self::Unknown,
        }
    }
}

impl From<plate_format::Doubt> for PlateDoubt {
    fn from(doubt: plate_format::Doubt) -> Self {
        match doubt {
            plate_format::Doubt::ProvinceNotIssued => Self::ProvinceNotIssued,
            plate_format::Doubt::SeriesNotIssued => Self::SeriesNotIssued,
            plate_format::Doubt::ColourContradicts => Self::ColourContradicts,
        }
    }
}
