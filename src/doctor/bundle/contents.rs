//! What is in a bundle, before anything is taken out of it.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::process::Command;
use tokio::time::timeout;

use super::Packed;
use super::redaction::Redaction;
use crate::config::Config;
use crate::doctor::daemon::Presence;
use crate::doctor::finding::Diagnosis;
use crate::doctor::patient::Patient;
use crate::doctor::{models, outbox, waiting};
use crate::inference::manifest::Manifest;

/// The journal answers in a second or two, or hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// So much of the log is packed: some days of a gate that fares well.
const LOG_LINES: &str = "3000";
const LOG_BYTES: usize = 2 << 20;

/// A part of the bundle.
pub(super) struct Part {
    name: &'static str,
    about: &'static str,
    content: Content,
}

enum Content {
    Json(Value),
    Toml(toml::Table),
    Text(String),
}

/// All parts, in the order in which they are told.
pub(super) fn parts(patient: &Patient, diagnosis: &Diagnosis) -> Vec<Part> {
    let part = |name, about, content| Part { name, about, content };
    let diagnosis = serde_json::to_value(diagnosis).unwrap_or_default();
    let mut parts = vec![
        part("README.txt", "what this is, and what was taken out", Content::Text(README.to_owned())),
        part("doctor.json", "what `gatelpr doctor --json` prints", Content::Json(diagnosis)),
        part("system.json", "versions, kernel, processor, memory", Content::Json(system())),
        part("log.txt", "the last lines of the journal", Content::Text(log())),
    ];
    let source = fs::read_to_string(&patient.path).ok().and_then(|text| text.parse::<toml::Table>().ok());
    parts.extend(source.map(|config| part("config.toml", "the config, without comments", Content::Toml(config))));
    if let Some(config) = &patient.config {
        parts.push(part("models.json", "the models' files and their hashes", Content::Json(hashes(config))));
        parts.push(part(
            "outbox.json",
            "how many events wait, and for how long",
            Content::Json(figures(patient, config)),
        ));
    }
    let health = patient.daemon().health.as_ref().and_then(|health| serde_json::to_value(health).ok());
    parts.extend(health.map(|health| part("health.json", "the daemon's health report", Content::Json(health))));
    parts
}

const README: &str = "A support bundle of gatelpr.

Taken out, and looked for once more before this was written: plates, passwords and keys, logins, paths and queries of
addresses, network addresses of devices (MAC). There are no pictures and no events. In their place stands [plate], [secret],
[device] or [key]; after the host of an address stands /... instead of its path. What merely looked like a plate is gone too.
";

fn system() -> Value {
    let text = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).ok();
    let line = |path: &str, key: &str| {
        let text = text(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_matches([':', '=', '"', ' ', '\t']).to_owned())
    };
    json!({
        "gatelpr": env!("CARGO_PKG_VERSION"),
        "kernel": text("/proc/sys/kernel/osrelease"),
        "system": line("/etc/os-release", "PRETTY_NAME"),
        "architecture": std::env::consts::ARCH,
        "processor": line("/proc/cpuinfo", "model name"),
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZeroUsize::get),
        "memory": line("/proc/meminfo", "MemTotal"),
        "memory_available": line("/proc/meminfo", "MemAvailable"),
        "uptime_s": text("/proc/uptime").and_then(|text| text.split('.').next().map(str::to_owned)),
        "load": text("/proc/loadavg"),
    })
}

