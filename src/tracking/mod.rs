//! Which sightings are of one vehicle: tracks. Ages are seconds, never frames.
//!
//! A track is open while its plate is in view, and for as long after that as its lane waits before it tells of it. Then it is
//! at rest: told, and still known, so that its vehicle is not another one when it is seen again. `association` says whose a
//! sighting is, `kinship` whether two tracks are of one vehicle.

mod association;
mod course;
mod kinship;
mod legibility;
mod one_look;
mod path;
mod seen;
mod told;
mod track;
mod worth;

use std::time::Duration;

pub use kinship::{FRONT_TO_REAR, HIDDEN_BEHIND_ANOTHER, REAPPEARS_WITHIN, WAITS_UNSEEN};
use legibility::TWO_LINES_BELOW;
pub use legibility::{Legibility, line_height};
pub use path::{Path, Progress, Waypoint};
pub use seen::{ReadSoFar, SeenTrack};
pub use told::Told;
pub use track::{Best, Glimpse, Track};

use crate::consensus::Agreement;
use crate::frame::{Frame, Moment};
use crate::geometry::{BoundingBox, Polygon};
use crate::passage::TrackId;
use crate::plate::Sighting;

/// Assigns sightings to tracks, opens and closes tracks.
#[derive(Debug)]
pub struct Tracker {
    rule: Agreement,
    open: Vec<Track>,
    at_rest: Vec<Track>,
    next: TrackId,
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

impl TrackView {
    /// Where `track` is.
    #[must_use]
    pub fn of(track: &Track) -> Self {
        Self { id: track.id(), bounds: track.last_box(), first_seen: track.first_seen(), last_seen: track.last_seen() }
    }
}

/// Open tracks at once, each with a frame. So many plates are legible in no zone; where false finds make more, the one with the
/// fewest readings that was unseen for longest goes.
const MOST_OPEN: usize = 32;
/// Told vehicles that are known. A lane passes one every few seconds at most, and only those that stand are known for longer
/// than ten minutes.
const MOST_AT_REST: usize = 96;
/// A plate that goes away is lost by the detector, now in one frame and then in the other, before it is too small to be read;
/// by its height, and twice as high where it has two lines.
const VANISHING: f32 = 1.8;
const VANISHING_TWO_LINES: f32 = 3.6;
/// How long a vehicle that stood when it was seen last is known by its place and text: as long as cars are parked in a zone.
const KNOWN_BY_ITS_PLACE: Duration = Duration::from_secs(12 * 3600);

impl Tracker {
    /// A tracker in which nothing was seen yet; `rule` says when readings are a vehicle's plate, and `first` names its first
    /// track.
    #[must_use]
    pub fn new(rule: Agreement, first: TrackId) -> Self {
        Self { rule, open: Vec::new(), at_rest: Vec::new(), next: first }
    }

    /// Takes the sightings of one frame: each prolongs the track that it fits best or opens one. Tracks that turn out to be
    /// of one vehicle become one.
    pub fn observe(&mut self, frame: &Frame, sightings: Vec<Sighting>) {
        let now = frame.captured_at;
        self.forget(now);
        let sightings = one_look::distinct(sightings);
        let assigned = association::assign(&self.open, &self.at_rest, &sightings, now);
        let (open, mut woken) = (self.open.len(), Vec::new());
        for (sighting, track) in sightings.into_iter().zip(assigned) {
            match track {
                Some(index) if index < open => self.open[index].add(sighting, frame),
                Some(index) => {
                    self.at_rest[index - open].add(sighting, frame);
                    woken.push(index - open);
                }
                None if sighting.is_sure_enough() && legibility::is_sure_find(&sighting) => {
                    self.open_track(sighting, frame);
                }
                // A doubtful reading or find that fits no track is no vehicle: a way that began at a lamp would be another one.
                None => {}
            }
        }
        woken.sort_unstable();
        for index in woken.into_iter().rev() {
            let track = self.at_rest.remove(index);
            self.open.push(track);
        }
        self.open.iter_mut().for_each(|track| track.count_votes(&self.rule));
        self.reunite();
    }

    /// Closes and hands over the tracks for which `ended` is true.
    pub fn close(&mut self, ended: impl Fn(&Track) -> bool) -> Vec<Track> {
        self.open.extract_if(.., |track| ended(track)).collect()
    }

    /// Closes and hands over every track: the recording is over or the daemon stops.
    pub fn close_all(&mut self) -> Vec<Track> {
        std::mem::take(&mut self.open)
    }

    /// Takes tracks back that were handed over and go on.
    pub fn open_again(&mut self, tracks: Vec<Track>) {
        self.open.extend(tracks);
    }

    /// Keeps a track that was told in mind. One of which there was nothing to tell is forgotten.
    pub fn rest(&mut self, mut track: Track) {
        if track.told().is_none() {
            return;
        }
        track.let_frame_go();
        self.at_rest.push(track);
        if self.at_rest.len() > MOST_AT_REST {
            let passing = self.at_rest.iter().position(|track| !track.is_settled());
            self.at_rest.remove(passing.unwrap_or(0));
        }
    }

    /// Whether any track is open.
    #[must_use]
    pub fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The open tracks, for whoever only looks.
    pub fn views(&self) -> impl Iterator<Item = TrackView> + '_ {
        self.open.iter().map(TrackView::of)
    }

    /// The open tracks with what was read of them so far, for displays.
    pub fn seen(&self) -> impl Iterator<Item = SeenTrack> + '_ {
        self.open.iter().map(|track| SeenTrack::of(track, &self.rule))
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

