//! The gate itself: the publishing half of the daemon in a process of its own, which commits events at a random pace and
//! goes on from where it was each time that it is started. It is this test program, started again with one test.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatelpr::clock::Clock;
use gatelpr::clock_sync::ClockSync;
use gatelpr::newest_frames::NewestFrames;
use gatelpr::plate::SiteName;
use gatelpr::proof::DeviceKey;
use gatelpr::publish::event::NoReadReason;
use gatelpr::publish::inbound::{
    CommandDesk, DeclaredSettings, DeskSettings, Gatekeeper, InboundSettings, LaneCameras, Reception,
};
use gatelpr::publish::recent_events::RecentEvents;
use gatelpr::publish::status::GateState;
use gatelpr::publish::topics::TopicRoot;
use gatelpr::publish::utc_time::UtcTime;
use gatelpr::publish::{
    Delivery, DeliverySettings, Destination, GateStatus, MqttPublisher, MqttSettings, Outbox, OutboxSettings,
    PlateEvent, Protocol,
};
use gatelpr::stop::Stop;
use gatelpr::triggers;
use uuid::Uuid;

use crate::gate::{DRAINED, ENOUGH, KEY, LEDGER, Orders, STOP};
use crate::pause_ms;

/// Its own name.
pub(crate) const THIS_TEST: &str = "generator::the_gate";

/// What the gate says before it ends because it cannot open its outbox.
pub(crate) const UNUSABLE: &str = "the outbox cannot be used now";

const EVENT: &str = include_str!("../fixtures/passage.json");
const FOLDER: &str = "GATELPR_CHAOS_FOLDER";
const DISK: &str = "GATELPR_CHAOS_DISK";
const PORT: &str = "GATELPR_CHAOS_PORT";
const PROTOCOL: &str = "GATELPR_CHAOS_PROTOCOL";
const RUN: &str = "GATELPR_CHAOS_RUN";

/// What the process is told; `run` counts its starts.
pub(crate) fn environment(orders: &Orders, run: u64) -> BTreeMap<&'static str, String> {
    let protocol = match orders.protocol {
        Protocol::V5 => "5",
        Protocol::V311 => "3.1.1",
        Protocol::Auto => "auto",
    };
    [
        (FOLDER, orders.folder.display().to_string()),
        (DISK, orders.disk.display().to_string()),
        (PORT, orders.port.to_string()),
        (PROTOCOL, protocol.to_owned()),
        (RUN, orders.seed.wrapping_add(run).to_string()),
    ]
    .into()
}

