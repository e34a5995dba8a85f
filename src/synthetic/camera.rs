//! A camera of a film: what it looks at, and the zones of its lanes in its picture.

use crate::geometry::{Point, Polygon};

use super::scenario::{Camera, Scenario, Sees};
use super::stage::{Hanging, Thing};
use super::vehicle::Side;
use super::view::{Mounting, View};

/// A camera that watches one or several lanes.
#[derive(Debug, Clone)]
pub struct FilmCamera {
    /// Its name.
    pub name: String,
    /// How it sees.
    pub view: View,
    /// What it watches.
    pub lanes: Vec<LaneView>,
    /// -1 if it looks at the faces of who comes in, else 1.
    pub facing: f32,
}

/// A lane as one camera sees it: a lane of a config.
#[derive(Debug, Clone)]
pub struct LaneView {
    /// The lane's name in the config: the road lane's own for the first camera that watches it, with the camera's name behind it
    /// for the others.
    pub name: String,
    /// Index of the road's lane.
    pub lane: usize,
    /// The zone in the picture.
    pub zone: Polygon,
    /// The zone on the road: from where to where along it.
    pub along_m: [f32; 2],
    /// Whether vehicles of the lane drive towards the camera.
    pub approaching: bool,
}

/// How a plate is seen by a camera.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenPlate {
    /// Where it hangs.
    pub hanging: Hanging,
    /// Its corners in the picture, clockwise from the text's upper left.
    pub corners: [Point; 4],
    /// Whether all corners are in the picture.
    pub whole: bool,
    /// How much of it nothing hides, 0 to 1.
    pub shown: f32,
    /// How far it moves in the picture while that is exposed.
    pub blur_px: f32,
}

impl FilmCamera {
    /// The cameras of a scenario.
    #[must_use]
    pub fn all(scenario: &Scenario) -> Vec<Self> {
        let mut seen: Vec<&str> = Vec::new();
        let mut cameras = Vec::new();
        for camera in &scenario.camera {
            cameras.push(Self::new(scenario, camera, &seen));
            seen.extend(camera.lanes.iter().map(String::as_str));
        }
        cameras
    }

    fn new(scenario: &Scenario, camera: &Camera, already_seen: &[&str]) -> Self {
        let facing = if camera.sees == Sees::Fronts { -1.0 } else { 1.0 };
        let view = View::new(Mounting {
            eye: [camera.across_m, camera.height_m, camera.along_m],
            facing,
            pan: camera.pan_deg.to_radians(),
            tilt: camera.tilt_deg.to_radians(),
            focal_px: camera.focal_px,
            size_px: [scenario.picture.width_px, scenario.picture.height_px],
        });
        let mut own = Self { name: camera.name.clone(), view, lanes: Vec::new(), facing };
        for name in &camera.lanes {
            let lane = scenario.lane.iter().position(|lane| lane.name == *name).expect("the scenario was checked");
            let along = camera.zone_m.map(|ahead| camera.along_m + facing * ahead);
            let Some(zone) = own.zone(scenario, lane, along) else { continue };
            let taken = already_seen.contains(&name.as_str());
            let leads_in = scenario.lane[lane].direction == super::scenario::Way::In;
            own.lanes.push(LaneView {
                name: if taken { format!("{name}-{}", camera.name) } else { name.clone() },
                lane,
                zone,
                along_m: [along[0].min(along[1]), along[0].max(along[1])],
                approaching: leads_in == (camera.sees == Sees::Fronts),
            });
        }
        own
    }

    /// A lane's zone: where plates are on it, from the near to the far end.
    fn zone(&self, scenario: &Scenario, lane: usize, [near, far]: [f32; 2]) -> Option<Polygon> {
        // Plates hang from 0.3 to 1 m above the road.
        const LOW_M: f32 = 0.3;
        const HIGH_M: f32 = 1.0;
        let lane = &scenario.lane[lane];
        let (left, right) = (lane.across_m - lane.width_m / 2.0, lane.across_m + lane.width_m / 2.0);
        let corners = [[left, LOW_M, near], [right, LOW_M, near], [right, HIGH_M, far], [left, HIGH_M, far]];
        let outline: Vec<Point> = corners.iter().filter_map(|corner| self.view.project(*corner)).collect();
        Polygon::new(clipped(outline, self.view.size_px.map(|px| px as f32)))
    }

