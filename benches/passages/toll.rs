//! The real toll lane, where the labelled pictures are at hand: what passed in it is in tests/replays/toll.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gatelpr::camera::{self, Opening, Pacing, Repeat, SourceError, SourceSettings, Timeline};
use gatelpr::clock::Clock;
use gatelpr::config::Config;
use gatelpr::evaluation::passages::outcome::ScenarioOutcome;
use gatelpr::stop::Stop;
use gatelpr::synthetic::truth::Truth;

use crate::gate::Gate;
use crate::models::Readers;
use crate::run::Measured;

/// Its kind of scenario.
pub(crate) const KIND: &str = "toll lane (real)";

/// The clip, or `None` where it is not.
pub(crate) fn clip() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/plates");
    let plates = std::env::var_os("GATELPR_PLATES").map_or(beside, PathBuf::from);
    Some(plates.join("vn_video/clips/tollbooth_parkpow_cars.mp4")).filter(|clip| clip.is_file())
}

/// Plays the clip to a gate of its own.
pub(crate) fn run(clip: &Path, readers: Readers) -> Measured {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replays/toll");
    let config = Config::load_for_replay(&case.join("gate.toml")).expect("the case's config is right");
    let truth = std::fs::read(case.join("truth.json")).expect("the case has its truth");
    let truth: Truth = serde_json::from_slice(&truth).expect("the case's truth is JSON");
    let camera = config.cameras[0].name.clone();
    let opening = Opening {
        camera: camera.clone(),
        timeline: Timeline::Recording { start: None },
        clock: Clock::start(),
        patience: Duration::from_secs(10),
        stop: Stop::default(),
    };
    let settings = SourceSettings::Video { path: clip.to_owned(), repeat: Repeat::Once, pacing: Pacing::Fast };
    let mut source = camera::open(&settings, &opening).expect("the clip can be read");
    let mut gate = Gate::new(readers.load(), &config);
    loop {
        match source.next_frame(Duration::from_secs(60)) {
            Ok(Some(frame)) => gate.see(&frame),
            Ok(None) => break,
            Err(SourceError::Silent { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    // The last vehicle is in view when the clip ends, so there is no saying how soon it would have been told.
    let pictures = gate.pictures;
    Measured { outcome: ScenarioOutcome::of(&truth, &gate.end(&[camera]), KIND), pictures }
}
