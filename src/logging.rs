//! Where log lines go and in which form.

mod journal;

use std::io::IsTerminal;
use std::path::Path;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people, on stderr.
    Text,
    /// A JSON object a line, on stderr.
    Json,
    /// Straight to systemd's journal, with fields.
    Journald,
}

/// What is logged, when `asked` is what the environment says. The RTSP client logs addresses with what is in them, which
/// for some cameras is a password, and a line for each packet out of order; only who names it hears it.
fn directives(asked: &str) -> String {
    let base = if asked.trim().is_empty() { "info" } else { asked };
    if base.contains("retina") { base.to_owned() } else { format!("{base},retina=off") }
}

/// Starts logging. What is logged is set by the environment's `RUST_LOG`; without it, everything from `info` up.
///
/// # Errors
/// There is no journal to log to.
pub fn start(format: LogFormat) -> anyhow::Result<()> {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let filter = EnvFilter::try_new(directives(&asked)).unwrap_or_else(|_| EnvFilter::new(directives("")));
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal();
            registry.with(fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false)).init();
        }
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(std::io::stderr)).init(),
        LogFormat::Journald => {
            let journal = journal::Journal::at(Path::new(journal::SOCKET)).map_err(|error| {
                anyhow::anyhow!("cannot log to systemd's journal ({error}); choose --log-format text or json")
            })?;
            registry.with(journal).init();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rtsp_client_is_heard_only_by_who_asks_for_it() {
        assert_eq!(directives(""), "info,retina=off");
        assert_eq!(directives("gatelpr=debug"), "gatelpr=debug,retina=off");
        assert_eq!(directives("info,retina=debug"), "info,retina=debug");
    }
}
