//! A labelled set through detector and reader, timed; or through several pairs of them, side by side.
//!
//! Not here: which models those are, and what the figures look like.

use std::path::PathBuf;

use image::RgbImage;

use super::labels::{LabelledPicture, LabelledSet, PictureKind};
use super::score::{Looked, PictureOutcome, PlateOutcome, SetScore, compare};
use crate::camera::read_picture;
use crate::clock::Clock;
use crate::geometry::Quad;
use crate::inference::{InferenceError, PlateCrop, PlateDetector, PlateRecogniser, RgbView, whole};
use crate::plate::{Confidence, PlateDetection, PlateReading, WorthAsking};
use crate::plate_format::Country;
use crate::plate_format::grammar::Grammar;

/// What became of a set.
#[derive(Debug)]
pub struct SetResult {
    /// The sums.
    pub score: SetScore,
    /// Whose plates were read.
    pub countries: Vec<Country>,
    /// The pictures that could be read, in the set's order.
    pub pictures: Vec<PictureResult>,
    /// The pictures that could not. They are in no other figure.
    pub unreadable: Vec<UnreadablePicture>,
}

/// A picture and what became of it.
#[derive(Debug)]
pub struct PictureResult {
    /// The picture and its labels.
    pub picture: LabelledPicture,
    /// What was found and read.
    pub outcome: PictureOutcome,
    /// How long detection and reading took, without decoding the picture.
    pub milliseconds: f64,
}

/// A picture that could not be read from its file.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{} {fault}", path.display())]
pub struct UnreadablePicture {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: String,
}

/// The pictures of one kind, over all sets.
pub fn pictures_of(results: &[SetResult], kind: PictureKind) -> impl Iterator<Item = &PictureResult> {
    results.iter().flat_map(|result| &result.pictures).filter(move |result| result.picture.kind() == kind)
}

/// The labelled plates in pictures of one kind, over all sets.
pub fn plates_of(results: &[SetResult], kind: PictureKind) -> impl Iterator<Item = &PlateOutcome> {
    pictures_of(results, kind).flat_map(|result| &result.outcome.plates)
}

impl SetResult {
    fn empty(set: &LabelledSet, countries: &[Country]) -> Self {
        let score = SetScore::new(&set.name);
        Self { score, countries: countries.to_vec(), pictures: Vec::new(), unreadable: Vec::new() }
    }

    fn add(&mut self, picture: PictureResult) {
        self.score.add(&picture);
        self.pictures.push(picture);
    }

    /// Every labelled plate that was looked for.
    pub fn plates(&self) -> impl Iterator<Item = &PlateOutcome> {
        self.pictures.iter().flat_map(|picture| &picture.outcome.plates)
    }

    /// Whether its pictures are plates that were cut out before, so that the detector was not asked.
    #[must_use]
    pub fn crops(&self) -> bool {
        !self.pictures.is_empty() && self.pictures.iter().all(|result| result.picture.crop)
    }
}

impl PictureResult {
    /// Readings where no plate is; none can be called false where not every plate is labelled.
    #[must_use]
    pub fn false_reads(&self) -> &[PlateReading] {
        if self.picture.complete { &self.outcome.elsewhere } else { &[] }
    }

    /// Every reading that can be judged by the labels, with whether it is right: those of labelled plates and the false
    /// ones.
    pub fn judged(&self) -> impl Iterator<Item = (&PlateReading, bool)> {
        let of_plates = self.outcome.plates.iter().filter_map(|plate| Some((plate.reading.as_ref()?, plate.exact())));
        of_plates.chain(self.false_reads().iter().map(|reading| (reading, false)))
    }
}

/// What reads the pictures, and the clock that it is timed by.
pub struct Reader<'a> {
    /// Finds plates.
    pub detector: &'a mut dyn PlateDetector,
    /// Reads them.
    pub recogniser: &'a mut dyn PlateRecogniser,
    /// Times both.
    pub clock: Clock,
}

impl Reader<'_> {
    /// Reads every picture of `set` for plates of `countries`; `after_each` is called after each.
    ///
    /// # Errors
    /// [`InferenceError`] when a model fails. A picture that cannot be read is part of the result instead.
    pub fn read_set(
        &mut self,
        set: &LabelledSet,
        countries: &[Country],
        after_each: impl FnMut(),
    ) -> Result<SetResult, InferenceError> {
        let mut results = read_set_with_each(std::slice::from_mut(self), set, countries, after_each)?;
        Ok(results.pop().expect("one reader gives one result"))
    }

    fn read_picture(
        &mut self,
        picture: &LabelledPicture,
        image: &RgbImage,
        grammar: &Grammar,
    ) -> Result<PictureResult, InferenceError> {
        let start = self.clock.elapsed();
        let found =
            if picture.crop { vec![whole_plate(image)] } else { self.detector.detect(&RgbView::whole(image))?.plates };
        let plates: Vec<_> = found
            .iter()
            .map(|detection| PlateCrop { image, detection, grammar, worth_asking: WorthAsking::Any })
            .collect();
        let readings = self.recogniser.read(&plates)?.into_iter().flatten().collect();
        let took = self.clock.elapsed().saturating_sub(start);
        let detections = if picture.crop { &[] } else { found.as_slice() };
        let outcome = compare(picture, Looked { image, detections, readings });
        Ok(PictureResult { picture: picture.clone(), outcome, milliseconds: took.as_secs_f64() * 1e3 })
    }
}

/// Reads every picture of `set` with each of `readers`, one after the other before the next picture comes, so that what
/// else runs on the machine slows all of them alike. Each goes first in its turn, because the first to look at a picture
/// waits for the memory. One result per reader, in their order.
///
/// # Errors
/// [`InferenceError`] when a model fails.
pub fn read_set_with_each(
    readers: &mut [Reader<'_>],
    set: &LabelledSet,
    countries: &[Country],
    mut after_each: impl FnMut(),
) -> Result<Vec<SetResult>, InferenceError> {
    let grammar = Grammar::of(countries);
    let mut results: Vec<_> = readers.iter().map(|_| SetResult::empty(set, countries)).collect();
    for (number, picture) in set.pictures.iter().enumerate() {
        match read_picture(&picture.path) {
            Ok(image) => {
                for turn in 0..readers.len() {
                    let index = (number + turn) % readers.len();
                    results[index].add(readers[index].read_picture(picture, &image, &grammar)?);
                }
            }
            Err(fault) => {
                let unreadable = UnreadablePicture { path: picture.path.clone(), fault: fault.to_string() };
                results.iter_mut().for_each(|result| result.unreadable.push(unreadable.clone()));
            }
        }
        after_each();
    }
    Ok(results)
}

/// The whole picture as one plate whose lines nobody looked for.
fn whole_plate(image: &RgbImage) -> PlateDetection {
    PlateDetection { corners: Quad::from_box(whole(image)), confidence: Confidence::ONE, lines: Vec::new() }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
