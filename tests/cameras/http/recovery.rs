//! The capture thread with cameras over HTTP: what its status says while they fail, and how they come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gatelpr::backoff::Backoff;
use gatelpr::camera::{
    Capture, CaptureReport, CaptureState, CaptureThread, Mailboxes, Opening, SourceSettings, Taken, Timeline, open,
};
use gatelpr::clock::Clock;
use gatelpr::frame::Frame;
use gatelpr::plate::CameraName;
use gatelpr::stop::Stop;

use super::camera_server::{Camera, STREAM, Then, part, picture, send, status, whole};
use super::{LONG, SHORT, http, number, snapshots, stream};

struct Gate {
    mailboxes: Mailboxes,
    stop: Stop,
    thread: CaptureThread,
}

impl Gate {
    fn watching(settings: SourceSettings) -> Self {
        let (clock, stop) = (Clock::start(), Stop::default());
        let mailboxes = Mailboxes::new(clock, stop.clone());
        let camera = CameraName::try_from("gate").unwrap();
        let timeline = Timeline::Live(clock);
        let opening = Opening { camera: camera.clone(), timeline, clock, patience: SHORT, stop: stop.clone() };
        let capture = Capture {
            camera: camera.clone(),
            on_open_error: settings.on_open_error(),
            mailbox: mailboxes.add(&camera, settings.delivery()),
            open: Box::new(move || open(&settings, &opening)),
            frame_deadline: SHORT,
            backoff: Backoff::new(Duration::from_millis(20), Duration::from_millis(100)),
            refused_login_pause: Duration::ZERO,
            clock,
            stop: stop.clone(),
        };
        Self { mailboxes, stop, thread: capture.spawn().unwrap() }
    }

    fn take(&self) -> Frame {
        match self.mailboxes.take(LONG) {
            Taken::Frame(frame) => frame,
            other => panic!("{other:?}"),
        }
    }

    fn wait_until(&self, holds: impl Fn(&CaptureReport) -> bool) -> CaptureReport {
        let clock = Clock::start();
        loop {
            let report = self.thread.status().report();
            if holds(&report) {
                return report;
            }
            assert!(clock.elapsed() < LONG, "{report:#?}");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    fn stopped(self) -> CaptureReport {
        self.stop.request();
        while !matches!(self.mailboxes.take(LONG), Taken::Stopped) {}
        self.thread.join().unwrap()
    }
}

#[test]
fn a_camera_that_freezes_is_lost_within_the_deadline_and_opened_again() {
    let camera = Camera::start(|request, stream| {
        let number = u8::try_from(request.number + 1).unwrap();
        send(stream, &[STREAM, &part(&picture(number))].concat());
        Then::Freeze
    });
    let gate = Gate::watching(stream(camera.port));
    let frames = [gate.take(), gate.take(), gate.take()];
    assert_eq!([number(&frames[0]), number(&frames[1]), number(&frames[2])], [1, 2, 3]);
    let times: Vec<Duration> = frames.iter().map(|frame| frame.captured_at.elapsed).collect();
    assert!(times.is_sorted() && times[1] - times[0] >= SHORT, "elapsed goes on rising: {times:?}");
    assert!(times[1] - times[0] < LONG / 10, "{times:?}");
    let report = gate.stopped();
    assert!(report.reopened >= 2 && report.captured >= 3, "{report:#?}");
    assert!(report.last_error.unwrap().contains("no frame for 0.3 s"));
}

#[test]
fn a_camera_that_restarts_is_back_by_itself_and_what_failed_is_told() {
    let restarted = Arc::new(AtomicBool::new(false));
    let camera = Camera::start({
        let restarted = Arc::clone(&restarted);
        move |request, stream| {
            match request.number {
                0 => send(stream, &whole("image/jpeg", &picture(1))),
                // First it closes, then its web server is there and its camera is not.
                1..=4 => {}
                _ if restarted.load(Ordering::Relaxed) => send(stream, &whole("image/jpeg", &picture(2))),
                _ => send(stream, &status("503 Service Unavailable", "")),
            }
            Then::Close
        }
    });
    let gate = Gate::watching(snapshots(http(camera.port), 50.0));
    assert_eq!(number(&gate.take()), 1);
    let lost = gate.wait_until(|report| report.last_error.as_ref().is_some_and(|error| error.contains("503")));
    assert_eq!((lost.state, lost.stream.size), (CaptureState::Lost, Some((64, 48))), "{lost:#?}");
    restarted.store(true, Ordering::Relaxed);
    assert_eq!(number(&gate.take()), 2);
    let back = gate.wait_until(|report| report.state == CaptureState::Running);
    assert!(back.last_error.as_ref().is_some_and(|error| error.contains("503")), "{back:#?}");
    assert!(back.reopened >= 3, "{back:#?}");
    gate.stopped();
}

#[test]
fn damaged_pictures_are_counted_over_reopenings() {
    let camera = Camera::start(|_, stream| {
        send(stream, &[STREAM, &part(&picture(1)), &part(&picture(2)[..300])].concat());
        Then::Close
    });
    let gate = Gate::watching(stream(camera.port));
    let report = gate.wait_until(|report| report.tally.damaged >= 5);
    assert!(report.reopened >= 4, "{report:#?}");
    gate.stopped();
}
