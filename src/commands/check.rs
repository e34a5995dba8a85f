//! `gatelpr check`: is the config right, and what does it set up? Nothing is started; without `--probe` no camera is
//! opened either.

use std::io::Write;
use std::process::ExitCode;

use super::check_probe;
use super::config_file::ConfigFile;
use crate::camera::{AfterReading, Pacing, Repeat, SourceSettings, Transport};
use crate::config::{CameraConfig, Config, ConsoleConfig, LaneConfig, ListConfig, MqttConfig, Threads, Zone};
use crate::dossier::ListKind;
use crate::evidence::EvidenceSettings;
use crate::evidence::settings::{EvidenceReceiver, MB};
use crate::login::in_words;
use crate::optics::View;
use crate::plate_list::reader;
use crate::publish::Protocol;
use crate::tls::{TlsSettings, TlsVersion};
use crate::trigger::Analyse;

/// Exit code when the config has problems.
pub const PROBLEMS: u8 = 2;

/// Check the config file and say what it sets up, or everything that is wrong with it
///
/// Every problem is shown with its line, its column, what was expected and, for a misspelt key, the key that was
/// probably meant. Files, folders and secrets that the file names are looked at, and its ports must be free or this
/// program's own. With --probe the cameras are opened, the models loaded and the broker connected to as well. The service runs
/// it before every start. Exit code 0: all is right. Exit code 1: what --probe tried does not work. Exit code 2: the file is
/// wrong.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The config file.
    #[command(flatten)]
    pub file: ConfigFile,
    /// Also open every camera, load the models and connect to the broker, and say what does not work
    #[arg(long)]
    pub probe: bool,
}

/// Checks the file and writes the outcome to `out`.
///
/// # Errors
/// Only when `out` cannot be written to; problems in the file are an exit code.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match Config::load_to_check(args.file.path()) {
        Ok(config) => {
            write!(out, "ok: {}\n\n{}", args.file.path().display(), summary(&config))?;
            if args.probe { check_probe::run(&config, out) } else { Ok(ExitCode::SUCCESS) }
        }
        Err(problems) => {
            writeln!(out, "{problems}")?;
            Ok(ExitCode::from(PROBLEMS))
        }
    }
}

/// What the config sets up, a line per thing.
fn summary(config: &Config) -> String {
    let line = |what: &str, said: &str| format!("{what:<10}{said}\n");
    let (site, inference) = (&config.site, &config.inference);
    let threads = match inference.threads {
        Threads::Auto => "threads: all cores but one".to_owned(),
        Threads::Exactly(count) => format!("threads: {count}"),
    };
    let second = inference.second_opinion.as_ref().map_or(String::new(), |second| {
        format!(", {second} is asked below {}", inference.second_opinion_below.value())
    });
    let models = format!("{} finds plates, {} reads them{second}, {threads}", inference.detector, inference.recogniser);
    let mut text = line("site", &format!("{}, gate {}", site.name, site.gate));
    text += &line("broker", &broker(&config.mqtt));
    text += &line("topics", &format!("{}/...", config.mqtt.settings_without_login().topic_root));
    text += &line("outbox", &config.outbox.directory.display().to_string());
    text.extend(config.webhook.iter().map(|webhook| line("webhook", &webhook.shown())));
    text.extend(described_mirrors(config).iter().map(|mirror| line("mirror", mirror)));
    if let Some(evidence) = &config.evidence {
        text += &line("evidence", &described_evidence(evidence));
    }
    text += &line("models", &models);
    text.extend(config.cameras.iter().map(|camera| line("camera", &described_camera(camera))));
    if let Some(http) = &config.http {
        let token = if http.token.is_some() { "with a token" } else { "without a token" };
        text += &line("http", &format!("requests on {} {token}", http.listen));
    }
    text.extend(config.console.iter().map(|console| line("console", &described_console(console))));
    text.extend(config.lanes.iter().map(|lane| line("lane", &described_lane(lane))));
    text.extend(described_lists(config).iter().map(|list| line("list", list)));
    text
}

