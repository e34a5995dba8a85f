//! What the gate's health is reported from.

use anyhow::Context as _;

use super::running::Running;
use super::surroundings::Surroundings;
use crate::config::Config;
use crate::health::HealthReporter;
use crate::machine::Machine;
use crate::recognition_status::RecognitionStatus;
use crate::stop::Stop;

/// Whoever reports how everything that is `running` fares, until `stop`.
pub(super) fn reporter(
    config: &Config,
    running: &Running,
    around: &Surroundings,
    stop: &Stop,
) -> anyhow::Result<HealthReporter> {
    let couriers = running.couriers.as_ref();
    let couriers = couriers.context("there are no couriers, which is a bug in gatelpr; please report it")?;
    Ok(HealthReporter {
        boot_id: around.origin.boot_id,
        cameras: running.captures.board().clone(),
        recognition: RecognitionStatus::default(),
        delivery: couriers.broker.observer(),
        others: couriers.others(),
        inbound: around.inbound.clone(),
        alarms: around.alarms.clone(),
        evidence: running.evidence.as_ref().map(|evidence| evidence.status().clone()),
        machine: Machine::new(&config.outbox.directory),
        clock: around.clock,
        stop: stop.clone(),
    })
}
