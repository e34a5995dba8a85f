//! One connection to a broker, over MQTT 5 or 3.1.1. The only folder that imports the MQTT client.
//!
//! A connection is one client object and is never mended: when it ends, it is dropped with everything that was under
//! way on it, and another one is made. The client's own reconnecting is not used, because what it keeps across
//! connections is not durable and what it drops is not told. The outbox keeps what must not be lost.

mod refusal;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::info;

use super::encryption::Encryption;
pub use super::message::Message;
use super::mqtt_error::MqttError;
use super::settings::{MqttSettings, Protocol};
use crate::tls;

use refusal::{not_accepted_v3, not_accepted_v5, refused_v5};

/// Completes when the broker has taken a message or a subscription, or cannot any more.
pub(super) type Answer = Pin<Box<dyn Future<Output = Result<(), MqttError>> + Send>>;

/// A connection that the broker has accepted.
#[derive(Debug)]
pub(super) struct Link {
    broker: String,
    client: Client,
    events: mpsc::Receiver<Result<Event, MqttError>>,
    driver: JoinHandle<()>,
}

#[derive(Debug)]
enum Client {
    V5(mqtt5::AsyncClient),
    V3(mqtt3::AsyncClient),
}

#[derive(Debug)]
enum Event {
    Accepted,
    Received(Message),
}

/// Messages that may wait for the network within one connection; delivery's window is far below.
const QUEUE: usize = 1024;

/// Largest packet sent, in bytes: a picture. MQTT 5 brokers say themselves what they take.
const MAX_SENT: usize = 16 * 1024 * 1024;

impl Link {
    /// Connects, leaving `will` with the broker for the time when this connection breaks. Tries MQTT 3.1.1 after 5 where
    /// the settings leave the choice and the broker does not speak 5.
    pub(super) async fn open(
        settings: &MqttSettings,
        encryption: &Encryption,
        will: Option<&Message>,
    ) -> Result<Self, MqttError> {
        match settings.protocol {
            Protocol::V5 => Self::accepted(settings, start_v5(settings, encryption, will)).await,
            Protocol::V311 => Self::accepted(settings, start_v3(settings, encryption, will)).await,
            Protocol::Auto => match Self::accepted(settings, start_v5(settings, encryption, will)).await {
                Err(MqttError::OtherProtocol { reason, .. }) => {
                    let link = Self::accepted(settings, start_v3(settings, encryption, will)).await?;
                    info!(broker = %link.broker, %reason, "the broker does not speak mqtt 5, so 3.1.1 is used");
                    Ok(link)
                }
                other => other,
            },
        }
    }

    async fn accepted(settings: &MqttSettings, mut link: Self) -> Result<Self, MqttError> {
        let silent = || MqttError::Silent { broker: broker(settings), patience: settings.connect_timeout };
        match tokio::time::timeout(settings.connect_timeout, link.event()).await {
            Err(_) => Err(silent()),
            Ok(first) => first.map(|_| link),
        }
    }

    /// Hands `message` over for sending without waiting; the answer is the broker's own acknowledgement of it (QoS 1).
    pub(super) fn publish(&self, message: Message) -> Result<Answer, MqttError> {
        let properties = reply_properties(&message);
        let Message { topic, payload, retained, .. } = message;
        let (broker, what) = (self.broker.clone(), topic.clone());
        match &self.client {
            Client::V5(client) => {
                let options = mqtt5::PublishOptions::at_least_once().retain(retained).properties(properties);
                let notice = client.try_publish_tracked(topic, payload, options).map_err(|e| self.lost(&e))?;
                Ok(Box::pin(
                    async move { notice.wait_completion_async().await.map_err(|e| refused_v5(&e, broker, what)) },
                ))
            }
            Client::V3(client) => {
                let options = mqtt3::PublishOptions::new(mqtt3::QoS::AtLeastOnce).retain(retained);
                let notice = client.try_publish_tracked(topic, payload, options).map_err(|e| self.lost(&e))?;
                Ok(Box::pin(async move {
                    notice.wait_completion_async().await.map_err(|e| MqttError::Lost { broker, reason: e.to_string() })
                }))
            }
        }
    }

    /// Sends `message` once, if it can be sent now (QoS 0): for what is replaced by the next one anyway.
    pub(super) fn tell(&self, message: Message) -> Result<(), MqttError> {
        let Message { topic, payload, retained, .. } = message;
        match &self.client {
            Client::V5(client) => {
                let options = mqtt5::PublishOptions::at_most_once().retain(retained);
                client.try_publish(topic, payload, options).map_err(|e| self.lost(&e))
            }
            Client::V3(client) => {
                let options = mqtt3::PublishOptions::at_most_once().retain(retained);
                client.try_publish(topic, payload, options).map_err(|e| self.lost(&e))
            }
        }
    }

