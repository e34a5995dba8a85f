//! The operator's file: loaded and checked whole before anything starts.
//!
//! The file is parsed once into a document with places ([`toml::de::DeTable`]), and each table is then read key by key;
//! whatever is wrong is noted with its place and reading goes on, so the operator sees every problem at once. A key that
//! is not listed in `keys.rs` is a problem. Nothing is repaired or ignored silently.
//!
//! What a lane, a camera or the delivery is told is a type of that module, and so are its defaults.
//!
//! Not here: models and cameras are not opened. That a manifest or a codec is fit is found out by those who use it.

#[cfg(test)]
mod agreement;
mod camera;
mod collisions;
mod console;
mod country;
mod declared;
mod draft;
mod editor_schema;
mod effective;
mod evidence;
mod explained;
mod files;
mod http;
mod inbound;
mod inference;
mod keys;
mod lane;
mod list;
mod live_source;
mod login;
mod mirrors;
mod mqtt;
mod outbox;
mod port;
mod problem;
#[cfg(test)]
mod reference;
mod references;
mod render;
mod secret;
mod site;
mod syntax;
mod table;
mod tls;
mod value;
mod view;
mod webhook;
mod zone;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use toml::de::DeTable;

pub use camera::CameraConfig;
pub use console::ConsoleConfig;
pub use declared::DeclaredConfig;
pub use draft::{BrokerDraft, Draft, LoginDraft, Protection, SourceDraft};
pub use editor_schema::editor_schema;
pub use explained::REFERENCE;
pub use http::HttpConfig;
pub use inbound::InboundConfig;
pub use inference::{InferenceConfig, Threads};
pub use lane::{LaneConfig, TrafficConfig, rear_lanes};
pub use list::{ListConfig, PulseConfig};
pub use mirrors::{AnalyticsConfig, HomeAssistantConfig, MirrorsConfig, OnvifConfig};
pub use mqtt::MqttConfig;
pub use outbox::OutboxConfig;
pub use problem::{ConfigProblems, Problem};
pub use site::SiteConfig;
pub use zone::{InvalidZone, Zone};

use crate::evidence::EvidenceSettings;
use crate::plate::{CameraName, LaneName};
use crate::plate_format::Country;
use crate::publish::WebhookSettings;
use country::Countries;
use table::{Context, Machine, Table};

/// Everything the operator's file says. Paths are absolute, or relative as the config file's own path was.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the gate is.
    pub site: SiteConfig,
    /// The broker.
    pub mqtt: MqttConfig,
    /// Where events wait.
    pub outbox: OutboxConfig,
    /// What may come in from the platform.
    pub inbound: InboundConfig,
    /// The declared list.
    pub declared: DeclaredConfig,
    /// The webhook that gets events too, if there is one.
    pub webhook: Option<WebhookSettings>,
    /// Which other systems' forms events are published in.
    pub mirrors: MirrorsConfig,
    /// Which pictures are kept, if any are.
    pub evidence: Option<EvidenceSettings>,
    /// The models.
    pub inference: InferenceConfig,
    /// The port for other devices of the gate, if there is one.
    pub http: Option<HttpConfig>,
    /// The page for people, if there is one.
    pub console: Option<ConsoleConfig>,
    /// The countries that the file describes, besides those that the program knows.
    pub countries: Vec<Country>,
    /// The operator's lists; names are unique.
    pub lists: Vec<ListConfig>,
    /// The cameras, at least one, in the order of the file; names are unique.
    pub cameras: Vec<CameraConfig>,
    /// The lanes, at least one, in the order of the file; names are unique and each has its camera in `cameras`.
    pub lanes: Vec<LaneConfig>,
    sha256: String,
}

impl Config {
    /// Largest file that is read, in bytes. A gate with a hundred lanes needs a twentieth of it.
    pub const MAX_BYTES: u64 = 1 << 20;

