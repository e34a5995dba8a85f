//! What the gate's health is reported from.

use anyhow::Context as _;
use uuid::Uuid;

use super::cameras::Captures;
use crate::clock::Clock;
use crate::config::Config;
use crate::couriers::Couriers;
use crate::evidence::Evidence;
use crate::health::HealthReporter;
use crate::machine::Machine;
use crate::publish::inbound::InboundView;
use crate::recognition_status::RecognitionStatus;
use crate::stop::Stop;

/// What is looked at besides cameras and couriers.
pub(super) struct Reported<'a> {
    pub(super) boot_id: Uuid,
    pub(super) inbound: InboundView,
    pub(super) evidence: Option<&'a Evidence>,
    pub(super) clock: Clock,
}

impl Reported<'_> {
    /// Whoever reports it all, until `stop`.
    pub(super) fn reporter(
        self,
        config: &Config,
        captures: &Captures,
        couriers: Option<&Couriers>,
        stop: &Stop,
    ) -> anyhow::Result<HealthReporter> {
        let couriers = couriers.context("there are no couriers, which is a bug in gatelpr; please report it")?;
        Ok(HealthReporter {
            boot_id: self.boot_id,
            cameras: captures.board().clone(),
            recognition: RecognitionStatus::default(),
            delivery: couriers.broker.observer(),
            others: couriers.others(),
            inbound: self.inbound,
            evidence: self.evidence.map(|evidence| evidence.status().clone()),
            machine: Machine::new(&config.outbox.directory),
            clock: self.clock,
            stop: stop.clone(),
        })
    }
}
