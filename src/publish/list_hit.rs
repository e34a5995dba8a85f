//! That a vehicle on one of the operator's lists is here: told once per vehicle and list, beside its event. With QoS 1 and not
//! kept; what nobody can be told at once is dropped, since the event itself, which is never lost, has the lists too.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::dossier_wire::{Direction, ListHit, ListKind};
use super::event::{PlateEvent, SCHEMA_VERSION, Status};
use super::utc_time::UtcTime;
use crate::dossier;

/// A vehicle whose plate is on one of the operator's lists was read.
///
/// It comes once per vehicle and list, with the first revision of the event in which the plate is on the list. The event has the
/// same in `lists` and is never lost; this message may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListHitMessage {
    /// Version of this contract: 1.
    pub schema: u32,
    /// When the plate was found on the list.
    pub at: UtcTime,
    /// The list's name in the gate's config.
    pub list: String,
    /// What the list is for.
    pub kind: ListKind,
    /// What the list says of this plate; null where it says nothing.
    pub note: Option<String>,
    /// The event's name.
    pub event_id: Uuid,
    /// The event's revision.
    pub revision: u32,
    /// Whether a later revision may follow.
    pub status: Status,
    /// The event's number at this gate.
    pub seq: u64,
    /// The site.
    pub site: String,
    /// The gate at the site.
    pub gate: String,
    /// The lane of the gate.
    pub lane: String,
    /// When the vehicle was last seen.
    pub last_seen: UtcTime,
    /// Which way it goes; null where that is not known (yet).
    pub direction: Option<Direction>,
    /// The characters on the plate, without separators.
    pub text: String,
    /// The plate's key, which is on the list.
    pub key: String,
    /// How sure, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub confidence: f64,
}

impl ListHitMessage {
    /// What is told of a hit of `event`, which was numbered `seq`; `None` for an event without a plate.
    #[must_use]
    pub fn of(event: &PlateEvent, seq: u64, hit: &dossier::ListHit, at: jiff::Timestamp) -> Option<Self> {
        let (plate, hit) = (event.plate.as_ref()?, ListHit::from(hit));
        Some(Self {
            schema: SCHEMA_VERSION,
            at: UtcTime::new(at),
            list: hit.list,
            kind: hit.kind,
            note: hit.note,
            event_id: event.event_id,
            revision: event.revision,
            status: event.status,
            seq,
            site: event.site.clone(),
            gate: event.gate.clone(),
            lane: event.lane.clone(),
            last_seen: event.last_seen,
            direction: event.direction,
            text: plate.text.clone(),
            key: plate.key.clone(),
            confidence: plate.confidence,
        })
    }

    /// Its JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("texts and finite numbers have a JSON form")
    }
}

/// How many may wait for the network.
const MOST_WAITING: usize = 64;

/// Where hits are put.
#[derive(Debug, Clone)]
pub struct ListHitSender(mpsc::Sender<ListHitMessage>);

/// Where the publisher finds them.
#[derive(Debug)]
pub struct ListHitReceiver(mpsc::Receiver<ListHitMessage>);

/// The way from recognition to the publisher.
#[must_use]
pub fn way() -> (ListHitSender, ListHitReceiver) {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    (ListHitSender(sender), ListHitReceiver(receiver))
}

impl ListHitSender {
    /// Tells it, if there is room; whether there was. Never waits.
    #[must_use]
    pub fn tell(&self, hit: ListHitMessage) -> bool {
        self.0.try_send(hit).is_ok()
    }
}

impl ListHitReceiver {
    /// The next one; never, once nobody tells any. Dropping the wait loses nothing.
    pub(super) async fn next(&mut self) -> ListHitMessage {
        match self.0.recv().await {
            Some(hit) => hit,
            None => std::future::pending().await,
        }
    }

    /// One that waits, if any does.
    pub(crate) fn waiting(&mut self) -> Option<ListHitMessage> {
        self.0.try_recv().ok()
    }

    /// Forgets those that waited while there was no connection.
    pub(super) fn forget(&mut self) {
        while self.waiting().is_some() {}
    }
}
