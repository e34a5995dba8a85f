//! The daemon: start order, wait, stop order reversed.
//!
//! Start: outbox, models, couriers, triggers, cameras, recognition, health. Each needs only what was started before it, and
//! whatever fails to start fails before the first frame. Stop: cameras and recognition (vehicles in view pass), then
//! delivery, which takes the last events along and says goodbye to the broker; what is not delivered waits in the outbox
//! for the next start.

mod cameras;
mod lists;
mod pairs_file;
mod registrar;
mod reporting;
mod running;
mod sender;
mod watchdog;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use tracing::info;

use crate::alarm::Alarms;
use crate::camera::Mailboxes;
use crate::clock::Clock;
use crate::clock_sync::ClockSync;
use crate::config::Config;
use crate::couriers::Couriers;
use crate::evidence::settings::EvidenceReceiver;
use crate::evidence::{self, Evidence, EvidenceRecorder};
use crate::health;
use crate::inference::models::Models;
use crate::login::PasswordPlace;
use crate::newest_frames::NewestFrames;
use crate::pipeline::Pipeline;
use crate::plate::LaneName;
use crate::publish::evidence_publisher::EvidencePublisher;
use crate::publish::inbound::{
    CommandDesk, DeclaredSettings, DeskSettings, Gatekeeper, InboundSettings, InboundView, Reception, Reload,
};
use crate::publish::recent_events::RecentEvents;
use crate::publish::sighting;
use crate::publish::traffic::{self, TrafficBoard};
use crate::publish::{Delivery, EventMaker, HealthReports, Outbox};
use crate::recognition::{Recognition, RecognitionError};
use crate::stop::Stop;
use crate::traffic_watch::TrafficWatch;
use crate::triggers::{self, TriggerDesk, gpio};
use crate::web::Web;

use cameras::{eyes, live_cameras, start_captures};
use lists::{ListNeeds, RunningLists};
use reporting::Reported;
use running::{Entrances, Running};
pub(crate) use sender::model_ids;
use sender::{open_outbox, origin, publisher};
use watchdog::Watchdog;

/// Runs until `stop`, until every recording has ended and everything is delivered, or until a model fails. A camera that
/// fails for good (a recording that cannot be read, a panic) is logged at once and does not end the others.
///
/// # Errors
/// What cannot be started, a model that failed, or, once everything recognised is delivered, a camera that failed.
pub async fn run(config: Config, stop: Stop, reload: Option<Arc<dyn Reload>>) -> anyhow::Result<()> {
    let clock = Clock::start();
    let alarms = Alarms::default();
    let (outbox, signing_key) = open_outbox(&config, &alarms, clock)?;
    let models = load_models(&config)?;
    let origin = origin(&config, &models);
    let (triggers, inbox) = triggers::desk(windows(&config), clock);
    let (reports, newest_report) = health::reports();
    // Delivery has a stop of its own: the last vehicles' events are committed after the cameras have stopped.
    let end_of_delivery = Stop::default();
    let needs = ListNeeds { config: &config, alarms: &alarms, clock, stop: &stop, end_of_delivery: &end_of_delivery };
    let RunningLists { lists, actions, hits, threads } = lists::start(&needs)?;
    let recent = RecentEvents::knowing(&config.countries, lists.clone());
    let desk = DeskSettings { reload, recent, ..desk(&config, &outbox, &triggers, clock) };
    let (recent, frames, clock_sync) = (desk.recent.clone(), desk.frames.clone(), desk.clock_sync.clone());
    let (reception, inbound_view, inbound) = start_inbound(&config, desk, &alarms)?;
    let (sightings, sightings_seen) = sighting::way();
    let (traffic_reports, traffic_board) = traffic::way();
    let publisher = publisher(&config, &origin, clock, signing_key, &alarms)?
        .with_inbound(reception)
        .with_health(newest_report.clone())
        .with_sightings(sightings_seen)
        .with_list_hits(hits)
        .with_traffic(traffic_board.clone().receiver());
    let couriers = Couriers::start(&config, publisher, &outbox, clock, &end_of_delivery)?;
    let entrances = start_triggers(&config, &triggers, (newest_report, traffic_board), &stop).await?.and(threads);
    let (recorder, evidence) = start_evidence(&config, &alarms, &couriers.broker, clock, &stop)?.unzip();
    let (registrar, pairs) = registrar::start(&config, recent.declared(), lists)?;
    let mailboxes = Mailboxes::new(clock, stop.clone());
    let captures = start_captures(&config, &mailboxes, clock, &stop)?;
    let reported = Reported { boot_id: origin.boot_id, inbound: inbound_view, evidence: evidence.as_ref(), clock };
    let reporter = reported.reporter(&config, &captures, &couriers, &stop);
    let watchdog = Watchdog::over(&captures, &reporter.recognition, &couriers, &stop);
    let recognition = start_recognition(Recognition {
        mailboxes,
        pipeline: Pipeline::new(models, config.lanes.clone()),
        registrar,
        maker: EventMaker::new(origin),
        recent,
        outbox,
        evidence: recorder,
        triggers: inbox,
        eyes: eyes(&config),
        frames,
        sightings,
        actions,
        traffic: TrafficWatch::new(&config.lanes, config.site.location, traffic_reports),
        status: reporter.recognition.clone(),
        live: live_cameras(&config),
        cameras: config.cameras.iter().map(|camera| camera.name.clone()).collect(),
        clock,
        clock_sync: clock_sync.clone(),
        stop: stop.clone(),
        lost: None,
    })?;
    let reporter = tokio::spawn(reporter.run(reports));
    tokio::spawn(clock_sync.watch(stop.clone()));
    let watchdog = tokio::spawn(watchdog.run());
    info!(cameras = config.cameras.len(), lanes = config.lanes.len(), "running");
    let running = Running {
        recognition,
        captures,
        couriers,
        end_of_delivery,
        evidence,
        inbound,
        pairs,
        reporter,
        watchdog,
        entrances,
    };
    running.until_the_end(&stop).await
}

