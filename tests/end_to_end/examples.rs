//! The example subscribers under docs/examples, each run against the real daemon and a real broker.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use gatelpr::proof::{Canonical, DeviceKey};
use serde_json::Value;

use crate::daemon::{Daemon, config};
use crate::support::{IndependentSubscriber, Mosquitto, PATIENCE};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples");

/// One of the examples, running.
struct Example {
    process: Child,
    /// What it prints, and "listening" where it says so.
    lines: Receiver<String>,
    seen: Vec<Value>,
}

/// In which language.
#[derive(Debug, Clone, Copy)]
enum Language {
    Python,
    JavaScript,
}

impl Language {
    fn command(self) -> Command {
        match self {
            Self::Python => {
                // Debian's own, for which Debian's packages are.
                let mut command = Command::new("/usr/bin/python3");
                command.arg("-B").arg(Path::new(EXAMPLES).join("subscriber.py"));
                command
            }
            Self::JavaScript => {
                let mut command = Command::new("node");
                command.arg(installed().join("subscriber.mjs"));
                command
            }
        }
    }
}

/// The JavaScript example in a folder below target/, with the packages that its lock file pins.
fn installed() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().expect("nobody panics holding it");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    std::fs::create_dir_all(&folder).expect("target/ is writable");
    let same = |name: &str| {
        let read = |folder: &Path| std::fs::read(folder.join(name)).ok();
        read(&folder) == read(Path::new(EXAMPLES))
    };
    let complete = folder.join("node_modules/mqtt").exists() && same("package-lock.json");
    for name in ["subscriber.mjs", "package.json", "package-lock.json"] {
        std::fs::copy(Path::new(EXAMPLES).join(name), folder.join(name)).expect("target/ is writable");
    }
    if !complete {
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
        let npm = Command::new("npm").args(arguments).current_dir(&folder).output().expect("npm is installed");
        assert!(npm.status.success(), "npm ci: {}", String::from_utf8_lossy(&npm.stderr));
    }
    folder
}

