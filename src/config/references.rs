//! What holds between tables: names are given once, a lane's camera exists, a camera has a lane, lanes do not share a view,
//! a lane whose vehicles' rears another one sees exists and is no such lane itself.

use std::collections::BTreeMap;
use std::ops::Range;

use super::collisions::note_same_names;
use super::keys::nearest;
use super::problem::Problem;
use super::table::Table;

/// Notes every problem between cameras and lanes. Values that are wrong in themselves are noted elsewhere.
pub(super) fn check(cameras: &[Table<'_>], lanes: &[Table<'_>]) {
    note_same_names(cameras, "camera");
    note_same_names(lanes, "lane");
    if cameras.is_empty() || lanes.is_empty() {
        return;
    }
    let names: Vec<&str> = cameras.iter().filter_map(|camera| Some(camera.peek("name")?.0)).collect();
    lanes.iter().for_each(|lane| note_unknown_camera(lane, &names));
    cameras.iter().for_each(|camera| note_unused(camera, lanes));
    note_shared_views(lanes);
    lanes.iter().for_each(|lane| note_wrong_rear(lane, lanes));
    note_two_rears(lanes);
}

fn note_unknown_camera(lane: &Table<'_>, names: &[&str]) {
    let Some((camera, place)) = lane.peek("camera") else { return };
    if names.contains(&camera) {
        return;
    }
    let problem = Problem::at(place, format!("no [[camera]] has the name {camera:?}"));
    let problem = match nearest(camera, names.iter().copied()) {
        Some(near) => problem.label(format!("did you mean {near:?}?")),
        None => problem.label("this camera is not in the file"),
    };
    lane.note(problem.help(format!("the cameras of this file: {}", names.join(", "))));
}

fn note_unused(camera: &Table<'_>, lanes: &[Table<'_>]) {
    let Some((name, place)) = camera.peek("name") else { return };
    // A lane without a readable camera, or with a misspelt one, may mean this one: one mistake, one message.
    let may_mean_it = |lane: &Table<'_>| match lane.peek("camera") {
        Some((wanted, _)) => wanted == name || nearest(wanted, [name]).is_some(),
        None => true,
    };
    if !lanes.iter().any(may_mean_it) {
        let problem = Problem::at(place, format!("no lane uses the camera {name:?}"));
        camera.note(problem.label("nothing would be read from it").help("add a [[lane]] for it, or remove the camera"));
    }
}

/// Two lanes on one camera need zones, or each vehicle would pass in both.
fn note_shared_views(lanes: &[Table<'_>]) {
    for (index, lane) in lanes.iter().enumerate().filter(|(_, lane)| lane.find("zone").is_none()) {
        let Some((camera, _)) = lane.peek("camera") else { continue };
        let mut others = lanes.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other);
        let Some(other) = others.find(|other| other.peek("camera").is_some_and(|(name, _)| name == camera)) else {
            continue;
        };
        let problem =
            Problem::at(lane.place(), format!("the camera {camera:?} has several lanes: each needs a `zone`"));
        let problem = problem.label("this one takes the whole picture").related(other.place(), "another of its lanes");
        lane.note(problem.help("without zones a vehicle would be reported in each of them"));
    }
}

/// A lane that sees rears needs one that sees the fronts.
fn note_wrong_rear(lane: &Table<'_>, lanes: &[Table<'_>]) {
    let Some((front, place)) = lane.peek("rear_of") else { return };
    let names: Vec<&str> = lanes.iter().filter_map(|lane| Some(lane.peek("name")?.0)).collect();
    let own = lane.peek("name").map(|(name, _)| name);
    let found = lanes.iter().find(|other| other.peek("name").is_some_and(|(name, _)| name == front));
    let problem = match found {
        _ if own == Some(front) => Problem::at(place, format!("the lane {front:?} cannot see its own rears"))
            .label("name the lane that sees the fronts")
            .help("a lane that sees fronts and then rears with one camera needs no `rear_of`"),
        None => no_such_lane((front, place), &names, own),
        Some(other) => {
            let Some((_, rear)) = other.peek("rear_of") else { return };
            Problem::at(place, format!("the lane {front:?} sees rears itself"))
                .label("name the lane that sees the fronts")
                .related(rear, "it sees rears")
        }
    };
    lane.note(problem);
}

/// What is said of a lane that is named and not in the file; `own` is who names it and cannot be meant.
pub(super) fn no_such_lane((lane, place): (&str, Range<usize>), names: &[&str], own: Option<&str>) -> Problem {
    let problem = Problem::at(place, format!("no [[lane]] has the name {lane:?}"));
    let problem = match nearest(lane, names.iter().copied().filter(|name| Some(*name) != own)) {
        Some(near) => problem.label(format!("did you mean {near:?}?")),
        None => problem.label("this lane is not in the file"),
    };
    problem.help(format!("the lanes of this file: {}", names.join(", ")))
}

/// Two cameras at the rears would tell each trailer twice, and no order could be known.
fn note_two_rears(lanes: &[Table<'_>]) {
    let mut seen: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    for lane in lanes {
        let Some((front, place)) = lane.peek("rear_of") else { continue };
        match seen.get(front) {
            Some(first) => {
                let problem = Problem::at(place, format!("two lanes see the rears of {front:?}"));
                let problem = problem.label("remove `rear_of` from one of them");
                lane.note(problem.related(first.clone(), "the first one"));
            }
            None => drop(seen.insert(front, place)),
        }
    }
}
