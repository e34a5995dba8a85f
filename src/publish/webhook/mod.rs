//! Events to an HTTP webhook: the event's exact JSON, signed as Standard Webhooks 1.0.0 says.
//!
//! One request at a time, so events arrive in the order of their numbers. A success is the acknowledgement, a refusal
//! (4xx) is one, and everything else ends the attempt: the courier pauses and sends the same event again. Nothing is
//! kept here; what is owed to the webhook stays in the outbox.

mod error;
pub mod notices;
mod signature;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use url::Url;
use uuid::Uuid;

pub use error::WebhookError;
pub use signature::WebhookSecrets;

use super::{Acknowledgement, DeliverySettings, EventPublisher, PublishError, StoredEvent};
use crate::clock::Clock;
use crate::http_client;
use crate::login::PasswordPlace;
use crate::tls::{self, TlsSettings};

/// The longest that a webhook may ask to be left alone (`Retry-After`).
const LONGEST_REST: Duration = Duration::from_secs(600);
/// Longest pause between attempts: a webhook may be away for days, and each attempt is a line in somebody's log.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// Longer answers are not read to keep the connection.
const SMALL_ANSWER: usize = 64 << 10;

/// The webhook and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSettings {
    /// Where events are sent.
    pub url: Url,
    /// Where the secret is that requests are signed with.
    pub secret: PasswordPlace,
    /// The certificates that the webhook's must come from; the system's if absent.
    pub ca_file: Option<PathBuf>,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl WebhookSettings {
    /// How long an answer may take unless the operator says otherwise: what the specification recommends.
    pub const USUAL_TIMEOUT: Duration = Duration::from_secs(15);

    /// How patient delivery is.
    #[must_use]
    pub fn delivery(&self) -> DeliverySettings {
        DeliverySettings {
            to: "the webhook",
            window: 1,
            // The request itself ends before.
            ack_timeout: self.timeout * 2,
            longest_pause: LONGEST_PAUSE,
            ..DeliverySettings::default()
        }
    }

    /// The address without its query, which may hold a secret.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.to_string()
    }
}

/// Sends events to a webhook.
#[derive(Debug)]
pub struct WebhookPublisher {
    settings: WebhookSettings,
    clock: Clock,
    endpoint: Option<Endpoint>,
    rest: Rest,
}

/// What a request needs besides its event.
#[derive(Debug, Clone)]
struct Endpoint {
    client: Client,
    secrets: WebhookSecrets,
}

/// Until when the webhook asked to be left alone.
type Rest = Arc<Mutex<Option<Instant>>>;

impl WebhookPublisher {
    /// Not connected yet.
    #[must_use]
    pub fn new(settings: WebhookSettings, clock: Clock) -> Self {
        Self { settings, clock, endpoint: None, rest: Rest::default() }
    }

    /// Reads the secret and the certificates, so that new ones count from now on.
    fn endpoint(&self) -> Result<Endpoint, WebhookError> {
        let url = || self.settings.shown();
        let place = &self.settings.secret;
        let secrets = place.read().and_then(|text| WebhookSecrets::parse(text.expose()));
        let secrets = secrets.map_err(|why| WebhookError::Secret { url: url(), place: place.to_string(), why })?;
        let client = match self.settings.url.scheme() {
            "https" => {
                let trusted = TlsSettings { ca_file: self.settings.ca_file.clone(), ..TlsSettings::default() };
                let tls = tls::client_config(&trusted);
                let tls = tls.map_err(|error| WebhookError::Certificates { url: url(), why: error.to_string() })?;
                http_client::encrypting(tls)
            }
            _ => http_client::plain(),
        };
        let client = client
            .redirect(Policy::none())
            .user_agent(concat!("gatelpr/", env!("CARGO_PKG_VERSION")))
            .timeout(self.settings.timeout)
            .build();
        let client =
            client.map_err(|error| WebhookError::Certificates { url: url(), why: http_client::innermost(&error) })?;
        Ok(Endpoint { client, secrets })
    }

    /// Asks the webhook for nothing (`HEAD`), to see that it is there and its certificate is trusted. Whatever it answers.
    ///
    /// # Errors
    /// [`WebhookError`] when no request could be made.
    pub async fn reach(&self) -> Result<(), WebhookError> {
        let endpoint = self.endpoint()?;
        let answer = endpoint.client.head(self.settings.url.clone()).send().await;
        answer.map(drop).map_err(|error| unanswered(&self.settings, &error))
    }

