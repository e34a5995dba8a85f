//! Whether a lane's camera is set up so that plates can be read: what was measured, what is wanted, and which advice fits. The words
//! of the advice are the page's, in its languages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Console;
use super::error::{Answer, ApiError};
use crate::live_view::PlateLook;
use crate::picture_quality::{PictureQuality, measure};
use crate::publish::event_maker::rounded;
use crate::publish::health::{CameraHealth, View};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Check {
    check: &'static str,
    /// What was measured: a number, or the word for what the camera sees; null where nothing was yet.
    value: Option<Value>,
    unit: &'static str,
    verdict: Verdict,
    wanted: &'static str,
    /// Which advice fits; null where all is well.
    advice: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Value {
    Number(f64),
    Seen(View),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Good,
    Poor,
    Bad,
    Unknown,
}

/// What is looked at, and from where to where it is good, and poor. What is outside of both is bad.
struct Measure {
    check: &'static str,
    unit: &'static str,
    wanted: &'static str,
    digits: i32,
    good: std::ops::RangeInclusive<f32>,
    poor: std::ops::RangeInclusive<f32>,
    below: &'static str,
    above: &'static str,
}

const ENDLESS: f32 = f32::INFINITY;

/// Of one line. Characters in a line of 20 pixels have 14, which every model reads; of 12 pixels some are guessed.
const PLATE_HEIGHT: Measure = Measure {
    check: "plate_height",
    unit: "px",
    wanted: "≥ 20 px",
    digits: 1,
    good: 20.0..=ENDLESS,
    poor: 12.0..=ENDLESS,
    below: "plates_too_small",
    above: "plates_too_small",
};
/// Pictures in focus have 0.6 and more; traffic is counted badly below 0.35.
const SHARPNESS: Measure = Measure {
    check: "sharpness",
    unit: "",
    wanted: "≥ 0.5",
    digits: 2,
    good: 0.5..=ENDLESS,
    poor: 0.35..=ENDLESS,
    below: "blurred",
    above: "blurred",
};
/// Pictures of real gates have 50 to 150 by day and 22 in a dark night; 20 counts as dark.
const BRIGHTNESS: Measure = Measure {
    check: "brightness",
    unit: "",
    wanted: "40–200",
    digits: 0,
    good: 40.0..=200.0,
    poor: 20.0..=230.0,
    below: "too_dark",
    above: "too_bright",
};
/// Pictures of real gates have 130 and more; fog and a low sun leave less than 60.
const CONTRAST: Measure = Measure {
    check: "contrast",
    unit: "",
    wanted: "≥ 100",
    digits: 0,
    good: 100.0..=ENDLESS,
    poor: 60.0..=ENDLESS,
    below: "low_contrast",
    above: "low_contrast",
};
/// Plates that lean more lose height to the reader's upright view of them.
const ANGLE: Measure = Measure {
    check: "angle",
    unit: "°",
    wanted: "≤ 15°",
    digits: 0,
    good: 0.0..=15.0,
    poor: 0.0..=30.0,
    below: "too_slanted",
    above: "too_slanted",
};
/// A lorry at 30 km/h is in the zone for about a second; its plate must be read at least twice.
const FRAME_RATE: Measure = Measure {
    check: "frame_rate",
    unit: "fps",
    wanted: "≥ 8 fps",
    digits: 1,
    good: 8.0..=ENDLESS,
    poor: 4.0..=ENDLESS,
    below: "too_few_pictures",
    above: "too_few_pictures",
};

impl Measure {
    fn judge(&self, value: Option<f32>, until_then: Option<&'static str>) -> Check {
        let verdict = match value {
            None => Verdict::Unknown,
            Some(value) if self.good.contains(&value) => Verdict::Good,
            Some(value) if self.poor.contains(&value) => Verdict::Poor,
            Some(_) => Verdict::Bad,
        };
        let advice = match value {
            None => until_then,
            Some(_) if verdict == Verdict::Good => None,
            Some(value) if value < *self.good.start() => Some(self.below),
            Some(_) => Some(self.above),
        };
        Check {
            check: self.check,
            value: value.map(|value| Value::Number(rounded(f64::from(value), self.digits))),
            unit: self.unit,
            verdict,
            wanted: self.wanted,
            advice,
        }
    }
}

/// What is known of a lane's pictures.
#[derive(Debug, Default)]
struct Known<'a> {
    looks: Vec<PlateLook>,
    quality: Option<PictureQuality>,
    camera: Option<&'a CameraHealth>,
}

