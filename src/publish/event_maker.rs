//! From a passage to its event: identity, revision numbers, rounding. Same passages, same boot id: same bytes.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::dossier_wire::{Declared, ListHit};
use super::event::{
    Location, Models, NoReadReason, Plate, PlateEvent, SCHEMA_VERSION, SideNumber, Status, Trigger, TriggerOrigin,
};
use super::utc_time::UtcTime;
use crate::dossier::{Dossier, VisitId};
use crate::passage::{self, Passage, Stage, TrackId};
use crate::plate::{Confidence, SiteName};
use crate::trigger;

/// What all events of one run have in common.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The site.
    pub site: SiteName,
    /// The gate.
    pub gate: SiteName,
    /// Names the run: random for a daemon, derived from the recording for a replay.
    pub boot_id: Uuid,
    /// Where the gate is, if it was configured.
    pub location: Option<Location>,
    /// The models in use.
    pub models: Models,
}

/// Makes events and remembers which passages already have one, so that a second one is a revision of the first.
#[derive(Debug)]
pub struct EventMaker {
    origin: Origin,
    /// The last revision of each passage that is not final yet.
    open: BTreeMap<TrackId, u32>,
    /// Those of the passages that became final last, for amendments.
    closed: VecDeque<(TrackId, u32)>,
}

/// An amendment comes within seconds, or, for a vehicle that stands in a queue and is seen now and then, within hours.
const MOST_CLOSED: usize = 2048;

impl EventMaker {
    /// Makes the events of one run.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self { origin, open: BTreeMap::new(), closed: VecDeque::new() }
    }

    /// From now on plates are read by other models.
    pub fn name_models(&mut self, models: Models) {
        self.origin.models = models;
    }

    /// The event of `passage` and what is known of its vehicle, with `seq` 0: the outbox numbers it when it is committed (a
    /// replay numbers it itself).
    pub fn event(&mut self, passage: &Passage, known: &Dossier) -> PlateEvent {
        let revision = self.next_revision(passage);
        let (plate, no_read_reason) = match &passage.plate {
            Ok(plate) => (Some(Plate::from(plate)), None),
            Err(reason) => (None, Some(wire_reason(*reason))),
        };
        PlateEvent {
            schema: SCHEMA_VERSION,
            event_id: passage_id(self.origin.boot_id, passage.track, passage.first_seen.wall),
            revision,
            status: match passage.stage {
                Stage::Provisional => Status::Provisional,
                Stage::Final => Status::Final,
                Stage::Amended => Status::Amended,
            },
            boot_id: self.origin.boot_id,
            seq: 0,
            prev_hash: String::new(),
            historical: false,
            site: self.origin.site.to_string(),
            gate: self.origin.gate.to_string(),
            lane: passage.lane.to_string(),
            camera: passage.camera.to_string(),
            location: self.origin.location,
            first_seen: UtcTime::new(passage.first_seen.wall),
            best_seen: UtcTime::new(passage.best_seen.wall),
            last_seen: UtcTime::new(passage.last_seen.wall),
            dwell_s: rounded(passage.dwell().as_secs_f64(), 3),
            direction: passage.direction.map(Into::into),
            role: known.visit.as_ref().map(|part| part.role.into()),
            visit_id: known.visit.as_ref().map(|part| visit_id(self.origin.boot_id, &part.id)),
            earlier_trailer: known
                .visit
                .as_ref()
                .and_then(|part| part.earlier_trailer.as_ref().map(ToString::to_string)),
            clock_synced: None,
            plate,
            no_read_reason,
            side_number: wire_side_number(passage),
            declared: known.declared.as_ref().map(Declared::from),
            lists: known.lists.iter().map(ListHit::from).collect(),
            triggers: passage.triggers.iter().map(wire_trigger).collect(),
            corrected: None,
            evidence: Vec::new(),
            models: self.origin.models.clone(),
            signature: String::new(),
        }
    }

    fn next_revision(&mut self, passage: &Passage) -> u32 {
        let key = passage.track;
        let closed = || self.closed.iter().rev().find(|(closed, _)| *closed == key).map(|(_, revision)| *revision);
        // Of a passage that closed too long ago to be remembered, an amendment is still never the first revision.
        let forgotten = if passage.stage == Stage::Amended { 1 } else { 0 };
        let revision = self.open.get(&key).copied().or_else(closed).unwrap_or(forgotten).saturating_add(1);
        match passage.stage {
            Stage::Provisional => drop(self.open.insert(key, revision)),
            Stage::Final | Stage::Amended => {
                self.open.remove(&key);
                self.closed.push_back((key, revision));
                if self.closed.len() > MOST_CLOSED {
                    self.closed.pop_front();
                }
            }
        }
        revision
    }
}

