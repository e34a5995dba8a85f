//! The trailers that tractors had, on disk: one pair a line, the newest last. A thread of its own writes, so that nobody waits.
//!
//! What is lost in a power cut are the last pairs, which are learnt again at the next visit; so nothing is synchronised but
//! the file that a start or a full round of changes writes anew. Not here: what pairs mean (`visit`).

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};
use tracing::{info, warn};

use crate::durable_file;
use crate::plate::PlateText;
use crate::visit::{KnownPair, KnownPairs};

/// Its name in the outbox's folder.
const FILE: &str = "known-trailers.txt";
/// Pairs that wait to be written: more than lanes could bring while a disk hangs for minutes.
const MOST_WAITING: usize = 256;
/// After so many changes the file is written anew, so it has at most twice as many lines as there are pairs.
const MOST_CHANGES: usize = KnownPairs::MOST;
/// Digits of a line's checksum: enough to find damage, which nobody forges.
const CHECKSUM_DIGITS: usize = 8;

/// The file.
#[derive(Debug)]
pub(super) struct PairsFile {
    path: PathBuf,
    /// Lines since it was written anew.
    changes: usize,
    /// Whether the last write failed, which is told once.
    failing: bool,
}

impl PairsFile {
    /// Reads what is known, as far as it is sound, and writes it anew without what is not. What cannot be read or written is
    /// told and costs what is known, never a start.
    pub(super) fn open(folder: &Path) -> (KnownPairs, Self) {
        let mut file = Self { path: folder.join(FILE), changes: 0, failing: false };
        let mut known = KnownPairs::default();
        match fs::read(&file.path) {
            Ok(bytes) => {
                let damaged = read(&bytes, &mut known);
                if damaged > 0 {
                    warn!(file = %file.path.display(), lines = damaged, "damaged lines of known trailers are left out");
                }
                file.rewrite(&known);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                warn!(%error, file = %file.path.display(), "cannot read the known trailers; starting without")
            }
        }
        (known, file)
    }

    /// A thread that adds what is sent, until nobody can send any more.
    ///
    /// # Errors
    /// What the system says when there can be no thread.
    pub(super) fn keep(self, known: KnownPairs) -> io::Result<(SyncSender<KnownPair>, JoinHandle<()>)> {
        let (sender, pairs) = sync_channel(MOST_WAITING);
        let thread = std::thread::Builder::new().name("known-trailers".to_owned());
        Ok((sender, thread.spawn(move || self.run(known, &pairs))?))
    }

    fn run(mut self, mut known: KnownPairs, pairs: &Receiver<KnownPair>) {
        while let Ok(pair) = pairs.recv() {
            let line = line(&pair);
            known.put(pair);
            if self.changes >= MOST_CHANGES {
                self.rewrite(&known);
            } else {
                let added = self.append(&line);
                self.tell(added);
            }
        }
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.path)?;
        file.write_all(line.as_bytes())?;
        self.changes += 1;
        Ok(())
    }

    fn rewrite(&mut self, known: &KnownPairs) {
        let written = durable_file::replace(&self.path, |file| {
            known.iter().try_for_each(|pair| file.write_all(line(&pair).as_bytes()))
        });
        // Also after a failure: it is tried again after as many changes, not with each.
        self.changes = 0;
        self.tell(written);
    }

    fn tell(&mut self, written: io::Result<()>) {
        match written {
            Err(error) if !self.failing => {
                self.failing = true;
                warn!(%error, file = %self.path.display(), "cannot keep known trailers; those since are not known after a restart");
            }
            Ok(()) if self.failing => {
                self.failing = false;
                info!(file = %self.path.display(), "known trailers are kept again");
            }
            _ => {}
        }
    }
}

/// `tractor`, `trailer` and a checksum, with tabs between.
fn line(pair: &KnownPair) -> String {
    let text = format!("{}\t{}", pair.tractor, pair.trailer);
    let checksum = checksum(&text);
    format!("{text}\t{checksum}\n")
}

fn checksum(text: &str) -> String {
    let digest = format!("{:x}", Sha256::digest(text.as_bytes()));
    digest.chars().take(CHECKSUM_DIGITS).collect()
}

/// Puts every sound line of `bytes` into `known`. Returns how many are not sound.
fn read(bytes: &[u8], known: &mut KnownPairs) -> usize {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut damaged = 0;
    for line in lines {
        match sound(line) {
            Some(pair) => known.put(pair),
            None => damaged += 1,
        }
    }
    damaged
}

fn sound(line: &[u8]) -> Option<KnownPair> {
    let (text, sum) = std::str::from_utf8(line).ok()?.rsplit_once('\t')?;
    let (tractor, trailer) = text.split_once('\t').filter(|_| sum == checksum(text))?;
    Some(KnownPair { tractor: tractor.into(), trailer: PlateText::normalised(trailer)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(tractor: &str, trailer: &str) -> KnownPair {
        let trailer = PlateText::normalised(trailer).expect("a plate text");
        KnownPair { tractor: tractor.into(), trailer }
    }

    /// A run in which these pairs are learnt. Returns what it knew at its start.
    fn run(folder: &Path, learnt: &[KnownPair]) -> Vec<KnownPair> {
        let (known, file) = PairsFile::open(folder);
        let before = known.iter().collect();
        let (sender, thread) = file.keep(known).expect("there can be a thread");
        learnt.iter().for_each(|pair| sender.send(pair.clone()).expect("it is received"));
        drop(sender);
        thread.join().expect("it does not panic");
        before
    }

    #[test]
    fn what_was_learnt_is_known_after_a_restart_with_the_last_trailer_of_each() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let pairs =
            [pair("VN-12C12345", "51R00001"), pair("CN-GUI-F12345", "桂F1234挂"), pair("VN-12C12345", "51R00002")];
        assert_eq!(run(folder.path(), &pairs), []);
        assert_eq!(run(folder.path(), &[]), &pairs[1..]);
        let text = fs::read_to_string(folder.path().join(FILE)).expect("it can be read");
        assert_eq!(text.lines().count(), 2, "a start writes it anew:\n{text}");
    }

    #[test]
    fn damage_costs_the_lines_that_it_hit() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let pairs = [pair("a", "51R00001"), pair("b", "51R00002"), pair("c", "51R00003")];
        run(folder.path(), &pairs);
        let path = folder.path().join(FILE);
        let text = fs::read_to_string(&path).expect("it can be read").replace("51R00002", "51R00007");
        let mut bytes = text.into_bytes();
        bytes.truncate(bytes.len() - 3);
        bytes.extend(b"\xff\xfe");
        fs::write(&path, &bytes).expect("it can be written");
        assert_eq!(run(folder.path(), &pairs[1..2]), &pairs[..1]);
        assert_eq!(run(folder.path(), &[]), &pairs[..2], "and what comes after is kept");
    }

    #[test]
    fn a_folder_that_cannot_be_written_costs_nothing_but_what_is_known() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        fs::create_dir(folder.path().join(FILE)).expect("the folder can be made");
        assert_eq!(run(folder.path(), &[pair("a", "51R00001")]), []);
        assert_eq!(run(&folder.path().join("gone"), &[pair("a", "51R00001")]), []);
    }

    #[test]
    fn no_bytes_make_the_reader_panic() {
        for bytes in [&b"\t\t\n"[..], b"\n\n", b"a\tb\tc", &[0xff; 9], b"\t"] {
            let mut known = KnownPairs::default();
            read(bytes, &mut known);
            assert!(known.is_empty());
        }
    }
}
