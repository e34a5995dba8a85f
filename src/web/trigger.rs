//! `POST /lanes/{lane}/trigger?seconds=5&id=loop-7`: a vehicle is in this lane.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::Web;
use crate::trigger::TriggerOrigin;
use crate::triggers::{TriggerRefused, TriggerRequest};

/// What may stand behind the question mark.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// How long the lane is read; as it is configured, if absent.
    seconds: Option<f64>,
    /// A name for the trigger; the gate gives one, if absent.
    id: Option<String>,
}

/// The answer: the event itself comes over MQTT.
#[derive(Debug, Serialize)]
struct Taken {
    trigger_id: String,
    lane: String,
    answered_within_s: f64,
}

pub(super) async fn give(
    State(web): State<Web>,
    Path(lane): Path<String>,
    Query(Parameters { seconds, id }): Query<Parameters>,
) -> Response {
    match web.triggers.take(&TriggerRequest { lane: lane.clone(), id, seconds }, TriggerOrigin::Http) {
        Ok(accepted) => {
            info!(lane, id = %accepted.id, "request: a vehicle is there");
            let answered_within_s = accepted.answered_within.as_secs_f64();
            let taken = Taken { trigger_id: accepted.id.to_string(), lane, answered_within_s };
            (StatusCode::ACCEPTED, Json(taken)).into_response()
        }
        Err(refused) => {
            warn!(lane, %refused, "trigger of a request refused");
            let status = match refused {
                TriggerRefused::NoSuchLane { .. } => StatusCode::NOT_FOUND,
                TriggerRefused::Id(_) | TriggerRefused::Seconds(_) => StatusCode::BAD_REQUEST,
                TriggerRefused::TooMany => StatusCode::TOO_MANY_REQUESTS,
                TriggerRefused::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, format!("{refused}\n")).into_response()
        }
    }
}
