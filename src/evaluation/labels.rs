//! Labelled pictures: `labels.jsonl` in a folder, one JSON object per picture.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::geometry::BoundingBox;
use crate::plate::PlateText;
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

#[derive(Debug, Deserialize)]
struct PlateRow {
    text: String,
    bbox: [f32; 4],
    region: Option<String>,
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
    let plates = row.plates.into_iter().map(|plate| {
        let text = PlateText::normalised(&plate.text).ok_or_else(|| format!("{:?} is no plate text", plate.text))?;
        let [left, top, width, height] = plate.bbox;
        let at = BoundingBox { left, top, right: left + width, bottom: top + height };
        let country = country(plate.region.as_deref(), &text);
        Ok(LabelledPlate { text, at, country })
    });
    let plates = plates.collect::<Result<_, String>>()?;
    Ok(LabelledPicture { path: folder.join(row.image), plates, complete: row.complete, crop: row.crop })
}

fn country(region: Option<&str>, text: &PlateText) -> Country {
    let by_region = region.map(|region| Country::from_code(region).unwrap_or(Country::Other));
    by_region.or_else(|| Some(identify(text, &BY_FORMAT)?.country)).unwrap_or(Country::Other)
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
