//! `gatelpr run`: the daemon.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::config_file::ConfigFile;
use crate::daemon;
use crate::stop::Stop;

/// Watch the cameras of a config and deliver passages, until stopped (SIGINT, SIGTERM) or until every recording has ended
/// and everything is delivered.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    config: ConfigFile,
}

/// Runs `gatelpr run`.
///
/// # Errors
/// A config with problems, or what the daemon cannot start or go on without.
pub fn run(args: &RunArgs) -> anyhow::Result<()> {
    let config = args.config.load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let stop = Stop::default();
        let (mut interrupt, mut terminate) = signals().context("cannot listen to signals")?;
        let asked = stop.clone();
        tokio::spawn(async move {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            info!(
                "asked to stop; asking again ends at once, without waiting for a camera or file that does not answer"
            );
            asked.request();
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            // What is committed is safe; what is in flight is published again after the next start.
            std::process::exit(130);
        });
        daemon::run(config, stop).await
    })
}

fn signals() -> std::io::Result<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)> {
    Ok((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
}
