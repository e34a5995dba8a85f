//! The platform: an independent subscriber with a session of its own at the broker, that writes down what arrives, sees
//! what is missing, asks for it again, and judges the whole. It knows the contract and nothing of the gate.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use gatelpr::clock::Clock;
use gatelpr::proof::Canonical;
use gatelpr::publish::Protocol;

use crate::{Patience, pause_ms};

const PASSAGES: &str = "gatelpr/v1/huu-nghi/g1/lane/+/passage";
const STATUS: &str = "gatelpr/v1/huu-nghi/g1/status";
const COMMAND: &str = "gatelpr/v1/huu-nghi/g1/command";
const REPLY: &str = "chaos/reply";
const PROBE: &str = "chaos/probe";

/// The subscriber and what it has received.
pub(crate) struct Platform {
    port: u16,
    process: Child,
    file: File,
    unread: Vec<u8>,
    probes: Vec<String>,
    replies: Vec<String>,
    /// What the gate told of itself.
    pub(crate) statuses: Vec<String>,
    /// What arrived first under each number.
    pub(crate) events: BTreeMap<u64, Arrived>,
    /// How many events arrived that had arrived before.
    pub(crate) repeats: usize,
    /// How many first arrivals came after one with a higher number.
    pub(crate) overtaken: usize,
}

pub(crate) struct Arrived {
    pub(crate) json: String,
    pub(crate) event_id: String,
    hash: String,
}

impl Platform {
    /// Subscribes at the broker on `port`, and waits until it is subscribed. It connects again by itself.
    pub(crate) fn subscribe(port: u16, protocol: Protocol, folder: &Path) -> Self {
        let path = folder.join("received");
        let received = File::create(&path).expect("there is space");
        let mut command = Command::new("mosquitto_sub");
        command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", "5", "-i", "platform", "-c", "-q", "1"]);
        if protocol == Protocol::V5 {
            command.args(["-V", "mqttv5", "-x", "86400"]);
        }
        command
            .args(["-t", PASSAGES, "-t", STATUS, "-t", PROBE, "-t", REPLY, "-F", "%t %p"])
            .stdin(Stdio::null())
            .stdout(received);
        let process = command.stderr(Stdio::null()).spawn().expect("mosquitto_sub is installed; run make setup");
        let file = File::open(&path).expect("it was just made");
        let mut platform = Self {
            port,
            process,
            file,
            unread: Vec::new(),
            probes: Vec::new(),
            replies: Vec::new(),
            statuses: Vec::new(),
            events: BTreeMap::new(),
            repeats: 0,
            overtaken: 0,
        };
        platform.wait_until_subscribed();
        platform
    }

    /// Waits until what is published now arrives: after a broker forgot the session it must subscribe again first.
    pub(crate) fn wait_until_subscribed(&mut self) {
        let probe = format!("{:016x}", fastrand::u64(..));
        let patience = Patience::seconds(60).begin();
        while !self.probes.contains(&probe) {
            patience.check("mosquitto_sub does not subscribe");
            let port = self.port.to_string();
            let arguments = ["-h", "127.0.0.1", "-p", &port, "-t", PROBE, "-m", &probe, "-q", "1"];
            drop(Command::new("mosquitto_pub").args(arguments).stderr(Stdio::null()).status());
            pause_ms(100);
            self.read();
        }
    }

    /// The numbers up to `last` that have not arrived, once nothing has come for a while or all are there.
    pub(crate) fn missing(&mut self, last: u64) -> Vec<u64> {
        let mut quiet = Clock::start();
        let patience = Patience::seconds(120).begin();
        loop {
            if self.read() > 0 {
                quiet = Clock::start();
            }
            let missing: Vec<u64> = (1..=last).filter(|seq| !self.events.contains_key(seq)).collect();
            // Brokers deliver again after seconds what a subscriber did not acknowledge.
            if missing.is_empty() || quiet.elapsed().as_secs() >= 6 {
                return missing;
            }
            patience.check("events go on arriving");
            pause_ms(100);
        }
    }

