//! What requests carry: a body of JSON, values behind a question mark. What does not fit is refused in words.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::ApiError;

/// How long a body may take to come: it is small.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body of JSON.
pub(super) struct Body<T>(pub(super) T);

/// Values behind a question mark. Those without a text count as absent: forms send them.
pub(super) struct Values<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = tokio::time::timeout(PATIENCE, Bytes::from_request(request, state)).await;
        let bytes =
            bytes.map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "the rest of the request did not come"))?;
        let bytes = bytes.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "the request is larger than 64 KiB")
            }
            status => ApiError::new(status, rejection.body_text()),
        })?;
        let read = serde_json::from_slice(&bytes).map_err(|error| {
            ApiError::malformed(format_args!("the body must be JSON as this address wants it: {error}"))
        });
        read.map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Values<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let wrong = |why: String| ApiError::malformed(format_args!("the values behind the question mark: {why}"));
        let Query(pairs) =
            Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(|why| wrong(why.body_text()))?;
        let mut given = Map::new();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            if given.insert(name.clone(), Value::String(value)).is_some() {
                return Err(wrong(format!("`{name}` is given twice")));
            }
        }
        serde_json::from_value(Value::Object(given)).map(Self).map_err(|why| wrong(why.to_string()))
    }
}

/// A number among the values behind a question mark, which are texts.
pub(super) fn number<'de, D, N>(deserializer: D) -> Result<Option<N>, D::Error>
where
    D: serde::Deserializer<'de>,
    N: std::str::FromStr,
{
    let text = String::deserialize(deserializer)?;
    let no_number = || serde::de::Error::custom(format_args!("{text:?} is no number that fits here"));
    text.parse().map(Some).map_err(|_| no_number())
}
