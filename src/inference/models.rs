//! The models in use, loaded and checked as their manifests say.

use std::path::PathBuf;

use image::RgbImage;

use super::corner_detector::CornerDetector;
use super::ctc::PlateAlphabet;
use super::letterbox::LetterboxSize;
use super::manifest::{
    Alphabet, CornerDetector as CornerParameters, Family, InputSize, Manifest, PlateRecogniser as PlateFamily, Task,
    TextRecogniser as TextFamily,
};
use super::pixels::PixelForm;
use super::plate_recogniser::{PlateSize, WholePlateRecogniser};
use super::second_opinion::SecondOpinion;
use super::session::{RunsOn, Runtime, Session};
use super::slots::SlotAlphabet;
use super::text_detector::{DetectorSize, TextDetector};
use super::text_recogniser::{LineSize, TextRecogniser};
use super::{InferenceError, PlateCrop, PlateDetector, PlateRecogniser, RgbView, whole};
use crate::geometry::Quad;
use crate::plate::{Confidence, PlateDetection, WorthAsking};
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
    /// Who is asked where the recogniser is not sure, if anybody.
    pub second_opinion: Option<SecondReader>,
    /// What models run on, and threads per model.
    pub runs_on: RunsOn,
    /// Whether the detector tells side numbers too; one that cannot is refused.
    pub side_numbers: bool,
}

/// A recogniser that gives a second opinion.
#[derive(Debug, Clone, PartialEq)]
pub struct SecondReader {
    /// Its manifest.
    pub recogniser: String,
    /// What the first recogniser is less sure of than this is asked again.
    pub below: Confidence,
}

impl SecondReader {
    /// The usual threshold: nothing is read worse than by any one reader; docs/benchmarks.md has others beside it.
    pub const USUALLY_BELOW: f32 = 0.95;
    /// The name that stands for nobody.
    pub const NOBODY: &str = "none";

    /// The manifest of whoever is usually asked where this recogniser is not sure.
    #[must_use]
    pub fn usually_behind(recogniser: &str) -> Option<&'static str> {
        (recogniser == ModelChoice::USUAL_RECOGNISER).then_some("ppocr-v4-rec")
    }

    /// Who is asked behind this recogniser, where `named` is what somebody wants, if they want anything particular.
    #[must_use]
    pub fn named(named: Option<&str>, recogniser: &str) -> Option<String> {
        let second = named.or_else(|| Self::usually_behind(recogniser));
        second.filter(|name| *name != Self::NOBODY).map(str::to_owned)
    }
}

impl ModelChoice {
    /// The detector that is used unless another one is named: it knows plates.
    pub const USUAL_DETECTOR: &str = "gatelpr-detector";
    /// The recogniser that is used unless another one is named: it knows plates.
    pub const USUAL_RECOGNISER: &str = "gatelpr-reader";
}

/// A detector and a recogniser that work, and perhaps a second recogniser behind the first.
pub struct Models {
    /// Finds plates.
    pub detector: Box<dyn PlateDetector + Send>,
    /// Reads them.
    pub recogniser: Box<dyn PlateRecogniser + Send>,
    /// The detector as `name@sha256:…` of its weights.
    pub detector_id: String,
    /// The recogniser as `name@sha256:…` of its weights.
    pub recogniser_id: String,
    /// The second opinion's recogniser, likewise, if there is one.
    pub second_opinion_id: Option<String>,
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Models").field("detector", &self.detector_id).field("readers", &self.readers()).finish()
    }
}

impl Models {
    /// Loads all, and runs each once on an empty picture: a model whose output is not what its manifest says fails here
    /// and not at the first vehicle.
    ///
    /// # Errors
    /// [`InferenceError`] saying which file, model or manifest is at fault and what to do.
    pub fn load(choice: &ModelChoice) -> Result<Self, InferenceError> {
        let runtime = Runtime::load(choice.runtime.as_deref())?;
        let folder = folder_of(choice)?;
        let detector = Manifest::load(&folder, &choice.detector)?;
        let recogniser = Manifest::load(&folder, &choice.recogniser)?;
        let mut models = Self {
            detector: open_detector(&runtime, &detector, choice)?,
            recogniser: open_recogniser(&runtime, &recogniser, choice.runs_on)?,
            detector_id: id(&detector),
            recogniser_id: id(&recogniser),
            second_opinion_id: None,
        };
        models.detector.detect(&RgbView::whole(&empty_picture()))?;
        try_out(models.recogniser.as_mut())?;
        match &choice.second_opinion {
            Some(second) => {
                let manifest = Manifest::load(&folder, &second.recogniser)?;
                models.with_second_opinion(second, &runtime, &manifest, choice.runs_on)
            }
            None => Ok(models),
        }
    }

