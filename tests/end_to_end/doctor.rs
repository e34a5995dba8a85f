//! `gatelpr doctor` with real brokers, certificates, disks, models and daemons: what is wrong is told with what to do, and nothing
//! is disturbed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::broker::check_schema;
use crate::check::camera;
use crate::daemon::{Daemon, config};
use crate::small_disk::Disk;
use crate::support::certificates::{Authority, Signed};
use crate::support::{IndependentSubscriber, Mosquitto, free_port};
use crate::tls::TlsBroker;
use crate::{GATELPR, sample_clip};

/// What it found, and its exit code.
pub(crate) struct Examined {
    findings: Vec<Value>,
    pub(crate) code: Option<i32>,
}

pub(crate) fn examine(config: &Path, more: &[&str]) -> Examined {
    let mut command = Command::new(GATELPR);
    command.args(["doctor", "--json", "--config"]).arg(config).args(more);
    let examined = command.output().expect("the binary starts");
    let json = String::from_utf8(examined.stdout).expect("JSON is text");
    let said = String::from_utf8_lossy(&examined.stderr);
    assert!(!json.is_empty(), "{said}");
    check_schema(&json, "docs/schemas/doctor.schema.json");
    let diagnosis: Value = serde_json::from_str(&json).expect("JSON");
    let findings = diagnosis["findings"].as_array().expect("a list").clone();
    Examined { findings, code: examined.status.code() }
}

impl Examined {
    /// Fails unless `check` has a finding with this verdict that says this.
    #[track_caller]
    fn says(&self, check: &str, verdict: &str, what: &str) {
        let is_it = |one: &&Value| {
            one["check"] == check
                && one["verdict"] == verdict
                && one["what"].as_str().is_some_and(|text| text.contains(what))
        };
        let found = self.findings.iter().find(is_it);
        let found = found.unwrap_or_else(|| panic!("{check}, {verdict}, {what:?} in {:#?}", self.findings));
        assert_eq!(found["remedy"].is_null(), verdict == "good", "{found}");
    }
}

/// A camera that answers at `port`.
fn snapshots(port: u16) -> String {
    format!(
        "[[camera]]\nname = \"front\"\nstall_timeout_s = 2\nsource.snapshot.url = \"http://127.0.0.1:{port}/snap.jpg\"\n\
         [[lane]]\nname = \"in-1\"\ncamera = \"front\"\n"
    )
}

#[test]
fn a_gate_that_works_is_told_so_in_figures_and_nobody_hears_of_it() {
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let folder = tempfile::tempdir().expect("a folder");
    let path = config(folder.path(), broker.port, &snapshots(camera()));
    let examined = examine(&path, &[]);
    examined.says("config", "good", "gatelpr.toml is right");
    examined.says("daemon", "note", "no daemon runs");
    examined.says("camera", "good", "front: gives JPEG, 64x48");
    examined.says("broker", "good", "there and back");
    examined.says("models", "good", "gatelpr-detector is there");
    examined.says("runtime", "good", "as pinned");
    // Whether that is fast enough depends on what else the computer does meanwhile.
    assert!(examined.findings.iter().any(|one| {
        one["check"] == "first_event" && one["what"].as_str().is_some_and(|text| text.contains("12C12345 was read"))
    }));
    examined.says("outbox", "good", "the outbox is empty");
    examined.says("disk", "good", "MB are free for events");
    subscriber.wait_until_subscribed();
    for topic in ["status", "passage", "health"] {
        assert_eq!(subscriber.payloads(topic), Vec::<String>::new());
    }
    assert_eq!(subscriber.payloads("/doctor").len(), 1, "a message to itself");
    assert!(!folder.path().join("outbox").exists(), "it leaves nothing behind");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = altered_models(folder.path());
    let password = folder.path().join("password");
    fs::write(&password, "not-this-one\n").expect("the folder is writable");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let path = config(folder.path(), free_port(), &snapshots(free_port()));
    let text = fs::read_to_string(&path).expect("it is there");
    let text = text.replace("[outbox]", "username = \"gate\"\npassword_file = \"password\"\n[outbox]");
    let shipped = format!("models = \"{}/models\"", env!("CARGO_MANIFEST_DIR"));
    let ours = format!("models = \"{}\"\nsecond_opinion = \"none\"", models.display());
    fs::write(&path, text.replace(&shipped, &ours)).expect("the folder is writable");
    let examined = examine(&path, &[]);
    examined.says("broker", "bad", "cannot be reached");
    examined.says("camera", "bad", "/snap.jpg cannot be reached");
    examined.says("models", "bad", "gatelpr-detector: ");
    examined.says("models", "good", "gatelpr-reader is there");
    examined.says("first_event", "bad", "has SHA-256");
    examined.says("permissions", "bad", "everybody on this computer may read the password of the broker");
    assert_eq!(examined.code, Some(1));
}

