//! The traffic of every lane: feeds the lanes' monitors with frames, tracks and passages, and tells what they find every 10
//! seconds, and at once when the density or the quality of a lane changes.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::config::{LaneConfig, Zone};
use crate::frame::{Frame, Moment};
use crate::passage::Passage;
use crate::picture_quality::{PictureQuality, ViewState};
use crate::plate::{CameraName, LaneName};
use crate::publish::event::Location;
use crate::publish::traffic::{TrafficReport, TrafficSender};
use crate::publish::utc_time::UtcTime;
use crate::tracking::TrackView;
use crate::traffic::{Density, LaneTraffic, Look, PictureFaults, Quality, TrafficMonitor};

/// How often a lane is told of (the contract's figure).
const INTERVAL: Duration = Duration::from_secs(10);
/// Changes come no faster than this.
const LEAST_INTERVAL: Duration = Duration::from_secs(1);
/// Less sharpness is dirt or a wrong focus: the labelled pictures have 0.56 and more, and a camera is blind below 0.1.
const LEAST_SHARPNESS: f32 = 0.35;
/// Less contrast is fog, rain on the lens or a low sun: the labelled pictures have 130 and more, and a camera is blind below 20.
const LEAST_CONTRAST: f32 = 60.0;

/// Watches the traffic in every lane that wants it.
#[derive(Debug)]
pub struct TrafficWatch {
    lanes: Vec<WatchedTraffic>,
    location: Option<Location>,
    reports: TrafficSender,
}

#[derive(Debug)]
struct WatchedTraffic {
    lane: LaneName,
    camera: CameraName,
    zone: Zone,
    location: Option<Location>,
    monitor: TrafficMonitor,
    /// The last frame's time, on the clock of the frames and on that of the process.
    last_frame: Option<(Duration, Duration)>,
    told: Option<Told>,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    at: Duration,
    quality: Quality,
    density: Option<Density>,
}

impl TrafficWatch {
    /// Watches those of `lanes` that want it, at a site that lies at `location`.
    #[must_use]
    pub fn new(lanes: &[LaneConfig], location: Option<Location>, reports: TrafficSender) -> Self {
        let watched = |lane: &LaneConfig| WatchedTraffic::new(lane, location);
        Self { lanes: lanes.iter().filter_map(watched).collect(), location, reports }
    }

    /// From now on these are the lanes. Those that were there and are not in `anew` go on; the others begin.
    pub fn rearrange(&mut self, lanes: &[LaneConfig], anew: &BTreeSet<LaneName>) {
        let mut before = std::mem::take(&mut self.lanes);
        let watched = |lane: &LaneConfig| match before.iter().position(|watched| watched.lane == lane.name) {
            Some(index) if !anew.contains(&lane.name) => Some(before.swap_remove(index)),
            _ => WatchedTraffic::new(lane, self.location),
        };
        self.lanes = lanes.iter().filter_map(watched).collect();
        self.reports.forget_all_but(|lane| self.lanes.iter().any(|watched| watched.lane.as_str() == lane));
    }

    /// What a camera sees, and how its pictures look.
    pub fn viewed(&mut self, camera: &CameraName, view: ViewState, quality: Option<PictureQuality>) {
        let faults = match view {
            ViewState::Dark | ViewState::Blind | ViewState::Frozen => PictureFaults::Blind,
            ViewState::Moved => PictureFaults::Moved,
            ViewState::Good if quality.is_some_and(is_poor) => PictureFaults::Poor,
            ViewState::Good => PictureFaults::None,
        };
        self.lanes.iter_mut().filter(|lane| lane.camera == *camera).for_each(|lane| lane.monitor.note_faults(faults));
    }

    /// Takes a frame, set straight, that came at `elapsed` on the process's clock; `tracks` are those of a lane.
    pub fn frame(&mut self, frame: &Frame, elapsed: Duration, tracks: impl Fn(&LaneName) -> Vec<TrackView>) {
        let (width, height) = frame.image.dimensions();
        for lane in self.lanes.iter_mut().filter(|lane| lane.camera == frame.camera) {
            let at = frame.captured_at.elapsed;
            lane.last_frame = Some((at, elapsed));
            let (zone, tracks) = (lane.zone.in_pixels(width, height), tracks(&lane.lane));
            lane.monitor.observe(Look { image: frame.image.as_ref(), zone: &zone, at, tracks: &tracks });
        }
    }

    /// A vehicle has passed.
    pub fn passed(&mut self, passage: &Passage) {
        self.lanes.iter_mut().filter(|lane| lane.lane == passage.lane).for_each(|lane| lane.monitor.passed(passage));
    }

    /// What is going on in the lane of this name at `elapsed` on the process's clock, if it is watched.
    #[must_use]
    pub fn traffic(&self, lane: &LaneName, elapsed: Duration) -> Option<LaneTraffic> {
        self.lanes.iter().find(|watched| watched.lane == *lane).map(|watched| watched.traffic(elapsed))
    }

    /// Tells what is due at `now` on the process's clock.
    pub fn tell(&mut self, now: Moment) {
        for lane in &mut self.lanes {
            let traffic = lane.traffic(now.elapsed);
            let density = traffic.counts.as_ref().and_then(|counts| counts.density);
            let due = lane.told.is_none_or(|told| {
                let changed = (told.quality, told.density) != (traffic.quality, density);
                now.elapsed.saturating_sub(told.at) >= if changed { LEAST_INTERVAL } else { INTERVAL }
            });
            if due {
                lane.told = Some(Told { at: now.elapsed, quality: traffic.quality, density });
                let at = UtcTime::new(now.wall);
                self.reports.tell(TrafficReport::of(lane.lane.to_string(), lane.location, at, &traffic));
            }
        }
    }
}

impl WatchedTraffic {
    fn new(lane: &LaneConfig, site: Option<Location>) -> Option<Self> {
        let traffic = lane.traffic.as_ref()?;
        Some(Self {
            lane: lane.name.clone(),
            camera: lane.camera.clone(),
            zone: lane.zone.clone(),
            location: traffic.location.or(site),
            monitor: TrafficMonitor::new(traffic.length_m),
            last_frame: None,
            told: None,
        })
    }

    fn traffic(&self, elapsed: Duration) -> LaneTraffic {
        let (frame, came) = self.last_frame.unwrap_or_default();
        self.monitor.at(frame.saturating_add(elapsed.saturating_sub(came)))
    }
}

fn is_poor(quality: PictureQuality) -> bool {
    quality.sharpness < LEAST_SHARPNESS || quality.contrast < LEAST_CONTRAST
}
