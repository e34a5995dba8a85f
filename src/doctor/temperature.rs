//! Temperature and power: is the computer too hot, was it slowed down, does it get enough voltage?

use std::fs;
use std::path::{Path, PathBuf};

use super::finding::Opinion;

/// From here on computers slow themselves down.
const HOT_C: f64 = 85.0;
/// In a summer afternoon this becomes [`HOT_C`].
const WARM_C: f64 = 75.0;

/// Where a Raspberry Pi tells of voltage and slowing, as bits: now in the lower half, since the start in the upper.
const RASPBERRY: &str = "devices/platform/soc/soc:firmware/get_throttled";
const UNDER_VOLTAGE: u32 = 1;
const SLOWED: u32 = 1 << 2;
const SINCE_START: u32 = 16;

/// What `/sys` tells.
#[derive(Debug, Clone, Default, PartialEq)]
struct Facts {
    /// Each sensor and its degrees.
    sensors: Vec<(String, f64)>,
    /// How often the processor was slowed down for its heat since the start.
    slowed: u64,
    /// The bits of a Raspberry Pi.
    raspberry: Option<u32>,
}

pub(super) fn look() -> Vec<Opinion> {
    vec![judge(&facts(Path::new("/sys")))]
}

fn facts(sys: &Path) -> Facts {
    let sensors = entries(&sys.join("class/thermal")).into_iter().filter_map(|zone| {
        let millidegrees: f64 = text(&zone.join("temp"))?.parse().ok()?;
        Some((text(&zone.join("type")).unwrap_or_default(), millidegrees / 1000.0))
    });
    let counts = entries(&sys.join("devices/system/cpu")).into_iter();
    let slowed = counts.filter_map(|cpu| text(&cpu.join("thermal_throttle/package_throttle_count"))?.parse().ok());
    let bits = text(&sys.join(RASPBERRY));
    let hexadecimal = |bits: String| u32::from_str_radix(bits.trim_start_matches("0x"), 16).ok();
    Facts {
        sensors: sensors.filter(|(_, degrees)| (-50.0..200.0).contains(degrees)).collect(),
        slowed: slowed.max().unwrap_or(0),
        raspberry: bits.and_then(hexadecimal),
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn text(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

fn judge(facts: &Facts) -> Opinion {
    let cool = "give it air and shade, or a larger heat sink, and clean its fan";
    let bits = facts.raspberry.unwrap_or(0);
    if bits & UNDER_VOLTAGE != 0 {
        return Opinion::bad("the computer gets too little voltage: it may crash and damage its disk", POWER);
    }
    let hottest = facts.sensors.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    let degrees = hottest.map_or("it tells no temperature".to_owned(), |(sensor, degrees)| {
        format!("the hottest sensor ({sensor}) has {degrees:.0} degrees Celsius")
    });
    let hot = hottest.map_or(f64::MIN, |(_, degrees)| *degrees);
    if hot >= HOT_C || bits & SLOWED != 0 {
        return Opinion::bad(format!("{degrees}: the computer is slowed down, and reads fewer pictures"), cool);
    }
    if bits & (UNDER_VOLTAGE << SINCE_START) != 0 {
        return Opinion::note(format!("{degrees}; since the start the voltage was too low at times"), POWER);
    }
    let slowed = bits & (SLOWED << SINCE_START) != 0 || facts.slowed > 0;
    if hot >= WARM_C || slowed {
        let was = if slowed { "; since the start it was slowed down for its heat" } else { ", which is warm" };
        return Opinion::note(format!("{degrees}{was}"), cool);
    }
    match hottest {
        Some(_) => Opinion::good(degrees),
        None => Opinion::unknown("the computer tells no temperature", "feel whether it is hot"),
    }
}

const POWER: &str = "use the power supply that the computer's maker names, with a short thick cable";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    /// A `/sys` with these files.
    #[track_caller]
    fn check(files: &[(&str, &str)], verdict: Verdict, what: &str) {
        let sys = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = sys.path().join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("there is space");
            fs::write(path, text).expect("there is space");
        }
        let opinion = judge(&facts(sys.path()));
        assert!(opinion.verdict == verdict && opinion.what.contains(what), "{opinion:?}");
    }

    #[test]
    fn heat_slowing_and_low_voltage_are_told() {
        let zone = |degrees| ("class/thermal/thermal_zone0/temp", degrees);
        let named = ("class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
        check(&[], Verdict::Unknown, "no temperature");
        check(&[zone("48000\n"), named], Verdict::Good, "(x86_pkg_temp) has 48 degrees");
        check(&[zone("78000\n")], Verdict::Note, "warm");
        check(&[zone("91000\n")], Verdict::Bad, "slowed down");
        let counted = ("devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "4\n");
        check(&[zone("48000\n"), counted], Verdict::Note, "it was slowed down");
        check(&[zone("48000\n"), (RASPBERRY, "0x50005\n")], Verdict::Bad, "too little voltage");
        check(&[zone("48000\n"), (RASPBERRY, "50000\n")], Verdict::Note, "voltage was too low");
        check(&[zone("48000\n"), (RASPBERRY, "0x4\n")], Verdict::Bad, "slowed down");
        check(&[zone("-274000\n")], Verdict::Unknown, "no temperature");
    }
}
