//! Publishes evidence pictures, on a connection of its own: a picture takes as much of a link as hundreds of events, and must
//! not stand before one.

use std::time::Duration;

use tokio::time::sleep;

use super::encryption::Encryption;
use super::mqtt::{Link, Message};
use super::mqtt_error::MqttError;
use super::settings::MqttSettings;

/// Publishes one picture after the other.
#[derive(Debug)]
pub struct EvidencePublisher {
    settings: MqttSettings,
    patience: Duration,
    link: Option<Link>,
}

/// What is appended to the gate's client id: two clients of one name throw each other out.
const CLIENT_ID_SUFFIX: &str = "-evidence";

impl EvidencePublisher {
    /// Not connected yet. The broker may take `patience` to acknowledge a picture.
    #[must_use]
    pub fn new(settings: MqttSettings, patience: Duration) -> Self {
        let client_id = format!("{}{CLIENT_ID_SUFFIX}", settings.client_id);
        Self { settings: MqttSettings { client_id, ..settings }, patience, link: None }
    }

    /// Publishes `jpeg` to `topic` under the root (QoS 1, not retained), connecting first where there is no connection.
    /// Completes when the broker has acknowledged it.
    ///
    /// # Errors
    /// [`MqttError`] when it did not. The connection is then made anew, except where only the picture was refused.
    pub async fn publish(&mut self, topic: &str, jpeg: Vec<u8>) -> Result<(), MqttError> {
        let mut link = match self.link.take() {
            Some(link) => link,
            None => Link::open(&self.settings, &Encryption::of(&self.settings)?, None).await?,
        };
        let answer = link.publish(Message::new(self.settings.topic_root.join(topic), jpeg))?;
        let answer = tokio::select! {
            answer = answer => answer,
            error = lost(&mut link) => Err(error),
            () = sleep(self.patience) => {
                let broker = format!("{}:{}", self.settings.host, self.settings.port);
                Err(MqttError::Silent { broker, patience: self.patience })
            }
        };
        if matches!(answer, Ok(()) | Err(MqttError::Rejected { .. })) {
            self.link = Some(link);
        }
        answer
    }
}

/// Completes when the connection has ended: an acknowledgement does not come then, and nobody tells.
async fn lost(link: &mut Link) -> MqttError {
    loop {
        if let Err(error) = link.next().await {
            return error;
        }
    }
}