#[test]
fn the_gate() {
    // Alone it has nothing to do: the other tests start it, with orders.
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let told = |name| env::var(name).expect("it is told");
    let protocol = match told(PROTOCOL).as_str() {
        "5" => Protocol::V5,
        "3.1.1" => Protocol::V311,
        _ => Protocol::Auto,
    };
    let settings =
        MqttSettings { protocol, ..settings(told(PORT).parse().expect("a port"), "gatelpr/v1/{site}/{gate}") };
    let random = fastrand::Rng::with_seed(told(RUN).parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let gate =
        runtime.expect("a runtime").block_on(async { run(&folder, Path::new(&told(DISK)), settings, random).await });
    if let Err(error) = gate {
        tracing::error!(%error, "{UNUSABLE}");
        std::process::exit(1);
    }
}

async fn run(
    folder: &Path,
    disk: &Path,
    settings: MqttSettings,
    random: fastrand::Rng,
) -> Result<(), Box<dyn std::error::Error>> {
    let (clock, stop) = (Clock::start(), Stop::default());
    let key = DeviceKey::open_or_create(&disk.join(KEY))?;
    let outbox_settings = OutboxSettings::new(key, disk);
    let (alarms, root) = (outbox_settings.alarms.clone(), settings.topic_root.clone());
    let publisher = MqttPublisher::new(settings, status(clock, &outbox_settings.key), alarms.clone());
    let outbox = Outbox::open(&disk.join("outbox.db"), outbox_settings)?;
    let inbound = InboundSettings {
        gatekeeper: Gatekeeper::new(name("huu-nghi"), name("g1"), vec![]),
        max_declared: 1024 * 1024,
        declared: DeclaredSettings::default(),
        receipts_overdue: Duration::from_secs(3600),
        folder: disk.to_owned(),
        root: root.clone(),
        alarms,
        clock,
    };
    let (reception, _view, _thread) = Reception::start(inbound, desk(&outbox, root, clock), outbox.clone())?;
    let publisher = publisher.with_inbound(reception);
    let delivery = Delivery::start(publisher, outbox.queue(Destination::Broker), patience(), stop.clone());
    let committing =
        Committing { outbox: outbox.clone(), clock, folder: folder.to_owned(), random, boot_id: Uuid::now_v7() };
    let last = tokio::task::spawn_blocking(move || committing.run()).await?;
    if !delivery.drained().await {
        return Err("delivery ended".into());
    }
    put_up(folder, DRAINED, &last.to_string())?;
    while !folder.join(STOP).exists() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.request();
    delivery.ended().await?;
    Ok(())
}

fn desk(outbox: &Outbox, root: TopicRoot, clock: Clock) -> CommandDesk {
    CommandDesk::new(DeskSettings {
        triggers: triggers::desk([], clock).0,
        outbox: outbox.clone(),
        recent: RecentEvents::default(),
        frames: NewestFrames::default(),
        blurs: false,
        clock_sync: ClockSync::default(),
        lanes: LaneCameras::default(),
        root,
        reload: None,
        clock,
    })
}

fn name(text: &str) -> SiteName {
    SiteName::try_from(text).expect("a valid name")
}

/// Puts up a sign, renamed, so that whoever reads it sees all of it.
fn put_up(folder: &Path, sign: &str, text: &str) -> std::io::Result<()> {
    fs::write(folder.join("unfinished"), text)?;
    fs::rename(folder.join("unfinished"), folder.join(sign))
}

/// The thread that stands for recognition.
struct Committing {
    outbox: Outbox,
    clock: Clock,
    folder: PathBuf,
    random: fastrand::Rng,
    boot_id: Uuid,
}

impl Committing {
    /// Commits events until it is enough, one at least; the last number.
    fn run(mut self) -> u64 {
        let mut ledger = File::options().append(true).create(true).open(self.folder.join(LEDGER)).expect("a folder");
        loop {
            let event = self.event();
            let event_id = event.event_id;
            let seq = self.commit(&event);
            // In one piece: this process may be killed at any moment.
            ledger.write_all(format!("{seq} {event_id}\n").as_bytes()).expect("there is space");
            if self.folder.join(ENOUGH).exists() {
                return seq;
            }
            pause_ms(self.pace());
        }
    }

    /// As recognition does: an event that the disk refuses is tried again until it is taken.
    fn commit(&self, event: &PlateEvent) -> u64 {
        let mut refused = false;
        loop {
            match self.outbox.commit(event, self.clock.now().wall) {
                Ok(stored) => return stored.seq,
                Err(error) if !refused => tracing::warn!(%error, "an event was refused and is tried again"),
                Err(_) => {}
            }
            refused = true;
            pause_ms(50);
        }
    }

    /// Vehicles in a row, a gap now and then.
    fn pace(&mut self) -> u64 {
        match self.random.u32(..100) {
            0..30 => 0,
            30..95 => self.random.u64(..20),
            95..99 => self.random.u64(20..100),
            _ => self.random.u64(300..800),
        }
    }

    fn event(&mut self) -> PlateEvent {
        let now = self.clock.now().wall;
        let mut event: PlateEvent = serde_json::from_str(EVENT).expect("the fixture is an event");
        event.event_id = Uuid::now_v7();
        event.boot_id = self.boot_id;
        event.lane = ["in-1", "in-2", "out-1"][self.random.usize(..3)].to_owned();
        (event.first_seen, event.best_seen, event.last_seen) =
            (UtcTime::new(now), UtcTime::new(now), UtcTime::new(now));
        event.dwell_s = f64::from(self.random.u32(..200)) / 10.0;
        match (self.random.u32(..10), &mut event.plate) {
            (0, plate) => {
                *plate = None;
                event.no_read_reason = Some(NoReadReason::NoAgreement);
            }
            (1, Some(plate)) => {
                plate.text = format!("桂F{:05}", self.random.u32(..100_000));
                plate.province = Some("广西 \"\\\u{7f}\u{1f69a}".to_owned());
            }
            (_, Some(plate)) => plate.text = format!("12C{:05}", self.random.u32(..100_000)),
            (_, None) => {}
        }
        event
    }
}

/// Impatient, so that minutes of the test hold many outages.
fn patience() -> DeliverySettings {
    DeliverySettings {
        ack_timeout: Duration::from_millis(1500),
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_millis(500),
        ..DeliverySettings::default()
    }
}

fn settings(port: u16, root: &str) -> MqttSettings {
    let root = TopicRoot::expand(root, &name("huu-nghi"), &name("g1")).expect("a valid root");
    MqttSettings {
        connect_timeout: Duration::from_secs(2),
        keep_alive: Duration::from_secs(2),
        ..MqttSettings::new("127.0.0.1", port, root)
    }
}

fn status(clock: Clock, key: &DeviceKey) -> GateStatus {
    GateStatus {
        state: GateState::Online,
        boot_id: Uuid::nil(),
        version: "0.1.0".into(),
        started_at: UtcTime::new(clock.now().wall),
        config_sha256: "00ff".into(),
        models: vec![],
        lanes: vec![],
        signing_key: Some(key.public().into()),
        last_reload: None,
        alarms: vec![],
    }
}