    /// Asks the gate for events once more, as the contract says; its reply.
    pub(crate) fn resend(&mut self, from: u64, to: u64) -> String {
        let command = format!(r#"{{"command":"resend","from_seq":{from},"to_seq":{to},"reply_to":"{REPLY}"}}"#);
        let (patience, replies, port) = (Patience::seconds(60).begin(), self.replies.len(), self.port.to_string());
        let arguments = ["-h", "127.0.0.1", "-p", &port, "-t", COMMAND, "-m", &command, "-q", "1"];
        let sent = Command::new("mosquitto_pub").args(arguments).status().expect("it comes with mosquitto_sub");
        assert!(sent.success(), "the broker does not take the command");
        while self.replies.len() == replies {
            patience.check("the gate does not reply");
            pause_ms(50);
            self.read();
        }
        self.replies[replies].clone()
    }

    /// Takes in what was written down since the last time; how many lines that were.
    fn read(&mut self) -> usize {
        let ended = self.process.try_wait().expect("a child can be asked");
        assert_eq!(ended, None, "mosquitto_sub has ended");
        // The file grows behind the place where reading stopped.
        self.file.read_to_end(&mut self.unread).expect("a readable file");
        let whole = self.unread.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.unread.drain(..whole).collect();
        let lines = String::from_utf8(lines).expect("JSON is UTF-8");
        for line in lines.lines() {
            let (topic, payload) = line.split_once(' ').expect("topic and payload");
            match topic {
                PROBE => self.probes.push(payload.to_owned()),
                REPLY => self.replies.push(payload.to_owned()),
                STATUS => self.statuses.push(payload.to_owned()),
                _ => self.take(topic, payload),
            }
        }
        lines.lines().count()
    }

    fn take(&mut self, topic: &str, json: &str) {
        let read = Canonical::read(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"));
        let text = |name| read.field(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let seq = read.field("seq").and_then(serde_json::Value::as_u64).unwrap_or_else(|| panic!("no number: {json}"));
        assert_eq!(topic, PASSAGES.replace('+', &text("lane")));
        let arrived = Arrived { json: json.to_owned(), event_id: text("event_id"), hash: read.hash() };
        match self.events.get(&seq) {
            Some(first) => {
                assert_eq!(first.hash, arrived.hash, "number {seq} is two events:\n{}\n{json}", first.json);
                self.repeats += 1;
            }
            None => {
                self.overtaken += usize::from(self.events.last_key_value().is_some_and(|(highest, _)| *highest > seq));
                self.events.insert(seq, arrived);
            }
        }
    }

    /// Every payload is what the published schemas say.
    pub(crate) fn check_schemas(&self) {
        check_schema("docs/schemas/passage.schema.json", self.events.values().map(|arrived| arrived.json.as_str()));
        check_schema("docs/schemas/status.schema.json", self.statuses.iter().map(String::as_str));
    }

    /// The events in order, each once, as a receiver keeps them: what `gatelpr verify` reads.
    pub(crate) fn write_down(&self, folder: &Path) -> PathBuf {
        let path = folder.join("events.jsonl");
        let lines = self.events.values().fold(String::new(), |mut lines, arrived| {
            writeln!(lines, "{}", arrived.json).expect("a text takes all");
            lines
        });
        fs::write(&path, lines).expect("there is space");
        path
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn check_schema<'a>(schema: &str, payloads: impl Iterator<Item = &'a str>) {
    let schema = serde_json::from_str(&fs::read_to_string(schema).expect("the schema is there")).expect("JSON");
    let valid = jsonschema::validator_for(&schema).expect("a schema");
    for json in payloads {
        let payload = serde_json::from_str(json).expect("JSON");
        if let Err(error) = valid.validate(&payload) {
            panic!("{error} in {json}");
        }
    }
}

/// Numbers as ranges, each from its first to its last.
pub(crate) fn ranges(numbers: &[u64]) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    ranges
}
