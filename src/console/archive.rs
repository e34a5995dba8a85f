//! Searching what passed, and taking it along as a table or as events.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tracing::warn;

use super::Console;
use super::csv_rows;
use super::error::{Answer, ApiError};
use super::looking_back::with_pictures;
use super::passages::checked_limit;
use super::request::{Values, number};
use crate::publish::archive_search::filter::{Filter, PlatePattern};
use crate::publish::archive_search::{Cancelled, Page, Question, SearchError};

const USUAL_LIMIT: usize = 100;
/// Events of an export that are read at once.
const EXPORTED_AT_ONCE: usize = 500;
/// Pieces of an export that wait for a slow receiver.
const MOST_PIECES: usize = 2;

/// What may stand behind the question mark. A question for an export has neither `limit` nor `after`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchValues {
    plate: Option<String>,
    lane: Option<String>,
    from: Option<String>,
    to: Option<String>,
    declared: Option<String>,
    status: Option<String>,
    #[serde(default, deserialize_with = "number")]
    limit: Option<usize>,
    #[serde(default, deserialize_with = "number")]
    after: Option<u64>,
}

#[derive(Serialize)]
struct SearchReply {
    passages: Vec<Box<RawValue>>,
    next: Option<String>,
}

impl SearchValues {
    fn question(&self, usual_limit: usize) -> Answer<Question> {
        let plate = self.plate.as_deref().map(PlatePattern::try_from).transpose().map_err(ApiError::malformed)?;
        let filter = Filter {
            plate,
            lane: self.lane.clone(),
            from: time("from", self.from.as_deref())?,
            to: time("to", self.to.as_deref())?,
            declared: word("declared", self.declared.as_deref())?,
            status: word("status", self.status.as_deref())?,
        };
        Ok(Question { filter, before_seq: self.after, limit: checked_limit(self.limit, usual_limit)? })
    }
}

fn time(name: &str, text: Option<&str>) -> Answer<Option<Timestamp>> {
    let parsed = text.map(str::parse::<Timestamp>).transpose();
    parsed.map_err(|_| {
        ApiError::malformed(format_args!("`{name}` is a time such as 2026-11-24T03:14:07Z, with its zone"))
    })
}

/// A word that the contract knows.
fn word<T: DeserializeOwned>(name: &str, text: Option<&str>) -> Answer<Option<T>> {
    let read = text.map(|text| serde_json::from_value(serde_json::Value::from(text))).transpose();
    read.map_err(|error| ApiError::malformed(format_args!("`{name}`: {error}")))
}

pub(super) async fn search(
    State(console): State<Arc<Console>>,
    Values(values): Values<SearchValues>,
) -> Answer<Response> {
    let question = values.question(USUAL_LIMIT)?;
    let page = console.look_back(move |search, cancelled| search.page(&question, cancelled)).await?;
    let passages = page.events.iter().map(|json| with_pictures(json)).collect();
    Ok(Json(SearchReply { passages, next: page.next_before_seq.map(|seq| seq.to_string()) }).into_response())
}

pub(super) async fn json_lines(
    State(console): State<Arc<Console>>,
    Values(values): Values<SearchValues>,
) -> Answer<Response> {
    let export = Export { kind: "application/jsonl", name: "passages.jsonl", first: Bytes::new(), piece: lines };
    console.export(&values, export)
}

fn lines(page: &Page) -> Bytes {
    page.events.iter().map(|json| format!("{json}\n")).collect::<String>().into()
}

pub(super) async fn csv(State(console): State<Arc<Console>>, Values(values): Values<SearchValues>) -> Answer<Response> {
    let export =
        Export { kind: "text/csv; charset=utf-8", name: "passages.csv", first: csv_rows::head(), piece: csv_rows::of };
    console.export(&values, export)
}

/// A form in which events are taken along.
struct Export {
    kind: &'static str,
    name: &'static str,
    first: Bytes,
    piece: fn(&Page) -> Bytes,
}

/// What comes of an export, piece by piece; an error ends it, so that nobody takes a part for the whole.
type Piece = Result<Bytes, SearchError>;

impl Console {
    fn export(&self, values: &SearchValues, export: Export) -> Answer<Response> {
        if values.limit.is_some() || values.after.is_some() {
            return Err(ApiError::malformed(
                "an export has everything that fits: `limit` and `after` have no place in it",
            ));
        }
        let question = values.question(EXPORTED_AT_ONCE)?;
        let turn = Arc::clone(&self.exports).try_acquire_owned();
        let turn = turn.map_err(|_| ApiError::too_often("two exports are under way; wait until one is done"))?;
        let (pieces, receiver) = mpsc::channel(MOST_PIECES);
        let (search, headers) = (self.parts.search.clone(), export.headers());
        drop(tokio::task::spawn_blocking(move || {
            let _turn = turn;
            write_export(&export, question, &pieces, |question, cancelled| search.page(question, cancelled));
        }));
        let body = stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Piece>| {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        Ok((headers, Body::from_stream(body)).into_response())
    }
}

impl Export {
    fn headers(&self) -> [(header::HeaderName, String); 2] {
        let file = format!("attachment; filename=\"{}\"", self.name);
        [(header::CONTENT_TYPE, self.kind.to_owned()), (header::CONTENT_DISPOSITION, file)]
    }
}

fn write_export(
    export: &Export,
    mut question: Question,
    pieces: &mpsc::Sender<Piece>,
    page_of: impl Fn(&Question, &Cancelled<'_>) -> Result<Page, SearchError>,
) {
    if pieces.blocking_send(Ok(export.first.clone())).is_err() {
        return;
    }
    loop {
        let page = match page_of(&question, &Cancelled(&|| pieces.is_closed())) {
            Ok(page) => page,
            Err(SearchError::Cancelled) => return,
            Err(error) => {
                warn!(%error, "an export was broken off");
                drop(pieces.blocking_send(Err(error)));
                return;
            }
        };
        // Whoever waited has gone where this fails.
        if pieces.blocking_send(Ok((export.piece)(&page))).is_err() {
            return;
        }
        match page.next_before_seq {
            Some(next) => question.before_seq = Some(next),
            None => return,
        }
    }
}
