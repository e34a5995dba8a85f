//! Cameras that stall, fail and are pulled out, each under a running capture thread.

use std::time::Duration;

use gatelpr::camera::{CaptureState, PixelFormat};

use crate::gate::{Gate, LONG, STALL_TIMEOUT, at_rate, settings};
use crate::vivid::{self, Kind};

/// On top of a timeout: a frame's time, and an emulated machine.
const SLACK: Duration = Duration::from_millis(500);

fn running(stall_timeout: Duration) -> Gate {
    let gate = Gate::start(settings(Some((640, 360)), Some(PixelFormat::Yuyv)), stall_timeout);
    gate.until_state(CaptureState::Running);
    gate
}

pub(crate) fn stall() -> String {
    let gate = running(STALL_TIMEOUT);
    vivid::drop_pictures(100);
    let noticed = gate.until_state(CaptureState::Lost);
    assert!(noticed < STALL_TIMEOUT + SLACK, "{noticed:?}");
    let error = gate.report().last_error.unwrap();
    assert!(error.contains("no frame for 2."), "{error}");
    let reopened = gate.report().reopened;
    gate.until("another attempt", |report| report.reopened > reopened);
    vivid::drop_pictures(0);
    let back = gate.until_state(CaptureState::Running);
    gate.stop();
    format!("noticed after {noticed:.1?} with a timeout of {STALL_TIMEOUT:?}, back {back:.1?} after it sent again")
}

pub(crate) fn driver_error() -> String {
    let gate = running(LONG);
    let before = gate.report().reopened;
    vivid::control("inject_fatal_streaming_error=1");
    let back = gate.until("it", |report| report.reopened > before && report.state == CaptureState::Running);
    let error = gate.report().last_error.unwrap();
    gate.stop();
    format!("back after {back:.1?}: {error}")
}

pub(crate) fn stop() -> String {
    let gate = running(LONG);
    vivid::drop_pictures(100);
    let last = gate.report().captured;
    gate.until("silence", |report| report.last_frame_age.is_some_and(|age| age > Duration::from_millis(500)));
    assert!(gate.report().captured <= last + 2);
    let stopped = gate.stop();
    vivid::drop_pictures(0);
    assert!(stopped < Duration::from_millis(200), "{stopped:?}");
    format!("{stopped:.1?}")
}

pub(crate) fn unplug() -> String {
    let gate = Gate::start(at_rate(15.0), LONG);
    gate.until_state(CaptureState::Running);
    let before = gate.report().stream;
    vivid::unplug();
    let noticed = gate.until_state(CaptureState::Lost);
    assert!(noticed < SLACK, "{noticed:?}");
    let gone = gate.report().last_error.unwrap();
    assert!(gone.contains("is gone") || gone.contains("is not there"), "{gone}");
    gate.until("an attempt without a camera", |report| {
        report.last_error.as_ref().is_some_and(|error| error.contains("is not there"))
    });
    vivid::plug(Kind::Grabber);
    let back = gate.until_state(CaptureState::Running);
    let grabber = gate.report().stream;
    assert_ne!(before.size, grabber.size);
    vivid::unplug();
    gate.until_state(CaptureState::Lost);
    vivid::plug(Kind::Webcam);
    gate.until_state(CaptureState::Running);
    let webcam = gate.report().stream;
    assert_eq!(webcam, before);
    gate.stop();
    format!(
        "{before}; lost after {noticed:.1?}; back {back:.1?} after it was plugged in, {grabber}; and {webcam} again"
    )
}
