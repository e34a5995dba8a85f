//! Asks a camera over HTTP: logs in as the camera wants it, and follows it only to itself.
//!
//! The answer's head only; what it carries is for the sources. Nothing here waits for a deadline: whoever calls drops the
//! wait when its time is over, and with it the connection.

use std::time::Duration;

use http_auth::{PasswordClient, PasswordParams};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use super::fault::HttpFault;
use super::settings::HttpSettings;
use crate::camera::{Opening, SourceError};
use crate::http_client;
use crate::login::Credentials;

/// A login takes two requests, a login whose nonce is too old two again, a redirection one.
const MAX_REQUESTS: usize = 6;
/// How a closed connection is told, by the client and by the system.
const CLOSED: [&str; 3] = ["connection closed", "connection reset", "broken pipe"];
/// Longer bodies of answers that are no picture are not read to keep the connection.
const SMALL_BODY: u64 = 64 << 10;
/// A connection that was idle for longer is not used again: cameras close them after a few seconds, and a request that
/// meets the closing fails.
const LONGEST_IDLE: Duration = Duration::from_secs(2);

/// A camera that is asked for its pictures.
pub(super) struct CameraClient {
    client: Client,
    url: Url,
    credentials: Option<Credentials>,
    /// How the camera wants to be logged in to, with the nonce that it gave last.
    challenge: Option<PasswordClient>,
}

impl CameraClient {
    /// Reads the password, so that a changed one counts from now on.
    pub(super) fn new(settings: &HttpSettings, opening: &Opening) -> Result<Self, SourceError> {
        let camera = || opening.camera.clone();
        let credentials = settings.login.as_ref().map(|login| login.credentials()).transpose();
        let credentials = credentials.map_err(|error| SourceError::Password { camera: camera(), error })?;
        // Redirections are followed here: a digest is for one path.
        let client = http_client::plain()
            .redirect(Policy::none())
            .user_agent(concat!("gatelpr/", env!("CARGO_PKG_VERSION")))
            .pool_idle_timeout(LONGEST_IDLE)
            .http1_title_case_headers()
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .build();
        let refused = |error| SourceError::System { camera: camera(), error: std::io::Error::other(error) };
        let client = client.map_err(refused)?;
        Ok(Self { client, url: settings.url.url().clone(), credentials, challenge: None })
    }

    /// Asks for the picture or stream: an answer of status 200, whatever it carries.
    pub(super) async fn get(&mut self) -> Result<Response, HttpFault> {
        let mut url = self.url.clone();
        let mut answered_fresh_challenge = false;
        for _ in 0..MAX_REQUESTS {
            let answer = self.ask(&url).await?;
            match answer.status() {
                StatusCode::OK => return Ok(answer),
                StatusCode::UNAUTHORIZED => {
                    let challenge = self.challenged(&answer, answered_fresh_challenge)?;
                    answered_fresh_challenge = true;
                    self.challenge = Some(challenge);
                    finish(answer).await;
                }
                status if status.is_redirection() => {
                    let target = target(&url, &answer)?;
                    finish(answer).await;
                    url = target;
                }
                status => return Err(fault_of(status)),
            }
        }
        Err(HttpFault::LeadsAway("itself again and again".to_owned()))
    }

    /// Asks once, and once more where the connection was closed without an answer: many cameras close a connection that
    /// they have just agreed to keep.
    async fn ask(&mut self, url: &Url) -> Result<Response, HttpFault> {
        match self.ask_once(url).await {
            Err(HttpFault::Closed(_)) => self.ask_once(url).await,
            answer => answer,
        }
    }

    async fn ask_once(&mut self, url: &Url) -> Result<Response, HttpFault> {
        let mut request = self.client.get(url.clone());
        if let (Some(challenge), Some(credentials)) = (&mut self.challenge, &self.credentials) {
            let uri = &url[url::Position::BeforePath..url::Position::AfterQuery];
            let (username, password) = (credentials.user.as_str(), credentials.password.expose());
            let params = PasswordParams { username, password, uri, method: "GET", body: None };
            let response = challenge.respond(&params).map_err(HttpFault::UnknownLogin)?;
            let header = HeaderValue::try_from(response);
            let mut header =
                header.map_err(|_| HttpFault::UnknownLogin("the user's name has line ends in it".into()))?;
            header.set_sensitive(true);
            request = request.header(AUTHORIZATION, header);
        }
        request.send().await.map_err(|error| unanswered(&error))
    }

    /// How to log in after a 401. One that follows a login with a nonce that the camera has just given means that the
    /// login is wrong, unless the camera says that the nonce is too old already.
    fn challenged(&self, answer: &Response, answered: bool) -> Result<PasswordClient, HttpFault> {
        let Some(credentials) = &self.credentials else { return Err(HttpFault::NoLogin) };
        let mut challenges = PasswordClient::builder();
        for header in answer.headers().get_all(WWW_AUTHENTICATE) {
            challenges = challenges.challenges(&String::from_utf8_lossy(header.as_bytes()));
        }
        let challenge = challenges.build().map_err(HttpFault::UnknownLogin)?;
        let stale = matches!(&challenge, PasswordClient::Digest(digest) if digest.stale());
        if answered && !stale {
            return Err(HttpFault::WrongLogin(credentials.user.clone()));
        }
        Ok(challenge)
    }
}

/// The content type without surrounding blanks; empty if there is none.
pub(super) fn content_type(answer: &Response) -> &str {
    answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}

/// What happened while an answer was read.
pub(super) fn broken(error: &reqwest::Error) -> String {
    format!("broke off: {}", http_client::innermost(error))
}

fn unanswered(error: &reqwest::Error) -> HttpFault {
    let reason = http_client::innermost(error);
    // The client tells a closed connection in words only.
    let closed = CLOSED.iter().any(|words| reason.starts_with(words));
    match error.is_connect() {
        true => HttpFault::Unreachable(reason),
        false if closed => HttpFault::Closed("closes the connection without an answer".to_owned()),
        false => HttpFault::NotHttp(reason),
    }
}

fn fault_of(status: StatusCode) -> HttpFault {
    match status {
        StatusCode::FORBIDDEN => HttpFault::Forbidden,
        StatusCode::NOT_FOUND => HttpFault::NotFound,
        StatusCode::SERVICE_UNAVAILABLE => HttpFault::Busy,
        status => HttpFault::Status(status.as_u16()),
    }
}

/// Where a redirection leads, if that is the same camera: nobody else is told the login.
fn target(url: &Url, answer: &Response) -> Result<Url, HttpFault> {
    let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let Some(target) = location.and_then(|location| url.join(location).ok()) else {
        return Err(HttpFault::Status(answer.status().as_u16()));
    };
    match target.scheme() {
        "http" if target.host() == url.host() && target.port_or_known_default() == url.port_or_known_default() => {
            Ok(target)
        }
        "https" => Err(HttpFault::Encrypted),
        _ => Err(HttpFault::LeadsAway(target.host_str().unwrap_or("another place").to_owned())),
    }
}

/// Reads what is left of a small answer, so that the next request can use its connection.
async fn finish(mut answer: Response) {
    if answer.content_length().is_some_and(|length| length <= SMALL_BODY) {
        while let Ok(Some(_)) = answer.chunk().await {}
    }
}
