//! `[declared]`: the list of declared vehicles in a file, and how old a list may be.

use std::path::PathBuf;
use std::time::Duration;

use super::files;
use super::table::Table;
use super::value::whole;

/// Where the declared list comes from besides the broker, and how old it may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredConfig {
    /// A file with a whole list. It need not exist yet.
    pub file: Option<PathBuf>,
    /// From which age on a list needs somebody; none: at no age.
    pub max_age: Option<Duration>,
}

impl DeclaredConfig {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let hours = table.optional("max_age_h", whole(1..=8760_u32));
        Self {
            file: table.optional("file", files::file_to_be(table)),
            max_age: hours.map(|hours| Duration::from_secs(u64::from(hours) * 3600)),
        }
    }
}
