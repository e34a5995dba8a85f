//! Ten thousand times open, fail, close: what a night with a broken camera costs. Files, threads and memory stay flat.
//!
//! Measured in a process of its own: the other tests open and close things too. The camera stays in this one.

use std::process::Command;
use std::time::Duration;

use gatelpr::camera::{Opening, SourceSettings, open};

use super::camera_server::{Camera, STREAM, Then, part, picture, send, status, whole};
use super::{http, opening, snapshots, stream};
use crate::holdings::Holdings;

const CYCLES: usize = 10_000;
/// Until allocator and runtime have what they keep.
const WARM_UP: usize = 1_000;
/// What memory may grow by while 9,000 cycles go by, in KiB: leaking one picture of 1 kB each would be 9,000.
const MOST_GROWTH: u64 = 1_500;
/// A port on which nobody listens, and that no connection gets as its own.
const NOBODY: u16 = 1;
const PORT: &str = "GATELPR_TEST_PORT";

#[test]
#[expect(clippy::print_stdout, reason = "the figures are worth reading")]
fn ten_thousand_failures_cost_no_files_threads_or_memory() {
    let camera = Camera::start(|request, stream| {
        let answer = match request.number % 6 {
            0 => status("404 Not Found", "Connection: close\r\n"),
            1 => status("401 Unauthorized", "WWW-Authenticate: Basic realm=\"cam\"\r\nConnection: close\r\n"),
            2 => whole("text/html", b"<html>"),
            3 => whole("image/jpeg", &picture(1)),
            4 => [STREAM, &part(&picture(1)), &part(&picture(2))[..300]].concat(),
            _ => whole("image/jpeg", &picture(1)[..300]),
        };
        send(stream, &answer);
        Then::Close
    });
    let cycles = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "http::cycles::cycles_in_a_process_of_their_own", "--ignored", "--nocapture"])
        .env(PORT, camera.port.to_string())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&cycles.stdout), String::from_utf8_lossy(&cycles.stderr));
    assert!(cycles.status.success() && said.contains("after 10000 cycles"), "{said}");
    print!("{said}");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
#[expect(clippy::print_stdout, reason = "the figures are worth reading")]
fn cycles_in_a_process_of_their_own() {
    let port: u16 = std::env::var(PORT).unwrap().parse().unwrap();
    let settings = [stream(port), snapshots(http(port), 240.0), stream(NOBODY)];
    let clock = opening().clock;
    (0..WARM_UP).for_each(|cycle| one_cycle(&settings[cycle % settings.len()]));
    let before = Holdings::own();
    (WARM_UP..CYCLES).for_each(|cycle| one_cycle(&settings[cycle % settings.len()]));
    let after = Holdings::own();
    println!("after {WARM_UP} cycles {before:?}, after {CYCLES} cycles {after:?}, in {:?}", clock.elapsed());
    assert_eq!((after.descriptors, after.threads), (before.descriptors, before.threads));
    assert!(after.memory_kib < before.memory_kib + MOST_GROWTH, "{before:?} {after:?}");
}

fn one_cycle(settings: &SourceSettings) {
    let opening = Opening { patience: Duration::from_secs(5), ..opening() };
    if let Ok(mut source) = open(settings, &opening) {
        // The first may come; then the stream ends, or the pictures are damaged until the deadline.
        while let Ok(Some(_)) = source.next_frame(Duration::from_millis(5)) {
            if matches!(settings, SourceSettings::Snapshot { .. }) {
                return;
            }
        }
    }
}
