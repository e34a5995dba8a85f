//! The outbox: is it whole, what waits in it and for how long? A running daemon is asked; without one, a copy is looked at.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::daemon::Presence;
use super::duration::in_words;
use super::finding::Opinion;
use super::patient::Patient;
use super::scratch::Scratch;
use crate::config::Config;
use crate::publish::Destination;
use crate::publish::health::OutboxHealth;
use crate::publish::outbox::{Inspected, InspectionError, inspect};

/// A broker that is restarted is back by then.
const LONG: Duration = Duration::from_secs(600);
/// Somebody misses these events by now.
const VERY_LONG: Duration = Duration::from_secs(24 * 3600);

/// Events that wait for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Waiting {
    whom: &'static str,
    events: u64,
    oldest: Option<Duration>,
}

pub(super) fn look(patient: &Patient, config: &Config) -> Vec<Opinion> {
    let daemon = patient.daemon();
    let mut opinions = match (&daemon.health, &daemon.presence) {
        (Some(health), _) => {
            let oldest = |health: &OutboxHealth| health.oldest_age_s.map(Duration::from_secs_f64);
            let broker = Waiting { whom: "the broker", events: health.outbox.depth, oldest: oldest(&health.outbox) };
            let others = health.destinations.iter().map(|other| Waiting {
                whom: if other.name == "webhook" { "the webhook" } else { "the mirrors" },
                events: other.events.depth,
                oldest: oldest(&other.events),
            });
            std::iter::once(broker).chain(others).map(|waiting| judge_waiting(&waiting)).collect()
        }
        (None, Presence::Absent) => judge_inspected(&inspected(config), crate::clock::wall_time()),
        (None, _) => vec![Opinion::unknown(
            "the running daemon has the outbox, and tells nothing of it",
            "set [http] in the config, so that the daemon can be asked, or stop it and ask again",
        )],
    };
    opinions.extend(judge_damaged(&set_aside(&config.outbox.directory)));
    opinions
}

/// What is in it, while no daemon has it open.
pub(super) fn inspected(config: &Config) -> Result<Option<Inspected>, InspectionError> {
    let database = config.outbox.database();
    let copy = |source| InspectionError::Copy { path: database.clone(), source };
    let scratch = Scratch::new().map_err(copy)?;
    inspect(&database, scratch.path())
}

/// Damaged databases that were set aside.
fn set_aside(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is_database = |name: &String| name.contains(".damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm");
    let mut names: Vec<String> = names.filter(is_database).collect();
    names.sort();
    names
}

fn judge_inspected(inspected: &Result<Option<Inspected>, InspectionError>, now: Timestamp) -> Vec<Opinion> {
    let found = match inspected {
        Ok(Some(found)) => found,
        Ok(None) => return vec![Opinion::good("the outbox is empty: no event was ever put into it")],
        Err(InspectionError::Outbox(error)) => {
            let next = "start the daemon: it sets a damaged file aside and saves what can be saved; and check the disk";
            return vec![Opinion::of_error(&error.to_string(), next)];
        }
        Err(error @ InspectionError::Old { .. }) => {
            return vec![Opinion::note(error.to_string(), "start the daemon")];
        }
        Err(error) => return vec![Opinion::unknown(error.to_string(), "ask again as root: sudo gatelpr doctor")],
    };
    let oldest = found.oldest.map(|at| Duration::try_from(now.duration_since(at)).unwrap_or_default());
    let whole = format!("the outbox is whole; {} events were numbered so far", found.last_seq);
    let mut opinions = vec![Opinion::good(whole)];
    for (destination, events) in &found.waiting {
        let whom = match destination {
            Destination::Broker => "the broker",
            Destination::Webhook => "the webhook",
            Destination::Mirrors => "the mirrors",
        };
        if *events > 0 || *destination == Destination::Broker {
            opinions.push(judge_waiting(&Waiting { whom, events: *events, oldest: oldest.filter(|_| *events > 0) }));
        }
    }
    if found.unarchived > 0 {
        let what = format!("{} delivered events could not be put into the archive", found.unarchived);
        opinions.push(Opinion::note(what, "look whether the folder archive beside the outbox can be written to"));
    }
    opinions
}

fn judge_waiting(waiting: &Waiting) -> Opinion {
    let Waiting { whom, events, oldest } = waiting;
    let see = format!("see what is found of {whom}: events go out as soon as it takes them");
    match oldest {
        None if *events == 0 => Opinion::good(format!("no event waits for {whom}")),
        Some(oldest) if *oldest >= VERY_LONG => {
            Opinion::bad(format!("{events} events wait for {whom}, the oldest for {}", in_words(*oldest)), see)
        }
        Some(oldest) if *oldest >= LONG => {
            Opinion::note(format!("{events} events wait for {whom}, the oldest for {}", in_words(*oldest)), see)
        }
        _ => Opinion::good(format!("{events} events wait for {whom}, and not for long")),
    }
}

fn judge_damaged(names: &[String]) -> Option<Opinion> {
    let newest = names.last()?;
    let what = format!("{} damaged outboxes are kept, the newest as {newest}", names.len());
    let remedy = "check the disk; keep the files until nobody misses events any more, then delete them";
    Some(Opinion::note(what, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    const NOON: &str = "2026-11-24T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[track_caller]
    fn check(waiting: u64, oldest: Option<&str>, verdict: Verdict, what: &str) {
        let found = Inspected {
            last_seq: 1234,
            waiting: vec![(Destination::Broker, waiting), (Destination::Webhook, 0)],
            oldest: oldest.map(at),
            unarchived: 0,
            bytes: 4096,
        };
        let opinions = judge_inspected(&Ok(Some(found)), at(NOON));
        assert_eq!(opinions.len(), 2, "{opinions:?}");
        assert!(opinions[1].verdict == verdict && opinions[1].what.contains(what), "{opinions:?}");
    }

    #[test]
    fn how_many_events_wait_and_for_how_long_is_told() {
        check(0, None, Verdict::Good, "no event waits for the broker");
        check(3, Some("2026-11-24T11:59:00Z"), Verdict::Good, "3 events wait");
        check(30, Some("2026-11-24T11:00:00Z"), Verdict::Note, "the oldest for 1 h");
        check(3000, Some("2026-11-21T12:00:00Z"), Verdict::Bad, "the oldest for 3 days");
    }

    #[test]
    fn damaged_files_that_were_set_aside_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(judge_damaged(&set_aside(folder.path())), None);
        for name in ["outbox.sqlite.damaged-2026-11-24T12-00-00Z", "outbox.sqlite.damaged-2026-11-24T12-00-00Z-wal"] {
            fs::write(folder.path().join(name), "").expect("there is space");
        }
        let opinion = judge_damaged(&set_aside(folder.path())).expect("there is one");
        assert!(opinion.what.starts_with("1 damaged outboxes are kept, the newest as outbox.sqlite.damaged-2026"));
    }
}
