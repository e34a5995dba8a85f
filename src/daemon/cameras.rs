//! The cameras' threads: started in the config's order, waited for at their end, which may come while others go on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tracing::info;

use crate::backoff::Backoff;
use crate::camera::{self, CameraBoard, Capture, CaptureFailure, CaptureThread, Mailbox, Mailboxes, Opening, Timeline};
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

/// What every picture of this camera goes through first.
pub(super) fn eye(camera: &CameraConfig) -> Eye {
    let watched = camera.source.delivery() == camera::Delivery::NewestWins;
    Eye { optics: Optics::new(camera.view), scene: watched.then(SceneWatch::default) }
}

/// The cameras whose silence means an empty lane.
pub(super) fn live_cameras(config: &Config) -> Vec<CameraName> {
    config.cameras.iter().filter(|camera| !camera.source.is_recording()).map(|camera| camera.name.clone()).collect()
}

/// The threads of all cameras. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Captures {
    threads: Arc<Mutex<Vec<RunningCamera>>>,
    board: CameraBoard,
}

#[derive(Debug)]
struct RunningCamera {
    thread: CaptureThread,
    /// Ends it alone.
    stop: Stop,
}

impl Captures {
    /// Starts a thread for each camera; all end with `stop`.
    pub(super) fn start_all(
        &self,
        config: &Config,
        mailboxes: &Mailboxes,
        clock: Clock,
        stop: &Stop,
    ) -> anyhow::Result<()> {
        config.cameras.iter().try_for_each(|camera| {
            let own = stop.child();
            let mailbox = mailboxes.add_until(&camera.name, camera.source.delivery(), own.clone());
            self.start(camera, mailbox, clock, own)
        })
    }

    /// Starts a camera, which ends with `stop`.
    pub(super) fn start(
        &self,
        camera: &CameraConfig,
        mailbox: Mailbox,
        clock: Clock,
        stop: Stop,
    ) -> anyhow::Result<()> {
        let (name, source) = (camera.name.clone(), camera.source.clone());
        let opening = Opening {
            camera: name.clone(),
            timeline: Timeline::Live(clock),
            clock,
            patience: camera.stall_timeout,
            stop: stop.clone(),
        };
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
        let thread = capture.spawn().with_context(|| format!("cannot start the thread of camera {name}"))?;
        self.lock().push(RunningCamera { thread, stop });
        self.tell();
        Ok(())
    }

    /// Ends these cameras and waits for it. Why one had failed before was logged then, and is nobody's trouble any more.
    pub(super) fn end(&self, cameras: &[CameraName]) {
        let ended: Vec<_> = self.lock().extract_if(.., |running| cameras.contains(running.thread.camera())).collect();
        ended.iter().for_each(|running| running.stop.request());
        for running in ended {
            drop(join_capture(running.thread));
        }
        self.tell();
    }

    /// Has them reported in the order of `config`.
    pub(super) fn order_as_in(&self, config: &Config) {
        let place =
            |running: &RunningCamera| config.cameras.iter().position(|camera| camera.name == *running.thread.camera());
        self.lock().sort_by_key(place);
        self.tell();
    }

    /// Where the cameras' states are.
    pub(super) fn board(&self) -> &CameraBoard {
        &self.board
    }

    /// Waits for every camera and gives the first failure; all of them were logged as they happened.
    pub(super) fn join_all(&self) -> Result<(), CaptureFailure> {
        let all = std::mem::take(&mut *self.lock());
        let ended: Vec<_> = all.into_iter().map(|running| join_capture(running.thread)).collect();
        ended.into_iter().collect()
    }

    fn tell(&self) {
        let camera = |running: &RunningCamera| (running.thread.camera().clone(), running.thread.status().clone());
        self.board.set(self.lock().iter().map(camera).collect());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RunningCamera>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn join_capture(thread: CaptureThread) -> Result<(), CaptureFailure> {
    let report = thread.join()?;
    info!(captured = report.captured, dropped = report.dropped, damaged = report.tally.damaged, "camera closed");
    Ok(())
}
