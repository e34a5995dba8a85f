//! The program as its users meet it: recordings in, a real broker, an independent subscriber.

mod broker;
mod cameras;
mod check;
mod daemon;
mod replays;
#[path = "../cameras/support/rtsp_server.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod rtsp_server;
mod support;
mod triggers;

use std::path::{Path, PathBuf};

/// The program under test.
const GATELPR: &str = env!("CARGO_BIN_EXE_gatelpr");

/// The real toll-lane clip, where the labelled pictures are at hand; says so where they are not.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn toll_clip() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/plates");
    let plates = std::env::var_os("GATELPR_PLATES").map_or(beside, PathBuf::from);
    let clip = plates.join("vn_video/clips/tollbooth_parkpow_cars.mp4");
    if !clip.is_file() {
        println!("skipped, no data");
        return None;
    }
    Some(clip)
}

/// The sample clip, drawn into `folder`.
fn sample_clip(folder: &Path) -> PathBuf {
    let clip = folder.join("clip");
    let drawn = std::process::Command::new(GATELPR).arg("synth").arg(&clip).output().expect("the binary starts");
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    clip
}
