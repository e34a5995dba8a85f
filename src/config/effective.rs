//! The config in effect as text: every key that counts with its value, also those that are not in the file. Paths are whole, and
//! what may be secret is left out.

use std::fmt::Write as _;
use std::path::Path;

use toml::{Table, Value};
use url::Url;

use super::Config;
use super::keys::{Absent, Key, Kind, LIST, MQTT, ROOT, Shape};
use crate::camera::CameraUrl;

/// What stands behind a value that is not in the file.
const BY_DEFAULT: &str = "  # default";
/// What stands in the place of a secret.
const MASK: &str = "***";
/// Options of ffmpeg whose next word may be a secret.
const SECRET_OPTIONS: [&str; 4] = ["-headers", "-cookies", "-password", "-passphrase"];

/// `config`, which was read from `text` in a file below `base_dir`, in the order of the reference.
pub(super) fn described(config: &Config, text: &str, base_dir: &Path) -> String {
    let file: Table = toml::from_str(text).expect("a config was made of it");
    let mut writer = Writer { config, base_dir, text: String::new(), masked: false };
    writer.tables(&ROOT, &file);
    let mut said = "# The config in effect. What is marked \"default\" is not in the file.\n".to_owned();
    if writer.masked {
        writeln!(said, "# {MASK} stands for what may be secret: with it this is no config to use.").expect(CANNOT_FAIL);
    }
    said + &writer.text
}

const CANNOT_FAIL: &str = "a text takes everything";

struct Writer<'c> {
    config: &'c Config,
    base_dir: &'c Path,
    text: String,
    masked: bool,
}

impl Writer<'_> {
    /// What stands below `shape`, each table under its header.
    fn tables(&mut self, shape: &Shape, entries: &Table) {
        let empty = Table::new();
        for key in shape.keys {
            match (key.kind, entries.get(key.name)) {
                (Kind::Table(below), Some(Value::Table(entries))) if has_header(below) => {
                    self.table(below, entries, "")
                }
                (Kind::Table(below), None) if key.absent == Absent::Is("{}") => self.table(below, &empty, BY_DEFAULT),
                (Kind::Tables(below), Some(Value::Array(list))) => {
                    for (index, entries) in list.iter().enumerate() {
                        self.element(below, entries.as_table().unwrap_or(&empty), index);
                    }
                }
                _ => {}
            }
        }
    }

    fn table(&mut self, shape: &Shape, entries: &Table, mark: &str) {
        if shape.keys.iter().any(|key| !key.kind.shape().is_some_and(has_header)) {
            writeln!(self.text, "\n{}{mark}", shape.header).expect(CANNOT_FAIL);
        }
        let depending = |key: &Key| match (shape.header, key.name) {
            (header, "port") if header == MQTT.header => {
                Some(self.config.mqtt.settings_without_login().port.to_string())
            }
            (header, "client_id") if header == MQTT.header => {
                Some(in_toml(&self.config.mqtt.settings_without_login().client_id))
            }
            _ => None,
        };
        let depending: Vec<Option<String>> = shape.keys.iter().map(depending).collect();
        self.keys(shape, entries, &depending);
        self.tables(shape, entries);
    }

    /// An entry of a list of tables.
    fn element(&mut self, shape: &Shape, entries: &Table, index: usize) {
        writeln!(self.text, "\n{}", shape.header).expect(CANNOT_FAIL);
        let hours = |index: usize| Some(self.config.lists.get(index)?.settings.max_age.as_secs() / 3600);
        let depending = |key: &Key| match (shape.header, key.name) {
            (header, "max_age_h") if header == LIST.header => hours(index).map(|hours| hours.to_string()),
            _ => None,
        };
        let depending: Vec<Option<String>> = shape.keys.iter().map(depending).collect();
        self.keys(shape, entries, &depending);
        self.tables(shape, entries);
    }

    /// The keys that hold no table of their own; `depending` has what counts for those whose usual value depends on others.
    fn keys(&mut self, shape: &Shape, entries: &Table, depending: &[Option<String>]) {
        for (key, depending) in shape.keys.iter().zip(depending) {
            let line = match (entries.get(key.name), key.absent, depending) {
                _ if key.kind.shape().is_some_and(has_header) => continue,
                (Some(value), ..) => format!("{} = {}", key.name, self.shown(key, value)),
                (None, Absent::Is(usual), _) => format!("{} = {usual}{BY_DEFAULT}", key.name),
                (None, Absent::Depends, Some(usual)) => format!("{} = {usual}{BY_DEFAULT}", key.name),
                (None, ..) => continue,
            };
            self.text += &line;
            self.text.push('\n');
        }
    }

    fn shown(&mut self, key: &Key, value: &Value) -> String {
        match (key.kind, value) {
            (Kind::Path, Value::String(path)) => self.whole_path(path),
            (Kind::Paths, Value::Array(paths)) => {
                let paths: Vec<String> =
                    paths.iter().filter_map(Value::as_str).map(|path| self.whole_path(path)).collect();
                format!("[{}]", paths.join(", "))
            }
            (Kind::Texts(..), Value::Array(words)) => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                self.words(&words)
            }
            (_, Value::String(text)) => in_toml(&self.without_secrets(text)),
            (_, other) => other.to_string(),
        }
    }

    fn whole_path(&self, path: &str) -> String {
        in_toml(&self.base_dir.join(path).display().to_string())
    }

    fn words(&mut self, words: &[&str]) -> String {
        let mut shown = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let before = index.checked_sub(1).map(|index| words[index]);
            let is_secret = before.is_some_and(|before| SECRET_OPTIONS.contains(&before));
            self.masked |= is_secret;
            shown.push(in_toml(&if is_secret { MASK.to_owned() } else { self.without_secrets(word) }));
        }
        format!("[{}]", shown.join(", "))
    }

    /// An address without login and query, which may hold a password; any other text as it is.
    fn without_secrets(&mut self, text: &str) -> String {
        let Some(mut url) = Url::parse(text).ok().filter(Url::has_host) else { return text.to_owned() };
        let whole = CameraUrl::from(url.clone()).to_string();
        let has_login = !url.username().is_empty() || url.password().is_some();
        if !has_login && whole == url.as_str() {
            return text.to_owned();
        }
        self.masked = true;
        // Neither fails where there is a host.
        if has_login && url.set_password(None).and_then(|()| url.set_username(MASK)).is_err() {
            return MASK.to_owned();
        }
        CameraUrl::from(url).to_string().replace('…', MASK)
    }
}

