//! `gatelpr man`: the manual pages, made of what `--help` says, for whoever packages the program.

use std::path::PathBuf;

use anyhow::Context as _;

/// Write the manual pages of all commands into a folder
#[derive(Debug, Clone, clap::Args)]
pub struct ManArgs {
    /// The folder; it must exist
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Writes the pages of `program` and of its commands.
///
/// # Errors
/// The folder cannot be written to.
pub fn run(args: &ManArgs, program: clap::Command) -> anyhow::Result<()> {
    let out = &args.out;
    clap_mangen::generate_to(program, out).with_context(|| format!("cannot write manual pages into {}", out.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_and_hidden_ones_have_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inner = clap::Command::new("inner").about("Does something inside");
        let program = clap::Command::new("tool").subcommand(clap::Command::new("outer").subcommand(inner));
        let program = program.subcommand(clap::Command::new("secret").hide(true));
        run(&ManArgs { out: folder.path().to_owned() }, program).expect("the folder is writable");
        let mut pages: Vec<_> = std::fs::read_dir(folder.path())
            .expect("the folder is there")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        pages.sort();
        assert_eq!(pages, ["tool-outer-inner.1", "tool-outer.1", "tool.1"]);
    }
}
