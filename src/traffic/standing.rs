//! What stands: plates by their way, rows of the lane by their looks.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::geometry::Point;
use crate::passage::TrackId;
use crate::tracking::TrackView;

/// Slower than this is standing (the benchmark's definition), after [`STANDS_AFTER`].
const STANDING_M_PER_S: f32 = 0.3;
const STANDS_AFTER: Duration = Duration::from_secs(2);
/// Whoever moves up in a queue has still waited since before; whoever drives on for longer has not.
const MOVING_UP: Duration = Duration::from_secs(30);
/// Widths of plates: Vietnamese and Chinese ones of one line have 440 to 520 mm, of two lines 190 (motorbikes) to 440.
const ONE_LINE_M: f32 = 0.48;
const TWO_LINES_M: f32 = 0.32;
/// Wider than this many heights is one line.
const ONE_LINE_SHAPE: f32 = 2.2;
/// A row in which something stood and changed in so many seconds in a row stands no longer: a person may walk past.
const RESTLESS: u8 = 3;

/// How the plates in view move.
#[derive(Debug, Clone, Default)]
pub(super) struct Plates(BTreeMap<TrackId, Way>);

#[derive(Debug, Clone)]
struct Way {
    /// Where it was at the beginning of this stand or step, and when.
    anchor: (Point, Duration),
    stands: bool,
    waits_since: Option<Duration>,
    /// When it last began to move.
    moves_since: Duration,
}

impl Plates {
    /// Takes where they are at `now`; forgets those that are gone.
    pub(super) fn follow(&mut self, tracks: &[TrackView], now: Duration) {
        self.0.retain(|id, _| tracks.iter().any(|track| track.id == *id));
        for track in tracks {
            let (at, metre) = (track.bounds.centre(), metre_px(track));
            let seen = track.last_seen.elapsed.min(now);
            let fresh = || Way { anchor: (at, seen), stands: false, waits_since: None, moves_since: seen };
            self.0.entry(track.id).or_insert_with(fresh).follow(at, seen, metre);
        }
    }

    /// Whether this one stands, and since when it has waited; `None` while that is not known.
    pub(super) fn stands(&self, id: TrackId) -> Option<(bool, Option<Duration>)> {
        self.0.get(&id).map(|way| (way.stands, way.waits_since))
    }
}

impl Way {
    fn follow(&mut self, at: Point, now: Duration, metre_px: f32) {
        let since = now.saturating_sub(self.anchor.1);
        let moved_m = self.anchor.0.distance(at) / metre_px.max(1.0);
        let moving_for = now.saturating_sub(self.moves_since);
        if moved_m > STANDING_M_PER_S * since.max(STANDS_AFTER).as_secs_f32() {
            if std::mem::replace(&mut self.stands, false) {
                self.moves_since = now;
            } else if moving_for > MOVING_UP {
                self.waits_since = None;
            }
            self.anchor = (at, now);
        } else if since >= STANDS_AFTER {
            if !std::mem::replace(&mut self.stands, true) {
                self.waits_since = self.waits_since.or(Some(self.anchor.1));
            }
            self.anchor = (at, now);
        }
    }
}

/// How many pixels a metre has where this plate is.
fn metre_px(track: &TrackView) -> f32 {
    let (width, height) = (track.bounds.width(), track.bounds.height().max(1.0));
    width / if width / height >= ONE_LINE_SHAPE { ONE_LINE_M } else { TWO_LINES_M }
}

/// How the rows of a lane fare.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows(Vec<Rest>);

#[derive(Debug, Clone, Copy, Default)]
struct Rest {
    since: Option<Duration>,
    still: bool,
    restless: u8,
}

impl Rows {
    /// `still` says for every row whether what is in it has not changed since `earlier`; `None` where nothing is.
    pub(super) fn note(&mut self, still: &[Option<bool>], earlier: Duration) {
        self.0.resize(still.len(), Rest::default());
        for (row, still) in self.0.iter_mut().zip(still) {
            *row = match still {
                None => Rest::default(),
                Some(true) => Rest { since: row.since.or(Some(earlier)), still: true, restless: 0 },
                Some(false) if row.restless + 1 < RESTLESS => Rest { still: false, restless: row.restless + 1, ..*row },
                Some(false) => Rest::default(),
            };
        }
    }

    /// Whether what is in these rows stands at `now`, and since when.
    pub(super) fn stands(&self, rows: std::ops::Range<usize>, now: Duration) -> (bool, Option<Duration>) {
        let rows = self.0.get(rows).unwrap_or_default();
        let mut since: Vec<Duration> = rows.iter().filter(|row| row.still).filter_map(|row| row.since).collect();
        since.retain(|since| now.saturating_sub(*since) >= STANDS_AFTER);
        // Somebody walks past one end of it, a flag moves on it.
        if since.is_empty() || since.len() * 5 < rows.len() * 3 {
            return (false, None);
        }
        let middle = since.len() / 2;
        (true, Some(*since.select_nth_unstable(middle).1))
    }
}
