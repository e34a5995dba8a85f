//! Requests that are too large, too slow, or lead elsewhere. They are written by hand: no client would send them.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

/// What comes back on a connection for these bytes, until it is closed.
async fn raw(site: &Site, request: &str) -> String {
    let stream = TcpStream::connect(site.address).await.expect("it listens");
    let (mut receiver, mut sender) = stream.into_split();
    let (mut answer, request) = (Vec::new(), request.as_bytes().to_vec());
    // A refusal may come while the request is still on its way.
    let sent = tokio::spawn(async move {
        drop(sender.write_all(&request).await);
        sender
    });
    drop(receiver.read_to_end(&mut answer).await);
    drop(sent.await);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn no_path_leads_to_a_file() {
    let site = Site::open().await;
    std::fs::write(site.folder.path().join("secret.jpg"), "hunter2").expect("there is space");
    let event = "01a20b8b-e490-7575-be40-bc1897f55485";
    let paths = [
        "/../../etc/passwd".to_owned(),
        "/assets/../mod.rs".to_owned(),
        "/assets/..%2fmod.rs".to_owned(),
        "/assets/%2e%2e/mod.rs".to_owned(),
        "/assets//etc/passwd".to_owned(),
        "/assets/app.js%00.png".to_owned(),
        "/assets/%ff%fe".to_owned(),
        format!("/api/passages/{event}/..%2f..%2fsecret.jpg"),
        format!("/api/passages/{event}/plate.jpg%2f..%2f..%2fsecret.jpg"),
        "/api/passages/..%2f..%2fsecret/plate.jpg".to_owned(),
        "/api/cameras/..%2fsecret/picture.jpg".to_owned(),
        "/api/lanes/..%2f..%2f/live".to_owned(),
    ];
    for path in paths {
        let host = site.address;
        let answer = raw(&site, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
        assert!(matches!(status(&answer), "404" | "400") && !answer.contains("hunter2"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let site = Site::open().await;
    let large = format!("{{\"points\":[{}]}}", "[0,0],".repeat(20_000));
    refused(&site.post("/api/lanes/in-2/zone", &large).await, 413, "64 KiB");
    let head = format!("GET / HTTP/1.1\r\nHost: {}\r\nX-Long: {}\r\n\r\n", site.address, "x".repeat(20_000));
    assert_eq!(status(&raw(&site, &head).await), "431");
    let long = format!("GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n", "x".repeat(20_000), site.address);
    assert!(matches!(status(&raw(&site, &long).await), "414" | "431"));
}

#[tokio::test]
async fn what_is_no_request_as_it_should_be_is_refused() {
    let site = Site::open().await;
    let host = site.address;
    for request in [
        "nonsense\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
        format!("GET http://evil.example/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
    ] {
        assert_eq!(status(&raw(&site, &request).await), "400", "{request}");
    }
}

#[tokio::test]
async fn a_slow_sender_is_given_up_and_keeps_nobody_else_out() {
    let site = Site::open().await;
    let csrf = site.csrf().await;
    let mut slow = Vec::new();
    for request in [
        "GET / HT".to_owned(),
        format!(
            "POST /api/lanes/in-2/zone HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nX-CSRF-Token: {csrf}\r\n\
             Content-Length: 100\r\n\r\n{{",
            host = site.address,
            origin = site.origin()
        ),
    ] {
        let mut stream = TcpStream::connect(site.address).await.expect("it listens");
        stream.write_all(request.as_bytes()).await.expect("it takes them");
        slow.push(stream);
    }
    assert_eq!(site.get("/healthz").await.0, 200);
    let mut answers = Vec::new();
    for mut stream in slow {
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        answers.push(String::from_utf8_lossy(&answer).into_owned());
    }
    assert!(matches!(status(&answers[0]), "408" | "none"), "{answers:?}");
    assert_eq!(status(&answers[1]), "408", "{answers:?}");
}

#[tokio::test]
async fn one_address_cannot_ask_without_end() {
    let site = Site::open().await;
    // One behind the other on one connection: no client asks faster.
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n", site.address);
    let all = format!("{}{request}Connection: close\r\n\r\n", format!("{request}\r\n").repeat(3000));
    let answers = raw(&site, &all).await;
    let count = |status: &str| answers.matches(&format!("HTTP/1.1 {status} ")).count();
    assert!(count("200") >= 600 && count("429") > 0, "{} and {}", count("200"), count("429"));
    assert_eq!(count("200") + count("429"), 3001);
}

#[tokio::test]
async fn one_address_has_its_share_of_connections() {
    let site = Site::open().await;
    let mut held = Vec::new();
    for _ in 0..40 {
        held.push(TcpStream::connect(site.address).await.expect("the system takes it"));
    }
    let mut closed = 0;
    for stream in held.iter_mut().skip(24) {
        let mut byte = [0];
        closed += usize::from(matches!(stream.read(&mut byte).await, Ok(0) | Err(_)));
    }
    assert_eq!(closed, 16);
    drop(held);
    assert_eq!(site.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn the_end_waits_for_nobody_who_only_listens() {
    let site = Site::open().await;
    let mut idle = TcpStream::connect(site.address).await.expect("it listens");
    assert_eq!(site.get("/healthz").await.0, 200);
    site.stop.request();
    let mut rest = Vec::new();
    drop(idle.read_to_end(&mut rest).await);
    assert!(TcpStream::connect(site.address).await.is_err(), "nobody is taken any more");
}
