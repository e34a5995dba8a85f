//! `gatelpr run`: the daemon, and beginning it anew when it is told to read its config again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::config_file::ConfigFile;
use crate::config::Config;
use crate::daemon;
use crate::publish::inbound::Reload;
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
    let mut config = args.config.load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let asked = Stop::default();
        listen_to_signals(asked.clone()).context("cannot listen to signals")?;
        loop {
            let run =
                Arc::new(OneRun { path: args.config.path().to_owned(), stop: Stop::default(), next: Mutex::default() });
            let follow = tokio::spawn({
                let (asked, run) = (asked.clone(), Arc::clone(&run));
                async move {
                    asked.wait_async().await;
                    run.stop.request();
                }
            });
            let ended = daemon::run(config, run.stop.clone(), Some(Arc::clone(&run) as Arc<dyn Reload>)).await;
            follow.abort();
            let next = run.next.lock().unwrap_or_else(PoisonError::into_inner).take();
            config = match next.filter(|_| !asked.requested()) {
                Some(next) => next,
                None => {
                    if !asked.requested() {
                        service::stopping();
                    }
                    return ended;
                }
            };
            // What went wrong with the old config may be why it was changed.
            if let Err(error) = ended {
                warn!("the run that was told to end has ended with an error: {error:#}");
            }
            service::reloading();
            info!("beginning anew with the config that was read again");
        }
    })
}

/// One run with one config, which may be told to end for another.
#[derive(Debug)]
struct OneRun {
    path: PathBuf,
    stop: Stop,
    next: Mutex<Option<Config>>,
}

impl Reload for OneRun {
    fn reload(&self) -> Result<(), String> {
        let config = Config::load(&self.path).map_err(|problems| problems.to_string())?;
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(config);
        info!(config = %self.path.display(), "asked to read the config again; it is right, so this run ends");
        self.stop.request();
        Ok(())
    }
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
