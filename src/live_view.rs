//! What is followed in each lane right now, for whoever watches: put there by recognition, taken by anyone.
//!
//! It holds one view of each lane, and the looks of the last plates in it. Not here: pictures (`newest_frames`), and what passed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::Zone;
use crate::frame::Moment;
use crate::plate::{CameraName, LaneName};
use crate::tracking::{SeenTrack, line_height};

/// What is followed in each lane. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct LiveView(Arc<Mutex<Vec<LaneView>>>);

/// One lane.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneView {
    /// Its name.
    pub lane: LaneName,
    /// The camera that watches it.
    pub camera: CameraName,
    /// Its zone.
    pub zone: Zone,
    /// What was seen in its newest frame; none before the first.
    pub scene: Option<Scene>,
    /// How the last plates looked, the newest last.
    pub looks: VecDeque<PlateLook>,
}

/// What was seen in a frame of a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// When the frame was taken.
    pub at: Moment,
    /// The frame's width and height, in pixels.
    pub size: (u32, u32),
    /// The plates that are followed.
    pub tracks: Vec<SeenTrack>,
}

/// How a plate looked when it was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlateLook {
    /// How high a line on it is, in pixels of the frame.
    pub line_height_px: f32,
    /// How far its upper edge is from level, in degrees; positive where it falls to the right.
    pub lean_degrees: f32,
}

/// Looks of a lane that are kept: some vehicles, at ten looks each.
const MOST_LOOKS: usize = 128;

impl LiveView {
    /// Lanes of which nothing was seen yet.
    #[must_use]
    pub fn of(lanes: impl IntoIterator<Item = (LaneName, CameraName, Zone)>) -> Self {
        let view = Self::default();
        view.replace_lanes(lanes);
        view
    }

    /// These are the lanes from now on. Those that are as they were keep what was seen of them.
    pub fn replace_lanes(&self, lanes: impl IntoIterator<Item = (LaneName, CameraName, Zone)>) {
        let mut views = self.views();
        let mut before: BTreeMap<LaneName, LaneView> = views.drain(..).map(|view| (view.lane.clone(), view)).collect();
        views.extend(lanes.into_iter().map(|(lane, camera, zone)| {
            let same = before.remove(&lane).filter(|view| view.camera == camera && view.zone == zone);
            same.unwrap_or_else(|| LaneView { lane, camera, zone, scene: None, looks: VecDeque::new() })
        }));
    }

    /// Puts what was seen of `lane` in the place of what was seen before.
    pub fn put(&self, lane: &LaneName, scene: Scene) {
        let mut views = self.views();
        let Some(view) = views.iter_mut().find(|view| view.lane == *lane) else { return };
        let seen_now = scene.tracks.iter().filter(|track| track.last_seen == scene.at && track.read.is_some());
        view.looks.extend(seen_now.map(PlateLook::of));
        let surplus = view.looks.len().saturating_sub(MOST_LOOKS);
        view.looks.drain(..surplus);
        view.scene = Some(scene);
    }

    /// These are followed now, although no newer frame has come.
    pub fn replace_tracks(&self, lane: &LaneName, tracks: Vec<SeenTrack>) {
        let mut views = self.views();
        let scene = views.iter_mut().find(|view| view.lane == *lane).and_then(|view| view.scene.as_mut());
        if let Some(scene) = scene {
            scene.tracks = tracks;
        }
    }

    /// The lane of this name.
    #[must_use]
    pub fn lane(&self, name: &str) -> Option<LaneView> {
        self.views().iter().find(|view| view.lane.as_str() == name).cloned()
    }

    /// Every lane with its camera, in the order of the config.
    #[must_use]
    pub fn lanes(&self) -> Vec<(LaneName, CameraName)> {
        self.views().iter().map(|view| (view.lane.clone(), view.camera.clone())).collect()
    }

    fn views(&self) -> MutexGuard<'_, Vec<LaneView>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PlateLook {
    fn of(track: &SeenTrack) -> Self {
        let [left, right, ..] = track.corners.0;
        let lean = (right.y - left.y).atan2(right.x - left.x);
        Self { line_height_px: line_height(&track.corners), lean_degrees: lean.to_degrees() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::geometry::{BoundingBox, Point, Quad};
    use crate::passage::TrackId;
    use crate::plate::Confidence;
    use crate::tracking::ReadSoFar;

    fn lane(name: &str) -> (LaneName, CameraName, Zone) {
        let camera = CameraName::try_from("c").expect("a name");
        (LaneName::try_from(name).expect("a name"), camera, Zone::whole_picture())
    }

    fn scene(seconds: u64) -> Scene {
        let at = Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::from_secs(seconds) };
        let corner = |x, y| Point::new(x, y);
        let read = ReadSoFar {
            text: "12C12345".into(),
            display: "12C-123.45".into(),
            confidence: Confidence::ONE,
            per_character: vec![Confidence::ONE; 8],
            settled: true,
        };
        let corners = Quad([corner(0.0, 0.0), corner(100.0, 100.0), corner(80.0, 120.0), corner(-20.0, 20.0)]);
        let seen = SeenTrack { id: TrackId(1), corners, last_seen: at, reads: 1, read: Some(read) };
        let gone = Moment { elapsed: Duration::ZERO, ..at };
        Scene { at, size: (640, 480), tracks: vec![seen.clone(), SeenTrack { last_seen: gone, ..seen }] }
    }

    #[test]
    fn only_what_is_seen_now_is_a_look_and_looks_are_bounded() {
        let view = LiveView::of([lane("in-1")]);
        (1..=1000).for_each(|seconds| view.put(&lane("in-1").0, scene(seconds)));
        let looks = view.lane("in-1").expect("it is there").looks;
        assert_eq!(looks.len(), MOST_LOOKS);
        assert!((looks[0].lean_degrees - 45.0).abs() < 0.01, "{looks:?}");
    }

    #[test]
    fn of_a_plate_with_two_lines_one_line_counts() {
        let box_of = |width: f32| BoundingBox { left: 0.0, top: 0.0, right: width, bottom: 40.0 };
        let looks = [160.0, 60.0].map(|width| {
            let track = &scene(1).tracks[0];
            PlateLook::of(&SeenTrack { corners: Quad::from_box(box_of(width)), ..track.clone() }).line_height_px
        });
        assert_eq!(looks, [40.0, 20.0]);
    }

    #[test]
    fn lanes_that_change_forget_and_others_keep_what_was_seen() {
        let view = LiveView::of([lane("in-1"), lane("in-2")]);
        for name in ["in-1", "in-2", "in-9"] {
            view.put(&lane(name).0, scene(1));
        }
        let changed = Zone::try_from([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]].as_slice()).expect("a zone");
        view.replace_lanes([lane("in-2"), (lane("in-1").0, lane("in-1").1, changed)]);
        let names: Vec<_> = view.lanes().iter().map(|(lane, _)| lane.to_string()).collect();
        assert_eq!(names, ["in-2", "in-1"]);
        let seen = |name| view.lane(name).map(|lane| lane.scene.is_some());
        assert_eq!((seen("in-1"), seen("in-2"), seen("in-9")), (Some(false), Some(true), None));
    }
}
