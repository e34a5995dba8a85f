//! The config is read again while the gate is at work: only what it changes begins anew, no event is lost, and a config that
//! cannot be used changes nothing.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::broker::check_schema;
use crate::daemon::{Daemon, config};
use crate::sample_clip;
use crate::support::{IndependentSubscriber, Mosquitto, free_port};

const ZONE: &str = "[[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]";
const BESIDE: &str = "[[0.8, 0.4], [1.0, 0.4], [1.0, 1.0]]";

/// A gate at work.
struct Gate {
    daemon: Daemon,
    subscriber: IndependentSubscriber,
    broker: Mosquitto,
    config: PathBuf,
    folder: TempDir,
}

/// A camera that sees the pictures of a folder again and again.
fn camera(name: &str, folder: &Path) -> String {
    format!("[[camera]]\nname = \"{name}\"\n[camera.source.folder]\npath = '{}'\nrepeat = true\n", folder.display())
}

/// A lane that is read for triggers.
fn lane(name: &str, camera: &str, zone: &str) -> String {
    format!("[[lane]]\nname = \"{name}\"\ncamera = \"{camera}\"\nanalyse = \"trigger\"\nzone = {zone}\n")
}

fn parsed(payload: &str) -> Value {
    serde_json::from_str(payload).expect("a payload is JSON")
}

impl Gate {
    /// With a camera `c` in whose lanes nothing is to be seen, and these tables besides.
    fn start(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let scene = scene(folder.path());
        Self::start_in(folder, &(camera("c", &scene) + more))
    }

    fn start_in(folder: TempDir, tables: &str) -> Self {
        let broker = Mosquitto::start();
        let subscriber = IndependentSubscriber::start(broker.port);
        let config = config(folder.path(), broker.port, tables);
        let mut daemon = Daemon::start(&config);
        assert!(daemon.wait_for_log("running"), "{}", daemon.log);
        let mut gate = Self { daemon, subscriber, broker, config, folder };
        gate.status(|status| status["state"] == "online");
        gate
    }

    /// Has other words in the config, put in its place as editors do.
    fn replace(&self, before: &str, after: &str) {
        let text = std::fs::read_to_string(&self.config).expect("it was written");
        assert!(text.contains(before), "{before} is not in\n{text}");
        self.put(&text.replace(before, after));
    }

    fn put(&self, text: &str) {
        let new = self.folder.path().join("gatelpr.toml.new");
        std::fs::write(&new, text).expect("there is space");
        std::fs::rename(new, &self.config).expect("it can be replaced");
    }

    /// The first status of this kind.
    fn status(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        let any = |payloads: &[String]| payloads.iter().any(|payload| is_it(&parsed(payload)));
        let statuses = self.subscriber.wait_for("/status", any);
        statuses.iter().for_each(|status| check_schema(status, "docs/schemas/status.schema.json"));
        statuses.iter().map(|status| parsed(status)).find(is_it).expect("it was waited for")
    }

    /// The status once a config was read again with this outcome, and this begins anew.
    fn reloaded(&mut self, outcome: &str, changed: &[&str]) -> Value {
        let last = json!([outcome, changed]);
        self.status(|status| json!([status["last_reload"]["outcome"], status["last_reload"]["changed"]]) == last)
    }

    /// So many events of a lane, from now on, each for a trigger.
    fn passages(&mut self, lane: &str, count: usize) {
        for _ in 0..count {
            trigger(self.broker.port, lane);
            self.more_passages(lane, 1);
        }
    }

    /// So many events of a lane, from now on.
    fn more_passages(&mut self, lane: &str, count: usize) {
        let topic = format!("lane/{lane}/passage");
        let before = self.subscriber.payloads(&topic).len();
        self.subscriber.wait_for(&topic, |payloads| payloads.len() >= before + count);
    }

    /// Stops, and holds what was delivered against what a gate promises: every number once, and every vehicle too.
    fn check_complete(mut self) -> String {
        self.daemon.stop();
        self.subscriber.wait_for("/status", |payloads| payloads.last().is_some_and(|last| last.contains("stopping")));
        check_numbers(&self.subscriber.payloads("/passage"));
        self.daemon.log.clone()
    }
}

/// A picture in which there is nothing.
fn scene(folder: &Path) -> PathBuf {
    let scene = folder.join("scene");
    std::fs::create_dir_all(&scene).expect("the folder can be made");
    image::RgbImage::new(320, 240).save(scene.join("0000.png")).expect("there is space");
    scene
}

/// A vehicle is in a lane, says somebody at the broker on this port.
fn trigger(broker: u16, lane: &str) {
    let command = json!({ "command": "trigger", "lane": lane, "seconds": 0.5 }).to_string();
    let port = broker.to_string();
    let arguments = ["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", "gatelpr/v1/test/g1/command", "-m", &command];
    let sent = Command::new("mosquitto_pub").args(arguments).status();
    assert!(sent.expect("mosquitto_pub is installed").success());
}

