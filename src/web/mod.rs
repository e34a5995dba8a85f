//! The port for other devices of the gate: barrier controllers and loop detectors that speak HTTP, and monitoring.
//!
//! `POST /lanes/{lane}/trigger` says that a vehicle is there; `GET /health` is the newest health report;
//! `GET /traffic.geojson` is the traffic in the lanes, for a map; [`monitoring`] answers `/metrics`, `/healthz` and `/readyz`. Not here: what a
//! trigger does, what is in a report, and pages for people (`console`).

mod camera_metrics;
mod metrics;
pub mod monitoring;
mod trigger;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::{debug, error, info};

use crate::login::Secret;
use crate::publish::traffic_map::TrafficMap;
use crate::stop::Stop;
use crate::triggers::TriggerDesk;
use monitoring::Monitoring;

/// What requests are answered with.
#[derive(Debug, Clone)]
pub struct Web {
    /// Takes triggers.
    pub triggers: TriggerDesk,
    /// How the gate fares.
    pub monitoring: Monitoring,
    /// What every request must carry, if anything.
    pub token: Option<Secret>,
}

/// Why requests cannot be taken.
#[derive(Debug, thiserror::Error)]
#[error("cannot take requests on {listen}: {error}; choose another address or port with `listen` in [http]")]
pub struct WebError {
    listen: SocketAddr,
    error: std::io::Error,
}

/// A connection on which nothing comes for so long is asked whether its other end is still there.
const SILENCE: Duration = Duration::from_secs(60);
/// Largest request that is read, in bytes: there is nothing to say in one.
const MAX_BODY: usize = 4096;

impl Web {
    /// Takes requests on `listen` until `stop`.
    ///
    /// # Errors
    /// [`WebError`] when the address is taken, or not this computer's.
    pub async fn start(self, listen: SocketAddr, stop: Stop) -> Result<JoinHandle<()>, WebError> {
        let listener = TcpListener::bind(listen).await.map_err(|error| WebError { listen, error })?;
        let listener = listener.tap_io(|stream| notice_when_gone(stream));
        info!(%listen, "taking requests over HTTP");
        let app = self.app();
        Ok(tokio::spawn(async move {
            let serving = axum::serve(listener, app).into_future();
            // Connections that are kept open by their other end must not hold up a stop.
            tokio::select! {
                ended = serving => if let Err(error) = ended { error!(%error, "no more requests are taken over HTTP") },
                () = stop.wait_async() => {}
            }
        }))
    }

    fn app(self) -> Router {
        Router::new()
            .route("/lanes/{lane}/trigger", post(trigger::give))
            .route("/health", get(health))
            .route("/traffic.geojson", get(traffic))
            .route("/metrics", get(async |State(web): State<Web>| web.monitoring.metrics()))
            .route("/healthz", get(async |State(web): State<Web>| web.monitoring.healthz()))
            .route("/readyz", get(async |State(web): State<Web>| web.monitoring.readyz()))
            .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY))
            .layer(middleware::map_response(closing))
            .layer(middleware::from_fn_with_state(Arc::new(self.token.clone()), authorised))
            .with_state(self)
    }
}

async fn authorised(State(token): State<Arc<Option<Secret>>>, request: Request, next: Next) -> Response {
    let Some(token) = token.as_ref() else { return next.run(request).await };
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    if given.is_some_and(|given| same(given.as_bytes(), token.expose().as_bytes())) {
        next.run(request).await
    } else {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        (StatusCode::UNAUTHORIZED, challenge, "this port needs the header \"Authorization: Bearer ...\"\n")
            .into_response()
    }
}

/// A device that was switched off in the middle says nothing: after some minutes its connection is given up.
fn notice_when_gone(stream: &tokio::net::TcpStream) {
    let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE / 4);
    if let Err(error) = SockRef::from(stream).set_tcp_keepalive(&keepalive) {
        debug!(%error, "a connection cannot be watched");
    }
}

/// One request per connection: idle ones would be kept for ever.
async fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Compares without telling by its time how much was right.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    given.len() == wanted.len() && given.iter().zip(wanted).fold(0, |wrong, (a, b)| wrong | (a ^ b)) == 0
}

async fn health(State(web): State<Web>) -> Response {
    let report = web.monitoring.health.borrow().clone();
    match report {
        Some(report) => ([(header::CONTENT_TYPE, "application/json")], report.to_string()).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "no report yet: the daemon is starting\n").into_response(),
    }
}

async fn traffic(State(web): State<Web>) -> Response {
    let map = TrafficMap::of(web.monitoring.traffic.newest());
    ([(header::CONTENT_TYPE, "application/geo+json")], map.json()).into_response()
}

#[cfg(test)]
pub(crate) mod tests;
