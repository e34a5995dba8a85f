//! `/api/session`: what the page must know first, signing in and out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use tracing::{info, warn};

use super::Console;
use super::door::{COOKIE, Visitor};
use super::error::{Answer, ApiError};
use super::request::Body;

/// What the page must know first. What is behind the password is left out before it was given.
#[derive(Serialize)]
struct SessionReply<'a> {
    signed_in: bool,
    needs_password: bool,
    csrf: &'a str,
    language: &'a str,
    #[serde(flatten)]
    gate: Option<GateReply<'a>>,
}

#[derive(Serialize)]
struct GateReply<'a> {
    site: &'a str,
    gate: &'a str,
    version: &'static str,
    may_save: bool,
    /// Where the gate's wall clock is, as the IANA database names it; null where the computer has a zone without a name.
    time_zone: Option<String>,
    lanes: Vec<LaneReply>,
    cameras: Vec<String>,
}

#[derive(Serialize)]
struct LaneReply {
    name: String,
    camera: String,
}

/// What signing in takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    password: String,
}

pub(super) async fn get(State(console): State<Arc<Console>>, Extension(visitor): Extension<Visitor>) -> Response {
    let reply = SessionReply {
        signed_in: visitor.signed_in,
        needs_password: console.settings.password.is_some(),
        csrf: visitor.csrf.text(),
        language: console.settings.language.code(),
        gate: visitor.signed_in.then(|| console.gate_reply()),
    };
    Json(reply).into_response()
}

pub(super) async fn sign_in(
    State(console): State<Arc<Console>>,
    Extension(visitor): Extension<Visitor>,
    Body(SignIn { password }): Body<SignIn>,
) -> Answer<Response> {
    console.check_password(visitor.address, password).await?;
    // Whoever signs in anew leaves no session behind.
    visitor.session.iter().for_each(|token| console.sessions.end(token));
    let token = console.sessions.begin(console.parts.clock.elapsed()).map_err(ApiError::failed)?;
    info!(address = %visitor.address, "signed in at the console");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, console.cookie(token.text(), ""))]).into_response())
}

pub(super) async fn sign_out(State(console): State<Arc<Console>>, Extension(visitor): Extension<Visitor>) -> Response {
    visitor.session.iter().for_each(|token| console.sessions.end(token));
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, console.cookie("", "; Max-Age=0"))]).into_response()
}

impl Console {
    fn gate_reply(&self) -> GateReply<'_> {
        let lanes = self.parts.live.lanes();
        let mut cameras: Vec<String> = Vec::new();
        for (_, camera) in &lanes {
            if !cameras.iter().any(|known| known == camera.as_str()) {
                cameras.push(camera.to_string());
            }
        }
        let lane = |(lane, camera): &(crate::plate::LaneName, crate::plate::CameraName)| LaneReply {
            name: lane.to_string(),
            camera: camera.to_string(),
        };
        GateReply {
            site: &self.parts.site,
            gate: &self.parts.gate,
            version: env!("CARGO_PKG_VERSION"),
            may_save: self.may_save(),
            time_zone: time_zone_of(&TimeZone::system()),
            lanes: lanes.iter().map(lane).collect(),
            cameras,
        }
    }

    /// Whether this is the password. Tries are few for each address and for all together: each costs memory and time.
    pub(super) async fn check_password(&self, address: IpAddr, password: String) -> Answer<()> {
        let Some(check) = self.settings.password.clone() else {
            return Err(ApiError::new(StatusCode::CONFLICT, "this console has no password"));
        };
        let now = self.parts.clock.elapsed();
        if !self.sign_ins.take(address, now) || !self.all_sign_ins.take(EVERYBODY, now) {
            return Err(ApiError::too_often("too many tries to sign in; wait half a minute"));
        }
        let _turn = self.password_turns.acquire().await.map_err(ApiError::failed)?;
        let is_right = tokio::task::spawn_blocking(move || check.is(&password)).await.map_err(ApiError::bug)?;
        if !is_right {
            warn!(%address, "a wrong password was given at the console");
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "the password is wrong"));
        }
        self.sign_ins.put_back(address);
        self.all_sign_ins.put_back(EVERYBODY);
        Ok(())
    }

    fn cookie(&self, token: &str, more: &str) -> String {
        let secure = if self.settings.identity.is_some() { "; Secure" } else { "" };
        format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/{secure}{more}")
    }
}

/// A computer that was told no zone goes by UTC.
fn time_zone_of(zone: &TimeZone) -> Option<String> {
    let name = if zone.is_unknown() { Some("UTC") } else { zone.iana_name() };
    name.map(str::to_owned)
}

/// Stands for all addresses together.
const EVERYBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
