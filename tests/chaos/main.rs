//! Everything fails at once, again and again, and every event arrives: the network, the broker, the gate's process and its
//! disk, in an order that the seed decides. An independent subscriber judges by the contract alone.
//!
//! `make test` runs it short, `make chaos` with 10,000 events a broker. `EVENTS=` says how many events, `SEED=` repeats the
//! faults of an earlier run (in their order; when exactly they meet the gate no seed can repeat). What was seen is printed
//! for each broker, whether the test passes or not.

mod brokers;
mod damage;
mod disk;
mod gate;
mod generator;
mod network;
mod platform;
mod storm;
mod witness;

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
use std::{env, fs};

use gatelpr::clock::Clock;
use gatelpr::publish::Protocol;
use gatelpr::stop::Stop;

use brokers::{Broker, Kind};
use disk::Disk;
use gate::{Gate, Orders};
use network::{Network, Weather};
use platform::Platform;
use storm::{BrokerFault, Scene};

/// A broker, how it is spoken to, what happens to it, and what may then be lost behind it.
struct SetUp {
    name: &'static str,
    kind: Kind,
    protocol: Protocol,
    faults: &'static [BrokerFault],
    keeps: Keeps,
}

/// What a broker does with what it has acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    /// It delivers it, whatever happens: the platform never needs to ask again.
    All,
    /// It forgets some when it is killed: the platform sees the gap and asks again.
    NotAll,
}

/// Events a broker, unless `EVENTS` says otherwise.
const FEW: u64 = 600;

/// One that never waits longer than this for anything.
const PATIENCE: Patience = Patience::seconds(900);

/// What happens to a broker that must not lose anything by it.
const GENTLE: &[BrokerFault] = &[BrokerFault::Stumbles, BrokerFault::Freezes, BrokerFault::Restarts];
const FATAL: &[BrokerFault] = &[BrokerFault::Stumbles, BrokerFault::Freezes, BrokerFault::Restarts, BrokerFault::Dies];

#[test]
fn mosquitto_that_keeps_its_messages_has_every_event_over_mqtt_5() {
    check(&SetUp {
        name: "mosquitto on disk, MQTT 5, restarted",
        kind: Kind::MosquittoOnDisk,
        protocol: Protocol::V5,
        faults: GENTLE,
        keeps: Keeps::All,
    });
}

#[test]
fn mosquitto_that_keeps_its_messages_has_every_event_over_mqtt_3_1_1() {
    check(&SetUp {
        name: "mosquitto on disk, MQTT 3.1.1, restarted",
        kind: Kind::MosquittoOnDisk,
        protocol: Protocol::V311,
        faults: GENTLE,
        keeps: Keeps::All,
    });
}

#[test]
fn what_a_mosquitto_forgets_that_keeps_nothing_is_asked_for_again() {
    check(&SetUp {
        name: "mosquitto in memory, MQTT 5, restarted and killed",
        kind: Kind::MosquittoInMemory,
        protocol: Protocol::V5,
        faults: FATAL,
        keeps: Keeps::NotAll,
    });
}

#[test]
fn what_a_killed_mosquitto_had_not_written_yet_is_asked_for_again() {
    check(&SetUp {
        name: "mosquitto on disk, MQTT 3.1.1, restarted and killed",
        kind: Kind::MosquittoOnDisk,
        protocol: Protocol::V311,
        faults: FATAL,
        keeps: Keeps::NotAll,
    });
}

#[test]
fn rabbitmq_has_every_event() {
    check(&SetUp {
        name: "RabbitMQ, MQTT 3.1.1 after 5 was tried, restarted and killed",
        kind: Kind::RabbitMq,
        protocol: Protocol::Auto,
        faults: FATAL,
        keeps: Keeps::All,
    });
}

#[test]
fn what_a_nats_does_not_deliver_is_asked_for_again() {
    check(&SetUp {
        name: "NATS, MQTT 3.1.1 after 5 was tried, restarted and killed",
        kind: Kind::Nats,
        protocol: Protocol::Auto,
        faults: FATAL,
        keeps: Keeps::NotAll,
    });
}

