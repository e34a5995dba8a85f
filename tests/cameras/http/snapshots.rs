//! Pictures that are asked for one by one.

use std::time::Duration;

use gatelpr::camera::{Opening, SourceError, Tally, open};

use super::camera_server::{Camera, Then, picture, send, whole};
use super::{LONG, SHORT, http, next, number, opened, opening, snapshots};

#[test]
fn a_camera_is_asked_at_the_pace_of_the_config_on_one_connection() {
    let camera = Camera::start(|_, stream| {
        send(stream, &whole("image/jpeg", &picture(5)));
        Then::Keep
    });
    let mut source = opened(&snapshots(http(camera.port), 20.0));
    // The same bytes each time, and each of them is a frame: the camera works.
    let frames: Vec<_> = (0..8).map(|_| next(source.as_mut())).collect();
    assert!(frames.windows(2).all(|pair| pair[0].captured_at.elapsed < pair[1].captured_at.elapsed));
    let requests = camera.requests();
    let lasted = requests[7].at - requests[0].at;
    assert!(lasted >= Duration::from_millis(320), "{lasted:?} for seven periods of 50 ms");
    assert!(requests.iter().all(|request| request.connection == 0), "{requests:#?}");
    assert_eq!(source.stream().to_string(), "JPEG 64x48");
}

#[test]
fn a_slow_camera_is_asked_again_as_soon_as_it_has_answered_and_never_twice() {
    let camera = Camera::start(|_, stream| {
        std::thread::park_timeout(Duration::from_millis(100));
        send(stream, &whole("application/octet-stream", &picture(5)));
        Then::Keep
    });
    let mut source = opened(&snapshots(http(camera.port), 240.0));
    (0..5).for_each(|_| drop(next(source.as_mut())));
    let requests = camera.requests();
    assert_eq!(requests.len(), 5);
    assert!(requests.windows(2).all(|pair| pair[1].at - pair[0].at >= Duration::from_millis(100)), "{requests:#?}");
}

#[test]
fn a_damaged_answer_is_skipped_and_the_next_one_is_shown() {
    let camera = Camera::start(|request, stream| {
        let whole = whole("image/jpeg", &picture(6));
        match request.number {
            0 => send(stream, &whole[..whole.len() - 100]),
            1 => send(stream, &super::camera_server::whole("image/jpeg", &picture(6)[..300])),
            2 => send(stream, &super::camera_server::whole("image/jpeg", b"")),
            _ => send(stream, &whole),
        }
        Then::Close
    });
    let mut source = opened(&snapshots(http(camera.port), 100.0));
    assert_eq!(number(&next(source.as_mut())), 6);
    assert_eq!(source.tally(), Tally { damaged: 3, ..Tally::default() });
}

#[test]
fn a_camera_that_closes_the_connection_it_agreed_to_keep_is_asked_again_at_once() {
    let camera = Camera::start(|_, stream| {
        // No word of closing in the answer, as many cameras have it.
        send(stream, &whole("image/jpeg", &picture(6)));
        Then::Close
    });
    let mut source = opened(&snapshots(http(camera.port), 200.0));
    (0..50).for_each(|_| drop(next(source.as_mut())));
    assert_eq!(source.tally(), Tally::default());
}

#[test]
fn an_answer_that_stops_in_the_middle_is_silence_at_the_deadline() {
    let camera = Camera::start(|request, stream| {
        let whole = whole("image/jpeg", &picture(6));
        let end = if request.number == 0 { whole.len() } else { whole.len() / 2 };
        send(stream, &whole[..end]);
        if request.number == 0 { Then::Keep } else { Then::Freeze }
    });
    let opening = opening();
    let mut source = open(&snapshots(http(camera.port), 100.0), &opening).unwrap();
    next(source.as_mut());
    let before = opening.clock.elapsed();
    let silent = source.next_frame(SHORT);
    assert!(matches!(silent, Err(SourceError::Silent { .. })), "{silent:?}");
    assert!(opening.clock.elapsed() - before < LONG / 10);
}

#[test]
fn damaged_answers_without_end_are_silence() {
    let camera = Camera::that_says(whole("image/jpeg", &picture(6)[..300]));
    let mut source = opened(&snapshots(http(camera.port), 50.0));
    let silent = source.next_frame(SHORT);
    assert!(matches!(silent, Err(SourceError::Silent { .. })), "{silent:?}");
    assert!(source.tally().damaged > 3);
}

#[test]
fn a_period_longer_than_the_patience_is_no_silence() {
    let camera = Camera::that_says(whole("image/jpeg", &picture(6)));
    let opening = Opening { patience: SHORT, ..opening() };
    let mut source = open(&snapshots(http(camera.port), 0.05), &opening).unwrap();
    for _ in 0..3 {
        assert!(source.next_frame(SHORT).unwrap().is_some());
    }
}

#[test]
fn a_stop_ends_the_pause_between_two_pictures() {
    let camera = Camera::that_says(whole("image/jpeg", &picture(6)));
    let opening = opening();
    let mut source = open(&snapshots(http(camera.port), 0.01), &opening).unwrap();
    next(source.as_mut());
    opening.stop.request();
    assert!(source.next_frame(LONG).unwrap().is_none());
}