    /// The config in the file at `path`.
    ///
    /// # Errors
    /// Everything that is wrong with it, or why it cannot be read.
    pub fn load(path: &Path) -> Result<Self, ConfigProblems> {
        Self::load_on(Machine::Gate, path)
    }

    /// The config in the file at `path`, for a recording that was taken to another machine: the gate's files and folders
    /// need not exist here.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_for_replay(path: &Path) -> Result<Self, ConfigProblems> {
        Self::load_on(Machine::Elsewhere, path)
    }

    /// The config in the file at `path`, for `gatelpr check`: the ports that it names are looked at too.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_to_check(path: &Path) -> Result<Self, ConfigProblems> {
        Self::load_on(Machine::GateBeforeTheStart, path)
    }

    /// The config in effect in the file at `path`, as text: also what is not in the file, and nothing that may be secret.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn effective(path: &Path) -> Result<String, ConfigProblems> {
        let file = ConfigText::read(path)?;
        Ok(effective::described(&file.parse(Machine::Gate)?, &file.text, &file.base_dir))
    }

    fn load_on(machine: Machine, path: &Path) -> Result<Self, ConfigProblems> {
        ConfigText::read(path)?.parse(machine)
    }

    /// The config in `text`. `file_name` is for messages; paths in the text are relative to `base_dir`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str, file_name: &str, base_dir: &Path) -> Result<Self, ConfigProblems> {
        Self::parse_on(Machine::Gate, text, file_name, base_dir)
    }

    fn parse_on(machine: Machine, text: &str, file_name: &str, base_dir: &Path) -> Result<Self, ConfigProblems> {
        let document = DeTable::parse(text)
            .map_err(|error| ConfigProblems::new(file_name, text, vec![syntax::problem(&error, text)]))?;
        let context = Context::new(base_dir, machine);
        let config = Self::read(&Table::root(document.get_ref(), &context), text);
        let problems = context.into_problems();
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigProblems::new(file_name, text, problems)),
        }
    }

    fn read(root: &Table<'_>, text: &str) -> Option<Self> {
        let site = root.table("site", &keys::SITE).and_then(|table| SiteConfig::read(&table));
        let mqtt = root.table("mqtt", &keys::MQTT).and_then(|table| MqttConfig::read(&table, site.as_ref()));
        let outbox =
            root.optional_table("outbox", &keys::OUTBOX).map(|table| OutboxConfig::read(&table)).unwrap_or_default();
        let inbound = root.optional_table("inbound", &keys::INBOUND).map(|table| InboundConfig::read(&table));
        let declared = root.optional_table("declared", &keys::DECLARED).map(|table| DeclaredConfig::read(&table));
        let webhook = root.optional_table("webhook", &keys::WEBHOOK).and_then(|table| webhook::read(&table));
        let mirrors = root.optional_table("mirrors", &keys::MIRRORS);
        let own_root = mqtt.as_ref().map(|mqtt| &mqtt.settings_without_login().topic_root);
        let mirrors = mirrors.map(|table| MirrorsConfig::read(&table, site.as_ref(), own_root));
        let evidence = root.optional_table("evidence", &keys::EVIDENCE).map(|table| evidence::read(&table, &outbox));
        let inference = root.optional_table("inference", &keys::INFERENCE).map(|table| InferenceConfig::read(&table));
        let http_table = root.optional_table("http", &keys::HTTP);
        let http = http_table.as_ref().and_then(HttpConfig::read);
        let console_table = root.optional_table("console", &keys::CONSOLE);
        let console = console_table.as_ref().map(ConsoleConfig::read);
        console::note_shared_port(console_table.zip(console.as_ref()), http_table.zip(http.as_ref()));
        let (camera_tables, lane_tables) = (root.tables("camera", &keys::CAMERA), root.tables("lane", &keys::LANE));
        references::check(&camera_tables, &lane_tables);
        // Everything is read before the first `?`, or a problem here would hide those further down.
        let countries = Countries::read(&root.optional_tables("country", &keys::COUNTRY));
        let list_tables = root.optional_tables("list", &keys::LIST);
        let lists = list::read(&list_tables, &lane_tables);
        let lanes = every(&lane_tables, |table| LaneConfig::read(table, &countries));
        let cameras = every(&camera_tables, CameraConfig::read);
        if let (Some(lists), Some(lanes)) = (&lists, &lanes) {
            list::note_shared_lines(&list_tables, lists, lanes);
        }
        if let Some(lanes) = &lanes {
            collisions::note_same_zones(&lane_tables, lanes);
        }
        if let Some(cameras) = &cameras {
            collisions::note_same_sources(&camera_tables, cameras);
            collisions::note_own_folders(&camera_tables, cameras, &outbox, evidence.as_ref());
        }
        Some(Self {
            site: site?,
            mqtt: mqtt?,
            outbox,
            inbound: inbound.unwrap_or_default(),
            declared: declared.unwrap_or_default(),
            webhook,
            mirrors: mirrors.unwrap_or_default(),
            evidence,
            inference: inference.unwrap_or_default(),
            http,
            console,
            countries: countries.listed(),
            lists: lists?,
            cameras: cameras?,
            lanes: lanes?,
            sha256: format!("{:x}", Sha256::digest(text.as_bytes())),
        })
    }

    /// SHA-256 of the file's bytes in lower-case hexadecimal, for the status topic.
    #[must_use]
    pub fn config_sha256(&self) -> &str {
        &self.sha256
    }

    /// Whether both say the same, comments and spelling aside.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        Self { sha256: other.sha256.clone(), ..self.clone() } == *other
    }

    /// Every lane with its camera and zone, for whoever shows it.
    pub fn shown_lanes(&self) -> impl Iterator<Item = (LaneName, CameraName, Zone)> {
        self.lanes.iter().map(|lane| (lane.name.clone(), lane.camera.clone(), lane.zone.clone()))
    }

    /// The camera of this name.
    #[must_use]
    pub fn camera(&self, name: &CameraName) -> Option<&CameraConfig> {
        self.cameras.iter().find(|camera| camera.name == *name)
    }
}

