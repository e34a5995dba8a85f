//! Corrections of plates by a person, whichever way they come: over MQTT or from the console. Not here: who may correct, and
//! what a correction makes of an event (`recent_events`).

use uuid::Uuid;

use super::recent_events::{CorrectionRefused, RecentEvents};
use super::{Outbox, PlateEvent, StoredEvent};
use crate::clock::Clock;
use crate::clock_sync::ClockSync;

/// Corrects events. Clones do the same.
#[derive(Debug, Clone)]
pub struct Corrections {
    /// The events that can be corrected.
    pub recent: RecentEvents,
    /// Keeps the corrected ones.
    pub outbox: Outbox,
    /// Whether the clock is right, for the events that are made here.
    pub clock_sync: ClockSync,
    /// Stamps corrections.
    pub clock: Clock,
}

impl Corrections {
    /// The plate of this event says `text`: makes and keeps its next revision, and tells it with its number.
    ///
    /// # Errors
    /// [`CorrectionRefused`] when there is nothing to correct, it cannot be right, or it cannot be kept; nothing is changed then.
    pub fn correct(&self, event_id: Uuid, text: &str) -> Result<(StoredEvent, u32), CorrectionRefused> {
        let now = self.clock.now().wall;
        let commit = |event: &PlateEvent| {
            let event = PlateEvent { clock_synced: self.clock_sync.synced(), ..event.clone() };
            self.outbox.commit(&event, now)
        };
        self.recent.correct(event_id, text, now, commit)
    }
}
