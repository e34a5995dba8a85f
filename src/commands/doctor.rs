//! `gatelpr doctor`: looks at the whole gate, says what is wrong and what to do, and packs a support bundle where one is asked
//! for.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::bundle;
use super::check::PROBLEMS;
use super::config_file::ConfigFile;
use crate::clock::Clock;
use crate::doctor::bundle::check_place;
use crate::doctor::finding::{Check, Verdict};
use crate::doctor::{examine, text};

/// Look at the whole gate: config, cameras, broker, disk, clock, certificates, models, and say what to do
///
/// A daemon that runs is not disturbed: it is asked, its outbox is not opened and its USB cameras are not taken. Without one,
/// every camera is opened and the models are tried on a drawn vehicle, which takes some seconds.
/// Exit code 0: nothing is bad. Exit code 1: something is. Exit code 2: the config is wrong.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    file: ConfigFile,
    /// Print the findings as JSON (docs/schemas/doctor.schema.json)
    #[arg(long)]
    json: bool,
    /// Also pack what whoever is asked for help needs into this file (.tar.gz): no plates, no pictures, no secrets
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

/// Looks, and writes the findings to `out`.
///
/// # Errors
/// `out` cannot be written to, or the bundle cannot be packed.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    // Before minutes are spent on looking.
    args.bundle.as_deref().map(check_place).transpose()?;
    let (patient, diagnosis) = examine(args.file.path(), args.file.load(), Clock::start());
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&diagnosis)?)?;
    } else {
        text::write(&diagnosis, out)?;
    }
    out.flush()?;
    if let Some(file) = &args.bundle {
        // Standard output is the findings' alone, which programs read.
        bundle::write(file, &patient, &diagnosis, &mut std::io::stderr().lock())?;
    }
    let config_is_wrong =
        diagnosis.findings.iter().any(|one| one.check == Check::Config && one.verdict == Verdict::Bad);
    Ok(match diagnosis.verdict {
        _ if config_is_wrong => ExitCode::from(PROBLEMS),
        Verdict::Bad => ExitCode::FAILURE,
        Verdict::Good | Verdict::Unknown | Verdict::Note => ExitCode::SUCCESS,
    })
}
