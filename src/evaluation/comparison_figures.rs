//! A comparison as JSON, for programs.

use serde::Serialize;

use super::comparison::{Combination, Comparison, Difference, Standing, median};
use super::figures::{ExactFigures, Figures};
use super::labels::PictureKind;
use crate::publish::event_maker::rounded;

/// What `gatelpr eval --compare … --json` prints. Fields may be added, never changed or taken away.
#[derive(Debug, Serialize)]
pub struct ComparisonFigures {
    combinations: Vec<CombinationFigures>,
}

/// The first has no `beside_first`.
#[derive(Debug, Serialize)]
struct CombinationFigures {
    detector: String,
    recogniser: String,
    second_opinion: Option<String>,
    figures: Figures,
    whole_picture_ms_p50: Option<f64>,
    crop_ms_p50: Option<f64>,
    beside_first: Option<BesideFirst>,
}

#[derive(Debug, Serialize)]
struct BesideFirst {
    reads_at_least_as_many_everywhere: bool,
    regions: Vec<RegionFigures>,
    whole_picture_speed_up: Option<f64>,
    crop_speed_up: Option<f64>,
    differences: Vec<DifferenceFigures>,
}

#[derive(Debug, Serialize)]
struct RegionFigures {
    region: String,
    reads_at_least_as_many: bool,
    whole_pictures: ExactFigures,
    whole_pictures_of_first: ExactFigures,
    crops: ExactFigures,
    crops_of_first: ExactFigures,
}

/// A plate that one of the two read exactly.
#[derive(Debug, Serialize)]
struct DifferenceFigures {
    set: String,
    image: String,
    truth: String,
    first_read: Option<String>,
    read: Option<String>,
}

impl ComparisonFigures {
    /// The figures of `comparison`.
    #[must_use]
    pub fn of(comparison: &Comparison) -> Self {
        let first = CombinationFigures::of(comparison.first(), None);
        let others = comparison.others().iter();
        let others = others.map(|other| CombinationFigures::of(other, Some(BesideFirst::of(comparison, other))));
        Self { combinations: std::iter::once(first).chain(others).collect() }
    }
}

impl CombinationFigures {
    fn of(combination: &Combination, beside_first: Option<BesideFirst>) -> Self {
        let milliseconds = |kind: PictureKind| median(combination.milliseconds(kind)).map(|ms| rounded(ms, 1));
        Self {
            detector: combination.detector.clone(),
            recogniser: combination.recogniser.clone(),
            second_opinion: combination.second_opinion.clone(),
            figures: Figures::of(&combination.results),
            whole_picture_ms_p50: milliseconds(PictureKind::Whole),
            crop_ms_p50: milliseconds(PictureKind::Crop),
            beside_first,
        }
    }
}

impl BesideFirst {
    fn of(comparison: &Comparison, other: &Combination) -> Self {
        let speed_up = |kind: PictureKind| comparison.speed_up(other, kind).map(|times| rounded(times, 2));
        Self {
            reads_at_least_as_many_everywhere: comparison.loses_nothing(other),
            regions: comparison.standings(other).into_iter().map(RegionFigures::of).collect(),
            whole_picture_speed_up: speed_up(PictureKind::Whole),
            crop_speed_up: speed_up(PictureKind::Crop),
            differences: comparison.differences(other).map(DifferenceFigures::of).collect(),
        }
    }
}

impl RegionFigures {
    fn of(standing: Standing) -> Self {
        let reads_at_least_as_many = standing.is_as_good();
        let [whole_pictures_of_first, whole_pictures] = standing.whole.map(ExactFigures::of);
        let [crops_of_first, crops] = standing.crops.map(ExactFigures::of);
        let region = standing.region;
        Self { region, reads_at_least_as_many, whole_pictures, whole_pictures_of_first, crops, crops_of_first }
    }
}

impl DifferenceFigures {
    fn of(difference: Difference<'_>) -> Self {
        let read = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            set: difference.set.to_owned(),
            image: difference.picture.picture.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            truth: difference.first.label.text.as_str().to_owned(),
            first_read: read(difference.first.read()),
            read: read(difference.other.read()),
        }
    }
}
