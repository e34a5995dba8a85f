//! The declared list on disk: a whole list, then the changes since, each on a line of its own with its SHA-256 behind it.
//!
//! A change to a list of 200,000 is a few hundred bytes, and memory cards wear out: so changes are appended, and the file
//! is written anew only when they outweigh the list. Not here: which message is taken.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::declared_message::DeclaredMessage;
use crate::durable_file;
use crate::publish::utc_time::UtcTime;

/// Its name in the outbox's folder.
const FILE: &str = "declared-list.jsonl";
/// Changes may weigh as much as the list, or this if it weighs less.
const LEAST_CHANGES: u64 = 1 << 20;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// When it came.
    pub(super) received_at: UtcTime,
    /// What came, without its signature, which was checked.
    pub(super) message: DeclaredMessage,
}

/// The file, and how much of it is what.
#[derive(Debug)]
pub(super) struct DeclaredFile {
    path: PathBuf,
    whole_bytes: u64,
    change_bytes: u64,
}

/// What was found at the start.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The whole list and the changes, in order, as far as they are sound.
    pub(super) records: Vec<Record>,
    /// What was not sound, for the log and for health.
    pub(super) damage: Option<String>,
}

impl DeclaredFile {
    /// Reads the file in `folder`, as far as it is sound. A damaged file is set aside under a name of its own.
    pub(super) fn open(folder: &Path, now: Timestamp) -> (Self, Found) {
        let path = folder.join(FILE);
        let mut file = Self { path, whole_bytes: 0, change_bytes: 0 };
        let mut found = Found::default();
        match File::open(&file.path) {
            Ok(opened) => file.read(BufReader::new(opened), &mut found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found.damage = Some(format!("{} cannot be read: {error}", file.path.display())),
        }
        if found.damage.is_some() {
            file.set_aside(&mut found, now);
        }
        (file, found)
    }

    fn read(&mut self, mut lines: impl BufRead, found: &mut Found) {
        let mut line = Vec::new();
        loop {
            line.clear();
            match lines.read_until(b'\n', &mut line) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    found.damage = Some(format!("{} cannot be read: {error}", self.path.display()));
                    return;
                }
            }
            let Some(record) = sound(&line) else {
                let number = found.records.len() + 1;
                found.damage = Some(format!("line {number} of {} is damaged", self.path.display()));
                return;
            };
            self.count(&record, line.len() as u64);
            found.records.push(record);
        }
    }

    fn count(&mut self, record: &Record, bytes: u64) {
        if record.message.entries.is_some() {
            (self.whole_bytes, self.change_bytes) = (bytes, 0);
        } else {
            self.change_bytes += bytes;
        }
    }

    fn set_aside(&mut self, found: &mut Found, now: Timestamp) {
        let aside = self.path.with_extension(format!("damaged-{}", now.strftime("%Y%m%dT%H%M%SZ")));
        let what = found.damage.take().unwrap_or_default();
        found.damage = Some(match fs::rename(&self.path, &aside) {
            Ok(()) => format!("{what}; it was set aside as {}", aside.display()),
            Err(error) => format!("{what}, and cannot be set aside: {error}"),
        });
        // What was sound lives on in memory, and in a new file with the next change.
        self.change_bytes = u64::MAX;
    }

    /// Whether the next change should be kept by writing the whole list anew.
    pub(super) fn should_be_rewritten(&self) -> bool {
        self.change_bytes > self.whole_bytes.max(LEAST_CHANGES)
    }

    /// Begins the file anew with a whole list, durably.
    ///
    /// # Errors
    /// What the system says; the file is then as it was.
    pub(super) fn rewrite(&mut self, record: &Record) -> io::Result<()> {
        let mut bytes = 0;
        durable_file::replace(&self.path, |file| {
            let mut line = Hashing { out: file, digest: Sha256::new(), bytes: 0 };
            serde_json::to_writer(&mut line, record)?;
            bytes = line.finish()?;
            Ok(())
        })?;
        (self.whole_bytes, self.change_bytes) = (bytes, 0);
        Ok(())
    }

    /// Adds a change, durably.
    ///
    /// # Errors
    /// What the system says; the change is then not in the file.
    pub(super) fn append(&mut self, record: &Record) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        let before = file.metadata()?.len();
        let mut whole = Vec::new();
        let mut line = Hashing { out: &mut whole, digest: Sha256::new(), bytes: 0 };
        serde_json::to_writer(&mut line, record)?;
        let bytes = line.finish()?;
        if let Err(error) = file.write_all(&whole).and_then(|()| file.sync_data()) {
            // Half a line would make everything after it unreadable.
            file.set_len(before)?;
            return Err(error);
        }
        self.change_bytes = self.change_bytes.saturating_add(bytes);
        Ok(())
    }
}

/// The record of a line, if the line is whole and unaltered.
fn sound(line: &[u8]) -> Option<Record> {
    let line = line.strip_suffix(b"\n")?;
    let tab = line.iter().rposition(|byte| *byte == b'\t')?;
    let (json, digest) = (&line[..tab], &line[tab + 1..]);
    let expected = format!("{:x}", Sha256::digest(json));
    (expected.as_bytes() == digest).then(|| serde_json::from_slice(json).ok()).flatten()
}

/// Counts and hashes what is written.
struct Hashing<'w> {
    out: &'w mut dyn Write,
    digest: Sha256,
    bytes: u64,
}

impl Hashing<'_> {
    /// Ends the line; how long it is.
    fn finish(self) -> io::Result<u64> {
        let end = format!("\t{:x}\n", self.digest.finalize());
        self.out.write_all(end.as_bytes())?;
        Ok(self.bytes + end.len() as u64)
    }
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
