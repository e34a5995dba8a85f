//! What the console answers when it cannot do what it is asked: `{"error": "what, where, what to do"}` with the right status.

use std::fmt::Display;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::error;

/// A refusal, in words for whoever asked.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    text: String,
}

/// What a handler gives.
pub(super) type Answer<T> = Result<T, ApiError>;

impl ApiError {
    pub(super) fn new(status: StatusCode, text: impl Display) -> Self {
        Self { status, text: text.to_string() }
    }

    pub(super) fn not_found(text: impl Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    pub(super) fn forbidden(text: impl Display) -> Self {
        Self::new(StatusCode::FORBIDDEN, text)
    }

    pub(super) fn malformed(text: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    pub(super) fn too_often(text: impl Display) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, text)
    }

    /// Something that the gate could not do; also told in the log, since whoever runs it must know.
    pub(super) fn failed(text: impl Display) -> Self {
        error!("the console could not answer: {text}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, text)
    }

    /// A task of ours panicked.
    pub(super) fn bug(_: tokio::task::JoinError) -> Self {
        let text = "this is a bug in gatelpr; please report it with the lines of the log around this time";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "error": self.text }))).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }
}

/// Words for refusals that come from the library. What monitoring is told stays text.
pub(super) async fn in_words(response: Response) -> Response {
    let status = response.status();
    let is_ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if is_ours || !status.is_client_error() {
        return response;
    }
    let text = match status {
        StatusCode::NOT_FOUND => "there is nothing at this address",
        StatusCode::METHOD_NOT_ALLOWED => "this address takes other methods only",
        StatusCode::PAYLOAD_TOO_LARGE => "the request is larger than 64 KiB",
        StatusCode::BAD_REQUEST => "the request cannot be understood",
        _ => status.canonical_reason().unwrap_or("the request was refused"),
    };
    ApiError::new(status, text).into_response()
}