    /// Asks for what matches `filter` (QoS 1); the answer is the broker's agreement.
    pub(super) fn subscribe(&self, filter: &str) -> Result<Answer, MqttError> {
        let (broker, what) = (self.broker.clone(), filter.to_owned());
        let lost = |broker, reason| MqttError::Lost { broker, reason };
        match &self.client {
            Client::V5(client) => {
                let notice =
                    client.try_subscribe_tracked(filter, mqtt5::QoS::AtLeastOnce).map_err(|e| self.lost(&e))?;
                Ok(Box::pin(async move {
                    notice.wait_completion_async().await.map_err(|error| match error {
                        mqtt5::SubscribeNoticeError::V5SubAckFailure(codes) => {
                            MqttError::Rejected { broker, what, reason: format!("{codes:?}") }
                        }
                        other => lost(broker, other.to_string()),
                    })
                }))
            }
            Client::V3(client) => {
                let notice =
                    client.try_subscribe_tracked(filter, mqtt3::QoS::AtLeastOnce).map_err(|e| self.lost(&e))?;
                Ok(Box::pin(async move {
                    notice.wait_completion_async().await.map_err(|error| match error {
                        mqtt3::SubscribeNoticeError::V4SubAckFailure(codes) => {
                            MqttError::Rejected { broker, what, reason: format!("{codes:?}") }
                        }
                        other => lost(broker, other.to_string()),
                    })
                }))
            }
        }
    }

    /// The next message from the broker, or why there will be none. Dropping the wait loses nothing.
    pub(super) async fn next(&mut self) -> Result<Message, MqttError> {
        loop {
            if let Event::Received(message) = self.event().await? {
                return Ok(message);
            }
        }
    }

    /// Begins to say goodbye, so that the broker does not publish the will: once what is under way is acknowledged, the
    /// connection ends. `false` if that cannot be asked for.
    pub(super) fn begin_goodbye(&self) -> bool {
        match &self.client {
            Client::V5(client) => client.try_disconnect().is_ok(),
            Client::V3(client) => client.try_disconnect().is_ok(),
        }
    }

    /// Says goodbye and waits until it is said.
    pub(super) async fn close(mut self) {
        let asked = self.begin_goodbye();
        while asked && self.next().await.is_ok() {}
    }

    async fn event(&mut self) -> Result<Event, MqttError> {
        match self.events.recv().await {
            Some(event) => event,
            None => Err(self.lost(&"the connection is closed")),
        }
    }

