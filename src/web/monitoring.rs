//! What monitoring asks, on the port for devices and on the console's: `/metrics`, `/healthz`, `/readyz`.
//!
//! `/healthz` says whether the process is at work, for whoever would start it anew; `/readyz` whether the gate can do what it is for,
//! and if not why, for whoever must be called. Not here: who may ask.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::metrics::Figures;
use crate::alarm::{AlarmKind, Alarms};
use crate::clock::Clock;
use crate::publish::health::{CameraHealth, CameraState, GateHealth};
use crate::publish::traffic::TrafficBoard;
use crate::publish::{DeliveryStatus, HealthReports};

/// Reports come every half minute. So much later the task that makes them hangs, or the disk does.
const REPORT_OVERDUE: Duration = Duration::from_secs(120);

/// How events fare on their way to the broker.
pub type BrokerStatus = Arc<dyn Fn() -> DeliveryStatus + Send + Sync>;

/// What monitoring is answered with. Clones look at the same.
#[derive(Clone)]
pub struct Monitoring {
    /// The newest health report.
    pub health: HealthReports,
    /// The newest report of each lane's traffic.
    pub traffic: TrafficBoard,
    /// The alarms that stand.
    pub alarms: Alarms,
    /// Events on their way to the broker.
    pub broker: BrokerStatus,
    /// Tells how old a report is.
    pub clock: Clock,
}

impl fmt::Debug for Monitoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitoring").finish_non_exhaustive()
    }
}

impl Monitoring {
    /// The newest health report, if there is one.
    #[must_use]
    pub fn report(&self) -> Option<GateHealth> {
        let report = self.health.borrow().clone();
        report.and_then(|json| serde_json::from_str(&json).ok())
    }

    /// Why the gate cannot do what it is for, in words; nothing where it can.
    #[must_use]
    pub fn why_not_ready(&self) -> Vec<String> {
        let refuses = self.alarms.standing().into_iter().find(|alarm| alarm.kind == AlarmKind::OutboxRefuses);
        why_not(self.report().as_ref(), &(self.broker)(), refuses.map(|alarm| alarm.text))
    }

    /// How long ago the newest report was made.
    fn report_age(&self) -> Duration {
        let made = self.report().map_or(0.0, |report| report.uptime_s);
        self.clock.elapsed().saturating_sub(Duration::try_from_secs_f64(made).unwrap_or_default())
    }

    /// `/healthz`
    #[must_use]
    pub fn healthz(&self) -> Response {
        let age = self.report_age();
        if age < REPORT_OVERDUE {
            return text(StatusCode::OK, "ok");
        }
        let late = format!("no health report for {} s: the process hangs, or its disk does; restart it", age.as_secs());
        text(StatusCode::SERVICE_UNAVAILABLE, &late)
    }

    /// `/readyz`
    #[must_use]
    pub fn readyz(&self) -> Response {
        let why_not = self.why_not_ready();
        if why_not.is_empty() {
            text(StatusCode::OK, "ready")
        } else {
            text(StatusCode::SERVICE_UNAVAILABLE, &why_not.join("\n"))
        }
    }

    /// `/metrics`
    #[must_use]
    pub fn metrics(&self) -> Response {
        let figures = Figures {
            health: self.report(),
            report_age: self.report_age(),
            traffic: self.traffic.newest(),
            alarms: self.alarms.standing(),
            broker: (self.broker)(),
            is_ready: self.why_not_ready().is_empty(),
        };
        let kind = [(header::CONTENT_TYPE, prometheus_client::encoding::prometheus_text::CONTENT_TYPE)];
        (kind, figures.to_text()).into_response()
    }
}

fn text(status: StatusCode, text: &str) -> Response {
    (status, format!("{text}\n")).into_response()
}

/// Everything that keeps the gate from its work: cameras that give no pictures, a disk that takes no events, a broker that is away.
fn why_not(report: Option<&GateHealth>, broker: &DeliveryStatus, outbox_refuses: Option<String>) -> Vec<String> {
    let Some(report) = report else {
        return vec!["the gate is starting: there is no health report yet".to_owned()];
    };
    let mut why: Vec<String> = report.cameras.iter().filter_map(why_no_pictures).collect();
    why.extend(outbox_refuses);
    if !broker.connected {
        let error = broker.last_error.as_deref().unwrap_or("it was not reached yet");
        why.push(format!("there is no connection to the broker, and {} events wait: {error}", broker.depth));
    }
    why
}

fn why_no_pictures(camera: &CameraHealth) -> Option<String> {
    let name = &camera.name;
    match camera.state {
        CameraState::Running | CameraState::Ended => None,
        CameraState::Opening => Some(format!("camera {name} is being opened")),
        CameraState::Lost => {
            Some(format!("camera {name} gives no pictures: {}", camera.last_error.as_deref().unwrap_or("it is gone")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::tests::{health, monitoring};

    #[test]
    fn what_keeps_the_gate_from_its_work_is_told_in_words() {
        let connected = DeliveryStatus { connected: true, ..DeliveryStatus::default() };
        assert_eq!(why_not(None, &connected, None).len(), 1);
        let mut report = health();
        assert_eq!(why_not(Some(&report), &connected, None), Vec::<String>::new());
        report.cameras[0].state = CameraState::Lost;
        report.cameras[0].last_error = Some("no route to host".into());
        let away = DeliveryStatus { depth: 3, last_error: Some("connection refused".into()), ..connected.clone() };
        let away = DeliveryStatus { connected: false, ..away };
        let told = why_not(Some(&report), &away, Some("events cannot be kept".into()));
        assert_eq!(
            told,
            [
                "camera in-2-front gives no pictures: no route to host",
                "events cannot be kept",
                "there is no connection to the broker, and 3 events wait: connection refused"
            ]
        );
    }

    #[test]
    fn before_the_first_report_the_process_is_healthy_and_not_ready() {
        let (monitoring, reports, _traffic) = monitoring();
        assert_eq!((monitoring.healthz().status(), monitoring.readyz().status().as_u16()), (StatusCode::OK, 503));
        reports.send_replace(Some(serde_json::to_string(&health()).expect("JSON").into()));
        assert_eq!((monitoring.healthz().status(), monitoring.readyz().status()), (StatusCode::OK, StatusCode::OK));
    }
}
