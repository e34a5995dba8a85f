//! `gatelpr watch`: listens to a broker and prints the passages as they arrive, like any other subscriber.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use tracing::{info, warn};

use crate::backoff::Backoff;
use crate::login::{Credentials, Secret};
use crate::plate::SiteName;
use crate::publish::event::Status;
use crate::publish::mqtt::Message;
use crate::publish::status::GateState;
use crate::publish::subscriber::Subscriber;
use crate::publish::topics::TopicRoot;
use crate::publish::{GateStatus, MqttError, MqttSettings, PlateEvent};
use crate::stop::Stop;

/// Print passages as they arrive at a broker, one per line, until Ctrl-C
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    #[allow(missing_docs, reason = "a comment would replace the text of --help")]
    pub broker: BrokerArgs,
    /// Print the payloads as they are, one JSON text per line, instead of a table
    #[arg(long)]
    pub json: bool,
}

/// Which broker is listened to, and to what.
#[derive(Debug, Clone, clap::Args)]
pub struct BrokerArgs {
    /// The broker's host name or address
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// The broker's TCP port
    #[arg(long, default_value_t = 1883)]
    pub port: u16,
    /// What to listen to; + stands for one level, # at the end for all that is below
    #[arg(long, value_name = "FILTER", default_value = "gatelpr/v1/#")]
    pub topic: String,
    /// User name, where the broker asks for one
    #[arg(long, requires = "password_file")]
    pub user: Option<String>,
    /// File with the user's password, so that it shows in no list of processes
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<PathBuf>,
}

/// How payloads are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line of columns per passage and per change of a gate's state.
    Table,
    /// Every payload that is JSON, unchanged, one a line.
    Json,
}

/// Prints what arrives until Ctrl-C.
///
/// # Errors
/// When the password cannot be read, or the broker refuses the login or the topic. A broker that is not there is waited
/// for.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let settings = args.broker.settings()?;
    let form = if args.json { Form::Json } else { Form::Table };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = Stop::default();
        let mut out = io::stdout();
        let listening = watch(&settings, &args.broker.topic, form, &mut out, &stop);
        tokio::select! {
            ended = listening => ended,
            interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        }
    })
}

impl BrokerArgs {
    /// How to connect, under a client name of its own.
    ///
    /// # Errors
    /// When the password cannot be read.
    pub fn settings(&self) -> anyhow::Result<MqttSettings> {
        let credentials = match (&self.user, &self.password_file) {
            (Some(user), Some(path)) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read the password file {}", path.display()))?;
                let password = Secret::new(text.trim_end_matches(['\r', '\n']).to_owned());
                Some(Credentials { user: user.clone(), password })
            }
            _ => None,
        };
        Ok(MqttSettings {
            credentials,
            client_id: format!("gatelpr-watch-{:08x}", fastrand::u32(..)),
            ..MqttSettings::new(&self.host, self.port, unused_root()?)
        })
    }
}

/// A subscriber publishes nothing, so its root is never used.
fn unused_root() -> anyhow::Result<TopicRoot> {
    let name = SiteName::try_from("watch")?;
    Ok(TopicRoot::expand(TopicRoot::DEFAULT_TEMPLATE, &name, &name)?)
}

/// Prints what matches `filter` to `out` until `stop`, connecting again whenever the connection is lost.
///
/// # Errors
/// [`MqttError`] when the broker refuses, which trying again does not change. A reader of `out` who has gone away ends
/// the watch without an error.
pub async fn watch(
    settings: &MqttSettings,
    filter: &str,
    form: Form,
    out: &mut dyn Write,
    stop: &Stop,
) -> anyhow::Result<()> {
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(10));
    loop {
        let mut print = |message: &Message| print(message, form, out);
        let ended = tokio::select! {
            () = stop.wait_async() => return Ok(()),
            ended = one_connection(settings, filter, &mut backoff, &mut print) => ended,
        };
        match ended {
            Ended::Unread => return Ok(()),
            Ended::Failed(error @ (MqttError::Refused { .. } | MqttError::Rejected { .. })) => return Err(error.into()),
            Ended::Failed(error) => warn!(%error, "waiting for the broker"),
        }
        tokio::select! {
            () = stop.wait_async() => return Ok(()),
            () = tokio::time::sleep(backoff.next_pause()) => {}
        }
    }
}

enum Ended {
    /// Nobody reads the output any more.
    Unread,
    Failed(MqttError),
}

async fn one_connection(
    settings: &MqttSettings,
    filter: &str,
    backoff: &mut Backoff,
    print: &mut dyn FnMut(&Message) -> io::Result<()>,
) -> Ended {
    let mut subscriber = match Subscriber::connect(settings, filter).await {
        Ok(subscriber) => subscriber,
        Err(error) => return Ended::Failed(error),
    };
    info!(host = %settings.host, port = settings.port, %filter, "listening");
    backoff.reset();
    loop {
        match subscriber.next().await.map(|message| print(&message)) {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Ended::Unread,
            Err(error) => return Ended::Failed(error),
        }
    }
}

fn print(message: &Message, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let line = match form {
        Form::Table => table_line(message),
        Form::Json => json_line(message),
    };
    if let Some(line) = line {
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    Ok(())
}

/// The payload as one line, if it is JSON (pictures are not).
fn json_line(message: &Message) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(&message.payload).ok()?;
    let text = String::from_utf8(message.payload.clone()).ok()?;
    Some(if text.contains(['\n', '\r']) { value.to_string() } else { text })
}

/// The line of a passage or of a gate's state; nothing for other topics.
fn table_line(message: &Message) -> Option<String> {
    let topic = &message.topic;
    let line = match topic.rsplit('/').next() {
        Some("passage") => serde_json::from_slice(&message.payload).map(|event| passage_line(&event)),
        Some("status") => serde_json::from_slice(&message.payload).map(|status| status_line(topic, &status)),
        _ => return None,
    };
    Some(line.unwrap_or_else(|error| format!("cannot be read: {error}, on {topic}")))
}

fn passage_line(event: &PlateEvent) -> String {
    let time = event.best_seen.timestamp().strftime("%Y-%m-%d %H:%M:%SZ");
    let status = match event.status {
        Status::Amended => "amended",
        Status::Provisional => "provisional",
        Status::Final => "final",
    };
    let late = if event.historical { "  late" } else { "" };
    let what = match &event.plate {
        Some(plate) => format!(
            "{:<12} {:<3} {:>3.0} %  {:>2} of {:<2} readings",
            plate.display,
            plate.country,
            plate.confidence * 100.0,
            plate.agreeing,
            plate.reads
        ),
        None => format!("{:<12} {}", "unread", name_of(&event.no_read_reason)),
    };
    let side = event.side_number.as_ref().map(|number| format!("  side {}", number.text)).unwrap_or_default();
    format!("{time}  #{:<6} {}/{} {:<8} {what}  {status}{side}{late}", event.seq, event.site, event.gate, event.lane)
}

fn status_line(topic: &str, status: &GateStatus) -> String {
    let gate = topic.strip_suffix("/status").unwrap_or(topic);
    let state = match status.state {
        GateState::Online => "online",
        GateState::Stopping => "stopping",
        GateState::Offline => "offline: the connection broke",
    };
    format!("{gate} is {state} (version {}, lanes {})", status.version, status.lanes.join(", "))
}

/// The wire name of a value that is written as a plain text.
fn name_of(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "for no reason given".to_owned(),
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
