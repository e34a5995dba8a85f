//! What a model is: its weights, its input and output, and the numbers that its family needs. One TOML file per model.
//!
//! Every value is checked while the file is parsed, so an error carries its line, and nothing is re-checked later.
//! Not here: running the model (`session`) or fetching its weights (`artifact::fetch`).

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::artifact::{Artifact, ArtifactError, ManifestError, read};

mod family;
mod input;
mod plate_families;

pub use family::{Alphabet, Family, Positive, Share, Task, TextDetector, TextRecogniser};
pub use input::{Channels, Input, InputSize, Normalisation, Output, TensorLayout};
pub use plate_families::{
    CloserLook, ColourClass, ColourHead, CornerDetector, FoundClass, LayoutClass, LayoutHead, LegibleHead, Margins,
    Names, PlateRecogniser, SecondLook,
};

/// Where weights that were downloaded lie under the models folder. Those that are part of the repository lie in the models
/// folder itself.
pub const WEIGHTS: &str = "weights";

/// A manifest and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// What the file says.
    pub model: Model,
    folder: PathBuf,
}

/// What a manifest file says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name in the config, and of the file.
    pub name: String,
    /// SPDX licence of the weights.
    pub licence: String,
    /// Whom to name.
    pub attribution: String,
    /// The ONNX file.
    pub weights: Artifact,
    /// The input tensor.
    pub input: Input,
    /// How pixels become numbers.
    pub normalisation: Normalisation,
    /// The output tensor; a family with several names the others itself.
    pub output: Output,
    /// How the output is understood.
    pub family: Family,
}

impl Model {
    /// The outputs that are looked at, by their names in the graph: the main one, then the family's heads in its order.
    #[must_use]
    pub fn outputs(&self) -> Vec<&str> {
        std::iter::once(self.output.name.as_str()).chain(self.family.heads()).collect()
    }
}

impl Manifest {
    /// Reads `name`.toml in the models folder.
    ///
    /// # Errors
    /// [`ManifestError`] with file, line and column.
    pub fn load(folder: &Path, name: &str) -> Result<Self, ManifestError> {
        let path = folder.join(format!("{name}.toml"));
        let model: Model = read(&path)?;
        if model.name == name {
            Ok(Self { model, folder: folder.to_owned() })
        } else {
            Err(ManifestError::OtherName { path, found: model.name })
        }
    }

