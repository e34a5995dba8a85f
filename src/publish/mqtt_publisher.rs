//! The MQTT side of delivery: birth and will on the status topic, events on the lanes' topics, commands and health beside.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};
use tracing::warn;

use super::encryption::Certificates;
use super::health::{HealthReports, next_report};
use super::inbound::{InboundTopic, Reception};
use super::list_hit::{ListHitMessage, ListHitReceiver};
use super::mqtt::{Answer, Link, Message};
use super::mqtt_error::MqttError;
use super::settings::MqttSettings;
use super::sighting::{LiveSighting, SightingReceiver};
use super::status::{GateState, GateStatus};
use super::status_board::StatusBoard;
use super::topics::TopicRoot;
use super::traffic::{TrafficReceiver, TrafficReport};
use super::{Acknowledgement, EventPublisher, PublishError, StoredEvent, topics};
use crate::alarm::Alarms;

/// After something too large came, for how long the declared list is not asked for.
const TOO_LARGE_PAUSE: Duration = Duration::from_secs(600);

/// Publishes events to a broker, and whether this gate is at work; takes commands and tells how the gate fares, if it is
/// given the means.
#[derive(Debug)]
pub struct MqttPublisher {
    settings: MqttSettings,
    status: StatusBoard,
    inbound: Option<Reception>,
    /// Until when the declared list is not asked for, because what the broker has is too large to be taken.
    declared_barred: Option<Instant>,
    health: Option<HealthReports>,
    sightings: Option<SightingReceiver>,
    list_hits: Option<ListHitReceiver>,
    traffic: Option<TrafficReceiver>,
    certificates: Certificates,
    link: Option<Link>,
    /// The certificates have changed: the connection ends once what is under way is acknowledged.
    renewing: bool,
}

impl MqttPublisher {
    /// Not connected yet. `status` is what is told about this run; its state and alarms are set as they change.
    #[must_use]
    pub fn new(settings: MqttSettings, status: GateStatus, alarms: Alarms) -> Self {
        Self::telling(settings, StatusBoard::fixed(status, alarms))
    }

    /// Not connected yet, telling what `status` says at each of its changes.
    #[must_use]
    pub fn telling(settings: MqttSettings, status: StatusBoard) -> Self {
        Self {
            certificates: Certificates::new(&settings, status.alarms().clone()),
            settings,
            status,
            inbound: None,
            declared_barred: None,
            health: None,
            sightings: None,
            list_hits: None,
            traffic: None,
            link: None,
            renewing: false,
        }
    }

    /// The same, looking so often whether its certificates have changed; once a minute as a rule.
    #[must_use]
    pub fn looking_at_certificates_every(self, interval: Duration) -> Self {
        Self { certificates: self.certificates.looking_every(interval), ..self }
    }

    /// The same, taking commands, declared lists and receipts too.
    #[must_use]
    pub fn with_inbound(self, reception: Reception) -> Self {
        Self { inbound: Some(reception), ..self }
    }

    /// The same, telling how the gate fares each time that `reports` changes.
    #[must_use]
    pub fn with_health(self, reports: HealthReports) -> Self {
        Self { health: Some(reports), ..self }
    }

    /// The same, telling what is seen in lanes right now.
    #[must_use]
    pub fn with_sightings(self, sightings: SightingReceiver) -> Self {
        Self { sightings: Some(sightings), ..self }
    }

    /// The same, telling also which vehicles are on the operator's lists.
    #[must_use]
    pub fn with_list_hits(self, list_hits: ListHitReceiver) -> Self {
        Self { list_hits: Some(list_hits), ..self }
    }

    /// The same, telling how dense the traffic in lanes is.
    #[must_use]
    pub fn with_traffic(self, traffic: TrafficReceiver) -> Self {
        Self { traffic: Some(traffic), ..self }
    }

    /// From the next connection on the broker is told and reached like this.
    pub fn use_settings(&mut self, settings: MqttSettings) {
        self.certificates = Certificates::new(&settings, self.status.alarms().clone());
        (self.settings, self.declared_barred) = (settings, None);
    }

    fn status_message(&self, state: GateState) -> Message {
        let topic = self.settings.topic_root.join(topics::STATUS);
        Message { retained: true, ..Message::new(topic, self.status.json_in(state).into_bytes()) }
    }

