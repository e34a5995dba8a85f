//! The console of a running daemon: every question that its pages ask, while a drawn recording plays again and again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use gatelpr::stop::Stop;
use serde_json::Value;

use crate::daemon::{Daemon, config};
use crate::support::{IndependentSubscriber, Mosquitto, PATIENCE, free_port};
use crate::{GATELPR, sample_clip};

/// A daemon with a console, and whoever listens to its broker.
struct Gate {
    port: u16,
    file: PathBuf,
    daemon: Daemon,
    subscriber: IndependentSubscriber,
    _broker: Mosquitto,
    _folder: tempfile::TempDir,
}

/// An answer.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, 200, "{text}");
        serde_json::from_str(&text).expect("it is JSON")
    }

    #[track_caller]
    fn text(&self) -> String {
        let text = String::from_utf8(self.body.clone()).expect("a text");
        assert_eq!(self.status, 200, "{text}");
        text
    }

    #[track_caller]
    fn picture(&self) -> image::DynamicImage {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        image::load_from_memory(&self.body).expect("it is a picture")
    }
}

impl Gate {
    fn start() -> Self {
        let (broker, folder) = (Mosquitto::start(), tempfile::tempdir().expect("a temporary folder"));
        let (clip, port) = (sample_clip(folder.path()), free_port());
        let tables = format!(
            "[console]\nlisten = \"127.0.0.1:{port}\"\nmay_save = true\n[evidence]\ndirectory = \"{evidence}\"\n\
             [[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{clip}'\nrepeat = true\n\
             # the only one\n[[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nzone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]\n",
            evidence = folder.path().join("evidence").display(),
            clip = clip.display()
        );
        let file = config(folder.path(), broker.port, &tables);
        let subscriber = IndependentSubscriber::start(broker.port);
        let daemon = Daemon::start(&file);
        Self { port, file, daemon, subscriber, _broker: broker, _folder: folder }
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "").expect("the console answers")
    }

    /// Says something that changes the gate, as a page does.
    fn tell(&self, method: &str, path: &str, body: &str) -> Answer {
        let csrf = self.get("/api/session").json()["csrf"].as_str().expect("a token").to_owned();
        let headers = format!("Origin: http://127.0.0.1:{}\r\nX-CSRF-Token: {csrf}\r\n", self.port);
        self.send(method, path, &headers, body).expect("the console answers")
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let (port, length) = (self.port, body.len());
        // What speaks HTTP/1.0 is answered in one piece.
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let status = String::from_utf8_lossy(&answer[..end]).split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok(Answer { status: status.ok_or(std::io::ErrorKind::InvalidData)?, body: answer[end + 4..].to_vec() })
    }

    /// The answer to a question, asked again and again until it is enough.
    fn wait_for(&self, path: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let pause = Duration::from_millis(100);
        let mut last = None;
        for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
            let answer = self.send("GET", path, "", "");
            last = answer.ok().filter(|answer| answer.status == 200).map(|answer| answer.json());
            if let Some(enough) = last.as_ref().filter(|answer| enough(answer)) {
                return enough.clone();
            }
            assert!(!Stop::default().wait(pause));
        }
        panic!("after {PATIENCE:?} {path} says only {last:?}");
    }
}

#[test]
fn a_gate_at_work_answers_what_its_pages_ask() {
    let mut gate = Gate::start();
    gate.subscriber.wait_for("lane/lane-1/passage", |payloads| !payloads.is_empty());
    let session = gate.get("/api/session").json();
    assert_eq!(session["lanes"], serde_json::json!([{ "name": "lane-1", "camera": "c" }]));
    assert_eq!((&session["signed_in"], &session["may_save"]), (&true.into(), &true.into()));
    assert!(String::from_utf8_lossy(&gate.get("/").body).contains("<html"));
    let live = gate.wait_for("/api/lanes/lane-1/live", |live| live["tracks"][0]["text"].is_string());
    assert_eq!(live["zone"][0], serde_json::json!([0.15, 0.4]));
    let (width, height) = (&live["picture"]["width"], &live["picture"]["height"]);
    let picture = gate.get("/api/cameras/c/picture.jpg?width=1920").picture();
    assert_eq!((width, height), (&picture.width().into(), &picture.height().into()));
    let health = gate.wait_for("/api/health", |health| health["ready"] == true);
    assert_eq!(health["cameras"][0]["state"], "running");
    assert_eq!(gate.get("/readyz").text(), "ready\n");
    assert_eq!(gate.get("/healthz").text(), "ok\n");
    let metrics = gate.get("/metrics").text();
    assert!(metrics.contains("gatelpr_camera_frames_total{camera=\"c\"}"), "{metrics}");
    let checks = gate.wait_for("/api/lanes/lane-1/setup", |setup| setup["checks"][0]["value"].is_number());
    assert_eq!(checks["checks"].as_array().map(Vec::len), Some(7));
    gate.daemon.stop();
}