fn described_console(console: &ConsoleConfig) -> String {
    let scheme = if console.identity.is_some() { "https" } else { "http" };
    let password = if console.password_hash.is_some() { "with a password" } else { "without a password" };
    let saving = if console.may_save { "zones can be saved" } else { "nothing can be saved" };
    format!("{scheme}://{} {password}, {saving}, begins in {}", console.listen, console.language.code())
}

/// The lists as their files are now, with what is wrong in them. That a file cannot be read is no mistake in the config.
fn described_lists(config: &Config) -> Vec<String> {
    const MOST_TOLD: usize = 5;
    let rules = config.list_rules();
    let described = |list: &ListConfig| {
        let settings = &list.settings;
        let kind = match settings.kind {
            ListKind::Watch => "watch-list",
            ListKind::Allow => "allow-list",
        };
        let content = match reader::read_now(settings, &rules) {
            Ok((_, file)) => {
                let told: Vec<String> = file.bad.iter().take(MOST_TOLD).map(ToString::to_string).collect();
                let wrong = match told.len() {
                    0 => String::new(),
                    _ => format!(", lines left out: {} ({})", file.bad.len(), told.join("; ")),
                };
                format!("plates: {}{wrong}", file.entries.len())
            }
            Err(error) => format!("cannot be read: {}", in_words(&error)),
        };
        let publish = if list.publish { ", published" } else { "" };
        let webhook = list.webhook.as_ref().map_or(String::new(), |webhook| format!(", sent to {}", webhook.shown()));
        let pulse = list.pulse.as_ref().map_or(String::new(), |pulse| {
            format!(", a pulse of {} ms on {} for lane {}", pulse.length.as_millis(), pulse.address, pulse.terms.lane)
        });
        format!("{}: {kind} {}, {content}{publish}{webhook}{pulse}", settings.name, settings.file.display())
    };
    config.lists.iter().map(described).collect()
}

fn broker(mqtt: &MqttConfig) -> String {
    let broker = mqtt.settings_without_login();
    let protocol = match broker.protocol {
        Protocol::Auto => "MQTT 5 or 3.1.1",
        Protocol::V5 => "MQTT 5",
        Protocol::V311 => "MQTT 3.1.1",
    };
    let login = match &mqtt.login {
        None => "no login".to_owned(),
        Some(login) if login.has_password() => format!("user {} with a password", login.user),
        Some(login) => format!("user {} without a password", login.user),
    };
    let tls = broker.tls.as_ref().map_or("plain text".to_owned(), described_tls);
    format!("{} port {}, {tls}, {protocol}, client {}, {login}", broker.host, broker.port, broker.client_id)
}

fn described_tls(tls: &TlsSettings) -> String {
    let version = match tls.min_version {
        TlsVersion::V1_2 => "TLS 1.2 or later",
        TlsVersion::V1_3 => "TLS 1.3",
    };
    let ca = match &tls.ca_file {
        Some(file) => format!("trusting {}", file.display()),
        None => "trusting the system's CAs".to_owned(),
    };
    let name = tls.server_name.as_ref().map_or(String::new(), |name| format!(" for {name}"));
    let own = if tls.identity.is_some() { " with a certificate of the gate's own" } else { "" };
    format!("{version} {ca}{name}{own}")
}

fn described_evidence(evidence: &EvidenceSettings) -> String {
    let keeping = &evidence.keeping;
    let sent = match evidence.delivery.as_ref().map(|delivery| &delivery.receiver) {
        None => "kept here".to_owned(),
        Some(EvidenceReceiver::Mqtt) => "sent to the broker".to_owned(),
        Some(EvidenceReceiver::Http(http)) => format!("sent to {}", http.url),
    };
    let blurred = if evidence.pictures.blur { ", all but the vehicle blurred" } else { "" };
    format!(
        "{}, at most {} MB, {} MB stay free, {} days if read and {} if unread{blurred}, {sent}",
        evidence.directory.display(),
        keeping.quota_bytes / MB,
        keeping.min_free_bytes / MB,
        keeping.keep_days_read,
        keeping.keep_days_unread,
    )
}

