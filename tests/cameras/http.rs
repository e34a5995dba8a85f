//! Cameras that send pictures over HTTP, and everything that such cameras do wrong.

mod camera_server;
mod commands;
mod cycles;
mod faults;
mod logins;
mod recovery;
mod snapshots;
mod streams;

use std::time::Duration;

use gatelpr::camera::{FrameRate, FrameSource, HttpSettings, Opening, SourceError, SourceSettings, Timeline, open};
use gatelpr::clock::Clock;
use gatelpr::frame::Frame;
use gatelpr::login::{Login, PasswordPlace};
use gatelpr::plate::CameraName;
use gatelpr::stop::Stop;

/// Longer than any wait that a test means to end otherwise.
const LONG: Duration = Duration::from_secs(30);
/// A deadline that a test waits for.
const SHORT: Duration = Duration::from_millis(300);

fn opening() -> Opening {
    let clock = Clock::start();
    let camera = CameraName::try_from("gate").unwrap();
    Opening { camera, timeline: Timeline::Live(clock), clock, patience: LONG, stop: Stop::default() }
}

fn http(port: u16) -> HttpSettings {
    HttpSettings { url: format!("http://127.0.0.1:{port}/picture").parse().unwrap(), login: None }
}

fn with_password(port: u16, file: &std::path::Path) -> HttpSettings {
    let password = Some(PasswordPlace::File(file.to_owned()));
    HttpSettings { login: Some(Login { user: "admin".to_owned(), password }), ..http(port) }
}

fn stream(port: u16) -> SourceSettings {
    SourceSettings::Mjpeg(http(port))
}

fn snapshots(picture: HttpSettings, frames_per_second: f64) -> SourceSettings {
    SourceSettings::Snapshot { picture, frames_per_second: FrameRate::try_from(frames_per_second).unwrap() }
}

fn opened(settings: &SourceSettings) -> Box<dyn FrameSource> {
    open(settings, &opening()).unwrap_or_else(|error| panic!("{error}"))
}

fn next(source: &mut dyn FrameSource) -> Frame {
    source.next_frame(LONG).unwrap_or_else(|error| panic!("{error}")).expect("a frame")
}

/// Which picture of [`camera_server::picture`] a frame shows.
fn number(frame: &Frame) -> u8 {
    let middle = frame.image.get_pixel(frame.image.width() / 2, frame.image.height() / 2);
    (middle[0] + 4) / 8
}

fn error_of(settings: &SourceSettings) -> SourceError {
    match open(settings, &Opening { patience: Duration::from_secs(2), ..opening() }) {
        Err(error) => error,
        Ok(_) => panic!("it opened"),
    }
}
