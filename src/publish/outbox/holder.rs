//! Which process has the outbox open, without opening it: a database that is looked at from outside must not be disturbed.
//!
//! SQLite locks bytes of the file that it never writes (sqlite.org/lockingv3.html), and the kernel tells who holds which.

use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// SQLite's lock bytes.
const LOCK_BYTES: RangeInclusive<u64> = 0x4000_0000..=0x4000_01ff;

/// The number of the process that holds the outbox at `path`; none where nobody does, or no file is there.
///
/// # Errors
/// The system does not tell.
pub fn holder(path: &Path) -> io::Result<Option<u32>> {
    let file = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let device = (rustix::fs::major(file.dev()), rustix::fs::minor(file.dev()));
    let locks = fs::read_to_string("/proc/locks")?;
    let held = locks.lines().filter_map(Lock::read).filter(|lock| lock.inode == file.ino());
    // Where file systems lie on others (overlays, subvolumes), the kernel's device is another than the file's own.
    let ours = |lock: &Lock| lock.device == device || is_a_gatelpr(lock.process);
    Ok(held.filter(ours).map(|lock| lock.process).next())
}

fn is_a_gatelpr(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim() == "gatelpr")
}

/// A lock for writing on bytes of SQLite's.
#[derive(Debug, PartialEq, Eq)]
struct Lock {
    process: u32,
    device: (u32, u32),
    inode: u64,
}

impl Lock {
    /// As a line of `/proc/locks` says it: `1: POSIX  ADVISORY  WRITE 4711 fe:01:270 1073741824 1073742335`.
    fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "POSIX", _, "WRITE", process, place, first, last] = words[..] else { return None };
        let last = if last == "EOF" { u64::MAX } else { last.parse().ok()? };
        if first.parse::<u64>().ok()? > *LOCK_BYTES.end() || last < *LOCK_BYTES.start() {
            return None;
        }
        let mut parts = place.split(':');
        let mut hexadecimal = || u32::from_str_radix(parts.next()?, 16).ok();
        let device = (hexadecimal()?, hexadecimal()?);
        Some(Self { process: process.parse().ok()?, device, inode: parts.next()?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Outbox, OutboxSettings};
    use super::*;
    use crate::proof::DeviceKey;

    #[test]
    fn only_locks_for_writing_on_the_bytes_of_sqlite_count() {
        let lock = Lock { process: 4711, device: (0xfe, 1), inode: 270 };
        let read = Lock::read;
        assert_eq!(read("1: POSIX  ADVISORY  WRITE 4711 fe:01:270 1073741824 1073742335"), Some(lock));
        assert_eq!(read("1: POSIX  ADVISORY  WRITE 4711 fe:01:270 0 EOF").map(|lock| lock.inode), Some(270));
        assert_eq!(read("1: POSIX  ADVISORY  READ 4711 fe:01:270 1073741826 1073742335"), None);
        assert_eq!(read("1: POSIX  ADVISORY  WRITE 4711 fe:01:270 0 100"), None);
        assert_eq!(read("1: -> POSIX  ADVISORY  WRITE 1 fe:01:270 0 EOF"), None);
        assert_eq!(read("2: FLOCK  ADVISORY  WRITE 812 00:1a:1234 0 EOF"), None);
    }

    #[test]
    fn whoever_has_an_outbox_open_is_known_until_it_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("outbox.db");
        assert_eq!(holder(&path).expect("the system tells"), None);
        let settings = OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder.path());
        let outbox = Outbox::open(&path, settings).expect("a new outbox");
        assert_eq!(holder(&path).expect("the system tells"), Some(std::process::id()));
        drop(outbox);
        assert_eq!(holder(&path).expect("the system tells"), None);
    }
}
