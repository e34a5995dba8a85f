//! The whole daemon: `gatelpr run` with a real broker and an independent subscriber.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::support::door::Door;
use crate::support::{IndependentSubscriber, Mosquitto};
use crate::{GATELPR, sample_clip, toll_clip};
use serde_json::Value;

/// A config in `folder` that delivers to the broker on `port`, with these tables of cameras and lanes.
pub(crate) fn config(folder: &Path, port: u16, cameras_and_lanes: &str) -> PathBuf {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!(
        "[site]\nname = \"test\"\ngate = \"g1\"\n[mqtt]\nhost = \"127.0.0.1\"\nport = {port}\n\
         [outbox]\ndirectory = \"{outbox}\"\n[inference]\nmodels = \"{root}/models\"\n{cameras_and_lanes}",
        outbox = folder.join("outbox").display(),
    );
    let path = folder.join("gatelpr.toml");
    std::fs::write(&path, text).expect("the folder is writable");
    path
}

/// A running daemon and what it logs.
pub(crate) struct Daemon {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStderr>>,
    pub(crate) log: String,
}

impl Daemon {
    pub(crate) fn start(config: &Path) -> Self {
        let mut command = Command::new(GATELPR);
        command.args(["run", "--config"]).arg(config).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the binary starts");
        let lines = BufReader::new(process.stderr.take().expect("it is piped")).lines();
        Self { process, lines, log: String::new() }
    }

    /// Reads the log up to the first line that contains `text`; all of it, if none does.
    pub(crate) fn wait_for_log(&mut self, text: &str) -> bool {
        for line in self.lines.by_ref().map_while(Result::ok) {
            self.log.push_str(&line);
            self.log.push('\n');
            if line.contains(text) {
                return true;
            }
        }
        false
    }

    /// Sends it a signal, such as `-HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(name).arg(self.process.id().to_string()).status().expect("kill is there");
        assert!(sent.success());
    }

    /// Its number.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to stop, and waits for its end, which must be a success.
    pub(crate) fn stop(&mut self) {
        self.signal("-TERM");
        assert!(!self.wait_for_log("no such line"));
        let status = self.process.wait().expect("it can be waited for");
        assert!(status.success(), "{status}\n{}", self.log);
    }

    /// Waits for the end, which must be a success.
    pub(crate) fn wait_for_success(mut self) {
        assert!(!self.wait_for_log("no such line"));
        let status = self.process.wait().expect("it can be waited for");
        assert!(status.success(), "{status}\n{}", self.log);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn final_texts(payloads: &[String]) -> Vec<String> {
    let events = payloads.iter().map(|payload| serde_json::from_str::<Value>(payload).expect("a payload is JSON"));
    let finals = events.filter(|event| event["status"] == "final");
    finals.map(|event| event["plate"]["text"].as_str().unwrap_or("unread").to_owned()).collect()
}

#[test]
fn the_real_toll_lane_arrives_at_an_independent_subscriber_and_the_run_ends_by_itself() {
    let Some(clip) = toll_clip() else { return };
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tables = format!(
        "[[camera]]\nname = \"c\"\n[camera.source.video]\npath = '{}'\n[[lane]]\nname = \"lane-2\"\ncamera = \"c\"\n\
         sightings = true\nzone = [[0.05, 1.0], [0.58, 0.45], [0.75, 0.42], [0.75, 0.70], [0.67, 0.80], [0.67, 1.0]]\n",
        clip.display()
    );
    Daemon::start(&config(folder.path(), broker.port, &tables)).wait_for_success();
    let payloads = subscriber.wait_for("lane/lane-2/passage", |payloads| payloads.len() >= 3);
    assert_eq!(final_texts(&payloads), ["34A36837", "34A23126", "89C20339"]);
    let seen = subscriber.payloads("lane/lane-2/sighting");
    assert!(seen.iter().any(|json| json.contains("34A36837")), "{} sightings", seen.len());
}

#[test]
fn a_broker_that_is_away_in_the_middle_gets_every_event_once_it_is_back() {
    let mut broker = Mosquitto::start();
    // Shut until somebody listens again: what a broker without memory is given before that, nobody sees.
    let door = Door::open_to(broker.port);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clip = sample_clip(folder.path());
    let tables = format!(
        "[[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{}'\npacing = \"fast\"\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nzone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]\n",
        clip.display()
    );
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let mut daemon = Daemon::start(&config(folder.path(), door.port, &tables));
    subscriber.wait_for("lane/lane-1/passage", |payloads| !payloads.is_empty());
    door.shut();
    broker.kill();
    assert!(daemon.wait_for_log("delivering what is left"), "{}", daemon.log);
    broker.restart();
    subscriber.wait_until_subscribed();
    door.open();
    daemon.wait_for_success();
    let all_there = |payloads: &[String]| final_texts(payloads).iter().any(|text| text == "桂F12345");
    let mut texts = final_texts(&subscriber.wait_for("lane/lane-1/passage", all_there));
    // At least once: a repeat is one event.
    texts.dedup();
    assert_eq!(texts, ["12C12345", "14A67892", "桂F12345"]);
}

#[test]
fn a_recording_that_cannot_be_read_ends_with_1_and_says_which_and_why() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tables = format!(
        "[[camera]]\nname = \"yard\"\n[camera.source.video]\npath = '{}/tests/fixtures/hevc.mp4'\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"yard\"\n",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut daemon = Daemon::start(&config(folder.path(), broker.port, &tables));
    assert!(!daemon.wait_for_log("no such line"));
    assert_eq!(daemon.process.wait().expect("it can be waited for").code(), Some(1), "{}", daemon.log);
    let last = daemon.log.lines().last().unwrap_or_default();
    assert!(last.contains("camera yard") && last.contains("hevc.mp4"), "{}", daemon.log);
}

#[test]
fn a_config_with_a_problem_ends_with_2_and_says_where() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = config(folder.path(), 1883, "[[camera]]\nname = \"c\"\n[camera.source.vdeo]\npath = \"x\"\n");
    let output = Command::new(GATELPR).args(["run", "--config"]).arg(&path).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("vdeo") && said.contains("video"), "{said}");
}

#[test]
fn a_missing_runtime_is_an_error_that_names_it() {
    let output = Command::new(GATELPR)
        .args(["replay", "Cargo.toml"])
        .env("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so")
        .output()
        .expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("/nowhere/libonnxruntime.so") && said.contains("ORT_DYLIB_PATH"), "{said}");
}
