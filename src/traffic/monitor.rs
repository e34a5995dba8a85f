//! One lane's traffic, from its camera's pictures, its tracks and its passages.

use std::time::Duration;

use image::RgbImage;

use super::appearance::Appearance;
use super::background::{Cell, Noise};
use super::density::{Classifier, Measured};
use super::flow::{FLOW_WINDOW, Flow, headway};
use super::grid::{Grid, SMALL};
use super::road::Road;
use super::small_picture::SmallPicture;
use super::standing::{Plates, Rows};
use super::stretches::{Stretch, stretches, vehicles};
use super::{Counts, LaneTraffic, Quality};
use crate::geometry::Polygon;
use crate::passage::Passage;
use crate::tracking::TrackView;

/// Watches one lane. Fed every frame of its camera, whether that is analysed or not, it looks at ten a second at most.
/// Frames tell the time; its size does not grow.
#[derive(Debug, Clone, Default)]
pub struct TrafficMonitor {
    length_m: Option<f32>,
    ground: Option<Ground>,
    noise: Option<Noise>,
    plates: Plates,
    flow: Flow,
    tracks: Vec<TrackView>,
    faults: PictureFaults,
    seen: Seen,
    /// Whether the lane has been seen without a break, and since when.
    watched_since: Option<Duration>,
    last_look: Option<Duration>,
    last_clear: Option<Duration>,
    density: Classifier,
}

/// One frame, for one lane.
#[derive(Debug, Clone, Copy)]
pub struct Look<'l> {
    /// The picture, set straight.
    pub image: &'l RgbImage,
    /// The lane's zone in its pixels.
    pub zone: &'l Polygon,
    /// When it was captured, on the clock of the camera's frames.
    pub at: Duration,
    /// The plates that are followed in the lane.
    pub tracks: &'l [TrackView],
}

/// What the camera's watch says of its pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PictureFaults {
    /// Nothing.
    #[default]
    None,
    /// Blurred, or with little contrast: dirt, rain or fog.
    Poor,
    /// Dark, covered or frozen.
    Blind,
    /// The camera was moved: what was learnt of the lane is of another place.
    Moved,
}

/// The lane's cells in pictures of one size.
#[derive(Debug, Clone)]
struct Ground {
    size: (u32, u32),
    zone: Polygon,
    grid: Grid,
    road: Road,
    cells: Vec<Cell>,
    rows: Rows,
    marked: Duration,
}

/// What was found in the last look.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    vehicles: u32,
    standing: u32,
    waits_since: Option<Duration>,
    occupancy: Option<f32>,
    learnt: bool,
}

/// Looks are at least this far apart.
const LOOK_EVERY: Duration = Duration::from_millis(95);
/// What stands is compared with how it looked so long ago.
const MARK_EVERY: Duration = Duration::from_secs(1);
/// Without a picture in which something can be told for so long, the lane is not seen.
const BLIND_AFTER: Duration = Duration::from_secs(10);
/// A plate unseen for longer than this may have left; if its vehicle has not, its pixels tell.
const PLATE_HOLDS: Duration = Duration::from_millis(1500);
/// Share of the cells whose empty look must be known.
const LEAST_LEARNT: usize = 90;
/// More noise than this, in grey levels, is rain, snow, or a camera at the end of its range.
const MUCH_NOISE: f32 = 4.0;
/// What was road has more texture than what is seen there now: something has left that had been taken for road.
const PLAINER: f32 = 0.7;
/// Two plates nearer than this are on one vehicle, in widths and heights: many lorries here carry a Vietnamese and a Chinese
/// one.
const BESIDE: (f32, f32) = (3.0, 1.5);

impl TrafficMonitor {
    /// Nothing was seen yet. The lane in the zone has this length, if the operator tells it.
    #[must_use]
    pub fn new(length_m: Option<f32>) -> Self {
        Self { length_m, ..Self::default() }
    }

    /// What the camera's watch says from now on.
    pub fn note_faults(&mut self, faults: PictureFaults) {
        if self.faults == PictureFaults::Moved && faults != PictureFaults::Moved {
            self.ground = None;
        }
        self.faults = faults;
    }