    fn with_second_opinion(
        self,
        choice: &SecondReader,
        runtime: &Runtime,
        manifest: &Manifest,
        runs_on: RunsOn,
    ) -> Result<Self, InferenceError> {
        if id(manifest) == self.recogniser_id {
            return Err(unfit(manifest, "a second opinion, but the recogniser that reads first"));
        }
        let mut second = open_recogniser(runtime, manifest, runs_on)?;
        try_out(second.as_mut())?;
        Ok(Self {
            recogniser: Box::new(SecondOpinion::new(self.recogniser, second, choice.below)),
            second_opinion_id: Some(id(manifest)),
            ..self
        })
    }

    /// The recogniser, and who is asked where it is not sure, in words.
    #[must_use]
    pub fn readers(&self) -> String {
        match &self.second_opinion_id {
            Some(second) => format!("{}, with {second} for a second opinion", self.recogniser_id),
            None => self.recogniser_id.clone(),
        }
    }
}

fn empty_picture() -> RgbImage {
    RgbImage::new(64, 32)
}

fn try_out(recogniser: &mut dyn PlateRecogniser) -> Result<(), InferenceError> {
    let image = empty_picture();
    let corners = Quad::from_box(whole(&image));
    let detection = PlateDetection { corners, confidence: Confidence::ZERO, lines: Vec::new() };
    let grammar = Grammar::of(&[Country::Vietnam]);
    recogniser.read(&[PlateCrop {
        image: &image,
        detection: &detection,
        grammar: &grammar,
        worth_asking: WorthAsking::Any,
    }])?;
    Ok(())
}

fn id(manifest: &Manifest) -> String {
    format!("{}@sha256:{}", manifest.model.name, manifest.model.weights.sha256)
}

fn open(runtime: &Runtime, manifest: &Manifest, runs_on: RunsOn) -> Result<Session, InferenceError> {
    let weights = manifest.read_weights()?;
    runtime.open(&manifest.model, &weights, runs_on)
}

fn open_detector(
    runtime: &Runtime,
    manifest: &Manifest,
    choice: &ModelChoice,
) -> Result<Box<dyn PlateDetector + Send>, InferenceError> {
    let family = &manifest.model.family;
    if choice.side_numbers && family.task() == Task::Detector && !family.finds_side_numbers() {
        return Err(without_side_numbers(manifest));
    }
    match family {
        Family::TextDetector(parameters) => {
            let size = text_size(manifest)?;
            let session = open(runtime, manifest, choice.runs_on)?;
            Ok(Box::new(TextDetector::new(session, size, pixel_form(manifest), parameters.clone())))
        }
        Family::CornerDetector(parameters) => {
            let size = letterbox_size(manifest, parameters)?;
            let session = open(runtime, manifest, choice.runs_on)?;
            let detector = CornerDetector::new(session, size, pixel_form(manifest), parameters.clone());
            Ok(Box::new(if choice.side_numbers { detector.with_side_numbers() } else { detector }))
        }
        Family::TextRecogniser(_) | Family::PlateRecogniser(_) => Err(unfit(manifest, "a detector")),
    }
}

fn open_recogniser(
    runtime: &Runtime,
    manifest: &Manifest,
    runs_on: RunsOn,
) -> Result<Box<dyn PlateRecogniser + Send>, InferenceError> {
    match &manifest.model.family {
        Family::TextRecogniser(family) => {
            let size = line_size(manifest)?;
            let session = open(runtime, manifest, runs_on)?;
            let alphabet = plate_alphabet(&session, family)?;
            Ok(Box::new(TextRecogniser::new(session, alphabet, size, pixel_form(manifest))))
        }
        Family::PlateRecogniser(family) => {
            let size = plate_size(manifest)?;
            let session = open(runtime, manifest, runs_on)?;
            let alphabet = slot_alphabet(&session, family)?;
            Ok(Box::new(WholePlateRecogniser::new(session, alphabet, size, pixel_form(manifest), family.clone())))
        }
        Family::TextDetector(_) | Family::CornerDetector(_) => Err(unfit(manifest, "a recogniser")),
    }
}

fn text_size(manifest: &Manifest) -> Result<DetectorSize, InferenceError> {
    match manifest.model.input.size {
        InputSize::Multiples { of_px, long_side_min_px, long_side_max_px } => {
            Ok(DetectorSize { multiple_of: of_px, least_long_side: long_side_min_px, most_long_side: long_side_max_px })
        }
        _ => Err(unfit(manifest, "a text detector with an input of free sides (size.multiples)")),
    }
}

fn letterbox_size(manifest: &Manifest, parameters: &CornerParameters) -> Result<LetterboxSize, InferenceError> {
    let whole_cells = |px: u32| px % parameters.cell_px == 0;
    if let Some(closer) = &parameters.closer_look
        && ![closer.width_px, closer.height_px].iter().all(|side| whole_cells(side.get()))
    {
        return Err(unfit(manifest, "a corner detector whose closer_look has sides of whole cells"));
    }
    match manifest.model.input.size {
        InputSize::Fixed { width_px, height_px } if whole_cells(width_px) && whole_cells(height_px) => {
            Ok(LetterboxSize::Fixed(width_px, height_px))
        }
        InputSize::Area { of_px, area_px, enlarge_max } if whole_cells(of_px) => {
            Ok(LetterboxSize::Area { multiple_of: of_px, pixels: area_px, most_enlarged: enlarge_max })
        }
        _ => Err(unfit(manifest, "a corner detector with an input of whole cells (size.fixed or size.area)")),
    }
}

