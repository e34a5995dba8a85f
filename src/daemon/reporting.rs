//! What the gate's health is reported from.

use uuid::Uuid;

use crate::camera::CaptureThread;
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
        captures: &[CaptureThread],
        couriers: &Couriers,
        stop: &Stop,
    ) -> HealthReporter {
        HealthReporter {
            boot_id: self.boot_id,
            cameras: captures.iter().map(|capture| (capture.camera().clone(), capture.status().clone())).collect(),
            recognition: RecognitionStatus::default(),
            delivery: couriers.broker.observer(),
            others: couriers.others(),
            inbound: self.inbound,
            evidence: self.evidence.map(|evidence| evidence.status().clone()),
            machine: Machine::new(&config.outbox.directory),
            clock: self.clock,
            stop: stop.clone(),
        }
    }
}
