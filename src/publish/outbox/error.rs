//! Why the outbox cannot be used, in the operator's words.

use std::io;
use std::path::PathBuf;

use super::database::KNOWN;
use crate::publish::archive::ArchiveError;

/// Why the outbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The file cannot be opened, made or locked.
    #[error(
        "cannot open the outbox {path:?}: {source}; its folder must exist and be writable, and no other gatelpr may use it"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file belongs to another program.
    #[error(
        "{path:?} is another program's database and no outbox; it was left as it is: give the outbox a folder of its own"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of the program made the file.
    #[error(
        "the outbox {path:?} has version {found}, and this program knows version {KNOWN} at most; run the newer program that made it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: i64,
    },
    /// The file is damaged. Whoever opens an outbox sets it aside and begins a new one.
    #[error("the outbox {path:?} is damaged ({fault})")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// A damaged file cannot be moved out of the way.
    #[error(
        "the outbox {path:?} is damaged, and cannot be set aside: {source}; move it away and keep it, because it may hold events"
    )]
    SetAside {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Reading or writing failed while in use: a full disk, a broken card.
    #[error("the outbox {path:?} failed while {doing}: {source}; check the disk's space and health")]
    Use {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file that keeps numbers from repeating cannot be written.
    #[error(
        "cannot write {path:?}, which keeps event numbers from repeating: {source}; check the disk's space and health"
    )]
    Numbers {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Archived events cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Somebody named numbers that no event can have.
    #[error("{from_seq} to {to_seq} are no numbers of events of this gate; it has given the numbers 1 to {last_seq}")]
    NoSuchNumbers {
        /// The first number named.
        from_seq: u64,
        /// The last number named.
        to_seq: u64,
        /// The last number given.
        last_seq: u64,
    },
}

impl OutboxError {
    /// Whether the disk has no space left.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Open { source, .. } | Self::Use { source, .. } => {
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
            }
            Self::Numbers { source, .. } => source.kind() == io::ErrorKind::StorageFull,
            _ => false,
        }
    }
}
