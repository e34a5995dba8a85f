//! `[mqtt]`: the broker, and how to talk to it.

use std::net::IpAddr;
use std::time::Duration;

use super::keys::MQTT_TLS;
use super::login::login;
use super::problem::Problem;
use super::site::SiteConfig;
use super::table::Table;
use super::tls::tls;
use super::value::{Mismatch, Value, one_of, text, truth, whole, whole_seconds};
use crate::login::{Login, PasswordError};
use crate::plate::SiteName;
use crate::publish::topics::TopicRoot;
use crate::publish::{DeliverySettings, MqttSettings, Protocol};
use crate::tls::{TlsSettings, is_server_name};

/// The broker, and how to talk to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttConfig {
    /// The login, if the broker asks for one.
    pub login: Option<Login>,
    /// How long the broker may take to acknowledge an event before the connection is given up.
    pub ack_timeout: Duration,
    /// Everything but the login, which is read when it is needed.
    broker: MqttSettings,
}

impl MqttConfig {
    /// What a connection must be told. The password is read now, from its file or variable.
    ///
    /// # Errors
    /// [`PasswordError`] when it can no longer be read.
    pub fn settings(&self) -> Result<MqttSettings, PasswordError> {
        let credentials = self.login.as_ref().map(Login::credentials).transpose()?;
        Ok(MqttSettings { credentials, ..self.broker.clone() })
    }

    /// The same without the login, to tell about the broker and not to connect to it.
    #[must_use]
    pub fn settings_without_login(&self) -> &MqttSettings {
        &self.broker
    }

    /// How patient delivery is.
    #[must_use]
    pub fn delivery(&self) -> DeliverySettings {
        DeliverySettings { ack_timeout: self.ack_timeout, ..DeliverySettings::default() }
    }

    /// Without `site` there is a problem already and nothing comes of this, but the problems of this table are noted.
    pub(super) fn read(table: &Table<'_>, site: Option<&SiteConfig>) -> Option<Self> {
        let login = login(table);
        let ack_timeout = DeliverySettings::default().ack_timeout;
        let ack_timeout = table.or("ack_timeout_s", ack_timeout, whole_seconds(1..=600));
        let broker = broker(table, &Names::of(site));
        Some(Self { login, ack_timeout, broker: broker? })
    }
}

/// What topics and the client id are made of.
pub(super) struct Names {
    site: SiteName,
    gate: SiteName,
}

impl Names {
    pub(super) fn of(site: Option<&SiteConfig>) -> Self {
        let stand_in = || SiteName::try_from("x").expect("a letter is a name");
        match site {
            Some(site) => Self { site: site.name.clone(), gate: site.gate.clone() },
            None => Self { site: stand_in(), gate: stand_in() },
        }
    }

    /// The root that `template` gives, or what is wrong with it.
    pub(super) fn topic_root(&self, template: &str) -> Result<TopicRoot, &'static str> {
        TopicRoot::expand(template, &self.site, &self.gate).map_err(|invalid| invalid.fault)
    }
}

fn broker(table: &Table<'_>, names: &Names) -> Option<MqttSettings> {
    let host = table.required("host", host);
    let usual_root = names.topic_root(TopicRoot::DEFAULT_TEMPLATE).expect("two names make levels of a topic");
    let topic_root = table.or("topic_root", usual_root, |value| topic_root(value, names));
    let tls = table.optional_table("tls", &MQTT_TLS).map(|table| tls(&table));
    let usual_port = if tls.is_some() { MqttSettings::TLS_PORT } else { MqttSettings::PLAIN_TEXT_PORT };
    let usual = MqttSettings::new("", usual_port, topic_root);
    note_unless_protected(table, host.as_deref());
    if let (Some(host), Some(TlsSettings { server_name: None, .. })) = (&host, &tls) {
        note_unless_a_certificate_can_be_for(table, host);
    }
    let client_id = table.or("client_id", format!("gatelpr-{}-{}", names.site, names.gate), client_id);
    let versions = [("auto", Protocol::Auto), ("5", Protocol::V5), ("3.1.1", Protocol::V311)];
    Some(MqttSettings {
        port: table.or("port", usual.port, whole(1..=u16::MAX)),
        client_id,
        protocol: table.or("protocol", usual.protocol, one_of(&versions)),
        keep_alive: table.or("keep_alive_s", usual.keep_alive, whole_seconds(5..=3600)),
        host: host?,
        tls,
        ..usual
    })
}

/// Plain text beyond this computer is only for those who ask for it by name.
fn note_unless_protected(table: &Table<'_>, host: Option<&str>) {
    let allowed = table.or("allow_plain_text", false, truth);
    let Some(place) = table.find("host").map(Value::span) else { return };
    match table.find("tls") {
        Some(_) if allowed => {
            let problem = Problem::at(table.find("allow_plain_text").map_or(place, Value::span), "plain text or TLS?");
            table.note(problem.label("with [mqtt.tls] there is no plain text: remove one of the two"));
        }
        None if !allowed && host.is_some_and(|host| !is_this_computer(host)) => {
            let problem = Problem::at(place, "the connection to the broker would be plain text")
                .label("on the way to this computer events could be read, and forged commands sent")
                .help("add [mqtt.tls], and in it, unless the system knows the broker's CA: ca_file = \"broker-ca.pem\"")
                .help("or, where the way itself is protected (a VPN, a cable of your own): allow_plain_text = true");
            table.note(problem);
        }
        _ => {}
    }
}

/// Whether what is sent to `host` stays on this computer.
pub(super) fn is_this_computer(host: &str) -> bool {
    let address = host.parse::<IpAddr>().map(|address| address.to_canonical());
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

fn note_unless_a_certificate_can_be_for(table: &Table<'_>, host: &str) {
    if let (false, Some(value)) = (is_server_name(host), table.find("host")) {
        let problem = Problem::at(value.span(), "no certificate can be for this host");
        table.note(problem.label("set `server_name` in [mqtt.tls] to the name in the broker's certificate"));
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

pub(super) fn topic_root(value: &Value<'_>, names: &Names) -> Result<TopicRoot, Mismatch> {
    const EXPECTED: &str = "the beginning of an MQTT topic";
    let template = value.get_ref().as_str().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    names.topic_root(template).map_err(|fault| Mismatch::finding(value, EXPECTED, format!("it {fault}")))
}

/// Characters that every broker and every access list takes.
fn client_id(value: &Value<'_>) -> Result<String, Mismatch> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    text("1 to 160 letters (a-z, A-Z), digits, '-', '_', '.' or ':'", |text| {
        ((1..=160).contains(&text.len()) && text.chars().all(allowed)).then(|| text.to_owned())
    })(value)
}
