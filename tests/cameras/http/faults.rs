//! What is wrong with a camera, in a sentence that says what to do.

use std::net::TcpListener;
use std::time::Duration;

use gatelpr::camera::{HttpSettings, Opening, SourceSettings, open};

use super::camera_server::{Camera, STREAM, Then, part, picture, send, status, whole};
use super::{error_of, http, next, opened, opening, snapshots, stream};

/// What is told, without the port, which is another one each time.
fn told(settings: &SourceSettings, port: u16) -> String {
    error_of(settings).to_string().replace(&port.to_string(), "PORT")
}

#[test]
fn every_wrong_answer_is_told_with_what_to_do() {
    let page = b"<!DOCTYPE html><title>Login</title>";
    let answers = [
        ("not there", status("404 Not Found", "")),
        ("forbidden", status("403 Forbidden", "")),
        ("busy", status("503 Service Unavailable", "")),
        ("another status", status("500 Internal Server Error", "")),
        ("a login is wanted", status("401 Unauthorized", "WWW-Authenticate: Basic realm=\"cam\"\r\n")),
        ("a web page", whole("text/html", page)),
        ("a web page without a type", [b"HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n".as_slice(), page].concat()),
        ("encrypted", status("302 Found", "Location: https://127.0.0.1/picture\r\n")),
        ("elsewhere", status("302 Found", "Location: http://192.0.2.7/picture?pwd=secret\r\n")),
        ("in circles", status("302 Found", "Location: /picture\r\n")),
        ("not http", b"RTSP/1.0 400 Bad Request\r\n\r\n".to_vec()),
        ("nothing", Vec::new()),
    ];
    let mut all = String::new();
    for (what, answer) in answers {
        let camera = Camera::that_says(answer);
        let of_stream = told(&stream(camera.port), camera.port);
        let of_snapshot = told(&snapshots(http(camera.port), 5.0), camera.port);
        all += &format!("{what}\n  {of_stream}\n");
        if of_snapshot != of_stream {
            all += &format!("  {of_snapshot}\n");
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_picture_is_no_stream_and_a_stream_is_no_picture() {
    let camera = Camera::that_says(whole("image/jpeg", &picture(1)));
    let error = told(&stream(camera.port), camera.port);
    assert!(error.ends_with("sends one picture and no stream; configure it as `source.snapshot`"), "{error}");
    let camera = Camera::that_says([STREAM, &part(&picture(1))].concat());
    let error = told(&snapshots(http(camera.port), 5.0), camera.port);
    assert!(error.ends_with("sends a stream and no single picture; configure it as `source.mjpeg`"), "{error}");
}

#[test]
fn a_camera_that_is_not_there_is_told_at_once_and_a_silent_one_after_the_patience() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = told(&stream(port), port);
    let expect = "camera gate: http://127.0.0.1:PORT/picture cannot be reached: connection refused";
    assert!(error.starts_with(expect), "{error}");

    let camera = Camera::start(|_, _| Then::Freeze);
    for settings in [stream(camera.port), snapshots(http(camera.port), 5.0)] {
        let opening = Opening { patience: Duration::from_millis(400), ..opening() };
        let error = open(&settings, &opening).map(drop).unwrap_err().to_string();
        assert!(error.contains("does not answer within 0.4 s; check the address"), "{error}");
        assert!(opening.clock.elapsed() < Duration::from_secs(2));
    }
}

#[test]
fn a_camera_is_followed_to_itself() {
    let camera = Camera::start(|request, stream| {
        match request.path.as_str() {
            "/picture" => send(stream, &status("301 Moved Permanently", "Location: snap.cgi?size=full\r\n")),
            _ => send(stream, &whole("image/jpeg", &picture(3))),
        }
        Then::Keep
    });
    next(opened(&snapshots(http(camera.port), 5.0)).as_mut());
    let paths: Vec<String> = camera.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/picture", "/snap.cgi?size=full"]);
}

#[test]
fn a_password_in_the_address_is_never_told() {
    let camera = Camera::that_says(status("404 Not Found", ""));
    let url = format!("http://127.0.0.1:{}/snap.cgi?usr=admin&pwd=hunter2", camera.port).parse().unwrap();
    let error = error_of(&snapshots(HttpSettings { url, login: None }, 5.0));
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert_eq!(camera.requests()[0].path, "/snap.cgi?usr=admin&pwd=hunter2");
}
