//! The figures of cameras, for Prometheus.

use std::fmt;

use super::metrics::{Row, Table, as_f64, one_if};
use crate::publish::health::{CameraHealth, CameraState, View};

const STATES: [(&str, CameraState); 4] = [
    ("opening", CameraState::Opening),
    ("running", CameraState::Running),
    ("lost", CameraState::Lost),
    ("ended", CameraState::Ended),
];

const VIEWS: [(&str, View); 5] = [
    ("good", View::Good),
    ("dark", View::Dark),
    ("blind", View::Blind),
    ("frozen", View::Frozen),
    ("moved", View::Moved),
];

/// A counter of a camera: its name, what it means, its value.
type Counter = (&'static str, &'static str, fn(&CameraHealth) -> u64);
/// A figure of a camera, where it is known.
type Gauge = (&'static str, &'static str, fn(&CameraHealth) -> Option<f64>);

const COUNTERS: [Counter; 7] = [
    ("camera_frames", "Frames that came", |camera| camera.captured),
    ("camera_analysed_frames", "Frames that were analysed", |camera| camera.analysed),
    ("camera_dropped_frames", "Frames that a newer one replaced before they were taken", |camera| camera.dropped),
    ("camera_damaged_frames", "Pictures or packets that were skipped because they were damaged", |camera| {
        camera.damaged
    }),
    ("camera_lost_packets", "Packets that the network lost", |camera| camera.lost_packets),
    ("camera_skipped_frames", "Pictures that were skipped because decoding had fallen behind", |camera| camera.behind),
    ("camera_reopened", "How often the camera was opened again", |camera| camera.reopened),
];

const GAUGES: [Gauge; 6] = [
    ("camera_last_frame_age_seconds", "How long ago the last frame came", |camera| camera.last_frame_age_s),
    ("camera_turned_age_seconds", "How long ago the capture thread came round", |camera| Some(camera.turned_age_s)),
    ("camera_brightness", "Mean brightness of the pictures, 0 to 255", |camera| {
        Some(camera.picture.as_ref()?.brightness)
    }),
    ("camera_contrast", "Contrast of the pictures, 0 to 255", |camera| Some(camera.picture.as_ref()?.contrast)),
    ("camera_sharpness_ratio", "Sharpness of the pictures, 0 to 1", |camera| Some(camera.picture.as_ref()?.sharpness)),
    ("camera_plate_height_pixels", "The usual height of a plate", |camera| camera.picture.as_ref()?.plate_height_px),
];

pub(super) fn tell(table: &mut Table<'_>, cameras: &[CameraHealth]) -> fmt::Result {
    let states: Vec<Row> = cameras
        .iter()
        .flat_map(|camera| {
            STATES.iter().map(|(name, state)| (labels(camera, "state", name), one_if(camera.state == *state)))
        })
        .collect();
    table.gauges("camera_state", "1 for the state that the camera is in, 0 for the others", &states)?;
    let views: Vec<Row> = cameras
        .iter()
        .flat_map(|camera| {
            let view = camera.view.into_iter();
            view.flat_map(move |seen| {
                VIEWS.iter().map(move |(name, view)| (labels(camera, "view", name), one_if(seen == *view)))
            })
        })
        .collect();
    table.gauges("camera_view", "1 for what the camera sees, 0 for the others", &views)?;
    for (name, help, value) in COUNTERS {
        let rows: Vec<Row> = cameras.iter().map(|camera| (label(camera), as_f64(value(camera)))).collect();
        table.counters(name, help, &rows)?;
    }
    for (name, help, value) in GAUGES {
        let rows: Vec<Row> = cameras.iter().filter_map(|camera| Some((label(camera), value(camera)?))).collect();
        table.gauges(name, help, &rows)?;
    }
    Ok(())
}

fn label(camera: &CameraHealth) -> super::metrics::Labels {
    vec![("camera", camera.name.clone())]
}

fn labels(camera: &CameraHealth, kind: &'static str, name: &str) -> super::metrics::Labels {
    vec![("camera", camera.name.clone()), (kind, name.to_owned())]
}
