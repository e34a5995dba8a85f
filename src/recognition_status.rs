//! How recognition fares, for whoever reports it: written by its thread, read by anyone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::picture_quality::{PictureQuality, PlateHeights, ViewState};
use crate::plate::CameraName;
use crate::pulse::Pulse;

/// Recognition's counters. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct RecognitionStatus {
    record: Arc<Mutex<Record>>,
    pulse: Pulse,
}

#[derive(Debug, Default)]
struct Record {
    cameras: BTreeMap<CameraName, CameraRecord>,
    /// How long the last frames took.
    durations: VecDeque<Duration>,
}

#[derive(Debug, Default)]
struct CameraRecord {
    analysed: u64,
    heights: PlateHeights,
    view: Option<ViewState>,
    quality: Option<PictureQuality>,
}

/// What is known of a camera's pictures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PicturesReport {
    /// Frames that were analysed since the start.
    pub analysed: u64,
    /// What the camera sees; absent for recordings, and before the first picture.
    pub view: Option<ViewState>,
    /// How its pictures look.
    pub quality: Option<PictureQuality>,
    /// The usual height of a plate, in pixels.
    pub plate_height_px: Option<f32>,
}

/// Enough for a 99th percentile that means something: some minutes.
const MOST_DURATIONS: usize = 1000;

impl RecognitionStatus {
    /// The signs of life of its thread.
    #[must_use]
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// A frame was analysed, with plates of these heights in it.
    pub fn analysed(&self, camera: &CameraName, took: Duration, plate_heights: &[f32]) {
        let mut record = self.lock();
        if record.durations.len() == MOST_DURATIONS {
            record.durations.pop_front();
        }
        record.durations.push_back(took);
        let camera = record.of(camera);
        camera.analysed += 1;
        plate_heights.iter().for_each(|height| camera.heights.add(*height));
    }

    /// What a camera sees, and how its pictures look.
    pub fn viewed(&self, camera: &CameraName, view: ViewState, quality: Option<PictureQuality>) {
        let mut record = self.lock();
        let camera = record.of(camera);
        (camera.view, camera.quality) = (Some(view), quality);
    }

    /// A camera is not there any more, or begins anew.
    pub fn forget(&self, camera: &CameraName) {
        self.lock().cameras.remove(camera);
    }

    /// What is known of a camera's pictures.
    #[must_use]
    pub fn pictures(&self, camera: &CameraName) -> PicturesReport {
        let record = self.lock();
        let Some(camera) = record.cameras.get(camera) else { return PicturesReport::default() };
        PicturesReport {
            analysed: camera.analysed,
            view: camera.view,
            quality: camera.quality,
            plate_height_px: camera.heights.usual(),
        }
    }

    /// Of the last thousand frames, this share took no longer; absent before the first.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a thousand"
    )]
    pub fn took_at_most(&self, share: f64) -> Option<Duration> {
        let mut durations: Vec<_> = self.lock().durations.iter().copied().collect();
        let last = durations.len().checked_sub(1)?;
        let index = (last as f64 * share.clamp(0.0, 1.0)).round() as usize;
        Some(*durations.select_nth_unstable(index).1)
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn of(&mut self, camera: &CameraName) -> &mut CameraRecord {
        self.cameras.entry(camera.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_thousand_frames() {
        let (status, camera) = (RecognitionStatus::default(), CameraName::try_from("c").expect("a name"));
        assert_eq!(status.took_at_most(0.5), None);
        for ms in 0..2000 {
            status.analysed(&camera, Duration::from_millis(ms), &[]);
        }
        assert_eq!(status.took_at_most(0.0), Some(Duration::from_millis(1000)));
        assert_eq!(status.took_at_most(0.99), Some(Duration::from_millis(1989)));
        assert_eq!(status.pictures(&camera).analysed, 2000);
    }
}
