//! The MQTT side of delivery: birth and will on the status topic, events on the lanes' topics, commands and health beside.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::warn;

use super::CommandDesk;
use super::encryption::Certificates;
use super::mqtt::{Answer, Link, Message};
use super::mqtt_error::MqttError;
use super::settings::MqttSettings;
use super::status::{GateState, GateStatus};
use super::{Acknowledgement, EventPublisher, PublishError, StoredEvent, topics};
use crate::alarm::{AlarmChanges, Alarms};

/// Publishes events to a broker, and whether this gate is at work; takes commands and tells how the gate fares, if it is
/// given the means.
#[derive(Debug)]
pub struct MqttPublisher {
    settings: MqttSettings,
    status: GateStatus,
    desk: Option<CommandDesk>,
    health: Option<HealthReports>,
    alarms: Alarms,
    changes: AlarmChanges,
    certificates: Certificates,
    link: Option<Link>,
    /// The certificates have changed: the connection ends once what is under way is acknowledged.
    renewing: bool,
}

/// The newest report of how the gate fares, as JSON. Reports that nobody could be told are replaced by newer ones.
pub type HealthReports = watch::Receiver<Option<Arc<str>>>;

impl MqttPublisher {
    /// Not connected yet. `status` is what is told about this run; its state and alarms are set as they change.
    #[must_use]
    pub fn new(settings: MqttSettings, status: GateStatus, alarms: Alarms) -> Self {
        Self {
            certificates: Certificates::new(&settings, alarms.clone()),
            changes: alarms.changes(),
            settings,
            status,
            desk: None,
            health: None,
            alarms,
            link: None,
            renewing: false,
        }
    }

    /// The same, looking so often whether its certificates have changed; once a minute as a rule.
    #[must_use]
    pub fn looking_at_certificates_every(self, interval: Duration) -> Self {
        Self { certificates: self.certificates.looking_every(interval), ..self }
    }

    /// The same, taking commands too.
    #[must_use]
    pub fn with_commands(self, desk: CommandDesk) -> Self {
        Self { desk: Some(desk), ..self }
    }

    /// The same, telling how the gate fares each time that `reports` changes.
    #[must_use]
    pub fn with_health(self, reports: HealthReports) -> Self {
        Self { health: Some(reports), ..self }
    }

    fn status_message(&self, state: GateState) -> Message {
        let topic = self.settings.topic_root.join(topics::STATUS);
        Message { retained: true, ..Message::new(topic, self.status.json_in(state, &self.alarms).into_bytes()) }
    }

    /// A user who may publish passages but not the status, or may not subscribe to commands, is a mistake to be told, and
    /// no reason to hold events back.
    fn introduce(&self, link: &Link) -> Result<(), PublishError> {
        // In this order: whoever sees the gate online may send it commands at once.
        if self.desk.is_some() {
            let commands = link.subscribe(&self.settings.topic_root.join(topics::COMMAND))?;
            warn_if_rejected(commands, "the gate takes no commands");
        }
        let birth = link.publish(self.status_message(GateState::Online))?;
        warn_if_rejected(birth, "the gate's status is not published");
        Ok(())
    }

    fn link(&mut self) -> Result<&mut Link, PublishError> {
        match &mut self.link {
            Some(link) => Ok(link),
            None => {
                let (broker, reason) = (broker(&self.settings), "there is no connection".to_owned());
                Err(MqttError::Lost { broker, reason }.into())
            }
        }
    }
}

fn broker(settings: &MqttSettings) -> String {
    format!("{}:{}", settings.host, settings.port)
}

impl EventPublisher for MqttPublisher {
    async fn connect(&mut self) -> Result<(), PublishError> {
        (self.link, self.renewing) = (None, false);
        let encryption = self.certificates.for_connection().await?;
        let will = self.status_message(GateState::Offline);
        let link = Link::open(&self.settings, &encryption, Some(&will)).await;
        let link = link.inspect_err(|error| self.certificates.refused(error))?;
        self.certificates.accepted();
        self.introduce(&link)?;
        self.link = Some(link);
        Ok(())
    }

    fn publish(&mut self, event: &StoredEvent) -> Result<Acknowledgement, PublishError> {
        if self.renewing {
            // It belongs to the next connection, and this one has no answer to it.
            return Ok(Box::pin(std::future::pending()));
        }
        let topic = self.settings.topic_root.join(&event.topic);
        let message = Message::new(topic, event.json.clone().into_bytes());
        let answer = self.link()?.publish(message)?;
        Ok(Box::pin(async move { answer.await.map_err(PublishError::from) }))
    }

    async fn lost(&mut self) -> PublishError {
        if let Err(error) = self.link() {
            return error;
        }
        let online = |status: &GateStatus, settings: &MqttSettings, alarms: &Alarms| {
            let topic = settings.topic_root.join(topics::STATUS);
            let payload = status.json_in(GateState::Online, alarms).into_bytes();
            Message { retained: true, ..Message::new(topic, payload) }
        };
        let Self { settings, status, desk, health, alarms, changes, certificates, link: Some(link), renewing } = self
        else {
            std::future::pending().await
        };
        let renewed = || MqttError::Renewed { broker: broker(settings) };
        loop {
            let told = tokio::select! {
                message = link.next() => match message {
                    Ok(message) => desk.as_ref().and_then(|desk| desk.take(&message)).map_or(Ok(()), |reply| {
                        reply_to(link, reply, *renewing)
                    }),
                    Err(_) if *renewing => Err(renewed()),
                    Err(error) => Err(error),
                },
                () = changes.changed(), if !*renewing => link.publish(online(status, settings, alarms)).map(|answer| {
                    warn_if_rejected(answer, "the gate's alarms are not published");
                }),
                report = next_report(health), if !*renewing => {
                    link.tell(Message::new(settings.topic_root.join(topics::HEALTH), report.as_bytes().to_vec()))
                }
                () = certificates.changed(), if !*renewing => {
                    *renewing = true;
                    if link.begin_goodbye() { Ok(()) } else { Err(renewed()) }
                }
            };
            if let Err(error) = told {
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

/// A connection that is about to end takes no replies any more.
fn reply_to(link: &Link, reply: Message, ending: bool) -> Result<(), MqttError> {
    if !ending {
        warn_if_rejected(link.publish(reply)?, "the reply to a command is not published");
    }
    Ok(())
}

/// The next report, once there is one; never, if nobody makes any.
async fn next_report(reports: &mut Option<HealthReports>) -> Arc<str> {
    if let Some(reports) = reports {
        while reports.changed().await.is_ok() {
            if let Some(report) = reports.borrow_and_update().clone() {
                return report;
            }
        }
    }
    std::future::pending().await
}

fn warn_if_rejected(answer: Answer, what: &'static str) {
    tokio::spawn(async move {
        if let Err(error @ MqttError::Rejected { .. }) = answer.await {
            warn!(%error, "{what}");
        }
    });
}
