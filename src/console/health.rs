//! How the gate fares: the newest report, the alarms that stand, and what keeps the gate from its work.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Console;
use crate::alarm::Alarm;
use crate::publish::utc_time::UtcTime;

/// The report as on MQTT, with what is known besides.
#[derive(Serialize)]
struct HealthReply {
    /// Empty before the first report.
    #[serde(flatten)]
    report: Map<String, Value>,
    alarms: Vec<AlarmReply>,
    ready: bool,
    why_not: Vec<String>,
}

#[derive(Serialize)]
struct AlarmReply {
    kind: &'static str,
    since: UtcTime,
    text: String,
}

pub(super) async fn get(State(console): State<Arc<Console>>) -> Response {
    let monitoring = &console.parts.monitoring;
    let report = monitoring.health.borrow().clone();
    let report = report.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let why_not = monitoring.why_not_ready();
    let alarms = monitoring.alarms.standing().iter().map(alarm_reply).collect();
    Json(HealthReply { report, alarms, ready: why_not.is_empty(), why_not }).into_response()
}

fn alarm_reply(alarm: &Alarm) -> AlarmReply {
    AlarmReply { kind: alarm.kind.name(), since: UtcTime::new(alarm.since), text: alarm.text.clone() }
}
