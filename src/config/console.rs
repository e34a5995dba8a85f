//! `[console]`: the page for people. Beyond this computer it is served only with a password and encrypted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;

use super::http::HttpConfig;
use super::keys::CONSOLE;
use super::port;
use super::problem::Problem;
use super::secret::{Wanted, optional_secret};
use super::table::Table;
use super::tls::server_identity;
use super::value::{one_of, text, truth};
use crate::console::{Language, PasswordCheck};
use crate::login::PasswordPlace;
use crate::tls::Identity;

/// The page for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Where the password's hash is, as an argon2id PHC string; none only on loopback.
    pub password_hash: Option<PasswordPlace>,
    /// The certificate that the page is served with; none only on loopback, where it is plain HTTP.
    pub identity: Option<Identity>,
    /// Whether zones may be saved into the config file from the page.
    pub may_save: bool,
    /// The language that the page begins with.
    pub language: Language,
}

/// Where nothing else says so: reached from this computer only, and by `ssh -L`.
const USUAL_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);

const HASH: Wanted = Wanted {
    file: "password_hash_file",
    variable: "password_hash_env",
    credential: "password_hash_credential",
    what: "the hash of the console's password",
    fault: hash_fault,
    help: "make one with: gatelpr console password",
};

impl ConsoleConfig {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let address = text("an address and a port, such as 127.0.0.1:8090", |text| text.parse::<SocketAddr>().ok());
        let listen = table.or("listen", USUAL_LISTEN, address);
        let password_hash = optional_secret(table, &HASH);
        let identity = server_identity(table);
        let languages = [Language::English, Language::Vietnamese, Language::Chinese].map(|one| (one.code(), one));
        if !listen.ip().is_loopback() {
            note_unless_protected(table, listen);
        }
        port::note_unless_free(table, listen);
        Self {
            listen,
            password_hash,
            identity,
            may_save: table.or("may_save", false, truth),
            language: table.or("language", Language::English, one_of(&languages)),
        }
    }
}

/// Two ports in one place are one too many.
pub(super) fn note_shared_port(console: Option<(Table<'_>, &ConsoleConfig)>, http: Option<(Table<'_>, &HttpConfig)>) {
    let (Some((console_table, console)), Some((http_table, http))) = (console, http) else { return };
    let (one, other) = (console.listen, http.listen);
    let meet = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    if !meet || one.port() != other.port() || one.port() == 0 {
        return;
    }
    let problem =
        Problem::at(listen_place(&console_table), format!("the port {} is that of [http] already", one.port()));
    let problem = problem.label("give the console another port").related(listen_place(&http_table), "taken here");
    console_table.note(problem.help(format!("for example: listen = \"{}\"", with_next_port(one))));
}

fn with_next_port(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(USUAL_LISTEN.port()))
}

fn listen_place(table: &Table<'_>) -> Range<usize> {
    table.find("listen").map_or(table.place(), toml::Spanned::span)
}

/// Whoever reaches the page sees plates and can correct them.
fn note_unless_protected(table: &Table<'_>, listen: SocketAddr) {
    let loopback = format!("or keep it on this computer: listen = \"{USUAL_LISTEN}\"");
    let given = |keys: &[&str]| keys.iter().any(|key| table.find(key).is_some());
    if !given(&[HASH.file, HASH.variable, HASH.credential]) {
        let problem =
            Problem::at(listen_place(table), format!("whoever reaches {listen} could see every plate and correct it"));
        let problem = problem.label("off 127.0.0.1 the console needs a password");
        let remedy = format!("run `gatelpr console password` and name its file: {}", example("password_hash_file"));
        table.note(problem.help(remedy).help(&loopback));
    }
    if !given(&["certificate_file", "key_file"]) {
        let problem =
            Problem::at(listen_place(table), "the console's password and pictures would travel as plain text");
        let problem = problem.label("off 127.0.0.1 the console needs a certificate");
        let remedy = format!("set {} and {}", example("certificate_file"), example("key_file"));
        table.note(problem.help(remedy).help(&loopback));
    }
}

fn example(key: &str) -> String {
    CONSOLE.example(key).unwrap_or_default().replace("for example: ", "")
}

fn hash_fault(text: &str) -> Option<String> {
    PasswordCheck::parse(text).err().map(|problem| problem.to_string())
}
