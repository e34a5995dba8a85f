//! Reading a manifest file, with errors that name file, line and column.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// There is no such file, or it cannot be read.
    #[error("cannot read the manifest {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// It is no UTF-8 text.
    #[error("{}:{line}: not UTF-8 text; a manifest is a TOML file", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Line of the first bad byte, from 1.
        line: usize,
    },
    /// It is no TOML, or a key is missing, unknown or wrong.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What was expected.
        message: String,
    },
    /// It describes something other than its file name says.
    #[error("{}: describes {found:?}; a manifest is named as its model: rename the file or change `name`", path.display())]
    OtherName {
        /// The file.
        path: PathBuf,
        /// The name inside.
        found: String,
    },
}

/// Reads and parses the manifest at `path`.
///
/// # Errors
/// [`ManifestError`] with the place in the file.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ManifestError> {
    let bytes = std::fs::read(path).map_err(|cause| ManifestError::Unreadable { path: path.to_owned(), cause })?;
    parse(&bytes, path)
}

/// Parses a manifest's bytes; `path` is only for errors.
///
/// # Errors
/// [`ManifestError`] with the place in the file.
pub fn parse<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, ManifestError> {
    let path = path.to_owned();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            return Err(ManifestError::NotText { path, line });
        }
    };
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        ManifestError::Invalid { path, line, column, message: error.message().replace('\n', "; ") }
    })
}
