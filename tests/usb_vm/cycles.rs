//! Opening over and over costs nothing that stays.

use std::time::Duration;

use gatelpr::camera::{CaptureState, SourceError, UsbIdentity, UsbSettings};

use crate::gate::{Gate, error_of, frame_of, open, settings};
use crate::holdings::Holdings;
use crate::vivid;

/// Cameras that are opened, send a picture, and are closed.
const WORKING: usize = 300;
/// Cameras that are opened, send nothing, and are closed.
const STALLED: usize = 300;
/// Cameras that are opened and closed because they cannot do what is wanted.
const UNFIT: usize = 2400;
/// Cameras that are not there.
const ABSENT: usize = 7000;

pub(crate) fn flat() -> String {
    let cycles = |count: usize| {
        let part = |of: usize| of * count / (WORKING + STALLED + UNFIT + ABSENT);
        work(part(WORKING));
        stall(part(STALLED));
        fail(&settings(Some((123, 45)), None), "gives no pictures 123x45", part(UNFIT));
        let path = UsbIdentity::Path("/dev/v4l/by-path/none".into());
        fail(&UsbSettings { identity: path, ..settings(None, None) }, "is not there", part(ABSENT));
    };
    // The allocator takes what it will need.
    cycles(1000);
    let before = Holdings::own();
    cycles(10_000);
    let after = Holdings::own();
    assert_eq!((before.descriptors, before.threads), (after.descriptors, after.threads));
    assert!(after.memory_kib <= before.memory_kib + 512, "{before:?} {after:?}");
    format!("before {before:?}, after {after:?}")
}

/// The same for the daemon's capture thread, whose camera stalls and is opened again until it sends.
pub(crate) fn reopening() -> String {
    const TIMEOUT: Duration = Duration::from_millis(100);
    let gate = Gate::start(fast(), TIMEOUT);
    gate.until_state(CaptureState::Running);
    let before = Holdings::own();
    let first = gate.report().reopened;
    vivid::drop_pictures(100);
    gate.until("20 attempts", |report| report.reopened >= first + 20);
    vivid::drop_pictures(0);
    gate.until_state(CaptureState::Running);
    let (after, attempts) = (Holdings::own(), gate.report().reopened - first);
    assert_eq!((before.descriptors, before.threads), (after.descriptors, after.threads));
    gate.stop();
    format!("{attempts} attempts; before {before:?}, after {after:?}")
}

fn work(count: usize) {
    for _ in 0..count {
        let mut source = open(&fast()).unwrap_or_else(|error| panic!("{error}"));
        frame_of(source.as_mut());
    }
}

fn stall(count: usize) {
    vivid::drop_pictures(100);
    for _ in 0..count {
        let mut source = open(&fast()).unwrap_or_else(|error| panic!("{error}"));
        let silence = source.next_frame(Duration::from_millis(10));
        assert!(matches!(silence, Err(SourceError::Silent { .. })), "{silence:?}");
    }
    vivid::drop_pictures(0);
}

fn fail(settings: &UsbSettings, expect: &str, count: usize) {
    for _ in 0..count {
        let error = error_of(settings);
        assert!(error.contains(expect), "{error}");
    }
}

/// The smallest pictures at the highest rate: it is the openings that count.
fn fast() -> UsbSettings {
    let frames_per_second = 60.0.try_into().unwrap();
    UsbSettings { frames_per_second, ..settings(Some((320, 180)), None) }
}
