//! The event on the wire, the outbox that cannot lose it, and the way to the broker.
//!
//! ```text
//! Passage ─▶ event_maker ─▶ PlateEvent ─▶ outbox (SQLite) ─▶ delivery ─▶ mqtt ─▶ broker ─PUBACK─▶ outbox.delete
//! ```
//!
//! * [`event`], [`status`], [`utc_time`]: the contract, as types; [`topics`]: where each is published
//! * [`event_maker`]: from a passage to its event
//! * [`outbox`]: events on disk (the only file that knows SQLite)
//! * [`delivery`]: the task that empties the outbox, whatever the broker does
//! * [`mqtt`]: one connection (the only file that knows the MQTT client); [`mqtt_publisher`] and [`subscriber`] use it
//! * [`settings`]: what all this must be told
//!
//! Not here: cameras and inference, which this module never imports, and decisions about what passed.

pub mod event;
pub mod event_maker;
pub mod mqtt;
pub mod mqtt_error;
pub mod outbox;
pub mod settings;
pub mod status;
pub mod subscriber;
#[cfg(test)]
mod test_passages;
pub mod topics;
pub mod utc_time;

pub use event::PlateEvent;
pub use event_maker::{EventMaker, Origin};
pub use mqtt_error::MqttError;
pub use outbox::{Outbox, OutboxError, StoredEvent};
pub use settings::{Credentials, DeliverySettings, MqttSettings, Protocol, Secret};
pub use status::GateStatus;
