//! The config of a gate with a film's cameras, lanes and zones, for `gatelpr replay` and `gatelpr run`.

use std::fmt::Write as _;

use super::film::Film;

/// The config; its paths are relative to the folder that `gatelpr synth` fills.
#[must_use]
pub fn gate_config(film: &Film) -> String {
    let mut text = String::from(
        "# Written by `gatelpr synth`: the cameras, lanes and zones of a gate that does not exist.\n\
         # gatelpr replay CAMERA --config gate.toml --camera CAMERA --frames-per-second N prints the passages of one camera.\n\n\
         [site]\nname = \"synthetic\"\ngate = \"g1\"\n\n[mqtt]\nhost = \"127.0.0.1\"\n\n[outbox]\ndirectory = \"outbox\"\n",
    );
    for camera in film.cameras() {
        let (name, rate) = (&camera.name, film.frames_per_second());
        add(&mut text, format_args!("\n[[camera]]\nname = \"{name}\"\n"));
        add(&mut text, format_args!("[camera.source.folder]\npath = \"{name}\"\nframes_per_second = {rate}\n"));
    }
    for camera in film.cameras() {
        for lane in &camera.lanes {
            let zone: Vec<String> = camera.zone_shares(lane).iter().map(|[x, y]| format!("[{x:.4}, {y:.4}]")).collect();
            add(&mut text, format_args!("\n[[lane]]\nname = \"{}\"\ncamera = \"{}\"\n", lane.name, camera.name));
            add(&mut text, format_args!("zone = [{}]\n", zone.join(", ")));
        }
    }
    text
}

fn add(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line).expect("a text takes everything");
}
