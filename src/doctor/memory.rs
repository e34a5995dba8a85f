//! Memory: is there enough, and did the system have to end programs for want of it?

use super::finding::Opinion;

/// What a gate with two cameras needs beside its models, and some more.
const ENOUGH_MB: u64 = 400;
const LITTLE_MB: u64 = 150;

/// What the kernel tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Facts {
    total_mb: Option<u64>,
    available_mb: Option<u64>,
    /// How many programs were ended for want of memory since the start.
    ended: u64,
}

pub(super) fn look() -> Vec<Opinion> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    vec![judge(facts(&read("/proc/meminfo"), &read("/proc/vmstat")))]
}

fn facts(meminfo: &str, vmstat: &str) -> Facts {
    let kilobytes = |key: &str| number(meminfo, key).map(|kb| kb / 1024);
    Facts {
        total_mb: kilobytes("MemTotal:"),
        available_mb: kilobytes("MemAvailable:"),
        ended: number(vmstat, "oom_kill").unwrap_or(0),
    }
}

/// The number behind `key` at the beginning of a line.
fn number(text: &str, key: &str) -> Option<u64> {
    let mut words = text.lines().map(str::split_ascii_whitespace);
    words.find_map(|mut words| (words.next() == Some(key)).then(|| words.next()?.parse().ok()).flatten())
}

fn judge(facts: Facts) -> Opinion {
    let (Some(total), Some(available)) = (facts.total_mb, facts.available_mb) else {
        return Opinion::unknown("the system does not tell how much memory there is", "ask `free -m`");
    };
    let have = format!("{available} MB of memory of {total} MB are available");
    let make_room = "end other programs, set fewer or smaller cameras, or add memory";
    if available < LITTLE_MB {
        return Opinion::bad(format!("only {have}: the system may end the daemon at any time"), make_room);
    }
    if facts.ended > 0 {
        let what = format!("{have}, and since the start {} programs were ended for want of it", facts.ended);
        return Opinion::note(what, "look which: journalctl -k --grep 'Out of memory'");
    }
    if available < ENOUGH_MB {
        return Opinion::note(format!("{have}, which is little"), make_room);
    }
    Opinion::good(have)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[track_caller]
    fn check(available_kb: u64, vmstat: &str, verdict: Verdict, what: &str) {
        let meminfo = format!("MemTotal:        4000000 kB\nMemFree: 1 kB\nMemAvailable:    {available_kb} kB\n");
        let opinion = judge(facts(&meminfo, vmstat));
        assert!(opinion.verdict == verdict && opinion.what.contains(what), "{opinion:?}");
    }

    #[test]
    fn little_memory_and_ended_programs_are_told() {
        check(2_000_000, "pgfault 7\noom_kill 0\n", Verdict::Good, "1953 MB of memory of 3906 MB");
        check(300_000, "", Verdict::Note, "which is little");
        check(2_000_000, "oom_kill 3\n", Verdict::Note, "3 programs were ended");
        check(100_000, "oom_kill 3\n", Verdict::Bad, "at any time");
        assert_eq!(judge(facts("", "")).verdict, Verdict::Unknown);
    }
}
