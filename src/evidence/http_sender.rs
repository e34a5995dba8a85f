//! Sends pictures to a server: `PUT {url}/{event_id}/{plate|scene}`, `image/jpeg`.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};

use super::courier::{PictureSender, SendError};
use super::picture_name::PictureName;
use super::settings::HttpReceiver;
use crate::http_client;
use crate::tls::{self, TlsError, TlsSettings};

/// A picture of 1 MB takes that long over a link of 100 kbit/s.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long a connection may take to be made.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// Sends pictures to a server.
#[derive(Debug)]
pub struct HttpSender {
    receiver: HttpReceiver,
    /// Made anew after each failure, so that changed certificates count.
    client: Option<Client>,
}

/// Why there can be no connections to the server.
#[derive(Debug, thiserror::Error)]
pub enum HttpSenderError {
    /// The certificates of the server's authority cannot be used.
    #[error("evidence cannot be sent: {0} (`http_ca_file` in [evidence])")]
    Tls(#[from] TlsError),
    /// The client cannot be set up.
    #[error("evidence cannot be sent: no client can be set up: {0}")]
    Client(#[from] reqwest::Error),
}

impl HttpSender {
    /// Not connected yet.
    ///
    /// # Errors
    /// [`HttpSenderError`] when the certificates cannot be used.
    pub fn new(receiver: HttpReceiver) -> Result<Self, HttpSenderError> {
        let client = Some(make_client(&receiver)?);
        Ok(Self { receiver, client })
    }

    /// The token is read anew each time, so that a changed one counts.
    fn authorization(&self) -> Result<Option<HeaderValue>, SendError> {
        let Some(place) = &self.receiver.token else { return Ok(None) };
        let trouble = |why: String| SendError::Trouble(format!("cannot use the token in {place}: {why}"));
        let token = place.read().map_err(trouble)?;
        let header = HeaderValue::try_from(format!("Bearer {}", token.expose()));
        let mut header = header.map_err(|_| trouble("it has characters that no header can have".to_owned()))?;
        header.set_sensitive(true);
        Ok(Some(header))
    }
}

impl PictureSender for HttpSender {
    async fn send(&mut self, name: &PictureName, jpeg: Vec<u8>) -> Result<(), SendError> {
        let base = self.receiver.url.as_str().trim_end_matches('/');
        let client = match self.client.take() {
            Some(client) => client,
            None => make_client(&self.receiver).map_err(|error| SendError::Trouble(error.to_string()))?,
        };
        let mut request = client.put(format!("{base}/{}/{}", name.event_id, name.kind.word()));
        if let Some(authorization) = self.authorization()? {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = request.header(CONTENT_TYPE, "image/jpeg").body(jpeg).send().await;
        if answer.is_ok() {
            self.client = Some(client);
        }
        match answer.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) if is_about_the_picture(status) => Err(SendError::Refused(status.to_string())),
            Ok(status) => Err(SendError::Trouble(format!("{base} answers {status}"))),
            Err(error) => Err(SendError::Trouble(format!("{base} cannot be reached: {}", innermost(&error)))),
        }
    }
}

/// Answers that the same picture would get again. All others may be set right: a wrong address or token, a server that is
/// overloaded or away.
fn is_about_the_picture(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::CONFLICT
            | StatusCode::GONE
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// What happened, without the client's own layers around it, and without the address, which may hold a secret.
fn innermost(error: &reqwest::Error) -> String {
    if let Some(words) = tls::in_words(error) {
        return words;
    }
    let mut source = std::error::Error::source(error);
    let mut told = "no answer".to_owned();
    while let Some(inner) = source {
        told = inner.to_string();
        source = inner.source();
    }
    told
}

fn make_client(receiver: &HttpReceiver) -> Result<Client, HttpSenderError> {
    let builder = match receiver.url.scheme() {
        "https" => {
            let tls = TlsSettings { ca_file: receiver.ca_file.clone(), ..TlsSettings::default() };
            http_client::encrypting(tls::client_config(&tls)?)
        }
        _ => http_client::plain(),
    };
    let agent = concat!("gatelpr/", env!("CARGO_PKG_VERSION"));
    let builder = builder.redirect(Policy::none()).user_agent(agent);
    Ok(builder.connect_timeout(CONNECT_PATIENCE).timeout(PATIENCE).build()?)
}

#[cfg(test)]
#[path = "http_sender_tests.rs"]
mod tests;