/// Our models, of which the detector has another bit than it should.
fn altered_models(folder: &Path) -> PathBuf {
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("models"), folder.join("models"));
    fs::create_dir_all(to.join("gatelpr")).expect("the folder is writable");
    for file in ["gatelpr-detector.toml", "gatelpr-reader.toml", "gatelpr/detector.onnx", "gatelpr/reader.onnx"] {
        fs::copy(from.join(file), to.join(file)).expect("it is part of the repository");
    }
    let detector = to.join("gatelpr/detector.onnx");
    let mut bytes = fs::read(&detector).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&detector, bytes).expect("the folder is writable");
    to
}

#[test]
fn a_wrong_config_is_told_whole_and_first_and_the_computer_is_looked_at_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = config(folder.path(), 1883, "[[camera]]\nname = \"c\"\nsource.vdeo.path = \"x\"\n[[lane]]\nname = 7\n");
    let examined = examine(&path, &[]);
    assert_eq!(examined.code, Some(2));
    assert_eq!(examined.findings[0]["check"], "config");
    assert!(examined.findings.iter().filter(|one| one["check"] == "config").count() > 1, "{:#?}", examined.findings);
    examined.says("config", "bad", "gatelpr.toml:");
    assert!(examined.findings.iter().any(|one| one["check"] == "memory"));
}

#[test]
fn a_certificate_that_a_broker_shows_is_told_before_it_ends_and_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::new(folder.path(), "site");
    let tls = format!("[mqtt.tls]\nca_file = \"{}\"\n[outbox]", ca.file().display());
    let check = |own: Signed, verdict, what| {
        let broker = TlsBroker::start(&own, "");
        let path = config(folder.path(), broker.tls_port, &snapshots(free_port()));
        let text = fs::read_to_string(&path).expect("it is there").replace("[outbox]", &tls);
        fs::write(&path, text).expect("the folder is writable");
        examine(&path, &[]).says("certificate", verdict, what);
    };
    check(ca.sign("lasting", "127.0.0.1"), "good", "the certificate that the broker shows is valid until 4000-01-01");
    check(ca.sign_for_days("ending", "127.0.0.1", 5), "bad", "the certificate that the broker shows ends on");
    check(ca.sign_until("ended", "127.0.0.1", 2021), "bad", "has ended");
}

#[test]
fn a_full_disk_is_told() {
    let disk = Disk::small(1);
    let folder = tempfile::tempdir().expect("a folder");
    let path = config(folder.path(), free_port(), &snapshots(free_port()));
    let outbox = format!("directory = \"{}\"", folder.path().join("outbox").display());
    let text = fs::read_to_string(&path).expect("it is there");
    fs::write(&path, text.replace(&outbox, &format!("directory = \"{}\"", disk.path().display())))
        .expect("there is space");
    if !disk.is_small() {
        // Where the system allows no mounting, nothing is full, and that is told.
        return examine(&path, &[]).says("disk", "good", "a durable write to");
    }
    disk.fill();
    let examined = examine(&path, &[]);
    examined.says("disk", "bad", "0 MB of 1 MB are free for events");
    examined.says("disk", "bad", "nothing can be written to");
    disk.free();
}

#[test]
fn a_running_daemon_is_asked_and_left_alone() {
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let folder = tempfile::tempdir().expect("a folder");
    let clip = sample_clip(folder.path());
    let http = free_port();
    let tables = format!(
        "[http]\nlisten = \"127.0.0.1:{http}\"\n[[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{}'\nrepeat = true\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\n",
        clip.display()
    );
    let path = config(folder.path(), broker.port, &tables);
    let mut daemon = Daemon::start(&path);
    subscriber.wait_for("/health", |reports| reports.iter().any(|report| report.contains("\"running\"")));
    let examined = examine(&path, &[]);
    examined.says("daemon", "good", &format!("the daemon runs (process {})", daemon.process()));
    examined.says("camera", "good", "c: the daemon gets");
    examined.says("outbox", "good", "wait");
    let trial = examined.findings.iter().find(|one| one["check"] == "first_event").expect("it is looked at");
    assert!(!trial["what"].to_string().contains("was read"), "the models are not loaded a second time: {trial}");
    let before = subscriber.payloads("/passage").len();
    subscriber.wait_for("/passage", |passages| passages.len() > before + 1);
    assert!(!subscriber.payloads("/status").iter().any(|status| status.contains("offline")), "it was never thrown out");

    let text = fs::read_to_string(&path).expect("it is there");
    let without_port = folder.path().join("without-port.toml");
    fs::write(&without_port, text.replace(&format!("[http]\nlisten = \"127.0.0.1:{http}\"\n"), ""))
        .expect("there is space");
    let examined = examine(&without_port, &[]);
    examined.says("daemon", "note", "the config has no [http]");
    examined.says("outbox", "unknown", "the running daemon has the outbox");
    daemon.stop();
}
