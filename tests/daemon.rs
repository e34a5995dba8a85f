//! The whole daemon: `gatelpr run` with a real broker and an independent subscriber.

mod support;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::{IndependentSubscriber, Mosquitto};

const GATELPR: &str = env!("CARGO_BIN_EXE_gatelpr");

/// A config in `folder` that delivers to the broker on `port`, with these tables of cameras and lanes.
fn config(folder: &Path, port: u16, cameras_and_lanes: &str) -> PathBuf {
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

fn start(config: &Path) -> Child {
    let mut command = Command::new(GATELPR);
    command.args(["run", "--config"]).arg(config).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("the binary starts")
}

/// Waits for the end; what it logged, if it failed.
fn wait_for_success(mut daemon: Child) {
    let mut log = String::new();
    if let Some(mut stderr) = daemon.stderr.take() {
        stderr.read_to_string(&mut log).expect("a log is text");
    }
    let status = daemon.wait().expect("it can be waited for");
    assert!(status.success(), "{status}\n{log}");
}

fn final_texts(payloads: &[String]) -> Vec<String> {
    let events = payloads.iter().map(|payload| serde_json::from_str::<Value>(payload).expect("a payload is JSON"));
    let finals = events.filter(|event| event["status"] == "final");
    finals.map(|event| event["plate"]["text"].as_str().unwrap_or("unread").to_owned()).collect()
}

fn toll_clip() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/plates");
    let plates = std::env::var_os("GATELPR_PLATES").map_or(beside, PathBuf::from);
    let clip = plates.join("vn_video/clips/tollbooth_parkpow_cars.mp4");
    clip.is_file().then_some(clip)
}

#[test]
fn the_real_toll_lane_arrives_at_an_independent_subscriber_and_the_run_ends_by_itself() {
    let Some(clip) = toll_clip() else { return println!("skipped, no data") };
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tables = format!(
        "[[camera]]\nname = \"c\"\n[camera.source.video]\npath = '{}'\n[[lane]]\nname = \"lane-2\"\ncamera = \"c\"\n\
         zone = [[0.05, 1.0], [0.58, 0.45], [0.75, 0.42], [0.75, 0.70], [0.67, 0.80], [0.67, 1.0]]\n",
        clip.display()
    );
    wait_for_success(start(&config(folder.path(), broker.port, &tables)));
    let payloads = subscriber.wait_for("lane/lane-2/passage", |payloads| payloads.len() >= 3);
    assert_eq!(final_texts(&payloads), ["34A36837", "34A23126", "89C20339"]);
}

#[test]
fn a_broker_that_is_away_in_the_middle_gets_every_event_once_it_is_back() {
    let mut broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clip = folder.path().join("clip");
    let drawn = Command::new(GATELPR).arg("synth").arg(&clip).status().expect("the binary starts");
    assert!(drawn.success());
    let tables = format!(
        "[[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{}'\nframes_per_second = 10\npacing = \"fast\"\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\n",
        clip.display()
    );
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let daemon = start(&config(folder.path(), broker.port, &tables));
    subscriber.wait_for("lane/lane-1/passage", |payloads| !payloads.is_empty());
    broker.kill();
    // The rest of the recording is read while there is no broker; the daemon must not end before it is back.
    let outbox = folder.path().join("outbox");
    assert!(outbox.is_dir());
    broker.restart();
    subscriber.wait_until_subscribed();
    wait_for_success(daemon);
    let payloads = subscriber.wait_for("lane/lane-1/passage", |payloads| {
        let mut texts = final_texts(payloads);
        texts.sort();
        texts.dedup();
        texts.len() >= 3
    });
    let mut texts = final_texts(&payloads);
    texts.dedup();
    assert_eq!(texts, ["12C12345", "14A67892", "桂F12345"]);
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
