//! The gate's way: outbox on disk, delivery, the same client inside. The publisher is the daemon's, in a wrapper that notes
//! when each acknowledgement comes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gatelpr::alarm::Alarms;
use gatelpr::clock::Clock;
use gatelpr::plate::SiteName;
use gatelpr::proof::DeviceKey;
use gatelpr::publish::status::GateState;
use gatelpr::publish::topics::TopicRoot;
use gatelpr::publish::utc_time::UtcTime;
use gatelpr::publish::{
    Acknowledgement, Delivery, DeliverySettings, Destination, EventPublisher, GateStatus, MqttPublisher, MqttSettings,
    Outbox, OutboxSettings, PlateEvent, Protocol, PublishError, StoredEvent,
};
use gatelpr::stop::Stop;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::{WINDOW, pause};

const EVENT: &str = include_str!("../../tests/fixtures/passage.json");

/// When the acknowledgement of each event came, by its number.
type Times = Arc<Mutex<BTreeMap<u64, Duration>>>;

/// A gate at work.
pub(crate) struct Measured<'a> {
    runtime: &'a Runtime,
    clock: Clock,
    outbox: Outbox,
    delivery: Delivery,
    acknowledged: Times,
    _folder: tempfile::TempDir,
}

impl<'a> Measured<'a> {
    pub(crate) fn begin(runtime: &'a Runtime, port: u16) -> Self {
        let (folder, clock) = (folder(), Clock::start());
        let outbox = open(folder.path());
        let acknowledged = Times::default();
        let publisher = Timed { publisher: publisher(port, clock), clock, acknowledged: acknowledged.clone() };
        let delivery = start(runtime, publisher, &outbox);
        Self { runtime, clock, outbox, delivery, acknowledged, _folder: folder }
    }

    /// An event as it goes out.
    pub(crate) fn payload(&self) -> String {
        let stored = self.outbox.commit(&event(), self.clock.now().wall).expect("there is space");
        self.drained();
        stored.json
    }

    /// Commits one event each so often; the time from the beginning of each commit to its acknowledgement.
    pub(crate) fn steady(&self, rate: u64, count: u64) -> Vec<Duration> {
        let begun = self.clock.elapsed();
        let mut committed = Vec::new();
        for number in 0..count {
            let due = begun + Duration::from_secs(number) / u32::try_from(rate).expect("a rate");
            pause(due.saturating_sub(self.clock.elapsed()));
            let (event, at) = (event(), self.clock.elapsed());
            committed.push((self.outbox.commit(&event, self.clock.now().wall).expect("there is space").seq, at));
        }
        self.drained();
        let acknowledged = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        committed.into_iter().map(|(seq, at)| acknowledged[&seq].saturating_sub(at)).collect()
    }

    /// Commits as fast as the disk takes it, while delivery goes on; the time until all is acknowledged.
    pub(crate) fn fast(&self, count: u64) -> Duration {
        let clock = Clock::start();
        commit(&self.outbox, self.clock, count);
        self.drained();
        clock.elapsed()
    }

    fn drained(&self) {
        assert!(self.runtime.block_on(self.delivery.drained()), "delivery ended");
    }
}

/// The time that a backlog takes, from the start of delivery until all is acknowledged and deleted.
pub(crate) fn drain(runtime: &Runtime, port: u16, backlog: u64) -> Duration {
    let (folder, clock) = (folder(), Clock::start());
    let outbox = open(folder.path());
    commit(&outbox, clock, backlog);
    let clock = Clock::start();
    let delivery = start(runtime, publisher(port, clock), &outbox);
    assert!(runtime.block_on(delivery.drained()), "delivery ended");
    clock.elapsed()
}

fn commit(outbox: &Outbox, clock: Clock, count: u64) {
    for _ in 0..count {
        outbox.commit(&event(), clock.now().wall).expect("there is space");
    }
}

/// On the disk that programs are built on: what is in memory costs no durable commit.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

fn open(folder: &std::path::Path) -> Outbox {
    let key = DeviceKey::open_or_create(&folder.join("device-key.pem")).expect("a new key");
    Outbox::open(&folder.join("outbox.db"), OutboxSettings::new(key, folder)).expect("a new outbox")
}

fn start<P: EventPublisher + 'static>(runtime: &Runtime, publisher: P, outbox: &Outbox) -> Delivery {
    let _inside = runtime.enter();
    let settings = DeliverySettings { window: WINDOW, ..DeliverySettings::default() };
    Delivery::start(publisher, outbox.queue(Destination::Broker), settings, Stop::default())
}

fn event() -> PlateEvent {
    let mut event: PlateEvent = serde_json::from_str(EVENT).expect("the fixture is an event");
    event.event_id = Uuid::now_v7();
    event
}

fn publisher(port: u16, clock: Clock) -> MqttPublisher {
    let name = |text| SiteName::try_from(text).expect("a valid name");
    let root = TopicRoot::expand(TopicRoot::DEFAULT_TEMPLATE, &name("huu-nghi"), &name("g1")).expect("a valid root");
    let settings = MqttSettings { protocol: Protocol::V5, ..MqttSettings::new("127.0.0.1", port, root) };
    let status = GateStatus {
        state: GateState::Online,
        boot_id: Uuid::nil(),
        version: "0.1.0".into(),
        started_at: UtcTime::new(clock.now().wall),
        config_sha256: "00ff".into(),
        models: vec![],
        lanes: vec![],
        signing_key: None,
        last_reload: None,
        alarms: vec![],
    };
    MqttPublisher::new(settings, status, Alarms::default())
}

/// Notes when the acknowledgements come.
struct Timed {
    publisher: MqttPublisher,
    clock: Clock,
    acknowledged: Times,
}

impl EventPublisher for Timed {
    async fn connect(&mut self) -> Result<(), PublishError> {
        self.publisher.connect().await
    }

    fn publish(&mut self, event: &StoredEvent) -> Result<Acknowledgement, PublishError> {
        let (acknowledgement, seq) = (self.publisher.publish(event)?, event.seq);
        let (clock, acknowledged) = (self.clock, self.acknowledged.clone());
        Ok(Box::pin(async move {
            acknowledgement.await?;
            acknowledged.lock().unwrap_or_else(PoisonError::into_inner).insert(seq, clock.elapsed());
            Ok(())
        }))
    }

    async fn lost(&mut self) -> PublishError {
        self.publisher.lost().await
    }

    async fn close(&mut self) {
        self.publisher.close().await;
    }
}
