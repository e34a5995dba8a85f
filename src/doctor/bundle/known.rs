//! Secrets, plates and network addresses that are on this computer, so that they can be kept out of a bundle. What this user
//! may not read cannot get into it either.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::redaction::Redaction;
use super::words;
use crate::config::Config;
use crate::doctor::daemon::Presence;
use crate::doctor::patient::Patient;
use crate::doctor::scratch::Scratch;
use crate::doctor::secrets;
use crate::publish::outbox;

/// So many events of the outbox are looked at: those of the last days.
const MOST_EVENTS: usize = 100_000;
/// So many days of the archive: as far back as the log goes.
const MOST_DAYS: usize = 14;
/// Of a list or an archived day; the rest is hardly in the log.
const LARGEST_FILE: u64 = 64 << 20;

/// What must be kept out of the patient's bundle.
pub(super) fn redaction(patient: &Patient) -> Redaction {
    let countries = patient.config.as_ref().map_or(&[][..], |config| &config.countries);
    let mut redaction = Redaction::new(countries);
    for device in fs::read_dir("/sys/class/net").into_iter().flatten().flatten() {
        let address = fs::read_to_string(device.path().join("address")).unwrap_or_default();
        if address.trim().chars().any(|c| c.is_ascii_hexdigit() && c != '0') {
            redaction.add_device(&address);
        }
    }
    if let Some(config) = &patient.config {
        add_secrets(&mut redaction, config);
        let lists = config.lists.iter().map(|list| list.settings.file.clone());
        for file in lists.chain(config.declared.file.clone()) {
            add_words(&mut redaction, &file);
        }
        for day in archive(config) {
            add_events(&mut redaction, lines(&day));
        }
        if patient.daemon().presence == Presence::Absent {
            add_events(&mut redaction, waiting(config).into_iter());
        }
    }
    redaction
}

fn add_secrets(redaction: &mut Redaction, config: &Config) {
    let user = config.mqtt.login.as_ref().map(|login| login.user.clone()).unwrap_or_default();
    for secret in secrets::all(config) {
        let Ok(text) = secret.place.read() else { continue };
        // Keys and webhook secrets have several lines; what introduces a key is none.
        for line in text.expose().lines().filter(|line| !line.starts_with("-----")) {
            redaction.add_secret(line);
            redaction.add_secret(line.trim_start_matches("whsec_"));
        }
        redaction.add_secret(&BASE64.encode(format!("{user}:{}", text.expose())));
    }
}

/// Every word and every field of a file with plates that may be one.
fn add_words(redaction: &mut Redaction, file: &Path) {
    for line in lines(file) {
        line.split([',', ';', '\t']).for_each(|field| redaction.add_plate(field));
        words::of(&line).into_iter().for_each(|word| redaction.add_plate(word.text));
    }
}

fn add_events(redaction: &mut Redaction, events: impl Iterator<Item = String>) {
    for event in events {
        let Ok(event) = serde_json::from_str::<Value>(&event) else { continue };
        for part in ["plate", "side_number"] {
            for key in ["text", "display", "key"] {
                event[part][key].as_str().into_iter().for_each(|text| redaction.add_plate(text));
            }
            let alternatives = event[part]["alternatives"].as_array().into_iter().flatten();
            alternatives.filter_map(|one| one["text"].as_str()).for_each(|text| redaction.add_plate(text));
        }
    }
}

/// The newest days of the archive.
fn archive(config: &Config) -> Vec<PathBuf> {
    let entries = fs::read_dir(config.outbox.directory.join("archive")).into_iter().flatten().flatten();
    let mut days: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    days.sort();
    days.split_off(days.len().saturating_sub(MOST_DAYS))
}

fn waiting(config: &Config) -> Vec<String> {
    let Ok(scratch) = Scratch::new() else { return Vec::new() };
    outbox::events(&config.outbox.database(), scratch.path(), MOST_EVENTS)
}

fn lines(file: &Path) -> impl Iterator<Item = String> {
    let file = File::open(file).into_iter();
    file.flat_map(|file| BufReader::new(file.take(LARGEST_FILE)).lines().map_while(Result::ok))
}
