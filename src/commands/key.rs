//! `gatelpr key`: the key that this gate signs its events with.

use std::io::Write;

use anyhow::Context as _;

use super::config_file::ConfigFile;
use crate::proof::KeyFolder;

/// Show or replace the key that this gate signs its events with
#[derive(Debug, Clone, clap::Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// Print the public key in PEM form, which receivers check signatures with; the first time, the key is made
    Show {
        #[command(flatten)]
        config: ConfigFile,
        /// Print all keys so far as JSON, each endorsed by the one before it, for `gatelpr verify --keyring`
        #[arg(long)]
        keyring: bool,
    },
    /// Make the key that the next start of the daemon takes into use, endorsed by the present one; print its public half
    Rotate {
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// Runs `gatelpr key`.
///
/// # Errors
/// A config with problems, or keys that cannot be read or written.
pub fn run(args: &KeyArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    match &args.action {
        Action::Show { config, keyring } => {
            let keys = key_folder(config)?;
            if *keyring {
                let ring = keys.keyring()?;
                anyhow::ensure!(!ring.is_empty(), "there is no keyring yet: the first start of the daemon makes it");
                write!(out, "{}", ring.to_json())?;
            } else {
                write!(out, "{}", keys.key()?.public().to_pem())?;
            }
        }
        Action::Rotate { config } => {
            let next = key_folder(config)?.prepare_next().context("no new key was made")?;
            write!(out, "{}", next.to_pem())?;
            tracing::info!(key = next.id(), "the daemon takes this key into use when it is started the next time");
        }
    }
    Ok(())
}

/// Where the keys of this config are; the folder is made if need be, like the daemon does it.
fn key_folder(config: &ConfigFile) -> anyhow::Result<KeyFolder> {
    let config = config.load()?;
    let folder = &config.outbox.directory;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(config.outbox.keys())
}
