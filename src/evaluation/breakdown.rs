//! Exact reads of plates that have something in common: where the misses are.

use std::collections::BTreeMap;

use super::labels::PictureKind;
use super::run::{SetResult, plates_of};
use super::score::PlateOutcome;
use crate::plate::Layout;

/// What plates are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// Whose plate it is.
    Region,
    /// One line or two.
    Lines,
    /// The plate's colour.
    Colour,
    /// Its height in the picture.
    Height,
    /// How sharp it is at a reader's size.
    Blur,
    /// By how much its edges lean.
    Angle,
    /// How bright it is in the picture.
    Brightness,
}

/// Classes of a measured value: each limit begins the next class.
struct Classes {
    limits: &'static [f32],
    names: &'static [&'static str],
}

const HEIGHTS: Classes = Classes {
    limits: &[12.0, 16.0, 24.0, 40.0],
    names: &["under 12 px", "12 to 16 px", "16 to 24 px", "24 to 40 px", "40 px and more"],
};
/// About an eighth of the evaluation pictures' plates are below 0.7, a third below 0.9.
const BLUR: Classes =
    Classes { limits: &[0.7, 0.9], names: &["blurred (under 0.7)", "soft (0.7 to 0.9)", "sharp (0.9 and more)"] };
const ANGLES: Classes = Classes {
    limits: &[5.0, 15.0, 30.0],
    names: &["straight (under 5°)", "5° to 15°", "15° to 30°", "30° and more"],
};
/// Of the evaluation pictures' plates a tenth is darker, and a tenth brighter.
const BRIGHTNESS: Classes =
    Classes { limits: &[70.0, 170.0], names: &["dark (under 70)", "normal (70 to 170)", "bright (170 and more)"] };

impl Classes {
    fn of(&self, value: f32) -> Class {
        let index = self.limits.iter().take_while(|limit| value >= **limit).count();
        Class { rank: index, name: self.names[index].to_owned() }
    }
}

/// One class of plates. Classes stand in the order of `rank`, then of their names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    rank: usize,
    name: String,
}

impl Class {
    fn unknown() -> Self {
        Self { rank: usize::MAX, name: "not known".to_owned() }
    }
}

impl Aspect {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Region, Self::Lines, Self::Colour, Self::Height, Self::Blur, Self::Angle, Self::Brightness];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Lines => "lines",
            Self::Colour => "colour",
            Self::Height => "height",
            Self::Blur => "blur",
            Self::Angle => "angle",
            Self::Brightness => "brightness",
        }
    }

    fn class(self, plate: &PlateOutcome) -> Class {
        let (label, seen) = (&plate.label, &plate.conditions);
        let named = |name: &str| Class { rank: 0, name: name.to_owned() };
        match self {
            Self::Region => Class { rank: region_rank(&label.region), name: label.region.clone() },
            Self::Lines => label.layout.map_or_else(Class::unknown, |layout| match layout {
                Layout::OneLine => named("1"),
                Layout::TwoLines => named("2"),
            }),
            Self::Colour => label.colour.as_deref().map_or_else(Class::unknown, named),
            Self::Height => HEIGHTS.of(seen.height_px),
            Self::Blur => BLUR.of(seen.sharpness),
            Self::Angle => seen.lean_degrees.map_or_else(Class::unknown, |degrees| ANGLES.of(degrees)),
            Self::Brightness => BRIGHTNESS.of(seen.luma),
        }
    }
}

/// The two countries of the border come first.
fn region_rank(region: &str) -> usize {
    ["VN", "CN"].iter().position(|known| *known == region).unwrap_or(2)
}

/// How many of some plates were read exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exact {
    /// Plates read exactly.
    pub exact: usize,
    /// All of them.
    pub plates: usize,
}

impl Exact {
    /// Of `plates`.
    #[must_use]
    pub fn of<'a>(plates: impl IntoIterator<Item = &'a PlateOutcome>) -> Self {
        let mut sum = Self::default();
        plates.into_iter().for_each(|plate| sum.add(plate));
        sum
    }

    fn add(&mut self, plate: &PlateOutcome) {
        self.plates += 1;
        self.exact += usize::from(plate.exact());
    }
}

/// One class of plates and how many of it were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the class is one of.
    pub aspect: Aspect,
    /// Its name.
    pub class: String,
    /// Exact reads in whole pictures.
    pub whole: Exact,
    /// Exact reads of crops.
    pub crops: Exact,
}