    /// A vehicle has passed.
    pub fn passed(&mut self, passage: &Passage) {
        self.flow.passed(passage);
    }

    /// Takes the camera's next frame.
    pub fn observe(&mut self, look: Look<'_>) {
        let now = look.at;
        if self.last_look.is_some_and(|last| now < last) {
            // A clock that begins anew: what was timed with the old one says nothing.
            *self = Self { ground: self.ground.take(), faults: self.faults, ..Self::new(self.length_m) };
            self.ground.iter_mut().for_each(|ground| (ground.rows, ground.marked) = (Rows::default(), now));
        }
        let since = self.last_look.map(|last| now - last);
        if since.is_some_and(|since| since < LOOK_EVERY) || self.is_faulty() {
            return;
        }
        self.last_look = Some(now);
        let (length, size) = (self.length_m, look.image.dimensions());
        let same = |ground: &Ground| ground.size == size && ground.zone == *look.zone;
        let mut ground = self.ground.take().filter(same).unwrap_or_else(|| Ground::new(look, length));
        let picture = SmallPicture::of(look.image, &ground.grid);
        if picture.shows_something() {
            if self.last_clear.is_none_or(|last| now.saturating_sub(last) >= BLIND_AFTER) {
                (self.watched_since, self.density) = (Some(now), Classifier::default());
            }
            self.last_clear = Some(now);
            self.take(&mut ground, &picture, look, since.unwrap_or_default());
        }
        self.ground = Some(ground);
    }

    fn take(&mut self, ground: &mut Ground, picture: &SmallPicture, look: Look<'_>, since: Duration) {
        let now = look.at;
        let strange = ground.look(picture, self.noise);
        self.tracks = recent(look.tracks, now);
        // A sign beside the lane, or what the camera writes into its picture, may look like a plate.
        self.tracks.retain(|track| !ground.is_road(track, &strange));
        self.plates.follow(&self.tracks, now);
        let all = stretches(&ground.grid, &ground.road, &strange);
        let found = self.without_gaps(ground, &all, now);
        let rows = ground.grid.rows().len();
        let tracked = |stretch: &Stretch| self.tracks.iter().any(|track| stretch.contains(&ground.row_of(track)));
        let bodies: Vec<(Stretch, bool)> = found.iter().map(|stretch| (stretch.clone(), tracked(stretch))).collect();
        self.flow.follow(&bodies, rows, now);
        if now.saturating_sub(ground.marked) >= MARK_EVERY {
            self.noise = ground.mark(&all, &strange, (self.noise, now));
        }
        if let Some(noise) = self.noise {
            ground.learn(&found, since, noise);
        }
        self.count(ground, &found, now);
        if let Some(occupancy) = self.seen.occupancy {
            let oldest_wait = self.oldest_wait(now);
            let measured = Measured { occupancy, queue: self.seen.standing, oldest_wait };
            self.density.note(measured, now, since);
        }
    }

    /// The stretches without those in which something has left that had been taken for road: they are plainer than that, and
    /// nothing moves in them.
    fn without_gaps(&self, ground: &Ground, all: &[Stretch], now: Duration) -> Vec<Stretch> {
        let has_plate = |stretch: &Stretch| self.tracks.iter().any(|track| stretch.contains(&ground.row_of(track)));
        let plainer = |stretch: &Stretch| self.noise.is_some_and(|noise| ground.is_plainer_than_road(stretch, noise));
        let is_gap = |stretch: &Stretch| ground.rows.stands(stretch.clone(), now).0 && plainer(stretch);
        all.iter().filter(|stretch| has_plate(stretch) || !is_gap(stretch)).cloned().collect()
    }