fn line_size(manifest: &Manifest) -> Result<LineSize, InferenceError> {
    match manifest.model.input.size {
        InputSize::FixedHeight { height_px, width_multiple_of_px, width_min_px, width_max_px } => Ok(LineSize {
            height: height_px,
            multiple_of: width_multiple_of_px,
            least_width: width_min_px,
            most_width: width_max_px,
        }),
        _ => Err(unfit(manifest, "a text recogniser with an input of one height (size.fixed_height)")),
    }
}

fn plate_size(manifest: &Manifest) -> Result<PlateSize, InferenceError> {
    match manifest.model.input.size {
        InputSize::Fixed { width_px, height_px } => Ok(PlateSize { width: width_px, height: height_px }),
        _ => Err(unfit(manifest, "a plate recogniser with an input of one size (size.fixed)")),
    }
}

fn pixel_form(manifest: &Manifest) -> PixelForm {
    PixelForm::new(manifest.model.input.channels, manifest.model.normalisation)
}

fn plate_alphabet(session: &Session, family: &TextFamily) -> Result<PlateAlphabet, InferenceError> {
    let characters = match &family.alphabet {
        Alphabet::Metadata(key) => alphabet_in_metadata(session, key)?,
        Alphabet::Inline(characters) => characters.chars().flat_map(|c| [c, '\n']).collect(),
    };
    let alphabet = PlateAlphabet::new(characters.lines().chain(family.ends_with_space.then_some(" ")));
    check_classes(session, family.classes.get(), alphabet.classes())?;
    Ok(alphabet)
}

fn slot_alphabet(session: &Session, family: &PlateFamily) -> Result<SlotAlphabet, InferenceError> {
    let characters = match &family.alphabet {
        Alphabet::Metadata(key) => alphabet_in_metadata(session, key)?.replace(['\r', '\n'], ""),
        Alphabet::Inline(characters) => characters.clone(),
    };
    let alphabet = SlotAlphabet::new(&characters);
    check_classes(session, family.classes.get(), alphabet.classes())?;
    Ok(alphabet)
}

fn alphabet_in_metadata(session: &Session, key: &str) -> Result<String, InferenceError> {
    let nothing = || session.failure(format!("it carries no alphabet under {key:?} in its metadata"));
    session.metadata(key).ok_or_else(nothing)
}

fn check_classes(session: &Session, expected: u32, found: usize) -> Result<(), InferenceError> {
    if found == expected as usize {
        Ok(())
    } else {
        Err(session.failure(format!("its manifest says {expected} classes, and its alphabet makes {found}")))
    }
}

fn unfit(manifest: &Manifest, wanted: &str) -> InferenceError {
    let reason = format!("it is not {wanted}; choose another in the config's [inference]");
    InferenceError::Model { model: manifest.model.name.clone(), reason }
}

fn without_side_numbers(manifest: &Manifest) -> InferenceError {
    let reason = "it does not find side numbers, and the config has a lane with `side_numbers = true`; choose a detector \
                  that finds them (gatelpr-detector does) in the config's [inference], or set side_numbers to false in \
                  every [[lane]]";
    InferenceError::Model { model: manifest.model.name.clone(), reason: reason.to_owned() }
}

/// The folder that has the manifest of a model that was chosen; that another is missing there is found when it is loaded.
///
/// # Errors
/// [`InferenceError::NoModels`] with every folder looked at.
pub fn folder_of(choice: &ModelChoice) -> Result<PathBuf, InferenceError> {
    if let Some(folder) = &choice.folder {
        return Ok(folder.clone());
    }
    let executable = std::env::current_exe().ok();
    let beside = executable.iter().flat_map(|path| path.ancestors().skip(1).take(4).map(|above| above.join("models")));
    let working = std::iter::once(PathBuf::from("models"));
    let looked_at: Vec<_> = beside.chain(working).chain([PathBuf::from("/usr/share/gatelpr/models")]).collect();
    let second = choice.second_opinion.iter().map(|second| &second.recogniser);
    let wanted = [&choice.detector, &choice.recogniser].into_iter().chain(second);
    let wanted: Vec<_> = wanted.map(|name| format!("{name}.toml")).collect();
    let has_one = |folder: &&PathBuf| wanted.iter().any(|name| folder.join(name).is_file());
    looked_at
        .iter()
        .find(has_one)
        .cloned()
        .ok_or_else(|| InferenceError::NoModels { wanted: wanted.join(" or "), looked_at })
}
