//! Labelled pictures: `labels.jsonl` in a folder, one JSON object per picture.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::geometry::{BoundingBox, Point, Quad};
use crate::plate::{Layout, PlateText};
use crate::plate_format::{Country, identify};

/// One set of labelled pictures.
#[derive(Debug, Clone)]
pub struct LabelledSet {
    /// The folder's name.
    pub name: String,
    /// Its pictures, in the file's order.
    pub pictures: Vec<LabelledPicture>,
}

/// One picture and the plates in it.
#[derive(Debug, Clone)]
pub struct LabelledPicture {
    /// The picture's file.
    pub path: PathBuf,
    /// The plates in it.
    pub plates: Vec<LabelledPlate>,
    /// Whether every plate in it is labelled, so that any other reading is false.
    pub complete: bool,
    /// Whether the picture is one plate, cut out: it goes straight to the reader.
    pub crop: bool,
}

/// A labelled plate.
#[derive(Debug, Clone)]
pub struct LabelledPlate {
    /// Its text.
    pub text: PlateText,
    /// Where it is, in pixels of the picture.
    pub at: BoundingBox,
    /// Whose plate it is: as the row's `region` says, or else as its text is formed.
    pub country: Country,
    /// The row's `region`, or else the country.
    pub region: String,
    /// In how many lines its characters stand, where the label says so.
    pub layout: Option<Layout>,
    /// Its colour, where the label says so.
    pub colour: Option<String>,
    /// Its corners in pixels of the picture, where the label says so.
    pub corners: Option<Quad>,
}

/// What a labelled picture shows. Figures of the two are never added up: crops tell nothing of the detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PictureKind {
    /// A scene with plates in it.
    Whole,
    /// One plate, cut out.
    Crop,
}

impl PictureKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Whole, Self::Crop];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole pictures",
            Self::Crop => "crops",
        }
    }
}

impl LabelledPicture {
    /// What it shows.
    #[must_use]
    pub fn kind(&self) -> PictureKind {
        if self.crop { PictureKind::Crop } else { PictureKind::Whole }
    }
}

/// Why a set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// The file of labels cannot be read.
    #[error("cannot read {}; an evaluation folder has a labels.jsonl beside its pictures", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("{}:{line}: {reason}", path.display())]
    BadLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Countries in whose formats a label without a region is looked for.
const BY_FORMAT: [Country; 2] = [Country::Vietnam, Country::China];

/// A line of the file. Other keys (source, licence, notes …) are for people.
#[derive(Debug, Deserialize)]
struct Row {
    image: PathBuf,
    plates: Vec<PlateRow>,
    complete: bool,
    #[serde(default)]
    crop: bool,
}

/// The last three only sort the plate into a class: where they have another form than expected they count as absent.
#[derive(Debug, Deserialize)]
struct PlateRow {
    text: String,
    bbox: [f32; 4],
    region: Option<String>,
    #[serde(default)]
    lines: Value,
    #[serde(default)]
    colour: Value,
    #[serde(default)]
    corners: Value,
}

impl LabelledSet {
    /// The set in `folder`.
    ///
    /// # Errors
    /// [`LabelError`] naming the file and line.
    pub fn load(folder: &Path) -> Result<Self, LabelError> {
        let path = folder.join("labels.jsonl");
        let bytes = std::fs::read(&path).map_err(|source| LabelError::Unreadable { path: path.clone(), source })?;
        let bad = |line: usize, reason: String| LabelError::BadLine { path: path.clone(), line: line + 1, reason };
        let mut pictures = Vec::new();
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if !line.trim_ascii().is_empty() {
                let row = serde_json::from_slice(line).map_err(|error| bad(number, error.to_string()))?;
                pictures.push(picture(folder, row).map_err(|reason| bad(number, reason))?);
            }
        }
        Ok(Self { name: set_name(folder), pictures })
    }

    /// Whose plates its pictures are read for: Vietnam's and China's, as at the border, whatever the set shows; other
    /// countries' loose format only where the set has such plates.
    #[must_use]
    pub fn countries(&self) -> Vec<Country> {
        let mut plates = self.pictures.iter().flat_map(|picture| &picture.plates);
        let others = plates.any(|plate| plate.country == Country::Other).then_some(Country::Other);
        BY_FORMAT.into_iter().chain(others).collect()
    }
}

fn set_name(folder: &Path) -> String {
    let name = folder.file_name().or_else(|| folder.components().next_back().map(std::path::Component::as_os_str));
    name.map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn picture(folder: &Path, row: Row) -> Result<LabelledPicture, String> {
    let plates = row.plates.into_iter().map(plate).collect::<Result<_, String>>()?;
    Ok(LabelledPicture { path: folder.join(row.image), plates, complete: row.complete, crop: row.crop })
}

fn plate(row: PlateRow) -> Result<LabelledPlate, String> {
    let text = PlateText::normalised(&row.text).ok_or_else(|| format!("{:?} is no plate text", row.text))?;
    let [left, top, width, height] = row.bbox;
    let country = country(row.region.as_deref(), &text);
    Ok(LabelledPlate {
        text,
        at: BoundingBox { left, top, right: left + width, bottom: top + height },
        country,
        region: row.region.unwrap_or_else(|| country_name(country).to_owned()),
        layout: layout(&row.lines),
        colour: row.colour.as_str().map(str::to_owned),
        corners: corners(row.corners),
    })
}

fn country(region: Option<&str>, text: &PlateText) -> Country {
    let by_region = region.map(|region| Country::from_code(region).unwrap_or(Country::Other));
    by_region.or_else(|| Some(identify(text, &BY_FORMAT)?.country)).unwrap_or(Country::Other)
}

fn country_name(country: Country) -> &'static str {
    match country {
        Country::Other => "other",
        country => country.code(),
    }
}

