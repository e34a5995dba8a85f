//! `[mqtt]`: the broker, and how to talk to it.

use std::fmt;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::files;
use super::problem::Problem;
use super::site::SiteConfig;
use super::table::Table;
use super::value::{Mismatch, Value, one_of, text, whole, whole_seconds};

/// The broker, and how to talk to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttConfig {
    /// Host name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What every topic begins with, before site and gate.
    pub topic_root: TopicRoot,
    /// The name under which the broker knows this gate.
    pub client_id: String,
    /// The login, if the broker asks for one.
    pub credentials: Option<Credentials>,
    /// Which version of MQTT to speak.
    pub protocol: Protocol,
    /// Longest silence before a ping; whole seconds.
    pub keep_alive: Duration,
    /// How long the broker may take to acknowledge an event before the connection is given up.
    pub ack_timeout: Duration,
}

/// A login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub username: String,
    /// Where the password is, if there is one.
    pub password: Option<PasswordSource>,
}

/// Where the password is kept: never in the config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// In a file, which holds nothing else.
    File(PathBuf),
    /// In an environment variable.
    Environment(String),
}

impl PasswordSource {
    /// The password: the file's text without the line feed at its end, or the variable's value.
    ///
    /// # Errors
    /// When the file cannot be read, the variable is not set, or either is empty or not UTF-8.
    pub fn read(&self) -> io::Result<String> {
        let password = match self {
            Self::File(path) => fs::read_to_string(path)?.trim_end_matches(['\n', '\r']).to_owned(),
            Self::Environment(name) => std::env::var(name).map_err(io::Error::other)?,
        };
        if password.is_empty() { Err(io::Error::other("it is empty")) } else { Ok(password) }
    }
}

/// A version of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// 5, or 3.1.1 with a broker that does not know 5.
    Auto,
    /// 5 only.
    V5,
    /// 3.1.1 only.
    V311,
}

/// What every topic begins with: one or more levels, no wildcard, no slash at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRoot(String);

impl TopicRoot {
    /// Longest root in bytes. A topic may have 65,535; site, gate, lane and event id need less than 300.
    pub const MAX_BYTES: usize = 200;

    /// The root as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TopicRoot {
    fn default() -> Self {
        Self("gatelpr/v1".to_owned())
    }
}

impl fmt::Display for TopicRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<&str> for TopicRoot {
    type Error = InvalidTopicRoot;

