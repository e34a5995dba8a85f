//! What a lane sees right now, and the picture to draw it on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Console;
use super::error::{Answer, ApiError};
use super::request::{Values, number};
use crate::geometry::Point;
use crate::live_view::LaneView;
use crate::plate::{CameraName, Confidence};
use crate::publish::event_maker::rounded;
use crate::publish::traffic::TrafficReport;
use crate::publish::utc_time::UtcTime;
use crate::tracking::SeenTrack;

/// A width that fits most screens.
const USUAL_WIDTH: u32 = 960;

/// What a lane sees. Points are shares of the picture, so that they fit a picture of any size.
#[derive(Serialize)]
struct LiveReply {
    at: Option<UtcTime>,
    picture: Option<PictureReply>,
    zone: Vec<[f64; 2]>,
    tracks: Vec<TrackReply>,
    traffic: Option<TrafficReport>,
}

#[derive(Serialize)]
struct PictureReply {
    width: u32,
    height: u32,
    captured_at: UtcTime,
}

#[derive(Serialize)]
struct TrackReply {
    id: u64,
    corners: [[f64; 2]; 4],
    text: Option<String>,
    display: Option<String>,
    confidence: Option<f64>,
    per_character: Vec<f64>,
    reads: u32,
    height_px: f64,
    settled: bool,
}

pub(super) async fn lane(State(console): State<Arc<Console>>, Path(lane): Path<String>) -> Answer<Response> {
    let view = console.lane(&lane)?;
    let frame = console.parts.frames.of(&view.camera);
    let picture = frame.map(|frame| PictureReply {
        width: frame.image.width(),
        height: frame.image.height(),
        captured_at: UtcTime::new(frame.captured_at.wall),
    });
    let reports = console.parts.monitoring.traffic.newest();
    let reply = LiveReply {
        at: view.scene.as_ref().map(|scene| UtcTime::new(scene.at.wall)),
        picture,
        zone: view.zone.points().iter().map(|point| shares(*point, (1, 1))).collect(),
        tracks: tracks_of(&view),
        traffic: reports.iter().find(|report| report.lane == lane).map(|report| TrafficReport::clone(report)),
    };
    Ok(Json(reply).into_response())
}

fn tracks_of(view: &LaneView) -> Vec<TrackReply> {
    let Some(scene) = &view.scene else { return Vec::new() };
    scene.tracks.iter().map(|track| track_reply(track, scene.size)).collect()
}

fn track_reply(track: &SeenTrack, size: (u32, u32)) -> TrackReply {
    let read = track.read.as_ref();
    TrackReply {
        id: track.id.0,
        corners: track.corners.0.map(|corner| shares(corner, size)),
        text: read.map(|read| read.text.clone()),
        display: read.map(|read| read.display.clone()),
        confidence: read.map(|read| sure(read.confidence)),
        per_character: read.map(|read| read.per_character.iter().copied().map(sure).collect()).unwrap_or_default(),
        reads: track.reads,
        height_px: rounded(f64::from(track.corners.height()), 1),
        settled: read.is_some_and(|read| read.settled),
    }
}

fn shares(point: Point, (width, height): (u32, u32)) -> [f64; 2] {
    let share = |at: f32, of: u32| rounded(f64::from(at) / f64::from(of.max(1)), 4);
    [share(point.x, width), share(point.y, height)]
}

fn sure(confidence: Confidence) -> f64 {
    rounded(f64::from(confidence.value()), 4)
}

/// What may stand behind the question mark of a picture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PictureValues {
    #[serde(default, deserialize_with = "number")]
    width: Option<u32>,
}

pub(super) async fn picture(
    State(console): State<Arc<Console>>,
    Path(camera): Path<String>,
    Values(PictureValues { width }): Values<PictureValues>,
) -> Answer<Response> {
    let lanes = console.parts.live.lanes();
    let camera: CameraName =
        lanes.into_iter().map(|(_, name)| name).find(|name| name.as_str() == camera).ok_or_else(|| {
            ApiError::not_found(format_args!(
                "no lane has a camera of the name {camera:?}; GET /api/session tells which there are"
            ))
        })?;
    let frame = console.parts.frames.of(&camera).ok_or_else(|| {
        let text = format!("camera {camera} has given no picture yet; the view of health says how it fares");
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, text)
    })?;
    let pictures = console.pictures.clone();
    let made = tokio::task::spawn_blocking(move || pictures.jpeg(&frame, width.unwrap_or(USUAL_WIDTH)));
    let jpeg = made.await.map_err(ApiError::bug)?.map_err(ApiError::failed)?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg.to_vec()).into_response())
}

impl Console {
    /// The lane of this name.
    pub(super) fn lane(&self, name: &str) -> Answer<LaneView> {
        self.parts.live.lane(name).ok_or_else(|| {
            let lanes: Vec<String> = self.parts.live.lanes().iter().map(|(lane, _)| lane.to_string()).collect();
            ApiError::not_found(format_args!("no lane has the name {name:?}; the lanes are {}", lanes.join(", ")))
        })
    }
}
