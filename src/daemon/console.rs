//! The console, with everything that it shows and changes.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::console::{self, ConsoleParts, ConsoleSettings, PasswordCheck};
use crate::evidence::lookup::KeptPictures;
use crate::live_view::LiveView;
use crate::newest_frames::NewestFrames;
use crate::publish::ArchiveSearch;
use crate::publish::corrections::Corrections;
use crate::publish::inbound::{DeskSettings, Reload};
use crate::stop::Stop;
use crate::web::monitoring::Monitoring;

/// What the console shares with commands and with recognition.
pub(super) struct Shown {
    live: LiveView,
    frames: NewestFrames,
    blurs: bool,
    corrections: Corrections,
    reload: Option<Arc<dyn Reload>>,
}

impl Shown {
    pub(super) fn of(desk: &DeskSettings, live: &LiveView) -> Self {
        Self {
            live: live.clone(),
            frames: desk.frames.clone(),
            blurs: desk.blurs,
            corrections: desk.corrections(),
            reload: desk.reload.clone(),
        }
    }

    /// Answers people until `stop`, if the config wants a console.
    pub(super) fn start(
        self,
        config: &Config,
        monitoring: Monitoring,
        stop: &Stop,
    ) -> anyhow::Result<Option<JoinHandle<()>>> {
        let Some(settings) = settings(config)? else { return Ok(None) };
        let parts = ConsoleParts {
            site: config.site.name.to_string(),
            gate: config.site.gate.to_string(),
            live: self.live,
            frames: self.frames,
            blurs: self.blurs,
            search: ArchiveSearch::new(config.outbox.archive(), self.corrections.outbox.clone()),
            kept_pictures: config.evidence.as_ref().map(|evidence| KeptPictures::of(&evidence.directory)),
            clock: monitoring.clock,
            corrections: self.corrections,
            monitoring,
            reload: self.reload,
        };
        Ok(Some(console::start(settings, parts, stop.clone())?))
    }
}

/// What the config says of the console; nothing where it wants none.
fn settings(config: &Config) -> anyhow::Result<Option<ConsoleSettings>> {
    let Some(console) = &config.console else { return Ok(None) };
    let password = console.password_hash.as_ref().map(|place| {
        let hash = place.read().map_err(|why| anyhow::anyhow!("cannot read it from {place}: {why}"))?;
        PasswordCheck::parse(hash.expose()).map_err(anyhow::Error::from)
    });
    let password = password
        .transpose()
        .context("the hash of the console's password cannot be used; make one with `gatelpr console password`")?;
    Ok(Some(ConsoleSettings {
        listen: console.listen,
        password,
        identity: console.identity.clone(),
        may_save: console.may_save,
        language: console.language,
    }))
}
