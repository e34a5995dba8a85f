//! Delivery against a real broker: outages, restarts on either side, old protocols, logins. What arrives is seen by an
//! independent subscriber.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use crate::support::door::{Door, Refusal};
use crate::support::{IndependentSubscriber, Mosquitto, PATIENCE, free_port};
use gatelpr::alarm::Alarms;
use gatelpr::clock::Clock;
use gatelpr::commands::watch::{Form, watch};
use gatelpr::login::{Credentials, Secret};
use gatelpr::plate::SiteName;
use gatelpr::proof::DeviceKey;
use gatelpr::publish::status::GateState;
use gatelpr::publish::topics::TopicRoot;
use gatelpr::publish::utc_time::UtcTime;
use gatelpr::publish::{
    Delivery, DeliverySettings, Destination, GateStatus, MqttPublisher, MqttSettings, Outbox, OutboxSettings,
    PlateEvent, Protocol,
};
use gatelpr::stop::Stop;
use uuid::Uuid;

/// One passage as the daemon would commit it; numbers are given by the outbox.
pub(crate) const EVENT: &str = include_str!("../fixtures/passage.json");

/// The publishing half of a daemon.
pub(crate) struct Gate {
    pub(crate) outbox: Outbox,
    clock: Clock,
    stop: Stop,
    pub(crate) delivery: Delivery,
}

impl Gate {
    pub(crate) fn start(outbox: &Path, settings: MqttSettings) -> Self {
        Self::start_with(outbox, MqttPublisher::new(settings, status(Clock::start()), Alarms::default()))
    }

    pub(crate) fn start_with(outbox: &Path, publisher: MqttPublisher) -> Self {
        let clock = Clock::start();
        let stop = Stop::default();
        let settings_of_outbox =
            OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), outbox.parent().expect("a folder"));
        let outbox = Outbox::open(outbox, settings_of_outbox).expect("a usable outbox");
        let patience = DeliverySettings {
            ack_timeout: Duration::from_secs(1),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_millis(400),
            ..DeliverySettings::default()
        };
        let delivery = Delivery::start(publisher, outbox.queue(Destination::Broker), patience, stop.clone());
        Self { outbox, clock, stop, delivery }
    }

    pub(crate) fn commit(&self, count: u64) {
        self.commit_in("in-2", count);
    }

    fn commit_in(&self, lane: &str, count: u64) {
        for _ in 0..count {
            let mut event: PlateEvent = serde_json::from_str(EVENT).expect("the fixture is an event");
            lane.clone_into(&mut event.lane);
            event.event_id =
                Uuid::from_u64_pair(0x0193_6a3e_0000_7000, 0x8000_0000_0000_0000 | u64::from(fastrand::u32(..)));
            self.outbox.commit(&event, self.clock.now().wall).expect("there is space");
        }
    }

    pub(crate) async fn failures(&self, count: u64) {
        let seen = self.delivery.wait_until(|status| status.failures >= count);
        assert!(tokio::time::timeout(PATIENCE, seen).await.expect("the outage is noticed"));
    }

    pub(crate) async fn drained(&self) {
        let drained = tokio::time::timeout(PATIENCE, self.delivery.drained()).await;
        assert!(drained.unwrap_or(false), "not everything was delivered: {:?}", self.delivery.status());
    }

    /// Stops within the few seconds that a service manager allows.
    pub(crate) async fn end(self) {
        self.stop.request();
        tokio::time::timeout(Duration::from_secs(5), self.delivery.ended())
            .await
            .expect("a stop takes a few seconds at most")
            .expect("delivery does not panic");
    }
}

pub(crate) fn status(clock: Clock) -> GateStatus {
    GateStatus {
        state: GateState::Online,
        boot_id: Uuid::nil(),
        version: "0.1.0".into(),
        started_at: UtcTime::new(clock.now().wall),
        config_sha256: "00ff".into(),
        models: vec!["reader@sha256:bb22".into()],
        lanes: vec!["in-2".into()],
        signing_key: Some(DeviceKey::from_seed(&[1; 32]).public().into()),
        last_reload: None,
        alarms: vec![],
    }
}

pub(crate) fn settings(port: u16) -> MqttSettings {
    let name = |text| SiteName::try_from(text).expect("a valid name");
    let root = TopicRoot::expand(TopicRoot::DEFAULT_TEMPLATE, &name("huu-nghi"), &name("g1")).expect("a valid root");
    MqttSettings { connect_timeout: Duration::from_secs(2), ..MqttSettings::new("127.0.0.1", port, root) }
}

fn numbers(payloads: &[String]) -> Vec<u64> {
    payloads.iter().map(|json| event(json).seq).collect()
}

