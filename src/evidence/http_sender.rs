//! Sends pictures to a server: `PUT {url}/{event_id}/{plate|scene}`, `image/jpeg`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::courier::{PictureSender, SendError};
use super::picture_name::PictureName;
use super::settings::HttpReceiver;
use crate::http_client;

/// A picture of 1 MB takes that long over a link of 100 kbit/s.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long a connection may take to be made.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// Sends pictures to a server.
#[derive(Debug)]
pub struct HttpSender {
    receiver: HttpReceiver,
    client: Client,
}

/// Why there can be no connections to the server.
#[derive(Debug, thiserror::Error)]
pub enum HttpSenderError {
    /// The certificates of `http_ca_file` cannot be read.
    #[error("cannot use the certificates in {path}: {reason}; `http_ca_file` in [evidence] says where they are")]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The client cannot be set up.
    #[error("cannot set up the connections to the receiver of evidence: {0}")]
    Client(String),
}

impl HttpSender {
    /// Not connected yet.
    ///
    /// # Errors
    /// [`HttpSenderError`] when its certificates cannot be used.
    pub fn new(receiver: HttpReceiver) -> Result<Self, HttpSenderError> {
        let other = |error: &dyn std::fmt::Display| HttpSenderError::Client(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let tls = tls.map_err(|error| other(&error))?.with_root_certificates(roots(receiver.ca_file.as_deref())?);
        let client = http_client::encrypting(tls.with_no_client_auth())
            .redirect(Policy::none())
            .user_agent(concat!("gatelpr/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_PATIENCE)
            .timeout(PATIENCE);
        Ok(Self { client: client.build().map_err(|error| other(&error))?, receiver })
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
        let mut request = self.client.put(format!("{base}/{}/{}", name.event_id, name.kind.word()));
        if let Some(authorization) = self.authorization()? {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = request.header(CONTENT_TYPE, "image/jpeg").body(jpeg).send().await;
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
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if std::ptr::addr_eq(inner, error) { "no answer".to_owned() } else { inner.to_string() }
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, HttpSenderError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let bad = |reason: String| HttpSenderError::Certificates { path: path.display().to_string(), reason };
            let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let certificates = certificates.map_err(|error| bad(error.to_string()))?;
            if certificates.is_empty() {
                return Err(bad("there is no certificate in it".to_owned()));
            }
            for certificate in certificates {
                roots.add(certificate).map_err(|error| bad(error.to_string()))?;
            }
        }
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    Ok(roots)
}

#[cfg(test)]
#[path = "http_sender_tests.rs"]
mod tests;
