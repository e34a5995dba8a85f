//! `gatelpr run`: the daemon, its signals, and beginning it anew where a config that is read again needs that.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use super::config_file::ConfigFile;
use crate::config::Config;
use crate::daemon::{self, Reloads, RunEnd};
use crate::service;
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
        let asked = Stop::default();
        listen_to_signals(asked.clone()).context("cannot listen to signals")?;
        let reloads = Arc::new(Reloads::of(args.config.path(), &config));
        let hangups = listen_to_hangups().context("cannot listen to signals")?;
        tokio::spawn(Arc::clone(&reloads).look_after(hangups, asked.clone()));
        one_run_after_the_other(config, &reloads, &asked).await
    })
}

/// Runs with `config`, and with those that are read later and need a run of their own. If one cannot even begin, the run
/// with the one before it does.
async fn one_run_after_the_other(mut config: Config, reloads: &Arc<Reloads>, asked: &Stop) -> anyhow::Result<()> {
    let mut before = None;
    loop {
        let ended = daemon::run(config.clone(), asked.child(), Some(Arc::clone(reloads))).await;
        let end = reloads.run_ended();
        if asked.requested() {
            return ended;
        }
        match (end, ended, before.take()) {
            (RunEnd::For(next), ended, _) => {
                // What went wrong with the old config may be why it was changed.
                if let Err(error) = ended {
                    warn!("the run that was told to end has ended with an error: {error:#}");
                }
                service::reloading();
                before = Some(std::mem::replace(&mut config, *next));
            }
            (RunEnd::NotBegun, Err(why), Some(old)) => {
                error!(
                    "no run can begin with the config that was read again, so one begins with the config before it: {why:#}"
                );
                reloads.not_begun(format!("{why:#}"));
                config = old;
            }
            (RunEnd::NotBegun | RunEnd::Otherwise, ended, _) => {
                service::stopping();
                return ended;
            }
        }
    }
}

/// SIGHUP means: read the config again. Several at once mean it once.
fn listen_to_hangups() -> std::io::Result<mpsc::Receiver<()>> {
    let mut hangups = signal(SignalKind::hangup())?;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            if sender.try_send(()).is_err() {
                info!("asked to read the config again, which is about to be done");
            }
        }
    });
    Ok(receiver)
}

fn listen_to_signals(asked: Stop) -> std::io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        info!("asked to stop; asking again ends at once, without waiting for a camera or file that does not answer");
        service::stopping();
        asked.request();
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        // What is committed is safe; what is in flight is published again after the next start.
        std::process::exit(130);
    });
    Ok(())
}