impl Example {
    /// Starts it and waits until it is subscribed.
    fn start(language: Language, port: u16, arguments: &[&str]) -> Self {
        let mut command = language.command();
        command.args(["--port", &port.to_string()]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{language:?} is not installed: {error}"));
        let (sender, lines) = channel();
        let (printed, said) = (process.stdout.take().expect("piped"), process.stderr.take().expect("piped"));
        let other = sender.clone();
        std::thread::spawn(move || {
            BufReader::new(printed).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        std::thread::spawn(move || {
            BufReader::new(said).lines().map_while(Result::ok).try_for_each(|line| other.send(line))
        });
        let mut example = Self { process, lines, seen: Vec::new() };
        while example.line() != "listening" {}
        example
    }

    fn line(&mut self) -> String {
        let line = self.lines.recv_timeout(PATIENCE);
        let line = line.unwrap_or_else(|_| panic!("nothing more after {:#?}", self.seen));
        if let Ok(report) = serde_json::from_str(&line) {
            self.seen.push(report);
        }
        line
    }

    /// The reports of that kind, as soon as they are so many.
    fn wait_for(&mut self, kind: &str, count: usize) -> Vec<Value> {
        loop {
            let found: Vec<Value> = self.seen.iter().filter(|report| report["kind"] == kind).cloned().collect();
            if found.len() >= count {
                return found;
            }
            let line = self.line();
            assert!(line.starts_with('{') || line == "listening", "it says: {line}");
        }
    }

    fn kinds(&self) -> Vec<String> {
        let kinds = self.seen.iter().map(|report| report["kind"].as_str().unwrap_or_default().to_owned());
        kinds.filter(|kind| kind != "status").collect()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The config of a lane that is read for triggers only, and sees nothing: a vehicle that gives one has an event all the same,
/// and little processor time is needed.
fn gate(folder: &Path, port: u16) -> PathBuf {
    let scene = folder.join("scene");
    std::fs::create_dir(&scene).expect("the folder is new");
    image::RgbImage::new(320, 240).save(scene.join("1.png")).expect("the folder is writable");
    let tables = format!(
        "[[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{}'\nrepeat = true\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nanalyse = \"trigger\"\n",
        scene.display()
    );
    config(folder, port, &tables)
}

/// Runs the daemon until three vehicles have passed; their events, as an independent subscriber has seen them.
fn three_vehicles(gate: &Path, broker: &Mosquitto, independent: &mut IndependentSubscriber) -> Vec<Value> {
    let mut daemon = Daemon::start(gate);
    assert!(daemon.wait_for_log("running"), "{}", daemon.log);
    independent.wait_for("/status", |payloads| payloads.iter().any(|one| one.contains("online")));
    let port = broker.port.to_string();
    for count in 1..=3 {
        let trigger = r#"{"command":"trigger","lane":"lane-1","seconds":0.5}"#;
        let arguments = ["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", "gatelpr/v1/test/g1/command", "-m", trigger];
        assert!(Command::new("mosquitto_pub").args(arguments).status().expect("it is installed").success());
        independent.wait_for("/passage", |payloads| payloads.len() >= count);
    }
    daemon.stop();
    let payloads = independent.payloads("/passage");
    payloads.iter().map(|json| serde_json::from_str(json).expect("JSON")).collect()
}

fn publish(port: u16, event: &Value) {
    let (port, payload) = (port.to_string(), event.to_string());
    let topic = "gatelpr/v1/test/g1/lane/lane-1/passage";
    let arguments = ["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", topic, "-m", &payload];
    assert!(Command::new("mosquitto_pub").args(arguments).status().expect("it is installed").success());
}

fn numbers(reports: &[Value]) -> Vec<u64> {
    reports.iter().map(|report| report["seq"].as_u64().expect("a number")).collect()
}

/// Every event once, over an absence of the subscriber; then what is wrong is told.
fn check(language: Language, mqtt: &str) {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut independent = IndependentSubscriber::start(broker.port);
    let arguments = ["--mqtt", mqtt, "--client-id", "away"];
    drop(Example::start(language, broker.port, &arguments));
    let events = three_vehicles(&gate(folder.path(), broker.port), &broker, &mut independent);

    // What came while it was away was kept for its session.
    let mut back = Example::start(language, broker.port, &arguments);
    let passages = back.wait_for("passage", 3);
    assert_eq!(numbers(&passages), [1, 2, 3]);
    assert_eq!((&passages[0]["plate"], &passages[0]["no_read_reason"]), (&Value::Null, &"no_plate_found".into()));

    // A repeat is no passage, a new number tells of a gap, and what is missing fills it.
    publish(broker.port, &events[0]);
    let numbered = |seq: u64| {
        let mut event = events[1].clone();
        event["seq"] = seq.into();
        event["event_id"] = format!("00000000-0000-7000-8000-{seq:012}").into();
        event
    };
    publish(broker.port, &numbered(5));
    publish(broker.port, &numbered(4));
    assert_eq!(numbers(&back.wait_for("filled", 1)), [4]);
    let gap = &back.wait_for("gap", 1)[0];
    assert_eq!((&gap["from"], &gap["to"]), (&4.into(), &4.into()));
    back.wait_for("passage", 5);
    assert_eq!(back.kinds(), ["passage", "passage", "passage", "gap", "passage", "filled", "passage"]);
}

/// With the gate's key: what it has signed is verified, and what it has not, or what does not fit in, is told.
fn check_signed(language: Language) {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut independent = IndependentSubscriber::start(broker.port);
    let gate = gate(folder.path(), broker.port);
    let key = key(folder.path());
    let public = folder.path().join("gate.pub.pem");
    std::fs::write(&public, key.public().to_pem()).expect("the folder is writable");
    let arguments = ["--client-id", "signed", "--key", &public.display().to_string()];
    let mut example = Example::start(language, broker.port, &arguments);
    let events = three_vehicles(&gate, &broker, &mut independent);
    let passages = example.wait_for("passage", 3);
    assert!(numbers(&passages) == [1, 2, 3] && passages.iter().all(|passage| passage["verified"] == true));
    assert_eq!(example.kinds(), ["passage"; 3], "everything fits");

    let mut altered = events[2].clone();
    altered["no_read_reason"] = "no_picture".into();
    publish(broker.port, &altered);
    let forged = example.wait_for("forged", 1);
    assert_eq!(numbers(&forged), [3]);
    assert!(forged[0]["why"].as_str().expect("a reason").contains("has signed it"), "{forged:?}");

    // With the gate's own key, so that only the chain can tell.
    let mut beside = events[2].clone();
    (beside["seq"], beside["signature"]) = (4.into(), "".into());
    let signed = Canonical::read(beside.to_string().as_bytes()).expect("an event").signed_bytes();
    beside["signature"] = key.sign(&signed).into();
    publish(broker.port, &beside);
    assert_eq!(numbers(&example.wait_for("chain", 1)), [4]);
}

/// The key that the daemon will find beside its outbox.
fn key(folder: &Path) -> DeviceKey {
    let outbox = folder.join("outbox");
    std::fs::create_dir_all(&outbox).expect("the folder is writable");
    DeviceKey::open_or_create(&outbox.join("device-key.pem")).expect("a key")
}

#[test]
fn the_python_subscriber_drops_repeats_and_finds_gaps() {
    check(Language::Python, "5");
    check(Language::Python, "3.1.1");
}

#[test]
fn the_javascript_subscriber_drops_repeats_and_finds_gaps() {
    check(Language::JavaScript, "5");
    check(Language::JavaScript, "3.1.1");
}

#[test]
fn both_subscribers_verify_what_the_gate_signs() {
    check_signed(Language::Python);
    check_signed(Language::JavaScript);
}
