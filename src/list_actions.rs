//! What is done when a vehicle on one of the operator's lists was read: tell it, and give a barrier its pulse. All of it is off
//! unless the config says otherwise.
//!
//! It is done after the event is kept, on the recognition thread, and waits for nothing: whatever has no room is dropped and
//! logged. Not here: whether a pulse may be given (`plate_list::pulse_rule`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};
use uuid::Uuid;

use crate::barrier::Barrier;
use crate::dossier::{Dossier, ListHit};
use crate::frame::Moment;
use crate::passage::Passage;
use crate::plate_list::PlateLists;
use crate::plate_list::pulse_rule::{PulseCase, PulseRule};
use crate::publish::list_hit::{ListHitMessage, ListHitSender};
use crate::publish::webhook::notices::NoticeSender;
use crate::publish::{PlateEvent, StoredEvent};

/// Vehicles that were told, remembered with their lists so that no revision tells them again.
const MOST_TOLD: usize = 512;

/// What is done for each list.
#[derive(Debug, Default)]
pub struct ListActions {
    lists: PlateLists,
    plans: Vec<ListPlan>,
    told: VecDeque<(Uuid, Arc<str>, String)>,
}

/// What is done for one list.
#[derive(Debug)]
pub struct ListPlan {
    /// Its name.
    pub list: Arc<str>,
    /// Where it is told to the broker.
    pub publish: Option<ListHitSender>,
    /// Where it is told to a webhook.
    pub webhook: Option<NoticeSender>,
    /// Which barrier gets a pulse.
    pub pulse: Option<PulsePlan>,
}

/// A barrier's pulses.
#[derive(Debug)]
pub struct PulsePlan {
    /// When.
    pub rule: PulseRule,
    /// Where.
    pub barrier: Barrier,
    /// How long.
    pub length: Duration,
}

/// An event that was kept.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// What passed.
    pub passage: &'a Passage,
    /// What is known of it.
    pub dossier: &'a Dossier,
    /// Its event.
    pub event: &'a PlateEvent,
    /// The event's number.
    pub stored: &'a StoredEvent,
    /// Now.
    pub now: Moment,
}

impl ListActions {
    /// Does what `plans` say for hits of `lists`.
    #[must_use]
    pub fn new(lists: PlateLists, plans: Vec<ListPlan>) -> Self {
        Self { lists, plans, told: VecDeque::new() }
    }

    /// Does what there is to do for an event.
    pub fn act(&mut self, kept: &Kept<'_>) {
        for hit in &kept.dossier.lists {
            let Some(index) = self.plans.iter().position(|plan| plan.list == hit.list) else { continue };
            self.pulse(index, hit, kept);
            if kept.event.corrected.is_none() && self.is_new(hit, kept) {
                self.tell(index, hit, kept);
            }
        }
    }

    /// Whether this vehicle was not told of with this plate and list; it is from now on.
    fn is_new(&mut self, hit: &ListHit, kept: &Kept<'_>) -> bool {
        let Some(plate) = &kept.event.plate else { return false };
        let this = (kept.event.event_id, Arc::clone(&hit.list), plate.key.clone());
        if self.told.contains(&this) {
            return false;
        }
        self.told.push_back(this);
        if self.told.len() > MOST_TOLD {
            self.told.pop_front();
        }
        true
    }

    fn tell(&self, index: usize, hit: &ListHit, kept: &Kept<'_>) {
        let plan = &self.plans[index];
        let Some(message) = ListHitMessage::of(kept.event, kept.stored.seq, hit, kept.now.wall) else { return };
        info!(list = &*hit.list, plate = message.text, seq = message.seq, "a vehicle on the list");
        if let Some(webhook) = &plan.webhook {
            let notice = StoredEvent { json: message.json(), committed_at: kept.now.wall, ..kept.stored.clone() };
            if !webhook.tell(notice) {
                warn!(list = &*hit.list, plate = message.text, "the list's webhook is too far behind: not told to it");
            }
        }
        let plate = message.text.clone();
        if plan.publish.as_ref().is_some_and(|publish| !publish.tell(message)) {
            warn!(list = &*hit.list, plate, "too many list hits wait for the broker: not told to it");
        }
    }

    fn pulse(&mut self, index: usize, hit: &ListHit, kept: &Kept<'_>) {
        let Some(plan) = &mut self.plans[index].pulse else { return };
        let case = PulseCase {
            kind: hit.kind,
            fault: self.lists.fault(&hit.list, kept.now.wall),
            passage: kept.passage,
            corrected: kept.event.corrected.is_some(),
            clock_is_off: kept.event.clock_synced == Some(false),
            now: kept.now,
        };
        let (list, seq) = (&*hit.list, kept.stored.seq);
        let plate = kept.passage.plate.as_ref().map_or("", |plate| plate.text.as_str());
        match plan.rule.decide(&case) {
            Err(refusal) => info!(list, plate, seq, "no pulse: {refusal}"),
            Ok(()) => match plan.barrier.pulse(plan.length) {
                Ok(()) => info!(list, plate, seq, "the barrier gets its pulse"),
                Err(not_given) => warn!(list, plate, seq, "no pulse: {not_given}"),
            },
        }
    }
}

#[cfg(test)]
#[path = "list_actions_tests.rs"]
mod tests;
