//! Events to a webhook beside the broker: what each of them gets while the other is away, over restarts too.

use std::path::Path;
use std::time::Duration;

use gatelpr::alarm::Alarms;
use gatelpr::clock::Clock;
use gatelpr::login::PasswordPlace;
use gatelpr::proof::DeviceKey;
use gatelpr::publish::{
    Delivery, DeliverySettings, Destination, Destinations, MqttPublisher, Outbox, OutboxSettings, PlateEvent,
    WebhookPublisher, WebhookSettings,
};
use gatelpr::stop::Stop;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::broker::{EVENT, check_complete, check_schema, settings, status};
use crate::support::{IndependentSubscriber, Mosquitto, PATIENCE, free_port};
use crate::webhook_server::{Act, Received, Server};

/// 32 bytes, in base64.
const SECRET: &str = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";

/// The publishing half of a daemon with a webhook.
struct Gate {
    outbox: Outbox,
    clock: Clock,
    stop: Stop,
    broker: Delivery,
    webhook: Delivery,
}

fn open(folder: &Path) -> Outbox {
    let settings = OutboxSettings {
        destinations: Destinations::broker().and(Destination::Webhook),
        ..OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder)
    };
    Outbox::open(&folder.join("outbox.db"), settings).expect("a usable outbox")
}

