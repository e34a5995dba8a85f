//! What the zone's shape tells of distances: a lane is equally wide everywhere, so where it looks half as wide it is twice as
//! far away, and how fast it widens from row to row tells how high the camera is.
//!
//! On a flat road seen by a camera that looks down a little, a point `d` metres ahead is `f·h/d` pixels below the horizon
//! (`f` the focal length, `h` the camera's height), and a lane of width `W` is `f·W/d` wide there. So its width grows by `W/h`
//! with each row.

use super::grid::Grid;

/// How far away each row is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Road {
    /// Share of the lane's length that each row covers; together 1.
    shares: Vec<f32>,
    perspective: Option<Perspective>,
}

/// Known where the zone narrows with distance.
#[derive(Debug, Clone, PartialEq)]
struct Perspective {
    /// Distance of each row's upper edge, and of the last one's lower edge, in metres.
    edges_m: Vec<f32>,
    /// How high the camera is, in metres.
    height_m: f32,
}

/// Usual width of a lane at a gate (TCVN 4054:2005 and JTG B01-2014 have 3.5 to 3.75 m).
const LANE_WIDTH_M: f32 = 3.5;
/// The zone narrows by at least this much from near to far, or nothing is said about distances.
const LEAST_NARROWING: f32 = 1.25;
/// Rows beyond this many times the nearest distance count no longer: near the horizon a row is endless.
const FARTHEST: f32 = 8.0;
/// Height at which plates are, as a rule.
const PLATE_HEIGHT_M: f32 = 0.6;
/// Length and height of a vehicle between a car and a lorry, for what stands behind it and cannot be seen.
const VEHICLE: (f32, f32) = (8.0, 3.0);
/// And of a small car.
const CAR: (f32, f32) = (4.2, 1.45);
/// Camera heights that are believed.
const HEIGHTS_M: (f32, f32) = (1.0, 12.0);

impl Road {
    /// Of the rows of `grid` in pictures of this width, and of the lane's true length, if the operator tells it.
    pub(super) fn of(grid: &Grid, picture_width: f32, length_m: Option<f32>) -> Self {
        let rows = grid.rows().len();
        let flat = || Self { shares: vec![1.0 / rows.max(1) as f32; rows], perspective: None };
        let Some((slope, horizon)) = widening(grid, picture_width) else { return flat() };
        let step = grid.small_step() * super::grid::SMALL as f32;
        let below_horizon = |row: usize| grid.top() + row as f32 * step - horizon;
        let nearest = below_horizon(rows);
        if below_horizon(0) <= 0.0 && nearest <= 0.0 {
            return flat();
        }
        let height_m = (LANE_WIDTH_M / slope).clamp(HEIGHTS_M.0, HEIGHTS_M.1);
        // Without a length: 52 degrees from left to right, an ordinary gate camera.
        let mut scale = picture_width * height_m;
        let distance = |row: usize| 1.0 / below_horizon(row).max(nearest / FARTHEST);
        if let Some(length) = length_m {
            scale = length / (distance(0) - distance(rows)).max(f32::MIN_POSITIVE);
        }
        let edges_m: Vec<f32> = (0..=rows).map(|row| distance(row) * scale).collect();
        let all = (edges_m[0] - edges_m[rows]).max(f32::MIN_POSITIVE);
        let shares = edges_m.windows(2).map(|edge| (edge[0] - edge[1]) / all).collect();
        Self { shares, perspective: Some(Perspective { edges_m, height_m }) }
    }

    /// Share of the lane's length that a row covers.
    pub(super) fn share(&self, row: usize) -> f32 {
        self.shares.get(row).copied().unwrap_or(0.0)
    }

    /// Length of the road that these rows cover, in metres, if that can be told.
    pub(super) fn length_m(&self, rows: std::ops::Range<usize>) -> Option<f32> {
        let edges = &self.perspective.as_ref()?.edges_m;
        Some(edges.get(rows.start)? - edges.get(rows.end)?)
    }

    /// Distance of the far and of the near end of these rows.
    pub(super) fn ends_m(&self, rows: &std::ops::Range<usize>) -> Option<(f32, f32)> {
        let edges = &self.perspective.as_ref()?.edges_m;
        Some((*edges.get(rows.start)?, *edges.get(rows.end)?))
    }

