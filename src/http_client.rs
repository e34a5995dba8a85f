//! Where every HTTP client begins: none goes through the system's proxy, and how one encrypts is said by whoever makes it.

use std::sync::Arc;

use reqwest::ClientBuilder;
use rustls::{ClientConfig, RootCertStore};

/// A client that does not encrypt: it trusts no certificate at all. Looking for those of the system would take longer than
/// most of its requests.
#[must_use]
pub fn plain() -> ClientBuilder {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.expect("ring knows both versions of TLS").with_root_certificates(RootCertStore::empty());
    encrypting(config.with_no_client_auth())
}

/// A client that encrypts as `config` says.
#[must_use]
pub fn encrypting(config: ClientConfig) -> ClientBuilder {
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(config)
}
