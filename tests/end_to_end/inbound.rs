//! What comes in over a real broker: commands, signed and not, declared lists, and what is too much of either.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gatelpr::proof::{Canonical, DeviceKey};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::broker::check_schema;
use crate::daemon::{Daemon, config};
use crate::support::{IndependentSubscriber, Mosquitto};

const ROOT: &str = "gatelpr/v1/test/g1";

/// A broker, a subscriber, and a daemon with one lane that is read for triggers. Nothing is to be seen there, so every
/// trigger is answered with an unread vehicle.
struct Gate {
    broker: Mosquitto,
    subscriber: IndependentSubscriber,
    daemon: Daemon,
    folder: TempDir,
    config: PathBuf,
    answers: usize,
}

impl Gate {
    /// With these lines in its config's `[mqtt]` and `[inbound]`.
    fn start(mqtt: &str, inbound: &str) -> Self {
        let (broker, folder) = (Mosquitto::start(), tempfile::tempdir().expect("a temporary folder"));
        std::fs::write(folder.path().join("platform.pem"), platform().public().to_pem()).expect("there is space");
        let config = written(folder.path(), broker.port, mqtt, inbound);
        let subscriber = IndependentSubscriber::start(broker.port);
        let daemon = started(&config);
        let mut gate = Self { broker, subscriber, daemon, folder, config, answers: 0 };
        gate.online(1);
        gate
    }

    fn online(&mut self, times: usize) {
        let online = |payloads: &[String]| payloads.iter().filter(|p| p.contains("\"online\"")).count() >= times;
        self.subscriber.wait_for("/status", online);
    }

    /// Publishes on a topic of the gate, asking for a reply.
    fn publish(&self, topic: &str, payload: &[u8], more: &[&str]) {
        let file = self.folder.path().join("payload");
        std::fs::write(&file, payload).expect("there is space");
        let topic = format!("{ROOT}/{topic}");
        let mut publisher = Command::new("mosquitto_pub");
        publisher.args(["-h", "127.0.0.1", "-p", &self.broker.port.to_string(), "-V", "5", "-q", "1", "-t", &topic]);
        publisher.args(["-D", "publish", "response-topic", "answers/7"]).args(more).arg("-f").arg(&file);
        assert!(publisher.status().expect("mosquitto_pub is installed").success());
    }

    fn answer(&mut self) -> Value {
        let count = self.answers + 1;
        let answers = self.subscriber.wait_for("answers/7", |payloads| payloads.len() >= count);
        self.answers = count;
        check_schema(&answers[count - 1], "docs/schemas/command_reply.schema.json");
        serde_json::from_str(&answers[count - 1]).expect("a reply is JSON")
    }

    fn told(&mut self, topic: &str, message: &Value) -> Value {
        self.publish(topic, message.to_string().as_bytes(), &[]);
        self.answer()
    }

    #[track_caller]
    fn refused(&mut self, topic: &str, message: &Value, why: &str) {
        let answer = self.told(topic, message);
        assert_eq!(answer["ok"], false, "{answer}");
        assert!(answer["error"].as_str().is_some_and(|text| text.contains(why)), "{answer}");
    }

    #[track_caller]
    fn taken(&mut self, topic: &str, message: &Value) -> Value {
        let answer = self.told(topic, message);
        assert_eq!(answer["ok"], true, "{answer}");
        answer
    }

    fn passages(&mut self, count: usize) -> Vec<Value> {
        let payloads = self.subscriber.wait_for("/passage", |payloads| payloads.len() >= count);
        payloads.iter().map(|payload| serde_json::from_str(payload).expect("a payload is JSON")).collect()
    }

    fn health(&mut self, enough: impl Fn(&Value) -> bool) -> Value {
        let parsed = |payload: &String| serde_json::from_str::<Value>(payload).expect("a report is JSON");
        let reports = self.subscriber.wait_for("/health", |payloads| payloads.iter().map(parsed).any(|r| enough(&r)));
        reports.iter().for_each(|report| check_schema(report, "docs/schemas/health.schema.json"));
        reports.iter().map(parsed).find(|report| enough(report)).expect("it was waited for")
    }
}

fn written(folder: &Path, broker: u16, mqtt: &str, inbound: &str) -> PathBuf {
    let scene = folder.join("scene");
    std::fs::create_dir_all(&scene).expect("the folder can be made");
    image::RgbImage::new(320, 240).save(scene.join("0000.png")).expect("there is space");
    let tables = format!(
        "[inbound]\n{inbound}\n[[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{}'\nrepeat = true\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nanalyse = \"trigger\"\n",
        scene.display()
    );
    let path = config(folder, broker, &tables);
    let text = std::fs::read_to_string(&path).expect("it was written");
    std::fs::write(&path, text.replacen("[mqtt]\n", &format!("[mqtt]\n{mqtt}\n"), 1)).expect("the folder is writable");
    path
}

