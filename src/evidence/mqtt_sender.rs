//! Sends pictures to the broker, on a connection of their own.

use super::courier::{PictureSender, SendError};
use super::picture_name::PictureName;
use crate::publish::evidence_publisher::EvidencePublisher;
use crate::publish::topics;

/// Sends pictures to `evidence/{event_id}/{plate|scene}` under the root.
#[derive(Debug)]
pub struct MqttSender(EvidencePublisher);

impl MqttSender {
    /// Not connected yet.
    #[must_use]
    pub fn new(publisher: EvidencePublisher) -> Self {
        Self(publisher)
    }
}

impl PictureSender for MqttSender {
    async fn send(&mut self, name: &PictureName, jpeg: Vec<u8>) -> Result<(), SendError> {
        let topic = topics::evidence(name.event_id, name.kind.word());
        // A broker that refuses a topic or is over its quota may be set right: nothing is given up for that.
        self.0.publish(&topic, jpeg).await.map_err(|error| SendError::Trouble(error.to_string()))
    }
}