fn check_numbers(passages: &[String]) {
    let events: Vec<Value> = passages.iter().map(|payload| parsed(payload)).collect();
    let mut numbers: Vec<_> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=passages.len() as u64).collect::<Vec<_>>(), "every number once");
    let mut names: Vec<_> =
        events.iter().map(|event| (event["event_id"].to_string(), event["revision"].as_u64())).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), events.len(), "every revision of every vehicle once");
}

#[test]
fn another_zone_begins_its_lane_anew_and_neither_the_camera_nor_the_other_lane() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clip = sample_clip(folder.path());
    let read = |lane: String| lane.replace("analyse = \"trigger\"\n", "");
    let lanes = read(lane("lane-1", "c", ZONE)) + &lane("lane-2", "c", BESIDE);
    let mut gate = Gate::start_in(folder, &(camera("c", &clip) + &lanes));
    gate.more_passages("lane-1", 1);
    gate.replace(BESIDE, "[[0.85, 0.4], [1.0, 0.4], [1.0, 1.0]]");
    gate.reloaded("done", &["lane lane-2"]);
    gate.more_passages("lane-1", 1);
    gate.replace("[[0.15, 0.4],", "[[0.16, 0.4],");
    let status = gate.reloaded("done", &["lane lane-1"]);
    assert_eq!((&status["last_reload"]["problem"], &status["alarms"]), (&Value::Null, &json!([])));
    gate.more_passages("lane-1", 2);
    let log = gate.check_complete();
    assert_eq!(log.matches("camera open").count(), 1, "{log}");
    assert!(!log.contains("connecting anew"), "{log}");
}

#[test]
fn a_camera_that_comes_is_read_and_one_that_goes_has_its_vehicles_told() {
    let mut gate = Gate::start(&lane("lane-1", "c", ZONE));
    gate.passages("lane-1", 1);
    let second = camera("d", &gate.folder.path().join("scene")) + &lane("lane-2", "d", ZONE);
    gate.replace("[[lane]]", &format!("{second}[[lane]]"));
    let status = gate.reloaded("done", &["camera d", "lane lane-2"]);
    assert_eq!(status["lanes"], json!(["lane-2", "lane-1"]));
    gate.passages("lane-2", 2);
    let text = std::fs::read_to_string(&gate.config).expect("it was written");
    let first = camera("c", &gate.folder.path().join("scene"));
    gate.put(&text.replace(&first, "").replace(&lane("lane-1", "c", ZONE), ""));
    gate.reloaded("done", &["camera c", "lane lane-1"]);
    gate.passages("lane-2", 2);
    let cameras = |report: &str| parsed(report)["cameras"].as_array().map_or(0, Vec::len);
    gate.subscriber.wait_for("/health", |reports| reports.iter().any(|report| cameras(report) == 2));
    gate.subscriber.wait_for("/health", |reports| reports.last().is_some_and(|report| cameras(report) == 1));
    let log = gate.check_complete();
    assert_eq!(log.matches("camera open").count(), 2, "{log}");
}

#[test]
fn the_only_camera_may_become_another_one() {
    let mut gate = Gate::start(&lane("lane-1", "c", ZONE));
    gate.passages("lane-1", 1);
    gate.replace("repeat = true", "repeat = true\nframes_per_second = 12");
    gate.reloaded("done", &["camera c", "lane lane-1"]);
    gate.passages("lane-1", 3);
    let log = gate.check_complete();
    assert_eq!(log.matches("camera open").count(), 2, "{log}");
}

#[test]
fn another_broker_gets_every_event_from_then_on_and_the_one_before_is_told_goodbye() {
    let mut gate = Gate::start(&lane("lane-1", "c", ZONE));
    gate.passages("lane-1", 2);
    let other = Mosquitto::start();
    let mut there = IndependentSubscriber::start(other.port);
    let (from, to) = (format!("port = {}", gate.broker.port), format!("port = {}", other.port));
    gate.replace(&from, &to);
    gate.reloaded("done", &["broker"]);
    there.wait_for("/status", |payloads| payloads.iter().any(|status| status.contains("online")));
    for count in 1..=3 {
        trigger(other.port, "lane-1");
        there.wait_for("lane/lane-1/passage", |payloads| payloads.len() >= count);
    }
    gate.status(|status| status["state"] == "stopping");
    gate.daemon.stop();
    there.wait_for("/status", |payloads| payloads.last().is_some_and(|last| last.contains("stopping")));
    let born = parsed(&there.payloads("/status")[0]);
    assert_eq!((&born["state"], &born["last_reload"]["changed"]), (&"online".into(), &json!(["broker"])));
    let everywhere = [gate.subscriber.payloads("/passage"), there.payloads("/passage")].concat();
    check_numbers(&everywhere);
    assert_eq!(gate.daemon.log.matches("camera open").count(), 1, "{}", gate.daemon.log);
}

