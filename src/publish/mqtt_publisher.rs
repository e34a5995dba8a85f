//! The MQTT side of delivery: birth and will on the status topic, events on the lanes' topics.

use tracing::warn;

use super::mqtt::{Link, Message};
use super::mqtt_error::MqttError;
use super::settings::MqttSettings;
use super::status::{GateState, GateStatus};
use super::{Acknowledgement, EventPublisher, PublishError, StoredEvent, topics};

/// Publishes events to a broker, and whether this gate is at work.
#[derive(Debug)]
pub struct MqttPublisher {
    settings: MqttSettings,
    status: GateStatus,
    link: Option<Link>,
}

impl MqttPublisher {
    /// Not connected yet. `status` is what is told about this run; its state is set as it changes.
    #[must_use]
    pub fn new(settings: MqttSettings, status: GateStatus) -> Self {
        Self { settings, status, link: None }
    }

    fn status_message(&self, state: GateState) -> Message {
        Message {
            topic: self.settings.topic_root.join(topics::STATUS),
            payload: self.status.json_in(state).into_bytes(),
            retained: true,
        }
    }

    fn link(&mut self) -> Result<&mut Link, PublishError> {
        let broker = || format!("{}:{}", self.settings.host, self.settings.port);
        match &mut self.link {
            Some(link) => Ok(link),
            None => Err(MqttError::Lost { broker: broker(), reason: "there is no connection".to_owned() }.into()),
        }
    }
}

impl EventPublisher for MqttPublisher {
    async fn connect(&mut self) -> Result<(), PublishError> {
        self.link = None;
        let link = Link::open(&self.settings, Some(&self.status_message(GateState::Offline))).await?;
        let birth = link.publish(self.status_message(GateState::Online))?;
        // A user who may publish passages but not the status is a mistake to be told, and no reason to hold events back.
        tokio::spawn(async move {
            if let Err(error @ MqttError::Rejected { .. }) = birth.await {
                warn!(%error, "the gate's status is not published");
            }
        });
        self.link = Some(link);
        Ok(())
    }

    fn publish(&mut self, event: &StoredEvent) -> Result<Acknowledgement, PublishError> {
        let message = Message {
            topic: self.settings.topic_root.join(&event.topic),
            payload: event.json.clone().into_bytes(),
            retained: false,
        };
        let answer = self.link()?.publish(message)?;
        Ok(Box::pin(async move { answer.await.map_err(PublishError::from) }))
    }

    async fn lost(&mut self) -> PublishError {
        let link = match self.link() {
            Ok(link) => link,
            Err(error) => return error,
        };
        loop {
            // Nothing is subscribed to, so a message can only be a broker's mistake.
            if let Err(error) = link.next().await {
                return error.into();
            }
        }
    }

    async fn close(&mut self) {
        let farewell = self.status_message(GateState::Stopping);
        let Some(link) = self.link.take() else { return };
        // Whether the farewell is taken or not, there is nobody left to act on it.
        if let Ok(answer) = link.publish(farewell) {
            drop(answer.await);
        }
        link.close().await;
    }
}
