//! A zone in the config file: put into the lane's table, everything else left byte for byte as it is, comments included.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, Value};

use crate::config::{Config, ConfigProblems};
use crate::durable_file;
use crate::login;
use crate::publish::inbound::Reload;

/// Why a zone is not saved. The file is then as it was before.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSaved {
    #[error("cannot change the config file: {0}")]
    File(String),
    #[error("no lane has the name {lane:?} in {file}: somebody has changed the file; read it again (reload) first", file = .file.display())]
    NoSuchLane { lane: String, file: PathBuf },
    #[error("the config file would not be right with this zone; nothing was changed:\n{0}")]
    NotRight(String),
    #[error("the zone was not saved, and the config file is as it was before: {0}")]
    Reload(String),
}

/// The line for the lane's table, with a comment that says which one.
pub(super) fn lines(lane: &str, points: &[[f64; 2]]) -> String {
    format!("# in the [[lane]] with name = \"{lane}\"\nzone = {}\n", array(points).to_string().trim())
}

/// Puts the zone into the file and has it read again.
pub(super) fn save(reload: &dyn Reload, lane: &str, points: &[[f64; 2]]) -> Result<(), NotSaved> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| NotSaved::File(format!("{}: {}", path.display(), login::in_words(&error)))
    };
    // A link stays one: its target is what is written.
    let path = fs::canonicalize(reload.file()).map_err(failed(reload.file()))?;
    let before = fs::read_to_string(&path).map_err(failed(&path))?;
    let after = with_zone(&before, lane, points).map_err(|problem| match problem {
        NotSaved::NoSuchLane { lane, .. } => NotSaved::NoSuchLane { lane, file: path.clone() },
        other => other,
    })?;
    check(&after, reload.file()).map_err(|problems| NotSaved::NotRight(problems.to_string()))?;
    let write = |text: &str| durable_file::replace(&path, |file| file.write_all(text.as_bytes()));
    write(&after).map_err(failed(&path))?;
    match reload.reload() {
        // It is in use soon.
        Ok(_) => Ok(()),
        Err(refused) => Err(match write(&before) {
            Ok(()) => NotSaved::Reload(refused.to_string()),
            Err(error) => NotSaved::File(format!("{refused}\nand what was before could not be put back: {error}")),
        }),
    }
}

fn check(text: &str, file: &Path) -> Result<Config, ConfigProblems> {
    let base = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    Config::parse(text, &file.display().to_string(), base.parent().unwrap_or(Path::new("/")))
}

/// `text` with this zone in the lane's table.
fn with_zone(text: &str, lane: &str, points: &[[f64; 2]]) -> Result<String, NotSaved> {
    let mut document: DocumentMut = text.parse().map_err(|error| NotSaved::NotRight(format!("{error}")))?;
    let is_it = |table: &&mut Table| table.get("name").and_then(Item::as_str) == Some(lane);
    let lanes = document.get_mut("lane").and_then(Item::as_array_of_tables_mut);
    let table = lanes.and_then(|lanes| lanes.iter_mut().find(is_it));
    let table = table.ok_or_else(|| NotSaved::NoSuchLane { lane: lane.to_owned(), file: PathBuf::new() })?;
    let mut zone = Value::Array(array(points));
    match table.get_mut("zone").and_then(Item::as_value_mut) {
        Some(before) => {
            // The comment behind it stays.
            *zone.decor_mut() = before.decor().clone();
            *before = zone;
        }
        None => drop(table.insert("zone", Item::Value(zone))),
    }
    Ok(document.to_string())
}

fn array(points: &[[f64; 2]]) -> Array {
    points.iter().map(|point| Value::Array(point.iter().copied().collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# my gate\n[site]\nname = \"x\"\n\n[[lane]]\nname = \"in-1\" # left\nzone = [\n  [0, 0], # top\n  [1, 0], [1, 1]\n] # drawn by me\ncamera = \"c\"\n\n\
                        # the other\n[[lane]]\nname = \"in-2\"\n";
    const ZONE: [[f64; 2]; 3] = [[0.25, 0.5], [1.0, 0.5], [0.3, 1.0]];

    #[test]
    fn only_the_zone_changes() {
        let saved = with_zone(FILE, "in-1", &ZONE).expect("the lane is there");
        let expected = FILE.replace("[\n  [0, 0], # top\n  [1, 0], [1, 1]\n]", "[[0.25, 0.5], [1.0, 0.5], [0.3, 1.0]]");
        assert_eq!(saved, expected);
        let saved = with_zone(FILE, "in-2", &ZONE).expect("the lane is there");
        assert_eq!(saved, format!("{FILE}zone = [[0.25, 0.5], [1.0, 0.5], [0.3, 1.0]]\n"));
    }

    #[test]
    fn a_lane_that_is_not_in_the_file_is_told() {
        for text in [FILE, "", "lane = 3\n"] {
            assert!(matches!(with_zone(text, "in-9", &ZONE), Err(NotSaved::NoSuchLane { .. })), "{text}");
        }
        assert!(matches!(with_zone("[[lane", "in-1", &ZONE), Err(NotSaved::NotRight(_))));
    }

    #[test]
    fn the_lines_say_where_they_belong() {
        let expected = "# in the [[lane]] with name = \"in-1\"\nzone = [[0.25, 0.5], [1.0, 0.5], [0.3, 1.0]]\n";
        assert_eq!(lines("in-1", &ZONE), expected);
    }
}
