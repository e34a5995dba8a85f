//! Whether SQLite's write-ahead log is whole. SQLite itself takes what stands before the first damage for all there ever
//! was: it cannot tell damage from a commit that a power cut tore. We can, because every commit was made durable before the
//! next one began.
//!
//! The format is described at sqlite.org/fileformat2.html, section 4.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// In the first four bytes; the last bit says in which order bytes are summed.
const MAGIC: u32 = 0x377f_0682;

/// The log beside the database at `path`.
pub(super) fn beside(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", path.display()))
}

/// Fails with what is wrong, if commits stand in the log of the database at `path` behind a place where SQLite stops
/// reading it.
///
/// A commit that a power cut tore counts as damage if its end was written before its beginning: that is rare, and better
/// told once too often than a number given twice. Damage to the very last commit that spares its end is seen, damage to
/// its end alone is not.
pub(super) fn whole(path: &Path) -> Result<(), String> {
    let log = match File::open(beside(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other,
    };
    match log.and_then(lost_commits) {
        Ok(0) => Ok(()),
        Ok(lost) => Err(format!("its write-ahead log is damaged, and {lost} commits stand behind the damage")),
        Err(error) => Err(format!("its write-ahead log cannot be read: {error}")),
    }
}

/// How many commits stand where SQLite does not read them any more.
fn lost_commits(log: File) -> io::Result<usize> {
    let mut log = BufReader::new(log);
    let mut header = [0; HEADER];
    if !fills(&mut log, &mut header)? {
        return Ok(0);
    }
    let order = word(&header, 0) & 1;
    let sum = summed((0, 0), &header[..24], order);
    let page = usize::try_from(word(&header, 2)).unwrap_or(0);
    if word(&header, 0) & !1 != MAGIC || sum != (word(&header, 6), word(&header, 7)) || !(512..=65_536).contains(&page)
    {
        // Nothing is read behind such a header. It is durable before the first frame.
        let mut next = [0; FRAME_HEADER];
        return Ok(usize::from(fills(&mut log, &mut next)?));
    }
    let salt = (word(&header, 4), word(&header, 5));
    let (mut sum, mut lost, mut is_read) = (sum, 0, true);
    let mut frame = vec![0; FRAME_HEADER + page];
    while fills(&mut log, &mut frame)? {
        // Frames with another salt are left from before the log was begun again.
        let is_current = (word(&frame, 2), word(&frame, 3)) == salt;
        if is_read {
            sum = summed(summed(sum, &frame[..8], order), &frame[FRAME_HEADER..], order);
            is_read = is_current && sum == (word(&frame, 4), word(&frame, 5));
        }
        let ends_a_commit = word(&frame, 1) != 0;
        lost += usize::from(!is_read && is_current && ends_a_commit);
    }
    Ok(lost)
}

/// Reads as much as `buffer` holds; `false` where the file ends before that.
fn fills(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        other => other.map(|()| true),
    }
}

/// The word of this number, as it is stored.
fn word(bytes: &[u8], number: usize) -> u32 {
    let at = number * 4;
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// SQLite's sum over pairs of words. `order` is 1 where words are summed with their high byte first.
fn summed((mut low, mut high): (u32, u32), bytes: &[u8], order: u32) -> (u32, u32) {
    let value = |four: &[u8]| {
        let four: [u8; 4] = four.try_into().unwrap_or_default();
        if order == 1 { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    for pair in bytes.chunks_exact(8) {
        low = low.wrapping_add(value(&pair[..4])).wrapping_add(high);
        high = high.wrapping_add(value(&pair[4..])).wrapping_add(low);
    }
    (low, high)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rusqlite::Connection;

    use super::*;

    /// A database whose log holds ten commits, closed by nobody.
    fn with_log(folder: &Path) -> PathBuf {
        let (made, path) = (folder.join("made.db"), folder.join("a.db"));
        let database = Connection::open(&made).expect("a file");
        database.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER, b TEXT)").expect("it works");
        for number in 0..10 {
            database.execute("INSERT INTO t VALUES (?1, hex(zeroblob(1000)))", [number]).expect("it works");
        }
        fs::copy(&made, &path).expect("there is space");
        fs::copy(beside(&made), beside(&path)).expect("there is space");
        path
    }

    fn altered(path: &Path, alter: impl FnOnce(&mut Vec<u8>)) -> Result<(), String> {
        let mut log = fs::read(beside(path)).expect("it is there");
        alter(&mut log);
        fs::write(beside(path), log).expect("there is space");
        whole(path)
    }

    #[test]
    fn a_log_that_is_whole_or_absent_or_torn_at_its_end_is_right() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(whole(&folder.path().join("none.db")), Ok(()));
        let path = with_log(folder.path());
        assert_eq!(whole(&path), Ok(()));
        assert_eq!(altered(&path, |log| log.truncate(log.len() - 100)), Ok(()));
        assert_eq!(altered(&path, |log| log.truncate(log.len() - 9000)), Ok(()));
        assert_eq!(altered(&path, |log| log.truncate(20)), Ok(()));
    }

    #[test]
    fn commits_behind_damage_are_seen() {
        // The header, a page's content twice, and a frame's own header.
        for place in [5, 17, HEADER + FRAME_HEADER + 50, 20_000, HEADER + 2 * (FRAME_HEADER + 4096) + 9] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = with_log(folder.path());
            let fault = altered(&path, |log| log[place] ^= 0x55).expect_err("it is damaged");
            assert!(fault.contains("stand behind the damage"), "{place}: {fault}");
        }
    }

    #[test]
    fn what_was_left_from_before_the_log_began_again_is_no_damage() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Connection::open(folder.path().join("a.db")).expect("a file");
        database.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER)").expect("it works");
        for number in 0..50 {
            database.execute("INSERT INTO t VALUES (?1)", [number]).expect("it works");
        }
        database.execute_batch("PRAGMA wal_checkpoint(RESTART); INSERT INTO t VALUES (7)").expect("it works");
        assert_eq!(whole(&folder.path().join("a.db")), Ok(()));
    }
}