#[test]
fn what_passed_is_shown_corrected_and_found_again() {
    let mut gate = Gate::start();
    gate.subscriber.wait_for("lane/lane-1/passage", |payloads| !payloads.is_empty());
    let page = gate.wait_for("/api/passages", |page| page["passages"][0]["pictures"]["plate"].is_string());
    let passage = &page["passages"][0];
    for kind in ["plate", "scene"] {
        let address = passage["pictures"][kind].as_str().expect("an address");
        gate.wait_for_picture(address);
    }
    let id = passage["event_id"].as_str().expect("an id");
    let corrected = gate.tell("POST", &format!("/api/passages/{id}/correction"), r#"{"text":"34A-999.99"}"#).json();
    assert_eq!((&corrected["status"], &corrected["plate"]["text"]), (&"amended".into(), &"34A99999".into()));
    let told = |payloads: &[String]| payloads.iter().any(|json| json.contains(id) && json.contains("34A99999"));
    gate.subscriber.wait_for("lane/lane-1/passage", told);
    let found = gate.get("/api/archive?plate=34A99*9").json();
    assert_eq!(found["passages"][0]["event_id"], id);
    let table = gate.get("/api/archive/export.csv?plate=34A99*9").text();
    assert_eq!(table.lines().count(), 2, "{table}");
    let revisions = gate.get(&format!("/api/passages/{id}")).json();
    assert!(revisions["revisions"].as_array().is_some_and(|revisions| revisions.len() >= 2), "{revisions}");
    gate.daemon.stop();
}

impl Gate {
    /// A picture that is written soon after its event.
    fn wait_for_picture(&self, address: &str) {
        for _ in 0..100 {
            let answer = self.get(address);
            if answer.status == 200 {
                answer.picture();
                return;
            }
            assert!(!Stop::default().wait(Duration::from_millis(100)));
        }
        panic!("{address} is not there");
    }
}

#[test]
fn a_zone_that_is_saved_is_in_the_file_and_in_use() {
    let mut gate = Gate::start();
    gate.subscriber.wait_for("/status", |payloads| !payloads.is_empty());
    gate.wait_for("/api/lanes/lane-1/live", |live| live["picture"].is_object());
    let drawn = r#"{"points":[[0.1,0.3],[0.8,0.3],[0.8,1],[0.1,1]]}"#;
    assert!(gate.tell("POST", "/api/lanes/lane-1/zone", drawn).json()["toml"].as_str().is_some());
    gate.tell("PUT", "/api/lanes/lane-1/zone", drawn).json();
    let text = std::fs::read_to_string(&gate.file).expect("it is there");
    assert!(
        text.contains("# the only one\n") && text.contains("zone = [[0.1, 0.3], [0.8, 0.3], [0.8, 1.0], [0.1, 1.0]]"),
        "{text}"
    );
    gate.wait_for("/api/lanes/lane-1/live", |live| live["zone"][0] == serde_json::json!([0.1, 0.3]));
    gate.daemon.stop();
}

#[test]
fn a_password_is_read_from_the_input_and_only_its_hash_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("hash");
    let make = |password: &str| {
        let mut command = Command::new(GATELPR);
        command
            .args(["console", "password"])
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn().expect("the binary starts");
        process.stdin.take().expect("it is piped").write_all(password.as_bytes()).expect("it reads");
        process.wait_with_output().expect("it ends")
    };
    let short = make("short\n");
    assert_eq!((short.status.code(), file.exists()), (Some(2), false));
    let made = make("a good long password\n");
    let hash = std::fs::read_to_string(&file).expect("it is there");
    assert!(made.status.success() && hash.starts_with("$argon2id$"), "{hash}");
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(said.contains("password_hash_file = ") && !said.contains("good long"), "{said}");
}