fn event(json: &str) -> PlateEvent {
    serde_json::from_str(json).expect("an event")
}

/// Checks that `payloads` are the events 1 to `last`, first arrivals in order without a gap, each valid against the
/// published schema. Repeats are allowed: delivery is at least once.
pub(crate) fn check_complete(payloads: &[String], last: u64) {
    let mut first_arrivals: Vec<u64> = Vec::new();
    for number in numbers(payloads) {
        if !first_arrivals.contains(&number) {
            first_arrivals.push(number);
        }
    }
    assert_eq!(first_arrivals, (1..=last).collect::<Vec<_>>());
    payloads.iter().for_each(|json| check_schema(json, "docs/schemas/passage.schema.json"));
}

pub(crate) fn check_schema(json: &str, schema: &str) {
    let schema = serde_json::from_str(&std::fs::read_to_string(schema).expect("the schema is there")).expect("JSON");
    let payload = serde_json::from_str(json).expect("JSON");
    if let Err(error) = jsonschema::validate(&schema, &payload) {
        panic!("{error} in {json}");
    }
}

pub(crate) fn has(last: u64) -> impl Fn(&[String]) -> bool {
    move |payloads| numbers(payloads).contains(&last)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_for_a_while_gets_every_event_once_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut broker = Mosquitto::start();
    let door = Door::open_to(broker.port);
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let gate = Gate::start(&folder.path().join("outbox.db"), settings(door.port));
    gate.commit(20);
    gate.drained().await;
    subscriber.wait_for("/passage", has(20));

    door.shut();
    broker.stop();
    gate.commit(50);
    gate.failures(5).await;
    gate.commit(50);
    broker.restart();
    subscriber.wait_until_subscribed();
    door.open();
    gate.drained().await;
    check_complete(&subscriber.wait_for("/passage", has(120)), 120);
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_freezes_and_comes_back_without_memory_gets_every_event() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut broker = Mosquitto::start();
    let door = Door::open_to(broker.port);
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let gate = Gate::start(&folder.path().join("outbox.db"), settings(door.port));
    gate.commit(200);
    subscriber.wait_for("/passage", has(40));

    broker.freeze();
    gate.commit(100);
    gate.failures(1).await;
    door.shut();
    broker.kill();
    broker.restart();
    subscriber.wait_until_subscribed();
    door.open();
    gate.drained().await;
    check_complete(&subscriber.wait_for("/passage", has(300)), 300);
    assert!(gate.delivery.status().republished > 0, "{:?}", gate.delivery.status());
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gate_that_restarts_delivers_what_it_left_behind_and_counts_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = folder.path().join("outbox.db");
    let gate = Gate::start(&outbox, settings(free_port()));
    gate.commit(5);
    gate.failures(1).await;
    let error = gate.delivery.status().last_error.expect("it is told");
    assert!(error.contains("cannot be reached: Connection refused"), "{error}");
    gate.end().await;

    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let gate = Gate::start(&outbox, settings(broker.port));
    gate.commit(1);
    gate.drained().await;
    check_complete(&subscriber.wait_for("/passage", has(6)), 6);
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_broker_does_not_hold_up_a_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let gate = Gate::start(&folder.path().join("outbox.db"), settings(broker.port));
    gate.commit(1);
    gate.drained().await;
    broker.freeze();
    gate.commit(3);
    let outbox = gate.outbox.clone();
    gate.end().await;
    assert_eq!(outbox.queue(Destination::Broker).depth(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_speaks_only_3_1_1_is_spoken_to_in_3_1_1() {
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    for (round, refusal) in [Refusal::InVersion5, Refusal::InVersion311, Refusal::Closing].into_iter().enumerate() {
        let folder = tempfile::tempdir().expect("a folder");
        let door = Door::for_version_311_only(broker.port, refusal);
        let gate = Gate::start(&folder.path().join("outbox.db"), settings(door.port));
        gate.commit(2);
        gate.drained().await;
        assert_eq!(gate.delivery.status().failures, 0, "{refusal:?}: {:?}", gate.delivery.status());
        subscriber.wait_for("/passage", |payloads| payloads.len() == 2 * (round + 1));
        gate.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_protocol_that_was_chosen_is_not_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let door = Door::for_version_311_only(broker.port, Refusal::InVersion5);
    let gate = Gate::start(&folder.path().join("5.db"), MqttSettings { protocol: Protocol::V5, ..settings(door.port) });
    gate.failures(1).await;
    let error = gate.delivery.status().last_error.expect("it is told");
    assert!(error.contains("does not speak MQTT 5") && error.contains("choose another protocol"), "{error}");
    gate.end().await;

    let chosen = MqttSettings { protocol: Protocol::V311, ..settings(broker.port) };
    let gate = Gate::start(&folder.path().join("311.db"), chosen);
    gate.commit(1);
    gate.drained().await;
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_topic_tells_online_stopping_and_offline() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Mosquitto::start();
    let door = Door::open_to(broker.port);
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let gate = Gate::start(&folder.path().join("outbox.db"), settings(door.port));
    let told = |count: usize| move |payloads: &[String]| payloads.len() >= count;
    subscriber.wait_for("/status", told(1));
    door.shut();
    subscriber.wait_for("/status", told(2));
    door.open();
    subscriber.wait_for("/status", told(3));
    gate.end().await;
    let payloads = subscriber.wait_for("/status", told(4));
    payloads.iter().for_each(|json| check_schema(json, "docs/schemas/status.schema.json"));
    let states: Vec<GateState> =
        payloads.iter().map(|json| serde_json::from_str::<GateStatus>(json).expect("a status").state).collect();
    assert_eq!(states, [GateState::Online, GateState::Offline, GateState::Online, GateState::Stopping]);

    let mut late = IndependentSubscriber::start(broker.port);
    let retained = late.wait_for("/status", told(1));
    assert!(retained[0].contains("stopping"), "{retained:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_and_a_right_one_delivers() {
    let folder = tempfile::tempdir().expect("a folder");
    let passwords = folder.path().join("passwords");
    // Made by `mosquitto_passwd -b FILE gate right-password`.
    std::fs::write(&passwords, include_str!("../fixtures/mosquitto_passwords")).expect("there is space");
    let broker = Mosquitto::with_config(&format!("allow_anonymous false\npassword_file {}\n", passwords.display()));
    let login = |password: &str| MqttSettings {
        credentials: Some(Credentials { user: "gate".into(), password: Secret::new(password.into()) }),
        ..settings(broker.port)
    };

    let gate = Gate::start(&folder.path().join("outbox.db"), login("wrong-password"));
    gate.commit(1);
    gate.failures(1).await;
    let error = gate.delivery.status().last_error.expect("it is told");
    assert!(error.contains("refuses the connection") && error.contains("check user, password"), "{error}");
    assert!(!error.contains("wrong-password"), "{error}");
    gate.end().await;

    let gate = Gate::start(&folder.path().join("outbox.db"), login("right-password"));
    gate.drained().await;
    gate.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_without_a_right_holds_up_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let rights = folder.path().join("rights");
    let lines = "topic readwrite #\ntopic deny gatelpr/v1/huu-nghi/g1/lane/out-1/passage\n";
    std::fs::write(&rights, lines).expect("there is space");
    let broker = Mosquitto::with_config(&format!("allow_anonymous true\nacl_file {}\n", rights.display()));
    let gate = Gate::start(&folder.path().join("outbox.db"), settings(broker.port));
    gate.commit_in("out-1", 100);
    gate.commit(3);
    let passed = gate.delivery.wait_until(|status| status.delivered == 3 && status.refused >= 100);
    assert!(tokio::time::timeout(PATIENCE, passed).await.expect("the other lane is delivered"));
    let status = gate.delivery.status();
    assert_eq!((status.depth, status.failures, status.connections), (100, 0, 1), "{status:?}");
    gate.end().await;
}

/// Hands on what is printed, line by line.
struct Printed(Sender<String>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(String::from_utf8_lossy(bytes).into_owned()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watch_prints_passages_and_outlives_a_restart_of_the_broker() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut broker = Mosquitto::start();
    let (sender, printed) = channel();
    let stop = Stop::default();
    let (watcher, watch_stop) = (MqttSettings { client_id: "watcher".into(), ..settings(broker.port) }, stop.clone());
    let watching = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(watch(&watcher, "gatelpr/v1/#", Form::Table, &mut Printed(sender), &watch_stop))
    });
    let prints = |text: &str| {
        let mut all = String::new();
        while !all.contains(text) {
            all += &printed.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {text:?} in {all:?}"));
        }
    };

    let gate = Gate::start(&folder.path().join("outbox.db"), settings(broker.port));
    prints("is online");
    gate.commit(1);
    gate.drained().await;
    prints("12C-123.45");
    broker.kill();
    gate.failures(1).await;
    broker.restart();
    // The gate's state is retained, so it is printed again whoever of the two is back first.
    prints("is online");
    gate.end().await;
    prints("is stopping");
    stop.request();
    watching.join().expect("the watch does not panic").expect("nothing was refused");
}
