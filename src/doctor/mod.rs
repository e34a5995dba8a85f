//! What is wrong with a gate, and what to do about it: `gatelpr doctor`.
//!
//! A check is a file: a gatherer that looks, and a judgement of what it saw, which does nothing else and is what is tested.
//! All look at once, each for a limited time, but for the trial of the models, which would make every other look slow.
//!
//! * [`finding`]: what is said; [`text`]: the same for people
//! * `examination`: looks at once and for a limited time; `patient`: what all of them know
//! * `daemon`, looked at first, because a daemon that runs must not be disturbed: it is asked, its outbox is not opened, its
//!   USB cameras are not taken, its name at the broker is not used, and its processor is left to it
//! * `bundle`: all of it and more in one file for whoever is asked for help, without plates, pictures and secrets
//!
//! Nothing is mended here: whoever reads the findings decides.

mod broker;
pub mod bundle;
mod cameras;
mod certificates;
mod clock;
mod daemon;
mod devices;
mod disk;
mod duration;
mod examination;
pub mod finding;
mod first_event;
mod memory;
mod models;
mod outbox;
mod patient;
mod permissions;
mod processor;
mod scratch;
mod secrets;
mod temperature;
pub mod text;
mod waiting;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::{Config, ConfigProblems};
use crate::publish::utc_time::UtcTime;
use examination::{Examination, all_at_once};
use finding::{Check, Diagnosis, Finding, Opinion};

pub use patient::Patient;

/// Most looks take milliseconds, or as long as a network that does not answer.
const USUAL_LIMIT: Duration = Duration::from_secs(30);
/// Models are loaded in some seconds, and on a slow computer in some more.
const TRIAL_LIMIT: Duration = Duration::from_secs(180);

/// Looks at the gate whose config file is at `path`. With a config that is wrong, only the computer is looked at.
#[must_use]
pub fn examine(path: &Path, loaded: Result<Config, ConfigProblems>, clock: Clock) -> (Arc<Patient>, Diagnosis) {
    let at = UtcTime::new(clock.now().wall);
    let (config, opinions) = match loaded {
        Ok(config) => (Some(config), vec![Opinion::good(format!("{} is right", path.display()))]),
        Err(problems) => (None, problems_of(&problems, path)),
    };
    let patient = Arc::new(Patient::new(path.to_owned(), config, clock));
    let config = opinions.into_iter().map(|one| one.finding(Check::Config, clock.elapsed()));
    let mut findings: Vec<Finding> = config.collect();
    if let Some(config) = &patient.config {
        findings.extend(all_at_once(vec![look(&patient, config, Check::Daemon, daemon::look)], clock));
        let looks = of_computer(&patient).into_iter().chain(of_config(&patient, config));
        findings.extend(all_at_once(looks.collect(), clock));
        let (of, of_config) = (Arc::clone(&patient), config.clone());
        let trial = Examination::new(Check::FirstEvent, TRIAL_LIMIT, move || first_event::look(&of, &of_config));
        findings.extend(all_at_once(vec![trial], clock));
    } else {
        findings.extend(all_at_once(of_computer(&patient), clock));
    }
    let diagnosis = Diagnosis::of(findings, at);
    (patient, diagnosis)
}

/// What needs no config.
fn of_computer(patient: &Arc<Patient>) -> Vec<Examination> {
    let of = Arc::clone(patient);
    vec![
        Examination::new(Check::Clock, USUAL_LIMIT, move || clock::look(&of)),
        Examination::new(Check::Memory, USUAL_LIMIT, memory::look),
        Examination::new(Check::Temperature, USUAL_LIMIT, temperature::look),
        Examination::new(Check::Processor, USUAL_LIMIT, processor::look),
    ]
}

/// What a config says.
fn of_config(patient: &Arc<Patient>, config: &Config) -> Vec<Examination> {
    let mut looks = vec![
        look(patient, config, Check::Broker, broker::look),
        look(patient, config, Check::Outbox, outbox::look),
        look(patient, config, Check::Disk, disk::look),
        look(patient, config, Check::Certificate, |_, config| certificates::look(config)),
        look(patient, config, Check::Models, |_, config| models::look(config)),
        look(patient, config, Check::Runtime, |_, config| models::look_at_runtime(config)),
        look(patient, config, Check::Devices, devices::look),
        look(patient, config, Check::Permissions, permissions::look),
    ];
    looks.extend(config.webhook.as_ref().map(|webhook| {
        let (of, webhook) = (Arc::clone(patient), webhook.clone());
        let limit = webhook.timeout + USUAL_LIMIT;
        Examination::new(Check::Webhook, limit, move || broker::look_at_webhook(&of, &webhook))
    }));
    looks.extend(cameras::looks(patient, config));
    looks
}

fn look(
    patient: &Arc<Patient>,
    config: &Config,
    check: Check,
    look: fn(&Patient, &Config) -> Vec<Opinion>,
) -> Examination {
    let (patient, config) = (Arc::clone(patient), config.clone());
    Examination::new(check, USUAL_LIMIT, move || look(&patient, &config))
}

/// A finding for each problem of the file.
fn problems_of(problems: &ConfigProblems, path: &Path) -> Vec<Opinion> {
    let opinion = |problem| {
        let place =
            problems.line_and_column(problem).map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
        let what = format!("{}{place}: {}", path.display(), problem.title());
        Opinion::bad(what, format!("`gatelpr check {}` shows the place and what may stand there", path.display()))
    };
    problems.problems().iter().map(opinion).collect()
}