impl Gate {
    fn start(folder: &Path, broker_port: u16, webhook_port: u16) -> Self {
        let (clock, stop, outbox) = (Clock::start(), Stop::default(), open(folder));
        let patience = DeliverySettings {
            ack_timeout: Duration::from_secs(1),
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_millis(200),
            ..DeliverySettings::default()
        };
        let secret = folder.join("webhook-secret");
        std::fs::write(&secret, format!("whsec_{SECRET}\n")).expect("there is space");
        let webhook = WebhookSettings {
            url: format!("http://127.0.0.1:{webhook_port}/gates/g1").parse().expect("an address"),
            secret: PasswordPlace::File(secret),
            ca_file: None,
            timeout: Duration::from_secs(2),
        };
        let DeliverySettings { window, ack_timeout, to, .. } = webhook.delivery();
        let of_webhook = DeliverySettings { window, ack_timeout, to, ..patience.clone() };
        let (to_broker, to_webhook) = (outbox.queue(Destination::Broker), outbox.queue(Destination::Webhook));
        let publisher = MqttPublisher::new(settings(broker_port), status(clock), Alarms::default());
        let broker = Delivery::start(publisher, to_broker, patience, stop.clone());
        let publisher = WebhookPublisher::new(webhook, clock);
        let webhook = Delivery::start(publisher, to_webhook, of_webhook, stop.clone());
        Self { outbox, clock, stop, broker, webhook }
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

    /// Stops within the few seconds that a service manager allows.
    async fn end(self) {
        self.stop.request();
        for delivery in [self.broker, self.webhook] {
            let ended = tokio::time::timeout(Duration::from_secs(5), delivery.ended()).await;
            ended.expect("a stop takes a few seconds at most").expect("delivery does not panic");
        }
    }
}

fn numbers(received: &[Received]) -> Vec<u64> {
    let number = |request: &Received| serde_json::from_str::<PlateEvent>(&request.body).expect("an event").seq;
    received.iter().map(number).collect()
}

/// `numbers` without repeats, as they came first.
fn first_arrivals(numbers: &[u64]) -> Vec<u64> {
    let mut first = Vec::new();
    numbers.iter().for_each(|number| {
        if !first.contains(number) {
            first.push(*number);
        }
    });
    first
}

/// Checks a request as a receiver does who knows the specification and not this program.
fn check_request(request: &Received) {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD;
    let header = |name: &str| request.headers[name].to_str().expect("a header is text").to_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(&base64.decode(SECRET).expect("base64")).expect("a key");
    mac.update(format!("{}.{}.{}", header("webhook-id"), header("webhook-timestamp"), request.body).as_bytes());
    let expect = format!("v1,{}", base64.encode(mac.finalize().into_bytes()));
    assert_eq!(header("webhook-signature"), expect);
    check_schema(&request.body, "docs/schemas/passage.schema.json");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_webhook_delays_no_event_to_the_broker_and_gets_them_all_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let webhook_port = free_port();
    let gate = Gate::start(folder.path(), broker.port, webhook_port);
    gate.commit(100);
    Gate::drained(&gate.broker).await;
    check_complete(&subscriber.wait_for("/passage", |payloads| payloads.len() >= 100), 100);
    let status = gate.webhook.status();
    assert_eq!((status.depth, status.delivered), (100, 0), "{status:?}");
    let failed = gate.webhook.wait_until(|status| status.failures >= 3);
    assert!(tokio::time::timeout(PATIENCE, failed).await.expect("it is tried again"));
    let error = gate.webhook.status().last_error.expect("it is told");
    assert!(error.contains("cannot be reached") && error.contains("/gates/g1"), "{error}");

    let server = Server::start_on(webhook_port, &[]).await;
    Gate::drained(&gate.webhook).await;
    let received = server.received();
    assert_eq!(numbers(&received), (1..=100).collect::<Vec<_>>());
    received.iter().for_each(check_request);
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_fails_in_every_way_gets_every_event_in_order_once_it_is_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let acts = [
        Act::Answer(200),
        Act::Hang,
        Act::Reset,
        Act::Answer(500),
        Act::Answer(204),
        Act::Answer(503),
        Act::Redirect("http://127.0.0.1:9/".to_owned()),
        Act::Answer(429),
    ];
    let server = Server::start(&acts).await;
    let gate = Gate::start(folder.path(), broker.port, server.port());
    gate.commit(20);
    Gate::drained(&gate.webhook).await;
    Gate::drained(&gate.broker).await;
    let received = server.received();
    assert_eq!(first_arrivals(&numbers(&received)), (1..=20).collect::<Vec<_>>());
    received.iter().for_each(check_request);
    let status = gate.webhook.status();
    assert_eq!((status.delivered, status.refused), (20, 0), "{status:?}");
    assert_eq!((status.failures, received.len()), (6, 26), "one more request for each failure: {status:?}");
    assert_eq!(gate.broker.status().failures, 0);
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_event_holds_up_no_other_and_is_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let server = Server::start(&[Act::Answer(422), Act::Answer(410)]).await;
    let gate = Gate::start(folder.path(), broker.port, server.port());
    gate.commit(4);
    Gate::drained(&gate.webhook).await;
    let numbers = numbers(&server.received());
    assert_eq!(&numbers[..4], [1, 2, 3, 4], "the others pass");
    assert_eq!(&numbers[4..], [1, 2], "and the refused ones come again, in order");
    let status = gate.webhook.status();
    assert_eq!((status.delivered, status.refused, status.failures), (4, 2, 0), "{status:?}");
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_webhook_is_owed_outlives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let webhook_port = free_port();
    let gate = Gate::start(folder.path(), broker.port, webhook_port);
    gate.commit(5);
    Gate::drained(&gate.broker).await;
    gate.end().await;

    let server = Server::start_on(webhook_port, &[]).await;
    let gate = Gate::start(folder.path(), broker.port, webhook_port);
    gate.commit(2);
    Gate::drained(&gate.webhook).await;
    Gate::drained(&gate.broker).await;
    let received = server.received();
    assert_eq!(numbers(&received), (1..=7).collect::<Vec<_>>());
    let late = received.iter().map(|request| request.body.contains(r#""historical":true"#)).collect::<Vec<_>>();
    assert_eq!(late, [true, true, true, true, true, false, false], "what an earlier run left is historical");
    received.iter().for_each(check_request);
    let payloads = subscriber.wait_for("/passage", |payloads| payloads.len() >= 7);
    assert_eq!(payloads.len(), 7, "the broker had its five already");
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_hangs_does_not_hold_up_a_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let server = Server::start(&[Act::Hang, Act::Hang, Act::Hang, Act::Hang, Act::Hang, Act::Hang]).await;
    let gate = Gate::start(folder.path(), broker.port, server.port());
    gate.commit(3);
    Gate::drained(&gate.broker).await;
    let outbox = gate.outbox.clone();
    gate.end().await;
    assert_eq!(outbox.queue(Destination::Webhook).depth(), 3);
}
