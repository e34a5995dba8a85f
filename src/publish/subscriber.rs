//! The other end: listens to a broker, for `gatelpr watch` and for tests. Not part of the daemon.

use super::encryption::Encryption;
use super::mqtt::{Link, Message};
use super::mqtt_error::MqttError;
use super::settings::MqttSettings;

/// A subscription on one connection.
#[derive(Debug)]
pub struct Subscriber(Link);

impl Subscriber {
    /// Connects and subscribes to what matches `filter`; retained messages come first.
    ///
    /// # Errors
    /// [`MqttError`] when the broker cannot be reached or refuses.
    pub async fn connect(settings: &MqttSettings, filter: &str) -> Result<Self, MqttError> {
        let link = Link::open(settings, &Encryption::of(settings)?, None).await?;
        link.subscribe(filter)?.await?;
        Ok(Self(link))
    }

    /// The next message. Dropping the wait loses nothing.
    ///
    /// # Errors
    /// [`MqttError`] when the connection has ended.
    pub async fn next(&mut self) -> Result<Message, MqttError> {
        self.0.next().await
    }
}
