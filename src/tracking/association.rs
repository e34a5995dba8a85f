//! Which sighting belongs to which track: overlap with the predicted position, distance, and what is read.

use super::Track;
use crate::frame::Moment;
use crate::geometry::BoundingBox;
use crate::plate::{PlateText, Sighting};

/// A plate may be this many of its widths away from where it was expected, plus as many again per second unseen: at
/// 30 km/h and a plate of half a metre a vehicle passes 16 plate widths a second, and the first two sightings of a track
/// have no speed to predict from.
const REACH_WIDTHS: f32 = 1.0;
const REACH_WIDTHS_PER_SECOND: f32 = 12.0;
/// Texts that differ by at most this many characters may be two readings of one plate.
const ALIKE: usize = 2;
/// Below this a sighting fits no track.
const LEAST_FIT: f32 = 0.05;

/// For each sighting the index of its track, each track given once, the best fits first.
pub(super) fn assign(tracks: &[Track], sightings: &[Sighting], now: Moment) -> Vec<Option<usize>> {
    let pairs = sightings
        .iter()
        .enumerate()
        .flat_map(|(s, sighting)| tracks.iter().enumerate().map(move |(t, track)| (fit(track, sighting, now), s, t)));
    let mut pairs: Vec<_> = pairs.filter(|(fit, _, _)| *fit >= LEAST_FIT).collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut assigned = vec![None; sightings.len()];
    let mut taken = vec![false; tracks.len()];
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
    let expected = track.predicted_box(now);
    let overlap = here.iou(expected).max(here.iou(track.last_box()));
    let near = nearness(here, expected, track.last_seen().until(now).as_secs_f32());
    let place = overlap.max(near);
    match sighting.reading.as_ref().map(|reading| alikeness(track, &reading.text)) {
        // Nothing legible: the place alone decides.
        None => place,
        Some(alike) if alike > 0.0 => place + alike,
        // A doubtful reading of something else may be a sign behind the vehicle: it must not keep the track open.
        Some(_) if !sighting.is_sure_enough() => 0.0,
        // Another text at the same place is a misreading; another text near by is another plate.
        Some(_) => overlap,
    }
}

/// 1 where expected, falling to 0 at the reach.
fn nearness(here: BoundingBox, expected: BoundingBox, seconds_unseen: f32) -> f32 {
    let width = here.width().max(expected.width()).max(1.0);
    let reach = width * (REACH_WIDTHS + REACH_WIDTHS_PER_SECOND * seconds_unseen);
    (1.0 - here.centre().distance(expected.centre()) / reach).max(0.0)
}

/// 1 when the text was read in the track before, falling with the edits to the nearest text read.
#[expect(clippy::cast_precision_loss, reason = "a plate has few characters")]
fn alikeness(track: &Track, text: &PlateText) -> f32 {
    let edits = track.ballot().texts().map(|read| strsim::levenshtein(read.as_str(), text.as_str())).min();
    edits.map_or(0.0, |edits| (1.0 - edits as f32 / (ALIKE + 1) as f32).max(0.0))
}
