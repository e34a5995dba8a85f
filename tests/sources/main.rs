//! Sources against real files: recordings with known pictures, files that are refused, folders, a folder being filled.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod damaged;
mod folders;
mod motion;
#[path = "../recordings/mod.rs"]
mod recordings;
mod video;

use std::path::{Path, PathBuf};
use std::time::Duration;

use gatelpr::camera::{FrameRate, FrameSource, Opening, Pacing, Repeat, SourceSettings, Timeline, open};
use gatelpr::clock::Clock;
use gatelpr::frame::Frame;
use gatelpr::plate::CameraName;
use gatelpr::stop::Stop;

/// Longer than any wait that a test means to end otherwise.
const LONG: Duration = Duration::from_secs(60);

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn opening() -> Opening {
    Opening {
        camera: CameraName::try_from("gate").unwrap(),
        timeline: Timeline::Recording { start: None },
        clock: Clock::start(),
        patience: Duration::from_secs(10),
        stop: Stop::default(),
    }
}

fn video(path: &Path, repeat: Repeat) -> SourceSettings {
    SourceSettings::Video { path: path.to_owned(), repeat, pacing: Pacing::Fast }
}

fn folder(path: &Path, repeat: Repeat) -> SourceSettings {
    let frames_per_second = FrameRate::try_from(4.0).unwrap();
    SourceSettings::Folder { path: path.to_owned(), frames_per_second, repeat, pacing: Pacing::Fast }
}

fn opened(settings: &SourceSettings) -> Box<dyn FrameSource> {
    open(settings, &opening()).unwrap_or_else(|error| panic!("{error}"))
}

fn rest(source: &mut dyn FrameSource) -> Vec<Frame> {
    std::iter::from_fn(|| source.next_frame(LONG).unwrap_or_else(|error| panic!("{error}"))).collect()
}

fn error_of(settings: &SourceSettings) -> String {
    let error = match open(settings, &opening()) {
        Err(error) => error,
        Ok(mut source) => loop {
            match source.next_frame(LONG) {
                Ok(Some(_)) => {}
                Ok(None) => panic!("ended without an error"),
                Err(error) => break error,
            }
        },
    };
    error.to_string()
}