    /// A user who may publish passages but not the status, or may not subscribe to commands, is a mistake to be told, and
    /// no reason to hold events back.
    async fn introduce(&self, link: &Link) -> Result<(), PublishError> {
        for (topic, name) in self.inbound.iter().flat_map(Reception::topics) {
            if topic == InboundTopic::Declared && self.declared_barred.is_some() {
                continue;
            }
            let answer = link.subscribe(&name)?;
            if topic == InboundTopic::Command {
                // Whoever sees the gate online may send it commands at once, so it is online once it can hear them.
                self.wait_for_agreement(answer).await?;
            } else {
                warn_if_rejected(answer, nothing_comes_in_on(topic));
            }
        }
        let birth = link.publish(self.status_message(GateState::Online))?;
        warn_if_rejected(birth, "the gate's status is not published");
        Ok(())
    }

    async fn wait_for_agreement(&self, answer: Answer) -> Result<(), PublishError> {
        let nothing = nothing_comes_in_on(InboundTopic::Command);
        match timeout(self.settings.connect_timeout, answer).await {
            Ok(Ok(())) => {}
            Ok(Err(error @ MqttError::Rejected { .. })) => warn!(%error, "{nothing}"),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => warn!("the broker does not answer a subscription: {nothing}, unless the answer comes later"),
        }
        Ok(())
    }

    /// What is too large ends the connection (MQTT 5 brokers keep it back instead). If it is the retained list, it would do
    /// so again at once, and no event would ever get through.
    fn note_too_large(&mut self, error: &MqttError) {
        if matches!(error, MqttError::TooLarge { .. }) {
            warn!(%error, "no declared list is asked for during the next {} minutes", TOO_LARGE_PAUSE.as_secs() / 60);
            self.declared_barred = Some(Instant::now() + TOO_LARGE_PAUSE);
        }
    }

    fn act_on(&mut self, happened: Happened) -> Result<(), MqttError> {
        let online = matches!(happened, Happened::Status).then(|| self.status_message(GateState::Online));
        let Self { settings, inbound, traffic, declared_barred, link: Some(link), renewing, .. } = self else {
            return Ok(());
        };
        let renewed = || MqttError::Renewed { broker: broker(settings) };
        match (happened, online) {
            (Happened::Message(Err(_)), _) if *renewing => return Err(renewed()),
            (Happened::Certificates, _) => {
                *renewing = true;
                return if link.begin_goodbye() { Ok(()) } else { Err(renewed()) };
            }
            (Happened::Message(message), _) => {
                let refusal =
                    inbound.as_mut().zip(Some(message?)).and_then(|(reception, message)| reception.take(message));
                refusal.filter(|_| !*renewing).into_iter().for_each(|reply| send_reply(link, reply));
            }
            (Happened::Reply(reply), _) => send_reply(link, reply),
            (Happened::Report(report), _) => {
                link.tell(Message::new(settings.topic_root.join(topics::HEALTH), report.as_bytes().to_vec()))?;
            }
            (Happened::Sighting(sighting), _) => {
                let payload = serde_json::to_vec(&sighting).expect("texts and finite numbers have a JSON form");
                link.tell(Message::new(settings.topic_root.join(&topics::sighting(&sighting.lane)), payload))?;
            }
            (Happened::ListHit(hit), _) => {
                let topic = settings.topic_root.join(&topics::list_hit(&hit.lane));
                let answer = link.publish(Message::new(topic, hit.json().into_bytes()))?;
                warn_if_rejected(answer, "what is on a list is not published");
            }
            (Happened::Traffic(report), _) => send_traffic(link, &settings.topic_root, (traffic, report))?,
            (Happened::DeclaredAgain, _) => {
                *declared_barred = None;
                let answer = link.subscribe(&settings.topic_root.join(topics::DECLARED))?;
                warn_if_rejected(answer, nothing_comes_in_on(InboundTopic::Declared));
            }
            (Happened::Status, online) => {
                if let Some(status) = online {
                    warn_if_rejected(link.publish(status)?, "the gate's status is not published");
                }
            }
        }
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
        self.introduce(&link).await?;
        self.sightings.iter_mut().for_each(SightingReceiver::forget);
        self.list_hits.iter_mut().for_each(ListHitReceiver::forget);
        self.traffic.iter_mut().for_each(TrafficReceiver::forget);
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
        loop {
            let Self {
                inbound,
                declared_barred,
                health,
                sightings,
                list_hits,
                traffic,
                status,
                certificates,
                link: Some(link),
                renewing,
                ..
            } = self
            else {
                std::future::pending().await
            };
            let happened = tokio::select! {
                message = link.next() => Happened::Message(message),
                // A connection that is about to end takes nothing any more.
                reply = next_reply(inbound), if !*renewing => Happened::Reply(reply),
                () = status.changed(), if !*renewing => Happened::Status,
                report = next_report(health), if !*renewing => Happened::Report(report),
                sighting = next_sighting(sightings), if !*renewing => Happened::Sighting(sighting),
                hit = next_list_hit(list_hits), if !*renewing => Happened::ListHit(hit),
                report = next_traffic(traffic), if !*renewing => Happened::Traffic(report),
                () = at(*declared_barred), if !*renewing => Happened::DeclaredAgain,
                () = certificates.changed(), if !*renewing => Happened::Certificates,
            };
            if let Err(error) = self.act_on(happened) {
                self.note_too_large(&error);
                return error.into();
            }
        }
    }

