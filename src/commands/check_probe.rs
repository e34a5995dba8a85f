//! `gatelpr check --probe`: does what a config sets up work? Cameras, models and broker, each tried as the daemon would
//! use it, without leaving anything behind.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;

use super::cameras::probe::{USUAL_DURATION, all_work, probe_all, write_table};
use crate::clock::Clock;
use crate::config::{CameraConfig, Config};
use crate::inference::models::Models;
use crate::publish::reach::reach;
use crate::publish::{WebhookPublisher, WebhookSettings};
use crate::tls::{TlsFiles, TlsSettings};

/// Tries everything and writes the outcome to `out`.
pub(super) fn run(config: &Config, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    writeln!(out)?;
    let mut right = true;
    let webhook = config.webhook.as_ref().map(|settings| ("webhook", webhook(settings)));
    let certificates = config.mqtt.settings_without_login().tls.as_ref().map(|tls| ("tls", certificates(tls)));
    let tried = [("models", models(config)), ("broker", broker(config))].into_iter().chain(certificates).chain(webhook);
    for (what, tried) in tried {
        let said = tried.unwrap_or_else(|error| {
            right = false;
            format!("fails: {error:#}")
        });
        writeln!(out, "{what:<10}{said}")?;
    }
    // Cameras take seconds: what is known by now is shown.
    writeln!(out)?;
    out.flush()?;
    let cameras: Vec<&CameraConfig> = config.cameras.iter().collect();
    let probed = probe_all(&cameras, USUAL_DURATION)?;
    write_table(&probed, out)?;
    Ok(if right && all_work(&probed) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn models(config: &Config) -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism().context("cannot count the processor's cores")?;
    let models = Models::load(&config.inference.model_choice(cores, &config.lanes))?;
    Ok(format!("works: {} and {} are loaded", models.detector_id, models.readers()))
}

/// When the first of the certificates ends.
fn certificates(tls: &TlsSettings) -> anyhow::Result<String> {
    let (validities, now) = (TlsFiles::read(tls)?.validities(), Clock::start().now().wall);
    let Some(first) = validities.iter().min_by_key(|one| one.ends) else {
        return Ok("works: with the system's CAs".to_owned());
    };
    anyhow::ensure!(!first.ends_soon(now), "{}", first.described(now));
    Ok(format!("works: the first certificate to end, in {}, ends at {}", first.file.display(), first.ends))
}

/// Whether it may publish cannot be told without publishing something, which would be noise on the site's topics.
fn broker(config: &Config) -> anyhow::Result<String> {
    let settings = config.mqtt.settings()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(reach(&settings))?;
    let login = if settings.credentials.is_some() { "with the login" } else { "without a login" };
    Ok(format!("works: it lets us in {login}; whether it lets us publish shows with the first message"))
}

/// Whether it takes our signature cannot be told without sending it an event.
fn webhook(settings: &WebhookSettings) -> anyhow::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(WebhookPublisher::new(settings.clone(), Clock::start()).reach())?;
    Ok("works: it answers; whether it takes events shows with the first one".to_owned())
}
