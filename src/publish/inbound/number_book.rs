//! The last numbers that were accepted, on disk: what is not newer is a replay, whatever the clock says.
//!
//! A gate's clock may be wrong after a power cut, so age is a number that must rise. It is written before anything is
//! done: a command whose number could not be kept is not obeyed. Not here: the declared list itself.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::gatekeeper::Signer;
use super::refusal::{Reason, Refusal};
use crate::durable_file;

/// Its file in the outbox's folder.
const FILE: &str = "inbound-numbers.json";

/// Largest number that every JSON reader keeps exactly.
pub(super) const LARGEST: u64 = (1 << 53) - 1;

/// The last numbers, and where they are kept.
#[derive(Debug)]
pub struct NumberBook {
    path: PathBuf,
    numbers: Numbers,
    /// Why the file cannot be used: then nothing that needs a number is taken.
    damage: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    /// The last number of a signed command, for each trusted key.
    commands: BTreeMap<String, u64>,
    /// The version of the newest declared list.
    declared: u64,
}

impl NumberBook {
    /// The book in `folder`; an empty one if there is none. A file that cannot be read is left as it is.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        let path = folder.join(FILE);
        let read = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Numbers::default()),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(numbers) => Self { path, numbers, damage: None },
            Err(why) => {
                let damage = format!(
                    "{} is damaged ({why}), so replays cannot be told; remove it to begin anew, and send newer numbers",
                    path.display()
                );
                tracing::error!("signed commands and declared lists are refused: {damage}");
                Self { path, numbers: Numbers::default(), damage: Some(damage) }
            }
        }
    }

    /// Whether anything that needs a number can be taken.
    ///
    /// # Errors
    /// [`Refusal`] when the book is damaged.
    pub fn usable(&self) -> Result<(), Refusal> {
        match &self.damage {
            Some(damage) => Err(Refusal::new(Reason::Refused, damage)),
            None => Ok(()),
        }
    }

    /// Notes that `signer`'s command of this number is taken, durably.
    ///
    /// # Errors
    /// [`Refusal`] when it is not newer than the last one, or cannot be noted.
    pub fn command(&mut self, signer: &Signer, number: Option<u64>) -> Result<(), Refusal> {
        self.usable()?;
        let last = self.numbers.commands.get(&signer.0).copied().unwrap_or(0);
        let old = |text: String| Refusal::new(Reason::Old, text);
        match number {
            None => {
                let text = "a signed command needs a `number` that is higher than that of every one before it";
                Err(Refusal::new(Reason::Malformed, text))
            }
            Some(number) if number > LARGEST => {
                Err(Refusal::new(Reason::Malformed, format!("the number {number} is beyond 2^53 - 1")))
            }
            Some(number) if number <= last => {
                Err(old(format!("a replay: the number {number} is not higher than {last}, the last one taken")))
            }
            Some(number) => {
                let mut numbers = self.numbers.clone();
                numbers.commands.insert(signer.0.clone(), number);
                self.keep(numbers)
            }
        }
    }

    /// The version of the newest declared list that was ever taken; 0 before the first.
    #[must_use]
    pub fn declared(&self) -> u64 {
        self.numbers.declared
    }

    /// Notes that the declared list of this version is taken, durably. It never goes back.
    ///
    /// # Errors
    /// [`Refusal`] when it cannot be noted.
    pub fn raise_declared(&mut self, version: u64) -> Result<(), Refusal> {
        self.usable()?;
        if version <= self.numbers.declared {
            return Ok(());
        }
        self.keep(Numbers { declared: version, ..self.numbers.clone() })
    }

    fn keep(&mut self, numbers: Numbers) -> Result<(), Refusal> {
        let json = serde_json::to_vec(&numbers).expect("texts and whole numbers have a JSON form");
        durable_file::replace(&self.path, |file| file.write_all(&json)).map_err(|error| {
            let text = format!("the number cannot be kept in {}: {error}; check the disk", self.path.display());
            Refusal::new(Reason::Refused, text)
        })?;
        self.numbers = numbers;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(name: &str) -> Signer {
        Signer(name.to_owned())
    }

    #[test]
    fn a_number_is_taken_once_over_restarts_and_for_each_key_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut book = NumberBook::open(folder.path());
        book.command(&signer("a"), Some(7)).expect("it is newer");
        let refused = |book: &mut NumberBook, number| book.command(&signer("a"), number).expect_err("refused").reason;
        assert_eq!(refused(&mut book, Some(7)), Reason::Old);
        assert_eq!(refused(&mut book, Some(6)), Reason::Old);
        assert_eq!(refused(&mut book, None), Reason::Malformed);
        assert_eq!(refused(&mut book, Some(u64::MAX)), Reason::Malformed);
        let mut book = NumberBook::open(folder.path());
        assert_eq!(refused(&mut book, Some(7)), Reason::Old);
        book.command(&signer("b"), Some(1)).expect("another key counts for itself");
        book.command(&signer("a"), Some(8)).expect("it is newer");
    }

    #[test]
    fn a_damaged_book_is_left_as_it_is_and_nothing_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), "{\"commands\":{\"a\":").expect("it can be written");
        let mut book = NumberBook::open(folder.path());
        let refusal = book.command(&signer("a"), Some(9)).expect_err("it cannot tell");
        assert!(refusal.text.contains("remove it to begin anew"), "{refusal}");
        book.raise_declared(3).expect_err("nor here");
        assert_eq!(fs::read(folder.path().join(FILE)).expect("it is there"), b"{\"commands\":{\"a\":");
    }

    #[test]
    fn a_number_that_cannot_be_kept_is_not_accepted() {
        let folder = tempfile::tempdir().expect("a folder");
        let gone = folder.path().join("gone");
        let mut book = NumberBook::open(&gone);
        let refusal = book.command(&signer("a"), Some(1)).expect_err("there is no folder");
        assert!(refusal.text.contains("check the disk"), "{refusal}");
        fs::create_dir(&gone).expect("it can be made");
        book.command(&signer("a"), Some(1)).expect("it was not used up");
    }
}
