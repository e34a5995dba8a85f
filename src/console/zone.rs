//! Drawing a lane's zone: what was drawn is checked and told as TOML, to be pasted, or saved into the config file.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tracing::info;

use super::Console;
use super::error::{Answer, ApiError};
use super::request::Body;
use super::zone_file::{self, NotSaved};
use crate::config::Zone;
use crate::publish::event_maker::rounded;
use crate::publish::inbound::Reload;

/// A zone as it was drawn.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drawn {
    /// The corners, in shares of the picture.
    points: Vec<[f64; 2]>,
}

#[derive(Serialize)]
struct ZoneReply {
    toml: String,
}

/// Saves zones, one at a time.
pub(super) struct ZoneKeeper {
    reload: Arc<dyn Reload>,
    turn: Mutex<()>,
}

impl ZoneKeeper {
    pub(super) fn new(reload: Arc<dyn Reload>) -> Self {
        Self { reload, turn: Mutex::new(()) }
    }

    fn save(&self, lane: &str, points: &[[f64; 2]]) -> Result<(), NotSaved> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        zone_file::save(&*self.reload, lane, points)
    }
}

impl Drawn {
    /// The points as they will stand in the file: a ten-thousandth is a fifth of a pixel of full HD.
    fn checked(&self) -> Answer<Vec<[f64; 2]>> {
        let points: Vec<[f64; 2]> = self.points.iter().map(|point| point.map(|share| rounded(share, 4))).collect();
        let problem = |why| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format_args!("this is no zone: {why}"));
        Zone::try_from(points.as_slice()).map_err(problem)?;
        Ok(points)
    }
}

pub(super) async fn toml(
    State(console): State<Arc<Console>>,
    Path(lane): Path<String>,
    Body(drawn): Body<Drawn>,
) -> Answer<Response> {
    let view = console.lane(&lane)?;
    let toml = zone_file::lines(view.lane.as_str(), &drawn.checked()?);
    Ok(Json(ZoneReply { toml }).into_response())
}

pub(super) async fn save(
    State(console): State<Arc<Console>>,
    Path(lane): Path<String>,
    Body(drawn): Body<Drawn>,
) -> Answer<Response> {
    let view = console.lane(&lane)?;
    let keeper = console.zones.clone().filter(|_| console.settings.may_save).ok_or_else(|| {
        ApiError::forbidden("zones are not saved from here: paste the lines into the config file, or set `may_save = true` in [console]")
    })?;
    let points = drawn.checked()?;
    let toml = zone_file::lines(view.lane.as_str(), &points);
    let lane = view.lane.to_string();
    let saved = tokio::task::spawn_blocking(move || keeper.save(&lane, &points)).await;
    saved.map_err(ApiError::bug)?.map_err(|problem| match problem {
        NotSaved::File(_) | NotSaved::Reload(_) => ApiError::failed(problem),
        NotSaved::NoSuchLane { .. } | NotSaved::NotRight(_) => ApiError::new(StatusCode::CONFLICT, problem),
    })?;
    info!(lane = %view.lane, "a zone was saved from the console");
    Ok(Json(ZoneReply { toml }).into_response())
}

impl Console {
    /// Whether zones may be saved from the page.
    pub(super) fn may_save(&self) -> bool {
        self.settings.may_save && self.zones.is_some()
    }
}
