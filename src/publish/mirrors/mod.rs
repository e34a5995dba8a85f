//! The same events in other systems' forms, each off unless configured, over a connection of their own.
//!
//! ```text
//! outbox ─▶ courier of the mirrors ─▶ MirrorPublisher ─┬─ onvif          ─┐
//!                                                      ├─ home_assistant ─┼─▶ broker (client id + "-mirrors")
//!                                                      └─ analytics      ─┘
//! ```
//!
//! An event is acknowledged when all its messages are. What one mirror's topic is refused, the others do not get again.

pub mod analytics;
pub mod home_assistant;
pub mod onvif;
mod taken;
#[cfg(test)]
mod tests;

use std::fmt;

use tracing::warn;

pub use analytics::{AnalyticsKey, AnalyticsMirror};
pub use home_assistant::HomeAssistantMirror;
pub use onvif::OnvifMirror;

use self::taken::Taken;
use super::encryption::Encryption;
use super::mqtt::{Answer, Link, Message};
use super::mqtt_error::MqttError;
use super::settings::MqttSettings;
use super::{Acknowledgement, EventPublisher, PlateEvent, PublishError, StoredEvent};

/// What the mirrors' connection is called beside the gate's own: two clients of one name throw each other out.
const CLIENT_SUFFIX: &str = "-mirrors";

/// Another system's form of events.
pub trait Mirror: fmt::Debug + Send {
    /// What is told at each new connection.
    fn greeting(&self) -> Vec<Message> {
        Vec::new()
    }

    /// What `event` is to that system: nothing, one message, or several on topics of their own.
    fn messages(&mut self, event: &PlateEvent) -> Vec<Message>;
}

/// Publishes events as other systems want them.
#[derive(Debug)]
pub struct MirrorPublisher {
    settings: MqttSettings,
    mirrors: Vec<Box<dyn Mirror>>,
    link: Option<Link>,
    taken: Taken,
}

impl MirrorPublisher {
    /// Not connected yet. `settings` are those of the gate's own connection.
    #[must_use]
    pub fn new(settings: MqttSettings, mirrors: Vec<Box<dyn Mirror>>) -> Self {
        let client_id = format!("{}{CLIENT_SUFFIX}", settings.client_id);
        let settings = MqttSettings { client_id, ..settings };
        Self { settings, mirrors, link: None, taken: Taken::default() }
    }

    /// From the next connection on it is as `next` is. What was taken of an event stays known.
    pub fn become_like(&mut self, next: Self) {
        let taken = std::mem::take(&mut self.taken);
        *self = Self { taken, ..next };
    }

    fn messages(&mut self, event: &StoredEvent) -> Vec<Message> {
        match serde_json::from_str::<PlateEvent>(&event.json) {
            Ok(passage) => self.mirrors.iter_mut().flat_map(|mirror| mirror.messages(&passage)).collect(),
            Err(error) => {
                warn!(seq = event.seq, %error, "an event of another version of gatelpr is not mirrored; the broker gets it");
                Vec::new()
            }
        }
    }

    fn no_connection(&self) -> MqttError {
        let broker = format!("{}:{}", self.settings.host, self.settings.port);
        MqttError::Lost { broker, reason: "there is no connection".to_owned() }
    }
}

impl EventPublisher for MirrorPublisher {
    async fn connect(&mut self) -> Result<(), PublishError> {
        self.link = None;
        // The certificates' files are read anew at each connection.
        let encryption = Encryption::of(&self.settings)?;
        let link = Link::open(&self.settings, &encryption, None).await?;
        for message in self.mirrors.iter().flat_map(|mirror| mirror.greeting()) {
            warn_if_rejected(link.publish(message)?);
        }
        self.link = Some(link);
        Ok(())
    }

    fn publish(&mut self, event: &StoredEvent) -> Result<Acknowledgement, PublishError> {
        let messages = self.messages(event);
        let Some(link) = &self.link else { return Err(self.no_connection().into()) };
        let mut answers = Vec::new();
        for message in messages {
            if !self.taken.has(event.seq, &message.topic) {
                answers.push((message.topic.clone(), link.publish(message)?));
            }
        }
        Ok(Box::pin(all_taken(event.seq, answers, self.taken.clone())))
    }

    async fn lost(&mut self) -> PublishError {
        let Some(link) = &mut self.link else { return self.no_connection().into() };
        loop {
            // Nothing is subscribed to, so what comes is nothing.
            if let Err(error) = link.next().await {
                return error.into();
            }
        }
    }

    async fn close(&mut self) {
        if let Some(link) = self.link.take() {
            link.close().await;
        }
    }
}

/// Completes when every message of event `seq` was answered: well only if all were taken.
async fn all_taken(seq: u64, answers: Vec<(String, Answer)>, taken: Taken) -> Result<(), PublishError> {
    let mut refused = None;
    for (topic, answer) in answers {
        match answer.await {
            Ok(()) => taken.note(seq, topic),
            Err(error @ MqttError::Rejected { .. }) => refused = refused.or(Some(error)),
            Err(error) => return Err(error.into()),
        }
    }
    match refused {
        Some(error) => Err(error.into()),
        None => {
            taken.forget(seq);
            Ok(())
        }
    }
}

fn warn_if_rejected(answer: Answer) {
    tokio::spawn(async move {
        if let Err(error @ MqttError::Rejected { .. }) = answer.await {
            warn!(%error, "Home Assistant is not told what this gate is");
        }
    });
}
