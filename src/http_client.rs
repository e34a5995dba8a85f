//! Where every HTTP client begins: none goes through the system's proxy, and how one encrypts is said by whoever makes it.

use std::error::Error as _;

use reqwest::ClientBuilder;
use rustls::ClientConfig;

/// A client that does not encrypt.
pub fn plain() -> ClientBuilder {
    encrypting(crate::tls::trusting_nobody())
}

/// A client that encrypts as `config` says.
pub fn encrypting(config: ClientConfig) -> ClientBuilder {
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(config)
}

/// What is at the bottom of it; the client's own layers above say less, and one of them says the address, which may
/// hold a secret.
#[must_use]
pub fn innermost(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else { return "no reason is given".to_owned() };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string().to_lowercase()
}
