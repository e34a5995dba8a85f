//! The support bundle: what whoever is asked for help needs to know of a gate, and nothing of whom it saw.
//!
//! ```text
//! contents ──Part──▶ redaction (every text of every part) ──▶ looked through once more ──▶ packing ──▶ FILE.tar.gz, 0600
//! ```
//!
//! No picture is ever read. What secrets, plates and network addresses there are is gathered first (`known`), so that they can be
//! taken out wherever they stand, and looked for at the end: a bundle in which one is left is not written.

mod contents;
mod known;
mod packing;
mod redaction;
mod words;

use std::fs::File;
use std::io;
use std::path::Path;

use super::Patient;
use super::finding::Diagnosis;

/// A file of the bundle, as it is packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Its name in the bundle.
    pub name: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// What is in it.
    pub text: String,
}

/// A bundle that was looked through and may be written.
#[derive(Debug)]
pub struct Bundle {
    files: Vec<Packed>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Something is left that must not be told.
    #[error(
        "{what} would be left in {file} of the bundle, so it is not written; send the output of `gatelpr doctor` instead"
    )]
    Left {
        /// What kind of thing.
        what: &'static str,
        /// In which file.
        file: &'static str,
    },
    /// The file cannot be written.
    #[error("cannot write the bundle {path}: {source}; choose another place or name")]
    Write {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

impl Bundle {
    /// Everything but plates, pictures and secrets.
    ///
    /// # Errors
    /// [`BundleError::Left`] when it cannot be kept out.
    pub fn of(patient: &Patient, diagnosis: &Diagnosis) -> Result<Self, BundleError> {
        let redaction = known::redaction(patient);
        let parts = contents::parts(patient, diagnosis);
        let files: Vec<Packed> = parts.into_iter().map(|part| part.packed(&redaction)).collect();
        for file in &files {
            if let Some(what) = redaction.found_in(&file.text) {
                return Err(BundleError::Left { what, file: file.name });
            }
        }
        Ok(Self { files })
    }

    /// What is in it.
    #[must_use]
    pub fn files(&self) -> &[Packed] {
        &self.files
    }

    /// Writes it to a new file at `path`, which only this user may read.
    ///
    /// # Errors
    /// [`BundleError::Write`], also when a file is there already.
    pub fn write(&self, path: &Path) -> Result<(), BundleError> {
        let written = packing::write(&self.files, path, crate::clock::wall_time());
        written.map_err(|source| BundleError::Write { path: path.display().to_string(), source })
    }
}

/// Whether a bundle may be written to `path`: before everything is looked at, which takes a while.
///
/// # Errors
/// [`BundleError::Write`].
pub fn check_place(path: &Path) -> Result<(), BundleError> {
    let failed = |source| BundleError::Write { path: path.display().to_string(), source };
    if path.exists() {
        return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, "a file of this name is there already")));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).map(drop).map_err(failed)
}
