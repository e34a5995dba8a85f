//! A first config, made of a few answers: only what differs from what is usual, each key explained with the words of the
//! reference.

use std::fmt::Write as _;
use std::path::Path;

use super::explained::Explanations;
use super::keys::{CAMERA, LANE, MQTT, MQTT_TLS, RTSP, SITE, Shape, USB, VIDEO};
use super::mqtt::is_this_computer;
use super::{Config, ConfigProblems};

/// What a first config says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The site's name.
    pub site: String,
    /// The gate's name.
    pub gate: String,
    /// The broker.
    pub broker: BrokerDraft,
    /// The camera's name.
    pub camera: String,
    /// Where its pictures come from.
    pub source: SourceDraft,
    /// The lane's name.
    pub lane: String,
    /// What it means that a vehicle comes towards the camera: `in` or `out`.
    pub approaching: String,
}

/// What a first config says of the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerDraft {
    /// Its host.
    pub host: String,
    /// Its port, where it is not the usual one.
    pub port: Option<String>,
    /// How the way to it is protected.
    pub protection: Protection,
    /// The login.
    pub login: Option<LoginDraft>,
}

/// How the way to a broker is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// By TLS; trusting the CAs in this file, or those of the system.
    Tls(Option<String>),
    /// Not by us.
    PlainText,
}

/// A user, and the file that the password is in, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginDraft {
    /// The user's name.
    pub user: String,
    /// The password's file.
    pub password_file: Option<String>,
}

/// Where a first camera's pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceDraft {
    /// A stream at this address.
    Rtsp(String, Option<LoginDraft>),
    /// A USB camera of this name, or at this path.
    Usb(String),
    /// A video file.
    Video(String),
}

impl BrokerDraft {
    /// Whether what is sent to it stays on this computer, and needs no protection.
    #[must_use]
    pub fn is_this_computer(&self) -> bool {
        is_this_computer(&self.host)
    }
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            site: "my-site".to_owned(),
            gate: "g1".to_owned(),
            broker: BrokerDraft {
                host: "127.0.0.1".to_owned(),
                port: None,
                protection: Protection::PlainText,
                login: None,
            },
            camera: "cam-1".to_owned(),
            source: SourceDraft::Rtsp("rtsp://192.0.2.10/stream1".to_owned(), None),
            lane: "lane-1".to_owned(),
            approaching: "in".to_owned(),
        }
    }
}

impl Draft {
    /// What is wrong with it, if it lies in `folder`. Files of passwords need not be there yet.
    ///
    /// # Errors
    /// All of it.
    pub fn check(&self, folder: &Path) -> Result<(), ConfigProblems> {
        let mut bare = self.clone();
        if let Some(login) = &mut bare.broker.login {
            login.password_file = None;
        }
        if let SourceDraft::Rtsp(_, Some(login)) = &mut bare.source {
            login.password_file = None;
        }
        Config::parse(&bare.text(), "the answers", folder).map(drop)
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        let explanations = Explanations::of_reference();
        let mut file = Written { explanations, text: HEAD.to_owned() };
        file.table(&SITE, &[("name", &self.site), ("gate", &self.gate)]);
        file.broker(&self.broker);
        file.table(&CAMERA, &[("name", &self.camera)]);
        match &self.source {
            SourceDraft::Rtsp(url, login) => {
                file.table(&RTSP, &[("url", url)]);
                file.login(&RTSP, login.as_ref());
            }
            SourceDraft::Usb(path) if path.starts_with('/') => file.table(&USB, &[("path", path)]),
            SourceDraft::Usb(name) => file.table(&USB, &[("device_name", name)]),
            SourceDraft::Video(path) => file.table(&VIDEO, &[("path", path)]),
        }
        let lane = [("name", &self.lane), ("camera", &self.camera), ("approaching", &self.approaching)];
        file.table(&LANE, &lane);
        file.text + END
    }
}

const HEAD: &str = "#:schema file:///usr/share/doc/gatelpr/schemas/config.schema.json
#
# The config of gatelpr, as `gatelpr config init` made it. Every key that is not here has its usual value:
# `gatelpr config show` prints all that count, `gatelpr config reference` explains every key.
#
# Check the file after every change:  gatelpr check FILE
";

