//! Paths in the file: relative to the config file's folder, and looked at before anything starts.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::table::Table;
use super::value::{Mismatch, Value};
use crate::login::in_words;

/// A file that can be opened for reading.
pub(super) fn file<'t>(table: &'t Table<'_>) -> impl Fn(&Value<'_>) -> Result<PathBuf, Mismatch> + 't {
    checked(table, "a file that can be read", |path| {
        if fs::metadata(path)?.is_dir() {
            Err(io::Error::other("this is a folder"))
        } else {
            File::open(path).map(drop)
        }
    })
}

/// A folder that can be listed.
pub(super) fn folder<'t>(table: &'t Table<'_>) -> impl Fn(&Value<'_>) -> Result<PathBuf, Mismatch> + 't {
    checked(table, "a folder that can be read", |path| {
        if fs::metadata(path)?.is_file() {
            Err(io::Error::other("this is a file"))
        } else {
            fs::read_dir(path).map(drop)
        }
    })
}

/// A folder that exists or can be made. Whether it can be written to depends on the user, so the outbox finds out.
pub(super) fn folder_to_be<'t>(table: &'t Table<'_>) -> impl Fn(&Value<'_>) -> Result<PathBuf, Mismatch> + 't {
    checked(table, "a folder, or where one can be made", |path| {
        match path.ancestors().find_map(|ancestor| fs::metadata(ancestor).ok()) {
            Some(existing) if !existing.is_dir() => Err(io::Error::other("a file is in its way")),
            _ => Ok(()),
        }
    })
}

/// A file, or where one will be put: in a folder that exists.
pub(super) fn file_to_be<'t>(table: &'t Table<'_>) -> impl Fn(&Value<'_>) -> Result<PathBuf, Mismatch> + 't {
    checked(table, "a file, or where one will be put", |path| match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::Error::other("this is a folder")),
        Ok(_) => Ok(()),
        Err(_) => fs::metadata(path.parent().unwrap_or(path)).map(drop),
    })
}

fn checked<'t>(
    table: &'t Table<'_>,
    expected: &'static str,
    look: impl Fn(&Path) -> io::Result<()> + 't,
) -> impl Fn(&Value<'_>) -> Result<PathBuf, Mismatch> + 't {
    move |value| {
        let written = value.get_ref().as_str().filter(|text| !text.is_empty());
        let path = table.resolve(written.ok_or_else(|| Mismatch::new(value, expected))?);
        match look(&path) {
            Err(error) if table.is_at_the_gate() => {
                Err(Mismatch::finding(value, expected, in_words(&error)).help(format!("looked for {}", path.display())))
            }
            Ok(()) | Err(_) => Ok(path),
        }
    }
}
