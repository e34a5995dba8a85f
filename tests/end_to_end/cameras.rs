//! A camera that fails and comes back, as an integrator sees it: the daemon, a real RTSP server, a real broker.

use serde_json::Value;

use crate::broker::check_schema;
use crate::daemon::{Daemon, config};
use crate::rtsp_server::RtspServer;
use crate::support::{IndependentSubscriber, Mosquitto};

/// The camera in the newest report, once it is as `expected` says.
fn camera_once(subscriber: &mut IndependentSubscriber, expected: impl Fn(&Value) -> bool) -> Value {
    let camera = |payload: &String| {
        let report: Value = serde_json::from_str(payload).expect("a report is JSON");
        report["cameras"][0].clone()
    };
    let seen = subscriber.wait_for("/health", |payloads| payloads.last().is_some_and(|last| expected(&camera(last))));
    camera(seen.last().expect("there is one"))
}

fn is(state: &'static str) -> impl Fn(&Value) -> bool {
    move |camera| camera["state"] == state
}

#[test]
fn a_camera_that_hangs_or_restarts_is_told_in_health_and_read_again_without_a_restart() {
    let broker = Mosquitto::start();
    let mut server = RtspServer::with(&["gate=h264"], &[("RTSP_AUTH", "gate:geheim")]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("password"), "geheim\n").expect("the folder is writable");
    let tables = format!(
        "[[camera]]\nname = \"c\"\nstall_timeout_s = 2\n[camera.source.rtsp]\nurl = \"{}\"\nusername = \"gate\"\n\
         password_file = \"password\"\n[[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nanalyse = \"trigger\"\n",
        server.url("gate")
    );
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let mut daemon = Daemon::start(&config(folder.path(), broker.port, &tables));
    let running = camera_once(&mut subscriber, |camera| is("running")(camera) && camera["picture"].is_object());
    assert_eq!((&running["codec"], &running["size_px"]), (&"H.264".into(), &serde_json::json!([320, 240])));
    server.freeze();
    let lost = camera_once(&mut subscriber, is("lost"));
    assert!(lost["last_error"].as_str().is_some_and(|error| error.contains("no frame for")), "{lost:#}");
    server.thaw();
    camera_once(&mut subscriber, is("running"));
    server.kill();
    camera_once(&mut subscriber, is("lost"));
    server.restart();
    let back = camera_once(&mut subscriber, is("running"));
    assert!(back["reopened"].as_u64().is_some_and(|times| times >= 2), "{back:#}");
    daemon.stop();
    let told = format!("{}{}", daemon.log, subscriber.everything());
    assert!(daemon.log.contains("camera lost") && daemon.log.contains("camera back"), "{}", daemon.log);
    subscriber.payloads("/health").iter().for_each(|report| check_schema(report, "docs/schemas/health.schema.json"));
    assert!(!told.contains("geheim"), "no password is told anywhere: {told}");
}
