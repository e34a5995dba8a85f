//! The gate's own Ed25519 key: made at the first start, kept in a file that nobody else may read, never printed.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{Signer, SigningKey};

use super::public_key::{PREFIX, PublicKey};
use crate::durable_file;

/// A secret key that signs.
#[derive(Clone)]
pub struct DeviceKey(SigningKey);

/// Why there is no usable key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot {doing} the device key {path:?}: {source}; events cannot be signed without it")]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no key.
    #[error(
        "{path:?} is no Ed25519 key in PEM form ({why}); it was left as it is: put the key back, or move the file away to have a new key made"
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Others could read it.
    #[error(
        "the device key {path:?} may be read by others (mode {mode:o}); run `chmod 600` on it, and `gatelpr key rotate` if others had access"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The system gives no random numbers.
    #[error("cannot make a device key: the system gives no random numbers ({0})")]
    NoRandomness(String),
}

impl DeviceKey {
    /// A new key.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| KeyError::NoRandomness(error.to_string()))?;
        Ok(Self::from_seed(&seed))
    }

    /// The key of a seed, always the same: for replays and tests, whose events shall be the same on every machine.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The key in the file at `path`, which is made if it is not there.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be read or made, is no key, or may be read by others.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::open(path) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let key = Self::generate()?;
                key.save_new(path)?;
                Ok(key)
            }
            other => other,
        }
    }

    /// The key in the file at `path`.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be read, is no key, or may be read by others.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { doing: "read", path: path.to_owned(), source };
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed { path: path.to_owned(), mode });
        }
        let pem = fs::read_to_string(path).map_err(failed)?;
        let unusable = |why: String| KeyError::Unusable { path: path.to_owned(), why };
        SigningKey::from_pkcs8_pem(pem.trim()).map(Self).map_err(|error| unusable(error.to_string()))
    }

    /// Writes the key to a new file at `path`, whole or not at all, readable by its owner only.
    ///
    /// # Errors
    /// [`KeyError::File`] when it cannot be written, or something is there already.
    pub fn save_new(&self, path: &Path) -> Result<(), KeyError> {
        let failed = |source| KeyError::File { doing: "write", path: path.to_owned(), source };
        let pem = self.0.to_pkcs8_pem(LineEnding::LF).expect("an Ed25519 key has a PEM form");
        let unfinished = path.with_extension("unfinished");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished).map_err(failed)?;
        file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        // Unlike a renaming, a link never replaces a key that is there.
        let linked = fs::hard_link(&unfinished, path);
        fs::remove_file(&unfinished).map_err(failed)?;
        linked.map_err(failed)?;
        durable_file::sync_folder_of(path).map_err(failed)
    }

    /// The signature of `bytes`: `ed25519:` and base64. The same for the same bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> String {
        format!("{PREFIX}{}", BASE64.encode(self.0.sign(bytes).to_bytes()))
    }

    /// The key that its signatures are checked with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::new(self.0.verifying_key())
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({})", self.public().id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device-key.pem");
        let made = DeviceKey::open_or_create(&path).expect("it is made");
        let again = DeviceKey::open_or_create(&path).expect("it is read");
        assert_eq!(made.public(), again.public());
        let mode = fs::metadata(&path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing unfinished is left");
        made.save_new(&path).expect_err("a key is never overwritten");
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device-key.pem");
        DeviceKey::open_or_create(&path).expect("it is made");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("they can be set");
        let exposed = DeviceKey::open(&path).expect_err("it is exposed").to_string();
        assert!(exposed.contains("chmod 600") && exposed.contains("644"), "{exposed}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("they can be set");
        fs::write(&path, "nothing").expect("it can be written");
        let unusable = DeviceKey::open_or_create(&path).expect_err("it is no key").to_string();
        assert!(unusable.contains("left as it is"), "{unusable}");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "nothing");
    }

    #[test]
    fn a_signature_is_of_its_bytes_and_its_key_only() {
        let (one, other) = (DeviceKey::from_seed(&[1; 32]), DeviceKey::from_seed(&[2; 32]));
        let signature = one.sign(b"passage");
        let read = PublicKey::from_pem(&one.public().to_pem()).expect("its own form");
        assert!(read.has_signed(b"passage", &signature));
        assert!(!read.has_signed(b"passagf", &signature));
        assert!(!other.public().has_signed(b"passage", &signature));
        assert!(!read.has_signed(b"passage", signature.trim_start_matches("ed25519:")));
        assert!(format!("{one:?}").len() < 40, "the key is not printed");
    }
}
