//! The outbox's files are overwritten in places while the gate is dead. What was in them and nowhere else may be lost then,
//! but it is told, no number is ever given twice, and everything else arrives.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use gatelpr::publish::Protocol;

use crate::brokers::{Broker, Kind};
use crate::disk::Disk;
use crate::gate::{self, Gate, Orders};
use crate::network::{Network, Weather};
use crate::platform::{self, Platform};
use crate::{Patience, pause_ms, say, seed};

#[test]
fn a_damaged_database_is_told_and_gives_no_number_twice() {
    check("outbox.db");
}

#[test]
fn a_damaged_write_ahead_log_gives_no_number_twice() {
    check("outbox.db-wal");
}

fn check(file: &str) {
    let seed = seed();
    let work = tempfile::tempdir().expect("a folder");
    let broker = Broker::start(Kind::MosquittoOnDisk);
    let network = Network::before(broker.port);
    let mut platform = Platform::subscribe(broker.port, Protocol::V5, work.path());
    let disk = Disk::small(64);
    let orders = Orders {
        folder: work.path().to_owned(),
        disk: disk.path().to_owned(),
        port: network.port,
        protocol: Protocol::V5,
        seed,
    };
    let mut gate = Gate::start(orders);
    wait_for(work.path(), 300);
    network.turn(Weather::Refuses);
    // So many that most of them are in the database itself.
    wait_for(work.path(), 900);
    gate.kill();
    let before = gate::ledger(work.path());
    let acknowledged = network.witness().acknowledged();
    let waited: Vec<u64> = before.keys().copied().filter(|seq| !acknowledged.contains(seq)).collect();
    overwrite(&disk.path().join(file), seed);
    gate.restart();
    network.turn(Weather::Fair);
    wait_for_entries(work.path(), before.len() + 100, &gate);
    let last = gate.drain(Patience::seconds(120));
    let missing = platform.missing(last);
    let lost: Vec<u64> = before.keys().copied().filter(|seq| missing.contains(seq)).collect();
    say(&format!(
        "{file} damaged, SEED={seed}: of {} events that waited in it {} were lost; the numbers {:?} are missing at the platform",
        waited.len(),
        lost.len(),
        platform::ranges(&missing),
    ));
    let told = platform.statuses.iter().any(|status| status.contains("outbox_damaged"));
    assert!(missing.is_empty() || told, "events are missing and the status tells nobody:\n{}", gate.log());
    assert!(lost.iter().all(|seq| waited.contains(seq)), "what was delivered does not get lost: {lost:?}");
    // Reading the ledger fails if a number was given twice.
    for (seq, event_id) in gate::ledger(work.path()) {
        if let Some(arrived) = platform.events.get(&seq) {
            assert_eq!(arrived.event_id, event_id, "number {seq}");
        }
    }
    platform.check_schemas();
    gate.stop();
}

/// A few places of up to a kilobyte each.
fn overwrite(path: &Path, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let length = fs::metadata(path).expect("the gate made it").len();
    let mut file: File = OpenOptions::new().write(true).open(path).expect("it can be written");
    for _ in 0..4 {
        let noise: Vec<u8> = (0..random.usize(16..1024)).map(|_| random.u8(..)).collect();
        let place = random.u64(..length.saturating_sub(noise.len() as u64).max(1));
        file.seek(SeekFrom::Start(place)).expect("a file");
        file.write_all(&noise).expect("there is space");
    }
}

fn wait_for(folder: &Path, number: u64) {
    let patience = Patience::seconds(120).begin();
    while gate::told(folder) < number {
        patience.check("the gate does not get that far");
        pause_ms(50);
    }
}

fn wait_for_entries(folder: &Path, count: usize, gate: &Gate) {
    let patience = Patience::seconds(60).begin();
    while gate::ledger(folder).len() < count {
        patience.check(&format!("the gate does not go on:\n{}", gate.log()));
        pause_ms(100);
    }
}
