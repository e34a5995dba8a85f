//! The program as its users meet it: recordings in, a real broker, an independent subscriber.

mod broker;
mod cameras;
mod check;
mod console;
mod daemon;
mod destinations;
mod doctor;
mod doctor_bundle;
mod evidence;
mod examples;
#[path = "../holdings/mod.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod holdings;
mod inbound;
mod lists;
mod mirrors;
mod proof;
#[path = "../recordings/mod.rs"]
mod recordings;
mod reload;
mod replays;
#[path = "../cameras/support/rtsp_server.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod rtsp_server;
mod service;
#[path = "../chaos/disk.rs"]
mod small_disk;
mod soak;
mod support;
mod tls;
mod traffic;
mod triggers;
mod webhook;
#[path = "../../src/publish/webhook/tests/server.rs"]
#[expect(dead_code, reason = "the tests beside the code need more of it")]
mod webhook_server;

use std::path::{Path, PathBuf};

use recordings::toll_clip;

/// The program under test.
const GATELPR: &str = env!("CARGO_BIN_EXE_gatelpr");

/// The sample clip, drawn into `folder`.
fn sample_clip(folder: &Path) -> PathBuf {
    drawn("demo", folder)
}

/// What the camera of a scenario sees, as a folder of pictures.
fn drawn(scenario: &str, folder: &Path) -> PathBuf {
    let drawn = std::process::Command::new(GATELPR).args(["synth", scenario, "--out"]).arg(folder).output();
    let drawn = drawn.expect("the binary starts");
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    folder.join("camera-1")
}
