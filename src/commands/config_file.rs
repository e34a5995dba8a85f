//! Which config file a command reads: an argument that several commands share.

use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigProblems};

/// Where the package puts the config.
pub const DEFAULT_PATH: &str = "/etc/gatelpr/gatelpr.toml";

/// A config file, by position or by `--config`; [`DEFAULT_PATH`] without either. Both are one too many.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct ConfigFile {
    /// The config file [default: /etc/gatelpr/gatelpr.toml]
    #[arg(id = "config_file", value_name = "FILE", conflicts_with = "config")]
    file: Option<PathBuf>,
    /// The config file, for those who prefer to name it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// The file at `path`.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { file: Some(path.into()), config: None }
    }

    /// The file that is meant.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.as_deref().or(self.config.as_deref()).unwrap_or(Path::new(DEFAULT_PATH))
    }

    /// Its content.
    ///
    /// # Errors
    /// Everything that is wrong with it, or why it cannot be read.
    pub fn load(&self) -> Result<Config, ConfigProblems> {
        Config::load(self.path())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use clap::error::ErrorKind;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        file: ConfigFile,
    }

    #[track_caller]
    fn check(arguments: &[&str], expect: Result<&str, ErrorKind>) {
        let parsed = Command::try_parse_from([&["check"], arguments].concat());
        let path = parsed.map(|command| command.file.path().display().to_string());
        assert_eq!(path.map_err(|error| error.kind()), expect.map(str::to_owned));
    }

    #[test]
    fn the_file_is_given_by_position_or_by_name_and_not_by_both() {
        check(&[], Ok(DEFAULT_PATH));
        check(&["gate.toml"], Ok("gate.toml"));
        check(&["--config", "gate.toml"], Ok("gate.toml"));
        check(&["gate.toml", "--config", "gate.toml"], Err(ErrorKind::ArgumentConflict));
        check(&["one.toml", "two.toml"], Err(ErrorKind::UnknownArgument));
    }
}
