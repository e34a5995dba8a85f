//! Ten thousand openings that fail and some that succeed: what the process holds stays the same.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::{env, thread};

use gatelpr::camera::{SourceSettings, Transport, open};
use gatelpr::stop::Stop;

use super::{over, tcp};
use crate::holdings::Holdings;
use crate::support::gate::{STALL, opening};
use crate::support::process::zombies;
use crate::support::rtsp_server::{RtspServer, free_port};

/// Set in the process that this test has to itself.
const ALONE: &str = "GATELPR_TEST_ALONE";
const THIS_TEST: &str = "rtsp::cycles::ten_thousand_openings_leave_nothing_behind";

/// A camera that answers each connection's first request so, and closes.
fn camera_that_answers(status: &'static str) -> SourceSettings {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let lines = BufReader::new(client.try_clone().unwrap()).lines();
            // A request ends with an empty line.
            let ends = lines.map_while(Result::ok).any(|line| line.is_empty());
            assert!(ends, "a request");
            write!(client, "RTSP/1.0 {status}\r\nCSeq: 1\r\n\r\n").unwrap();
        }
    });
    tcp(&format!("rtsp://127.0.0.1:{port}/a"))
}

/// Opens it so often; it fails each time.
fn fail(settings: &SourceSettings, times: usize) {
    let opening = opening(&Stop::default());
    for _ in 0..times {
        assert!(open(settings, &opening).is_err());
    }
}

/// Opens it so often, and takes two frames each time.
fn succeed(settings: &SourceSettings, times: usize) {
    let opening = opening(&Stop::default());
    for _ in 0..times {
        let mut source = open(settings, &opening).unwrap();
        for _ in 0..2 {
            assert!(source.next_frame(STALL).unwrap().is_some());
        }
    }
}

fn ten_thousand_openings() {
    let server = RtspServer::start(&["a=h264", "b=h265"]);
    let closed = tcp(&format!("rtsp://127.0.0.1:{}/a", free_port()));
    let answers = ["401 Unauthorized", "404 Not Found", "500 Internal Server Error"].map(camera_that_answers);
    let streams =
        [over(Transport::Tcp, &server.url("a")), over(Transport::Udp, &server.url("a")), tcp(&server.url("b"))];
    let round = |closings, refusals, openings| {
        fail(&closed, closings);
        answers.iter().for_each(|settings| fail(settings, refusals));
        streams.iter().for_each(|settings| succeed(settings, openings));
    };
    // The allocator and the runtime take what they need once.
    round(500, 50, 2);
    let before = Holdings::own();
    round(9_190, 250, 20);
    let after = Holdings::own();
    assert!(after.descriptors <= before.descriptors, "{before:?} {after:?}");
    assert!(after.threads <= before.threads, "{before:?} {after:?}");
    assert_eq!(zombies(), 0, "children that nobody waited for");
    assert!(after.memory_kib <= before.memory_kib + 4096, "{before:?} {after:?}");
    // For whoever runs this test with --nocapture.
    let mut shown = std::io::stderr();
    writeln!(shown, "before {before:?}\nafter  {after:?}").unwrap();
}

#[test]
fn ten_thousand_openings_leave_nothing_behind() {
    if env::var_os(ALONE).is_some() {
        return ten_thousand_openings();
    }
    // Other tests open and close files in this process meanwhile, so it is done in another.
    let mut alone = Command::new(env::current_exe().unwrap());
    let ended = alone.args([THIS_TEST, "--exact", "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned() + &String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
}
