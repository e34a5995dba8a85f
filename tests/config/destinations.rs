//! Mistakes in what is said of where events go besides the broker.

use std::fs;
use std::path::Path;

/// Fit for a webhook's secret and for a key of hashes.
const SECRET: &str = "whsec_q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=\n";

const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY\n";

/// The files that the configs name.
pub(crate) fn put_secrets_into(folder: &Path) {
    for secret in ["webhook-secret", "analytics-key"] {
        fs::write(folder.join(secret), SECRET).expect("the file can be written");
    }
    fs::write(folder.join("console-password"), PASSWORD_HASH).expect("the file can be written");
}

/// As in the table of the other mistakes.
pub(crate) const MISTAKES: &[(&str, &str, &str)] = &[
    ("webhook_without_a_secret", "[mqtt]", "[webhook]\nurl = \"https://a.example/b\"\n[mqtt]"),
    (
        "webhook_without_encryption",
        "[mqtt]",
        "[webhook]\nurl = \"http://192.0.2.7/b\"\nsecret_file = \"webhook-secret\"\n[mqtt]",
    ),
    (
        "webhook_with_a_login",
        "[mqtt]",
        "[webhook]\nurl = \"https://gate:geheim@a.example\"\nsecret_file = \"webhook-secret\"\n[mqtt]",
    ),
    (
        "webhook_with_a_secret_that_is_none",
        "[mqtt]",
        "[webhook]\nurl = \"a.example\"\nsecret_file = \"clip.mp4\"\n[mqtt]",
    ),
    ("unknown_mirror", "[mqtt]", "[mirrors.onviv_events]\n[mqtt]"),
    ("mirror_that_is_no_table", "[mqtt]", "[mirrors]\nonvif_events = true\n[mqtt]"),
    (
        "hashes_among_the_plates",
        "[mqtt]",
        "[mirrors.analytics]\ntopic_root = \"gatelpr/v1/{site}/{gate}/hashes\"\nkey_file = \"analytics-key\"\n[mqtt]",
    ),
    ("key_of_hashes_that_is_too_short", "[mqtt]", "[mirrors.analytics]\nkey_file = \"clip.mp4\"\n[mqtt]"),
];
