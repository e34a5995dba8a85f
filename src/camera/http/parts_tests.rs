use proptest::prelude::*;

use super::*;

/// Bytes that are like a picture's: line ends and dashes among them.
const PICTURE: &[u8] = b"\xFF\xD8a\r\n--b\n-\r\n\r\n--\xFF\xD9";

#[track_caller]
fn check(content_type: &str, stream: &[u8], expect: &[&[u8]]) {
    for step in [1, 2, 3, 7, stream.len()] {
        let mut parts = Parts::of_content_type(content_type).expect("a stream of parts");
        let found: Vec<Part> = stream.chunks(step).flat_map(|chunk| parts.push(chunk)).collect();
        let expect: Vec<Part> = expect.iter().map(|part| Part::Whole(part.to_vec())).collect();
        assert_eq!(found, expect, "in steps of {step}");
    }
}

fn measured(start: &str, picture: &[u8], end: &str) -> Vec<u8> {
    let head = format!("{start}\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", picture.len());
    [head.as_bytes(), picture, end.as_bytes()].concat()
}

fn unmeasured(start: &str, picture: &[u8]) -> Vec<u8> {
    [start.as_bytes(), b"\r\nContent-Type: image/jpeg\r\n\r\n", picture, b"\r\n"].concat()
}

#[test]
fn parts_with_a_length_are_taken_by_it() {
    let stream = [measured("--cam", PICTURE, "\r\n"), measured("--cam", b"two", "\r\n--cam--\r\n")].concat();
    check("multipart/x-mixed-replace; boundary=cam", &stream, &[PICTURE, b"two"]);
}

#[test]
fn parts_without_a_length_last_until_the_boundary() {
    let stream = [unmeasured("--camera", PICTURE), unmeasured("--camera", b"two"), b"--camera\r\n".to_vec()].concat();
    check("multipart/x-mixed-replace; boundary=camera", &stream, &[PICTURE, b"two"]);
}

#[test]
fn boundaries_are_known_however_they_are_declared() {
    let stream = [unmeasured("--myboundary", b"one"), unmeasured("--myboundary", b"two")].concat();
    for boundary in ["myboundary", "--myboundary", "\"myboundary\"", "\"--myboundary\"; charset=x", " myboundary "] {
        check(&format!("Multipart/X-Mixed-Replace;boundary={boundary}"), &stream, &[b"one"]);
    }
    check("multipart/x-mixed-replace", &stream, &[b"one"]);
    check("multipart/x-mixed-replace;charset=utf-8; BOUNDARY=myboundary", &stream, &[b"one"]);
}

#[test]
fn boundaries_are_known_however_they_are_sent() {
    for start in ["myboundary", "--myboundary", "----myboundary", "--myboundary "] {
        let stream = [unmeasured(start, b"one"), unmeasured(start, b"two"), measured(start, b"three", "")].concat();
        check("multipart/x-mixed-replace; boundary=--myboundary", &stream, &[b"one", b"two", b"three"]);
    }
}

#[test]
fn a_short_boundary_without_dashes_does_not_cut_a_picture() {
    let stream = [unmeasured("--b", b"a\nb\nb\r\nc"), b"--b\r\n".to_vec()].concat();
    check("multipart/x-mixed-replace; boundary=b", &stream, &[b"a\nb\nb\r\nc"]);
}

#[test]
fn bare_line_feeds_text_in_front_and_missing_line_ends_are_read() {
    let stream = b"hello\nworld\n\n--cam\nContent-Type: image/jpeg\n\none\n--cam\ncontent-length:3\n\ntwo--cam\n\nthree\n--cam\n";
    check("multipart/x-mixed-replace; boundary=cam", stream, &[b"one", b"two", b"three"]);
}

#[test]
fn empty_parts_and_text_between_pictures_are_no_pictures() {
    let mut stream = measured("--cam", b"", "\r\n");
    stream.extend_from_slice(b"--cam\r\nContent-Type: text/plain\r\n\r\nmotion\r\n");
    stream.extend(measured("--cam", b"one", "\r\n"));
    check("multipart/x-mixed-replace; boundary=cam", &stream, &[b"one"]);
}

