//! Events in other systems' forms, as an independent subscriber sees them on a real broker.

use std::path::Path;
use std::time::Duration;

use gatelpr::alarm::Alarms;
use gatelpr::clock::Clock;
use gatelpr::plate::{LaneName, SiteName};
use gatelpr::proof::DeviceKey;
use gatelpr::publish::mirrors::{AnalyticsMirror, HomeAssistantMirror, Mirror, OnvifMirror, analytics, home_assistant};
use gatelpr::publish::topics::TopicRoot;
use gatelpr::publish::{
    AnalyticsKey, Delivery, DeliverySettings, Destination, Destinations, MirrorPublisher, MqttPublisher, Outbox,
    OutboxSettings, PlateEvent,
};
use gatelpr::stop::Stop;
use serde_json::Value;

use crate::broker::{EVENT, check_complete, check_schema, settings, status};
use crate::support::door::Door;
use crate::support::{IndependentSubscriber, Mosquitto, PATIENCE};

const ROOT: &str = "gatelpr/v1/huu-nghi/g1";

/// The publishing half of a daemon with all mirrors.
struct Gate {
    outbox: Outbox,
    clock: Clock,
    stop: Stop,
    broker: Delivery,
    mirrors: Delivery,
}

fn mirrors() -> Vec<Box<dyn Mirror>> {
    let name = |text: &str| SiteName::try_from(text).expect("a name");
    let (site, gate) = (name("huu-nghi"), name("g1"));
    let root = |template: &str| TopicRoot::expand(template, &site, &gate).expect("a root");
    vec![
        Box::new(OnvifMirror::new(root("{site}-{gate}"))),
        Box::new(HomeAssistantMirror {
            discovery_prefix: root(home_assistant::USUAL_PREFIX),
            topic_root: root(ROOT),
            lanes: vec![LaneName::try_from("in-2").expect("a name")],
            site: site.clone(),
            gate: gate.clone(),
        }),
        Box::new(AnalyticsMirror {
            topic_root: root(analytics::DEFAULT_TEMPLATE),
            key: AnalyticsKey::parse("q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=").expect("a key"),
        }),
    ]
}

impl Gate {
    fn start(folder: &Path, port: u16, port_of_mirrors: u16) -> Self {
        let (clock, stop) = (Clock::start(), Stop::default());
        let of_outbox = OutboxSettings {
            destinations: Destinations::broker().and(Destination::Mirrors),
            ..OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder)
        };
        let outbox = Outbox::open(&folder.join("outbox.db"), of_outbox).expect("a usable outbox");
        let patience = DeliverySettings {
            ack_timeout: Duration::from_secs(1),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_millis(400),
            ..DeliverySettings::default()
        };
        let publisher = MqttPublisher::new(settings(port), status(clock), Alarms::default());
        let broker = Delivery::start(publisher, outbox.queue(Destination::Broker), patience.clone(), stop.clone());
        let publisher = MirrorPublisher::new(settings(port_of_mirrors), mirrors());
        let mirrors = Delivery::start(publisher, outbox.queue(Destination::Mirrors), patience, stop.clone());
        Self { outbox, clock, stop, broker, mirrors }
    }

    fn commit(&self, count: u64) {
        for _ in 0..count {
            let mut event: PlateEvent = serde_json::from_str(EVENT).expect("the fixture is an event");
            event.event_id = uuid::Uuid::now_v7();
            self.outbox.commit(&event, self.clock.now().wall).expect("there is space");
        }
    }

    async fn drained(delivery: &Delivery) {
        let drained = tokio::time::timeout(PATIENCE, delivery.drained()).await;
        assert!(drained.unwrap_or(false), "not everything was delivered: {:?}", delivery.status());
    }

    async fn end(self) {
        self.stop.request();
        for delivery in [self.broker, self.mirrors] {
            let ended = tokio::time::timeout(Duration::from_secs(5), delivery.ended()).await;
            ended.expect("a stop takes a few seconds at most").expect("delivery does not panic");
        }
    }
}

fn json(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_else(|error| panic!("{error}: {payload}"))
}

fn at_least(count: usize) -> impl Fn(&[String]) -> bool {
    move |payloads| payloads.len() >= count
}