/// Whether a table has lines of its own; others are written within a line.
fn has_header(shape: &Shape) -> bool {
    shape.header.starts_with('[')
}

fn in_toml(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = r#"
        site = { name = "huu-nghi", gate = "g1", location = { lat = 1.0, lon = 2.0 } }
        mqtt.host = "127.0.0.1"
        mirrors.onvif_events = {}
        [[list]]
        name = "staff"
        kind = "allow"
        file = "staff.csv"
        [[camera]]
        name = "front"
        source.rtsp = { url = "rtsp://192.0.2.10/stream1", ffmpeg_options = ["-hwaccel", "vaapi"] }
        view.lens = { k1 = -0.2 }
        [[lane]]
        name = "in-1"
        camera = "front"
        countries = ["VN"]
        gpio = { chip = "/dev/gpiochip0", line = 17 }
    "#;

    fn shown(text: &str) -> (Config, String) {
        let config =
            Config::parse(text, "gatelpr.toml", Path::new("/etc/gatelpr")).unwrap_or_else(|wrong| panic!("{wrong}"));
        let shown = described(&config, text, Path::new("/etc/gatelpr"));
        (config, shown)
    }

    #[test]
    fn what_is_shown_is_the_same_config_wherever_it_lies() {
        let (config, shown) = shown(RIGHT);
        let again =
            Config::parse(&shown, "shown.toml", Path::new("/elsewhere")).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(Config { sha256: config.sha256.clone(), ..again }, config, "{shown}");
        for line in [
            "port = 1883  # default",
            "client_id = \"gatelpr-huu-nghi-g1\"  # default",
            "[outbox]  # default",
            "archive_days = 30  # default",
            "[mirrors.onvif_events]",
            "file = \"/etc/gatelpr/staff.csv\"",
            "max_age_h = 24  # default",
            "countries = [\"VN\"]",
            "debounce_ms = 50  # default",
        ] {
            assert!(shown.lines().any(|one| one == line), "{line} is in\n{shown}");
        }
        assert!(!shown.contains(MASK), "{shown}");
    }

    #[test]
    fn nothing_that_may_be_secret_is_shown() {
        let secret = RIGHT.replace("stream1\"", "user=admin_password=geheim?token=geheim\"");
        let secret = secret.replace("\"-hwaccel\", \"vaapi\"", "\"-headers\", \"Authorization: geheim\"");
        let (_, shown) = shown(&format!("evidence.uri_base = \"https://geheim:geheim@a.example/b\"\n{secret}"));
        assert!(!shown.contains("geheim") && shown.contains(MASK), "{shown}");
    }
}
