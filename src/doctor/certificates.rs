//! When certificates end: the gate's own and the CAs that it trusts, in files, and those that the broker and the webhook show.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::finding::Opinion;
use crate::config::Config;
use crate::evidence::settings::EvidenceReceiver;
use crate::tls::{TlsFiles, TlsSettings, Validity, in_words, shown_by};

/// A handshake is a few messages.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody who is spoken to with TLS.
struct Peer {
    whom: String,
    host: String,
    port: u16,
    settings: TlsSettings,
}

pub(super) fn look(config: &Config) -> Vec<Opinion> {
    let now = crate::clock::wall_time();
    let peers = peers(config);
    let mut opinions = Vec::new();
    // The console shows its certificate to others; its file says the same.
    let console = config.console.as_ref().and_then(|console| console.identity.clone());
    if let Some(identity) = console {
        let settings = TlsSettings { identity: Some(identity), ..TlsSettings::default() };
        opinions.extend(in_files(&settings, now).unwrap_or_else(|unusable| vec![unusable]));
    }
    for peer in &peers {
        match in_files(&peer.settings, now) {
            Ok(found) => opinions.extend(found),
            Err(unusable) => {
                opinions.push(unusable);
                continue;
            }
        }
        match shown_by(&peer.host, peer.port, &peer.settings, PATIENCE) {
            Ok(shown) => opinions.extend(judge_shown(&peer.whom, &shown, now)),
            Err(error) => opinions.push(unshown(&peer.whom, &error)),
        }
    }
    opinions.dedup();
    if opinions.is_empty() {
        opinions.push(Opinion::good("no connection is encrypted with certificates, so none can end"));
    }
    opinions
}

/// What is found of the certificates in files, or of a file that cannot be used.
fn in_files(settings: &TlsSettings, now: Timestamp) -> Result<Vec<Opinion>, Opinion> {
    let files = TlsFiles::read(settings);
    let files =
        files.map_err(|error| Opinion::of_error(&error.to_string(), "put a file that can be used in its place"))?;
    let about = |one: &Validity| judge(&format!("the certificate in {}", one.file.display()), one, now);
    Ok(files.validities().iter().map(about).collect())
}

fn peers(config: &Config) -> Vec<Peer> {
    let mqtt = config.mqtt.settings_without_login();
    let broker = mqtt.tls.as_ref().map(|tls| Peer {
        whom: "the broker".to_owned(),
        host: mqtt.host.clone(),
        port: mqtt.port,
        settings: tls.clone(),
    });
    let trusting = |ca_file: &Option<PathBuf>| TlsSettings { ca_file: ca_file.clone(), ..TlsSettings::default() };
    let at = |whom: String, url: &url::Url, ca_file: &Option<PathBuf>| {
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default()?;
        (url.scheme() == "https").then(|| Peer { whom, host, port, settings: trusting(ca_file) })
    };
    let webhook = config.webhook.as_ref().and_then(|one| at("the webhook".to_owned(), &one.url, &one.ca_file));
    let lists = config.lists.iter().filter_map(|list| {
        let webhook = list.webhook.as_ref()?;
        at(format!("the webhook of the list {}", list.settings.name), &webhook.url, &webhook.ca_file)
    });
    let delivery = config.evidence.as_ref().and_then(|evidence| evidence.delivery.as_ref());
    let pictures = match delivery.map(|delivery| &delivery.receiver) {
        Some(EvidenceReceiver::Http(server)) => at("the server for pictures".to_owned(), &server.url, &server.ca_file),
        Some(EvidenceReceiver::Mqtt) | None => None,
    };
    broker.into_iter().chain(webhook).chain(pictures).chain(lists).collect()
}

/// Of those that somebody shows, the first to end counts.
fn judge_shown(whom: &str, shown: &[Validity], now: Timestamp) -> Option<Opinion> {
    let first = shown.iter().min_by_key(|one| one.ends)?;
    Some(judge(&format!("the certificate that {whom} shows"), first, now))
}

/// Why there is no handshake is a finding of whoever is spoken to, but for what its certificate is.
fn unshown(whom: &str, error: &std::io::Error) -> Opinion {
    match in_words(error) {
        Some(reason) => {
            Opinion::of_error(&format!("no encrypted connection to {whom}: {reason}"), "compare both sides")
        }
        None => {
            let what = format!("when the certificate of {whom} ends is not known: {error}");
            Opinion::unknown(what, format!("see what is found of {whom}"))
        }
    }
}

fn judge(what: &str, validity: &Validity, now: Timestamp) -> Opinion {
    let (begins, ends) = (day(validity.begins), day(validity.ends));
    let left = validity.ends.duration_since(now);
    let days = left.as_secs() / 86_400;
    if validity.has_ended(now) {
        return Opinion::bad(format!("{what} has ended on {ends}"), "put a new one in its place");
    }
    if validity.begins > now {
        let remedy = "check the clock; if it is right, the certificate was made for later";
        return Opinion::bad(format!("{what} begins only on {begins}"), remedy);
    }
    if validity.ends_soon(now) {
        let remedy = "put a new one in its place before that";
        return Opinion::bad(format!("{what} ends on {ends}, in {days} days"), remedy);
    }
    if left < SignedDuration::from_hours(45 * 24) {
        return Opinion::note(format!("{what} ends on {ends}, in {days} days"), "see that a new one is being made");
    }
    Opinion::good(format!("{what} is valid until {ends}"))
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[track_caller]
    fn check(now: &str, verdict: Verdict, what: &str) {
        let at = |text: &str| text.parse().expect("a time");
        let (begins, ends) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        let validity = Validity { file: "broker-ca.pem".into(), begins, ends };
        let opinion = judge("the certificate", &validity, at(now));
        assert!(opinion.verdict == verdict && opinion.what.contains(what), "{opinion:?}");
    }

    #[test]
    fn a_certificate_is_told_before_it_ends() {
        check("2026-06-01T00:00:00Z", Verdict::Good, "valid until 2027-01-01");
        check("2026-12-01T00:00:00Z", Verdict::Note, "ends on 2027-01-01, in 31 days");
        check("2026-12-25T00:00:00Z", Verdict::Bad, "in 7 days");
        check("2027-01-02T00:00:00Z", Verdict::Bad, "has ended");
        check("2025-12-31T00:00:00Z", Verdict::Bad, "begins only on 2026-01-01");
    }
}
