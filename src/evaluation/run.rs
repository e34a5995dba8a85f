//! A labelled set through detector and reader, timed.
//!
//! Not here: which models those are, and what the figures look like.

use std::path::PathBuf;
use std::time::Duration;

use image::RgbImage;

use super::labels::{LabelledPicture, LabelledSet};
use super::score::{PictureOutcome, PlateOutcome, SetScore, compare};
use crate::camera::{FileFault, read_picture};
use crate::clock::Clock;
use crate::geometry::Quad;
use crate::inference::{InferenceError, PlateCrop, PlateDetector, PlateRecogniser, RgbView, whole};
use crate::plate::{Confidence, PlateDetection, PlateReading};
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
    /// What was read.
    pub outcome: PictureOutcome,
}

/// A picture that could not be read from its file.
#[derive(Debug, thiserror::Error)]
#[error("{} {fault}", path.display())]
pub struct UnreadablePicture {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: FileFault,
}

impl SetResult {
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
        mut after_each: impl FnMut(),
    ) -> Result<SetResult, InferenceError> {
        let grammar = Grammar::of(countries);
        let (mut score, mut pictures, mut unreadable) = (SetScore::new(&set.name), Vec::new(), Vec::new());
        for picture in &set.pictures {
            match read_picture(&picture.path) {
                Ok(image) => {
                    let (readings, took) = self.read_timed(&image, picture.crop, &grammar)?;
                    let outcome = compare(picture, readings);
                    score.add(picture, &outcome, took.as_secs_f64() * 1e3);
                    pictures.push(PictureResult { picture: picture.clone(), outcome });
                }
                Err(fault) => unreadable.push(UnreadablePicture { path: picture.path.clone(), fault }),
            }
            after_each();
        }
        Ok(SetResult { score, countries: countries.to_vec(), pictures, unreadable })
    }

    fn read_timed(
        &mut self,
        image: &RgbImage,
        crop: bool,
        grammar: &Grammar,
    ) -> Result<(Vec<PlateReading>, Duration), InferenceError> {
        let start = self.clock.elapsed();
        let detections = if crop { vec![whole_plate(image)] } else { self.detector.detect(&RgbView::whole(image))? };
        let plates: Vec<_> = detections.iter().map(|detection| PlateCrop { image, detection, grammar }).collect();
        let readings = self.recogniser.read(&plates)?.into_iter().flatten().collect();
        Ok((readings, self.clock.elapsed().saturating_sub(start)))
    }
}

/// The whole picture as one plate whose lines nobody looked for.
fn whole_plate(image: &RgbImage) -> PlateDetection {
    PlateDetection { corners: Quad::from_box(whole(image)), confidence: Confidence::ONE, lines: Vec::new() }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
