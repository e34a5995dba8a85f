//! Triggers as a gate's other devices give them: over MQTT and over HTTP, and the health that tells of it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::broker::check_schema;
use crate::daemon::{Daemon, config};
use crate::sample_clip;
use crate::support::{IndependentSubscriber, Mosquitto, free_port};

/// Frames of the sample clip in which its first plate is large.
const WITH_A_PLATE: std::ops::Range<usize> = 12..16;

/// A folder with these frames of the sample clip, or with one that has no plate in it.
fn still_scene(folder: &Path, frames: std::ops::Range<usize>) -> std::path::PathBuf {
    let clip = sample_clip(folder);
    let scene = folder.join("scene");
    std::fs::create_dir(&scene).expect("the folder is new");
    for number in frames {
        let name = format!("{number:06}.jpg");
        std::fs::copy(clip.join(&name), scene.join(&name)).expect("the clip has this frame");
    }
    scene
}

/// A triggered lane that sees the scene again and again; requests are taken on `http`.
fn triggered(folder: &Path, scene: &Path, broker: u16, http: u16) -> std::path::PathBuf {
    let tables = format!(
        "[http]\nlisten = \"127.0.0.1:{http}\"\n[[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{}'\nrepeat = true\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nanalyse = \"trigger\"\n",
        scene.display()
    );
    config(folder, broker, &tables)
}

fn command(broker: u16, payload: &str) {
    let port = broker.to_string();
    let properties = ["-D", "publish", "response-topic", "answers/7", "-D", "publish", "correlation-data", "abc"];
    let sent = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port, "-V", "5", "-q", "1", "-t", "gatelpr/v1/test/g1/command", "-m", payload])
        .args(properties)
        .status();
    assert!(sent.expect("mosquitto_pub is installed").success());
}

fn events(subscriber: &mut IndependentSubscriber, count: usize) -> Vec<Value> {
    let payloads = subscriber.wait_for("lane/lane-1/passage", |payloads| payloads.len() >= count);
    payloads.iter().map(|payload| serde_json::from_str(payload).expect("a payload is JSON")).collect()
}

/// The status line and the body of an answer.
fn request(port: u16, method: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: gate\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

#[test]
fn a_trigger_over_mqtt_is_replied_to_and_answered_with_the_plate_once() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scene = still_scene(folder.path(), WITH_A_PLATE);
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let mut daemon = Daemon::start(&triggered(folder.path(), &scene, broker.port, free_port()));
    assert!(daemon.wait_for_log("running"), "{}", daemon.log);
    subscriber.wait_for("/status", |payloads| !payloads.is_empty());
    command(broker.port, r#"{"command":"trigger","lane":"lane-1","id":"loop-7","seconds":8}"#);
    let reply = subscriber.wait_for("answers/7", |payloads| !payloads.is_empty()).remove(0);
    check_schema(&reply, "docs/schemas/command_reply.schema.json");
    let reply: Value = serde_json::from_str(&reply).expect("a reply is JSON");
    assert_eq!((&reply["ok"], &reply["trigger_id"]), (&Value::Bool(true), &Value::from("loop-7")), "{reply}");
    let events = events(&mut subscriber, 1);
    assert_eq!(events[0]["plate"]["text"], "12C12345", "{:#}", events[0]);
    assert_eq!(events[0]["triggers"][0]["id"], "loop-7");
    assert_eq!(events[0]["triggers"][0]["origin"], "command");
    check_schema(&events[0].to_string(), "docs/schemas/passage.schema.json");
    command(broker.port, r#"{"command":"trigger","lane":"lane-9"}"#);
    let refused = subscriber.wait_for("answers/7", |payloads| payloads.len() >= 2).remove(1);
    assert!(refused.contains("the lanes are lane-1"), "{refused}");
    assert_eq!(subscriber.payloads("lane/lane-1/passage").len(), 1, "nobody asked again");
}

#[test]
fn a_trigger_over_http_is_answered_even_when_nothing_is_readable_and_health_tells_of_the_camera() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scene = still_scene(folder.path(), 0..1);
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let http = free_port();
    let mut daemon = Daemon::start(&triggered(folder.path(), &scene, broker.port, http));
    assert!(daemon.wait_for_log("running"), "{}", daemon.log);
    let (status, body) = request(http, "POST", "/lanes/lane-1/trigger?seconds=2&id=button");
    assert!(status.contains("202") && body.contains(r#""trigger_id":"button""#), "{status} {body}");
    let events = events(&mut subscriber, 1);
    assert_eq!((&events[0]["plate"], &events[0]["no_read_reason"]), (&Value::Null, &Value::from("no_plate_found")));
    assert_eq!(events[0]["triggers"][0]["origin"], "http");
    check_schema(&events[0].to_string(), "docs/schemas/passage.schema.json");
    let health = subscriber.wait_for("/health", |payloads| payloads.iter().any(|p| p.contains(r#""state":"running""#)));
    health.iter().for_each(|report| check_schema(report, "docs/schemas/health.schema.json"));
    let health: Value = serde_json::from_str(health.last().expect("there is one")).expect("a report is JSON");
    assert_eq!((&health["cameras"][0]["name"], &health["cameras"][0]["state"]), (&"c".into(), &"running".into()));
    let (status, body) = request(http, "GET", "/health");
    assert!(status.contains("200") && body.starts_with(r#"{"schema":1"#), "{status} {body}");
}
