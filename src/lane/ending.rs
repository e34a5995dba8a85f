//! When a vehicle has passed, and what is told of it.
//!
//! Telling is not forgetting: a vehicle that was told stays known, and is told again only if something that matters turns
//! out to be different. So nobody waits for the longest thing that may stand before a plate.

use std::time::Duration;

use super::{Lane, LaneRules};
use crate::frame::Moment;
use crate::geometry::Polygon;
use crate::passage::{NoReadReason, Passage, Stage};
use crate::tracking::{HIDDEN_BEHIND_ANOTHER, Track, TrackView, is_leaving, is_out_of_reading};

/// A plate on its way out of the zone is awaited for so long: two frames at five a second, in which it may have been missed.
const LEAVING: Duration = Duration::from_millis(450);
/// Who has not been read often enough to tell of is awaited for so long: nobody waits for him, and a plate that is hidden for two
/// seconds between its only two readings is read after all.
const NOTHING_TO_TELL: Duration = Duration::from_secs(3);
/// Readings that disagree make an unread vehicle only from this many on: fewer are a stray text that looked like a plate
/// for a moment. A plate that was found and not legible, too.
const LEAST_READS_OF_A_VEHICLE: u32 = 3;
/// A plate that is read wrongly in the place of a standing one: that one was seen within this time.
const IN_THE_SHADOW: Duration = Duration::from_secs(3);
/// Who covers this share of a standing plate's box is in its place.
const SHADOW_OVERLAP: f32 = 0.25;
/// A vehicle is before another one if its plate is not further to the side than this many of its widths: three metres, because
/// a camera beside the lane sees a queue aslant.
const BEFORE_WIDTHS: f32 = 6.0;
/// Where the vehicle before it has driven on, a hidden plate comes into view within this time.
const COMES_OUT: Duration = Duration::from_secs(5);

impl Lane {
    /// The passages of vehicles unseen for too long at `now`, for times without frames.
    pub fn pass(&mut self, now: Moment) -> Vec<Passage> {
        let (rules, zone) = (&self.rules, self.zone.as_ref());
        let known: Vec<_> = self.tracker.all().map(|track| (TrackView::of(track), track.stays())).collect();
        let hidden = |track: &Track| is_hidden(track, &known, rules, zone, now);
        let mut lost = self.tracker.close(|track| has_gone(track, rules, zone, now) && !hidden(track));
        for track in lost.iter_mut().filter(|track| leaves(track, rules, zone, now)) {
            track.leave();
        }
        self.final_passages(lost)
    }

    /// The passages of all vehicles in view: the recording is over or the daemon stops.
    pub fn finish(&mut self) -> Vec<Passage> {
        let all = self.tracker.close_all();
        self.final_passages(all)
    }

    fn final_passages(&mut self, mut tracks: Vec<Track>) -> Vec<Passage> {
        tracks.sort_by_key(|track| (track.first_seen().elapsed, track.id()));
        let others = || tracks.iter().chain(self.tracker.all());
        let no_vehicle = |track: &&Track| is_shadow(track, others()) || self.is_on_another_vehicle(track, others());
        let no_vehicles: Vec<_> = tracks.iter().filter(no_vehicle).map(Track::id).collect();
        tracks.retain(|track| !no_vehicles.contains(&track.id()));
        // Who was told before the trigger came gave it only if nobody else did, which is known when its window closes.
        self.answer_window_with(tracks.iter_mut().filter(|track| track.told().is_none()));
        let mut passages = Vec::new();
        for mut track in tracks {
            match self.tell(&mut track) {
                Some(passage) => passages.push(passage),
                None if track.told().is_none() => self.note_no_result(&track),
                None => {}
            }
            self.tracker.rest(track);
        }
        passages
    }

    /// Whether `track` is nothing but a sticker or a second, illegible plate on a vehicle whose plate is read.
    fn is_on_another_vehicle<'t>(&self, track: &Track, mut others: impl Iterator<Item = &'t Track>) -> bool {
        let rule = &self.rules.agreement;
        let is_read = |other: &Track| match other.told() {
            Some(told) => told.plate.is_ok(),
            None => other.agreed(rule).is_some(),
        };
        !track.announced()
            && track.told().is_none()
            && track.agreed(rule).is_none()
            && others.any(|other| is_read(other) && track.path().goes_along_with(other.path()))
    }

    /// What is told of a track now: its passage, or, if that was told already, what is different about it.
    pub(super) fn tell(&mut self, track: &mut Track) -> Option<Passage> {
        self.recognise_unread(track);
        let mut passage = self.passage(track, Stage::Final)?;
        if let Some(told) = track.told() {
            passage = Passage { stage: Stage::Amended, ..told.keep(passage) };
            if !told.differs_from(&passage) {
                return None;
            }
        }
        track.tell(&passage);
        Some(passage)
    }

    /// `None`: the track was no vehicle.
    pub(super) fn passage(&self, track: &Track, stage: Stage) -> Option<Passage> {
        let plate = match track.agreed(&self.rules.agreement) {
            Some(plate) => Ok(plate),
            None if track.told().is_some() || is_vehicle_unread(track) => Err(why_unread(track, &self.rules)),
            None => return None,
        };
        let best = track.best();
        Some(Passage {
            lane: self.name.clone(),
            camera: self.camera.clone(),
            track: track.id(),
            stage,
            plate,
            side_number: track.side_number(),
            first_seen: track.first_seen(),
            best_seen: best.at,
            last_seen: track.last_seen(),
            best_frame: best.frame.clone(),
            best_corners: Some(best.corners),
            triggers: track.triggers().to_vec(),
            direction: self.rules.direction.direction(track.path(), self.picture),
            end: track.path().vehicle_end(),
        })
    }
}

