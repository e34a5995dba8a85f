//! `gatelpr cameras`: what is plugged in, whether what is configured works, and a picture of it.

mod grab;
mod list;
pub mod probe;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use crate::camera::{Opening, Timeline};
use crate::clock::Clock;
use crate::config::CameraConfig;
use crate::stop::Stop;

/// List, probe and look through cameras
#[derive(Debug, Clone, clap::Args)]
pub struct CamerasArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    List(list::ListArgs),
    Probe(probe::ProbeArgs),
    Grab(grab::GrabArgs),
}

/// Runs `gatelpr cameras`.
///
/// # Errors
/// A config with problems, a camera that gives no picture to grab, or output that cannot be written. Cameras that do not
/// work when they are probed are an exit code.
pub fn run(args: &CamerasArgs, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::List(args) => list::run(args, out)?,
        Action::Probe(args) => return probe::run(args, out),
        Action::Grab(args) => grab::run(args, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens a camera as the daemon does.
fn opening(camera: &CameraConfig) -> Opening {
    let clock = Clock::start();
    Opening {
        camera: camera.name.clone(),
        timeline: Timeline::Live(clock),
        clock,
        patience: camera.stall_timeout,
        stop: Stop::default(),
    }
}

/// A number of seconds on the command line.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|_| "this is no number".to_owned())?;
    if !(0.1..=3600.0).contains(&seconds) {
        return Err("0.1 to 3600 seconds are possible".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}
