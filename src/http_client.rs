//! Where every HTTP client begins: none goes through the system's proxy, and how one encrypts is said by whoever makes it.

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