impl Known<'_> {
    fn checks(&self) -> Vec<Check> {
        let usual = |value: fn(&PlateLook) -> f32| median(self.looks.iter().map(value).collect());
        let quality = self.quality;
        vec![
            PLATE_HEIGHT.judge(usual(|look| look.line_height_px), Some("wait_for_vehicles")),
            SHARPNESS.judge(quality.map(|quality| quality.sharpness), None),
            BRIGHTNESS.judge(quality.map(|quality| quality.brightness), None),
            CONTRAST.judge(quality.map(|quality| quality.contrast), None),
            ANGLE.judge(usual(|look| look.lean_degrees.abs()), Some("wait_for_vehicles")),
            FRAME_RATE.judge(self.frame_rate(), None),
            view(self.camera.and_then(|camera| camera.view)),
        ]
    }

    /// Unknown before the first report with frames in it.
    #[expect(clippy::cast_possible_truncation, reason = "no camera gives 2^24 frames a second")]
    fn frame_rate(&self) -> Option<f32> {
        self.camera.filter(|camera| camera.fps_in > 0.0).map(|camera| camera.fps_in as f32)
    }
}

fn view(seen: Option<View>) -> Check {
    let (verdict, advice) = match seen {
        None => (Verdict::Unknown, None),
        Some(View::Good) => (Verdict::Good, None),
        Some(View::Dark) => (Verdict::Bad, Some("view_dark")),
        Some(View::Blind) => (Verdict::Bad, Some("view_blind")),
        Some(View::Frozen) => (Verdict::Bad, Some("view_frozen")),
        Some(View::Moved) => (Verdict::Bad, Some("view_moved")),
    };
    Check { check: "view", value: seen.map(Value::Seen), unit: "", verdict, wanted: "", advice }
}

/// The value in the middle; none of none.
fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

pub(super) async fn get(State(console): State<Arc<Console>>, Path(lane): Path<String>) -> Answer<Response> {
    let view = console.lane(&lane)?;
    let frame = console.parts.frames.of(&view.camera);
    // Of the newest frame itself: whoever turns the camera sees at once what it does.
    let measured = tokio::task::spawn_blocking(move || frame.map(|frame| measure(&frame.image)));
    let quality = measured.await.map_err(ApiError::bug)?;
    let report = console.parts.monitoring.report();
    let cameras = report.iter().flat_map(|report| &report.cameras);
    let camera = cameras.into_iter().find(|camera| camera.name == view.camera.as_str());
    let known = Known { looks: view.looks.into(), quality, camera };
    Ok(Json(serde_json::json!({ "checks": known.checks() })).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::tests::health;

    fn verdicts(known: &Known<'_>) -> Vec<(&'static str, Verdict, Option<&'static str>)> {
        known.checks().iter().map(|check| (check.check, check.verdict, check.advice)).collect()
    }

    #[test]
    fn a_good_camera_needs_no_advice_and_an_unknown_one_is_not_judged() {
        let report = health();
        let look = PlateLook { line_height_px: 31.0, lean_degrees: -4.0 };
        let quality = Some(PictureQuality { brightness: 96.0, contrast: 150.0, sharpness: 0.7 });
        let good = Known { looks: vec![look; 5], quality, camera: report.cameras.first() };
        assert!(good.checks().iter().all(|check| check.verdict == Verdict::Good && check.advice.is_none()), "{good:?}");
        let unknown = Known::default().checks();
        assert!(unknown.iter().all(|check| check.verdict == Verdict::Unknown && check.value.is_none()), "{unknown:?}");
        assert_eq!((unknown.len(), unknown[0].advice), (7, Some("wait_for_vehicles")));
    }

    #[test]
    fn what_is_wrong_is_told_with_the_advice_that_fits() {
        let mut report = health();
        (report.cameras[0].view, report.cameras[0].fps_in) = (Some(View::Moved), 5.0);
        let look = PlateLook { line_height_px: 11.0, lean_degrees: -33.0 };
        let quality = Some(PictureQuality { brightness: 220.0, contrast: 50.0, sharpness: 0.4 });
        let known = Known { looks: vec![look], quality, camera: report.cameras.first() };
        assert_eq!(
            verdicts(&known),
            [
                ("plate_height", Verdict::Bad, Some("plates_too_small")),
                ("sharpness", Verdict::Poor, Some("blurred")),
                ("brightness", Verdict::Poor, Some("too_bright")),
                ("contrast", Verdict::Bad, Some("low_contrast")),
                ("angle", Verdict::Bad, Some("too_slanted")),
                ("frame_rate", Verdict::Poor, Some("too_few_pictures")),
                ("view", Verdict::Bad, Some("view_moved")),
            ]
        );
        let dark = Known { quality: Some(PictureQuality { brightness: 10.0, contrast: 0.0, sharpness: 0.0 }), ..known };
        assert_eq!(verdicts(&dark)[2], ("brightness", Verdict::Bad, Some("too_dark")));
    }
}
