//! Who the gate is, and what it says of itself with every event.

use anyhow::Context as _;
use tracing::info;
use uuid::Uuid;

use crate::alarm::Alarms;
use crate::clock::Clock;
use crate::config::Config;
use crate::couriers;
use crate::inference::models::Models;
use crate::proof::PublicKey;
use crate::publish::event::Models as ModelIds;
use crate::publish::status::{GateState, GateStatus};
use crate::publish::utc_time::UtcTime;
use crate::publish::{Destination, MqttSettings, Origin, Outbox, OutboxSettings};

pub(super) fn open_outbox(config: &Config, alarms: &Alarms, clock: Clock) -> anyhow::Result<(Outbox, PublicKey)> {
    let folder = &config.outbox.directory;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the outbox's folder {}", folder.display()))?;
    let keys = config.outbox.keys();
    let settings = OutboxSettings {
        key: keys.key()?,
        former_keys: keys.keyring()?.keys().collect(),
        destinations: couriers::destinations(config),
        archive: config.outbox.archive(),
        alarms: alarms.clone(),
    };
    let outbox = Outbox::open(&config.outbox.database(), settings)?;
    let key = keys.take_into_use(outbox.last_seq()? + 1, clock.now().wall)?;
    let public = key.public();
    outbox.sign_with(key);
    let waiting = outbox.queue(Destination::Broker).depth();
    if waiting > 0 {
        info!(events = waiting, "events of an earlier run wait in the outbox");
    }
    Ok((outbox, public))
}

pub(super) fn origin(config: &Config, models: &Models) -> Origin {
    Origin {
        site: config.site.name.clone(),
        gate: config.site.gate.clone(),
        boot_id: Uuid::now_v7(),
        location: config.site.location,
        models: model_ids(models),
    }
}

/// The models as every event names them.
pub(crate) fn model_ids(models: &Models) -> ModelIds {
    ModelIds {
        detector: models.detector_id.clone(),
        recogniser: models.recogniser_id.clone(),
        second_opinion: models.second_opinion_id.clone(),
    }
}

/// The models as the status names them.
pub(super) fn model_names(ids: &ModelIds) -> Vec<String> {
    [&ids.detector, &ids.recogniser].into_iter().chain(&ids.second_opinion).cloned().collect()
}

/// How the broker is reached. The password is read now.
pub(super) fn broker_settings(config: &Config) -> anyhow::Result<MqttSettings> {
    Ok(MqttSettings { largest_packet: config.inbound.largest_packet(), ..config.mqtt.settings()? })
}

/// What the gate's status says as it begins.
pub(super) fn status(config: &Config, origin: &Origin, clock: Clock, signing_key: PublicKey) -> GateStatus {
    GateStatus {
        state: GateState::Online,
        boot_id: origin.boot_id,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: UtcTime::new(clock.now().wall),
        config_sha256: config.config_sha256().to_owned(),
        models: model_names(&origin.models),
        lanes: config.lanes.iter().map(|lane| lane.name.to_string()).collect(),
        signing_key: Some(signing_key.into()),
        last_reload: None,
        alarms: Vec::new(),
    }
}