    fn lost(&self, reason: &dyn std::fmt::Display) -> MqttError {
        MqttError::Lost { broker: self.broker.clone(), reason: reason.to_string() }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Turns the client's crank until the connection ends. It runs as a task of its own and publishes nothing itself: a
/// client whose queue is full would wait for this very loop.
macro_rules! driver {
    ($name:ident, $reason:ident, $io:ident, $mqtt:ident, $fault:ident, $received:ident, $too_large:pat) => {
        async fn $name(broker: String, mut turning: $mqtt::EventLoop, events: mpsc::Sender<Result<Event, MqttError>>) {
            let mut accepted = false;
            loop {
                let event = match turning.poll().await {
                    Ok($mqtt::Event::Incoming($mqtt::Packet::ConnAck(_))) => Ok(Event::Accepted),
                    Ok($mqtt::Event::Incoming($mqtt::Packet::Publish(publish))) => {
                        Ok(Event::Received($received(&publish)))
                    }
                    Ok(_) => continue,
                    Err($mqtt::ConnectionError::MqttState($too_large)) => {
                        Err(MqttError::TooLarge { broker: broker.clone() })
                    }
                    Err(error) if accepted => Err(MqttError::Lost { broker: broker.clone(), reason: $reason(&error) }),
                    Err(error) => {
                        Err(match $io(&error).map_or_else(|| tls::in_words(&error), |io| tls::in_words(io)) {
                            Some(reason) => MqttError::Tls { broker: broker.clone(), reason },
                            None => $fault(error, broker.clone()),
                        })
                    }
                };
                accepted = true;
                let ended = event.is_err();
                if events.send(event).await.is_err() || ended {
                    return;
                }
            }
        }

        /// What happened, without the client's own layers around it.
        fn $reason(error: &$mqtt::ConnectionError) -> String {
            match (error, $io(error)) {
                (_, Some(inner)) => inner.to_string(),
                ($mqtt::ConnectionError::MqttState(inner), None) => inner.to_string(),
                (other, None) => other.to_string(),
            }
        }

        /// What the network said, if it did: the client does not always name it as the source of its errors.
        fn $io(error: &$mqtt::ConnectionError) -> Option<&std::io::Error> {
            use $mqtt::{ConnectionError as E, StateError as S};
            match error {
                E::Io(io) | E::MqttState(S::Io(io) | S::Deserialization($mqtt::mqttbytes::Error::Io(io))) => Some(io),
                _ => None,
            }
        }
    };
}
driver!(
    drive_v5,
    reason_v5,
    io_v5,
    mqtt5,
    not_accepted_v5,
    received_v5,
    mqtt5::StateError::IncomingPacketTooLarge { .. }
        | mqtt5::StateError::Deserialization(mqtt5::Error::PayloadSizeLimitExceeded { .. })
);
driver!(
    drive_v3,
    reason_v3,
    io_v3,
    mqtt3,
    not_accepted_v3,
    received_v3,
    mqtt3::StateError::Deserialization(mqtt3::Error::PayloadSizeLimitExceeded(_))
);

fn received_v5(publish: &mqtt5::Publish) -> Message {
    let properties = publish.properties.as_ref();
    Message {
        topic: String::from_utf8_lossy(&publish.topic).into_owned(),
        payload: publish.payload.to_vec(),
        retained: publish.retain,
        response_topic: properties.and_then(|properties| properties.response_topic.clone()),
        correlation: properties.and_then(|properties| properties.correlation_data.as_ref().map(|data| data.to_vec())),
    }
}

fn received_v3(publish: &mqtt3::Publish) -> Message {
    let topic = String::from_utf8_lossy(publish.topic.as_ref()).into_owned();
    Message { retained: publish.retain, ..Message::new(topic, publish.payload.to_vec()) }
}

fn reply_properties(message: &Message) -> mqtt5::PublishProperties {
    mqtt5::PublishProperties {
        response_topic: message.response_topic.clone(),
        correlation_data: message.correlation.clone().map(Into::into),
        ..Default::default()
    }
}

/// The client looks for the name in the broker's certificate that it was given as the broker's host. Where these differ,
/// it is given the name, and is led to the host when it connects.
macro_rules! encrypt {
    ($mqtt:ident, $options:ident, $settings:ident, $client:ident) => {
        let client = $mqtt::TlsConfiguration::Rustls(Arc::clone($client));
        $options.set_transport($mqtt::Transport::tls_with_config(client));
        if server_name($settings) != $settings.host {
            let address = broker($settings);
            $options.set_socket_connector(move |_, network| $mqtt::default_socket_connect(address.clone(), network));
        }
    };
}

fn server_name(settings: &MqttSettings) -> &str {
    settings.tls.as_ref().and_then(|tls| tls.server_name.as_deref()).unwrap_or(&settings.host)
}

fn start_v5(settings: &MqttSettings, encryption: &Encryption, will: Option<&Message>) -> Link {
    let mut options = mqtt5::MqttOptions::new(&settings.client_id, (server_name(settings), settings.port));
    if let Encryption::Tls(client) = encryption {
        encrypt!(mqtt5, options, settings, client);
    }
    options
        .set_clean_start(true)
        .set_keep_alive(whole_seconds(settings.keep_alive))
        .set_connect_timeout(settings.connect_timeout)
        .set_incoming_packet_size_limit(mqtt5::IncomingPacketSizeLimit::Bytes(settings.largest_packet));
    if let Some(credentials) = &settings.credentials {
        options.set_credentials(credentials.user.as_str(), credentials.password.expose().as_bytes().to_vec());
    }
    if let Some(Message { topic, payload, retained, .. }) = will.cloned() {
        options.set_last_will(mqtt5::LastWill::new(topic, payload, mqtt5::QoS::AtLeastOnce, retained, None));
    }
    let (client, turning) = mqtt5::AsyncClient::builder(options).capacity(QUEUE).build();
    let (sender, events) = mpsc::channel(QUEUE);
    let driver = tokio::spawn(drive_v5(broker(settings), turning, sender));
    Link { broker: broker(settings), client: Client::V5(client), events, driver }
}

fn start_v3(settings: &MqttSettings, encryption: &Encryption, will: Option<&Message>) -> Link {
    let mut options = mqtt3::MqttOptions::new(&settings.client_id, (server_name(settings), settings.port));
    if let Encryption::Tls(client) = encryption {
        encrypt!(mqtt3, options, settings, client);
    }
    options
        .set_clean_session(true)
        .set_keep_alive(whole_seconds(settings.keep_alive))
        .set_max_packet_size(settings.largest_packet as usize, MAX_SENT);
    if let Some(credentials) = &settings.credentials {
        options.set_credentials(credentials.user.as_str(), credentials.password.expose().as_bytes().to_vec());
    }
    if let Some(Message { topic, payload, retained, .. }) = will.cloned() {
        options.set_last_will(mqtt3::LastWill::new(topic, payload, mqtt3::QoS::AtLeastOnce, retained));
    }
    let (client, turning) = mqtt3::AsyncClient::builder(options).capacity(QUEUE).build();
    let (sender, events) = mpsc::channel(QUEUE);
    let driver = tokio::spawn(drive_v3(broker(settings), turning, sender));
    Link { broker: broker(settings), client: Client::V3(client), events, driver }
}

fn broker(settings: &MqttSettings) -> String {
    format!("{}:{}", settings.host, settings.port)
}

/// MQTT counts the keep-alive in seconds, and 0 would turn it off.
fn whole_seconds(keep_alive: Duration) -> u16 {
    u16::try_from(keep_alive.as_secs().max(1)).unwrap_or(u16::MAX)
}
