//! `gatelpr config`: a first config from a few questions, the one in effect, and the reference of every key.

mod init;
mod questions;
mod secret_file;

use std::io::Write;

use super::config_file::ConfigFile;
use crate::config::{Config, REFERENCE};

/// Make a config, show the one in effect, or print the reference of every key
#[derive(Debug, Clone, clap::Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    Init(Box<init::InitArgs>),
    /// Print the config in effect: every key that counts with its value, defaults marked, secrets left out
    ///
    /// Where nothing had to be left out, the output is itself a config that means the same, wherever it lies: paths are whole.
    Show {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Print the reference: every key with its explanation, as a config
    Reference,
}

/// Runs `gatelpr config`.
///
/// # Errors
/// A config with problems, questions that nobody answers, or files that cannot be written.
pub fn run(args: &ConfigArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    match &args.action {
        Action::Init(args) => init::run(args, &mut std::io::stdin().lock(), out),
        Action::Show { file } => Ok(write!(out, "{}", Config::effective(file.path())?)?),
        Action::Reference => Ok(write!(out, "{REFERENCE}")?),
    }
}
