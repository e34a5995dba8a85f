//! What of the gate is another after its config was read again. A decision about two values: no I/O, nothing is changed here.
//!
//! Only what can be exchanged safely while the rest runs is a part. Everything else, and every table that comes to the config
//! later, needs the whole run to begin anew until somebody shows otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use crate::config::{Config, rear_lanes};
use crate::evidence::settings::EvidenceReceiver;
use crate::plate::{CameraName, LaneName};

/// What begins anew for a new config.
#[derive(Debug, PartialEq)]
pub(super) enum Change {
    /// Nothing: the file says the same in other words.
    Nothing,
    /// These parts; the rest goes on.
    Parts(Parts),
    /// Everything.
    WholeRun,
}

/// The parts that can be exchanged while the rest goes on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Parts {
    /// Cameras that end: they are gone, or others by the same name come.
    pub(super) ended: Vec<CameraName>,
    /// Cameras that begin.
    pub(super) begun: Vec<CameraName>,
    /// Lanes that begin with nothing in them: they or their cameras are others than before.
    pub(super) anew: BTreeSet<LaneName>,
    /// Lanes that are gone.
    pub(super) gone: BTreeSet<LaneName>,
    /// The models, or how they are used.
    pub(super) models: bool,
    /// How the broker is reached.
    pub(super) broker: bool,
    /// How the webhook is reached.
    pub(super) webhook: bool,
    /// What the mirrors tell, or how they reach the broker.
    pub(super) mirrors: bool,
}

impl Change {
    /// What makes `old` into `new` on a computer with so many cores.
    pub(super) fn between(old: &Config, new: &Config, cores: NonZeroUsize) -> Self {
        if needs_the_whole_run(old, new) {
            return Self::WholeRun;
        }
        let parts = Parts::between(old, new, cores);
        if parts == Parts::default() { Self::Nothing } else { Self::Parts(parts) }
    }

    /// What begins anew, in words.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Parts(parts) => parts.names(),
            Self::WholeRun => vec!["everything".to_owned()],
        }
    }
}

impl Parts {
    fn between(old: &Config, new: &Config, cores: NonZeroUsize) -> Self {
        let camera_goes_on = |name: &CameraName| old.camera(name) == new.camera(name);
        let names = |config: &Config| config.cameras.iter().map(|camera| camera.name.clone()).collect::<Vec<_>>();
        let others = |config: &Config| names(config).into_iter().filter(|name| !camera_goes_on(name)).collect();
        let lane_goes_on = |lane| old.lanes.contains(lane) && camera_goes_on(&lane.camera);
        let is_gone = |name: &LaneName| !new.lanes.iter().any(|lane| lane.name == *name);
        let choice = |config: &Config| config.inference.model_choice(cores, &config.lanes);
        let lane_names = |config: &Config| config.lanes.iter().map(|lane| lane.name.clone()).collect::<Vec<_>>();
        let told_to_home_assistant =
            |config: &Config| config.mirrors.home_assistant.as_ref().map(|_| lane_names(config));
        Self {
            ended: others(old),
            begun: others(new),
            anew: new.lanes.iter().filter(|lane| !lane_goes_on(lane)).map(|lane| lane.name.clone()).collect(),
            gone: lane_names(old).into_iter().filter(is_gone).collect(),
            models: choice(old) != choice(new),
            broker: old.mqtt != new.mqtt,
            webhook: old.webhook != new.webhook,
            mirrors: new.mirrors.any() && (&old.mirrors, &old.mqtt) != (&new.mirrors, &new.mqtt)
                || told_to_home_assistant(old) != told_to_home_assistant(new),
        }
    }

    /// Whether recognition works with something else from now on.
    pub(super) fn concern_recognition(&self) -> bool {
        let cameras = !self.ended.is_empty() || !self.begun.is_empty();
        cameras || !self.anew.is_empty() || !self.gone.is_empty() || self.models
    }

    fn names(&self) -> Vec<String> {
        let cameras: BTreeSet<_> = self.ended.iter().chain(&self.begun).collect();
        let cameras = cameras.into_iter().map(|camera| format!("camera {camera}"));
        let lanes = self.anew.union(&self.gone).map(|lane| format!("lane {lane}"));
        let others =
            [("models", self.models), ("broker", self.broker), ("webhook", self.webhook), ("mirrors", self.mirrors)];
        let others = others.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name.to_owned());
        cameras.chain(lanes).chain(others).collect()
    }
}

fn needs_the_whole_run(old: &Config, new: &Config) -> bool {
    let mut but_for_the_parts = new.clone();
    but_for_the_parts.cameras.clone_from(&old.cameras);
    but_for_the_parts.lanes.clone_from(&old.lanes);
    but_for_the_parts.inference.clone_from(&old.inference);
    but_for_the_parts.mqtt.clone_from(&old.mqtt);
    but_for_the_parts.webhook.clone_from(&old.webhook);
    but_for_the_parts.mirrors.clone_from(&old.mirrors);
    !but_for_the_parts.says_the_same_as(old)
        || tied_to_the_run(old) != tied_to_the_run(new)
        || old.mqtt != new.mqtt && evidence_goes_to_the_broker(new)
}

/// What of the parts itself is tied to others: whose rears a lane sees (visits), input lines (their threads), topics (what comes
/// in), who is owed events (the outbox), and how patient couriers are.
fn tied_to_the_run(config: &Config) -> impl PartialEq + '_ {
    let lines: BTreeMap<_, _> =
        config.lanes.iter().filter_map(|lane| Some((&lane.name, lane.gpio.as_ref()?))).collect();
    (
        rear_lanes(&config.lanes),
        lines,
        &config.mqtt.settings_without_login().topic_root,
        config.mqtt.ack_timeout,
        config.webhook.as_ref().map(|webhook| webhook.timeout),
        config.mirrors.any(),
    )
}

/// Over a connection of its own, which is not exchanged.
fn evidence_goes_to_the_broker(config: &Config) -> bool {
    let delivery = config.evidence.as_ref().and_then(|evidence| evidence.delivery.as_ref());
    delivery.is_some_and(|delivery| delivery.receiver == EvidenceReceiver::Mqtt)
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
