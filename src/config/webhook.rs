//! `[webhook]`: an HTTP address that gets every event too.

use url::{Host, Url};

use super::files;
use super::problem::Problem;
use super::secret::{Wanted, secret};
use super::table::Table;
use super::value::{Mismatch, Value, truth, whole_seconds};
use crate::publish::{WebhookSecrets, WebhookSettings};

const SECRET: Wanted = Wanted {
    file: "secret_file",
    variable: "secret_env",
    credential: "secret_credential",
    what: "the webhook's secret",
    fault: |text| WebhookSecrets::parse(text).err(),
    help: "make one with: echo whsec_$(openssl rand -base64 32) > webhook-secret",
};

pub(super) fn read(table: &Table<'_>) -> Option<WebhookSettings> {
    let url = table.required("url", address);
    let secret = secret(table, &SECRET);
    let ca_file = table.optional("ca_file", files::file(table));
    let timeout = table.or("timeout_s", WebhookSettings::USUAL_TIMEOUT, whole_seconds(1..=60));
    let plain_text_is_wanted = table.or("allow_plain_text", false, truth);
    if let (Some(url), false) = (&url, plain_text_is_wanted) {
        note_plain_text(table, url);
    }
    Some(WebhookSettings { url: url?, secret: secret?, ca_file, timeout })
}

fn note_plain_text(table: &Table<'_>, url: &Url) {
    if url.scheme() == "https" || is_loopback(url) {
        return;
    }
    let place = table.find("url").map_or(table.place(), toml::Spanned::span);
    let problem =
        Problem::at(place, "events would travel unencrypted").label("everybody on the way can read the plates");
    table.note(problem.help("use https://, or set allow_plain_text = true"));
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn address(value: &Value<'_>) -> Result<Url, Mismatch> {
    const EXPECTED: &str = "an address that begins with https:// or http://";
    let mismatch = Mismatch::new(value, EXPECTED);
    let Some(written) = value.get_ref().as_str() else { return Err(mismatch) };
    let Ok(url) = Url::parse(written) else { return Err(mismatch) };
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(mismatch);
    }
    if !url.username().is_empty() || url.password().is_some() {
        let finding = Mismatch::finding(value, EXPECTED, "there is a login in it");
        return Err(finding.help("remove it: requests are signed with the secret, which shows who sends them"));
    }
    if url.fragment().is_some() {
        return Err(Mismatch::finding(value, EXPECTED, "what stands behind '#' is never sent"));
    }
    Ok(url)
}
