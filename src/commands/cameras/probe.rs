//! `gatelpr cameras probe`: opens every configured camera and says what it delivers, or what is wrong.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{opening, seconds};
use crate::camera::{self, ProbeReport};
use crate::commands::UsageError;
use crate::commands::config_file::ConfigFile;
use crate::config::CameraConfig;

/// How long cameras are read unless it is said.
pub const USUAL_DURATION: Duration = Duration::from_secs(3);

/// Open every camera of a config, read it for a few seconds, and say what it delivers or what is wrong
///
/// Of recordings and folders the first picture is read. A watched folder is opened and not read, so that nothing is
/// deleted. Exit code 0: all work. Exit code 1: one does not.
#[derive(Debug, Clone, clap::Args)]
pub struct ProbeArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Only this camera
    #[arg(long, value_name = "NAME")]
    camera: Option<String>,
    /// How long each camera is read after its first picture
    #[arg(long, value_name = "N", default_value = "3", value_parser = seconds)]
    seconds: Duration,
    /// Print JSON, an object per camera, instead of a table
    #[arg(long)]
    json: bool,
}

/// A camera's name and what it did.
pub type Probed = (String, ProbeReport);

/// Runs `gatelpr cameras probe`.
pub(super) fn run(args: &ProbeArgs, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let config = args.config.load()?;
    let wanted = |camera: &&CameraConfig| args.camera.as_ref().is_none_or(|name| camera.name.to_string() == *name);
    let cameras: Vec<&CameraConfig> = config.cameras.iter().filter(wanted).collect();
    if let (Some(name), true) = (&args.camera, cameras.is_empty()) {
        let names: Vec<String> = config.cameras.iter().map(|camera| camera.name.to_string()).collect();
        return Err(UsageError(format!("there is no camera {name} in the config, only {}", names.join(", "))).into());
    }
    let probed = probe_all(&cameras, args.seconds)?;
    if args.json {
        let cameras: Vec<Value> = probed.iter().map(as_json).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&cameras)?)?;
    } else {
        write_table(&probed, out)?;
    }
    Ok(if all_work(&probed) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether nothing is wrong with any.
#[must_use]
pub fn all_work(probed: &[Probed]) -> bool {
    probed.iter().all(|(_, report)| report.works())
}

/// Probes cameras, all at once: one that does not answer holds up no other.
///
/// # Errors
/// The operating system refuses a thread.
pub fn probe_all(cameras: &[&CameraConfig], duration: Duration) -> anyhow::Result<Vec<Probed>> {
    std::thread::scope(|scope| {
        let start = |camera: &&CameraConfig| {
            let (camera, opening) = ((*camera).clone(), opening(camera));
            let thread = std::thread::Builder::new().name(format!("probe {}", camera.name));
            thread.spawn_scoped(scope, move || {
                (camera.name.to_string(), camera::probe(&camera.source, &opening, duration))
            })
        };
        let started: Vec<_> = cameras.iter().map(start).collect::<io::Result<_>>().context("cannot start a thread")?;
        let ended = started.into_iter().map(|thread| thread.join());
        ended.map(|probed| probed.map_err(|_| anyhow::anyhow!("a camera's thread panicked, which is a bug"))).collect()
    })
}

/// A line per camera; what is wrong stands below, in a sentence each.
///
/// # Errors
/// `out` cannot be written to.
pub fn write_table(probed: &[Probed], out: &mut dyn Write) -> io::Result<()> {
    let longest = probed.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default().max(6);
    writeln!(
        out,
        "{:<longest$}  {:<6} {:<8} {:>9}  {:>9}  {:>9}  {:>11}  SKIPPED",
        "CAMERA", "STATE", "CODEC", "SIZE", "DECLARED", "MEASURED", "FIRST FRAME"
    )?;
    for (name, report) in probed {
        let state = if report.works() { "works" } else { "fails" };
        let line = format!("{name:<longest$}  {state:<6} {}", columns(report));
        writeln!(out, "{}", line.trim_end())?;
    }
    let faults = probed.iter().filter_map(|(_, report)| report.fault.as_ref());
    for fault in faults {
        writeln!(out, "{fault}")?;
    }
    Ok(())
}

fn columns(report: &ProbeReport) -> String {
    let none = || "-".to_owned();
    if report.works() && !report.read {
        return "opened; not read, so that no upload is deleted".to_owned();
    }
    let rate = |rate: Option<f64>| rate.map_or_else(none, |rate| format!("{rate:.1} fps"));
    let stream = &report.stream;
    format!(
        "{:<8} {:>9}  {:>9}  {:>9}  {:>11}  {}",
        stream.codec.clone().unwrap_or_else(none),
        stream.size.map_or_else(none, |(width, height)| format!("{width}x{height}")),
        rate(stream.frames_per_second),
        rate(report.measured_rate),
        report.first_frame.map_or_else(none, |time| format!("{:.2} s", time.as_secs_f64())),
        skipped(report),
    )
}

fn skipped(report: &ProbeReport) -> String {
    let tally = &report.tally;
    let counts =
        [(tally.damaged, "damaged"), (tally.lost_packets, "packets lost"), (tally.behind, "not decoded in time")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let counts: Vec<String> = counts.collect();
    if counts.is_empty() { "-".to_owned() } else { counts.join(", ") }
}

fn as_json((name, report): &Probed) -> Value {
    let (stream, tally) = (&report.stream, &report.tally);
    json!({
        "camera": name,
        "works": report.works(),
        "read": report.read,
        "codec": stream.codec,
        "size_px": stream.size,
        "declared_frames_per_second": stream.frames_per_second,
        "measured_frames_per_second": report.measured_rate,
        "first_frame_s": report.first_frame.map(|time| time.as_secs_f64()),
        "frames": report.frames,
        "damaged": tally.damaged,
        "lost_packets": tally.lost_packets,
        "not_decoded_in_time": tally.behind,
        "fault": report.fault.as_ref().map(ToString::to_string),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{SourceError, StreamInfo, Tally};
    use crate::plate::CameraName;

    fn probed() -> Vec<Probed> {
        let camera = CameraName::try_from("yard").expect("a name");
        let codec = Some("MJPEG".to_owned());
        let working = ProbeReport {
            read: true,
            stream: StreamInfo { codec, size: Some((1920, 1080)), frames_per_second: Some(25.0) },
            frames: 74,
            first_frame: Some(Duration::from_millis(310)),
            measured_rate: Some(24.56),
            tally: Tally { damaged: 2, behind: 1, ..Tally::default() },
            fault: None,
        };
        let fault = Some(SourceError::Silent { camera, waited: Duration::from_secs(5) });
        let silent = ProbeReport { read: true, fault, ..ProbeReport::default() };
        [("in-2-front", working), ("ftp", ProbeReport::default()), ("yard", silent)]
            .map(|(name, report)| (name.to_owned(), report))
            .into()
    }

    #[test]
    fn each_camera_has_a_line_and_what_is_wrong_stands_below() {
        let mut out = Vec::new();
        write_table(&probed(), &mut out).expect("a vector takes it");
        insta::assert_snapshot!(String::from_utf8(out).expect("text"));
        assert!(!all_work(&probed()));
    }

    #[test]
    fn the_same_is_told_in_json() {
        let cameras: Vec<Value> = probed().iter().map(as_json).collect();
        insta::assert_json_snapshot!(cameras);
    }
}
