//! The sums and what lies behind them as JSON, for programs.

use serde::Serialize;

use super::breakdown::{self, Exact, Row};
use super::calibration::Calibration;
use super::confusions::Confusions;
use super::detection::DetectorScore;
use super::diff::Pair;
use super::labels::PictureKind;
use super::run::{SetResult, pictures_of};
use super::wrong_reads::{Wrong, WrongReads, published_alone_rule, voting_rule};
use crate::publish::event_maker::rounded;

/// What `gatelpr eval --json` prints. Fields may be added, never changed or taken away.
#[derive(Debug, Serialize)]
pub struct Figures {
    sets: Vec<SetFigures>,
    breakdown: Vec<RowFigures>,
    detector: Option<DetectorFigures>,
    wrong_reads: WrongReadFigures,
    calibration: CalibrationFigures,
    confusions: ConfusionFigures,
}

#[derive(Debug, Serialize)]
struct SetFigures {
    name: String,
    pictures: usize,
    plates: usize,
    exact: usize,
    character_errors: usize,
    false_reads: usize,
    complete_pictures: usize,
    ms_p50: f64,
    ms_p95: f64,
    characters: usize,
    misread: usize,
    unreadable_pictures: usize,
    crops: bool,
    countries: Vec<&'static str>,
    detector: Option<DetectorFigures>,
}

/// How many of some plates were read exactly.
#[derive(Debug, Serialize)]
pub(super) struct ExactFigures {
    exact: usize,
    plates: usize,
}

#[derive(Debug, Serialize)]
struct RowFigures {
    by: &'static str,
    class: String,
    whole_pictures: ExactFigures,
    crops: ExactFigures,
}

/// Of whole pictures only.
#[derive(Debug, Serialize)]
struct DetectorFigures {
    plates: usize,
    found_at_iou_0_5: usize,
    found_at_all: usize,
    mean_iou: f64,
    extra_detections: usize,
    complete_pictures: usize,
    boxes_of_text: bool,
}

#[derive(Debug, Serialize)]
struct WrongReadFigures {
    published_alone: WrongFigures,
    voting: WrongFigures,
}

/// `crops` are never added to `whole_pictures`.
#[derive(Debug, Serialize)]
struct WrongFigures {
    /// Which readings count, in words.
    rule: String,
    whole_pictures: WrongCounts,
    crops: WrongCounts,
}

#[derive(Debug, Serialize)]
struct WrongCounts {
    wrong: usize,
    readings: usize,
}

#[derive(Debug, Serialize)]
struct CalibrationFigures {
    plates: CalibrationOf,
    characters: CalibrationOf,
}

#[derive(Debug, Serialize)]
struct CalibrationOf {
    expected_error: Option<f64>,
    bins: Vec<BinFigures>,
}

#[derive(Debug, Serialize)]
struct BinFigures {
    from: f64,
    to: f64,
    count: usize,
    right: usize,
    mean_confidence: f64,
}

#[derive(Debug, Serialize)]
struct ConfusionFigures {
    characters: Vec<ConfusedCharacter>,
    garbled_misreads: usize,
}

/// A character that was missed has no `read`, one that was added no `truth`.
#[derive(Debug, Serialize)]
struct ConfusedCharacter {
    truth: Option<char>,
    read: Option<char>,
    count: usize,
}

impl Figures {
    /// The figures of `results`, in their order.
    #[must_use]
    pub fn of(results: &[SetResult]) -> Self {
        let plates = Calibration::of_plates(results.iter().flat_map(|result| &result.pictures));
        let characters = Calibration::of_characters(results.iter().flat_map(SetResult::plates));
        Self {
            sets: results.iter().map(SetFigures::of).collect(),
            breakdown: breakdown::rows(results).into_iter().map(RowFigures::of).collect(),
            detector: DetectorFigures::of(DetectorScore::of(pictures_of(results, PictureKind::Whole))),
            wrong_reads: WrongReadFigures::of(results),
            calibration: CalibrationFigures {
                plates: CalibrationOf::of(&plates),
                characters: CalibrationOf::of(&characters),
            },
            confusions: ConfusionFigures::of(&Confusions::of(results.iter().flat_map(SetResult::plates))),
        }
    }
}

