//! Who comes and goes: passages, open tracks, and what moved through the lane without any plate.

use std::collections::VecDeque;
use std::time::Duration;

use super::stretches::Stretch;
use crate::passage::{Passage, Stage, TrackId};
use crate::tracking::TrackView;

/// Over which arrivals and departures are counted.
pub const FLOW_WINDOW: Duration = Duration::from_secs(300);

/// What came and went.
#[derive(Debug, Clone, Default)]
pub(super) struct Flow {
    gone: VecDeque<Gone>,
    bodies: Vec<Body>,
}

/// A vehicle that has left.
#[derive(Debug, Clone, Copy)]
struct Gone {
    track: Option<TrackId>,
    came: Duration,
    left: Duration,
}

/// A stretch followed from picture to picture.
#[derive(Debug, Clone)]
struct Body {
    rows: Stretch,
    /// All rows in which it has been.
    been: Stretch,
    came: Duration,
    seen: Duration,
    /// A plate was seen in it, or it is a part of another: its vehicle is counted elsewhere.
    counted_elsewhere: bool,
}

/// Vehicles that left are remembered up to this number; a lane lets fewer pass in five minutes.
const MOST_GONE: usize = 512;
/// A track this young may be a text that is no plate; a body this young a bird.
const LEAST_AGE: Duration = Duration::from_secs(2);
/// A body that is not seen for this long is gone.
const GONE_AFTER: Duration = Duration::from_secs(1);
/// What drives through has been in this share of the lane's rows, a third; a person who crosses has not.
const LEAST_WAY: usize = 3;
/// Arrivals between which the headway is taken.
const HEADWAYS: usize = 10;

impl Flow {
    /// A vehicle has passed. Only its first final passage counts.
    pub(super) fn passed(&mut self, passage: &Passage) {
        let known = self.gone.iter().any(|gone| gone.track == Some(passage.track));
        if passage.stage == Stage::Provisional || known {
            return;
        }
        let (came, left) = (passage.first_seen.elapsed, passage.last_seen.elapsed);
        self.remember(Gone { track: Some(passage.track), came, left });
    }

    fn remember(&mut self, gone: Gone) {
        if self.gone.len() == MOST_GONE {
            self.gone.pop_front();
        }
        self.gone.push_back(gone);
    }

    /// Follows the stretches, each with whether a plate is in it, of a lane with so many rows.
    pub(super) fn follow(&mut self, stretches: &[(Stretch, bool)], rows: usize, now: Duration) {
        let mut before = std::mem::take(&mut self.bodies);
        for (stretch, has_plate) in stretches {
            let body = before.iter().position(|body| overlap(&body.rows, stretch)).map(|index| before.remove(index));
            let split = self.bodies.iter().any(|other| overlap(&other.been, stretch));
            let fresh = || Body {
                rows: stretch.clone(),
                been: stretch.clone(),
                came: now,
                seen: now,
                counted_elsewhere: split,
            };
            let body = body.unwrap_or_else(fresh);
            self.bodies.push(Body {
                been: body.been.start.min(stretch.start)..body.been.end.max(stretch.end),
                rows: stretch.clone(),
                seen: now,
                counted_elsewhere: body.counted_elsewhere || *has_plate,
                ..body
            });
        }
        for body in before {
            // It has become a part of another one, or it may come back in a moment.
            if stretches.iter().any(|(stretch, _)| overlap(&body.rows, stretch)) {
                continue;
            }
            if now.saturating_sub(body.seen) <= GONE_AFTER {
                self.bodies.push(body);
            } else if !body.counted_elsewhere && body.drove(rows) {
                self.remember(Gone { track: None, came: body.came, left: body.seen });
            }
        }
    }

    /// Arrivals from `start` to `now`, oldest first.
    pub(super) fn arrivals(&self, tracks: &[TrackView], start: Duration, now: Duration) -> Vec<Duration> {
        let told = |id: TrackId| self.gone.iter().any(|gone| gone.track == Some(id));
        let old = |came: Duration| now.saturating_sub(came) >= LEAST_AGE;
        let open = tracks.iter().filter(|track| !told(track.id)).map(|track| track.first_seen.elapsed);
        let bodies = self.bodies.iter().filter(|body| !body.counted_elsewhere).map(|body| body.came);
        let here = open.chain(bodies).filter(|came| old(*came));
        let mut all: Vec<Duration> = self.gone.iter().map(|gone| gone.came).chain(here).collect();
        all.retain(|came| (start..=now).contains(came));
        all.sort_unstable();
        all
    }

    /// Departures from `start` to `now`.
    pub(super) fn departures(&self, start: Duration, now: Duration) -> usize {
        self.gone.iter().filter(|gone| (start..=now).contains(&gone.left)).count()
    }
}

/// Mean time between the last ones of these arrivals.
pub(super) fn headway(arrivals: &[Duration]) -> Option<Duration> {
    let last = &arrivals[arrivals.len().saturating_sub(HEADWAYS + 1)..];
    let gaps = u32::try_from(last.len().checked_sub(1)?).ok().filter(|gaps| *gaps > 0)?;
    Some(last.last()?.saturating_sub(*last.first()?) / gaps)
}

impl Body {
    fn drove(&self, rows: usize) -> bool {
        self.seen.saturating_sub(self.came) >= Duration::from_millis(300) && self.been.len() * LEAST_WAY >= rows
    }
}

fn overlap(one: &Stretch, other: &Stretch) -> bool {
    one.start < other.end && other.start < one.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn drive(flow: &mut Flow, from_ms: u64, has_plate: bool) {
        for step in 0..20_usize {
            let near = 4 + step;
            flow.follow(&[(near.saturating_sub(4)..near, has_plate)], 24, at(from_ms + step as u64 * 200));
        }
        for step in 20..30_u64 {
            flow.follow(&[], 24, at(from_ms + step * 200));
        }
    }

    #[test]
    fn a_vehicle_without_any_plate_is_an_arrival_and_a_departure() {
        let mut flow = Flow::default();
        drive(&mut flow, 1000, false);
        assert_eq!(flow.arrivals(&[], at(0), at(60_000)), [at(1000)]);
        assert_eq!(flow.departures(at(0), at(60_000)), 1);
    }

    #[test]
    fn one_with_a_plate_is_counted_as_a_passage_only() {
        let mut flow = Flow::default();
        drive(&mut flow, 1000, true);
        assert_eq!((flow.arrivals(&[], at(0), at(60_000)).len(), flow.departures(at(0), at(60_000))), (0, 0));
    }

    #[test]
    fn headway_is_the_mean_between_the_last_arrivals() {
        assert_eq!(headway(&[]), None);
        assert_eq!(headway(&[at(5000)]), None);
        assert_eq!(headway(&[at(0), at(4000), at(10_000)]), Some(at(5000)));
    }
}
