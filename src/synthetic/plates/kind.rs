//! Kinds of plates, as `assets/plates.toml` describes them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use image::Rgb;
use serde::Deserialize;

use crate::plate_format::Country;

use super::super::vehicle::VehicleKind;

/// A kind of plate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its name in scenarios.
    pub name: String,
    country: String,
    /// Width and height.
    pub size_mm: [f32; 2],
    colour: String,
    /// How many characters at the end are red.
    #[serde(default)]
    pub red: usize,
    /// What may stand on it; see the file.
    pub patterns: Vec<String>,
    /// Where the capitals of each line are: left, right, top, bottom as shares of the plate.
    pub lines: Vec<[f32; 4]>,
    on: BTreeMap<VehicleKind, u32>,
    /// The kind that the same vehicle carries at its rear, where it is another.
    #[serde(default)]
    pub rear: Option<String>,
}

/// The colours of a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colours {
    ground: [u8; 3],
    ground_below: Option<[u8; 3]>,
    ground_left: Option<[u8; 3]>,
    ink: [u8; 3],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    colours: BTreeMap<String, Colours>,
    kind: Vec<Kind>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../assets/plates.toml")).expect("it is compiled in, and a test reads it")
});

/// Every kind.
#[must_use]
pub fn kinds() -> &'static [Kind] {
    &CATALOGUE.kind
}

impl Kind {
    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        kinds().iter().find(|kind| kind.name == name)
    }

    /// Whose plate it is.
    #[must_use]
    pub fn country(&self) -> Country {
        Country::from_code(&self.country).expect("a test holds the file's countries")
    }

    /// How often it is seen on such a vehicle, beside the other kinds of its country; 0: never.
    #[must_use]
    pub fn share_on(&self, vehicle: VehicleKind) -> u32 {
        self.on.get(&vehicle).copied().unwrap_or(0)
    }

    /// Width and height in metres.
    #[must_use]
    pub fn size_m(&self) -> [f32; 2] {
        self.size_mm.map(|mm| mm / 1000.0)
    }

    /// Height of the smallest line's capitals, as a share of the plate's height.
    #[must_use]
    pub fn character_height(&self) -> f32 {
        self.lines.iter().map(|[_, _, top, bottom]| bottom - top).fold(1.0, f32::min)
    }

    pub(super) fn rear(&self) -> Option<&'static Self> {
        self.rear.as_deref().and_then(Self::named)
    }

    /// Its colours.
    #[must_use]
    pub fn colours(&self) -> &'static Colours {
        &CATALOGUE.colours[&self.colour]
    }
}

impl Colours {
    /// The colour under the characters: at the top, and at the bottom.
    #[must_use]
    pub fn ground(&self) -> [Rgb<u8>; 2] {
        [Rgb(self.ground), Rgb(self.ground_below.unwrap_or(self.ground))]
    }

    /// The colour of the left part, where it has one of its own.
    #[must_use]
    pub fn left(&self) -> Option<Rgb<u8>> {
        self.ground_left.map(Rgb)
    }

    /// The characters' colour.
    #[must_use]
    pub fn ink(&self) -> Rgb<u8> {
        Rgb(self.ink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_describes_every_kind_completely() {
        for kind in kinds() {
            assert!(CATALOGUE.colours.contains_key(&kind.colour), "{}", kind.name);
            assert!(Country::from_code(&kind.country).is_some(), "{}", kind.name);
            assert!(kind.rear.is_none() || kind.rear().is_some(), "{}", kind.name);
            assert!(!kind.patterns.is_empty(), "{}", kind.name);
            for pattern in &kind.patterns {
                assert_eq!(pattern.split('|').count(), kind.lines.len(), "{}", kind.name);
            }
        }
        let mut names: Vec<_> = kinds().iter().map(|kind| &kind.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), kinds().len(), "two kinds have one name");
    }

    #[test]
    fn plates_have_the_sizes_that_readers_are_trained_on() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/training/gatelpr_training/layouts.py");
        let layouts = std::fs::read_to_string(file).expect("it is there");
        for kind in kinds() {
            let [width, height] = kind.size_mm;
            assert!(layouts.contains(&format!("{width}, {height}")), "{}: {width} x {height}", kind.name);
        }
    }
}