const END: &str = "
# The lane is read in the whole picture. Where the camera sees another lane, a car park or a road, draw a `zone` around the lane:
# `gatelpr config reference` says how, and the console ([console]) lets you draw it.
";

const CANNOT_FAIL: &str = "a text takes everything";

struct Written {
    explanations: Explanations,
    text: String,
}

impl Written {
    /// A table with texts.
    fn table(&mut self, shape: &Shape, keys: &[(&'static str, &String)]) {
        self.text.push('\n');
        self.comment(shape, "");
        writeln!(self.text, "{}", shape.header).expect(CANNOT_FAIL);
        for (key, value) in keys {
            self.key(shape, key, &toml::Value::String((*value).clone()).to_string());
        }
    }

    /// A key with its value in TOML.
    fn key(&mut self, shape: &Shape, key: &'static str, value: &str) {
        if self.explanations.about(shape.header, key).is_some() {
            self.text.push('\n');
            self.comment(shape, key);
        }
        writeln!(self.text, "{key} = {value}").expect(CANNOT_FAIL);
    }

    fn comment(&mut self, shape: &Shape, key: &'static str) {
        for line in self.explanations.about(shape.header, key).into_iter().flat_map(str::lines) {
            writeln!(self.text, "# {line}").expect(CANNOT_FAIL);
        }
    }

    fn broker(&mut self, broker: &BrokerDraft) {
        self.table(&MQTT, &[("host", &broker.host)]);
        if let Some(port) = &broker.port {
            self.key(&MQTT, "port", port);
        }
        self.login(&MQTT, broker.login.as_ref());
        match &broker.protection {
            Protection::PlainText if broker.is_this_computer() => {}
            Protection::PlainText => self.key(&MQTT, "allow_plain_text", "true"),
            Protection::Tls(None) => self.table(&MQTT_TLS, &[]),
            Protection::Tls(Some(ca_file)) => self.table(&MQTT_TLS, &[("ca_file", ca_file)]),
        }
    }

    fn login(&mut self, shape: &Shape, login: Option<&LoginDraft>) {
        let Some(login) = login else { return };
        self.key(shape, "username", &toml::Value::String(login.user.clone()).to_string());
        if let Some(file) = &login.password_file {
            writeln!(self.text, "password_file = {}", toml::Value::String(file.clone())).expect(CANNOT_FAIL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_draft_is_a_config() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("clip.mp4"), "no video, but a file").expect("a file");
        std::fs::write(folder.path().join("password"), "geheim").expect("a file");
        let login = || Some(LoginDraft { user: "gate \"1\"".to_owned(), password_file: Some("password".to_owned()) });
        let sources = [
            SourceDraft::Rtsp("rtsp://192.0.2.10/stream1".to_owned(), login()),
            SourceDraft::Usb("HD Pro Webcam C920".to_owned()),
            SourceDraft::Usb("/dev/v4l/by-id/camera".to_owned()),
            SourceDraft::Video("clip.mp4".to_owned()),
        ];
        for source in sources {
            for host in ["127.0.0.1", "broker.example"] {
                let broker = BrokerDraft {
                    host: host.to_owned(),
                    port: Some("1884".to_owned()),
                    protection: Protection::PlainText,
                    login: login(),
                };
                let draft = Draft { source: source.clone(), broker, approaching: "out".to_owned(), ..Draft::default() };
                draft.check(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
                let text = draft.text();
                let config = Config::parse(&text, "gatelpr.toml", folder.path());
                let config = config.unwrap_or_else(|problems| panic!("{problems}"));
                assert_eq!(config.mqtt.settings_without_login().host, host);
                assert!(config.mqtt.login.is_some_and(|login| login.has_password()));
                assert!(text.contains("# The broker's host name or IP address"), "keys are explained:\n{text}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_said_in_the_words_of_the_check() {
        let draft = Draft { site: "Hữu Nghị".to_owned(), ..Draft::default() };
        let problems = draft.check(Path::new("/")).expect_err("a name has no spaces");
        assert!(problems.problems()[0].title().starts_with("`name` in [site] must be"), "{problems}");
        let draft = Draft { source: SourceDraft::Video("away.mp4".to_owned()), ..Draft::default() };
        assert!(draft.check(Path::new("/nowhere")).is_err());
    }
}