fn started(config: &Path) -> Daemon {
    let mut daemon = Daemon::start(config);
    assert!(daemon.wait_for_log("running"), "{}", daemon.log);
    daemon
}

fn platform() -> DeviceKey {
    DeviceKey::from_seed(&[3; 32])
}

/// `message` for this gate, signed by the platform.
fn signed(mut message: Value) -> Value {
    message["gate"] = "test/g1".into();
    let canonical = Canonical::read(message.to_string().as_bytes()).expect("it has a canonical form");
    message["signature"] = platform().sign(&canonical.signed_bytes()).into();
    message
}

const TRUSTING: &str = "trusted_keys = [\"platform.pem\"]";

#[test]
fn only_signed_commands_are_obeyed_and_each_once_whatever_floods_the_topic() {
    let mut gate = Gate::start("", TRUSTING);
    let ping = |number: u64| signed(json!({ "command": "ping", "number": number }));
    gate.taken("command", &ping(1));
    gate.refused("command", &ping(1), "a replay");
    gate.refused("command", &json!({ "command": "ping" }), "has no `signature`");
    gate.refused("command", &json!({ "command": "ping", "id": "x".repeat(20_000) }), "16384 are the most");
    flood(gate.broker.port, 2000);
    gate.taken("command", &ping(2));
    let report = gate.health(|report| report["inbound"]["command"]["taken"] == 2);
    let command = &report["inbound"]["command"];
    assert_eq!((&command["old"], &command["too_large"]), (&1.into(), &1.into()));
    assert!(command["too_often"].as_u64().is_some_and(|count| count > 1000), "{command}");
    gate.daemon.stop();
    gate.daemon = started(&gate.config);
    gate.online(2);
    gate.refused("command", &ping(2), "a replay");
    gate.taken("command", &ping(3));
}

