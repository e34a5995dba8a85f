//! Vehicles and events for this module's tests, in lane "in-1".

use super::told::ToldEvent;
use crate::passage::{Direction, Stage, TrackId};
use crate::plate::{LaneName, PlateText};
use crate::synthetic::truth::{TrueDirection, TruePassage, TrueRole};

/// A legible vehicle that drives in and is visible from the first to the second second.
pub(super) fn true_passage(visit: u32, plate: &str, [first, last]: [f64; 2]) -> TruePassage {
    TruePassage {
        camera: "in-1-front".to_owned(),
        lane: "in-1".to_owned(),
        plate: Some(plate.to_owned()),
        legible: true,
        direction: TrueDirection::In,
        role: TrueRole::Single,
        visit,
        first_visible_s: first,
        last_visible_s: last,
        conditions: Vec::new(),
    }
}

/// A final event of a vehicle that drove in, told half a second after its last sighting.
pub(super) fn told_event(track: u64, plate: &str, [first, last]: [f64; 2]) -> ToldEvent {
    ToldEvent {
        lane: LaneName::try_from("in-1").unwrap(),
        track: TrackId(track),
        stage: Stage::Final,
        plate: Ok(PlateText::normalised(plate).unwrap()),
        first_seen_s: first,
        last_seen_s: last,
        told_at_s: Some(last + 0.5),
        direction: Some(Direction::In),
        visit: None,
    }
}

/// The event, told at another time.
pub(super) fn told_at(event: ToldEvent, at_s: f64) -> ToldEvent {
    ToldEvent { told_at_s: Some(at_s), ..event }
}