fn described_mirrors(config: &Config) -> Vec<String> {
    let own_root = &config.mqtt.settings_without_login().topic_root;
    let (onvif, home_assistant) = (&config.mirrors.onvif, &config.mirrors.home_assistant);
    let onvif = onvif.as_ref().map(|mirror| mirror.topic_prefix.as_ref().unwrap_or(own_root));
    let mirrors = [
        onvif.map(|prefix| format!("ONVIF events, {prefix}/onvif-ej/...")),
        home_assistant.as_ref().map(|mirror| format!("Home Assistant, {}/device/...", mirror.discovery_prefix)),
        config.mirrors.analytics.as_ref().map(|mirror| format!("hashes of plates, {}/...", mirror.topic_root)),
    ];
    mirrors.into_iter().flatten().collect()
}

fn described_camera(camera: &CameraConfig) -> String {
    let playing = |repeat: Repeat, pacing: Pacing| {
        let speed = match pacing {
            Pacing::RealTime => "in real time",
            Pacing::Fast => "as fast as possible",
        };
        let often = match repeat {
            Repeat::Once => "once",
            Repeat::Forever => "again and again",
        };
        format!("{speed}, {often}")
    };
    let source = match &camera.source {
        SourceSettings::Video { path, repeat, pacing } => {
            format!("video {}, {}", path.display(), playing(*repeat, *pacing))
        }
        SourceSettings::Folder { path, frames_per_second, repeat, pacing } => {
            let playing = playing(*repeat, *pacing);
            format!("pictures in {}, {} per second, {playing}", path.display(), frames_per_second.per_second())
        }
        SourceSettings::WatchedFolder { path, after_reading } => {
            let after = match after_reading {
                AfterReading::Keep => "kept",
                AfterReading::Delete => "deleted",
            };
            format!("uploads into {}, {after} after reading", path.display())
        }
        SourceSettings::Usb(usb) => format!("USB, {}", usb.identity),
        SourceSettings::Rtsp(rtsp) => match rtsp.transport {
            Transport::Tcp => format!("{} over TCP", rtsp.url),
            Transport::Udp => format!("{} over UDP", rtsp.url),
        },
        SourceSettings::Mjpeg(stream) => format!("{}, a stream of pictures", stream.url),
        SourceSettings::Snapshot { picture, frames_per_second } => {
            format!("{}, {} pictures per second", picture.url, frames_per_second.per_second())
        }
    };
    let view = if camera.view == View::default() { "" } else { ", set straight by [camera.view]" };
    format!("{}: {source}{view}", camera.name)
}

fn described_lane(lane: &LaneConfig) -> String {
    let rules = &lane.rules;
    let zone = if lane.zone == Zone::whole_picture() {
        "the whole picture".to_owned()
    } else {
        format!("a zone of {} points", lane.zone.points().len())
    };
    let countries: Vec<&str> = rules.agreement.countries.iter().map(|country| country.code()).collect();
    let when = match (rules.analyse, &lane.gpio) {
        (Analyse::Always, None) => "read always".to_owned(),
        (Analyse::Motion, None) => "read on motion".to_owned(),
        (Analyse::Trigger, None) => "read on a trigger".to_owned(),
        (Analyse::Always, Some(gpio)) => format!("read always, triggered by {gpio}"),
        (Analyse::Motion, Some(gpio)) => format!("read on motion, triggered by {gpio}"),
        (Analyse::Trigger, Some(gpio)) => format!("read when triggered by {gpio}"),
    };
    let stages = if rules.provisional { "provisional and final events" } else { "final events only" };
    let sides = if rules.side_numbers { ", with side numbers" } else { "" };
    format!(
        "{}: camera {}, {zone}, {when}, plates of {} from {} px{sides}, {} agreeing readings, gone after {} s, {stages}",
        lane.name,
        lane.camera,
        countries.join(" "),
        rules.least_height_px,
        rules.agreement.least_agreeing,
        rules.track_gap.as_secs_f64(),
    )
}
