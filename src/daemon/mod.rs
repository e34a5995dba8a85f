//! The daemon: start order, wait, stop order reversed.
//!
//! Start: models, outbox, couriers, triggers, cameras, recognition, health. Each needs only what was started before it, and
//! whatever fails to start fails before the first frame. Stop: cameras and recognition (vehicles in view pass), then
//! delivery, which takes the last events along and says goodbye to the broker; what is not delivered waits in the outbox
//! for the next start.
//!
//! In between its config may be read again (`reloads`): parts of it are exchanged while the rest goes on (`swap`), or the run ends
//! and another one begins.

mod cameras;
mod change;
mod console;
mod file_watch;
mod lists;
mod pairs_file;
mod registrar;
mod reloads;
mod reporting;
mod running;
mod sender;
mod surroundings;
mod swap;
mod watchdog;

use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tracing::info;

use crate::camera::Mailboxes;
use crate::config::Config;
use crate::inference::models::Models;
use crate::pipeline::Pipeline;
use crate::publish::EventMaker;
use crate::recognition::{Recognition, RecognitionError, orders};
use crate::stop::Stop;
use crate::traffic_watch::TrafficWatch;

use cameras::{eyes, live_cameras};
use reloads::RunLink;
pub use reloads::{Reloads, RunEnd};
use running::Running;
pub(crate) use sender::model_ids;
use sender::model_names;
use swap::Swap;
use watchdog::Watchdog;

/// Runs until `stop`, until every recording has ended and everything is delivered, or until a model fails. A camera that
/// fails for good (a recording that cannot be read, a panic) is logged at once and does not end the others.
///
/// With `reloads` its config may be read again, which changes parts of it or ends it for another one.
///
/// # Errors
/// What cannot be started, a model that failed, or, once everything recognised is delivered, a camera that failed. Nothing of it
/// is left then.
pub async fn run(config: Config, stop: Stop, reloads: Option<Arc<Reloads>>) -> anyhow::Result<()> {
    let mut running = Running::default();
    match start(&mut running, config, reloads, &stop).await {
        Ok(()) => running.until_the_end(&stop).await,
        Err(error) => {
            running.abandon(&stop).await;
            Err(error)
        }
    }
}

async fn start(
    running: &mut Running,
    config: Config,
    reloads: Option<Arc<Reloads>>,
    stop: &Stop,
) -> anyhow::Result<()> {
    let models = load_models(&config)?;
    let around = surroundings::start(running, &config, &models, reloads.as_ref(), stop).await?;
    let clock = around.clock;
    let mailboxes = Mailboxes::new(clock, stop.clone());
    let keeper = mailboxes.keeper();
    running.captures.start_all(&config, &mailboxes, clock, stop)?;
    let reporter = reporting::reporter(&config, running, &around, stop)?;
    let watchdog = Watchdog::over(&running.captures, &reporter.recognition, running.couriers.as_ref(), stop)?;
    let (rearranger, orders) = orders();
    let model_names = model_names(&around.origin.models);
    let recognition = Recognition {
        mailboxes,
        pipeline: Pipeline::new(models, config.lanes.clone()),
        registrar: around.registrar,
        maker: EventMaker::new(around.origin),
        recent: around.recent,
        outbox: around.outbox,
        evidence: around.recorder,
        triggers: around.inbox,
        eyes: eyes(&config),
        frames: around.frames,
        live_view: around.live_view.clone(),
        sightings: around.sightings,
        actions: around.actions,
        traffic: TrafficWatch::new(&config.lanes, config.site.location, around.traffic),
        orders,
        status: reporter.recognition.clone(),
        live: live_cameras(&config),
        cameras: config.cameras.iter().map(|camera| camera.name.clone()).collect(),
        clock,
        clock_sync: around.clock_sync.clone(),
        stop: stop.clone(),
        lost: None,
    };
    running.recognition = Some(start_recognition(recognition)?);
    running.tasks.push(tokio::spawn(reporter.run(around.reports)));
    running.tasks.push(tokio::spawn(watchdog.run()));
    tokio::spawn(around.clock_sync.watch(stop.clone()));
    info!(cameras = config.cameras.len(), lanes = config.lanes.len(), "running");
    let Some(reloads) = reloads else { return Ok(()) };
    let (captures, couriers, lanes) = (running.captures.clone(), Arc::new(around.renewals), around.lanes);
    let (reloads, stop) = (Arc::clone(&reloads), stop.clone());
    let (jobs, taken) = mpsc::channel(1);
    let link = RunLink {
        config: Arc::new(config),
        models: model_names,
        jobs,
        status: around.status,
        alarms: around.alarms,
        clock,
    };
    reloads.run_began(link);
    let live_view = around.live_view;
    let swap = Swap { reloads, captures, keeper, rearranger, couriers, lanes, live_view, clock, stop };
    running.tasks.push(tokio::spawn(swap.work(taken)));
    Ok(())
}

/// The models that the config names.
fn load_models(config: &Config) -> anyhow::Result<Models> {
    let cores = std::thread::available_parallelism().context("cannot count the processor's cores")?;
    let models = Models::load(&config.inference.model_choice(cores, &config.lanes))?;
    info!(detector = models.detector_id, recogniser = models.readers(), "models loaded");
    Ok(models)
}

fn start_recognition(recognition: Recognition) -> anyhow::Result<JoinHandle<Result<(), RecognitionError>>> {
    let thread = std::thread::Builder::new().name("recognition".to_owned());
    thread.spawn(move || recognition.run()).context("cannot start the recognition thread")
}
