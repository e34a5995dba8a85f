//! Against a real server on the loopback interface.

use std::io::{Read as _, Write as _};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode as Answer, Uri};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::net::TcpListener;

use super::*;
use crate::evidence::test_pictures::{name, picture};
use crate::login::PasswordPlace;

type Received = Arc<Mutex<Vec<(Method, String, HeaderMap, Bytes)>>>;

async fn server(answer: Answer) -> (url::Url, Received) {
    let received = Received::default();
    let keep = Arc::clone(&received);
    let router = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        keep.lock().expect("no test panics here").push((method, uri.to_string(), headers, body));
        async move { answer }
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/store/").parse().expect("an address"), received)
}

fn sender(url: url::Url, token: Option<PasswordPlace>) -> HttpSender {
    HttpSender::new(HttpReceiver { url, token, ca_file: None }).expect("it can be set up")
}

#[tokio::test]
async fn a_picture_is_put_under_its_event_and_kind_with_the_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    std::fs::write(&token, "geheim\n").expect("it can be written");
    let (url, received) = server(Answer::CREATED).await;
    let mut sender = sender(url, Some(PasswordPlace::File(token)));
    sender.send(&name(7), picture(7).jpeg).await.expect("the server takes it");
    let received = received.lock().expect("no test panics here");
    let [(method, path, headers, body)] = received.as_slice() else { panic!("one request: {received:?}") };
    assert_eq!((method, path.as_str()), (&Method::PUT, "/store/00000000-0000-0000-0000-000000000007/scene"));
    assert_eq!(headers["content-type"], "image/jpeg");
    assert_eq!(headers["authorization"], "Bearer geheim");
    assert_eq!(*body, picture(7).jpeg);
}

#[tokio::test]
async fn only_an_answer_about_the_picture_gives_it_up() {
    for (answer, refused) in [
        (Answer::PAYLOAD_TOO_LARGE, true),
        (Answer::UNPROCESSABLE_ENTITY, true),
        (Answer::UNAUTHORIZED, false),
        (Answer::NOT_FOUND, false),
        (Answer::TOO_MANY_REQUESTS, false),
        (Answer::INTERNAL_SERVER_ERROR, false),
        (Answer::FOUND, false),
    ] {
        let (url, _) = server(answer).await;
        let sent = sender(url, None).send(&name(1), picture(1).jpeg).await;
        assert_eq!(matches!(sent, Err(SendError::Refused(_))), refused, "{answer}: {sent:?}");
        assert_eq!(matches!(sent, Err(SendError::Trouble(_))), !refused, "{answer}: {sent:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_and_a_token_that_is_gone_are_told() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let url: url::Url = format!("http://{}/", nobody.local_addr().expect("an address")).parse().expect("an address");
    drop(nobody);
    let SendError::Trouble(told) =
        sender(url.clone(), None).send(&name(1), picture(1).jpeg).await.expect_err("nobody is there")
    else {
        panic!("it is tried again")
    };
    assert!(told.contains(url.as_str().trim_end_matches('/')), "{told}");
    let gone = Some(PasswordPlace::File("/nowhere/token".into()));
    let told = sender(url, gone).send(&name(1), picture(1).jpeg).await.expect_err("there is no token");
    assert!(matches!(told, SendError::Trouble(told) if told.contains("/nowhere/token")));
}

#[tokio::test]
async fn an_authority_that_cannot_be_read_is_told_with_its_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("ca.pem");
    std::fs::write(&empty, "no certificate").expect("it can be written");
    for ca_file in [empty, "/nowhere/ca.pem".into()] {
        let url = "https://platform/".parse().expect("an address");
        let receiver = HttpReceiver { url, token: None, ca_file: Some(ca_file) };
        let told = HttpSender::new(receiver).expect_err("there is no certificate").to_string();
        assert!(told.contains("ca.pem") && told.contains("http_ca_file"), "{told}");
    }
}

/// Answers every request on an encrypted connection with 201.
fn encrypting_server(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> url::Url {
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("ring speaks both versions").with_no_client_auth();
    let config =
        Arc::new(config.with_single_cert(vec![certificate.cert.der().clone()], key).expect("they belong together"));
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let tls = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let (mut stream, mut request) = (StreamOwned::new(tls, connection), Vec::new());
            let mut part = [0; 4096];
            while !request.ends_with(&[0xff, 0xd9]) {
                match stream.read(&mut part) {
                    Ok(length) if length > 0 => request.extend(&part[..length]),
                    _ => break,
                }
            }
            drop(stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").and_then(|()| stream.flush()));
        }
    });
    format!("https://localhost:{port}/store").parse().expect("an address")
}

#[tokio::test]
async fn an_encrypting_server_is_checked_against_its_authority() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (server, other) = (own(), own());
    let url = encrypting_server(&server);
    for (certificate, is_right) in [(&server, true), (&other, false)] {
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, certificate.cert.pem()).expect("it can be written");
        let receiver = HttpReceiver { url: url.clone(), token: None, ca_file: Some(ca_file) };
        let mut sender = HttpSender::new(receiver).expect("it can be set up");
        let sent = sender.send(&name(1), picture(1).jpeg).await;
        assert_eq!(sent.is_ok(), is_right, "{sent:?}");
        assert!(matches!(sent, Ok(()) | Err(SendError::Trouble(_))), "{sent:?}");
    }
}
