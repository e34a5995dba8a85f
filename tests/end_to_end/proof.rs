//! What arrives proves itself: `gatelpr verify` over what an independent subscriber wrote down, and at the broker.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use gatelpr::proof::DeviceKey;

use crate::broker::{Gate, settings};
use crate::support::{IndependentSubscriber, Mosquitto};

fn verify(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatelpr"));
    command.arg("verify").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn key_file(folder: &Path) -> String {
    let path = folder.join("gate.pem");
    std::fs::write(&path, DeviceKey::from_seed(&[1; 32]).public().to_pem()).expect("there is space");
    path.to_str().expect("a path").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_subscriber_wrote_down_verifies_and_one_lost_or_altered_event_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let (broker, key) = (Mosquitto::start(), key_file(folder.path()));
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let gate = Gate::start(&folder.path().join("outbox.db"), settings(broker.port));
    gate.commit(20);
    gate.drained().await;
    let mut lines = subscriber.wait_for("/passage", |payloads| payloads.len() >= 20);
    gate.end().await;

    let file = folder.path().join("events.jsonl");
    let check = |lines: &[String]| {
        std::fs::write(&file, lines.join("\n")).expect("there is space");
        let path = file.to_str().expect("a path");
        verify(&["--key", &key, "--from-seq", "1", "--to-seq", "20", path]).output().expect("the program is there")
    };
    let output = check(&lines);
    assert!(output.status.success(), "{}", told(&output));
    assert!(told(&output).contains("20 events looked at\nrepeated: 0\nout of order: 0\ncomplete and unaltered"));
    lines[3] = lines[3].replace("12C12345", "12C12346");
    lines.remove(9);
    let output = check(&lines);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("line 4: event 4 is altered"), "{}", told(&output));
    assert!(told(&output).contains("event 10 of huu-nghi/g1 is missing"), "{}", told(&output));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_verified_as_they_arrive_at_a_broker() {
    let folder = tempfile::tempdir().expect("a folder");
    let (broker, key) = (Mosquitto::start(), key_file(folder.path()));
    let gate = Gate::start(&folder.path().join("outbox.db"), settings(broker.port));
    let port = broker.port.to_string();
    let mut listening = verify(&["--from-broker", "--seconds", "4", "--port", &port, "--key", &key]);
    let mut listening = listening.spawn().expect("the program is there");
    // When it is subscribed nobody says, so events come until it has heard enough.
    while listening.try_wait().expect("a child can be asked").is_none() {
        gate.commit(1);
        gate.drained().await;
    }
    let output = listening.wait_with_output().expect("it has ended");
    assert!(output.status.success(), "{}", told(&output));
    assert!(told(&output).ends_with("complete and unaltered\n"), "{}", told(&output));
    gate.end().await;
}