    /// Distance of the front of a vehicle whose plate is seen in this row: a plate hangs above the road.
    pub(super) fn plate_at_m(&self, row: usize) -> Option<f32> {
        let Perspective { edges_m, height_m } = self.perspective.as_ref()?;
        Some(edges_m.get(row + 1)? * (height_m - PLATE_HEIGHT_M).max(0.1) / height_m)
    }

    /// How far a vehicle between a car and a lorry, whose near end is at `front_m`, hides the road.
    pub(super) fn hidden_until_m(&self, front_m: f32) -> f32 {
        self.shadow_m(front_m, VEHICLE)
    }

    /// How far at least any car does.
    pub(super) fn hidden_by_a_car_until_m(&self, front_m: f32) -> f32 {
        self.shadow_m(front_m, CAR)
    }

    fn shadow_m(&self, front_m: f32, (length_m, vehicle_m): (f32, f32)) -> f32 {
        match &self.perspective {
            Some(Perspective { height_m, .. }) if *height_m > vehicle_m => {
                (front_m + length_m) * height_m / (height_m - vehicle_m)
            }
            // It reaches above the horizon.
            _ => f32::INFINITY,
        }
    }
}

/// By how much the zone widens from pixel row to pixel row, and where it would have no width: a least-squares line through
/// the rows' widths.
fn widening(grid: &Grid, picture_width: f32) -> Option<(f32, f32)> {
    // Where the lane leaves the picture on a side, it is wider than it looks.
    let rows: Vec<_> = grid.rows().iter().filter(|row| grid.is_whole(row, picture_width)).collect();
    let count = rows.len() as f32;
    let (y, width) = (
        rows.iter().map(|row| row.y).sum::<f32>() / count.max(1.0),
        rows.iter().map(|row| row.width).sum::<f32>() / count.max(1.0),
    );
    let spread = rows.iter().map(|row| (row.y - y).powi(2)).sum::<f32>();
    let slope = rows.iter().map(|row| (row.y - y) * (row.width - width)).sum::<f32>() / spread.max(f32::MIN_POSITIVE);
    let (first, last) = (rows.first()?.y, rows.last()?.y);
    let at = |place: f32| width + slope * (place - y);
    let narrows = at(last) >= LEAST_NARROWING * at(first) && slope > 0.0 && rows.len() >= 4;
    narrows.then(|| (slope, y - width / slope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Polygon};

    fn road(points: &[(f32, f32)], length_m: Option<f32>) -> (Road, usize) {
        let zone = Polygon::new(points.iter().map(|(x, y)| Point::new(*x, *y)).collect()).expect("it has an area");
        let grid = Grid::over(&zone);
        (Road::of(&grid, 1280.0, length_m), grid.rows().len())
    }

    /// A lane of 3.5 m seen from 4 m above with a focal length of 1280 pixels, from 10 to 40 m ahead; the horizon is at 100.
    fn lane() -> Vec<(f32, f32)> {
        let at = |ahead: f32, side: f32| (640.0 + side * 1.75 * 1280.0 / ahead, 100.0 + 4.0 * 1280.0 / ahead);
        vec![at(40.0, -1.0), at(40.0, 1.0), at(10.0, 1.0), at(10.0, -1.0)]
    }

    #[test]
    fn a_zone_that_narrows_tells_how_far_away_its_rows_are() {
        let (road, rows) = road(&lane(), None);
        let (far, near) = road.ends_m(&(0..rows)).expect("it narrows");
        assert!((far - 40.0).abs() < 6.0 && (near - 10.0).abs() < 1.0, "{far} {near}");
        assert!((road.perspective.as_ref().expect("it narrows").height_m - 4.0).abs() < 0.4, "{road:?}");
        assert!(road.share(0) > 4.0 * road.share(rows - 1), "a far row covers more of the road");
    }

    #[test]
    fn a_length_that_the_operator_tells_is_believed() {
        let (road, rows) = road(&lane(), Some(24.0));
        assert!((road.length_m(0..rows).expect("it narrows") - 24.0).abs() < 0.01);
    }

    #[test]
    fn a_zone_as_wide_everywhere_tells_nothing_of_distances() {
        let (road, rows) = road(&[(0.0, 0.0), (640.0, 0.0), (640.0, 480.0), (0.0, 480.0)], Some(20.0));
        assert_eq!(road.length_m(0..rows), None);
        assert!((road.share(0) * rows as f32 - 1.0).abs() < 1e-4);
    }
}
