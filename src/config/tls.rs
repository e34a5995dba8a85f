//! `[mqtt.tls]`: whom the connection trusts, and how the gate identifies itself; and the certificate of `[console]`. The
//! files are read once, to see that they can be used; when a certificate ends is no problem of this file.

use super::files::file;
use super::problem::Problem;
use super::table::Table;
use super::value::{Mismatch, Value, one_of, text};
use crate::tls::{Identity, TlsError, TlsSettings, TlsVersion, client_config, is_server_name, server_config};

/// The keys that name files.
const FILES: [&str; 3] = ["ca_file", "certificate_file", "key_file"];

/// What `table` says, also where some of it is wrong.
pub(super) fn tls(table: &Table<'_>) -> TlsSettings {
    let ca_file = table.optional("ca_file", file(table));
    let identity = identity(table);
    let server_name = text("the name in the broker's certificate: a host name or an IP address", |name| {
        is_server_name(name).then(|| name.to_owned())
    });
    let versions = [("1.2", TlsVersion::V1_2), ("1.3", TlsVersion::V1_3)];
    let settings = TlsSettings {
        ca_file,
        identity,
        server_name: table.optional("server_name", server_name),
        alpn: table.or("alpn", Vec::new(), protocols),
        min_version: table.or("min_version", TlsVersion::default(), one_of(&versions)),
    };
    if table.is_at_the_gate()
        && let Err(error) = client_config(&settings)
    {
        note_useless_file(table, &error);
    }
    settings
}

/// The certificate that `table` serves with, if it names one.
pub(super) fn server_identity(table: &Table<'_>) -> Option<Identity> {
    let identity = identity(table)?;
    if table.is_at_the_gate()
        && let Err(error) = server_config(&identity)
    {
        note_useless_file(table, &error);
    }
    Some(identity)
}

fn identity(table: &Table<'_>) -> Option<Identity> {
    let [certificate_file, key_file] = ["certificate_file", "key_file"].map(|key| table.optional(key, file(table)));
    note_unless_both(table);
    Some(Identity { certificate_file: certificate_file?, key_file: key_file? })
}

fn note_unless_both(table: &Table<'_>) {
    let (alone, absent) = match (table.find("certificate_file"), table.find("key_file")) {
        (Some(certificate), None) => (certificate, "key_file"),
        (None, Some(key)) => (key, "certificate_file"),
        _ => return,
    };
    let problem = Problem::at(alone.span(), "a certificate and its key go together");
    table.note(problem.label(format!("this needs a `{absent}`")).help("both may be in the same file"));
}

fn note_useless_file(table: &Table<'_>, error: &TlsError) {
    let is_it = |key: &&&str| table.peek(key).is_some_and(|(path, _)| Some(&*table.resolve(path)) == error.file());
    let problem = match FILES.iter().find(is_it).and_then(|key| table.peek(key)) {
        Some((_, place)) => Problem::at(place, error.to_string()).label("this file"),
        None => Problem::at(table.place(), error.to_string()),
    };
    table.note(problem);
}

/// Names for ALPN: 1 to 255 bytes each.
fn protocols(value: &Value<'_>) -> Result<Vec<String>, Mismatch> {
    const EXPECTED: &str = "a list of protocol names, the most wanted first";
    let list = value.get_ref().as_array().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let name = text(EXPECTED, |name| (1..=255).contains(&name.len()).then(|| name.to_owned()));
    list.iter().map(name).collect()
}
