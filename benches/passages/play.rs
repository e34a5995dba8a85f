//! A drawn scenario, played to a gate: every picture of every camera in turn, as the daemon would get them.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use gatelpr::config::Config;
use gatelpr::evaluation::passages::told::Told;
use gatelpr::frame::{Frame, Moment};
use gatelpr::inference::models::Models;
use gatelpr::plate::CameraName;
use gatelpr::synthetic::film::Film;
use gatelpr::synthetic::gate_config::lanes_config;
use jiff::Timestamp;

use crate::gate::Gate;

/// What a gate tells of these pictures of a film, and how many it saw.
pub(crate) fn play(film: &Film, models: Models, numbers: Range<u32>) -> (Told, usize) {
    let config = config(film);
    let cameras: Vec<CameraName> = config.cameras.iter().map(|camera| camera.name.clone()).collect();
    let mut gate = Gate::new(models, &config);
    let last = numbers.end.saturating_sub(1);
    for number in numbers {
        for (index, camera) in cameras.iter().enumerate() {
            let image = Arc::new(film.render(index, number));
            gate.see(&Frame { camera: camera.clone(), captured_at: moment(film, number), image });
        }
        gate.note_queues(moment(film, number));
    }
    gate.fall_silent(&cameras, moment(film, last));
    let pictures = gate.pictures;
    (gate.end(&cameras), pictures)
}

fn moment(film: &Film, number: u32) -> Moment {
    let elapsed = Duration::from_secs_f64(film.seconds(number));
    Moment { wall: Timestamp::UNIX_EPOCH + elapsed, elapsed }
}

/// What an operator would write for these cameras.
fn config(film: &Film) -> Config {
    let mut text = "[site]\nname = \"drawn\"\ngate = \"g1\"\n[mqtt]\nhost = \"127.0.0.1\"\n".to_owned();
    for camera in film.cameras() {
        let name = &camera.name;
        text += &format!("[[camera]]\nname = \"{name}\"\nsource.watched_folder.path = \"/srv/ftp/{name}\"\n");
    }
    text += &lanes_config(film);
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("it can be written");
    Config::load_for_replay(file.path()).unwrap_or_else(|problems| panic!("{problems}"))
}
