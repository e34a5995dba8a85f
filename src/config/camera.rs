//! `[[camera]]`: where pictures come from, and how they are set straight.

use std::time::Duration;

use super::files;
use super::keys::{FOLDER, SOURCE, VIDEO, WATCHED_FOLDER};
use super::live_source::{self, frame_rate};
use super::problem::Problem;
use super::table::Table;
use super::value::{Value, name, one_of, seconds, truth};
use super::view::view;
use crate::camera::{AfterReading, FrameRate, Pacing, Repeat, SourceSettings};
use crate::optics::View;
use crate::plate::CameraName;

/// A camera or a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraConfig {
    /// Its name, unique in the file.
    pub name: CameraName,
    /// Where its pictures come from.
    pub source: SourceSettings,
    /// A live camera that gives no frame for this long is lost and opened again.
    pub stall_timeout: Duration,
    /// How its pictures are set straight. Zones refer to the corrected picture.
    pub view: View,
}

/// A camera that restarts its stream for a new key frame takes two or three seconds.
const USUAL_STALL_TIMEOUT: Duration = Duration::from_secs(5);

impl CameraConfig {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let camera_name = table.required("name", name);
        let source = table.table("source", &SOURCE).and_then(|source| source_settings(&source));
        let stall_timeout = table.or("stall_timeout_s", USUAL_STALL_TIMEOUT, seconds(1.0..=300.0));
        let view = view(table);
        note_slower_than_the_stall(table, source.as_ref(), stall_timeout);
        Some(Self { name: camera_name?, source: source?, stall_timeout, view })
    }
}

/// Pictures that are asked for less often than that would be a stall each.
fn note_slower_than_the_stall(table: &Table<'_>, source: Option<&SourceSettings>, stall_timeout: Duration) {
    let Some(SourceSettings::Snapshot { frames_per_second, .. }) = source else { return };
    let period = Duration::from_secs_f64(1.0 / frames_per_second.per_second());
    if period < stall_timeout {
        return;
    }
    let title = format!("a picture every {} s is no more often than `stall_timeout_s`", period.as_secs_f64());
    let problem = Problem::at(table.place(), title).label("every pause would be a stall");
    table.note(problem.help(format!("raise `frames_per_second`, or `stall_timeout_s` above {}", period.as_secs_f64())));
}

fn source_settings(table: &Table<'_>) -> Option<SourceSettings> {
    let video = table.optional_table("video", &VIDEO);
    let folder = table.optional_table("folder", &FOLDER);
    let watched = table.optional_table("watched_folder", &WATCHED_FOLDER);
    let live = live_source::tables(table);
    let [usb, rtsp, mjpeg, snapshot] = &live;
    note_unless_one(table, &[usb, rtsp, mjpeg, snapshot, &video, &folder, &watched]);
    let live = live_source::settings(&live);
    let video = video.and_then(|table| video_settings(&table));
    let folder = folder.and_then(|table| folder_settings(&table));
    let watched = watched.and_then(|table| watched_folder_settings(&table));
    live.or(video).or(folder).or(watched)
}

fn video_settings(table: &Table<'_>) -> Option<SourceSettings> {
    let path = table.required("path", files::file(table));
    let (repeat, pacing) = playing(table);
    Some(SourceSettings::Video { path: path?, repeat, pacing })
}

fn folder_settings(table: &Table<'_>) -> Option<SourceSettings> {
    let path = table.required("path", files::folder(table));
    let frames_per_second = table.or("frames_per_second", FrameRate::default(), frame_rate);
    let (repeat, pacing) = playing(table);
    Some(SourceSettings::Folder { path: path?, frames_per_second, repeat, pacing })
}

fn watched_folder_settings(table: &Table<'_>) -> Option<SourceSettings> {
    let path = table.required("path", files::folder(table));
    let words = [("keep", AfterReading::Keep), ("delete", AfterReading::Delete)];
    let after_reading = table.or("after_reading", AfterReading::Keep, one_of(&words));
    Some(SourceSettings::WatchedFolder { path: path?, after_reading })
}

fn playing(table: &Table<'_>) -> (Repeat, Pacing) {
    let repeat = |value: &Value<'_>| truth(value).map(|again| if again { Repeat::Forever } else { Repeat::Once });
    let pacing = [("real_time", Pacing::RealTime), ("fast", Pacing::Fast)];
    (table.or("repeat", Repeat::Once, repeat), table.or("pacing", Pacing::RealTime, one_of(&pacing)))
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
