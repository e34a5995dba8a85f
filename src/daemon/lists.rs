//! The operator's lists and what is done for the vehicles on them.

use std::thread::JoinHandle;

use anyhow::Context as _;

use crate::alarm::Alarms;
use crate::barrier::Barrier;
use crate::clock::Clock;
use crate::config::{Config, PulseConfig};
use crate::gpio::OutputLine;
use crate::list_actions::{ListActions, ListPlan, PulsePlan};
use crate::plate_list::PlateLists;
use crate::plate_list::pulse_rule::PulseRule;
use crate::plate_list::reader::ListReader;
use crate::publish::WebhookPublisher;
use crate::publish::list_hit::{self, ListHitReceiver};
use crate::publish::webhook::notices;
use crate::stop::Stop;

/// What the daemon's lists need.
pub(super) struct ListNeeds<'a> {
    pub(super) config: &'a Config,
    pub(super) alarms: &'a Alarms,
    pub(super) clock: Clock,
    /// Ends barriers and reading: no vehicle that passes at a stop opens anything.
    pub(super) stop: &'a Stop,
    /// Ends the couriers, after the last event.
    pub(super) end_of_delivery: &'a Stop,
}

/// The lists, at work.
pub(super) struct RunningLists {
    pub(super) lists: PlateLists,
    pub(super) actions: ListActions,
    /// Where the broker's publisher finds hits.
    pub(super) hits: ListHitReceiver,
}

/// Reads the lists, now and whenever their files change, and makes ready what the config wants done.
/// Its threads are in `threads`, also after an error.
pub(super) fn start(needs: &ListNeeds<'_>, threads: &mut Vec<JoinHandle<()>>) -> anyhow::Result<RunningLists> {
    let (settings, rules) = (needs.config.list_settings(), needs.config.list_rules());
    let lists = PlateLists::new(&settings);
    if !settings.is_empty() {
        let reader = ListReader::new(&settings, lists.clone(), rules, needs.alarms.clone());
        let thread = reader.watch(needs.clock, needs.stop.clone());
        threads.push(thread.context("cannot start the thread that reads lists")?);
    }
    let (sender, hits) = list_hit::way();
    let mut plans = Vec::new();
    for list in &needs.config.lists {
        let webhook = list.webhook.clone().map(|settings| WebhookPublisher::new(settings, needs.clock));
        let webhook = webhook.map(|publisher| notices::start(publisher, needs.end_of_delivery.clone()));
        let pulse = list.pulse.as_ref().map(|pulse| barrier(needs, &list.settings.name, pulse)).transpose()?;
        let (pulse, thread) = pulse.unzip();
        threads.extend(thread);
        let publish = list.publish.then(|| sender.clone());
        plans.push(ListPlan { list: list.settings.name.clone(), publish, webhook, pulse });
    }
    Ok(RunningLists { actions: ListActions::new(lists.clone(), plans), lists, hits })
}

fn barrier(needs: &ListNeeds<'_>, list: &str, pulse: &PulseConfig) -> anyhow::Result<(PulsePlan, JoinHandle<()>)> {
    let output = OutputLine::open(&pulse.address, pulse.active).with_context(|| {
        format!(
            "the list {list:?} cannot use {}; check `[list.pulse]`, and that the service's user may use it (group gpio)",
            pulse.address
        )
    })?;
    let name = pulse.address.to_string();
    let (barrier, thread) = Barrier::start(&name, output, needs.clock, needs.stop.clone())?;
    let rule = PulseRule::new(pulse.terms.clone());
    Ok((PulsePlan { rule, barrier, length: pulse.length }, thread))
}
