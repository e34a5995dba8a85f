//! What only one may have: a name, a device, a folder, a zone of a picture.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::camera::CameraConfig;
use super::evidence::place_of_the_folder;
use super::lane::LaneConfig;
use super::outbox::OutboxConfig;
use super::problem::Problem;
use super::table::Table;
use crate::camera::SourceSettings;
use crate::evidence::EvidenceSettings;

/// Notes tables that have the same `name`; `what` they are.
pub(super) fn note_same_names(tables: &[Table<'_>], what: &str) {
    let mut seen: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    for table in tables {
        let Some((name, place)) = table.peek("name") else { continue };
        match seen.get(name) {
            Some(first) => {
                let problem = Problem::at(place, format!("two {what}s have the name {name:?}"));
                table.note(problem.label("give this one another name").related(first.clone(), "first used here"));
            }
            None => drop(seen.insert(name, place)),
        }
    }
}

/// Notes cameras that are the same device, or read the same folder: each would take the other's pictures.
pub(super) fn note_same_sources(tables: &[Table<'_>], cameras: &[CameraConfig]) {
    for (index, (table, camera)) in tables.iter().zip(cameras).enumerate() {
        let earlier = cameras[..index].iter().position(|other| take_from_each_other(&other.source, &camera.source));
        let Some(first) = earlier else { continue };
        let what = if matches!(camera.source, SourceSettings::Usb(_)) { "device" } else { "folder" };
        let problem = Problem::at(table.place(), format!("two cameras take their pictures from the same {what}"));
        let problem =
            problem.label("only one of them would get each picture").related(tables[first].place(), "the other");
        table.note(problem.help("one camera can serve several lanes: name it in each, with a `zone`"));
    }
}

fn take_from_each_other(one: &SourceSettings, other: &SourceSettings) -> bool {
    use SourceSettings::{Usb, WatchedFolder};
    match (one, other) {
        (Usb(one), Usb(other)) => one.identity == other.identity,
        (WatchedFolder { path: one, .. }, WatchedFolder { path: other, .. }) => one == other,
        _ => false,
    }
}

/// Notes lanes that share a camera and have the very same zone: each vehicle would pass in both.
pub(super) fn note_same_zones(tables: &[Table<'_>], lanes: &[LaneConfig]) {
    for (index, (table, lane)) in tables.iter().zip(lanes).enumerate() {
        // That a zone is missing is told already.
        let Some(zone) = table.find("zone") else { continue };
        let same = |other: &LaneConfig| other.camera == lane.camera && other.zone == lane.zone;
        let Some(first) = lanes[..index].iter().position(same) else { continue };
        let Some(other) = tables[first].find("zone") else { continue };
        let problem =
            Problem::at(zone.span(), format!("the lane {:?} has this zone already", lanes[first].name.as_str()));
        let problem = problem.label("every vehicle would pass in both lanes").related(other.span(), "the same zone");
        table.note(problem.help("draw a zone around this lane alone"));
    }
}

/// Notes cameras that would take this gate's own files for pictures, or delete them.
pub(super) fn note_own_folders(
    tables: &[Table<'_>],
    cameras: &[CameraConfig],
    outbox: &OutboxConfig,
    evidence: Option<&EvidenceSettings>,
) {
    let own = evidence.map(|evidence| (evidence.directory.as_path(), "the pictures of events are"));
    let own: Vec<(&Path, &str)> = own.into_iter().chain([(outbox.directory.as_path(), "the outbox is")]).collect();
    for (table, camera) in tables.iter().zip(cameras) {
        let SourceSettings::WatchedFolder { path, .. } = &camera.source else { continue };
        let Some((folder, what)) = own.iter().find(|(folder, _)| path.starts_with(folder)) else { continue };
        let problem = Problem::at(table.place(), format!("{} is no folder for uploads", path.display()));
        let problem = problem.label(format!("{what} in {}", folder.display()));
        table.note(problem.help("let the camera upload into a folder of its own, such as /srv/gatelpr/uploads"));
    }
}

/// Notes pictures that would lie where the outbox is: whoever may see pictures could read its keys.
pub(super) fn note_shared_folder(table: &Table<'_>, evidence: &EvidenceSettings, outbox: &OutboxConfig) {
    let (pictures, events) = (&evidence.directory, &outbox.directory);
    // A folder of their own below the outbox's is the usual place.
    if !events.starts_with(pictures) && !pictures.starts_with(events.join("archive")) {
        return;
    }
    let problem = Problem::at(place_of_the_folder(table), "pictures need a folder of their own");
    let problem = problem.label(format!("the outbox is in {}", events.display()));
    table.note(problem.help(format!("for example: directory = \"{}\"", events.join("evidence").display())));
}
