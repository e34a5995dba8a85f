//! Who brings events where: a courier for the broker, and one for every other destination that the config names.
//!
//! They share nothing but the outbox, so a webhook that is away or a mirror that is refused never delays the broker. A run
//! ends when the broker has everything; the others get the time of their farewell, and what they leave stays in the outbox.

use futures_util::future::select_all;
use tracing::info;

use crate::clock::Clock;
use crate::config::Config;
use crate::publish::mirrors::{AnalyticsKey, AnalyticsMirror, HomeAssistantMirror, Mirror, OnvifMirror};
use crate::publish::renewable::{Renewals, renewable};
use crate::publish::{
    Delivery, DeliveryFailed, DeliveryObserver, DeliverySettings, Destination, Destinations, MirrorPublisher,
    MqttPublisher, MqttSettings, Outbox, WebhookPublisher, WebhookSettings,
};
use crate::pulse::Pulse;
use crate::stop::Stop;

/// The running couriers.
#[derive(Debug)]
pub(crate) struct Couriers {
    /// The broker's.
    pub(crate) broker: Delivery,
    others: Vec<(&'static str, Delivery)>,
}

/// How the running couriers are sent elsewhere.
#[derive(Debug)]
pub(crate) struct CourierRenewals {
    broker: Renewals<MqttPublisher>,
    webhook: Option<Renewals<WebhookPublisher>>,
    mirrors: Option<Renewals<MirrorPublisher>>,
}

/// Where they are sent from now on; those that are named nothing here go on.
#[derive(Debug, Default)]
pub(crate) struct CourierChanges {
    pub(crate) broker: Option<MqttSettings>,
    pub(crate) webhook: Option<WebhookSettings>,
    pub(crate) mirrors: Option<MirrorPublisher>,
}

impl CourierRenewals {
    /// Has them say goodbye and go on elsewhere, soon. Blocks this thread while one is slow to begin with that.
    pub(crate) fn renew(&self, changes: CourierChanges, clock: Clock) {
        if let Some(settings) = changes.broker {
            self.broker.renew(|publisher| publisher.use_settings(settings));
        }
        if let (Some(webhook), Some(settings)) = (&self.webhook, changes.webhook) {
            webhook.renew(move |publisher| *publisher = WebhookPublisher::new(settings, clock));
        }
        if let (Some(mirrors), Some(next)) = (&self.mirrors, changes.mirrors) {
            mirrors.renew(|publisher| publisher.become_like(next));
        }
    }
}

/// Where events go besides the broker, seen from outside: its name, and how it fares.
pub(crate) type OtherDestinations = Vec<(&'static str, DeliveryObserver)>;

/// Who is owed every event.
pub(crate) fn destinations(config: &Config) -> Destinations {
    let mut destinations = Destinations::broker();
    if config.webhook.is_some() {
        destinations = destinations.and(Destination::Webhook);
    }
    if config.mirrors.any() {
        destinations = destinations.and(Destination::Mirrors);
    }
    destinations
}

impl Couriers {
    /// Starts them all, and gives how they are sent elsewhere. Each delivers until `stop` and then takes its leave.
    pub(crate) fn start(
        config: &Config,
        broker: MqttPublisher,
        outbox: &Outbox,
        clock: Clock,
        stop: &Stop,
    ) -> anyhow::Result<(Self, CourierRenewals)> {
        let (broker, renewals) = renewable(broker);
        let mut renewals = CourierRenewals { broker: renewals, webhook: None, mirrors: None };
        let mut others = Vec::new();
        if let Some(webhook) = &config.webhook {
            info!(webhook = webhook.shown(), "events go to a webhook too");
            let (publisher, renewal) = renewable(WebhookPublisher::new(webhook.clone(), clock));
            renewals.webhook = Some(renewal);
            let queue = outbox.queue(Destination::Webhook);
            others.push(("webhook", Delivery::start(publisher, queue, webhook.delivery(), stop.clone())));
        }
        if config.mirrors.any() {
            let (publisher, renewal) = renewable(mirror_publisher(config)?);
            renewals.mirrors = Some(renewal);
            let queue = outbox.queue(Destination::Mirrors);
            let settings = DeliverySettings { to: "the mirrors", ..config.mqtt.delivery() };
            others.push(("mirrors", Delivery::start(publisher, queue, settings, stop.clone())));
        }
        let queue = outbox.queue(Destination::Broker);
        let broker = Delivery::start(broker, queue, config.mqtt.delivery(), stop.clone());
        Ok((Self { broker, others }, renewals))
    }

    /// A look at those besides the broker's.
    pub(crate) fn others(&self) -> OtherDestinations {
        self.others.iter().map(|(name, delivery)| (*name, delivery.observer())).collect()
    }

    /// The signs of life of all of them, with whom they serve.
    pub(crate) fn pulses(&self) -> Vec<(&'static str, Pulse)> {
        let broker = ("the broker", self.broker.pulse().clone());
        let others = self.others.iter().map(|(name, delivery)| (*name, delivery.pulse().clone()));
        std::iter::once(broker).chain(others).collect()
    }

    /// Completes when one of them has ended without a stop, which only a panic does; never after a stop.
    pub(crate) async fn failed(&self) {
        let all = std::iter::once(&self.broker).chain(self.others.iter().map(|(_, delivery)| delivery));
        select_all(all.map(|delivery| Box::pin(delivery.failed()))).await;
    }

    /// Waits until all have ended, after a stop.
    ///
    /// # Errors
    /// [`DeliveryFailed`] when one of them panicked.
    pub(crate) async fn ended(self) -> Result<(), DeliveryFailed> {
        let broker = self.broker.ended().await;
        let mut ended = Vec::new();
        for (name, delivery) in self.others {
            let observer = delivery.observer();
            ended.push(delivery.ended().await);
            let left = observer.status().depth;
            if left > 0 {
                info!(destination = name, left, "events wait in the outbox for the next start");
            }
        }
        ended.into_iter().fold(broker, Result::and)
    }
}

/// Who tells the mirrors. The broker's password and the mirrors' keys are read now.
pub(crate) fn mirror_publisher(config: &Config) -> anyhow::Result<MirrorPublisher> {
    Ok(MirrorPublisher::new(config.mqtt.settings()?, mirrors(config)?))
}

/// The mirrors that the config names. Keys are read now.
fn mirrors(config: &Config) -> anyhow::Result<Vec<Box<dyn Mirror>>> {
    let topic_root = &config.mqtt.settings_without_login().topic_root;
    let mut mirrors: Vec<Box<dyn Mirror>> = Vec::new();
    if let Some(onvif) = &config.mirrors.onvif {
        mirrors.push(Box::new(OnvifMirror::new(onvif.topic_prefix.as_ref().unwrap_or(topic_root).clone())));
    }
    if let Some(home_assistant) = &config.mirrors.home_assistant {
        mirrors.push(Box::new(HomeAssistantMirror {
            discovery_prefix: home_assistant.discovery_prefix.clone(),
            topic_root: topic_root.clone(),
            site: config.site.name.clone(),
            gate: config.site.gate.clone(),
            lanes: config.lanes.iter().map(|lane| lane.name.clone()).collect(),
        }));
    }
    if let Some(analytics) = &config.mirrors.analytics {
        let key = analytics.key.read().and_then(|text| AnalyticsKey::parse(text.expose()));
        let place = &analytics.key;
        let key = key.map_err(|why| anyhow::anyhow!("cannot use the key of [mirrors.analytics] in {place}: {why}"))?;
        mirrors.push(Box::new(AnalyticsMirror { topic_root: analytics.topic_root.clone(), key }));
    }
    Ok(mirrors)
}