/// Whether there is something to tell of it, and its plate has been out of sight for long enough.
fn has_gone(track: &Track, rules: &LaneRules, zone: Option<&Polygon>, now: Moment) -> bool {
    let unseen = track.last_seen().until(now);
    if track.agreed(&rules.agreement).is_some() && is_out_of_reading(track, rules.least_height_px) {
        return true;
    }
    if unseen <= LEAVING.min(rules.track_gap) {
        return false;
    }
    let is_told = track.told().is_some() || track.agreed(&rules.agreement).is_some() || is_vehicle_unread(track);
    let awaited = if !is_told {
        NOTHING_TO_TELL.max(rules.track_gap)
    } else if leaves(track, rules, zone, now) {
        LEAVING.min(rules.track_gap)
    } else {
        rules.track_gap
    };
    unseen > awaited
}

/// Whether `track` is a vehicle that has come up behind another one, which stands before it, or was in view there a moment ago: its
/// plate is hidden, and it has not passed. Of the others it is known whether they stood when they were seen last.
fn is_hidden(
    track: &Track,
    others: &[(TrackView, bool)],
    rules: &LaneRules,
    zone: Option<&Polygon>,
    now: Moment,
) -> bool {
    let (at, last_seen) = (track.last_box(), track.last_seen());
    let is_before = |other: &TrackView| {
        let aside = (other.bounds.centre().x - at.centre().x).abs();
        other.id != track.id()
            && other.bounds.bottom > at.bottom
            && other.bounds.area() > at.area()
            && aside <= BEFORE_WIDTHS * other.bounds.width()
    };
    // A dirty plate that stands is not found in every picture: it is still there.
    let hides = |(other, stands): &(TrackView, bool)| {
        let is_there = *stands || other.last_seen.until(now) <= COMES_OUT;
        is_there && other.last_seen.elapsed > last_seen.elapsed && is_before(other)
    };
    track.may_be_hidden()
        && last_seen.until(now) <= HIDDEN_BEHIND_ANOTHER
        && !leaves(track, rules, zone, last_seen)
        && others.iter().any(hides)
}

fn leaves(track: &Track, rules: &LaneRules, zone: Option<&Polygon>, now: Moment) -> bool {
    zone.is_some_and(|zone| is_leaving(track, zone, rules.least_height_px, now))
}

/// Whether its readings make a vehicle of it although they do not agree. A detector that knows plates finds signs and stickers
/// now and then: they stay where they are, or it is not sure of them. So a plate that was never legible counts if it moved and
/// was found surely.
pub(super) fn is_vehicle_unread(track: &Track) -> bool {
    let (reads, seen) = (track.ballot().reads(), track.legibility());
    track.announced()
        || if seen.known_plates() == 0 {
            reads >= LEAST_READS_OF_A_VEHICLE
        } else {
            reads.max(seen.sure_finds()) >= LEAST_READS_OF_A_VEHICLE && track.has_moved()
        }
}

fn why_unread(track: &Track, rules: &LaneRules) -> NoReadReason {
    let ballot = track.ballot();
    match (ballot.reads(), track.legibility().reason()) {
        (0, reason) => reason,
        _ if ballot.agrees_on_no_plate(&rules.agreement) => NoReadReason::NotAPlateFormat,
        (1..LEAST_READS_OF_A_VEHICLE, reason) if reason != NoReadReason::Occluded => reason,
        _ => NoReadReason::NoAgreement,
    }
}

/// Whether `track` is what is read now and then in place of a vehicle that stands there: it never moved, and one of the
/// others is seen again and again at the same place.
pub(super) fn is_shadow<'t>(track: &Track, others: impl Iterator<Item = &'t Track>) -> bool {
    let mut others = others.filter(|other| {
        other.id() != track.id()
            && other.is_settled()
            && other.first_seen().elapsed < track.first_seen().elapsed
            && other.last_seen().until(track.last_seen()) <= IN_THE_SHADOW
            && other.last_box().iou(track.last_box()) >= SHADOW_OVERLAP
    });
    !track.announced() && track.told().is_none() && !track.has_moved() && others.next().is_some()
}
