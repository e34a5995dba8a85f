//! Which sightings are of one plate: tracks. Ages are seconds, never frames.

mod association;
mod track;

use std::time::Duration;

pub use track::Track;

use crate::frame::{Frame, Moment};
use crate::geometry::BoundingBox;
use crate::passage::TrackId;
use crate::plate::Sighting;

/// Assigns sightings to tracks, opens and closes tracks.
#[derive(Debug)]
pub struct Tracker {
    longest_gap: Duration,
    open: Vec<Track>,
    next: u64,
}

/// Where a track is, without what was read of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackView {
    /// Its number in the lane.
    pub id: TrackId,
    /// Its plate in the last frame in which it was seen, in that frame's pixels.
    pub bounds: BoundingBox,
    /// First sighting.
    pub first_seen: Moment,
    /// Latest sighting.
    pub last_seen: Moment,
}

impl Tracker {
    /// A tracker that closes a track once nothing was seen of it for `longest_gap`.
    #[must_use]
    pub fn new(longest_gap: Duration) -> Self {
        Self { longest_gap, open: Vec::new(), next: 1 }
    }

    /// Takes the sightings of one frame: each prolongs the track that it fits best or opens one.
    pub fn observe(&mut self, frame: &Frame, sightings: Vec<Sighting>) {
        let now = frame.captured_at;
        let assigned = association::assign(&self.open, &sightings, now);
        for (sighting, track) in sightings.into_iter().zip(assigned) {
            match track.and_then(|index| self.open.get_mut(index)) {
                Some(track) => track.add(sighting, frame),
                None if sighting.is_sure_enough() => self.open_track(sighting, frame),
                // A doubtful reading that fits no track is no vehicle.
                None => {}
            }
        }
    }

    /// Closes and hands over the tracks unseen for too long at `now`.
    pub fn close_lost(&mut self, now: Moment) -> Vec<Track> {
        let gap = self.longest_gap;
        self.open.extract_if(.., |track| track.last_seen().until(now) > gap).collect()
    }

    /// Closes and hands over every track: the recording is over or the daemon stops.
    pub fn close_all(&mut self) -> Vec<Track> {
        std::mem::take(&mut self.open)
    }

    /// Takes tracks back that were handed over and go on.
    pub fn open_again(&mut self, tracks: Vec<Track>) {
        self.open.extend(tracks);
    }

    /// Whether any track is open.
    #[must_use]
    pub fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The open tracks, for whoever only looks.
    pub fn views(&self) -> impl Iterator<Item = TrackView> + '_ {
        self.open.iter().map(|track| TrackView {
            id: track.id(),
            bounds: track.last_box(),
            first_seen: track.first_seen(),
            last_seen: track.last_seen(),
        })
    }

    /// How many tracks are open.
    #[must_use]
    pub fn open_tracks(&self) -> usize {
        self.open.len()
    }

    /// The track that is open, if it is the only one.
    pub fn only_open(&mut self) -> Option<&mut Track> {
        match self.open.as_mut_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// A number of its own for what is no track: a vehicle that only a trigger tells of.
    pub fn next_id(&mut self) -> TrackId {
        let id = TrackId(self.next);
        self.next += 1;
        id
    }

    fn open_track(&mut self, sighting: Sighting, frame: &Frame) {
        let id = self.next_id();
        self.open.push(Track::new(id, sighting, frame));
    }
}