    /// The vehicles that were told and are known.
    pub fn at_rest(&self) -> impl Iterator<Item = &Track> {
        self.at_rest.iter()
    }

    /// All vehicles that are known.
    pub fn all(&self) -> impl Iterator<Item = &Track> {
        self.open.iter().chain(&self.at_rest)
    }

    /// Hands over the one of the vehicles at rest that is the likeliest of those for which there is a likelihood.
    pub fn wake<L: Ord>(&mut self, likelihood: impl Fn(&Track) -> Option<L>) -> Option<Track> {
        let likely = self.at_rest.iter().enumerate().filter_map(|(index, track)| Some((likelihood(track)?, index)));
        let (_, index) = likely.max()?;
        Some(self.at_rest.remove(index))
    }

    /// A number of its own for what is no track: a vehicle that only a trigger tells of.
    pub fn next_id(&mut self) -> TrackId {
        let id = self.next;
        self.next = id.next();
        id
    }

    /// Takes over from another tracker of the same camera, whose vehicles have come into this one's lane: their plates go on
    /// here.
    pub fn take_over_from(&mut self, other: &mut Tracker) {
        for index in 0..self.open.len() {
            if let Some(earlier) = other.give_up(&self.open[index]) {
                let later = self.open.remove(index);
                self.open.insert(index, earlier);
                self.unite_into(index, later);
            }
        }
    }

    /// Hands over the track that `later`, of another lane, goes on from.
    fn give_up(&mut self, later: &Track) -> Option<Track> {
        let goes_on = |earlier: &Track| goes_on_from(earlier, later) && kinship::has_changed_lane(earlier, later);
        if let Some(index) = self.open.iter().position(goes_on) {
            return Some(self.open.remove(index));
        }
        let index = self.at_rest.iter().position(goes_on)?;
        Some(self.at_rest.remove(index))
    }

    fn unite_into(&mut self, index: usize, later: Track) {
        let track = &mut self.open[index];
        track.take_in(later);
        track.count_votes(&self.rule);
    }

    fn open_track(&mut self, sighting: Sighting, frame: &Frame) {
        if self.open.len() >= MOST_OPEN {
            let claim = |track: &Track| (track.ballot().reads(), track.last_seen().elapsed);
            let least = self.open.iter().enumerate().min_by_key(|(_, track)| claim(track));
            match least.filter(|(_, track)| track.ballot().reads() <= 1).map(|(index, _)| index) {
                Some(index) => drop(self.open.remove(index)),
                None => return,
            }
        }
        let id = self.next_id();
        self.open.push(Track::new(id, sighting, frame));
    }

    /// Makes one track of those that are of one vehicle.
    fn reunite(&mut self) {
        let mut index = 0;
        while index < self.open.len() {
            let Some(kin) = self.kin_of(index) else {
                index += 1;
                continue;
            };
            let later = self.open.remove(index);
            let track = match kin {
                Kin::Open(older) => self.open.remove(if older > index { older - 1 } else { older }),
                Kin::AtRest(older) => self.at_rest.remove(older),
            };
            self.open.push(track);
            self.unite_into(self.open.len() - 1, later);
            // It may have further kin, and the others have moved up.
            index = 0;
        }
    }

    /// The older track of the same vehicle, the one that was seen last if there are several.
    fn kin_of(&self, index: usize) -> Option<Kin> {
        let later = &self.open[index];
        let is_kin = |earlier: &Track| goes_on_from(earlier, later) && kinship::is_same(earlier, later);
        let open = self.open.iter().enumerate().map(|(index, track)| (track, Kin::Open(index)));
        let at_rest = self.at_rest.iter().enumerate().map(|(index, track)| (track, Kin::AtRest(index)));
        let kin = open.chain(at_rest).filter(|(track, _)| is_kin(track));
        kin.max_by_key(|(track, _)| track.last_seen().elapsed).map(|(_, kin)| kin)
    }

    fn forget(&mut self, now: Moment) {
        self.at_rest.retain(|track| {
            let known = match (track.is_settled(), track.stays()) {
                (true, _) => KNOWN_BY_ITS_PLACE,
                (false, true) => WAITS_UNSEEN,
                (false, false) => FRONT_TO_REAR,
            };
            track.last_seen().until(now) <= known
        });
    }
}

/// Whether `later` began after `earlier` and may be one with it.
fn goes_on_from(earlier: &Track, later: &Track) -> bool {
    earlier.first_sighting().at.elapsed < later.first_sighting().at.elapsed && earlier.may_take_in(later)
}

/// An index among the tracks of each kind.
enum Kin {
    Open(usize),
    AtRest(usize),
}

/// Whether `track` has gone so far away that it is too small to be read, where plates lower than `least_height` are not: it may be
/// found for long, and nothing more is learnt of it.
#[must_use]
pub fn is_out_of_reading(track: &Track, least_height: f32) -> bool {
    track.last_box().height() < least_height && track.path().recedes()
}

/// Whether `track` was on its way out of `zone` when it was seen last, and has had time to get there by `now`; or went away and
/// became so small that it is hardly found any more, where plates lower than `least_height` are not read.
#[must_use]
pub fn is_leaving(track: &Track, zone: &Polygon, least_height: f32, now: Moment) -> bool {
    let last = track.last_box();
    let vanishing = if last.width() < TWO_LINES_BELOW * last.height() { VANISHING_TWO_LINES } else { VANISHING };
    let vanishes = last.height() < vanishing * least_height && track.path().recedes();
    vanishes || track.course().is_leaving(zone, now)
}
