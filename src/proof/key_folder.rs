//! The gate's keys on disk: the one in use, the next one after `gatelpr key rotate`, and the keyring of all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tracing::{info, warn};

use super::device_key::{DeviceKey, KeyError};
use super::keyring::{Keyring, KeyringError};
use super::public_key::PublicKey;
use crate::durable_file;

/// Where the gate's keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFolder {
    key: PathBuf,
    next: PathBuf,
    keyring: PathBuf,
}

/// What is wrong with the gate's keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyFolderError {
    /// A secret key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The keyring cannot be read or written.
    #[error("cannot {doing} the keyring {path:?}: {source}")]
    Keyring {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The keyring is none.
    #[error("{path:?}: {source}; it was left as it is: move it away to begin a new one from the present key")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyringError,
    },
}

impl KeyFolder {
    /// The keys in `folder`, or with the key in use at `key_file`, if it is kept elsewhere.
    #[must_use]
    pub fn new(folder: &Path, key_file: Option<&Path>) -> Self {
        Self {
            key: key_file.map_or_else(|| folder.join("device-key.pem"), Path::to_owned),
            next: folder.join("device-key-next.pem"),
            keyring: folder.join("device-keys.json"),
        }
    }

    /// The files that nobody else may read; they need not be there.
    #[must_use]
    pub fn secret_files(&self) -> [&Path; 2] {
        [&self.key, &self.next]
    }

    /// The key in use, made if there is none.
    ///
    /// # Errors
    /// [`KeyFolderError::Key`].
    pub fn key(&self) -> Result<DeviceKey, KeyFolderError> {
        Ok(DeviceKey::open_or_create(&self.key)?)
    }

    /// All keys so far; an empty keyring before the first start.
    ///
    /// # Errors
    /// [`KeyFolderError`] when the file cannot be read or is none.
    pub fn keyring(&self) -> Result<Keyring, KeyFolderError> {
        let json = match fs::read_to_string(&self.keyring) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Keyring::default()),
            other => other.map_err(|source| self.failed("read", source))?,
        };
        Keyring::read(&json).map_err(|source| KeyFolderError::Unusable { path: self.keyring.clone(), source })
    }

    /// Makes the key that the next start takes into use.
    ///
    /// # Errors
    /// [`KeyError`] when there is one already, or it cannot be written.
    pub fn prepare_next(&self) -> Result<PublicKey, KeyError> {
        let next = DeviceKey::generate()?;
        next.save_new(&self.next)?;
        Ok(next.public())
    }

    /// The key for the events from `first_seq` on: the next one, if one was prepared, endorsed by the one before it. May be
    /// cut off anywhere and begun again.
    ///
    /// # Errors
    /// [`KeyFolderError`] when a key or the keyring cannot be read or written.
    pub fn take_into_use(&self, first_seq: u64, now: Timestamp) -> Result<DeviceKey, KeyFolderError> {
        let key = self.key()?;
        let mut ring = self.keyring()?;
        let next = match DeviceKey::open(&self.next) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
            other => Some(other?),
        };
        if !ring.ends_with(key.public()) && next.as_ref().is_none_or(|next| !ring.ends_with(next.public())) {
            if !ring.is_empty() {
                warn!(key = key.public().id(), "the device key was replaced by hand, so no key before it endorses it");
            }
            ring.add(key.public(), first_seq, now, None);
            self.save(&ring)?;
        }
        let Some(next) = next else { return Ok(key) };
        if !ring.ends_with(next.public()) {
            ring.add(next.public(), first_seq, now, Some(&key));
            self.save(&ring)?;
        }
        fs::rename(&self.next, &self.key).map_err(|source| KeyError::File {
            doing: "take into use",
            path: self.next.clone(),
            source,
        })?;
        info!(key = next.public().id(), from_seq = first_seq, "a new device key is in use");
        Ok(next)
    }

    fn save(&self, ring: &Keyring) -> Result<(), KeyFolderError> {
        durable_file::replace(&self.keyring, |file| file.write_all(ring.to_json().as_bytes()))
            .map_err(|source| self.failed("write", source))
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> KeyFolderError {
        KeyFolderError::Keyring { doing, path: self.keyring.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(keys: &KeyFolder, first_seq: u64) -> DeviceKey {
        keys.take_into_use(first_seq, Timestamp::UNIX_EPOCH).expect("the folder is fine")
    }

    #[test]
    fn the_first_start_makes_a_key_and_a_rotation_counts_from_the_next_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = KeyFolder::new(folder.path(), None);
        let first = take(&keys, 1);
        assert_eq!(take(&keys, 50).public(), first.public());
        let next = keys.prepare_next().expect("there is space");
        assert_eq!(keys.key().expect("it is there").public(), first.public(), "nothing changes before a start");
        keys.prepare_next().expect_err("one is waiting already");
        assert_eq!(take(&keys, 60).public(), next);
        assert_eq!(take(&keys, 70).public(), next);
        let trusted = keys.keyring().expect("it is there").trusted().expect("the new key is endorsed");
        assert_eq!(trusted.iter().map(|key| key.before_seq).collect::<Vec<_>>(), [Some(60), None]);
    }

    #[test]
    fn a_rotation_that_was_cut_off_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = KeyFolder::new(folder.path(), None);
        let first = take(&keys, 1);
        let next = keys.prepare_next().expect("there is space");
        // Cut off between the keyring and the renaming.
        let mut ring = keys.keyring().expect("it is there");
        ring.add(next, 60, Timestamp::UNIX_EPOCH, Some(&first));
        keys.save(&ring).expect("there is space");
        assert_eq!(take(&keys, 60).public(), next);
        assert_eq!(keys.keyring().expect("it is there").trusted().expect("one endorsement").len(), 2);
    }

    #[test]
    fn a_key_that_was_replaced_by_hand_is_in_the_ring_and_trusted_by_nobody_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = KeyFolder::new(folder.path(), None);
        take(&keys, 1);
        fs::remove_file(folder.path().join("device-key.pem")).expect("it is there");
        let second = take(&keys, 5);
        let ring = keys.keyring().expect("it is there");
        assert!(ring.ends_with(second.public()));
        ring.trusted().expect_err("nobody endorsed it");
    }
}
