//! How a camera fails, what is said of it then, and how it comes back.

use gatelpr::camera::{SourceSettings, open};
use gatelpr::stop::Stop;

use super::{settings, tcp, with_ffmpeg};
use crate::support::gate::{Gate, STALL, opening};
use crate::support::process::{children_with, signal};
use crate::support::rtsp_server::{RtspServer, free_port};
use crate::support::tcp_proxy::{Passage, TcpProxy};

/// Enough for the answers to DESCRIBE, SETUP and PLAY, and for some frames.
const SOME_FRAMES: usize = 30_011;

/// Why it cannot be opened.
fn refusal(settings: &SourceSettings) -> String {
    open(settings, &opening(&Stop::default())).err().expect("it cannot be opened").to_string()
}

#[test]
fn what_cannot_be_opened_is_told_with_what_to_do() {
    let server = RtspServer::start(&["vp8=vp8", "sound=sound", "chroma=h264-422"]);
    let check = |name: &str, expect: &str| {
        let said = refusal(&tcp(&server.url(name)));
        let start = format!("camera gate: {} {expect}", server.url(name));
        assert!(said.starts_with(&start), "{said}");
    };
    check("elsewhere", "is not known to the camera (404); check the path in `url`");
    check("vp8", "sends VP8 video; choose H.264, H.265 or MJPEG in the camera's settings");
    check("sound", "has no video; check the path in `url`");
    check("chroma", "sends H.264 video with 4:2:2 colour; choose profile Main in the camera's settings");
    let closed = refusal(&tcp(&format!("rtsp://127.0.0.1:{}/a", free_port())));
    assert!(
        closed.contains("cannot be reached (Connection refused (os error 111)); check address and port"),
        "{closed}"
    );
}

#[test]
fn a_server_that_is_killed_is_noticed_at_once_and_read_again_when_it_is_back() {
    let mut server = RtspServer::start(&["a=h264"]);
    let mut gate = Gate::watch(tcp(&server.url("a")));
    gate.frame();
    server.kill();
    let lost = gate.until_lost();
    assert!(lost.contains("has closed the connection") || lost.contains("cannot be reached"), "{lost}");
    server.restart();
    assert!(gate.until_back(5).reopened > 0);
}

#[test]
fn a_server_that_stops_silently_is_lost_after_the_frame_deadline_and_read_again_when_it_goes_on() {
    let server = RtspServer::start(&["a=h264"]);
    let mut gate = Gate::watch(tcp(&server.url("a")));
    gate.frame();
    server.freeze();
    let lost = gate.until_lost();
    assert_eq!(lost, "camera gate: no frame for 2.0 s; check that the camera is powered and connected");
    let age = gate.report().last_frame_age.unwrap();
    assert!((STALL..3 * STALL).contains(&age), "noticed after {age:?}");
    server.thaw();
    assert!(gate.until_back(5).reopened > 0);
}

#[test]
fn a_camera_that_asks_something_itself_goes_on_being_read() {
    let server = RtspServer::start(&["a=h264"]);
    let proxy = TcpProxy::before(server.port, vec![Passage::AsksEvery(20)]);
    let mut gate = Gate::watch(tcp(&format!("rtsp://127.0.0.1:{}/a", proxy.port)));
    let report = gate.until(|report| report.captured > 60 || report.reopened > 0);
    assert_eq!((report.reopened, report.last_error), (0, None));
}

#[test]
fn half_a_frame_is_never_shown_and_the_stream_is_read_again() {
    let server = RtspServer::start(&["a=mjpeg"]);
    let cuts = vec![Passage::ClosedAfter(SOME_FRAMES), Passage::SilentAfter(SOME_FRAMES), Passage::ClosedAfter(200)];
    let proxy = TcpProxy::before(server.port, cuts);
    let mut gate = Gate::watch(tcp(&format!("rtsp://127.0.0.1:{}/a", proxy.port)));
    let report = gate.until(|report| report.reopened == 3 && report.captured > 20);
    assert_eq!(report.tally.damaged, 0, "what is cut off is no picture");
}

#[test]
fn a_stream_without_another_key_frame_begins_again_after_a_loss() {
    let server = RtspServer::with(&["a=h264-one-key"], &[("RTSP_DROP_EVERY", "40")]);
    let mut gate = Gate::watch(tcp(&server.url("a")));
    gate.frame();
    let lost = gate.until_lost();
    assert!(lost.contains("sends video but no key frame for"), "{lost}");
}

#[test]
fn an_ffmpeg_that_dies_or_hangs_is_replaced() {
    let server = RtspServer::start(&["a=h265"]);
    // Its own options tell this test's children from those of others.
    let mut gate = Gate::watch(with_ffmpeg(&server.url("a"), &["-max_alloc", "1234567890"]));
    for (name, expect) in [("-KILL", "because ffmpeg ended (signal: 9 (SIGKILL)"), ("-STOP", "for 2.0 s")] {
        gate.until_back(5);
        let children = children_with("1234567890");
        assert_eq!(children.len(), 1, "{children:?}");
        signal(children[0], name);
        let lost = gate.until_lost();
        assert!(lost.contains(expect), "{lost}");
        gate.until_back(5);
        assert!(!children_with("1234567890").contains(&children[0]), "the old one is gone");
    }
    gate.end();
    assert_eq!(children_with("1234567890"), Vec::<u32>::new(), "none is left behind");
}

#[test]
fn options_that_ffmpeg_does_not_know_are_told_in_its_words() {
    let server = RtspServer::start(&["a=h264"]);
    let said = refusal(&with_ffmpeg(&server.url("a"), &["-no_such_option", "1"]));
    assert!(said.contains("ffmpeg ended (") && said.contains("no_such_option"), "{said}");
}

#[test]
fn a_stop_does_not_wait_for_a_camera_that_does_not_answer() {
    let server = RtspServer::start(&["a=h264"]);
    let mut gate = Gate::watch(SourceSettings::Rtsp(settings(&server.url("a"))));
    gate.frame();
    server.freeze();
    let (took, _) = gate.end();
    assert!(took < STALL, "{took:?}");
    server.thaw();
}