    fn count(&mut self, ground: &Ground, found: &[Stretch], now: Duration) {
        let single = one_plate_per_vehicle(&self.tracks);
        let (mut vehicles_in_view, mut standing, mut waits_since) = (0_u32, 0_u32, None::<Duration>);
        let mut add = |(stands, since): (bool, Option<Duration>)| {
            vehicles_in_view += 1;
            if stands {
                standing += 1;
                waits_since = waits_since.into_iter().chain(since).min();
            }
        };
        let mut placed = vec![false; single.len()];
        for stretch in found {
            let here: Vec<usize> = (0..single.len()).filter(|n| stretch.contains(&ground.row_of(single[*n]))).collect();
            let rows: Vec<usize> = here.iter().map(|n| ground.row_of(single[*n])).collect();
            let mut waiting = here.clone();
            for (rows, plate) in vehicles(&ground.road, stretch, &rows) {
                let track = plate.and_then(|row| waiting.iter().position(|n| ground.row_of(single[*n]) == row));
                let track = track.map(|index| single[waiting.remove(index)]);
                let by_pixels = ground.rows.stands(rows, now);
                add(track.and_then(|track| self.plates.stands(track.id)).unwrap_or(by_pixels));
            }
            here.iter().for_each(|n| placed[*n] = true);
        }
        for track in single.iter().zip(&placed).filter(|(_, placed)| !**placed).map(|(track, _)| track) {
            add(self.plates.stands(track.id).unwrap_or_default());
        }
        let learnt = ground.learnt_percent() >= LEAST_LEARNT && self.noise.is_some();
        let occupied = || {
            found.iter().flat_map(|stretch| stretch.clone()).map(|row| ground.road.share(row)).fold(0.0, |a, b| a + b)
        };
        let occupancy = learnt.then(|| occupied().clamp(0.0, 1.0));
        self.seen = Seen { vehicles: vehicles_in_view, standing, waits_since, occupancy, learnt };
    }

    /// What is going on at `now`, on the clock of the camera's frames.
    #[must_use]
    pub fn at(&self, now: Duration) -> LaneTraffic {
        let clear = self.last_clear.filter(|last| now.saturating_sub(*last) < BLIND_AFTER);
        let (Some(_), Some(watched_since), false) = (clear, self.watched_since, self.is_faulty()) else {
            return LaneTraffic { quality: Quality::Blind, counts: None };
        };
        let start = now.saturating_sub(FLOW_WINDOW);
        let arrivals = self.flow.arrivals(&self.tracks, start.max(watched_since), now);
        // Nobody knows who came while nobody looked.
        let whole = now.saturating_sub(watched_since) >= FLOW_WINDOW;
        let number = |count: usize| whole.then(|| u32::try_from(count).unwrap_or(u32::MAX));
        let counts = Counts {
            vehicles_in_view: self.seen.vehicles,
            queue_length: self.seen.standing,
            oldest_wait: self.oldest_wait(now),
            arrivals: number(arrivals.len()),
            departures: number(self.flow.departures(start, now)),
            occupancy: self.seen.occupancy,
            headway: headway(&arrivals),
            density: self.seen.occupancy.map(|_| self.density.class()),
        };
        LaneTraffic { quality: self.quality(), counts: Some(counts) }
    }

    fn quality(&self) -> Quality {
        let noisy = self.noise.is_none_or(|noise| noise.level() > MUCH_NOISE);
        if noisy || !self.seen.learnt || self.faults == PictureFaults::Poor { Quality::Degraded } else { Quality::Good }
    }

    fn oldest_wait(&self, now: Duration) -> Duration {
        self.seen.waits_since.map(|since| now.saturating_sub(since)).unwrap_or_default()
    }

    fn is_faulty(&self) -> bool {
        matches!(self.faults, PictureFaults::Blind | PictureFaults::Moved)
    }
}

impl Ground {
    fn new(look: Look<'_>, length_m: Option<f32>) -> Self {
        let grid = Grid::over(look.zone);
        let road = Road::of(&grid, look.image.width() as f32, length_m);
        let cells = vec![Cell::default(); grid.cells()];
        let (size, zone) = (look.image.dimensions(), look.zone.clone());
        Self { size, zone, grid, road, cells, rows: Rows::default(), marked: look.at }
    }

