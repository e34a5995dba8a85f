//! The event on the wire, the outbox that cannot lose it, and the way to the broker.
//!
//! ```text
//! Passage ─▶ event_maker ─▶ PlateEvent ─▶ outbox (SQLite) ─▶ delivery ─▶ mqtt ─▶ broker ─PUBACK─▶ outbox.delete
//! ```
//!
//! * [`event`], [`plate_wire`], [`dossier_wire`], [`status`], [`utc_time`]: the contract, as types; [`topics`]: where each is published;
//!   [`status_board`]: what the status says now
//! * [`event_maker`]: from a passage to its event
//! * [`outbox`]: events on disk (the only folder that knows SQLite); `sealing`: numbered, chained and signed
//! * [`delivery`]: the courier that empties one destination's queue, whatever happens there; [`archive`]: what was delivered,
//!   [`archive_search`]: what of it fits a question; [`renewable`]: other settings while it works
//! * [`mqtt`]: one connection (the only folder that knows the MQTT client); [`mqtt_publisher`], [`evidence_publisher`], [`subscriber`] and [`mod@reach`] use it
//! * `encryption`: how the connection is kept from being read and forged
//! * [`webhook`], [`mirrors`]: where events go besides the broker, each with a courier of its own
//! * [`health`]: how the gate fares; [`inbound`], [`command`]: what comes in, and what is replied; [`recent_events`]: what can be
//!   corrected, [`corrections`]: by whom
//! * [`sighting`]: what the reader sees right now, for displays; [`list_hit`]: that a vehicle on a list is here
//! * [`traffic`], [`traffic_map`]: how dense the traffic in lanes is, and the same for maps
//! * [`settings`]: what all this must be told
//!
//! Not here: cameras and inference, which this module never imports, and decisions about what passed.

pub mod archive;
pub mod archive_search;
pub mod command;
pub mod corrections;
pub mod delivery;
pub mod delivery_status;
pub mod dossier_wire;
mod encryption;
pub mod event;
pub mod event_maker;
pub mod evidence_publisher;
pub mod health;
pub mod inbound;
pub mod list_hit;
mod message;
pub mod mirrors;
pub mod mqtt;
pub mod mqtt_error;
pub mod mqtt_publisher;
pub mod outbox;
pub mod plate_wire;
pub mod reach;
pub mod recent_events;
mod refusals;
pub mod renewable;
pub mod sealing;
pub mod settings;
pub mod sighting;
pub mod status;
pub mod status_board;
pub mod subscriber;
#[cfg(test)]
pub(crate) mod test_passages;
pub mod topics;
pub mod traffic;
pub mod traffic_map;
pub mod utc_time;
mod waiting;
pub mod webhook;
mod window;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use archive::Archive;
pub use archive_search::ArchiveSearch;
pub use delivery::Delivery;
pub use delivery_status::{DeliveryFailed, DeliveryObserver, DeliveryStatus};
pub use event::PlateEvent;
pub use event_maker::{EventMaker, Origin};
pub use health::HealthReports;
pub use mirrors::{AnalyticsKey, MirrorPublisher};
pub use mqtt_error::MqttError;
pub use mqtt_publisher::MqttPublisher;
pub use outbox::{Destination, Destinations, Outbox, OutboxError, OutboxQueue, OutboxSettings, StoredEvent};
pub use settings::{DeliverySettings, MqttSettings, Protocol};
pub use status::GateStatus;
pub use webhook::{WebhookError, WebhookPublisher, WebhookSecrets, WebhookSettings};

/// Where delivery sends events.
///
/// Publishing does not wait for its acknowledgement, so that a window of events is under way at once: over a link with
/// 200 ms round trip, one at a time would be five events a second.
pub trait EventPublisher: Send {
    /// Makes a connection, dropping the one before it with everything under way on it.
    ///
    /// # Errors
    /// [`PublishError`] when there is none to be had.
    fn connect(&mut self) -> impl Future<Output = Result<(), PublishError>> + Send;

    /// Hands `event` over without waiting.
    ///
    /// # Errors
    /// [`PublishError`] when the connection is gone.
    fn publish(&mut self, event: &StoredEvent) -> Result<Acknowledgement, PublishError>;

    /// Completes when the connection is lost. Dropping the wait loses nothing.
    fn lost(&mut self) -> impl Future<Output = PublishError> + Send;

    /// Completes when it is to be another publisher from its next connection on; never, where that cannot be. Dropping the
    /// wait loses nothing.
    fn renewed(&mut self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }

    /// Says goodbye and waits until the other side has it, and with it all that was published before.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// Completes with the other side's own acknowledgement of one event, or with why there will be none.
pub type Acknowledgement = Pin<Box<dyn Future<Output = Result<(), PublishError>> + Send>>;

/// Why events are not getting through.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The broker.
    #[error(transparent)]
    Mqtt(#[from] MqttError),
    /// The webhook.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// It is to be another publisher from now on, which is no failure.
    #[error("the settings have changed, so the connection is made anew")]
    Renewed,
    /// The broker took events and acknowledged none.
    #[error("event {seq} was not acknowledged within {patience:?}; the connection is given up and made again")]
    NotAcknowledged {
        /// The oldest event under way.
        seq: u64,
        /// How long it was waited for.
        patience: Duration,
    },
}

impl PublishError {
    /// Whether the other side refuses this one event, and others may pass it.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Mqtt(MqttError::Rejected { .. }) | Self::Webhook(WebhookError::Refused { .. }))
    }
}