/// The hash that each chosen model must have, and the one that its file has.
fn hashes(config: &Config) -> Value {
    let one = |manifest: &Manifest| {
        let hash = |path| -> std::io::Result<String> {
            let mut digest = Sha256::new();
            std::io::copy(&mut fs::File::open(path)?, &mut digest)?;
            Ok(format!("{:x}", digest.finalize()))
        };
        json!({
            "model": manifest.model.name,
            "pinned_sha256": manifest.model.weights.sha256.as_str(),
            "found_sha256": hash(manifest.weights_path()).unwrap_or_else(|error| error.to_string()),
        })
    };
    match models::manifests(&models::choice(config)) {
        Ok(manifests) => manifests.iter().map(one).collect(),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn figures(patient: &Patient, config: &Config) -> Value {
    if let Some(health) = &patient.daemon().health {
        return json!({ "told_by": "the daemon", "broker": health.outbox, "others": health.destinations });
    }
    if patient.daemon().presence != Presence::Absent {
        return json!({ "error": "a daemon has it open, and tells nothing" });
    }
    match outbox::inspected(config) {
        Ok(None) => json!({ "told_by": "a copy", "last_seq": 0 }),
        Ok(Some(found)) => {
            let waiting = found.waiting.iter().map(|(to, events)| json!({ "to": format!("{to:?}"), "events": events }));
            json!({
                "told_by": "a copy",
                "last_seq": found.last_seq,
                "waiting": waiting.collect::<Vec<_>>(),
                "oldest": found.oldest.map(|at| at.to_string()),
                "unarchived": found.unarchived,
                "bytes": found.bytes,
            })
        }
        Err(error) => json!({ "error": error.to_string() }),
    }
}

/// The end of the service's log, or why there is none.
fn log() -> String {
    let mut command = Command::new("journalctl");
    command.args(["--unit=gatelpr", "--no-pager", "--no-hostname", "--output=short-iso", "--lines", LOG_LINES]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let answer = waiting::on(async { timeout(PATIENCE, command.output()).await });
    let output = match answer {
        Some(Ok(Ok(output))) if output.status.success() => output.stdout,
        Some(Ok(Ok(output))) => return format!("the journal says: {}", String::from_utf8_lossy(&output.stderr).trim()),
        Some(Ok(Err(error))) => return format!("the journal cannot be asked: {error}"),
        Some(Err(_)) | None => return "the journal does not answer".to_owned(),
    };
    let text = String::from_utf8_lossy(&output).into_owned();
    text[text.ceil_char_boundary(text.len().saturating_sub(LOG_BYTES))..].to_owned()
}

impl Part {
    /// What is packed of it: every text in it is cleaned by itself, so that its form stays.
    pub(super) fn packed(self, redaction: &Redaction) -> Packed {
        let text = match self.content {
            Content::Text(text) => text.lines().map(|line| redaction.clean(line) + "\n").collect(),
            Content::Json(value) => format!("{:#}\n", cleaned_json(value, redaction)),
            Content::Toml(table) => cleaned_table(table, redaction).to_string(),
        };
        Packed { name: self.name, about: self.about, text }
    }
}

fn cleaned_json(value: Value, redaction: &Redaction) -> Value {
    match value {
        Value::String(text) => Value::String(redaction.clean(&text)),
        Value::Array(values) => values.into_iter().map(|value| cleaned_json(value, redaction)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, cleaned_json(value, redaction))).collect(),
        other => other,
    }
}

fn cleaned_table(table: toml::Table, redaction: &Redaction) -> toml::Table {
    let clean = |(key, value): (String, toml::Value)| {
        let value = if names_a_secret(&key) { "[secret]".into() } else { cleaned_toml(value, redaction) };
        (redaction.clean(&key), value)
    };
    table.into_iter().map(clean).collect()
}

fn cleaned_toml(value: toml::Value, redaction: &Redaction) -> toml::Value {
    match value {
        toml::Value::String(text) => redaction.clean(&text).into(),
        toml::Value::Array(values) => {
            toml::Value::Array(values.into_iter().map(|value| cleaned_toml(value, redaction)).collect())
        }
        toml::Value::Table(table) => cleaned_table(table, redaction).into(),
        other => other,
    }
}

/// Whether a key of the config names a secret itself, and not where one is. Configs that are right have none; others are
/// packed too.
fn names_a_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    let names_a_place = ["_file", "_env", "_credential"].iter().any(|end| key.ends_with(end));
    !names_a_place && ["pass", "pwd", "secret", "token"].iter().any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_keeps_its_form_and_loses_its_secrets_and_comments() {
        let source = "# the old password was geheim\n[mqtt]\nhost = \"10.0.0.5\"\nport = 1883\npasswd = 1234\n\
                      password_file = \"/etc/gatelpr/mqtt\"\n[[camera]]\nurl = \"rtsp://a:b@10.0.0.7/x\"\n";
        let content = Content::Toml(source.parse().expect("it is TOML"));
        let part = Part { name: "config.toml", about: "", content };
        let text = part.packed(&Redaction::new(&[])).text;
        for gone in ["geheim", "1234", "a:b", "/x"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        for kept in ["10.0.0.5", "1883", "/etc/gatelpr/mqtt", "rtsp://10.0.0.7/..."] {
            assert!(text.contains(kept), "{kept} in {text}");
        }
    }
}