fn check(set_up: &SetUp) {
    let (events, seed) = (told("EVENTS").unwrap_or(FEW), seed());
    say(&format!("{}: at least {events} events, SEED={seed}", set_up.name));
    let begun = Clock::start();
    let work = tempfile::tempdir().expect("a folder");
    let broker = Broker::start(set_up.kind);
    let network = Network::before(broker.port);
    let mut platform = Platform::subscribe(broker.port, set_up.protocol, work.path());
    let disk = Disk::small(64);
    if !disk.is_small() {
        say("    full disks: skipped, cannot mount a tmpfs");
    }
    let orders = Orders {
        folder: work.path().to_owned(),
        disk: disk.path().to_owned(),
        port: network.port,
        protocol: set_up.protocol,
        seed,
    };
    let scene = Scene { broker, network, gate: Gate::start(orders), disk };
    let patience = PATIENCE.begin();
    let enough = || {
        patience.check("the gate does not get that far");
        gate::told(work.path()) >= events
    };
    let (mut scene, tally) = storm::rage(scene, set_up.faults, seed, enough);
    scene.network.turn(Weather::Fair);
    let last = scene.gate.drain(Patience::seconds(300));
    let missing = platform.missing(last);
    let seen = scene.network.witness();
    let (acknowledged, to_nobody) = (seen.acknowledged(), seen.to_nobody());
    let gone = missing.iter().filter(|seq| to_nobody.contains(seq)).count();
    let faults: Vec<String> = tally.iter().map(|(what, times)| format!("{what} {times}")).collect();
    say(&format!(
        "{}: {last} events in {} s, {} repeats, {} asked for again ({gone} that the broker had said it gave to nobody), \
         {} overtaken, outbox refused at start {} times\n    {}",
        set_up.name,
        begun.elapsed().as_secs(),
        platform.repeats,
        missing.len(),
        platform.overtaken,
        scene.gate.gave_up,
        faults.join(", "),
    ));
    let never_acknowledged: Vec<u64> = missing.iter().copied().filter(|seq| !acknowledged.contains(seq)).collect();
    assert!(never_acknowledged.is_empty(), "the gate lost {:?}", platform::ranges(&never_acknowledged));
    assert!(missing.is_empty() || set_up.keeps == Keeps::NotAll, "the broker lost {:?}", platform::ranges(&missing));
    ask_again(&mut platform, &missing, last);
    platform.check_schemas();
    check_identities(&platform, work.path(), last);
    verify(&platform, &scene.gate, work.path(), last);
    scene.gate.stop();
}

/// What a platform does about gaps: it has the events sent again, and once more where the broker loses them again.
fn ask_again(platform: &mut Platform, missing: &[u64], last: u64) {
    let mut missing = missing.to_vec();
    for round in 1..=5 {
        let (Some(first), Some(newest)) = (missing.first(), missing.last()) else { return };
        let reply = platform.resend(*first, *newest);
        assert!(reply.contains(r#""ok":true"#), "{reply}");
        missing = platform.missing(last);
        say(&format!("    asked again, round {round}: the gate replied {reply}, {} still missing", missing.len()));
    }
    assert!(missing.is_empty(), "still missing are {:?}", platform::ranges(&missing));
}

/// What a receiver does who wants proof, with the program that it gets for that.
fn verify(platform: &Platform, gate: &Gate, folder: &Path, last: u64) {
    let key = folder.join("public-key.pem");
    fs::write(&key, gate.public_key()).expect("there is space");
    let kept = platform.write_down(folder);
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatelpr"));
    command
        .args(["verify", "--strict", "--from-seq", "1", "--to-seq", &last.to_string(), "--key"])
        .arg(&key)
        .arg(&kept);
    let done = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "gatelpr verify: {said}");
    say(&format!("    gatelpr verify: {}", said.trim()));
}

/// What arrived under a number is what the gate committed under it.
fn check_identities(platform: &Platform, folder: &Path, last: u64) {
    assert_eq!(platform.events.last_key_value().map(|(highest, _)| *highest), Some(last));
    for (seq, event_id) in gate::ledger(folder) {
        assert_eq!(platform.events[&seq].event_id, event_id, "number {seq}");
    }
}

/// What decides the order of faults: a new one each time, unless `SEED` says otherwise.
fn seed() -> u64 {
    told("SEED").unwrap_or_else(|| fastrand::u64(..1_000_000))
}

fn told(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// Says it even where the test's own output is kept back.
fn say(text: &str) {
    writeln!(std::io::stderr(), "chaos: {text}").expect("there is somebody to tell");
}

/// How long something may take.
#[derive(Clone, Copy)]
struct Patience(u64, Option<Clock>);

impl Patience {
    const fn seconds(seconds: u64) -> Self {
        Self(seconds, None)
    }

    fn begin(self) -> Self {
        Self(self.0, Some(Clock::start()))
    }

    /// Fails when it is over.
    fn check(self, why: &str) {
        let over = self.1.is_some_and(|begun| begun.elapsed() > Duration::from_secs(self.0));
        assert!(!over, "after {} s: {why}", self.0);
    }
}

fn pause_ms(ms: u64) {
    let _never_stopped = Stop::default().wait(Duration::from_millis(ms));
}

fn signal(process: &Child, name: &str) {
    let sent = Command::new("kill").arg(name).arg(process.id().to_string()).status().expect("kill is there");
    assert!(sent.success(), "no signal {name} to {process:?}");
}