fn layout(lines: &Value) -> Option<Layout> {
    match lines.as_u64()? {
        1 => Some(Layout::OneLine),
        2 => Some(Layout::TwoLines),
        _ => None,
    }
}

/// Four corners in whatever order, as a quadrilateral that begins at the top left. It holds for plates that are turned by
/// less than 45 degrees.
fn corners(value: Value) -> Option<Quad> {
    let mut points = serde_json::from_value::<[[f32; 2]; 4]>(value).ok()?.map(|[x, y]| Point::new(x, y));
    let middle = Quad(points).centre();
    let around = |point: &Point| (point.y - middle.y).atan2(point.x - middle.x);
    points.sort_by(|a, b| around(a).total_cmp(&around(b)));
    let first = (0..4).min_by(|a, b| (points[*a].x + points[*a].y).total_cmp(&(points[*b].x + points[*b].y)))?;
    points.rotate_left(first);
    Some(Quad(points))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn load(labels: &[u8]) -> Result<LabelledSet, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("labels.jsonl"), labels).expect("it is writable");
        let shown = |error: LabelError| error.to_string().replace(&folder.path().display().to_string(), "SET");
        LabelledSet::load(folder.path()).map_err(shown)
    }

    #[test]
    fn a_row_names_its_picture_and_plates() {
        let row = r#"{"image": "a.jpg", "plates": [{"text": "34A-36837", "bbox": [1, 2, 30, 10]}], "complete": true}"#;
        let set = load(row.as_bytes()).expect("the row is right");
        assert_eq!(set.pictures[0].plates[0].text.as_str(), "34A36837");
        assert_eq!(set.pictures[0].plates[0].at.right, 31.0);
        assert!(!set.pictures[0].crop);
    }

    #[test]
    fn what_a_label_says_of_a_plate_is_kept_and_what_it_does_not_say_is_absent() {
        let plate = |keys: &str| {
            let row = format!(
                r#"{{"image": "a", "plates": [{{"text": "OCX4764", "bbox": [0, 0, 9, 9]{keys}}}], "complete": true}}"#
            );
            load(row.as_bytes()).expect("the row is right").pictures[0].plates[0].clone()
        };
        let full =
            plate(r#", "region": "BR", "lines": 2, "colour": "grey", "corners": [[9, 8], [1, 9], [0, 1], [8, 0]]"#);
        assert_eq!((full.region.as_str(), full.layout), ("BR", Some(Layout::TwoLines)));
        assert_eq!(full.colour.as_deref(), Some("grey"));
        assert_eq!(
            full.corners.expect("there are four").0.map(|p| (p.x, p.y)),
            [(0.0, 1.0), (8.0, 0.0), (9.0, 8.0), (1.0, 9.0)]
        );
        for keys in
            ["", r#", "lines": null, "colour": null, "corners": null"#, r#", "lines": 3, "colour": 5, "corners": [1]"#]
        {
            let bare = plate(keys);
            assert_eq!((bare.region.as_str(), bare.layout, bare.colour, bare.corners), ("other", None, None, None));
        }
    }

    #[test]
    fn the_loose_format_is_asked_for_only_where_plates_of_other_countries_are() {
        let countries = |plate: &str| {
            let row = format!(r#"{{"image": "a.jpg", "plates": [{plate}], "complete": true}}"#);
            load(row.as_bytes()).expect("the row is right").countries()
        };
        let border = vec![Country::Vietnam, Country::China];
        let all = vec![Country::Vietnam, Country::China, Country::Other];
        assert_eq!(countries(r#"{"text": "34A36837", "bbox": [0, 0, 9, 9], "region": "VN"}"#), border);
        assert_eq!(countries(r#"{"text": "34A36837", "bbox": [0, 0, 9, 9]}"#), border);
        assert_eq!(countries(r#"{"text": "OCX4764", "bbox": [0, 0, 9, 9], "region": "BR"}"#), all);
        assert_eq!(countries(r#"{"text": "OCX4764", "bbox": [0, 0, 9, 9]}"#), all);
        assert_eq!(countries(""), border);
    }

    #[test]
    fn a_bad_row_is_named_with_its_line() {
        assert_eq!(
            load(b"\n{\"image\": 5}").expect_err("5 is no name"),
            "SET/labels.jsonl:2: invalid type: integer `5`, expected path string at line 1 column 11"
        );
        let empty = br#"{"image": "a", "plates": [{"text": "..", "bbox": [0,0,1,1]}], "complete": true}"#;
        assert_eq!(load(empty).expect_err("no text"), r#"SET/labels.jsonl:1: ".." is no plate text"#);
    }

    proptest! {
        #[test]
        fn no_bytes_crash_the_parser(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(load(&bytes));
        }
    }
}
