//! The models in use, loaded and checked as their manifests say.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use image::RgbImage;

use super::ctc::PlateAlphabet;
use super::manifest::{Alphabet, Family, InputSize, Manifest, TextRecogniser as RecogniserFamily};
use super::pixels::PixelForm;
use super::session::{Runtime, Session};
use super::text_detector::{DetectorSize, TextDetector};
use super::text_recogniser::{LineSize, TextRecogniser};
use super::{InferenceError, PlateCrop, PlateDetector, PlateRecogniser, RgbView, whole};
use crate::geometry::Quad;
use crate::plate::{Confidence, PlateDetection};
use crate::plate_format::Country;
use crate::plate_format::grammar::Grammar;

/// Which models to load, from where.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelChoice {
    /// ONNX Runtime's library; `None`: looked for.
    pub runtime: Option<PathBuf>,
    /// The folder of manifests; `None`: looked for beside the binary and in the working directory.
    pub folder: Option<PathBuf>,
    /// The detector's manifest.
    pub detector: String,
    /// The recogniser's manifest.
    pub recogniser: String,
    /// Threads per model.
    pub threads: NonZeroUsize,
}

/// A detector and a recogniser that work.
pub struct Models {
    /// Finds plates.
    pub detector: Box<dyn PlateDetector + Send>,
    /// Reads them.
    pub recogniser: Box<dyn PlateRecogniser + Send>,
    /// The detector as `name@sha256:…` of its weights.
    pub detector_id: String,
    /// The recogniser as `name@sha256:…` of its weights.
    pub recogniser_id: String,
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Models").field("detector", &self.detector_id).field("recogniser", &self.recogniser_id).finish()
    }
}

impl Models {
    /// Loads both, and runs each once on an empty picture: a model whose output is not what its manifest says fails here
    /// and not at the first vehicle.
    ///
    /// # Errors
    /// [`InferenceError`] saying which file, model or manifest is at fault and what to do.
    pub fn load(choice: &ModelChoice) -> Result<Self, InferenceError> {
        let runtime = Runtime::load(choice.runtime.as_deref())?;
        let folder = find_folder(choice.folder.as_deref())?;
        let detector = Manifest::load(&folder, &choice.detector)?;
        let recogniser = Manifest::load(&folder, &choice.recogniser)?;
        let mut models = Self {
            detector: open_detector(&runtime, &detector, choice.threads)?,
            recogniser: open_recogniser(&runtime, &recogniser, choice.threads)?,
            detector_id: id(&detector),
            recogniser_id: id(&recogniser),
        };
        models.try_out()?;
        Ok(models)
    }

    fn try_out(&mut self) -> Result<(), InferenceError> {
        let image = RgbImage::new(64, 32);
        let corners = Quad::from_box(whole(&image));
        let detection = PlateDetection { corners, confidence: Confidence::ZERO, lines: Vec::new() };
        let grammar = Grammar::of(&[Country::Vietnam]);
        self.detector.detect(&RgbView::whole(&image))?;
        self.recogniser.read(&[PlateCrop { image: &image, detection: &detection, grammar: &grammar }])?;
        Ok(())
    }
}

fn id(manifest: &Manifest) -> String {
    format!("{}@sha256:{}", manifest.model.name, manifest.model.weights.sha256)
}

fn open(runtime: &Runtime, manifest: &Manifest, threads: NonZeroUsize) -> Result<Session, InferenceError> {
    let weights = manifest.read_weights()?;
    runtime.open(&manifest.model, &weights, threads)
}

fn open_detector(
    runtime: &Runtime,
    manifest: &Manifest,
    threads: NonZeroUsize,
) -> Result<Box<dyn PlateDetector + Send>, InferenceError> {
    match (&manifest.model.family, manifest.model.input.size) {
        (Family::TextDetector(parameters), InputSize::Multiples { of_px, long_side_min_px, long_side_max_px }) => {
            let size = DetectorSize {
                multiple_of: of_px,
                least_long_side: long_side_min_px,
                most_long_side: long_side_max_px,
            };
            let session = open(runtime, manifest, threads)?;
            Ok(Box::new(TextDetector::new(session, size, pixel_form(manifest), parameters.clone())))
        }
        _ => {
            Err(unfit(manifest, "a detector of the family text_detector with an input of free sides (size.multiples)"))
        }
    }
}

fn open_recogniser(
    runtime: &Runtime,
    manifest: &Manifest,
    threads: NonZeroUsize,
) -> Result<Box<dyn PlateRecogniser + Send>, InferenceError> {
    match (&manifest.model.family, manifest.model.input.size) {
        (
            Family::TextRecogniser(family),
            InputSize::FixedHeight { height_px, width_multiple_of_px, width_min_px, width_max_px },
        ) => {
            let size = LineSize {
                height: height_px,
                multiple_of: width_multiple_of_px,
                least_width: width_min_px,
                most_width: width_max_px,
            };
            let session = open(runtime, manifest, threads)?;
            let alphabet = plate_alphabet(&session, family)?;
            Ok(Box::new(TextRecogniser::new(session, alphabet, size, pixel_form(manifest))))
        }
        _ => Err(unfit(manifest, "a recogniser of the family text_recogniser with an input of one height")),
    }
}

fn pixel_form(manifest: &Manifest) -> PixelForm {
    PixelForm::new(manifest.model.input.channels, manifest.model.normalisation)
}

fn plate_alphabet(session: &Session, family: &RecogniserFamily) -> Result<PlateAlphabet, InferenceError> {
    let characters = match &family.alphabet {
        Alphabet::Metadata(key) => session
            .metadata(key)
            .ok_or_else(|| session.failure(format!("it carries no alphabet under {key:?} in its metadata")))?,
        Alphabet::Inline(characters) => characters.chars().flat_map(|c| [c, '\n']).collect(),
    };
    let alphabet = PlateAlphabet::new(characters.lines().chain(family.ends_with_space.then_some(" ")));
    let expected = family.classes.get() as usize;
    if alphabet.classes() == expected {
        Ok(alphabet)
    } else {
        let found = alphabet.classes();
        Err(session.failure(format!("its manifest says {expected} classes, and its alphabet makes {found}")))
    }
}

fn unfit(manifest: &Manifest, wanted: &str) -> InferenceError {
    let reason = format!("it is not {wanted}; choose another in the config's [inference]");
    InferenceError::Model { model: manifest.model.name.clone(), reason }
}

fn find_folder(configured: Option<&Path>) -> Result<PathBuf, InferenceError> {
    if let Some(folder) = configured {
        return Ok(folder.to_owned());
    }
    let executable = std::env::current_exe().ok();
    let beside = executable.iter().flat_map(|path| path.ancestors().skip(1).take(4).map(|above| above.join("models")));
    let working = std::iter::once(PathBuf::from("models"));
    let looked_at: Vec<_> = beside.chain(working).chain([PathBuf::from("/usr/share/gatelpr/models")]).collect();
    let has_manifests = |folder: &&PathBuf| folder.join("ppocr-v4-det.toml").is_file();
    looked_at.iter().find(has_manifests).cloned().ok_or(InferenceError::NoModels { looked_at })
}
