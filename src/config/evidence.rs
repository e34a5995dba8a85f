//! `[evidence]`: which pictures are kept, for how long, and where they are sent.

use std::ops::Range;

use url::{Host, Url};

use super::collisions::note_shared_folder;
use super::files;
use super::login::password_file;
use super::outbox::OutboxConfig;
use super::problem::Problem;
use super::table::Table;
use super::value::{Mismatch, Value, one_of, truth, whole};
use crate::evidence::EvidenceSettings;
use crate::evidence::settings::{
    EvidenceDelivery, EvidenceReceiver, HttpReceiver, Keeping, MB, PictureSettings, USUAL_MOST_WAITING,
};

/// How pictures are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Mqtt,
    Http,
}

/// Everything in the table; every key is read, also after one that has a problem.
pub(super) fn read(table: &Table<'_>, outbox: &OutboxConfig) -> EvidenceSettings {
    let usual = EvidenceSettings::default();
    let settings = EvidenceSettings {
        directory: table.or("directory", usual.directory, files::folder_to_be(table)),
        keeping: keeping(table),
        pictures: pictures(table),
        delivery: delivery(table),
    };
    note_shared_folder(table, &settings, outbox);
    settings
}

/// Where the table says what the folder is, or should.
pub(super) fn place_of_the_folder(table: &Table<'_>) -> Range<usize> {
    table.find("directory").map_or(table.place(), Value::span)
}

fn keeping(table: &Table<'_>) -> Keeping {
    let usual = Keeping::default();
    let megabytes = |key, usual: u64, least: u64| table.or(key, usual / MB, whole(least..=100_000_000)) * MB;
    Keeping {
        quota_bytes: megabytes("quota_mb", usual.quota_bytes, 10),
        min_free_bytes: megabytes("min_free_mb", usual.min_free_bytes, 50),
        keep_days_read: table.or("keep_days_read", usual.keep_days_read, whole(1..=36_500)),
        keep_days_unread: table.or("keep_days_unread", usual.keep_days_unread, whole(1..=36_500)),
    }
}

fn pictures(table: &Table<'_>) -> PictureSettings {
    let usual = PictureSettings::default();
    PictureSettings {
        jpeg_quality: table.or("jpeg_quality", usual.jpeg_quality, whole(10..=100)),
        scene_max_width_px: table.or("scene_max_width_px", usual.scene_max_width_px, whole(320..=16_384)),
        blur: table.or("blur", usual.blur, truth),
        uri_base: table.optional("uri_base", address).map(|url| url.as_str().trim_end_matches('/').to_owned()),
    }
}

fn delivery(table: &Table<'_>) -> Option<EvidenceDelivery> {
    let way = table.optional("deliver", one_of(&[("mqtt", Way::Mqtt), ("http", Way::Http)]));
    let most_waiting = table.or("most_waiting", USUAL_MOST_WAITING, whole(1..=1_000_000));
    let http = http_receiver(table);
    if table.find("deliver").is_none() || way == Some(Way::Mqtt) {
        note_needless_http(table);
    }
    let receiver = match way? {
        Way::Mqtt => EvidenceReceiver::Mqtt,
        Way::Http => {
            if table.find("http_url").is_none() {
                let problem = Problem::at(table.place(), "deliver = \"http\" needs an `http_url`");
                table.note(
                    problem.label("where to?").help("for example: http_url = \"https://platform.example/evidence\""),
                );
            }
            EvidenceReceiver::Http(http?)
        }
    };
    Some(EvidenceDelivery { receiver, most_waiting })
}

fn http_receiver(table: &Table<'_>) -> Option<HttpReceiver> {
    let url = table.optional("http_url", web_address);
    let token = table.optional("http_token_file", |value| password_file(table, value));
    let ca_file = table.optional("http_ca_file", files::file(table));
    let plain_text = table.or("http_allow_plain_text", false, truth);
    let url = url?;
    if url.scheme() == "http" && !is_loopback(&url) && !plain_text {
        let place = table.find("http_url").map_or(table.place(), Value::span);
        let problem = Problem::at(place, "pictures would be sent as plain text");
        let problem = problem.label("this is not encrypted").help("write https://");
        table.note(problem.help("or, where the way itself is protected: http_allow_plain_text = true"));
    }
    Some(HttpReceiver { url, token, ca_file })
}

/// What means nothing is a mistake: somebody expects pictures to arrive.
fn note_needless_http(table: &Table<'_>) {
    let keys = ["http_url", "http_token_file", "http_ca_file", "http_allow_plain_text"];
    if let Some((key, value)) = keys.iter().find_map(|key| Some((key, table.find(key)?))) {
        let problem = Problem::at(value.span(), format!("`{key}` means nothing without deliver = \"http\""));
        table.note(problem.label("remove it, or set deliver = \"http\""));
    }
}

fn web_address(value: &Value<'_>) -> Result<Url, Mismatch> {
    const EXPECTED: &str = "an address that begins with https:// or http://";
    let url = value.get_ref().as_str().and_then(|text| text.parse::<Url>().ok());
    let url = url.filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    let url = url.ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    if !url.username().is_empty() || url.password().is_some() {
        let mismatch = Mismatch::finding(value, EXPECTED, "it holds a login");
        return Err(mismatch.help("put the token in a file of its own: http_token_file = \"evidence-token\""));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Mismatch::finding(
            value,
            EXPECTED,
            "event and kind are appended to it, so it has no '?' and no '#'",
        ));
    }
    Ok(url)
}

fn address(value: &Value<'_>) -> Result<Url, Mismatch> {
    const EXPECTED: &str = "the beginning of an address, such as https://platform.example/evidence";
    let url = value.get_ref().as_str().and_then(|text| text.parse::<Url>().ok());
    url.filter(|url| !url.cannot_be_a_base()).ok_or_else(|| Mismatch::new(value, EXPECTED))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
