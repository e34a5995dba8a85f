//! What passed: the last events, one event with its revisions and pictures, and correcting its plate.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Console;
use super::error::{Answer, ApiError};
use super::looking_back::with_pictures;
use super::request::{Body, Values, number};
use crate::evidence::picture_name::PictureKind;
use crate::publish::archive_search::Question;
use crate::publish::archive_search::filter::Filter;
use crate::publish::recent_events::CorrectionRefused;

/// A screen full.
const USUAL_LIMIT: usize = 50;
/// More at once is an export.
pub(super) const HIGHEST_LIMIT: usize = 500;

/// What may stand behind the question mark.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListValues {
    #[serde(default, deserialize_with = "number")]
    limit: Option<usize>,
    #[serde(default, deserialize_with = "number")]
    before_seq: Option<u64>,
    lane: Option<String>,
}

#[derive(Serialize)]
struct ListReply {
    passages: Vec<Box<RawValue>>,
    next_before_seq: Option<u64>,
}

#[derive(Serialize)]
struct RevisionsReply {
    revisions: Vec<Box<RawValue>>,
}

pub(super) async fn list(
    State(console): State<Arc<Console>>,
    Values(ListValues { limit, before_seq, lane }): Values<ListValues>,
) -> Answer<Response> {
    let filter = Filter { lane, ..Filter::default() };
    let question = Question { filter, before_seq, limit: checked_limit(limit, USUAL_LIMIT)? };
    let page = console.look_back(move |search, cancelled| search.page(&question, cancelled)).await?;
    let passages = page.events.iter().map(|json| with_pictures(json)).collect();
    Ok(Json(ListReply { passages, next_before_seq: page.next_before_seq }).into_response())
}

pub(super) fn checked_limit(limit: Option<usize>, usual: usize) -> Answer<usize> {
    let limit = limit.unwrap_or(usual);
    if (1..=HIGHEST_LIMIT).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::malformed(format_args!("`limit` is 1 to {HIGHEST_LIMIT}, and {limit} is not")))
    }
}

pub(super) async fn one(State(console): State<Arc<Console>>, Path(event_id): Path<String>) -> Answer<Response> {
    let event_id = event_id_of(&event_id)?;
    let revisions = console.look_back(move |search, cancelled| search.revisions(event_id, cancelled)).await?;
    if revisions.is_empty() {
        return Err(unknown(event_id));
    }
    let revisions: Vec<Box<RawValue>> = revisions.iter().map(|json| with_pictures(json)).collect();
    Ok(Json(RevisionsReply { revisions }).into_response())
}

/// What may stand behind the question mark of a picture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PictureValues {
    sha256: Option<String>,
}

pub(super) async fn picture(
    State(console): State<Arc<Console>>,
    Path((event_id, file)): Path<(String, String)>,
    Values(PictureValues { sha256 }): Values<PictureValues>,
) -> Answer<Response> {
    let event_id = event_id_of(&event_id)?;
    let kind = match file.as_str() {
        "plate.jpg" => PictureKind::Plate,
        "scene.jpg" => PictureKind::Scene,
        _ => return Err(ApiError::not_found("an event has two pictures: plate.jpg and scene.jpg")),
    };
    let sha256 = sha256.as_deref().map(hash_of).transpose()?;
    let not_kept =
        || ApiError::not_found(format_args!("there is no such picture of event {event_id}, or not any more"));
    let kept = console.parts.kept_pictures.clone().ok_or_else(not_kept)?;
    let found = tokio::task::spawn_blocking(move || kept.find(event_id, kind, sha256)).await.map_err(ApiError::bug)?;
    let jpeg = found.map_err(|error| ApiError::failed(format_args!("cannot read a picture: {error}")))?;
    let jpeg = jpeg.ok_or_else(not_kept)?;
    // What has its hash in its address never changes.
    let kept_for = if sha256.is_some() { "private, max-age=3600" } else { "no-store" };
    Ok(([(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, kept_for)], jpeg).into_response())
}

/// What a correction says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Correction {
    text: String,
}

pub(super) async fn correct(
    State(console): State<Arc<Console>>,
    Path(event_id): Path<String>,
    Body(Correction { text }): Body<Correction>,
) -> Answer<Response> {
    let event_id = event_id_of(&event_id)?;
    let corrections = console.parts.corrections.clone();
    let corrected = tokio::task::spawn_blocking(move || corrections.correct(event_id, &text)).await;
    let (stored, revision) = corrected.map_err(ApiError::bug)?.map_err(|refused| match refused {
        CorrectionRefused::Unknown(_) => ApiError::not_found(refused),
        CorrectionRefused::NoPlate(_) => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, refused),
        CorrectionRefused::NotKept(_) => ApiError::failed(refused),
    })?;
    tracing::info!(event = %event_id, revision, seq = stored.seq, "a plate was corrected at the console");
    Ok(Json(with_pictures(&stored.json)).into_response())
}

fn event_id_of(text: &str) -> Answer<Uuid> {
    text.parse().map_err(|_| ApiError::not_found(format_args!("{text:?} is no event_id")))
}

fn unknown(event_id: Uuid) -> ApiError {
    ApiError::not_found(format_args!("event {event_id} is neither in the outbox nor in the archive"))
}

fn hash_of(text: &str) -> Answer<[u8; 32]> {
    let no_hash = || ApiError::malformed("`sha256` is 64 hexadecimal digits");
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(no_hash());
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).map_err(|_| no_hash())?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| no_hash())?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_digits_and_nothing_else() {
        assert_eq!(hash_of(&"0f".repeat(32)).expect("a hash"), [15; 32]);
        for text in ["", "0f", &"+f".repeat(32), &"0f".repeat(33), &"é0".repeat(32), &"../".repeat(21)] {
            assert!(hash_of(text).is_err(), "{text}");
        }
    }
}
