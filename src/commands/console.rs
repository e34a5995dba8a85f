//! `gatelpr console`: what the console needs besides the config.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{UsageError, terminal};
use crate::console::{PasswordCheck, password};
use crate::durable_file;

/// Where the package's config looks for the hash.
const USUAL_FILE: &str = "/etc/gatelpr/console-password";

/// Make what the console needs
#[derive(Debug, Clone, clap::Args)]
pub struct ConsoleArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// Ask for a new password and write its hash to a file that only its owner may read; the password itself is kept nowhere
    ///
    /// On a terminal it is asked for twice and not shown; otherwise it is the first line of the input.
    Password {
        /// The file, which `password_hash_file` in `[console]` names
        #[arg(value_name = "FILE", default_value = USUAL_FILE)]
        file: PathBuf,
    },
}

/// Runs `gatelpr console`.
///
/// # Errors
/// A password that cannot be used, or a file that cannot be written.
pub fn run(args: &ConsoleArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let Action::Password { file } = &args.action;
    let password = if io::stdin().is_terminal() { asked_twice()? } else { first_line()? };
    let hash = PasswordCheck::hash(&password).map_err(|problem| UsageError(problem.to_string()))?;
    keep(file, hash.phc()).with_context(|| format!("cannot write {}", file.display()))?;
    writeln!(
        out,
        "{} has the hash of the password. In the config:\n\n[console]\npassword_hash_file = {:?}",
        file.display(),
        file
    )?;
    writeln!(out, "\nIt counts from the next start or reload on. The service's user must be able to read the file.")?;
    Ok(())
}

/// Writes the hash, whole or not at all, for its owner alone.
fn keep(file: &Path, hash: &str) -> io::Result<()> {
    if !fs::exists(file)? {
        // Its mode stays when it is replaced.
        drop(OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?);
    }
    durable_file::replace(file, |file| writeln!(file, "{hash}"))
}

fn first_line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(without_line_feed(&line))
}

fn asked_twice() -> anyhow::Result<String> {
    let first = asked(&format!("New password ({} characters or more): ", password::SHORTEST))?;
    if first != asked("Once more: ")? {
        return Err(UsageError("the two are not the same; nothing was written".to_owned()).into());
    }
    Ok(first)
}

/// Asks on the terminal, which shows nothing of the answer.
fn asked(question: &str) -> anyhow::Result<String> {
    let mut shown = io::stderr();
    write!(shown, "{question}")?;
    shown.flush()?;
    let answer = terminal::without_echo(first_line);
    writeln!(shown)?;
    answer
}

fn without_line_feed(line: &str) -> String {
    line.trim_end_matches(['\r', '\n']).to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_hash_is_for_its_owner_alone_also_when_it_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("hash");
        for hash in ["one", "two"] {
            keep(&file, hash).expect("there is space");
            let mode = fs::metadata(&file).expect("it is there").permissions().mode() & 0o777;
            assert_eq!((fs::read_to_string(&file).expect("a text"), mode), (format!("{hash}\n"), 0o600));
        }
    }
}