/// Reads every table, also after one that has problems.
fn every<T>(tables: &[Table<'_>], read: impl Fn(&Table<'_>) -> Option<T>) -> Option<Vec<T>> {
    let all: Vec<Option<T>> = tables.iter().map(read).collect();
    all.into_iter().collect()
}

/// A file's text, and where it was read.
struct ConfigText {
    file_name: String,
    base_dir: PathBuf,
    text: String,
}

impl ConfigText {
    fn read(path: &Path) -> Result<Self, ConfigProblems> {
        let file_name = path.display().to_string();
        let unreadable = |error: io::Error| {
            let problem = Problem::of_file(format!("cannot read the config: {}", crate::login::in_words(&error)));
            let help = "name the file with --config, or make one with `gatelpr config init`";
            ConfigProblems::new(&file_name, "", vec![problem.help(help)])
        };
        let bytes = read_small_file(path).map_err(unreadable)?;
        let whole = std::path::absolute(path).map_err(unreadable)?;
        let base_dir = whole.parent().unwrap_or(Path::new("/")).to_owned();
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { file_name, base_dir, text }),
            Err(error) => {
                let start = error.utf8_error().valid_up_to();
                let problem = Problem::at(start..start + 1, "the file is not UTF-8")
                    .label("this byte belongs to another encoding")
                    .help("save the file as UTF-8");
                let text = String::from_utf8_lossy(error.as_bytes());
                Err(ConfigProblems::new(&file_name, &text, vec![problem]))
            }
        }
    }

    fn parse(&self, machine: Machine) -> Result<Config, ConfigProblems> {
        Config::parse_on(machine, &self.text, &self.file_name, &self.base_dir)
    }
}

fn read_small_file(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::other("this is a folder"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("this is no file"));
    }
    if metadata.len() > Config::MAX_BYTES {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    fs::read(path)
}
