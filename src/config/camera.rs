//! `[[camera]]`: where pictures come from.

use std::path::PathBuf;
use std::time::Duration;

use super::files;
use super::keys::{FOLDER, SOURCE, VIDEO, WATCHED_FOLDER};
use super::problem::Problem;
use super::table::Table;
use super::value::{name, number, one_of, seconds, truth};
use crate::plate::CameraName;

/// A camera or a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraConfig {
    /// Its name, unique in the file.
    pub name: CameraName,
    /// Where its pictures come from.
    pub source: SourceConfig,
    /// Without a picture for this long the source is closed and opened again; `None`: it may be silent for ever.
    pub stall_timeout: Option<Duration>,
}

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceConfig {
    /// A video file.
    Video {
        /// The file.
        path: PathBuf,
        /// Whether it starts again at its end.
        repeat: bool,
        /// How fast it is played.
        pacing: Pacing,
    },
    /// A folder of pictures, taken in the order of their names.
    Folder {
        /// The folder.
        path: PathBuf,
        /// How many pictures make a second.
        frames_per_second: f64,
        /// Whether it starts again at its end.
        repeat: bool,
        /// How fast it is played.
        pacing: Pacing,
    },
    /// A folder into which a camera uploads.
    WatchedFolder {
        /// The folder.
        path: PathBuf,
        /// What becomes of a picture once it is read.
        after_reading: AfterReading,
    },
}

/// How fast a recording is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// As fast as it was recorded: pictures that come too early are waited for.
    RealTime,
    /// As fast as it can be read.
    Fast,
}

/// What becomes of an uploaded picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterReading {
    /// It stays. Pictures that are there at the start are taken for read; somebody else empties the folder.
    Keep,
    /// It is deleted. Pictures that are there at the start were not read yet, and are read first.
    Delete,
}

impl CameraConfig {
    /// What a recording needs when the operator says nothing else.
    pub const DEFAULT_STALL_TIMEOUT: Duration = Duration::from_secs(5);

    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let camera_name = table.required("name", name);
        let source = table.table("source", &SOURCE).and_then(|source| SourceConfig::read(&source));
        let stall_timeout = table.optional("stall_timeout_s", seconds(1.0..=86400.0));
        let source = source?;
        // A camera that uploads when something moves is silent at night, and that is no fault.
        let default = match source {
            SourceConfig::WatchedFolder { .. } => None,
            SourceConfig::Video { .. } | SourceConfig::Folder { .. } => Some(Self::DEFAULT_STALL_TIMEOUT),
        };
        Some(Self { name: camera_name?, source, stall_timeout: stall_timeout.or(default) })
    }
}

impl SourceConfig {
    fn read(table: &Table<'_>) -> Option<Self> {
        let video = table.optional_table("video", &VIDEO);
        let folder = table.optional_table("folder", &FOLDER);
        let watched = table.optional_table("watched_folder", &WATCHED_FOLDER);
        note_unless_one(table, &[&video, &folder, &watched]);
        let video = video.and_then(|table| Self::read_video(&table));
        let folder = folder.and_then(|table| Self::read_folder(&table));
        let watched = watched.and_then(|table| Self::read_watched_folder(&table));
        video.or(folder).or(watched)
    }

    fn read_video(table: &Table<'_>) -> Option<Self> {
        let path = table.required("path", files::file(table));
        let (repeat, pacing) = (table.or("repeat", false, truth), pacing(table));
        Some(Self::Video { path: path?, repeat, pacing })
    }

    fn read_folder(table: &Table<'_>) -> Option<Self> {
        let path = table.required("path", files::folder(table));
        let frames_per_second = table.or("frames_per_second", 10.0, number(0.1..=120.0));
        let (repeat, pacing) = (table.or("repeat", false, truth), pacing(table));
        Some(Self::Folder { path: path?, frames_per_second, repeat, pacing })
    }

    fn read_watched_folder(table: &Table<'_>) -> Option<Self> {
        let path = table.required("path", files::folder(table));
        let words = [("keep", AfterReading::Keep), ("delete", AfterReading::Delete)];
        let after_reading = table.or("after_reading", AfterReading::Keep, one_of(&words));
        Some(Self::WatchedFolder { path: path?, after_reading })
    }
}

fn pacing(table: &Table<'_>) -> Pacing {
    table.or("pacing", Pacing::RealTime, one_of(&[("real_time", Pacing::RealTime), ("fast", Pacing::Fast)]))
}

/// A camera has exactly one source.
fn note_unless_one(table: &Table<'_>, kinds: &[&Option<Table<'_>>]) {
    let mut given: Vec<_> = kinds.iter().filter_map(|kind| kind.as_ref().map(Table::place)).collect();
    given.sort_by_key(|place| place.start);
    match given.as_slice() {
        [first, second, ..] => {
            let problem = Problem::at(second.clone(), "a camera has one source, and this one has more");
            let problem = problem.label("remove this one or the other").related(first.clone(), "the other");
            table.note(problem.help("what delivers other pictures is another [[camera]] with a name of its own"));
        }
        // An unknown kind of source is noted already.
        [] if table.is_empty() => {
            let problem = Problem::at(table.place(), "this camera has no source");
            table.note(problem.label(format!("this needs {}", SOURCE.needs)));
        }
        _ => {}
    }
}