    /// The names of all models in the folder, sorted.
    ///
    /// # Errors
    /// [`ManifestError::Unreadable`] if the folder cannot be listed.
    pub fn names(folder: &Path) -> Result<Vec<String>, ManifestError> {
        let unreadable = |cause| ManifestError::Unreadable { path: folder.to_owned(), cause };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Where the weights belong.
    #[must_use]
    pub fn weights_path(&self) -> PathBuf {
        self.model.weights.path(&self.weights_folder())
    }

    /// The folder that the weights' file name counts from.
    #[must_use]
    pub fn weights_folder(&self) -> PathBuf {
        if self.model.weights.wheel.is_some() { self.folder.join(WEIGHTS) } else { self.folder.clone() }
    }

    /// Whether the weights on disk are the pinned ones.
    ///
    /// # Errors
    /// [`ArtifactError`] says what is wrong and what to do.
    pub fn verify(&self) -> Result<(), ArtifactError> {
        self.model.weights.verify(&self.weights_folder())
    }

    /// The pinned weights, checked. What is loaded from these bytes is what was verified.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn read_weights(&self) -> Result<Vec<u8>, ArtifactError> {
        self.model.weights.read_verified(&self.weights_folder())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::artifact::parse;

    const DETECTOR: &str = include_str!("../../../models/ppocr-v4-det.toml");
    const READER: &str = include_str!("../../../models/gatelpr-reader.toml");

    /// The error for the shipped detector's manifest with `from` replaced by `to`.
    fn check(from: &str, to: &str) -> String {
        assert!(DETECTOR.contains(from), "{from:?} is in the manifest");
        let changed = DETECTOR.replace(from, to);
        parse::<Model>(changed.as_bytes(), Path::new("models/x.toml")).unwrap_err().to_string()
    }

    #[test]
    fn every_shipped_manifest_loads_under_its_name_with_its_task() {
        let tasks = Manifest::names(Path::new("models")).expect("the folder is there");
        let tasks: Vec<_> = tasks
            .iter()
            .map(|name| {
                Manifest::load(Path::new("models"), name).map(|m| (m.model.name.clone(), m.model.family.task()))
            })
            .collect::<Result<_, _>>()
            .expect("they are right");
        let expected = [
            ("gatelpr-detector", Task::Detector),
            ("gatelpr-reader", Task::Recogniser),
            ("ppocr-v4-det", Task::Detector),
            ("ppocr-v4-rec", Task::Recogniser),
        ];
        assert_eq!(tasks, expected.map(|(name, task)| (name.to_owned(), task)));
    }

    #[test]
    fn weights_of_the_repository_lie_beside_their_manifest_and_others_where_they_are_fetched_to() {
        let path = |name| Manifest::load(Path::new("models"), name).expect("it is shipped").weights_path();
        assert_eq!(path("gatelpr-reader"), Path::new("models/gatelpr/reader.onnx"));
        assert_eq!(path("ppocr-v4-rec"), Path::new("models/weights/ch_PP-OCRv4_rec_infer.onnx"));
    }

    #[test]
    fn an_error_names_file_line_column_and_what_was_expected() {
        insta::assert_snapshot!(check("min_side_px", "min_side"), @"models/x.toml:41:1: unknown field `min_side`, expected one of `origin`, `pixel_threshold`, `box_threshold`, `unclip_ratio`, `dilation_px`, `max_candidates`, `min_side_px`");
        insta::assert_snapshot!(check("box_threshold = 0.5", "box_threshold = 1.5"), @"models/x.toml:37:17: a number of 0 to 1 is expected, found 1.5");
        insta::assert_snapshot!(check("std = [0.5, 0.5, 0.5]", "std = [0.5, 0.0, 0.5]"), @"models/x.toml:27:1: std is three numbers above 0, and [0.5, 0.0, 0.5] is not");
        insta::assert_snapshot!(check("long_side_max_px = 960", "long_side_max_px = 950"), @"models/x.toml:25:1: long_side_min_px and long_side_max_px are multiples of 32, and one of 736 and 950 is not");
        insta::assert_snapshot!(check("channels = \"bgr\"", "channels = \"grb\""), @"models/x.toml:21:12: unknown variant `grb`, expected `bgr` or `rgb`");
        insta::assert_snapshot!(check("family.text_detector", "family.plate_detector"), @"models/x.toml:34:9: unknown variant `plate_detector`, expected one of `text_detector`, `text_recogniser`, `corner_detector`, `plate_recogniser`");
        insta::assert_snapshot!(check("sha256 = \"d2a", "sha256 = \"D2A"), @r#"models/x.toml:9:10: a SHA-256 is 64 hexadecimal digits in lower case, and "D2A7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9" is not"#);
        insta::assert_snapshot!(check("file = \"ch_", "file = \"../ch_"), @r#"models/x.toml:7:8: a file name is letters, digits, '-', '_' and '.', possibly after folders of such names, and "../ch_PP-OCRv4_det_infer.onnx" is not"#);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_line() {
        let error = parse::<Model>(b"name = \"x\"\n\xff", Path::new("models/x.toml")).unwrap_err();
        assert_eq!(error.to_string(), "models/x.toml:2: not UTF-8 text; a manifest is a TOML file");
    }

    #[test]
    fn a_manifest_under_another_name_is_refused() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        std::fs::write(folder.path().join("other.toml"), DETECTOR).expect("the folder is writable");
        let error = Manifest::load(folder.path(), "other").unwrap_err();
        assert!(matches!(error, ManifestError::OtherName { found, .. } if found == "ppocr-v4-det"));
    }

    proptest! {
        #[test]
        fn no_bytes_crash_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            drop(parse::<Model>(&bytes, Path::new("x.toml")));
        }

        #[test]
        fn no_damage_to_a_right_manifest_crashes_the_parser(
            at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(), reader in any::<bool>(),
        ) {
            let mut bytes = if reader { READER } else { DETECTOR }.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(if cut { at } else { bytes.len() });
            drop(parse::<Model>(&bytes, Path::new("x.toml")));
        }
    }
}