    /// Where in the picture a zone is, as shares of its width and height.
    #[must_use]
    pub fn zone_shares(&self, lane: &LaneView) -> Vec<[f32; 2]> {
        let [width, height] = self.view.size_px.map(|px| px as f32);
        let share = |value: f32, of: f32| (value / of).clamp(0.0, 1.0);
        lane.zone.points().iter().map(|point| [share(point.x, width), share(point.y, height)]).collect()
    }

    /// How a plate is seen among `things`; `None` if it is turned away, behind the camera or too far outside the picture.
    #[must_use]
    pub fn see(&self, hanging: &Hanging, things: &[Thing], exposure_s: f32) -> Option<SeenPlate> {
        let eye = self.view.eye();
        let face = &hanging.face;
        // A face's left is left only from its front.
        let towards = face.across[0] * self.facing > 0.0 && (eye[2] - face.corner[2]) * self.facing < 0.0;
        if !towards {
            return None;
        }
        let [lower_left, lower_right, upper_right, upper_left] = face.corners().map(|corner| self.view.project(corner));
        let corners = [upper_left?, upper_right?, lower_right?, lower_left?];
        let whole = corners.iter().all(|corner| self.view.holds(*corner));
        let moved = face.moved(hanging.velocity.map(|speed| speed * exposure_s));
        let blur_px = self.view.project(moved.at(0.5, 0.5))?.distance(self.view.project(face.at(0.5, 0.5))?);
        Some(SeenPlate { hanging: *hanging, corners, whole, shown: self.shown(hanging, things), blur_px })
    }

    /// The share of a plate that nothing hides: looked up at 9 by 3 points.
    fn shown(&self, hanging: &Hanging, things: &[Thing]) -> f32 {
        const COLUMNS: u8 = 9;
        const ROWS: u8 = 3;
        let eye = self.view.eye();
        let mut free = 0_u8;
        for column in 0..COLUMNS {
            for row in 0..ROWS {
                let share = |index: u8, of: u8| (f32::from(index) + 0.5) / f32::from(of);
                let place = hanging.face.at(share(column, COLUMNS), share(row, ROWS));
                free += u8::from(!things.iter().any(|thing| thing.solid.hides(place, eye)));
            }
        }
        f32::from(free) / f32::from(COLUMNS * ROWS)
    }

    /// Whether plates at this end of a vehicle with this heading are turned to the camera.
    #[must_use]
    pub fn looks_at(&self, end: Side, heading: f32) -> bool {
        (end == Side::Front) == (heading * self.facing < 0.0)
    }
}

impl SeenPlate {
    /// Its height in the picture: the mean of its left and right edge.
    #[must_use]
    pub fn height_px(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        f32::midpoint(a.distance(d), b.distance(c))
    }

    /// Its middle in the picture.
    #[must_use]
    pub fn centre(&self) -> Point {
        crate::geometry::Quad(self.corners).centre()
    }
}

/// An outline cut to the picture (Sutherland and Hodgman 1974).
fn clipped(outline: Vec<Point>, [width, height]: [f32; 2]) -> Vec<Point> {
    // Inside is where the distance from an edge of the picture is not negative.
    let edges: [fn(Point, f32, f32) -> f32; 4] =
        [|p, _, _| p.x, |p, _, _| p.y, |p, width, _| width - p.x, |p, _, height| height - p.y];
    edges.into_iter().fold(outline, |outline, edge| {
        let mut kept = Vec::new();
        for (index, from) in outline.iter().enumerate() {
            let to = outline[(index + 1) % outline.len()];
            let (a, b) = (edge(*from, width, height), edge(to, width, height));
            if a >= 0.0 {
                kept.push(*from);
            }
            if (a >= 0.0) != (b >= 0.0) {
                kept.push(from.towards(to, a / (a - b)));
            }
        }
        kept
    })
}
