//! A camera as the daemon runs it: its own capture thread, a mailbox, a status.

use std::time::Duration;

use gatelpr::backoff::Backoff;
use gatelpr::camera::{
    self, Capture, CaptureReport, CaptureState, CaptureThread, FrameRate, FrameSource, Mailboxes, Opening, PixelFormat,
    SourceError, SourceSettings, Taken, Timeline, UsbIdentity, UsbSettings,
};
use gatelpr::clock::Clock;
use gatelpr::frame::Frame;
use gatelpr::plate::CameraName;
use gatelpr::stop::Stop;

use crate::vivid;

/// The daemon's usual one is 5 s.
pub(crate) const STALL_TIMEOUT: Duration = Duration::from_secs(2);
/// Longer than anything takes that works; the machine is emulated.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) struct Gate {
    pub(crate) clock: Clock,
    stop: Stop,
    mailboxes: Mailboxes,
    thread: CaptureThread,
}

/// The camera by its path, at 10 frames per second.
pub(crate) fn settings(size: Option<(u32, u32)>, pixel_format: Option<PixelFormat>) -> UsbSettings {
    let frames_per_second = FrameRate::try_from(10.0).unwrap();
    UsbSettings { identity: UsbIdentity::Path(vivid::PATH.into()), size, frames_per_second, pixel_format }
}

/// The same without a size.
pub(crate) fn at_rate(rate: f64) -> UsbSettings {
    UsbSettings { frames_per_second: FrameRate::try_from(rate).unwrap(), ..settings(None, None) }
}

pub(crate) fn opening() -> Opening {
    let clock = Clock::start();
    Opening {
        camera: CameraName::try_from("gate").unwrap(),
        timeline: Timeline::Live(clock),
        clock,
        patience: LONG,
        stop: Stop::default(),
    }
}

pub(crate) fn open(settings: &UsbSettings) -> Result<Box<dyn FrameSource>, SourceError> {
    camera::open(&SourceSettings::Usb(settings.clone()), &opening())
}

/// What opening it says.
pub(crate) fn error_of(settings: &UsbSettings) -> String {
    match open(settings) {
        Ok(_) => panic!("{settings:?} can be opened"),
        Err(error) => error.to_string(),
    }
}

pub(crate) fn frame_of(source: &mut dyn FrameSource) -> Frame {
    source.next_frame(LONG).unwrap_or_else(|error| panic!("{error}")).unwrap()
}

impl Gate {
    pub(crate) fn start(settings: UsbSettings, stall_timeout: Duration) -> Self {
        let (opening, stop) = (opening(), Stop::default());
        let opening = Opening { stop: stop.clone(), ..opening };
        let (clock, source) = (opening.clock, SourceSettings::Usb(settings));
        let mailboxes = Mailboxes::new(clock, stop.clone());
        let capture = Capture {
            camera: opening.camera.clone(),
            on_open_error: source.on_open_error(),
            mailbox: mailboxes.add(&opening.camera, source.delivery()),
            open: Box::new(move || camera::open(&source, &opening)),
            frame_deadline: stall_timeout,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_millis(400)),
            refused_login_pause: Duration::ZERO,
            clock,
            stop: stop.clone(),
        };
        Self { clock, stop, mailboxes, thread: capture.spawn().unwrap() }
    }

    /// Waits for a state and says how long it took. Frames are taken meanwhile.
    pub(crate) fn until(&self, what: &str, reached: impl Fn(&CaptureReport) -> bool) -> Duration {
        let began = self.clock.elapsed();
        loop {
            let (report, took) = (self.report(), self.clock.elapsed() - began);
            if reached(&report) {
                return took;
            }
            assert!(took < LONG, "{what} did not come in {took:?}: {report:?}");
            match self.mailboxes.take(Duration::from_millis(10)) {
                Taken::Frame(_) | Taken::Nothing => {}
                other => panic!("{other:?} came before {what}: {report:?}"),
            }
        }
    }

    pub(crate) fn until_state(&self, state: CaptureState) -> Duration {
        self.until(&format!("{state:?}"), |report| report.state == state)
    }

    pub(crate) fn report(&self) -> CaptureReport {
        self.thread.status().report()
    }

    /// Stops it and says how long that took.
    pub(crate) fn stop(self) -> Duration {
        let began = self.clock.elapsed();
        self.stop.request();
        self.thread.join().unwrap();
        self.clock.elapsed() - began
    }
}
