//! The real toll lane as a camera shows it: a real RTSP server plays it at its own speed, the daemon watches it, and an
//! independent subscriber gets the three passages. One after the other: each needs the computer to itself to keep up.

#[path = "../recordings/mod.rs"]
mod recordings;
#[path = "../cameras/support/rtsp_server.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod rtsp_server;
#[path = "../end_to_end/support/mod.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod support;

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use recordings::toll_clip;
use rtsp_server::RtspServer;
use serde_json::Value;
use support::{IndependentSubscriber, Mosquitto};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The vehicles of the clip, in order.
const VEHICLES: [&str; 3] = ["34A36837", "34A23126", "89C20339"];

struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Runs the daemon on a camera until three vehicles have passed, and gives their plates and how often each was read.
fn passages(source: &str) -> Vec<(String, u64)> {
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("gatelpr.toml");
    let text = format!(
        "[site]\nname = \"toll\"\ngate = \"g1\"\n[mqtt]\nhost = \"127.0.0.1\"\nport = {}\n[outbox]\ndirectory = \"outbox\"\n\
         [inference]\nmodels = \"{}/models\"\nthreads = 2\n[[camera]]\nname = \"c\"\n{source}\n[[lane]]\nname = \"lane-2\"\ncamera = \"c\"\n\
         zone = [[0.05, 1.0], [0.58, 0.45], [0.75, 0.42], [0.75, 0.70], [0.67, 0.80], [0.67, 1.0]]\n",
        broker.port,
        env!("CARGO_MANIFEST_DIR"),
    );
    std::fs::write(&config, text).expect("the folder is writable");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatelpr"));
    command.args(["run", "--config"]).arg(&config).stdout(Stdio::null()).env("TOLL_PASSWORD", "geheim");
    let _daemon = Daemon(command.spawn().expect("the binary starts"));
    let payloads = subscriber.wait_for("lane/lane-2/passage", |payloads| vehicles(payloads).len() >= VEHICLES.len());
    vehicles(&payloads)
}

/// Each vehicle by the last that was told of it: an amended event has the number of the one that it replaces.
fn vehicles(payloads: &[String]) -> Vec<(String, u64)> {
    let (mut order, mut last) = (Vec::new(), HashMap::new());
    for payload in payloads {
        let event: Value = serde_json::from_str(payload).expect("a payload is JSON");
        let id = event["event_id"].as_str().expect("an event has its id").to_owned();
        let plate = event["plate"]["text"].as_str().unwrap_or("unread").to_owned();
        if last.insert(id.clone(), (plate, event["plate"]["reads"].as_u64().unwrap_or(0))).is_none() {
            order.push(id);
        }
    }
    order.iter().filter_map(|id| last.remove(id)).collect()
}

#[expect(clippy::print_stdout, reason = "how often each was read says how much time there was")]
fn check(what: &str, source: &str) {
    let passages = passages(source);
    println!("{what}: {passages:?}");
    let plates: Vec<&str> = passages.iter().map(|(plate, _)| plate.as_str()).collect();
    assert_eq!(plates, VEHICLES, "{what}");
}

#[test]
fn the_toll_lane_is_read_from_h264_over_tcp_with_a_digest_login() {
    let Some(clip) = toll_clip() else { return };
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let server = RtspServer::with(&[&format!("toll={}", clip.display())], &[("RTSP_AUTH", "gate:geheim")]);
    let url = server.url("toll");
    check(
        "H.264 over TCP, digest",
        &format!("[camera.source.rtsp]\nurl = \"{url}\"\nusername = \"gate\"\npassword_env = \"TOLL_PASSWORD\""),
    );
}

#[test]
fn the_toll_lane_is_read_from_h264_over_udp() {
    let Some(clip) = toll_clip() else { return };
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let server = RtspServer::start(&[&format!("toll={}", clip.display())]);
    let url = server.url("toll");
    check("H.264 over UDP", &format!("[camera.source.rtsp]\nurl = \"{url}\"\ntransport = \"udp\""));
}

#[test]
fn the_toll_lane_is_read_from_h265() {
    let Some(clip) = toll_clip() else { return };
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let converted = folder.path().join("h265.mp4");
    let ended = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&clip)
        .args(["-an", "-c:v", "libx265", "-preset", "ultrafast", "-crf", "18", "-x265-params", "log-level=error"])
        .args(["-g", "30", "-fps_mode", "passthrough"])
        .arg(&converted)
        .status();
    assert!(ended.expect("ffmpeg is installed").success());
    let server = RtspServer::start(&[&format!("toll=h265:{}", converted.display())]);
    check("H.265 over TCP", &format!("[camera.source.rtsp]\nurl = \"{}\"", server.url("toll")));
}