/// A UUIDv7 whose time is the first sighting and whose other bits follow from the run and the track: a vehicle that changes lanes
/// keeps its event.
fn passage_id(boot_id: Uuid, track: TrackId, first_seen: Timestamp) -> Uuid {
    uuid_of(&[], boot_id, track, first_seen)
}

/// The same for a visit, apart from the passage that it began with.
fn visit_id(boot_id: Uuid, visit: &VisitId) -> Uuid {
    uuid_of(&["visit", visit.lane.as_str()], boot_id, visit.track, visit.began.wall)
}

fn uuid_of(names: &[&str], boot_id: Uuid, track: TrackId, at: Timestamp) -> Uuid {
    let mut digest = Sha256::new();
    digest.update(boot_id.as_bytes());
    for name in names {
        digest.update(name);
        // A name has no NUL, so no names and track together look like others.
        digest.update([0]);
    }
    digest.update(track.0.to_be_bytes());
    let mut bits = [0; 10];
    bits.copy_from_slice(&digest.finalize()[..10]);
    uuid::Builder::from_unix_timestamp_millis(unix_ms(at), &bits).into_uuid()
}

/// Milliseconds since 1970, 0 for what was before (a box whose clock was never set).
fn unix_ms(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

fn wire_side_number(passage: &Passage) -> Option<SideNumber> {
    passage.side_number.as_ref().map(|number| SideNumber {
        text: number.text.to_string(),
        confidence: wire_confidence(number.confidence),
        readings: number.readings,
        agrees: passage.side_number_agrees(),
    })
}

fn wire_reason(reason: passage::NoReadReason) -> NoReadReason {
    match reason {
        passage::NoReadReason::NoAgreement => NoReadReason::NoAgreement,
        passage::NoReadReason::TooSmall => NoReadReason::TooSmall,
        passage::NoReadReason::Blurred => NoReadReason::Blurred,
        passage::NoReadReason::Occluded => NoReadReason::Occluded,
        passage::NoReadReason::NotAPlateFormat => NoReadReason::NotAPlateFormat,
        passage::NoReadReason::Overexposed => NoReadReason::Overexposed,
        passage::NoReadReason::NoPlateFound => NoReadReason::NoPlateFound,
        passage::NoReadReason::NoPicture => NoReadReason::NoPicture,
    }
}

fn wire_trigger(trigger: &trigger::Trigger) -> Trigger {
    Trigger {
        id: trigger.id.to_string(),
        origin: match trigger.origin {
            trigger::TriggerOrigin::Command => TriggerOrigin::Command,
            trigger::TriggerOrigin::Http => TriggerOrigin::Http,
            trigger::TriggerOrigin::Gpio => TriggerOrigin::Gpio,
        },
        at: UtcTime::new(trigger.at.wall),
    }
}

pub(super) fn wire_confidence(confidence: Confidence) -> f64 {
    rounded(f64::from(confidence.value()), 4)
}

/// `value` with so many digits after the point: models differ in the last bits from machine to machine, events must
/// not. What is no number becomes 0, because JSON has no other.
pub(crate) fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded } else { 0.0 }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