    fn try_from(text: &str) -> Result<Self, InvalidTopicRoot> {
        let wrong = if text.is_empty() {
            "it is empty"
        } else if text.len() > Self::MAX_BYTES {
            "it is longer than 200 bytes"
        } else if text.contains(['+', '#']) {
            "'+' and '#' are wildcards, for subscribers only"
        } else if text.starts_with('$') {
            "topics that start with '$' belong to the broker"
        } else if text.starts_with('/') || text.ends_with('/') {
            "a slash at an end makes an empty level"
        } else if text.contains("//") {
            "two slashes make an empty level"
        } else if text.contains(char::is_control) {
            "it holds a control character"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(InvalidTopicRoot(wrong))
    }
}

/// Why a text is no topic root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTopicRoot(&'static str);

impl MqttConfig {
    /// Without `site` the client id is left empty: then there is a problem already and the result is thrown away.
    pub(super) fn read(table: &Table<'_>, site: Option<&SiteConfig>) -> Option<Self> {
        let host = table.required("host", host);
        let port = table.or("port", 1883, |value| {
            // The range makes the conversion certain.
            whole(1..=65535)(value).map(|port| u16::try_from(port).unwrap_or(u16::MAX))
        });
        let topic_root = table.or("topic_root", TopicRoot::default(), topic_root);
        let client_id = table.optional("client_id", client_id);
        let of_site = || site.map(|site| format!("gatelpr-{}-{}", site.name, site.gate)).unwrap_or_default();
        let credentials = credentials(table);
        let versions = [("auto", Protocol::Auto), ("5", Protocol::V5), ("3.1.1", Protocol::V311)];
        let protocol = table.or("protocol", Protocol::Auto, one_of(&versions));
        let keep_alive = table.or("keep_alive_s", Duration::from_secs(20), whole_seconds(5..=3600));
        let ack_timeout = table.or("ack_timeout_s", Duration::from_secs(15), whole_seconds(1..=600));
        Some(Self {
            host: host?,
            port,
            topic_root,
            client_id: client_id.unwrap_or_else(of_site),
            credentials,
            protocol,
            keep_alive,
            ack_timeout,
        })
    }
}

fn host(value: &Value<'_>) -> Result<String, Mismatch> {
    const EXPECTED: &str = "a host name or an IP address";
    let mismatch = Mismatch::new(value, EXPECTED);
    let Some(written) = value.get_ref().as_str() else { return Err(mismatch) };
    let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_name = (1..=253).contains(&written.len()) && written.chars().all(in_name);
    if is_name || written.parse::<IpAddr>().is_ok() {
        Ok(written.to_owned())
    } else if written.contains([':', '/', '@', '[']) {
        Err(mismatch.help("give the host alone, without scheme, login, port or brackets: the port has the key `port`"))
    } else {
        Err(mismatch)
    }
}

fn topic_root(value: &Value<'_>) -> Result<TopicRoot, Mismatch> {
    const EXPECTED: &str = "the beginning of an MQTT topic";
    let written = value.get_ref().as_str().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    TopicRoot::try_from(written).map_err(|wrong| Mismatch::finding(value, EXPECTED, wrong.to_string()))
}

/// Characters that every broker and every access list takes.
fn client_id(value: &Value<'_>) -> Result<String, Mismatch> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    text("1 to 160 letters (a-z, A-Z), digits, '-', '_', '.' or ':'", |text| {
        ((1..=160).contains(&text.len()) && text.chars().all(allowed)).then(|| text.to_owned())
    })(value)
}

fn credentials(table: &Table<'_>) -> Option<Credentials> {
    let not_empty = |text: &str| (!text.is_empty() && !text.contains('\0')).then(|| text.to_owned());
    let username = table.optional("username", text("the user's name, not empty", not_empty));
    let file = table.optional("password_file", |value| password_file(table, value));
    let variable = table.optional("password_env", password_variable);
    let (in_file, in_variable) = (table.find("password_file"), table.find("password_env"));
    if let (Some(one), Some(other)) = (in_file, in_variable) {
        let problem = Problem::at(other.span(), "the password is given twice").label("remove one of the two");
        table.note(problem.related(one.span(), "it is in this file too"));
    }
    if let (Some(password), None) = (in_file.or(in_variable), table.find("username")) {
        let problem = Problem::at(password.span(), "a password needs a `username`").label("whose password is this?");
        table.note(problem.help("for example: username = \"gate-g1\""));
    }
    Some(Credentials { username: username?, password: file.or(variable) })
}

/// A file from which the password can be read now.
fn password_file(table: &Table<'_>, value: &Value<'_>) -> Result<PasswordSource, Mismatch> {
    const EXPECTED: &str = "a file that holds the password and nothing else";
    let written = value.get_ref().as_str().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let path = table.resolve(written);
    let help = format!("looked for {}", path.display());
    readable(PasswordSource::File(path), value, EXPECTED).map_err(|mismatch| mismatch.help(help))
}

/// A variable from which the password can be read now.
fn password_variable(value: &Value<'_>) -> Result<PasswordSource, Mismatch> {
    const EXPECTED: &str = "the name of an environment variable that holds the password";
    // What the system's functions refuse to look up.
    let possible = |name: &&str| !name.is_empty() && !name.contains(['=', '\0']);
    let written = value.get_ref().as_str().filter(possible).ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let help = "the service gets it from its unit: systemctl edit gatelpr";
    let source = PasswordSource::Environment(written.to_owned());
    readable(source, value, EXPECTED).map_err(|mismatch| mismatch.help(help))
}

fn readable(source: PasswordSource, value: &Value<'_>, expected: &str) -> Result<PasswordSource, Mismatch> {
    match source.read() {
        Ok(_) => Ok(source),
        Err(error) => Err(Mismatch::finding(value, expected, files::in_words(&error))),
    }
}
