//! Everything around cameras and recognition: where events go, what comes in, and what is known of vehicles.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::watch;

use super::console::Shown;
use super::lists::{self, ListNeeds, RunningLists};
use super::registrar;
use super::reloads::Reloads;
use super::running::Running;
use super::sender::{self, broker_settings, open_outbox};
use crate::alarm::Alarms;
use crate::clock::Clock;
use crate::clock_sync::ClockSync;
use crate::config::Config;
use crate::couriers::{CourierRenewals, Couriers};
use crate::evidence::settings::EvidenceReceiver;
use crate::evidence::{self, Evidence, EvidenceRecorder};
use crate::health;
use crate::inference::models::Models;
use crate::list_actions::ListActions;
use crate::live_view::LiveView;
use crate::login::PasswordPlace;
use crate::newest_frames::NewestFrames;
use crate::plate::LaneName;
use crate::publish::evidence_publisher::EvidencePublisher;
use crate::publish::inbound::{
    CommandDesk, DeclaredSettings, DeskSettings, Gatekeeper, InboundSettings, InboundView, LaneCameras, Reception,
    Reload,
};
use crate::publish::recent_events::RecentEvents;
use crate::publish::sighting::{self, SightingSender};
use crate::publish::status::GateStatus;
use crate::publish::status_board::{StatusBoard, StatusSender};
use crate::publish::traffic::{self, TrafficBoard, TrafficSender};
use crate::publish::{Delivery, HealthReports, MqttPublisher, Origin, Outbox};
use crate::registrar::Registrar;
use crate::stop::Stop;
use crate::triggers::{self, TriggerDesk, TriggerInbox, gpio};
use crate::web::Web;
use crate::web::monitoring::Monitoring;

/// What cameras and recognition work with, and what is changed while they do.
pub(super) struct Surroundings {
    pub(super) clock: Clock,
    pub(super) clock_sync: ClockSync,
    pub(super) alarms: Alarms,
    pub(super) origin: Origin,
    pub(super) outbox: Outbox,
    pub(super) recent: RecentEvents,
    pub(super) registrar: Registrar,
    pub(super) actions: ListActions,
    pub(super) inbox: TriggerInbox,
    pub(super) frames: NewestFrames,
    pub(super) sightings: SightingSender,
    pub(super) traffic: TrafficSender,
    pub(super) recorder: Option<EvidenceRecorder>,
    pub(super) inbound: InboundView,
    pub(super) reports: watch::Sender<Option<Arc<str>>>,
    pub(super) status: StatusSender,
    pub(super) renewals: CourierRenewals,
    pub(super) lanes: LaneCameras,
    pub(super) live_view: LiveView,
}

