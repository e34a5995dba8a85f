//! `gatelpr capacity`: how many cameras this computer holds.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::capacity::{Costs, Demand};
use crate::config::{Config, InferenceConfig, LaneConfig};
use crate::inference::models::Models;
use crate::plate::{CameraName, LaneName};

/// The sizes of cameras' pictures that gates have.
const SIZES: [(u32, u32); 3] = [(1280, 720), (1920, 1080), (2560, 1440)];
/// Pictures a second that cameras send.
const RATES: [f64; 3] = [5.0, 10.0, 25.0];
/// How much of the time a vehicle is in view: a gate with traffic without a gap, and one with a vehicle now and then.
const BUSY: [f64; 2] = [1.0, 0.2];

/// Say how many cameras of which size and rate this computer holds
///
/// Draws pictures with vehicles, decodes and recognises them as the gate would, and works out from what that took how many cameras
/// can be read without a picture being left out. Takes about a minute. Stop the gate first, and whatever else keeps the
/// computer busy: it is measured as it is now.
#[derive(Debug, Clone, Args)]
pub struct CapacityArgs {
    /// Measure with the models and threads of this config, instead of the usual ones
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// What was found for one size of pictures.
#[derive(Debug, Serialize)]
struct Found {
    width_px: u32,
    height_px: u32,
    decoding_ms: f64,
    busy_ms: f64,
    empty_ms: f64,
    cameras: Vec<Cameras>,
}

/// How many cameras at one rate.
#[derive(Debug, Serialize)]
struct Cameras {
    rate: f64,
    busy: f64,
    cameras: u32,
}

/// Runs `gatelpr capacity`.
///
/// # Errors
/// A config, a model or a runtime that cannot be used.
pub fn run(args: &CapacityArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let inference = inference(args.config.as_deref())?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let lane = lane();
    let mut found = Vec::new();
    for size in SIZES {
        let models = Models::load(&inference.model_choice(cores, &[]))?;
        found.push(Found::of(size, &Costs::measured(models, &lane, size)?, cores.get()));
    }
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &found)?;
        return Ok(writeln!(out)?);
    }
    print(&found, &inference, cores.get(), out)
}

fn print(found: &[Found], inference: &InferenceConfig, cores: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    let second = inference.second_opinion.as_ref().map(|second| format!(" and {second}")).unwrap_or_default();
    writeln!(out, "{cores} cores, {}, {}{second}\n", inference.detector, inference.recogniser)?;
    writeln!(out, "ms a picture         decoding H.264   vehicle in view   empty lane")?;
    for one in found {
        let size = format!("{}x{}", one.width_px, one.height_px);
        writeln!(out, "{size:<20}{:>15.1}{:>18.1}{:>13.2}", one.decoding_ms, one.busy_ms, one.empty_ms)?;
    }
    for busy in BUSY {
        writeln!(out, "\ncameras, with vehicles in view {:.0} % of the time", 100.0 * busy)?;
        let heads: String = RATES.iter().map(|rate| format!("{:>15}", format!("{rate} a second"))).collect();
        writeln!(out, "{:<20}{heads}", "")?;
        for one in found {
            let counts = one.cameras.iter().filter(|cameras| cameras.busy.total_cmp(&busy).is_eq());
            let counts: String = counts.map(|cameras| format!("{:>15}", cameras.cameras)).collect();
            writeln!(out, "{:<20}{counts}", format!("{}x{}", one.width_px, one.height_px))?;
        }
    }
    writeln!(
        out,
        "\nA fifth of the computer is left for bursts and for everything else. A gate reads well from 5 pictures a second on."
    )?;
    Ok(())
}

impl Found {
    fn of((width_px, height_px): (u32, u32), costs: &Costs, cores: usize) -> Self {
        let ms = |duration: std::time::Duration| (duration.as_secs_f64() * 1e5).round() / 1e2;
        let demands = BUSY.into_iter().flat_map(|busy| RATES.map(|rate| Demand { rate, busy }));
        let cameras = demands.map(|demand| Cameras {
            rate: demand.rate,
            busy: demand.busy,
            cameras: costs.cameras(demand, cores),
        });
        Self {
            width_px,
            height_px,
            decoding_ms: ms(costs.decoding),
            busy_ms: ms(costs.busy),
            empty_ms: ms(costs.empty),
            cameras: cameras.collect(),
        }
    }
}

fn inference(config: Option<&Path>) -> anyhow::Result<InferenceConfig> {
    let Some(path) = config else { return Ok(InferenceConfig::default()) };
    Ok(Config::load(path)?.inference)
}

/// A lane that is the whole picture, with the usual rules.
fn lane() -> LaneConfig {
    let name = LaneName::try_from("lane-1").expect("it is a name");
    LaneConfig::whole_picture(name, CameraName::try_from("camera-1").expect("it is a name"))
}
