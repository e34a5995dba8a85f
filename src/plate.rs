//! What is seen and read on a plate. Values are checked where they are made; inside there is nothing to re-check.

use std::fmt;

use crate::frame::Moment;
use crate::geometry::Quad;

/// A name the operator gave: lane, camera, site or gate. Usable as one level of an MQTT topic and in file names.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(std::sync::Arc<str>);

        impl TryFrom<&str> for $name {
            type Error = InvalidName;
            fn try_from(text: &str) -> Result<Self, InvalidName> {
                check_name(text).map(|()| Self(text.into()))
            }
        }

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type!(
    /// A camera's name in the config.
    CameraName
);
name_type!(
    /// A lane's name in the config.
    LaneName
);
name_type!(
    /// A list's name in the config.
    ListName
);
name_type!(
    /// The site's or the gate's name in the config.
    SiteName
);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 64 letters, digits, '-', '_' or '.', starting with a letter or digit, and {0:?} is not")]
pub struct InvalidName(pub String);

fn check_name(text: &str) -> Result<(), InvalidName> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && text.len() <= 64 && text.chars().all(allowed) {
        Ok(())
    } else {
        Err(InvalidName(text.to_owned()))
    }
}

/// How sure a model is, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence(f32);

impl Confidence {
    /// No confidence at all.
    pub const ZERO: Self = Self(0.0);
    /// Certainty.
    pub const ONE: Self = Self(1.0);

    /// `value` forced into 0 to 1; what is not a number is 0.
    #[must_use]
    pub fn clamped(value: f32) -> Self {
        Self(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
    }

    /// 0 to 1.
    #[must_use]
    pub fn value(self) -> f32 {
        self.0
    }
}

/// The characters of a plate without separators: upper-case Latin letters, digits, Chinese plate characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlateText(String);

impl PlateText {
    /// Longest text accepted, in characters.
    pub const MAX_CHARACTERS: usize = 12;

    /// `text` without anything that is no plate character and in upper case; `None` if nothing or too much is left.
    #[must_use]
    pub fn normalised(text: &str) -> Option<Self> {
        let kept: String = text.chars().flat_map(char::to_uppercase).filter(|c| is_plate_character(*c)).collect();
        let count = kept.chars().count();
        (1..=Self::MAX_CHARACTERS).contains(&count).then_some(Self(kept))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many characters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Never: a plate text has at least one character.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl fmt::Display for PlateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_plate_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == 'Đ' || ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// How the characters are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// All in one line.
    OneLine,
    /// In two lines, read top then bottom.
    TwoLines,
}

/// The colour of a plate's ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// A plate found in a picture: where, and how sure the detector is.
#[derive(Debug, Clone, PartialEq)]
pub struct PlateDetection {
    /// The plate's corners, in pixels of the full frame.
    pub corners: Quad,
    /// The detector's score.
    pub confidence: Confidence,
    /// The lines of text in reading order where the detector finds lines (a text detector does); empty where it
    /// finds plates as a whole.
    pub lines: Vec<Quad>,
}

impl PlateDetection {
    /// Whether the detector knows that this is a plate. One that finds lines of text cannot tell a plate from a sign; there,
    /// only what reads as a plate is one.
    #[must_use]
    pub fn is_plate(&self) -> bool {
        self.lines.is_empty()
    }
}

/// What the recogniser read on one plate in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct PlateReading {
    /// The characters, without separators.
    pub text: PlateText,
    /// One confidence per character, in order.
    pub per_character: Vec<Confidence>,
    /// How sure the recogniser is of the whole text.
    pub confidence: Confidence,
    /// Other texts that it took for possible, the likeliest first.
    pub alternatives: Vec<(PlateText, Confidence)>,
    /// One line or two.
    pub layout: Layout,
    /// The plate's colour, where the recogniser tells it.
    pub colour: Option<PlateColour>,
    /// Where the characters that were read stand, in pixels of the full frame; within the detection's corners or equal.
    pub corners: Quad,
}

/// A reading less sure than this has no vote: on real toll-lane footage a smudge is read the same way again and again at
/// 0.05 to 0.1, and real plates, also those of 12 pixels' height, at 0.4 and more.
pub const LEAST_VOTING_CONFIDENCE: f32 = 0.2;
/// From this height on a plate is read no better when it is larger: the recogniser's own input is 48 pixels high.
const FULL_HEIGHT_PX: f64 = 48.0;

/// One look at one plate: located always, legible sometimes.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// When the frame was captured.
    pub at: Moment,
    /// Where the plate is.
    pub detection: PlateDetection,
    /// What it says, where it is legible.
    pub reading: Option<PlateReading>,
    /// How sharp the plate is in the picture, 0 (nothing but blur) to 1.
    pub sharpness: f32,
    /// Share of the plate that is as bright as the picture can be, 0 to 1: nothing is seen there.
    pub burnt_out: f32,
}

/// Which readings of a plate are worth the time of another recogniser, where the first one is not sure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WorthAsking<'a> {
    /// Any.
    #[default]
    Any,
    /// One that says something else than this, on which its vehicle's readings agree.
    Unlike(&'a PlateText),
    /// None: another look at it comes soon, or it is hardly a plate.
    No,
}

impl Sighting {
    /// Where the plate is: where it was read, or else where it was found.
    #[must_use]
    pub fn corners(&self) -> Quad {
        self.reading.as_ref().map_or(self.detection.corners, |reading| reading.corners)
    }

    /// Whether it opens a track and has a vote: a plate that is located, or read with some confidence. A doubtful reading
    /// only shows that a plate known already is still there.
    #[must_use]
    pub fn is_sure_enough(&self) -> bool {
        self.reading.as_ref().is_none_or(|reading| reading.confidence.value() >= LEAST_VOTING_CONFIDENCE)
    }

    /// What this look counts beside others of the same plate: its size in pixels, its sharpness, and how sure the
    /// recogniser is. 0 where nothing was legible.
    #[must_use]
    pub fn weight(&self) -> f64 {
        let confidence = self.reading.as_ref().map_or(0.0, |reading| f64::from(reading.confidence.value()));
        let height = f64::from(self.corners().height()) / FULL_HEIGHT_PX;
        confidence * height.clamp(0.1, 1.0) * f64::from(self.sharpness.max(0.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_case_are_no_part_of_a_plate_text() {
        let text = PlateText::normalised("34a-368.37").expect("it has characters");
        assert_eq!(text.as_str(), "34A36837");
        assert_eq!(PlateText::normalised("桂F·12345").map(|t| t.len()), Some(7));
        assert_eq!(PlateText::normalised(" -. "), None);
        assert_eq!(PlateText::normalised("0123456789012"), None);
    }

    #[test]
    fn a_name_is_one_safe_topic_level() {
        assert!(LaneName::try_from("in-2").is_ok());
        for bad in ["", "a/b", "+", "#", "a b", "-x", "làn-1"] {
            assert!(LaneName::try_from(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_no_confidence() {
        assert_eq!(Confidence::clamped(f32::NAN), Confidence::ZERO);
        assert_eq!(Confidence::clamped(7.0), Confidence::ONE);
    }
}
