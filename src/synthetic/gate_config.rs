//! The config of a gate with a film's cameras, lanes and zones, for `gatelpr replay` and `gatelpr run`.

use std::fmt::Write as _;

use super::camera::LaneView;
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
    text + &lanes_config(film)
}

/// The part of it that says what the lanes are.
#[must_use]
pub fn lanes_config(film: &Film) -> String {
    let mut text = String::new();
    for camera in film.cameras() {
        for lane in &camera.lanes {
            let zone: Vec<String> = camera.zone_shares(lane).iter().map(|[x, y]| format!("[{x:.4}, {y:.4}]")).collect();
            add(&mut text, format_args!("\n[[lane]]\nname = \"{}\"\ncamera = \"{}\"\n", lane.name, camera.name));
            add(&mut text, format_args!("zone = [{}]\n", zone.join(", ")));
            add(&mut text, format_args!("length_m = {:.1}\n", (lane.along_m[1] - lane.along_m[0]).abs()));
            // Who comes in turns its face to a camera that looks out of the site, and its back to one that looks in.
            let approaching = if camera.facing < 0.0 { "in" } else { "out" };
            add(&mut text, format_args!("approaching = \"{approaching}\"\n"));
            if let Some(fronts) = fronts_of(film, lane) {
                add(&mut text, format_args!("rear_of = \"{fronts}\"\n"));
            }
        }
    }
    text
}

/// The lane that sees the fronts of the vehicles whose rears this one sees.
fn fronts_of<'f>(film: &'f Film, rears: &LaneView) -> Option<&'f str> {
    let mut lanes = film.cameras().iter().flat_map(|camera| &camera.lanes);
    let sees_fronts = |lane: &&LaneView| lane.lane == rears.lane && lane.approaching;
    lanes.find(sees_fronts).filter(|_| !rears.approaching).map(|lane| lane.name.as_str())
}

fn add(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line).expect("a text takes everything");
}