    /// Which cells hold something that the empty lane does not explain.
    fn look(&mut self, picture: &SmallPicture, noise: Option<Noise>) -> Vec<bool> {
        let mut strange = vec![false; self.cells.len()];
        for (index, row) in self.grid.rows().iter().enumerate() {
            for (place, column) in row.columns.iter().enumerate() {
                let seen = Appearance::of(picture, column * SMALL, index * SMALL);
                let cell = &mut self.cells[row.first + place];
                strange[row.first + place] = cell.look(seen, noise);
            }
        }
        strange
    }

    /// Notes which rows have not changed since the last mark, and gives the noise in the others' stead.
    fn mark(&mut self, found: &[Stretch], strange: &[bool], (noise, now): (Option<Noise>, Duration)) -> Option<Noise> {
        let changes: Vec<Option<(f32, bool)>> = self.cells.iter().map(|cell| cell.change(noise)).collect();
        let still = |index: usize| {
            found.iter().any(|stretch| stretch.contains(&index)).then(|| {
                let row = &self.grid.rows()[index];
                let cells = row.first..row.first + row.columns.len();
                let on_it = || cells.clone().filter(|cell| strange[*cell]);
                let still = on_it().filter(|cell| changes[*cell].is_some_and(|(_, still)| still)).count();
                still * 5 >= on_it().count() * 3
            })
        };
        let still: Vec<Option<bool>> = (0..self.grid.rows().len()).map(still).collect();
        self.rows.note(&still, self.marked);
        self.cells.iter_mut().for_each(Cell::mark);
        self.marked = now;
        Noise::measured(noise, changes.into_iter().flatten().map(|(change, _)| change).collect())
    }

    fn learn(&mut self, found: &[Stretch], since: Duration, noise: Noise) {
        for (index, row) in self.grid.rows().iter().enumerate() {
            let occupied = found.iter().any(|stretch| stretch.contains(&index));
            let cells = &mut self.cells[row.first..row.first + row.columns.len()];
            cells.iter_mut().for_each(|cell| cell.learn(since, occupied, noise));
        }
    }

    /// Whether what was taken for a plate belongs to the empty lane.
    fn is_road(&self, track: &TrackView, strange: &[bool]) -> bool {
        let mut around = self.grid.cells_around(track.bounds).peekable();
        around.peek().is_some() && around.all(|cell| self.cells[cell].is_learnt() && !strange[cell])
    }

    fn row_of(&self, track: &TrackView) -> usize {
        self.grid.row_at(track.bounds.bottom)
    }

    /// Whether less is to be seen in these rows than what is taken for road there, where the two differ.
    fn is_plainer_than_road(&self, stretch: &Stretch, noise: Noise) -> bool {
        let rows = &self.grid.rows()[stretch.clone()];
        let cells = rows.iter().flat_map(|row| &self.cells[row.first..row.first + row.columns.len()]);
        let differing = cells.filter_map(|cell| cell.differs(noise));
        let (seen, road) = differing.fold((0.0, 0.0), |sum, (seen, road)| (sum.0 + seen, sum.1 + road));
        seen < PLAINER * road
    }

    fn learnt_percent(&self) -> usize {
        self.cells.iter().filter(|cell| cell.is_learnt()).count() * 100 / self.cells.len().max(1)
    }
}

fn recent(tracks: &[TrackView], now: Duration) -> Vec<TrackView> {
    let seen = |track: &&TrackView| now.saturating_sub(track.last_seen.elapsed) <= PLATE_HOLDS;
    tracks.iter().filter(seen).copied().collect()
}

/// The plates without those beside another one on the same vehicle.
fn one_plate_per_vehicle(tracks: &[TrackView]) -> Vec<&TrackView> {
    let mut single: Vec<&TrackView> = Vec::new();
    for track in tracks {
        let beside = |other: &&TrackView| {
            let (one, two) = (track.bounds.centre(), other.bounds.centre());
            let width = track.bounds.width().max(other.bounds.width());
            let height = track.bounds.height().max(other.bounds.height());
            (one.x - two.x).abs() < BESIDE.0 * width && (one.y - two.y).abs() < BESIDE.1 * height
        };
        if !single.iter().any(beside) {
            single.push(track);
        }
    }
    single
}
