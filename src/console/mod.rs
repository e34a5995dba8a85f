//! The console: pages for people at the gate, on a phone or a desk, and what these pages ask.
//!
//! ```text
//! browser ─▶ connections, server ─▶ headers ▸ door (rate, host, origin, session) ▸ routes ─▶ parts: live view, frames, archive, …
//! ```
//!
//! * [`settings`], [`password`]: what the operator decides; `server`, `connections`: listening, and patience that ends
//! * `door`, `sessions`, `rates`, `headers`, `error`, `request`: who is let in, and how refusals are told
//! * `pages`: the files of the pages; `session`: signing in and out
//! * `live`, `setup`, `health`: what is now; `passages`, `archive`, `csv_rows`, `looking_back`: what was
//! * `zone`, `zone_file`: drawing a lane's zone
//!
//! It shows and asks; what it changes goes the ways that are there: corrections as the command over MQTT, the config by its file
//! and a reload. Not here: the port for devices (`web`), and what any of this means.

mod archive;
mod connections;
mod csv_rows;
mod door;
mod error;
mod headers;
mod health;
mod live;
mod looking_back;
mod pages;
mod passages;
pub mod password;
mod rates;
mod request;
mod server;
mod session;
mod sessions;
pub mod settings;
mod setup;
mod zone;
mod zone_file;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

pub use password::{PasswordCheck, PasswordProblem};
pub use server::ConsoleError;
pub use settings::{ConsoleSettings, Language, Unprotected};

use crate::clock::Clock;
use crate::evidence::live_picture::LivePictures;
use crate::evidence::lookup::KeptPictures;
use crate::live_view::LiveView;
use crate::newest_frames::NewestFrames;
use crate::publish::ArchiveSearch;
use crate::publish::corrections::Corrections;
use crate::publish::inbound::Reload;
use crate::stop::Stop;
use crate::token_bucket::Rate;
use crate::web::monitoring::Monitoring;
use rates::Rates;
use sessions::{Sessions, Token};
use zone::ZoneKeeper;

/// Largest request that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// What an address may ask: a page with eight lanes asks 32 times a second, a list has a hundred pictures, and an office behind one
/// address has several pages open.
const REQUESTS: Rate = Rate { at_once: 600, per_second: 120.0 };
/// How often an address may try a password.
const SIGN_INS: Rate = Rate { at_once: 5, per_second: 1.0 / 30.0 };
/// And all together: an attacker may have many addresses.
const ALL_SIGN_INS: Rate = Rate { at_once: 30, per_second: 0.5 };
/// Passwords that are compared at once: each takes 64 MiB.
const PASSWORDS_AT_ONCE: usize = 2;
/// Questions to the archive, and exports of it, at once.
const LOOKING_BACK_AT_ONCE: usize = 2;
const EXPORTS_AT_ONCE: usize = 2;

/// Where the console finds what it shows, and what it changes.
#[derive(Debug, Clone)]
pub struct ConsoleParts {
    /// The site's name.
    pub site: String,
    /// The gate's name.
    pub gate: String,
    /// What is followed in each lane.
    pub live: LiveView,
    /// The newest picture of each camera.
    pub frames: NewestFrames,
    /// Whether nobody may be recognised in pictures of what a camera sees now.
    pub blurs: bool,
    /// What passed.
    pub search: ArchiveSearch,
    /// Pictures of it, where they are kept.
    pub kept_pictures: Option<KeptPictures>,
    /// Corrects plates.
    pub corrections: Corrections,
    /// How the gate fares.
    pub monitoring: Monitoring,
    /// Knows the config file and reads it again, where there is one.
    pub reload: Option<Arc<dyn Reload>>,
    /// Tells how old sessions are.
    pub clock: Clock,
}

/// The console at work.
struct Console {
    settings: ConsoleSettings,
    parts: ConsoleParts,
    pictures: LivePictures,
    zones: Option<Arc<ZoneKeeper>>,
    sessions: Sessions,
    /// What changes must carry where nobody is signed in.
    csrf: Token,
    requests: Rates,
    sign_ins: Rates,
    all_sign_ins: Rates,
    password_turns: Semaphore,
    looking_back: Arc<Semaphore>,
    exports: Arc<Semaphore>,
}

/// Answers people until `stop`.
///
/// # Errors
/// [`ConsoleError`] when the settings would let others in, the address is taken, or the certificate cannot be used.
pub fn start(settings: ConsoleSettings, parts: ConsoleParts, stop: Stop) -> Result<JoinHandle<()>, ConsoleError> {
    settings.check()?;
    let failed = |error: &dyn std::fmt::Display| ConsoleError::Start(error.to_string());
    let keeper = |reload: &Arc<dyn Reload>| Arc::new(ZoneKeeper::new(Arc::clone(reload)));
    let console = Console {
        pictures: LivePictures::new(parts.blurs).map_err(|error| failed(&error))?,
        zones: parts.reload.as_ref().map(keeper),
        sessions: Sessions::default(),
        csrf: Token::new().map_err(|error| failed(&error))?,
        requests: Rates::new(REQUESTS),
        sign_ins: Rates::new(SIGN_INS),
        all_sign_ins: Rates::new(ALL_SIGN_INS),
        password_turns: Semaphore::new(PASSWORDS_AT_ONCE),
        looking_back: Arc::new(Semaphore::new(LOOKING_BACK_AT_ONCE)),
        exports: Arc::new(Semaphore::new(EXPORTS_AT_ONCE)),
        settings: settings.clone(),
        parts,
    };
    server::serve(&settings, routes(Arc::new(console)), stop)
}

fn routes(console: Arc<Console>) -> Router {
    Router::new()
        .route("/", get(pages::index))
        .route("/assets/{name}", get(pages::asset))
        .route("/api/session", get(session::get).post(session::sign_in).delete(session::sign_out))
        .route("/api/lanes/{lane}/live", get(live::lane))
        .route("/api/lanes/{lane}/setup", get(setup::get))
        .route("/api/lanes/{lane}/zone", post(zone::toml).put(zone::save))
        .route("/api/cameras/{camera}/picture.jpg", get(live::picture))
        .route("/api/passages", get(passages::list))
        .route("/api/passages/{event_id}", get(passages::one))
        .route("/api/passages/{event_id}/correction", post(passages::correct))
        .route("/api/passages/{event_id}/{picture}", get(passages::picture))
        .route("/api/archive", get(archive::search))
        .route("/api/archive/export.csv", get(archive::csv))
        .route("/api/archive/export.jsonl", get(archive::json_lines))
        .route("/api/health", get(health::get))
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .fallback(async || error::ApiError::not_found("there is nothing at this address").into_response())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&console), door::door))
        .layer(middleware::map_response(error::in_words))
        .layer(middleware::map_response(headers::guarded))
        .with_state(console)
}

async fn metrics(State(console): State<Arc<Console>>) -> Response {
    console.parts.monitoring.metrics()
}

async fn healthz(State(console): State<Arc<Console>>) -> Response {
    console.parts.monitoring.healthz()
}

async fn readyz(State(console): State<Arc<Console>>) -> Response {
    console.parts.monitoring.readyz()
}

#[cfg(test)]
mod tests;
