//! The cameras' threads: started in the config's order, waited for at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use tracing::info;

use crate::backoff::Backoff;
use crate::camera::{self, Capture, CaptureFailure, CaptureThread, Mailboxes, Opening, Timeline};
use crate::clock::Clock;
use crate::config::{CameraConfig, Config};
use crate::optics::Optics;
use crate::picture_quality::SceneWatch;
use crate::plate::CameraName;
use crate::recognition::Eye;
use crate::stop::Stop;

/// Pauses between attempts to open a camera.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Cameras lock a user out after five or more wrong logins within minutes, and an attempt while it is locked out prolongs
/// that.
const REFUSED_LOGIN_PAUSE: Duration = Duration::from_secs(300);

/// What every picture of each camera goes through first.
pub(super) fn eyes(config: &Config) -> BTreeMap<CameraName, Eye> {
    config.cameras.iter().map(|camera| (camera.name.clone(), eye(camera))).collect()
}

fn eye(camera: &CameraConfig) -> Eye {
    let watched = camera.source.delivery() == camera::Delivery::NewestWins;
    Eye { optics: Optics::new(camera.view), scene: watched.then(SceneWatch::default) }
}

/// The cameras whose silence means an empty lane.
pub(super) fn live_cameras(config: &Config) -> Vec<CameraName> {
    config.cameras.iter().filter(|camera| !camera.source.is_recording()).map(|camera| camera.name.clone()).collect()
}

/// Starts a thread for each camera.
pub(super) fn start_captures(
    config: &Config,
    mailboxes: &Mailboxes,
    clock: Clock,
    stop: &Stop,
) -> anyhow::Result<Vec<CaptureThread>> {
    let start = |camera: &CameraConfig| {
        let (name, source) = (camera.name.clone(), camera.source.clone());
        let opening = Opening {
            camera: name.clone(),
            timeline: Timeline::Live(clock),
            clock,
            patience: camera.stall_timeout,
            stop: stop.clone(),
        };
        let mailbox = mailboxes.add(&name, source.delivery());
        let capture = Capture {
            camera: name.clone(),
            on_open_error: source.on_open_error(),
            open: Box::new(move || camera::open(&source, &opening)),
            mailbox,
            frame_deadline: camera.stall_timeout,
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
            refused_login_pause: REFUSED_LOGIN_PAUSE,
            clock,
            stop: stop.clone(),
        };
        capture.spawn().with_context(|| format!("cannot start the thread of camera {name}"))
    };
    config.cameras.iter().map(start).collect()
}

/// Waits for every camera and gives the first failure; all of them were logged as they happened.
pub(super) fn join_captures(captures: Vec<CaptureThread>) -> Result<(), CaptureFailure> {
    let ended: Vec<_> = captures.into_iter().map(join_capture).collect();
    ended.into_iter().collect()
}

fn join_capture(thread: CaptureThread) -> Result<(), CaptureFailure> {
    let report = thread.join()?;
    info!(captured = report.captured, dropped = report.dropped, damaged = report.tally.damaged, "camera closed");
    Ok(())
}