    async fn close(&mut self) {
        let farewell = self.status_message(GateState::Stopping);
        let Some(link) = self.link.take() else { return };
        // Whoever has the gate begin anew is told so before it does.
        if let Some(reception) = &mut self.inbound {
            std::iter::from_fn(|| reception.waiting_reply()).for_each(|reply| send_reply(&link, reply));
        }
        // Whether the farewell is taken or not, there is nobody left to act on it.
        if let Ok(answer) = link.publish(farewell) {
            drop(answer.await);
        }
        link.close().await;
    }
}

/// What a publisher can be woken by.
enum Happened {
    Message(Result<Message, MqttError>),
    Reply(Message),
    Status,
    Report(Arc<str>),
    Sighting(LiveSighting),
    ListHit(ListHitMessage),
    Traffic(Arc<TrafficReport>),
    DeclaredAgain,
    Certificates,
}

/// A reply that cannot be sent is nobody's loss but the asker's; that the connection is lost is told elsewhere.
fn send_reply(link: &Link, reply: Message) {
    match link.publish(reply) {
        Ok(answer) => warn_if_rejected(answer, "the reply to a command is not published"),
        Err(error) => warn!(%error, "the reply to a command is not published"),
    }
}

/// The next reply, once there is one; never, if nothing comes in.
async fn next_reply(inbound: &mut Option<Reception>) -> Message {
    match inbound {
        Some(reception) => reception.reply().await,
        None => std::future::pending().await,
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn nothing_comes_in_on(topic: InboundTopic) -> &'static str {
    match topic {
        InboundTopic::Command => "the gate takes no commands",
        InboundTopic::Declared => "the gate takes no declared list",
        InboundTopic::Receipt => "the gate takes no receipts",
    }
}

/// The next sighting, once there is one; never, if nobody tells any.
async fn next_sighting(sightings: &mut Option<SightingReceiver>) -> LiveSighting {
    match sightings {
        Some(sightings) => sightings.next().await,
        None => std::future::pending().await,
    }
}

/// The next hit, once there is one; never, if nobody tells any.
async fn next_list_hit(hits: &mut Option<ListHitReceiver>) -> ListHitMessage {
    match hits {
        Some(hits) => hits.next().await,
        None => std::future::pending().await,
    }
}

/// The next report of a lane's traffic, once there is one and the last one was answered; never, if nobody tells any.
async fn next_traffic(traffic: &mut Option<TrafficReceiver>) -> Arc<TrafficReport> {
    match traffic {
        Some(traffic) => traffic.next().await,
        None => std::future::pending().await,
    }
}

fn send_traffic(
    link: &Link,
    root: &TopicRoot,
    (traffic, report): (&mut Option<TrafficReceiver>, Arc<TrafficReport>),
) -> Result<(), MqttError> {
    let payload = serde_json::to_vec(&*report).expect("texts and finite numbers have a JSON form");
    let message = Message { retained: true, ..Message::new(root.join(&topics::traffic(&report.lane)), payload) };
    let answer = link.publish(message)?;
    if let Some(traffic) = traffic {
        traffic.sent(report, answer);
    }
    Ok(())
}

fn warn_if_rejected(answer: Answer, what: &'static str) {
    tokio::spawn(async move {
        if let Err(error @ MqttError::Rejected { .. }) = answer.await {
            warn!(%error, "{what}");
        }
    });
}
