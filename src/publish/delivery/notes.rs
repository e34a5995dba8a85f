//! What the courier logs and counts: a change of state once, with the reason; what repeats is only counted.

use tracing::{info, warn};

use super::Courier;
use crate::publish::PublishError;
use crate::publish::outbox::OutboxError;

impl<P> Courier<P> {
    pub(super) fn note_connected(&self) {
        info!(waiting = self.queue.depth(), "connected to {}", self.settings.to);
        self.status.send_modify(|status| {
            status.connected = true;
            status.connections += 1;
        });
    }

    pub(super) fn note_renewed(&mut self) {
        info!(waiting = self.queue.depth(), "the settings of {} have changed: connecting anew", self.settings.to);
        self.status.send_modify(|status| status.connected = false);
        self.backoff.reset();
    }

    /// Logs that the broker refuses events when it begins to; after that they are only counted.
    pub(super) fn note_refusal(&mut self, error: &PublishError) {
        if !self.refuses {
            warn!(%error, "refused events for {} stay in the outbox and are tried again; the others are delivered", self.settings.to);
            self.refuses = true;
        }
        self.status.send_modify(|status| {
            status.refused += 1;
            status.last_error = Some(error.to_string());
        });
    }

    /// Logs once that the disk does not take what was acknowledged.
    pub(super) fn note_unsettled(&self, error: &OutboxError) {
        let text = error.to_string();
        if self.status.borrow().last_error.as_ref() != Some(&text) {
            warn!(%error, "delivered events stay in the outbox until the disk works; a restart would deliver them once more");
        }
        self.status.send_modify(|status| status.last_error = Some(text));
    }

    pub(super) fn note_no_refusals(&mut self) {
        if self.refuses {
            info!("{} took all events that were refused", self.settings.to);
            self.refuses = false;
        }
    }

    /// Logs a new trouble once; the same trouble again is only counted.
    pub(super) fn note_failure(&self, error: &PublishError) {
        let text = error.to_string();
        let is_new = {
            let status = self.status.borrow();
            status.connected || status.last_error.as_ref() != Some(&text)
        };
        if is_new {
            warn!(%error, waiting = self.queue.depth(), "events for {} wait in the outbox", self.settings.to);
        }
        self.status.send_modify(|status| {
            status.connected = false;
            status.failures += 1;
            status.last_error = Some(text);
        });
    }
}
