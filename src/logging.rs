//! Where log lines go and in which form.

use std::io::IsTerminal;

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

/// Starts logging. What is logged is set by the environment's `RUST_LOG`; without it, everything from `info` up.
///
/// # Errors
/// There is no journal to log to.
pub fn start(format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal();
            registry.with(fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false)).init();
        }
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(std::io::stderr)).init(),
        LogFormat::Journald => {
            let journal = tracing_journald::layer().map_err(|error| {
                anyhow::anyhow!("cannot log to systemd's journal ({error}); choose --log-format text or json")
            })?;
            registry.with(journal).init();
        }
    }
    Ok(())
}