#[test]
fn a_wrong_length_costs_one_picture_and_not_the_stream() {
    let short = b"--cam\r\nContent-Length: 3\r\n\r\none and more\r\n";
    let stream = [&short[..], &measured("--cam", b"two", "\r\n")].concat();
    check("multipart/x-mixed-replace; boundary=cam", &stream, &[b"one", b"two"]);
    let no_number = b"--cam\r\nContent-Length: many\r\n\r\none\r\n--cam\r\n";
    check("multipart/x-mixed-replace; boundary=cam", no_number, &[b"one"]);
}

#[test]
fn a_part_beyond_the_bound_is_skipped_and_the_next_one_is_read() {
    let large = vec![b'\n'; MAX_PART + 1000];
    for stream in [measured("--cam", &large, "\r\n"), unmeasured("--cam", &large)] {
        let mut parts = Parts::of_content_type("multipart/x-mixed-replace; boundary=cam").expect("parts");
        let stream = [stream, measured("--cam", b"two", "")].concat();
        let mut found = Vec::new();
        for chunk in stream.chunks(1 << 16) {
            found.extend(parts.push(chunk));
            assert!(parts.held.len() <= MAX_PART + (1 << 16));
        }
        // Compared without printing: one of them would be 16 MiB.
        assert!(found == [Part::TooLarge, Part::Whole(b"two".to_vec())], "{} parts", found.len());
    }
}

#[test]
fn an_endless_head_or_gap_is_not_kept() {
    let mut parts = Parts::of_content_type("multipart/x-mixed-replace; boundary=cam").expect("parts");
    for _ in 0..1000 {
        assert_eq!(parts.push(&[b'x'; 1000]), []);
        assert!(parts.held.len() <= MAX_HEAD);
    }
    let mut found = parts.push(b"\n--cam\r\n");
    for _ in 0..1000 {
        found.extend(parts.push(b"X-Header: something\r\n"));
    }
    assert_eq!(found, [Part::TooLarge]);
}

#[test]
fn what_is_left_at_the_end_is_given_out_once() {
    let mut parts = Parts::of_content_type("multipart/x-mixed-replace; boundary=cam").expect("parts");
    assert_eq!(parts.push(b"--cam\r\n\r\none"), []);
    assert_eq!(parts.rest(), Some(Part::Whole(b"one".to_vec())));
    assert_eq!(parts.rest(), None);
}

#[test]
fn other_content_types_are_no_stream_of_parts() {
    for content_type in ["", "image/jpeg", "text/html; boundary=x", "multipart", "é"] {
        assert!(Parts::of_content_type(content_type).is_none(), "{content_type}");
    }
}

proptest! {
    #[test]
    fn any_pictures_come_out_as_they_went_in(
        pictures in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..200), 1..6),
        with_length: bool,
        step in 1..64_usize,
    ) {
        let mut stream = Vec::new();
        for picture in &pictures {
            stream.extend(if with_length { measured("--cut-here", picture, "\r\n") } else { unmeasured("--cut-here", picture) });
        }
        stream.extend_from_slice(b"--cut-here--\r\n");
        let mut parts = Parts::of_content_type("multipart/x-mixed-replace; boundary=cut-here").expect("parts");
        let found: Vec<Part> = stream.chunks(step).flat_map(|chunk| parts.push(chunk)).collect();
        let expect: Vec<Part> = pictures.into_iter().map(Part::Whole).collect();
        prop_assert_eq!(found, expect);
    }

    #[test]
    fn any_bytes_in_any_steps_never_panic_and_give_the_same_parts(
        pieces in proptest::collection::vec(prop_oneof![
            Just(b"--b".to_vec()), Just(b"b".to_vec()), Just(b"\r\n".to_vec()), Just(b"\n".to_vec()), Just(b"--".to_vec()),
            Just(b"Content-Length: 5\r\n".to_vec()), Just(b"Content-Type: text/x\n".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..9),
        ], 0..60),
        step in 1..40_usize,
    ) {
        let stream = pieces.concat();
        let mut whole = Parts::of_content_type("multipart/x-mixed-replace; boundary=b").expect("parts");
        let mut steps = Parts::of_content_type("multipart/x-mixed-replace; boundary=b").expect("parts");
        let in_steps: Vec<Part> = stream.chunks(step).flat_map(|chunk| steps.push(chunk)).collect();
        prop_assert_eq!(whole.push(&stream), in_steps);
    }
}
