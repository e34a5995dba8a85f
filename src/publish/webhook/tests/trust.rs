//! Which certificates are trusted.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

/// A CA of its own, its certificate in a file, and a server with a certificate of it.
struct Trusted {
    url: String,
    ca_file: PathBuf,
    folder: tempfile::TempDir,
}

fn trusted() -> Trusted {
    let folder = tempfile::tempdir().expect("a folder");
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("a CA");
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = certificate.signed_by(&key, &authority).expect("a certificate");
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, authority.pem()).expect("there is space");
    let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let url = serve(certificate.der().clone(), private);
    Trusted { url, ca_file, folder }
}

/// Answers every request with 204, over TLS; its address.
fn serve(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.expect("versions").with_no_client_auth().with_single_cert(vec![certificate], key);
    let config = Arc::new(config.expect("a certificate"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let mut request = [0; 4096];
            // What only knocks, or trusts us not, sends no request.
            if stream.read(&mut request).is_ok_and(|read| read > 0) {
                drop(stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"));
                drop(stream.flush());
            }
        }
    });
    format!("https://localhost:{port}/")
}

fn sender(trusted: &Trusted, ca_file: Option<PathBuf>) -> Sender {
    let mut sender = Sender::to(&trusted.url);
    sender.publisher.settings.ca_file = ca_file;
    // Making keys and shaking hands takes its time without optimisation.
    sender.publisher.settings.timeout = Duration::from_secs(20);
    sender
}

#[tokio::test]
async fn a_webhook_of_the_operators_own_ca_is_trusted() {
    let trusted = trusted();
    let mut sender = sender(&trusted, Some(trusted.ca_file.clone()));
    sender.publisher.reach().await.expect("it is there");
    sender.send(&event(1)).await.expect("it is taken");
}

#[tokio::test]
async fn a_webhook_of_an_unknown_ca_gets_nothing() {
    let (trusted, other) = (trusted(), trusted());
    let mut sender = sender(&trusted, Some(other.ca_file));
    assert!(sender.publisher.reach().await.is_err(), "`check --probe` finds it too");
    let error = sender.send(&event(1)).await.expect_err("it is not trusted");
    assert!(error.to_string().contains("cannot be reached") && error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_ca_file_that_holds_none_is_told() {
    let trusted = trusted();
    let empty = trusted.folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").expect("there is space");
    let error = sender(&trusted, Some(empty)).send(&event(1)).await.expect_err("it is no CA");
    assert!(error.to_string().contains("there is no certificate in"), "{error}");
}
