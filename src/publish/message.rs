//! What is published and received, whatever the protocol. Not here: how it is sent.

/// A message to a broker or from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The whole topic.
    pub topic: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// To a broker: keep it for later subscribers. From a broker: it was kept.
    pub retained: bool,
    /// Where a reply goes (MQTT 5).
    pub response_topic: Option<String>,
    /// What belongs to the message and comes back in its reply (MQTT 5).
    pub correlation: Option<Vec<u8>>,
}

impl Message {
    /// A message that is not kept and wants no reply.
    #[must_use]
    pub fn new(topic: String, payload: Vec<u8>) -> Self {
        Self { topic, payload, retained: false, response_topic: None, correlation: None }
    }
}