const ONVIF: &str = "huu-nghi-g1/onvif-ej/RuleEngine/Recognition/LicensePlate/&in-2-front/in-2";
const SENSOR: &str = "home_assistant/lane/in-2/plate";
const VEHICLE: &str = "home_assistant/lane/in-2/vehicle";
const ANALYTICS: &str = "gatelpr-analytics/v1/huu-nghi/g1/lane/in-2/passage";
const DISCOVERY: &str = "homeassistant/device/gatelpr_huu-nghi_g1/config";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mirror_tells_every_event_in_its_own_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let gate = Gate::start(folder.path(), broker.port, broker.port);
    gate.commit(10);
    Gate::drained(&gate.mirrors).await;
    Gate::drained(&gate.broker).await;
    let passages = subscriber.wait_for(&format!("{ROOT}/lane/in-2/passage"), at_least(10));
    check_complete(&passages, 10);
    for (topic, schema) in [
        (ONVIF, "docs/schemas/onvif.schema.json"),
        (SENSOR, "docs/schemas/home_assistant.schema.json"),
        (VEHICLE, "docs/schemas/home_assistant.schema.json"),
        (ANALYTICS, "docs/schemas/analytics.schema.json"),
    ] {
        let payloads = subscriber.wait_for(topic, at_least(10));
        assert_eq!(payloads.len(), 10, "{topic}");
        payloads.iter().for_each(|payload| check_schema(payload, schema));
    }
    let plate = json(EVENT)["plate"].clone();
    let text = plate["text"].as_str().expect("a text");
    assert!(subscriber.payloads(ONVIF)[0].contains(text));
    assert!(subscriber.payloads(ANALYTICS).iter().all(|payload| !payload.contains(text)));
    // Whoever comes later is told what the gate is and which plate was the last, and no old event fires.
    let mut late = IndependentSubscriber::start(broker.port);
    let discovery = json(&late.wait_for(DISCOVERY, at_least(1))[0]);
    let sensor = &discovery["components"]["gatelpr_huu-nghi_g1_in-2_plate"];
    assert_eq!(sensor["state_topic"], format!("{ROOT}/{SENSOR}"));
    assert_eq!(json(&late.wait_for(SENSOR, at_least(1))[0])["plate"], plate["display"]);
    assert_eq!(discovery["availability"][0]["topic"], format!("{ROOT}/status"));
    late.wait_for("/status", at_least(1));
    assert_eq!(late.payloads(VEHICLE), Vec::<String>::new());
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_that_is_refused_delays_neither_the_events_nor_the_other_mirrors() {
    let folder = tempfile::tempdir().expect("a folder");
    let rights = folder.path().join("rights");
    let lines = format!("topic readwrite #\ntopic deny {ANALYTICS}\n");
    std::fs::write(&rights, lines).expect("there is space");
    let broker = Mosquitto::with_config(&format!("allow_anonymous true\nacl_file {}\n", rights.display()));
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let gate = Gate::start(folder.path(), broker.port, broker.port);
    gate.commit(50);
    Gate::drained(&gate.broker).await;
    let refused = gate.mirrors.wait_until(|status| status.refused >= 200);
    assert!(tokio::time::timeout(PATIENCE, refused).await.expect("refused events are tried again"));
    let status = gate.mirrors.status();
    assert_eq!((status.depth, status.failures, status.delivered), (50, 0, 0), "{status:?}");
    // The last that is told of an event. What the others were told before has arrived too: one connection keeps its order.
    subscriber.wait_for(VEHICLE, at_least(50));
    for topic in [ONVIF, VEHICLE, SENSOR] {
        assert_eq!(subscriber.payloads(topic).len(), 50, "{topic} is told once, however often another is refused");
    }
    assert_eq!(subscriber.payloads(ANALYTICS), Vec::<String>::new());
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_between_the_mirrors_and_the_broker_costs_neither_events_nor_mirrored_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let door = Door::open_to(broker.port);
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let gate = Gate::start(folder.path(), broker.port, door.port);
    gate.commit(20);
    subscriber.wait_for(ANALYTICS, at_least(1));
    door.shut();
    gate.commit(20);
    Gate::drained(&gate.broker).await;
    let failed = gate.mirrors.wait_until(|status| status.failures >= 2);
    assert!(tokio::time::timeout(PATIENCE, failed).await.expect("the cut is noticed"));
    door.open();
    Gate::drained(&gate.mirrors).await;
    // At least once each, so repeats are no more of them.
    let different = |payloads: &[String]| {
        let ids = payloads.iter().map(|payload| json(payload)["passage_id"].to_string());
        ids.collect::<std::collections::BTreeSet<_>>().len()
    };
    let passages = subscriber.wait_for(ANALYTICS, |payloads| different(payloads) == 40);
    passages.iter().for_each(|passage| check_schema(passage, "docs/schemas/analytics.schema.json"));
    gate.end().await;
}
