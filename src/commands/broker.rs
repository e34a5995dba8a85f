//! Which broker a command speaks to, and how: arguments that several commands share.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::config::Config;
use crate::login::{Credentials, Login, PasswordPlace};
use crate::plate::SiteName;
use crate::publish::MqttSettings;
use crate::publish::topics::TopicRoot;
use crate::tls::{Identity, TlsSettings};

/// A broker by its address, and what to listen to there.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct BrokerArgs {
    /// The broker's host name or address [default: 127.0.0.1]
    #[arg(long)]
    pub host: Option<String>,
    /// The broker's TCP port [default: 1883, with TLS 8883]
    #[arg(long)]
    pub port: Option<u16>,
    /// What to listen to; + stands for one level, # at the end for all that is below
    #[arg(long, value_name = "FILTER", default_value = "gatelpr/v1/#")]
    pub topic: String,
    /// User name, where the broker asks for one
    #[arg(long, requires = "password_file")]
    pub user: Option<String>,
    /// File with the user's password, so that it shows in no list of processes
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<PathBuf>,
    /// Speak TLS and trust the system's CAs
    #[arg(long)]
    pub tls: bool,
    /// Speak TLS and trust the CAs in this file (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Speak TLS and show the certificate in this file (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Speak TLS and look for this name in the broker's certificate instead of its host
    #[arg(long, value_name = "NAME")]
    pub tls_name: Option<String>,
}

impl BrokerArgs {
    /// The arguments that say which broker is meant and how to speak to it.
    pub const ADDRESS: [&str; 8] = ["host", "port", "user", "tls", "tls_ca", "tls_cert", "tls_key", "tls_name"];

    /// How to connect, under a client name of its own: to the broker of the config in that file, unless an address is
    /// given.
    ///
    /// # Errors
    /// A config with problems, or a password that cannot be read.
    pub fn settings(&self, config: Option<&Path>) -> anyhow::Result<MqttSettings> {
        let settings = match config {
            Some(path) if !self.has_address() => Config::load(path)?.mqtt.settings()?,
            _ => self.by_address()?,
        };
        Ok(MqttSettings { client_id: format!("gatelpr-watch-{:08x}", fastrand::u32(..)), ..settings })
    }

    fn has_address(&self) -> bool {
        self.host.is_some() || self.port.is_some() || self.user.is_some() || self.tls().is_some()
    }

    fn by_address(&self) -> anyhow::Result<MqttSettings> {
        let tls = self.tls();
        let usual_port = if tls.is_some() { MqttSettings::TLS_PORT } else { MqttSettings::PLAIN_TEXT_PORT };
        let (host, port) = (self.host.as_deref().unwrap_or("127.0.0.1"), self.port.unwrap_or(usual_port));
        Ok(MqttSettings { credentials: self.credentials()?, tls, ..MqttSettings::new(host, port, unused_root()?) })
    }

    fn credentials(&self) -> anyhow::Result<Option<Credentials>> {
        let (Some(user), Some(file)) = (&self.user, &self.password_file) else { return Ok(None) };
        let login = Login { user: user.clone(), password: Some(PasswordPlace::File(file.clone())) };
        let read = login.credentials().map_err(|error| anyhow::anyhow!("{}: {}", error.place, error.why));
        read.context("cannot read the password file").map(Some)
    }

    fn tls(&self) -> Option<TlsSettings> {
        let identity = self.tls_cert.clone().zip(self.tls_key.clone());
        let wanted = self.tls || self.tls_ca.is_some() || identity.is_some() || self.tls_name.is_some();
        wanted.then(|| TlsSettings {
            ca_file: self.tls_ca.clone(),
            identity: identity.map(|(certificate_file, key_file)| Identity { certificate_file, key_file }),
            server_name: self.tls_name.clone(),
            ..TlsSettings::default()
        })
    }
}

/// A subscriber publishes nothing, so its root is never used.
fn unused_root() -> anyhow::Result<TopicRoot> {
    let name = SiteName::try_from("watch")?;
    Ok(TopicRoot::expand(TopicRoot::DEFAULT_TEMPLATE, &name, &name)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Command {
        #[command(flatten)]
        broker: BrokerArgs,
    }

    fn settings(arguments: &[&str]) -> MqttSettings {
        let parsed = Command::try_parse_from([&["watch"], arguments].concat()).expect("arguments");
        parsed.broker.settings(None).expect("nothing is read")
    }

    #[test]
    fn any_word_about_tls_means_tls_and_its_port() {
        let plain = settings(&[]);
        assert_eq!((plain.host.as_str(), plain.port, plain.tls), ("127.0.0.1", 1883, None));
        for word in [&["--tls"][..], &["--tls-ca", "ca.pem"], &["--tls-name", "broker"]] {
            let encrypted = settings(word);
            assert!(encrypted.tls.is_some() && encrypted.port == 8883, "{word:?}");
        }
        assert_eq!(settings(&["--tls", "--port", "1"]).port, 1);
    }

    #[test]
    fn an_address_goes_before_a_config() {
        let parsed = Command::try_parse_from(["verify", "--host", "broker"]).expect("arguments");
        assert_eq!(parsed.broker.settings(Some(Path::new("/nowhere"))).expect("nothing is read").host, "broker");
    }
}
