//! The processor: how many cores, and what it can do that models gain by.

use std::collections::BTreeSet;
use std::thread::available_parallelism;

use super::finding::Opinion;

/// What the kernel tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Facts {
    model: Option<String>,
    cores: usize,
    /// What it can do, in the kernel's words.
    flags: BTreeSet<String>,
}

pub(super) fn look() -> Vec<Opinion> {
    let cores = available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    vec![judge(&facts(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default(), cores), std::env::consts::ARCH)]
}

fn facts(cpuinfo: &str, cores: usize) -> Facts {
    let value = |keys: &[&str]| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| keys.contains(&key.trim())).map(|(_, value)| value.trim().to_owned())
    };
    let flags = value(&["flags", "Features"]).unwrap_or_default();
    Facts {
        model: value(&["model name", "Model"]).filter(|model| !model.is_empty()),
        cores,
        flags: flags.split_whitespace().map(str::to_owned).collect(),
    }
}

fn judge(facts: &Facts, architecture: &str) -> Opinion {
    // What each is called by people, and by the kernel; the first is what a gate needs.
    let gains: &[(&str, &[&str])] = match architecture {
        "x86_64" => &[("AVX2", &["avx2"]), ("VNNI", &["avx512_vnni", "avx_vnni"])],
        "aarch64" => &[("NEON", &["asimd"]), ("dot products", &["asimddp"])],
        _ => &[],
    };
    let has = |names: &[&str]| names.iter().any(|name| facts.flags.contains(*name));
    let known: Vec<&str> = gains.iter().filter(|(_, names)| has(names)).map(|(name, _)| *name).collect();
    let model = facts.model.as_deref().unwrap_or(architecture);
    let cores = if facts.cores == 1 { "1 core".to_owned() } else { format!("{} cores", facts.cores) };
    let can = if known.is_empty() { "nothing that models gain by".to_owned() } else { known.join(" and ") };
    let what = format!("{model}, {cores}, with {can}");
    match gains.first() {
        _ if facts.flags.is_empty() => {
            Opinion::unknown(format!("{model}, {cores}; what it can do is not told"), "see the finding first_event")
        }
        Some((name, names)) if !has(names) => {
            let remedy =
                "see the finding first_event for how fast it is, and take a newer computer if that is too slow";
            Opinion::note(format!("{what}: without {name} models take several times as long"), remedy)
        }
        _ if facts.cores == 1 => {
            let remedy = "watch `fps_analysed` in the health report, and take a computer with more cores if it is low";
            Opinion::note(format!("{what}: cameras and models share it"), remedy)
        }
        _ => Opinion::good(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[track_caller]
    fn check(cpuinfo: &str, cores: usize, architecture: &str, verdict: Verdict, what: &str) {
        let opinion = judge(&facts(cpuinfo, cores), architecture);
        assert!(opinion.verdict == verdict && opinion.what.contains(what), "{opinion:?}");
    }

    #[test]
    fn what_models_gain_by_is_told_for_both_kinds_of_computers() {
        let x86 = "processor\t: 0\nmodel name\t: Intel N100\nflags\t\t: fpu avx avx2 avx_vnni\n";
        check(x86, 4, "x86_64", Verdict::Good, "Intel N100, 4 cores, with AVX2 and VNNI");
        check(x86, 1, "x86_64", Verdict::Note, "share it");
        check("model name\t: Atom\nflags\t: fpu sse4_2\n", 4, "x86_64", Verdict::Note, "without AVX2");
        let arm = "processor\t: 0\nFeatures\t: fp asimd asimddp\n\nModel\t\t: Raspberry Pi 5\n";
        check(arm, 4, "aarch64", Verdict::Good, "Raspberry Pi 5, 4 cores, with NEON and dot products");
        check("", 4, "aarch64", Verdict::Unknown, "not told");
    }
}
