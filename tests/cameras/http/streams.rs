//! Streams of pictures: every form that cameras send, and every way in which they fail.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use gatelpr::camera::{Opening, SourceError, Tally, open};

use super::camera_server::{Camera, STREAM, Then, part, picture, send};
use super::{LONG, SHORT, next, number, opened, opening, stream};

/// A camera that sends these pieces, and then nothing.
fn camera(pieces: Vec<Vec<u8>>, then: Then) -> Camera {
    Camera::start(move |_, stream| {
        pieces.iter().for_each(|piece| send(stream, piece));
        then
    })
}

#[test]
fn a_stream_is_shown_in_every_form_that_cameras_send() {
    let forms = [
        ("boundary=cam", "--cam\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n--cam\r\n"),
        ("boundary=\"--cam\"", "--cam\r\nContent-type:image/jpeg\r\n\r\n", "\r\n--cam\r\n"),
        ("boundary=--camera", "\r\ncamera\nContent-Type: image/jpeg\n\n", "\ncamera\n"),
        ("charset=x; boundary= cam", "welcome\r\n\r\n----cam\r\n\r\n", "\r\n----cam--\r\n"),
    ];
    for (boundary, start, end) in forms {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;{boundary}\r\n\r\n{start}");
        let camera = camera(vec![head.into(), picture(7), end.into()], Then::Freeze);
        let mut source = opened(&stream(camera.port));
        assert_eq!(number(&next(source.as_mut())), 7, "{boundary}");
        assert_eq!((source.stream().size, source.tally()), (Some((64, 48)), Tally::default()));
    }
}

#[test]
fn of_what_has_come_only_the_newest_is_shown_and_the_others_are_counted() {
    let parts: Vec<u8> = (1..=30).flat_map(|number| part(&picture(number))).collect();
    let camera = camera(vec![[STREAM, &parts].concat()], Then::Freeze);
    let mut source = opened(&stream(camera.port));
    assert_eq!(number(&next(source.as_mut())), 30);
    assert_eq!(source.tally(), Tally { behind: 29, ..Tally::default() });
}

#[test]
fn a_backlog_of_megabytes_is_left_behind_at_once() {
    let large = |number| [picture(number), vec![0; 200_000]].concat();
    let parts: Vec<u8> = (1..=31).flat_map(|number| part(&large(number))).collect();
    let camera = camera(vec![[STREAM, &parts].concat()], Then::Freeze);
    let mut source = opened(&stream(camera.port));
    let mut shown = vec![number(&next(source.as_mut()))];
    while shown.last() != Some(&31) {
        shown.push(number(&next(source.as_mut())));
    }
    assert!(shown.len() <= 5, "{shown:?}");
    assert_eq!(source.tally().behind + shown.len() as u64, 31);
}

#[test]
fn a_damaged_picture_is_skipped_and_counted() {
    let half = &picture(1)[..400];
    let camera = Camera::start({
        let half = half.to_vec();
        move |_, stream| {
            send(stream, &[STREAM, &part(&half)].concat());
            // Long enough that the two never come at once.
            std::thread::park_timeout(Duration::from_millis(500));
            send(stream, &part(&picture(2)));
            Then::Freeze
        }
    });
    let mut source = opened(&stream(camera.port));
    assert_eq!(number(&next(source.as_mut())), 2);
    assert_eq!(source.tally(), Tally { damaged: 1, ..Tally::default() });
}

#[test]
fn damaged_pictures_without_end_are_silence() {
    let camera = Camera::start(|_, stream| {
        send(stream, STREAM);
        for _ in 0..200 {
            send(stream, &part(&picture(1)[..400]));
            std::thread::park_timeout(Duration::from_millis(10));
        }
        Then::Close
    });
    let mut source = opened(&stream(camera.port));
    let silent = source.next_frame(SHORT);
    assert!(matches!(silent, Err(SourceError::Silent { .. })), "{silent:?}");
    assert!(source.tally().damaged > 2);
}

