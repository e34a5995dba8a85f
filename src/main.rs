//! The command line: arguments to library calls, results to exit codes.

use std::io::Write;
use std::os::unix::process::CommandExt as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use gatelpr::commands::{
    UsageError, cameras, capacity, check, config, console, doctor, eval, key, man, models, replay, run, schema, synth,
    verify, watch,
};
use gatelpr::config::ConfigProblems;
use gatelpr::logging::{self, LogFormat};

/// Read number plates at vehicle gates and deliver one event per vehicle over MQTT
///
/// Exit codes: 0 done, or stopped as asked; 1 it failed, and the message says what to do; 2 the arguments or the config
/// are wrong, and nothing was started.
#[derive(Debug, Parser)]
#[command(name = "gatelpr", version, arg_required_else_help = true)]
struct Cli {
    /// The form of log lines
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Check(check::Args),
    Config(config::ConfigArgs),
    Doctor(doctor::Args),
    Cameras(cameras::CamerasArgs),
    Replay(replay::ReplayArgs),
    Eval(eval::EvalArgs),
    Capacity(capacity::CapacityArgs),
    Watch(watch::Args),
    Verify(verify::VerifyArgs),
    Console(console::ConsoleArgs),
    Key(key::KeyArgs),
    Schema(schema::Args),
    Models(models::ModelsArgs),
    Synth(synth::SynthArgs),
    #[command(hide = true)]
    Man(man::ManArgs),
}

/// The official builds of ONNX Runtime report to their maker, as soon as they are loaded, unless this is set before.
const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";

fn main() -> ExitCode {
    if std::env::var_os(NO_TELEMETRY).is_none() {
        begin_again_without_telemetry();
    }
    let cli = Cli::parse();
    match logging::start(cli.log_format).and_then(|()| execute(&cli.command)) {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

/// A process cannot safely change its own environment, so it becomes itself once more. Returns only if that is impossible; then
/// the runtime is told not to report once it is loaded.
fn begin_again_without_telemetry() {
    let mut arguments = std::env::args_os();
    let (Some(name), Ok(program)) = (arguments.next(), std::env::current_exe()) else { return };
    let mut again = std::process::Command::new(program);
    drop(again.arg0(name).args(arguments).env(NO_TELEMETRY, "1").exec());
}

fn execute(command: &Command) -> anyhow::Result<ExitCode> {
    let out = &mut std::io::stdout().lock();
    match command {
        Command::Check(args) => return check::run(args, out),
        Command::Doctor(args) => return doctor::run(args, out),
        Command::Cameras(args) => return cameras::run(args, out),
        Command::Verify(args) => return verify::run(args, out),
        Command::Config(args) => config::run(args, out)?,
        Command::Run(args) => run::run(args)?,
        Command::Console(args) => console::run(args, out)?,
        Command::Key(args) => key::run(args, out)?,
        Command::Replay(args) => replay::run(args, out)?,
        Command::Eval(args) => eval::run(args, out)?,
        Command::Capacity(args) => capacity::run(args, out)?,
        Command::Watch(args) => watch::run(args)?,
        Command::Schema(args) => schema::run(args)?,
        Command::Models(args) => models::run(args, out)?,
        Command::Synth(args) => synth::run(args, out)?,
        Command::Man(args) => man::run(args, Cli::command())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what went wrong: a config's problems as they are, anything else with its causes in one line.
fn report(error: &anyhow::Error) -> ExitCode {
    let mut err = std::io::stderr().lock();
    let (text, code) = match error.downcast_ref::<ConfigProblems>() {
        Some(problems) => (problems.to_string(), check::PROBLEMS),
        None if error.is::<UsageError>() => (format!("gatelpr: {error}"), check::PROBLEMS),
        None => (format!("gatelpr: {error:#}"), 1),
    };
    // Nothing is left to tell anybody when stderr is closed too.
    drop(writeln!(err, "{}", text.trim_end()));
    ExitCode::from(code)
}
