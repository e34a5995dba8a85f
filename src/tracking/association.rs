//! Which sighting belongs to which track: where the plate can be, how large, and what is read.

use std::time::Duration;

use super::Track;
use super::legibility::is_sure_find;
use crate::frame::Moment;
use crate::plate::{PlateText, Sighting};

/// Texts that differ by at most this many characters may be two readings of one plate.
pub(super) const ALIKE: usize = 2;
/// Below this a sighting fits no track.
const LEAST_FIT: f32 = 0.05;

/// What was unseen for longer than this can be anywhere within its reach, and so can the next one.
const SEEN_JUST_NOW: Duration = Duration::from_millis(700);
/// What stands somewhere is there again where at least this share of its box is covered.
const LEAST_OVERLAP_AT_REST: f32 = 0.25;

/// For each sighting the index of its track, each track given once, the best fits first. Those `at_rest` were told and are
/// known by their place; their indices follow those of the `open` ones.
pub(super) fn assign(open: &[Track], at_rest: &[Track], sightings: &[Sighting], now: Moment) -> Vec<Option<usize>> {
    let mut pairs = Vec::new();
    for (s, sighting) in sightings.iter().enumerate() {
        let fits = open.iter().map(|track| fit(track, sighting, now));
        let fits = fits.chain(at_rest.iter().map(|track| fit_at_rest(track, sighting)));
        pairs.extend(fits.enumerate().filter(|(_, fit)| *fit >= LEAST_FIT).map(|(t, fit)| (fit, s, t)));
    }
    // The sort is stable: where two fit equally well, the sighting that counts more goes first, then the older track.
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut assigned = vec![None; sightings.len()];
    let mut taken = vec![false; open.len() + at_rest.len()];
    for (_, sighting, track) in pairs {
        if assigned[sighting].is_none() && !taken[track] {
            assigned[sighting] = Some(track);
            taken[track] = true;
        }
    }
    assigned
}

/// How well a sighting fits a track, 0 (not at all) to 2.
fn fit(track: &Track, sighting: &Sighting, now: Moment) -> f32 {
    let here = sighting.corners().bounds();
    let course = track.course();
    let overlap = here.iou(course.predicted_box(now)).max(here.iou(course.last_box()));
    let standing = track.is_settled();
    let near = course.nearness(here, now);
    let Some(reading) = &sighting.reading else {
        // Nothing legible: the place alone decides. What stands does not go away, and what comes up from behind is the next one.
        // What is hardly a plate may be anything on the vehicle, unless it is where this plate must be.
        if !is_sure_find(sighting) {
            return overlap;
        }
        let hidden = track.last_seen().until(now) > SEEN_JUST_NOW;
        let place = if hidden { course.closeness(here, now) } else { near };
        return if standing || course.is_behind(here) { overlap } else { overlap.max(place) };
    };
    match likeness(track, &reading.text) {
        Likeness::Same => {
            let place = overlap.max(near).max(course.attainable(here, now) / 2.0);
            if place > 0.0 { 1.0 + place } else { 0.0 }
        }
        Likeness::Alike(share) => {
            let place = overlap.max(near);
            if place > 0.0 { share + place } else { 0.0 }
        }
        // A doubtful reading of something else may be a sign behind the vehicle: it must not keep the track open.
        Likeness::Unlike if !sighting.is_sure_enough() => 0.0,
        // What passes before a parked car is another vehicle.
        Likeness::Unlike if standing => 0.0,
        // Another text exactly where this plate must be is a misreading; another text near by is another plate.
        Likeness::Unlike => overlap.max(course.closeness(here, now) / 2.0),
    }
}

/// As [`fit`], for a vehicle that was told and stood when it was seen last: it is known by its place, however long ago.
fn fit_at_rest(track: &Track, sighting: &Sighting) -> f32 {
    let overlap = sighting.corners().bounds().iou(track.course().last_box());
    if !track.is_settled() || overlap < LEAST_OVERLAP_AT_REST {
        return 0.0;
    }
    match sighting.reading.as_ref().map(|reading| likeness(track, &reading.text)) {
        None => overlap,
        Some(Likeness::Same) => 1.0 + overlap,
        Some(Likeness::Alike(share)) => share + overlap,
        Some(Likeness::Unlike) => 0.0,
    }
}

/// How a text is like what was read in a track before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Likeness {
    /// It is what most readings say.
    Same,
    /// It may be another reading of the same plate; the nearer the more.
    Alike(f32),
    /// It is another plate, or a gross misreading.
    Unlike,
}

/// How `text` is like what was read in `track`.
#[expect(clippy::cast_precision_loss, reason = "a plate has few characters")]
pub(super) fn likeness(track: &Track, text: &PlateText) -> Likeness {
    if track.ballot().leading() == Some(text) {
        return Likeness::Same;
    }
    let edits = track.ballot().texts().map(|read| strsim::levenshtein(read.as_str(), text.as_str())).min();
    match edits {
        // Nothing was read yet: any text may be its own.
        None => Likeness::Alike(1.0 / (ALIKE + 1) as f32),
        Some(edits) if edits <= ALIKE => Likeness::Alike(1.0 - edits as f32 / (ALIKE + 1) as f32),
        Some(_) => Likeness::Unlike,
    }
}