#[test]
fn a_frozen_stream_is_silent_at_the_deadline_and_not_later() {
    let camera = camera(vec![[STREAM, &part(&picture(1))].concat()], Then::Freeze);
    let opening = opening();
    let mut source = open(&stream(camera.port), &opening).unwrap();
    next(source.as_mut());
    let before = opening.clock.elapsed();
    let silent = source.next_frame(SHORT);
    let lasted = opening.clock.elapsed() - before;
    assert!(matches!(silent, Err(SourceError::Silent { waited, .. }) if waited == SHORT), "{silent:?}");
    assert!(lasted >= SHORT && lasted < LONG / 10, "{lasted:?}");
}

#[test]
fn a_stream_that_ends_says_so_after_its_last_picture() {
    let camera = camera(vec![[STREAM, &part(&picture(1))].concat()], Then::Close);
    let mut source = opened(&stream(camera.port));
    assert_eq!(number(&next(source.as_mut())), 1);
    let told = source.next_frame(LONG).unwrap_err().to_string();
    let expect =
        format!("camera gate: http://127.0.0.1:{}/picture has ended the stream; if this repeats,", camera.port);
    assert!(told.starts_with(&expect), "{told}");
}

#[test]
fn a_stream_cut_in_the_middle_of_a_picture_shows_no_half_picture() {
    let whole = part(&picture(1));
    let camera = camera(vec![STREAM.to_vec(), whole[..whole.len() / 2].to_vec()], Then::Close);
    let mut source = opened(&stream(camera.port));
    let error = source.next_frame(LONG).unwrap_err();
    assert!(matches!(error, SourceError::Http { .. }), "{error}");
    assert_eq!(source.tally(), Tally { damaged: 1, ..Tally::default() });
}

#[test]
fn a_stop_ends_opening_and_waiting_without_an_error() {
    let silent = Camera::start(|_, _| Then::Freeze);
    let frozen = camera(vec![STREAM.to_vec()], Then::Freeze);
    for port in [silent.port, frozen.port] {
        let opening = opening();
        let waiter = std::thread::spawn({
            let opening = opening.clone();
            move || {
                open(&stream(port), &opening)
                    .and_then(|mut source| source.next_frame(LONG))
                    .map(|frame| frame.is_none())
            }
        });
        std::thread::park_timeout(Duration::from_millis(100));
        opening.stop.request();
        assert!(matches!(waiter.join().unwrap(), Ok(true)));
        assert!(opening.clock.elapsed() < LONG / 2);
    }
}

#[test]
fn a_real_encoder_and_server_are_understood() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let video = "testsrc2=size=320x240:rate=10";
    let mut ffmpeg = Command::new("ffmpeg")
        .args(["-hide_banner", "-re", "-f", "lavfi", "-i", video, "-t", "20", "-f", "mpjpeg", "-listen", "1"])
        .args(["-content_type", "multipart/x-mixed-replace;boundary=ffmpeg"])
        .arg(format!("http://127.0.0.1:{port}/picture"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffmpeg is installed (Debian package ffmpeg)");
    let mut log = BufReader::new(ffmpeg.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(log.any(|line| line.starts_with("Input #0")), "it has started");
    let mut source = wait_for(port);
    for _ in 0..5 {
        assert_eq!(next(source.as_mut()).image.dimensions(), (320, 240));
    }
    assert_eq!(source.tally().damaged, 0);
    drop(ffmpeg.kill());
    drop(ffmpeg.wait());
}

/// It listens only once its input is open.
fn wait_for(port: u16) -> Box<dyn gatelpr::camera::FrameSource> {
    let opening = Opening { patience: Duration::from_secs(5), ..opening() };
    loop {
        match open(&stream(port), &opening) {
            Ok(source) => return source,
            Err(error) => assert!(opening.clock.elapsed() < LONG, "{error}"),
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
}
