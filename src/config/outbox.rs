//! `[outbox]`: where events wait until they are acknowledged, for how long they are kept after that, and the key that they
//! are signed with.

use std::path::PathBuf;

use super::files;
use super::table::Table;
use super::value::whole;
use crate::proof::KeyFolder;
use crate::publish::Archive;

/// Where events wait until they are acknowledged, and what is kept of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    /// The folder of the database, the archive and the keys. It need not exist yet.
    pub directory: PathBuf,
    /// How many days delivered events are kept, to be sent again on request.
    pub archive_days: u32,
    /// The secret key in use, if it is kept outside `directory`.
    pub device_key_file: Option<PathBuf>,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self { directory: PathBuf::from("/var/lib/gatelpr"), archive_days: 30, device_key_file: None }
    }
}

impl OutboxConfig {
    /// The database itself.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.directory.join("outbox.sqlite")
    }

    /// Where the gate's keys are.
    #[must_use]
    pub fn keys(&self) -> KeyFolder {
        KeyFolder::new(&self.directory, self.device_key_file.as_deref())
    }

    /// Where delivered events are kept.
    #[must_use]
    pub fn archive(&self) -> Archive {
        Archive::new(&self.directory.join("archive"), self.archive_days)
    }

    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        Self {
            directory: table.or("directory", default.directory, files::folder_to_be(table)),
            archive_days: table.or("archive_days", default.archive_days, whole(1..=3650)),
            device_key_file: table.optional("device_key_file", files::file(table)),
        }
    }
}