/// How long each lane is read for a trigger.
fn windows(config: &Config) -> impl Iterator<Item = (LaneName, Duration)> {
    config.lanes.iter().map(|lane| (lane.name.clone(), lane.rules.trigger_window))
}

/// What commands are obeyed with.
fn desk(config: &Config, outbox: &Outbox, triggers: &TriggerDesk, clock: Clock) -> DeskSettings {
    DeskSettings {
        triggers: triggers.clone(),
        outbox: outbox.clone(),
        recent: RecentEvents::default(),
        frames: NewestFrames::default(),
        blurs: config.evidence.as_ref().is_some_and(|evidence| evidence.pictures.blur),
        clock_sync: ClockSync::default(),
        lanes: config.lanes.iter().map(|lane| (lane.name.clone(), lane.camera.clone())).collect(),
        root: config.mqtt.settings_without_login().topic_root.clone(),
        reload: None,
        clock,
    }
}

/// What comes in from the platform: who is let in, and what becomes of it.
fn start_inbound(
    config: &Config,
    desk: DeskSettings,
    alarms: &Alarms,
) -> anyhow::Result<(Reception, InboundView, JoinHandle<()>)> {
    let (site, gate) = (config.site.name.clone(), config.site.gate.clone());
    let settings = InboundSettings {
        gatekeeper: Gatekeeper::new(site, gate, config.inbound.trusted_keys.clone()),
        max_declared: config.inbound.max_declared(),
        declared: DeclaredSettings {
            newest: desk.recent.declared().clone(),
            file: config.declared.file.clone(),
            max_age: config.declared.max_age,
        },
        receipts_overdue: config.inbound.receipts_overdue,
        folder: config.outbox.directory.clone(),
        root: desk.root.clone(),
        alarms: alarms.clone(),
        clock: desk.clock,
    };
    let outbox = desk.outbox.clone();
    Reception::start(settings, CommandDesk::new(desk), outbox).context("cannot start the inbound thread")
}

/// The pictures of events, if the config wants any; sent on where it says so, whenever no event waits.
fn start_evidence(
    config: &Config,
    alarms: &Alarms,
    delivery: &Delivery,
    clock: Clock,
    stop: &Stop,
) -> anyhow::Result<Option<(EvidenceRecorder, Evidence)>> {
    let Some(settings) = &config.evidence else { return Ok(None) };
    let (recorder, evidence) = evidence::start(settings, alarms.clone(), clock)?;
    let events = delivery.observer();
    let events = Box::new(move || events.status().depth);
    match settings.delivery.as_ref().map(|delivery| &delivery.receiver) {
        None => {}
        Some(EvidenceReceiver::Mqtt) => {
            let publisher = EvidencePublisher::new(config.mqtt.settings()?, config.mqtt.ack_timeout);
            evidence.deliver_to_broker(publisher, events, stop.clone());
        }
        Some(EvidenceReceiver::Http(receiver)) => evidence.deliver_to_server(receiver.clone(), events, stop.clone())?,
    }
    Ok(Some((recorder, evidence)))
}

fn load_models(config: &Config) -> anyhow::Result<Models> {
    let cores = std::thread::available_parallelism().context("cannot count the processor's cores")?;
    let models = Models::load(&config.inference.model_choice(cores, &config.lanes))?;
    info!(detector = models.detector_id, recogniser = models.readers(), "models loaded");
    Ok(models)
}

/// The ways in which triggers come besides MQTT: input lines, and requests over HTTP.
async fn start_triggers(
    config: &Config,
    desk: &TriggerDesk,
    (health, traffic): (HealthReports, TrafficBoard),
    stop: &Stop,
) -> anyhow::Result<Entrances> {
    let mut entrances = Entrances::default();
    for (lane, line) in config.lanes.iter().filter_map(|lane| Some((&lane.name, lane.gpio.as_ref()?))) {
        entrances.lines.push(gpio::watch(lane.clone(), line.clone(), desk.clone(), stop.clone())?);
    }
    let Some(http) = &config.http else { return Ok(entrances) };
    let token = http.token.as_ref().map(PasswordPlace::read).transpose();
    let token = token.map_err(|why| anyhow::anyhow!("cannot read the token of [http]: {why}"))?;
    let web = Web { triggers: desk.clone(), health, traffic, token };
    entrances.web = Some(web.start(http.listen, stop.clone()).await?);
    Ok(entrances)
}

fn start_recognition(recognition: Recognition) -> anyhow::Result<JoinHandle<Result<(), RecognitionError>>> {
    let thread = std::thread::Builder::new().name("recognition".to_owned());
    thread.spawn(move || recognition.run()).context("cannot start the recognition thread")
}
