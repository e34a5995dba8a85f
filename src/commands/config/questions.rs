//! Questions to a person at a terminal, or to a pipe that answers line by line.

use std::io::{BufRead, IsTerminal as _, Write};

use anyhow::Context as _;

use crate::commands::UsageError;
use crate::commands::terminal::without_echo;
use crate::login::Secret;

/// Asks one question after the other.
pub(super) struct Questions<'io> {
    pub(super) input: &'io mut dyn BufRead,
    pub(super) out: &'io mut dyn Write,
    /// Whether the usual answer is taken without asking.
    pub(super) quiet: bool,
}

/// A question.
pub(super) struct Question<'q> {
    /// What is asked for, in words.
    pub(super) what: &'q str,
    /// The answer where none is given.
    pub(super) usual: &'q str,
    /// The argument of the command line that answers it, and its value if it is there.
    pub(super) flag: (&'static str, Option<&'q str>),
}

impl Questions<'_> {
    /// The answer that `accept` takes. What it does not take is asked again, with the reason; on the command line it is an
    /// error.
    pub(super) fn ask(
        &mut self,
        question: &Question<'_>,
        mut accept: impl FnMut(&str) -> Result<(), String>,
    ) -> anyhow::Result<()> {
        if let (name, Some(given)) = question.flag {
            return accept(given).map_err(|why| UsageError(format!("--{name} {given}: {why}")).into());
        }
        if self.quiet {
            let name = question.flag.0;
            return accept(question.usual).map_err(|why| UsageError(format!("give --{name}: {why}")).into());
        }
        loop {
            let usual = if question.usual.is_empty() { String::new() } else { format!(" [{}]", question.usual) };
            write!(self.out, "{}{usual}: ", question.what)?;
            let line = self.line(question.what)?;
            let answer = if line.is_empty() { question.usual } else { &line };
            match accept(answer) {
                Ok(()) => return Ok(()),
                Err(why) => writeln!(self.out, "  {why}")?,
            }
        }
    }

    /// A text that a terminal does not show; an empty one is none.
    pub(super) fn ask_secret(&mut self, what: &str) -> anyhow::Result<Option<Secret>> {
        if self.quiet {
            return Ok(None);
        }
        let line = if std::io::stdin().is_terminal() {
            write!(self.out, "{what} (not shown): ")?;
            self.out.flush()?;
            let line = without_echo(|| self.line(what))?;
            writeln!(self.out)?;
            line
        } else {
            write!(self.out, "{what}: ")?;
            self.line(what)?
        };
        Ok(Some(line).filter(|line| !line.is_empty()).map(Secret::new))
    }

    fn line(&mut self, what: &str) -> anyhow::Result<String> {
        self.out.flush()?;
        let mut line = String::new();
        let read = self.input.read_line(&mut line).context("cannot read the answer")?;
        anyhow::ensure!(read > 0, "nobody answers: {what}? Nothing was written");
        Ok(line.trim().to_owned())
    }
}
