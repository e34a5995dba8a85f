//! What delivery must be told: the broker, how to speak to it, how patient to be. The config module fills these in.

use std::time::Duration;

use super::topics::TopicRoot;
use crate::login::Credentials;
use crate::tls::TlsSettings;

/// The broker and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttSettings {
    /// Host name or address.
    pub host: String,
    /// TCP port, 1883 as a rule, 8883 with TLS.
    pub port: u16,
    /// How the connection is encrypted; plain text where there is nothing.
    pub tls: Option<TlsSettings>,
    /// User and password, where the broker asks for them.
    pub credentials: Option<Credentials>,
    /// The name this client has at the broker. Two clients of one name throw each other out.
    pub client_id: String,
    /// Which MQTT to speak.
    pub protocol: Protocol,
    /// How often to show the broker that the connection lives, in whole seconds of at least one.
    pub keep_alive: Duration,
    /// How long to wait for the broker to accept a connection.
    pub connect_timeout: Duration,
    /// Every topic begins with this.
    pub topic_root: TopicRoot,
    /// Largest packet taken from the broker, in bytes.
    pub largest_packet: u32,
}

impl MqttSettings {
    /// The port that brokers have for plain text.
    pub const PLAIN_TEXT_PORT: u16 = 1883;
    /// The port that brokers have for TLS.
    pub const TLS_PORT: u16 = 8883;

    /// The broker at `host` and `port`, in plain text, without login, and every other setting as it is good for most.
    #[must_use]
    pub fn new(host: &str, port: u16, topic_root: TopicRoot) -> Self {
        Self {
            host: host.to_owned(),
            port,
            tls: None,
            credentials: None,
            client_id: "gatelpr".to_owned(),
            protocol: Protocol::Auto,
            keep_alive: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(5),
            topic_root,
            largest_packet: 1024 * 1024,
        }
    }
}

/// How patient and how greedy delivery is.
#[derive(Debug, Clone)]
pub struct DeliverySettings {
    /// Whom events are brought to, in messages: `the broker`.
    pub to: &'static str,
    /// A broker that acknowledges nothing for this long is given up and connected to again.
    pub ack_timeout: Duration,
    /// How many events may be under way at once.
    pub window: usize,
    /// The pause after the first lost connection; it doubles with each further failure.
    pub first_pause: Duration,
    /// The longest pause between attempts.
    pub longest_pause: Duration,
    /// How long a stop waits for the broker to take the farewell.
    pub farewell: Duration,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            to: "the broker",
            ack_timeout: Duration::from_secs(15),
            window: 32,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
            farewell: Duration::from_secs(2),
        }
    }
}

/// Which MQTT to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// MQTT 5, or 3.1.1 where the broker refuses 5.
    #[default]
    Auto,
    /// MQTT 5 only.
    V5,
    /// MQTT 3.1.1 only.
    V311,
}
