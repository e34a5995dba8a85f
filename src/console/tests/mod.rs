//! The console on a port of its own, with a gate behind it that has passages, pictures and a config file, and no camera.

mod api;
mod archive;
mod door;
mod patience;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use image::RgbImage;
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::alarm::Alarms;
use crate::clock_sync::ClockSync;
use crate::config::Zone;
use crate::frame::{Frame, Moment};
use crate::plate::{CameraName, LaneName};
use crate::proof::DeviceKey;
use crate::publish::inbound::{ReloadRefused, Reloading};
use crate::publish::outbox::OutboxSettings;
use crate::publish::recent_events::RecentEvents;
use crate::publish::{DeliveryStatus, Outbox, PlateEvent, test_passages};
use crate::tls::Identity;

const PASSWORD: &str = "a good long password";

/// A console at work.
struct Site {
    address: SocketAddr,
    parts: ConsoleParts,
    asked: Arc<Asked>,
    client: reqwest::Client,
    scheme: &'static str,
    stop: Stop,
    folder: TempDir,
}

/// Notes that the config shall be read again.
#[derive(Debug)]
struct Asked {
    file: PathBuf,
    times: Mutex<u32>,
    problem: Mutex<Option<String>>,
}

impl Reload for Asked {
    fn reload(&self) -> Result<Reloading, ReloadRefused> {
        *self.times.lock().expect("nobody panics") += 1;
        let problem = self.problem.lock().expect("nobody panics").clone();
        let (go, _) = tokio::sync::oneshot::channel();
        problem.map_or(Ok(Reloading::soon(Vec::new(), go)), |problem| Err(ReloadRefused::Problems(problem)))
    }

    fn file(&self) -> &Path {
        &self.file
    }
}

/// Which console is wanted.
#[derive(Default)]
struct Wanted {
    password: Option<&'static str>,
    tls: bool,
    may_save: bool,
    blurs: bool,
}

impl Site {
    async fn open() -> Self {
        Self::with(Wanted::default()).await
    }

    async fn with(wanted: Wanted) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("gatelpr.toml");
        std::fs::write(&file, config_text(folder.path())).expect("there is space");
        let asked = Arc::new(Asked { file, times: Mutex::default(), problem: Mutex::default() });
        let parts = parts(folder.path(), wanted.blurs, Arc::clone(&asked));
        let (identity, client) = if wanted.tls { identity(folder.path()) } else { (None, crate::http_client::plain()) };
        let listen = free_address();
        let settings = ConsoleSettings {
            listen,
            password: wanted.password.map(|password| PasswordCheck::hash(password).expect("a password")),
            identity,
            may_save: wanted.may_save,
            language: Language::Vietnamese,
        };
        let stop = Stop::default();
        let scheme = if wanted.tls { "https" } else { "http" };
        drop(start(settings, parts.clone(), stop.clone()).expect("it starts"));
        Self { address: listen, parts, asked, client: client.build().expect("a client"), scheme, stop, folder }
    }

    fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.client.get(self.url(path))).await
    }

    /// A request that changes something, as the page sends it.
    fn change(&self, method: reqwest::Method, path: &str, csrf: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, self.url(path));
        request.header("Origin", self.origin()).header("X-CSRF-Token", csrf)
    }

    async fn csrf(&self) -> String {
        self.get("/api/session").await.1["csrf"].as_str().expect("a token").to_owned()
    }

    async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let csrf = self.csrf().await;
        answer(self.change(reqwest::Method::POST, path, &csrf).body(body.to_owned())).await
    }

    fn commit(&self, track: u64) -> PlateEvent {
        let mut event = test_passages::event(track);
        self.parts.corrections.recent.settle(&mut event, Timestamp::UNIX_EPOCH);
        let stored = self.parts.corrections.outbox.commit(&event, Timestamp::UNIX_EPOCH).expect("there is space");
        PlateEvent { seq: stored.seq, ..event }
    }

    fn put_frame(&self) {
        let at = Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::from_secs(1) };
        let image = Arc::new(RgbImage::from_pixel(640, 360, image::Rgb([90, 90, 90])));
        self.parts.frames.put(&Frame { camera: camera(), captured_at: at, image });
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.request();
    }
}

fn lane() -> LaneName {
    LaneName::try_from("in-2").expect("a name")
}

fn camera() -> CameraName {
    CameraName::try_from("in-2-front").expect("a name")
}

/// A port that is free now; a test that lost it to another would fail loudly.
fn free_address() -> SocketAddr {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    probe.local_addr().expect("it has an address")
}

fn config_text(folder: &Path) -> String {
    format!(
        "# my gate\n[site]\nname = \"huu-nghi\"\ngate = \"g1\"\n\n[mqtt]\nhost = \"127.0.0.1\"\n\n[outbox]\ndirectory = \"{folder}\"\n\n\
         [[camera]]\nname = \"in-2-front\"\n[camera.source.folder]\npath = \"{folder}\"\n\n\
         [[lane]]\nname = \"in-2\" # the left one\ncamera = \"in-2-front\"\n",
        folder = folder.display()
    )
}

fn parts(folder: &Path, blurs: bool, asked: Arc<Asked>) -> ConsoleParts {
    let settings = OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder);
    let (archive, clock) = (settings.archive.clone(), Clock::start());
    let outbox = Outbox::open(&folder.join("outbox.sqlite"), settings).expect("a new outbox");
    let (_, health) = crate::health::reports();
    let (_, traffic) = crate::publish::traffic::way();
    let corrections = Corrections {
        recent: RecentEvents::default(),
        outbox: outbox.clone(),
        clock_sync: ClockSync::default(),
        clock,
    };
    ConsoleParts {
        site: "huu-nghi".into(),
        gate: "g1".into(),
        live: LiveView::of([(lane(), camera(), Zone::whole_picture())]),
        frames: NewestFrames::default(),
        blurs,
        search: ArchiveSearch::new(archive, outbox),
        kept_pictures: Some(KeptPictures::of(&folder.join("evidence"))),
        corrections,
        monitoring: Monitoring {
            health,
            traffic,
            alarms: Alarms::default(),
            broker: Arc::new(DeliveryStatus::default),
            clock,
        },
        reload: Some(asked),
        clock,
    }
}

/// A certificate for 127.0.0.1, and a client that trusts it.
fn identity(folder: &Path) -> (Option<Identity>, reqwest::ClientBuilder) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let (certificate_file, key_file) = (folder.join("console.pem"), folder.join("console-key.pem"));
    std::fs::write(&certificate_file, made.cert.pem()).expect("there is space");
    std::fs::write(&key_file, made.signing_key.serialize_pem()).expect("there is space");
    let tls = crate::tls::TlsSettings { ca_file: Some(certificate_file.clone()), ..Default::default() };
    let client = crate::http_client::encrypting(crate::tls::client_config(&tls).expect("a client"));
    (Some(Identity { certificate_file, key_file }), client)
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let (status, text) = (answer.status().as_u16(), answer.text().await.expect("a text"));
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Whether an answer is a refusal in words, with this status and these words in it.
#[track_caller]
fn refused((status, body): &(u16, Value), wanted: u16, words: &str) {
    let told = body["error"].as_str().unwrap_or_default();
    assert!(*status == wanted && told.contains(words), "{status} {body}");
}
