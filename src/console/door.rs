//! Who is let in. Every request passes here: how often it may come, whether it comes from a page of this console, and whether
//! whoever sends it is signed in.
//!
//! Without a password the console listens on this computer alone, and then the danger are other pages in the same browser: their
//! requests carry another `Origin`, and a name of theirs that leads here stands in `Host`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Console;
use super::error::{Answer, ApiError};
use super::sessions::Token;

/// The cookie's name.
pub(super) const COOKIE: &str = "gatelpr_session";
/// What changes must carry.
const CSRF: &str = "x-csrf-token";
/// What monitoring asks; it cannot sign in on a page, so it may give the password with the request.
const FOR_MONITORING: [&str; 2] = ["/metrics", "/readyz"];
/// What tells nothing of the gate.
const OPEN: [&str; 3] = ["/", "/healthz", "/api/session"];
const OPEN_FOLDER: &str = "/assets/";

/// Whoever sends a request.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) address: IpAddr,
    /// Whether he may see and change things.
    pub(super) signed_in: bool,
    /// The cookie's token, if its session lives.
    pub(super) session: Option<String>,
    /// What his changes must carry.
    pub(super) csrf: Token,
}

pub(super) async fn door(
    State(console): State<Arc<Console>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let admitted = match console.admit(peer.ip(), &request) {
        Ok(visitor) if visitor.signed_in || is_open(request.uri().path()) => Ok(visitor),
        Ok(visitor) => {
            let password = password_in(&request);
            console.with_password(password, visitor).await
        }
        Err(refused) => Err(refused),
    };
    match admitted {
        Ok(visitor) => {
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    }
}

impl Console {
    /// Whoever sends `request`, signed in or not.
    fn admit(&self, address: IpAddr, request: &Request) -> Answer<Visitor> {
        let (headers, now) = (request.headers(), self.parts.clock.elapsed());
        if !self.requests.take(address, now) {
            return Err(ApiError::too_often("too many requests from this address; wait some seconds"));
        }
        let host = host_of(request.uri(), headers)?;
        if self.settings.password.is_none() && !is_this_computer(&host) {
            return Err(ApiError::forbidden(format_args!(
                "the console is asked for as {host:?} and answers only as localhost, 127.0.0.1 or [::1] while it has no password"
            )));
        }
        let cookie = cookie_of(headers);
        let session = cookie.and_then(|token| Some((self.sessions.go_on(token, now)?, token.to_owned())));
        let (csrf, session) = session.map_or((self.csrf.clone(), None), |(csrf, token)| (csrf, Some(token)));
        let signed_in = self.settings.password.is_none() || session.is_some();
        let visitor = Visitor { address, signed_in, session, csrf };
        if request.method() != Method::GET && request.method() != Method::HEAD {
            self.check_change(headers, &host, &visitor)?;
        } else if request.uri().path() != "/" && header_of(headers, "sec-fetch-site") == Some("cross-site") {
            return Err(ApiError::forbidden("the request comes from the page of another site"));
        }
        Ok(visitor)
    }

    /// Whether a request that changes something comes from a page of this console.
    fn check_change(&self, headers: &HeaderMap, host: &str, visitor: &Visitor) -> Answer<()> {
        let scheme = if self.settings.identity.is_some() { "https" } else { "http" };
        let origin = header_of(headers, header::ORIGIN.as_str());
        if origin.is_none_or(|origin| !is_same_origin(origin, scheme, host)) {
            let text = format!("changes are taken from pages of {scheme}://{host} alone: `Origin` must say so");
            return Err(ApiError::forbidden(text));
        }
        if !header_of(headers, CSRF).is_some_and(|given| visitor.csrf.is(given)) {
            let text = "the header X-CSRF-Token is missing or old; GET /api/session tells the present one";
            return Err(ApiError::forbidden(text));
        }
        Ok(())
    }

    async fn with_password(&self, password: Option<String>, visitor: Visitor) -> Answer<Visitor> {
        let password = password.ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "sign in first"))?;
        self.check_password(visitor.address, password).await?;
        Ok(Visitor { signed_in: true, ..visitor })
    }
}

/// Monitoring may give the password with each request, as HTTP knows it (`Authorization: Basic`).
fn password_in(request: &Request) -> Option<String> {
    let is_for_monitoring = FOR_MONITORING.contains(&request.uri().path());
    let given = header_of(request.headers(), header::AUTHORIZATION.as_str()).filter(|_| is_for_monitoring);
    given.and_then(basic_password)
}

fn is_open(path: &str) -> bool {
    OPEN.contains(&path) || path.starts_with(OPEN_FOLDER)
}

fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The host and port that the request is for, in lower case.
fn host_of(uri: &Uri, headers: &HeaderMap) -> Answer<String> {
    let hosts = headers.get_all(header::HOST).iter().count();
    let host = header_of(headers, header::HOST.as_str()).filter(|host| hosts == 1 && !host.is_empty());
    // A request may name its host in its first line too, and must not name another one there.
    let agrees = |host: &&str| uri.authority().is_none_or(|authority| authority.as_str().eq_ignore_ascii_case(host));
    let host = host.filter(agrees).map(str::to_ascii_lowercase);
    host.ok_or_else(|| ApiError::malformed("the request needs one header `Host`, with the address that was asked for"))
}

fn is_this_computer(host: &str) -> bool {
    let without_port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|digit| digit.is_ascii_digit()));
    let name = without_port.map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether `origin` is `scheme://host`. Browsers leave a scheme's own port away in both.
fn is_same_origin(origin: &str, scheme: &str, host: &str) -> bool {
    let rest = origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
    rest.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

fn cookie_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE).map(|(_, token)| token)
}

fn basic_password(header: &str) -> Option<String> {
    let encoded = header.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_computer_are_this_computer() {
        for host in ["localhost", "localhost:8090", "127.0.0.1", "127.0.0.1:8090", "127.1.2.3:1", "[::1]:8090", "[::1]"]
        {
            assert!(is_this_computer(host), "{host}");
        }
        for host in
            ["gate.example", "localhost.example:8090", "10.0.0.1:8090", "127.0.0.1.example", "[::2]:8090", "", ":80"]
        {
            assert!(!is_this_computer(host), "{host}");
        }
    }

    #[test]
    fn an_origin_is_the_same_only_with_scheme_name_and_port() {
        let same = |origin| is_same_origin(origin, "http", "127.0.0.1:8090");
        assert!(same("http://127.0.0.1:8090") && !same("https://127.0.0.1:8090"));
        for other in ["null", "", "http://127.0.0.1", "http://127.0.0.1:80900", "http://evil.example", "127.0.0.1:8090"]
        {
            assert!(!same(other), "{other}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; xgatelpr_session=no".parse().expect("a value"));
        headers.append(header::COOKIE, "c=d;gatelpr_session=yes; e=f".parse().expect("a value"));
        assert_eq!(cookie_of(&headers), Some("yes"));
    }

    #[test]
    fn a_password_is_what_follows_the_first_colon() {
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(basic_password(&header("anybody:a:b")).as_deref(), Some("a:b"));
        assert_eq!(
            (basic_password("Basic ???"), basic_password("Bearer x"), basic_password(&header("x"))),
            (None, None, None)
        );
    }
}