#[test]
fn a_broker_that_is_not_there_is_left_for_one_that_is() {
    let mut gate = Gate::start(&lane("lane-1", "c", ZONE));
    let (nowhere, there) = (format!("port = {}", free_port()), format!("port = {}", gate.broker.port));
    gate.replace(&there, &nowhere);
    gate.reloaded("done", &["broker"]);
    assert!(gate.daemon.wait_for_log("cannot be reached"), "{}", gate.daemon.log);
    gate.replace(&nowhere, &there);
    // It is online when it has come back, not while nobody has noticed yet that it had left.
    gate.subscriber.wait_for("/status", |statuses| {
        let left = statuses.iter().rposition(|status| status.contains("stopping"));
        left.is_some_and(|left| statuses[left..].iter().any(|status| status.contains("online")))
    });
    gate.passages("lane-1", 2);
    gate.check_complete();
}

#[test]
fn a_wrong_file_changes_nothing_and_is_an_alarm_until_it_is_right() {
    let mut gate = Gate::start(&lane("lane-1", "c", ZONE));
    let before = gate.status(|status| status["state"] == "online");
    gate.replace("[[lane]]", "[[lane]]\ncolour = 1");
    let status = gate.reloaded("refused", &[]);
    assert_eq!(status["config_sha256"], before["config_sha256"]);
    let problem = status["last_reload"]["problem"].as_str().expect("it is told");
    assert!(problem.contains("unknown key `colour` in [[lane]]"), "{problem}");
    let alarmed = gate.status(|status| status["alarms"][0]["kind"] == "config_file");
    let text = alarmed["alarms"][0]["text"].as_str().expect("it is text");
    assert!(text.contains("colour") && text.contains("gatelpr check"), "{text}");
    gate.passages("lane-1", 1);
    gate.replace("[[lane]]\ncolour = 1", "[[lane]]");
    let status = gate.reloaded("done", &[]);
    assert_eq!(status["config_sha256"], before["config_sha256"]);
    gate.status(|status| status["last_reload"]["outcome"] == "done" && status["alarms"] == json!([]));
    let log = gate.check_complete();
    assert_eq!(log.matches("camera open").count(), 1, "{log}");
}

#[test]
fn sighup_reads_the_file_again_also_where_it_says_the_same() {
    let mut gate = Gate::start(&lane("lane-1", "c", ZONE));
    gate.daemon.signal("-HUP");
    let status = gate.reloaded("done", &[]);
    assert_eq!(status["state"], "online");
    gate.check_complete();
}

#[test]
fn models_that_cannot_be_loaded_leave_those_in_use() {
    let mut gate = Gate::start(&lane("lane-1", "c", ZONE));
    gate.replace("[inference]\n", "[inference]\nrecogniser = \"no-such-reader\"\n");
    let status = gate.reloaded("failed", &[]);
    let problem = status["last_reload"]["problem"].as_str().expect("it is told");
    assert!(problem.contains("no-such-reader"), "{problem}");
    gate.passages("lane-1", 1);
    gate.replace("recogniser = \"no-such-reader\"\n", "threads = 1\nsecond_opinion = \"none\"\n");
    let status = gate.reloaded("done", &["models"]);
    assert_eq!(status["models"].as_array().map(Vec::len), Some(2), "{status}");
    gate.passages("lane-1", 3);
    let last = parsed(gate.subscriber.payloads("/passage").last().expect("there are some"));
    assert!(last["models"]["second_opinion"].is_null(), "{last}");
    let log = gate.check_complete();
    assert_eq!(log.matches("camera open").count(), 1, "{log}");
}

#[test]
fn a_run_that_cannot_begin_gives_way_to_the_one_before_it() {
    let mut gate = Gate::start(&lane("lane-1", "c", ZONE));
    let before = gate.status(|status| status["state"] == "online");
    gate.passages("lane-1", 1);
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let http = format!("[http]\nlisten = \"{}\"\n", taken.local_addr().expect("it has an address"));
    gate.replace("[[lane]]", &format!("{http}[[lane]]"));
    let status = gate.reloaded("failed", &[]);
    assert_eq!(status["config_sha256"], before["config_sha256"]);
    let problem = status["last_reload"]["problem"].as_str().expect("it is told");
    assert!(problem.contains("choose another address or port"), "{problem}");
    gate.status(|status| status["alarms"][0]["kind"] == "config_file");
    gate.passages("lane-1", 1);
    // The file is not tried again by itself; whoever has freed the port asks for it.
    drop(taken);
    gate.daemon.signal("-HUP");
    gate.reloaded("done", &["everything"]);
    gate.passages("lane-1", 1);
    gate.check_complete();
}
