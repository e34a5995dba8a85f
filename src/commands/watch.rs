//! `gatelpr watch`: listens to a broker and prints the passages as they arrive, like any other subscriber.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use tracing::{info, warn};

use super::broker::BrokerArgs;
use crate::backoff::Backoff;
use crate::publish::event::Status;
use crate::publish::mqtt::Message;
use crate::publish::status::GateState;
use crate::publish::subscriber::Subscriber;
use crate::publish::{GateStatus, MqttError, MqttSettings, PlateEvent};
use crate::stop::Stop;

/// Print passages as they arrive at a broker, one per line, until Ctrl-C
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    #[allow(missing_docs, reason = "a comment would replace the text of --help")]
    pub broker: BrokerArgs,
    /// Take the broker, the login and the certificates from the gate's config in this file
    #[arg(long, value_name = "FILE", conflicts_with_all = BrokerArgs::ADDRESS)]
    pub config: Option<PathBuf>,
    /// Print the payloads as they are, one JSON text per line, instead of a table
    #[arg(long)]
    pub json: bool,
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
/// When the config, the password or a certificate cannot be read, or the broker refuses the login or the topic. A broker
/// that is not there is waited for.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let settings = args.broker.settings(args.config.as_deref())?;
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
            Ended::Failed(error) if is_final(&error) => return Err(error.into()),
            Ended::Failed(error) => warn!(%error, "waiting for the broker"),
        }
        tokio::select! {
            () = stop.wait_async() => return Ok(()),
            () = tokio::time::sleep(backoff.next_pause()) => {}
        }
    }
}

/// Whether trying again would change nothing.
fn is_final(error: &MqttError) -> bool {
    use MqttError::{Certificate, Refused, Rejected, Tls};
    matches!(error, Certificate(_) | Refused { .. } | Rejected { .. } | Tls { .. })
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