/// Exact reads by every aspect; classes without a plate are left out.
#[must_use]
pub fn rows(results: &[SetResult]) -> Vec<Row> {
    Aspect::ALL.into_iter().flat_map(|aspect| rows_by(results, aspect)).collect()
}

/// Exact reads by one aspect.
#[must_use]
pub fn rows_by(results: &[SetResult], aspect: Aspect) -> Vec<Row> {
    let mut sums: BTreeMap<Class, [Exact; 2]> = BTreeMap::new();
    for (index, kind) in PictureKind::ALL.into_iter().enumerate() {
        for plate in plates_of(results, kind) {
            sums.entry(aspect.class(plate)).or_default()[index].add(plate);
        }
    }
    let row = |(class, [whole, crops]): (Class, [Exact; 2])| Row { aspect, class: class.name, whole, crops };
    sums.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::conditions::Conditions;
    use crate::evaluation::samples::{outcome, picture_result, set_result};

    #[test]
    fn a_limit_belongs_to_the_class_that_it_begins() {
        let name = |classes: &Classes, value: f32| classes.of(value).name;
        assert_eq!(name(&HEIGHTS, 11.9), "under 12 px");
        assert_eq!(name(&HEIGHTS, 12.0), "12 to 16 px");
        assert_eq!(name(&HEIGHTS, 500.0), "40 px and more");
        assert_eq!(name(&BLUR, 0.7), "soft (0.7 to 0.9)");
        assert_eq!(name(&BRIGHTNESS, 69.0), "dark (under 70)");
        for classes in [HEIGHTS, BLUR, ANGLES, BRIGHTNESS] {
            assert_eq!(classes.names.len(), classes.limits.len() + 1);
        }
    }

    fn classes(results: &[SetResult], aspect: Aspect) -> Vec<(String, usize, usize)> {
        let shown = |row: Row| (row.class, row.whole.exact, row.whole.plates);
        rows_by(results, aspect).into_iter().map(shown).collect()
    }

    #[test]
    fn plates_are_counted_once_for_each_aspect() {
        let mut far = outcome("34A36837", Some("34A36887"));
        far.label.region = "BR".to_owned();
        far.label.layout = None;
        far.label.colour = Some("grey".to_owned());
        far.conditions = Conditions { height_px: 14.0, sharpness: 0.5, luma: 50.0, lean_degrees: None };
        let near = outcome("34A36837", Some("34A36837"));
        let results = [set_result("gate", vec![picture_result(vec![far, near.clone(), near], vec![])])];
        let row = |name: &str, exact: usize, plates: usize| (name.to_owned(), exact, plates);
        assert_eq!(classes(&results, Aspect::Region), [row("VN", 2, 2), row("BR", 0, 1)]);
        assert_eq!(classes(&results, Aspect::Lines), [row("1", 2, 2), row("not known", 0, 1)]);
        assert_eq!(classes(&results, Aspect::Colour), [row("grey", 0, 1), row("white", 2, 2)]);
        assert_eq!(classes(&results, Aspect::Height), [row("12 to 16 px", 0, 1), row("16 to 24 px", 2, 2)]);
        assert_eq!(
            classes(&results, Aspect::Blur),
            [row("blurred (under 0.7)", 0, 1), row("sharp (0.9 and more)", 2, 2)]
        );
        assert_eq!(classes(&results, Aspect::Angle), [row("straight (under 5°)", 2, 2), row("not known", 0, 1)]);
        assert_eq!(
            classes(&results, Aspect::Brightness),
            [row("dark (under 70)", 0, 1), row("normal (70 to 170)", 2, 2)]
        );
    }

    #[test]
    fn crops_are_never_added_to_whole_pictures() {
        let mut crop = picture_result(vec![outcome("34A36837", Some("34A36837"))], vec![]);
        crop.picture.crop = true;
        let whole = picture_result(vec![outcome("34A36837", None)], vec![]);
        let rows = rows_by(&[set_result("gate", vec![crop, whole])], Aspect::Region);
        let expect = [(Exact { exact: 0, plates: 1 }, Exact { exact: 1, plates: 1 })];
        assert_eq!(rows.iter().map(|row| (row.whole, row.crops)).collect::<Vec<_>>(), expect);
    }
}
