//! The clock: is it set by the network, and can it be right at all? Events of a wrong time are worth little, and certificates
//! seem to have ended, or not to have begun.

use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;

use super::finding::Opinion;
use super::patient::Patient;
use crate::clock_sync;

/// Before this, the program was not there: the clock was never set. 2026-01-01T00:00:00Z.
const NEVER_SET_BEFORE: i64 = 1_767_225_600;
/// Files of another machine, or a clock that was set by some seconds.
const TOLERANCE_S: i64 = 120;

/// What is known of the clock.
#[derive(Debug, Clone, PartialEq)]
struct Facts {
    now: Timestamp,
    /// Whether the system says that the network sets it; none where it does not tell.
    synced: Option<bool>,
    /// When the outbox was last written.
    last_written: Option<Timestamp>,
    /// Whether there is a clock that goes on without power.
    has_battery_clock: bool,
}

pub(super) fn look(patient: &Patient) -> Vec<Opinion> {
    let folder = patient.config.as_ref().map(|config| config.outbox.database());
    let written = folder.and_then(|file| std::fs::metadata(file).ok()?.modified().ok());
    let synced = super::waiting::on(clock_sync::ask_once()).unwrap_or(None);
    let facts = Facts {
        now: crate::clock::wall_time(),
        synced,
        last_written: written.and_then(|at: SystemTime| Timestamp::try_from(at).ok()),
        has_battery_clock: Path::new("/sys/class/rtc/rtc0").exists(),
    };
    vec![judge(&facts)]
}

fn judge(facts: &Facts) -> Opinion {
    let set_it = "set up time by the network (systemd-timesyncd or chrony), and let the firewall pass UDP port 123";
    let now = facts.now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    if facts.now.as_second() < NEVER_SET_BEFORE {
        return Opinion::bad(format!("the clock says {now}, so it was never set"), set_it);
    }
    let behind = facts.last_written.map_or(0, |written| written.as_second() - facts.now.as_second());
    if behind > TOLERANCE_S {
        let what = format!("the clock says {now}, and the outbox was written {behind} s later: it has gone back");
        return Opinion::bad(what, set_it);
    }
    match facts.synced {
        Some(true) => Opinion::good(format!("the clock says {now} and is set by the network")),
        Some(false) if facts.has_battery_clock => {
            Opinion::bad(format!("the clock says {now} and is not set by the network: it drifts"), set_it)
        }
        Some(false) => {
            let what = format!(
                "the clock says {now}, is not set by the network, and there is no clock with a battery: after a power cut it is wrong"
            );
            Opinion::bad(what, set_it)
        }
        None => {
            let what = format!("the clock says {now}; the system does not tell whether the network sets it");
            Opinion::unknown(what, "compare it with a clock that is right, and ask `chronyc tracking` or `ntpq -p`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    const NOON: &str = "2026-11-24T12:00:00Z";

    #[track_caller]
    fn check(now: &str, synced: Option<bool>, last_written: Option<&str>, verdict: Verdict, what: &str) {
        let at = |text: &str| text.parse().expect("a time");
        let facts = Facts { now: at(now), synced, last_written: last_written.map(at), has_battery_clock: false };
        let opinion = judge(&facts);
        assert!(opinion.verdict == verdict && opinion.what.contains(what), "{opinion:?}");
    }

    #[test]
    fn a_clock_is_right_if_the_network_sets_it_and_it_has_not_gone_back() {
        check(NOON, Some(true), None, Verdict::Good, "set by the network");
        check(NOON, Some(true), Some("2026-11-24T12:01:00Z"), Verdict::Good, "2026-11-24 12:00:00");
        check(NOON, Some(true), Some("2026-11-24T13:00:00Z"), Verdict::Bad, "3600 s later");
        check(NOON, Some(false), None, Verdict::Bad, "no clock with a battery");
        check(NOON, None, None, Verdict::Unknown, "does not tell");
        check("1970-01-01T00:03:00Z", Some(true), None, Verdict::Bad, "never set");
    }
}
