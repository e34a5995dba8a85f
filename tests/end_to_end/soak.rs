//! The daemon as fast as it can for a while, with pictures that change: its memory, files and threads stay what they were.
//!
//! It ends when `SOAK_S=` seconds (40) have gone and `SOAK_PICTURES=` (none in particular) have been seen; `make soak` waits for
//! half an hour and 200,000. The figures are printed with `--nocapture`.

use std::fmt;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gatelpr::clock::Clock;
use serde_json::Value;

use crate::daemon::config;
use crate::holdings::Holdings;
use crate::support::{IndependentSubscriber, Mosquitto};
use crate::{GATELPR, drawn};

const USUALLY_S: u64 = 40;
/// A minute of a quiet gate, again and again.
const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/soak.toml");
/// Shares of the time in which memory is compared: what is planned and buffered at first has settled by then.
const EARLY: std::ops::Range<f64> = 0.3..0.5;
const LATE: std::ops::Range<f64> = 0.8..1.0;
/// Within so many per cent memory counts as flat, in half an hour; in a short run it is still settling.
const FLAT_PERCENT: f64 = 2.0;
const SETTLING_PERCENT: f64 = 5.0;

/// So many files, and threads for what blocks, are there for a moment at a time.
const COME_AND_GO: usize = 2;

/// What was held in a part of the time: of memory the middle, of the rest the most.
#[derive(Debug, Clone, Copy)]
struct Level(Holdings);

impl Level {
    fn of(samples: &[Holdings], part: &std::ops::Range<f64>) -> Self {
        let at = |share: f64| (samples.len() as f64 * share) as usize;
        let part = &samples[at(part.start)..at(part.end)];
        let mut memory: Vec<_> = part.iter().map(|held| held.memory_kib).collect();
        memory.sort_unstable();
        Self(Holdings {
            memory_kib: memory[memory.len() / 2],
            descriptors: part.iter().map(|held| held.descriptors).max().expect("there are samples"),
            threads: part.iter().map(|held| held.threads).max().expect("there are samples"),
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Holdings { memory_kib, descriptors, threads }) = self;
        write!(f, "{} MB, {descriptors} files, {threads} threads", memory_kib * 1024 / 1_000_000)
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn memory_files_and_threads_stay_what_they_were() {
    let number =
        |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")));
    let (seconds, wanted) = (number("SOAK_S").unwrap_or(USUALLY_S), number("SOAK_PICTURES").unwrap_or(0));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let tables = format!(
        "threads = 1\n[[camera]]\nname = \"front\"\n[camera.source.folder]\npath = '{}'\nrepeat = true\npacing = \"fast\"\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"front\"\nzone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]\n",
        drawn(SCENARIO, folder.path()).display()
    );
    let config = config(folder.path(), broker.port, &tables);
    let mut command = Command::new(GATELPR);
    command.args(["run", "--config"]).arg(config).stdout(Stdio::null()).stderr(Stdio::null());
    let daemon = Running(command.spawn().expect("the binary starts"));
    subscriber.wait_for("lane/lane-1/passage", |payloads| !payloads.is_empty());
    let (clock, mut samples) = (Clock::start(), Vec::new());
    while clock.elapsed() < Duration::from_secs(seconds) || pictures_until_now(&subscriber) < wanted {
        samples.push(Holdings::of(daemon.0.id()));
        subscriber.listen(Duration::from_millis(500));
    }
    let (early, late) = (Level::of(&samples, &EARLY), Level::of(&samples, &LATE));
    let seconds = clock.elapsed().as_secs();
    let pictures = pictures_after(&mut subscriber, seconds);
    let passages = subscriber.payloads("lane/lane-1/passage").len();
    let told = format!("soak: {seconds} s, {pictures} pictures, {passages} passages; early {early}; late {late}\n");
    std::io::stdout().write_all(told.as_bytes()).expect("somebody reads it");
    let growth = 100.0 * (late.0.memory_kib as f64 / early.0.memory_kib as f64 - 1.0);
    let most = if seconds >= 1000 { FLAT_PERCENT } else { SETTLING_PERCENT };
    assert!(growth <= most, "memory grew by {growth:.1} %: {told}");
    assert!(
        late.0.descriptors <= early.0.descriptors + COME_AND_GO && late.0.threads <= early.0.threads + COME_AND_GO,
        "{told}"
    );
}

/// How many pictures had come when the gate had run for so long, by the report of it that follows.
fn pictures_after(subscriber: &mut IndependentSubscriber, seconds: u64) -> u64 {
    let is_late = |report: &String| parsed(report)["uptime_s"].as_f64().is_some_and(|uptime| uptime >= seconds as f64);
    let reports = subscriber.wait_for("/health", |reports| reports.last().is_some_and(is_late));
    reports.last().and_then(|report| captured(report)).expect("it has its camera")
}

/// How many pictures had come at the gate's last report of itself; none before the first.
fn pictures_until_now(subscriber: &IndependentSubscriber) -> u64 {
    subscriber.payloads("/health").last().and_then(|report| captured(report)).unwrap_or(0)
}

fn captured(report: &str) -> Option<u64> {
    parsed(report)["cameras"][0]["captured"].as_u64()
}

fn parsed(report: &str) -> Value {
    serde_json::from_str(report).expect("JSON")
}
