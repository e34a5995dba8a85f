//! `[outbox]`: where events wait until the broker has acknowledged them.

use std::path::PathBuf;

use super::files;
use super::table::Table;

/// Where events wait until the broker has acknowledged them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    /// The folder of the database. It need not exist yet.
    pub directory: PathBuf,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self { directory: PathBuf::from("/var/lib/gatelpr") }
    }
}

impl OutboxConfig {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        Self { directory: table.or("directory", default.directory, files::folder_to_be(table)) }
    }
}