    /// Whether anybody is there. So a webhook that is away is one trouble and not one for every attempt.
    async fn knock(&self) -> Result<(), WebhookError> {
        let (host, port) = (self.settings.url.host_str(), self.settings.url.port_or_known_default());
        let host = host.unwrap_or_default().trim_matches(['[', ']']);
        let patience = self.settings.timeout;
        match timeout(patience, TcpStream::connect((host, port.unwrap_or(443)))).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(WebhookError::Unreachable { url: self.settings.shown(), reason: error.to_string() }),
            Err(_) => Err(WebhookError::Silent { url: self.settings.shown(), patience }),
        }
    }
}

impl EventPublisher for WebhookPublisher {
    async fn connect(&mut self) -> Result<(), PublishError> {
        self.endpoint = None;
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(until) = rest {
            sleep_until(until).await;
        }
        let endpoint = self.endpoint()?;
        self.knock().await?;
        self.endpoint = Some(endpoint);
        Ok(())
    }

    fn publish(&mut self, event: &StoredEvent) -> Result<Acknowledgement, PublishError> {
        let Some(endpoint) = self.endpoint.clone() else {
            let reason = "there is no connection".to_owned();
            return Err(WebhookError::Broken { url: self.settings.shown(), reason }.into());
        };
        let request = Request {
            endpoint,
            settings: self.settings.clone(),
            id: id_of(event),
            body: event.json.clone(),
            clock: self.clock,
            rest: Arc::clone(&self.rest),
        };
        Ok(Box::pin(async move { request.made().await.map_err(PublishError::from) }))
    }

    /// There is no connection to lose: each request tells of itself.
    async fn lost(&mut self) -> PublishError {
        std::future::pending().await
    }

    async fn close(&mut self) {
        self.endpoint = None;
    }
}

/// One event on its way.
struct Request {
    endpoint: Endpoint,
    settings: WebhookSettings,
    id: String,
    body: String,
    clock: Clock,
    rest: Rest,
}

impl Request {
    async fn made(self) -> Result<(), WebhookError> {
        let timestamp = self.clock.now().wall.as_second();
        let signature = self.endpoint.secrets.signature(&self.id, timestamp, &self.body);
        let request = self.endpoint.client.post(self.settings.url.clone());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(self.body.clone());
        let answer = request.send().await.map_err(|error| unanswered(&self.settings, &error))?;
        let (status, rest) = (answer.status(), asked_rest(answer.headers(), self.clock.now().wall));
        finish(answer).await;
        self.judge(status, rest)
    }

    fn judge(&self, status: StatusCode, rest: Option<Duration>) -> Result<(), WebhookError> {
        let (url, code) = (self.settings.shown(), status.as_u16());
        if status.is_success() {
            return Ok(());
        }
        if status.is_redirection() {
            return Err(WebhookError::Redirects { url, status: code });
        }
        let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
        if status.is_client_error() && !later.contains(&status) {
            return Err(WebhookError::Refused { url, id: self.id.clone(), status: code });
        }
        let until = rest.map(|rest| Instant::now() + rest.min(LONGEST_REST));
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = until;
        Err(WebhookError::Unwell { url, status: code })
    }
}

fn unanswered(settings: &WebhookSettings, error: &reqwest::Error) -> WebhookError {
    let url = settings.shown();
    if error.is_timeout() {
        WebhookError::Silent { url, patience: settings.timeout }
    } else if error.is_connect() {
        WebhookError::Unreachable { url, reason: http_client::innermost(error) }
    } else {
        WebhookError::Broken { url, reason: http_client::innermost(error) }
    }
}

/// What names an event: the same at every attempt.
fn id_of(event: &StoredEvent) -> String {
    #[derive(Deserialize)]
    struct Named {
        event_id: Uuid,
        revision: u32,
        /// Of a list hit.
        list: Option<String>,
    }
    match serde_json::from_str::<Named>(&event.json) {
        Ok(Named { event_id, revision, list: Some(list) }) => format!("{event_id}-{revision}-{list}"),
        Ok(named) => format!("{}-{}", named.event_id, named.revision),
        // Another version of the program may have committed it.
        Err(_) => format!("seq-{}", event.seq),
    }
}

/// How long the webhook wants to be left alone: seconds, or a date.
fn asked_rest(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Duration::try_from(until.duration_since(now)).ok()
}

/// Reads what is left of a short answer, so that the connection can be used again.
async fn finish(mut answer: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read > SMALL_ANSWER {
            return;
        }
    }
}