impl SetFigures {
    fn of(result: &SetResult) -> Self {
        let score = &result.score;
        Self {
            name: score.name.clone(),
            pictures: score.pictures,
            plates: score.plates,
            exact: score.exact,
            character_errors: score.character_errors,
            false_reads: score.false_reads,
            complete_pictures: score.complete_pictures,
            ms_p50: rounded(score.percentile(0.5), 1),
            ms_p95: rounded(score.percentile(0.95), 1),
            characters: score.characters,
            misread: score.misread,
            unreadable_pictures: result.unreadable.len(),
            crops: result.crops(),
            countries: result.countries.iter().map(|country| country.code()).collect(),
            detector: DetectorFigures::of(DetectorScore::of(&result.pictures)),
        }
    }
}

impl ExactFigures {
    pub(super) fn of(Exact { exact, plates }: Exact) -> Self {
        Self { exact, plates }
    }
}

impl RowFigures {
    fn of(row: Row) -> Self {
        Self {
            by: row.aspect.name(),
            class: row.class,
            whole_pictures: ExactFigures::of(row.whole),
            crops: ExactFigures::of(row.crops),
        }
    }
}

impl DetectorFigures {
    /// Nothing where the detector was not asked, because all pictures are crops.
    fn of(score: DetectorScore) -> Option<Self> {
        (score.plates + score.complete_pictures > 0).then(|| Self {
            plates: score.plates,
            found_at_iou_0_5: score.found,
            found_at_all: score.touched,
            mean_iou: rounded(score.mean_overlap(), 3),
            extra_detections: score.extra,
            complete_pictures: score.complete_pictures,
            boxes_of_text: score.text_boxes,
        })
    }
}

impl WrongReadFigures {
    fn of(results: &[SetResult]) -> Self {
        let [whole, crops] = PictureKind::ALL.map(|kind| WrongReads::of(pictures_of(results, kind)));
        let counts = |Wrong { wrong, readings }: Wrong| WrongCounts { wrong, readings };
        let both = |rule: String, whole: Wrong, crops: Wrong| WrongFigures {
            rule,
            whole_pictures: counts(whole),
            crops: counts(crops),
        };
        Self {
            published_alone: both(published_alone_rule(), whole.published_alone, crops.published_alone),
            voting: both(voting_rule(), whole.voting, crops.voting),
        }
    }
}

impl CalibrationOf {
    fn of(calibration: &Calibration) -> Self {
        let bins = calibration.filled().map(|(from, to, bin)| BinFigures {
            from: rounded(from, 4),
            to: rounded(to, 4),
            count: bin.count,
            right: bin.right,
            mean_confidence: rounded(bin.mean_confidence(), 4),
        });
        Self { expected_error: calibration.expected_error().map(|error| rounded(error, 4)), bins: bins.collect() }
    }
}

impl ConfusionFigures {
    fn of(confusions: &Confusions) -> Self {
        let confused = |((truth, read), count): (Pair, usize)| ConfusedCharacter { truth, read, count };
        let characters = confusions.ranked().into_iter().map(confused).collect();
        Self { characters, garbled_misreads: confusions.garbled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::detection::Found;
    use crate::evaluation::samples::{outcome, picture_result, reading, set_result};
    use crate::evaluation::score::PlateOutcome;

    #[test]
    fn the_json_has_the_fields_that_programs_read() {
        let exact = outcome("34A36837", Some("34A36837"));
        let found = Some(Found { corners: reading("A1", 1.0).corners, overlap: 0.75 });
        let misread = PlateOutcome { found, ..outcome("51F38385", Some("51F8838")) };
        let mut picture = picture_result(vec![exact, misread], vec![]);
        picture.outcome.extra_detections = 1;
        picture.milliseconds = 101.25;
        let mut crop = picture_result(vec![outcome("34A36837", Some("34A36837"))], vec![]);
        crop.picture.crop = true;
        let sets = [set_result("vn_mixed", vec![picture]), set_result("vn_crops", vec![crop])];
        insta::assert_json_snapshot!(Figures::of(&sets));
    }
}