/// Starts it all. What has to end is in `running`, also after an error.
pub(super) async fn start(
    running: &mut Running,
    config: &Config,
    models: &Models,
    reloads: Option<&Arc<Reloads>>,
    stop: &Stop,
) -> anyhow::Result<Surroundings> {
    let clock = Clock::start();
    let alarms = Alarms::default();
    let (outbox, signing_key) = open_outbox(config, &alarms, clock)?;
    let origin = sender::origin(config, models);
    let (triggers, inbox) = triggers::desk(windows(config), clock);
    let (reports, newest_report) = health::reports();
    // Delivery has a stop of its own: the last vehicles' events are committed after the cameras have stopped.
    let end_of_delivery = running.end_of_delivery.clone();
    let needs = ListNeeds { config, alarms: &alarms, clock, stop, end_of_delivery: &end_of_delivery };
    let RunningLists { lists, actions, hits } = lists::start(&needs, &mut running.threads)?;
    let recent = RecentEvents::knowing(&config.countries, lists.clone());
    let reload = reloads.map(|reloads| Arc::clone(reloads) as Arc<dyn Reload>);
    let desk = DeskSettings { reload, recent: recent.clone(), ..desk(config, &outbox, &triggers, clock) };
    let (frames, clock_sync, lanes) = (desk.frames.clone(), desk.clock_sync.clone(), desk.lanes.clone());
    let live_view = LiveView::of(config.shown_lanes());
    let shown = Shown::of(&desk, &live_view);
    let (reception, inbound, thread) = start_inbound(config, desk, &alarms)?;
    running.threads.push(thread);
    let (sightings, sightings_seen) = sighting::way();
    let (traffic, board) = traffic::way();
    let first = sender::status(config, &origin, clock, signing_key);
    let (status, told) = watch::channel(GateStatus { last_reload: reloads.and_then(|it| it.last()), ..first });
    let publisher = MqttPublisher::telling(broker_settings(config)?, StatusBoard::new(told, alarms.clone()))
        .with_inbound(reception)
        .with_health(newest_report.clone())
        .with_sightings(sightings_seen)
        .with_list_hits(hits)
        .with_traffic(board.clone().receiver());
    let (couriers, renewals) = Couriers::start(config, publisher, &outbox, clock, &end_of_delivery)?;
    let delivery = &running.couriers.insert(couriers).broker;
    let (recorder, evidence) = start_evidence(config, &alarms, delivery, clock, stop)?.unzip();
    running.evidence = evidence;
    let monitoring = monitoring(newest_report, board, &alarms, delivery, clock);
    start_triggers(running, config, &triggers, &monitoring, stop).await?;
    running.tasks.extend(shown.start(config, monitoring, stop)?);
    let (registrar, pairs) = registrar::start(config, recent.declared(), lists)?;
    running.threads.push(pairs);
    Ok(Surroundings {
        clock,
        clock_sync,
        alarms,
        origin,
        outbox,
        recent,
        registrar,
        actions,
        inbox,
        frames,
        sightings,
        traffic,
        recorder,
        inbound,
        reports,
        status,
        renewals,
        lanes,
        live_view,
    })
}

/// How long each lane is read for a trigger.
fn windows(config: &Config) -> impl Iterator<Item = (LaneName, Duration)> {
    config.lanes.iter().map(|lane| (lane.name.clone(), lane.rules.trigger_window))
}

/// What commands are obeyed with.
fn desk(config: &Config, outbox: &Outbox, triggers: &TriggerDesk, clock: Clock) -> DeskSettings {
    let lanes = LaneCameras::default();
    lanes.set(config.lanes.iter().map(|lane| (lane.name.clone(), lane.camera.clone())));
    DeskSettings {
        triggers: triggers.clone(),
        outbox: outbox.clone(),
        recent: RecentEvents::default(),
        frames: NewestFrames::default(),
        blurs: config.evidence.as_ref().is_some_and(|evidence| evidence.pictures.blur),
        clock_sync: ClockSync::default(),
        lanes,
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

/// What the ports tell of how the gate fares.
fn monitoring(
    health: HealthReports,
    traffic: TrafficBoard,
    alarms: &Alarms,
    broker: &Delivery,
    clock: Clock,
) -> Monitoring {
    let observer = broker.observer();
    let broker = Arc::new(move || observer.status());
    Monitoring { health, traffic, alarms: alarms.clone(), broker, clock }
}

/// The ways in which triggers come besides MQTT: input lines, and requests over HTTP.
async fn start_triggers(
    running: &mut Running,
    config: &Config,
    desk: &TriggerDesk,
    monitoring: &Monitoring,
    stop: &Stop,
) -> anyhow::Result<()> {
    for (lane, line) in config.lanes.iter().filter_map(|lane| Some((&lane.name, lane.gpio.as_ref()?))) {
        running.threads.push(gpio::watch(lane.clone(), line.clone(), desk.clone(), stop.clone())?);
    }
    let Some(http) = &config.http else { return Ok(()) };
    let token = http.token.as_ref().map(PasswordPlace::read).transpose();
    let token = token.map_err(|why| anyhow::anyhow!("cannot read the token of [http]: {why}"))?;
    let web = Web { triggers: desk.clone(), monitoring: monitoring.clone(), token };
    running.tasks.push(web.start(http.listen, stop.clone()).await?);
    Ok(())
}