/// So many commands that nobody signed, as fast as they go, and a moment of silence after them.
fn flood(broker: u16, count: usize) {
    let port = broker.to_string();
    let arguments = ["-h", "127.0.0.1", "-p", &port, "-q", "1", "-l", "-t", &format!("{ROOT}/command")];
    let mut publisher =
        Command::new("mosquitto_pub").args(arguments).stdin(Stdio::piped()).spawn().expect("it is installed");
    let mut lines = publisher.stdin.take().expect("it is piped");
    (0..count).for_each(|_| writeln!(lines, r#"{{"command":"ping"}}"#).expect("it reads"));
    drop(lines);
    assert!(publisher.wait().expect("it ends").success());
    std::thread::park_timeout(std::time::Duration::from_secs(3));
}

#[test]
fn a_declared_list_survives_a_restart_and_an_older_one_is_refused() {
    let mut gate = Gate::start("", TRUSTING);
    let entry = |id: &str| json!({ "declaration_id": id, "text": "12C-123.45" });
    let list = signed(json!({ "version": 118, "entries": [entry("a"), entry("b")] }));
    check_schema(&list.to_string(), "docs/schemas/declared.schema.json");
    gate.publish("declared", list.to_string().as_bytes(), &["-r"]);
    assert_eq!(gate.answer()["version"], 118);
    let change = signed(json!({ "version": 119, "base_version": 118, "remove": ["a"], "add": [entry("c")] }));
    check_schema(&change.to_string(), "docs/schemas/declared.schema.json");
    assert_eq!(gate.taken("declared", &change)["version"], 119);
    gate.refused("declared", &signed(json!({ "version": 121, "base_version": 120, "add": [] })), "send a whole list");
    gate.refused("declared", &json!({ "version": 200, "entries": [] }), "has no `signature`");
    gate.daemon.stop();
    gate.daemon = started(&gate.config);
    let again = |report: &Value| report["inbound"]["declared"]["old"].as_u64().is_some_and(|count| count > 0);
    let list = gate.health(again)["inbound"]["declared_list"].clone();
    assert_eq!((&list["version"], &list["entries"], &list["trouble"]), (&119.into(), &2.into(), &Value::Null));
}

#[test]
fn a_resend_fills_a_gap_a_correction_is_the_next_revision_and_a_snapshot_is_a_picture() {
    let mut gate = Gate::start("", "");
    gate.taken("command", &json!({ "command": "trigger", "lane": "lane-1", "seconds": 1 }));
    let first = gate.passages(1).remove(0);
    assert_eq!((&first["seq"], &first["no_read_reason"]), (&1.into(), &"no_plate_found".into()));
    gate.refused("command", &json!({ "command": "resend", "from_seq": 1, "to_seq": 2 }), "1");
    let resend = json!({ "command": "resend", "from_seq": 1, "to_seq": 1 });
    assert_eq!(gate.taken("command", &resend)["coming"], 1);
    let again = gate.passages(2).remove(1);
    assert_eq!((&again["event_id"], &again["seq"]), (&first["event_id"], &first["seq"]));
    assert_eq!((&again["historical"], &again["prev_hash"]), (&true.into(), &first["prev_hash"]));
    let correct = json!({ "command": "correct", "event_id": first["event_id"], "text": "12C-123.46" });
    assert_eq!(gate.taken("command", &correct)["revision"], 2);
    let corrected = gate.passages(3).remove(2);
    check_schema(&corrected.to_string(), "docs/schemas/passage.schema.json");
    assert_eq!((&corrected["seq"], &corrected["status"]), (&2.into(), &"amended".into()));
    assert_eq!((&corrected["plate"]["key"], &corrected["event_id"]), (&"VN-12C12346".into(), &first["event_id"]));
    assert_eq!((&corrected["corrected"]["read"], &corrected["no_read_reason"]), (&Value::Null, &Value::Null));
    let receipt = json!({ "from_seq": 1, "to_seq": 1 });
    check_schema(&receipt.to_string(), "docs/schemas/receipt.schema.json");
    gate.taken("receipt", &receipt);
    let snapshot = gate.taken("command", &json!({ "command": "snapshot", "lane": "lane-1" }))["snapshot"].clone();
    assert_eq!(snapshot["topic"], format!("{ROOT}/snapshot/c"));
    assert!(!gate.subscriber.payloads("/snapshot/c").is_empty(), "it came before the reply");
    let report = gate.health(|report| report["inbound"]["receipts"]["confirmed_up_to"] == 1);
    assert_eq!(report["inbound"]["receipts"]["unconfirmed"], 1);
}

#[test]
fn a_reload_of_a_wrong_config_changes_nothing_and_of_a_right_one_only_what_it_says() {
    let mut gate = Gate::start("", "");
    let reload = json!({ "command": "reload" });
    let text = std::fs::read_to_string(&gate.config).expect("it is there");
    std::fs::write(&gate.config, text.replace("[[lane]]", "[[lane]]\ncolour = 1")).expect("it is writable");
    gate.refused("command", &reload, "unknown key `colour` in [[lane]]");
    gate.taken("command", &json!({ "command": "ping" }));
    std::fs::write(&gate.config, text.replace("lane-1", "lane-2")).expect("it is writable");
    // Where the file is seen before the command comes, nothing is left to be changed.
    let changed = gate.taken("command", &reload)["changed"].clone();
    assert!(changed == json!(["lane lane-1", "lane lane-2"]) || changed == json!([]), "{changed}");
    let is_done = |payload: &String| payload.contains(r#""changed":["lane lane-1","lane lane-2"]"#);
    let statuses = gate.subscriber.wait_for("/status", |statuses| statuses.iter().any(is_done));
    let statuses: Vec<Value> = statuses.iter().map(|status| serde_json::from_str(status).expect("JSON")).collect();
    assert!(statuses.iter().all(|status| status["state"] == "online"), "{statuses:?}");
    let [first, .., last] = statuses.as_slice() else { panic!("there is more than one") };
    assert_eq!((&first["lanes"][0], &last["lanes"][0]), (&"lane-1".into(), &"lane-2".into()));
    assert_eq!(first["boot_id"], last["boot_id"]);
    gate.taken("command", &json!({ "command": "trigger", "lane": "lane-2", "seconds": 1 }));
    assert_eq!(gate.passages(1)[0]["lane"], "lane-2");
    gate.daemon.stop();
}

#[test]
fn a_list_that_is_too_large_for_the_connection_does_not_keep_events_from_arriving() {
    for protocol in ["3.1.1", "5"] {
        let mut gate = Gate::start(&format!("protocol = \"{protocol}\""), "declared_max_mib = 1");
        gate.publish("declared", &vec![b' '; 3 << 20], &["-r"]);
        if protocol == "3.1.1" {
            assert!(gate.daemon.wait_for_log("no declared list is asked for"), "{}", gate.daemon.log);
            gate.online(2);
        }
        gate.taken(
            "command",
            &json!({ "command": "trigger", "lane": "lane-1", "seconds": 1, "reply_to": "answers/7" }),
        );
        assert_eq!(gate.passages(1)[0]["seq"], 1);
    }
}
