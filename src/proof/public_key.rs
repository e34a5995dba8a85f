//! Ed25519 public keys (RFC 8032): what signatures are checked with.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePublicKey, EncodePublicKey};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

/// What every signature begins with on the wire.
pub const PREFIX: &str = "ed25519:";

/// A public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// Why a text is no public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no Ed25519 public key in PEM form: {0}; `gatelpr key show` and `openssl pkey -pubout` write such a key"
)]
pub struct InvalidPublicKey(String);

impl PublicKey {
    pub(super) fn new(key: VerifyingKey) -> Self {
        Self(key)
    }

    /// Reads one key in PEM form (`-----BEGIN PUBLIC KEY-----`, RFC 8410).
    ///
    /// # Errors
    /// [`InvalidPublicKey`] when it is none, or one with which anything could be signed.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidPublicKey> {
        let key = VerifyingKey::from_public_key_pem(pem.trim()).map_err(|error| InvalidPublicKey(error.to_string()))?;
        if key.is_weak() {
            return Err(InvalidPublicKey("it is one of the few weak points of the curve".to_owned()));
        }
        Ok(Self(key))
    }

    /// The key in PEM form.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).expect("an Ed25519 key has a PEM form")
    }

    /// A short name for it: the first 16 hexadecimal digits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:x}", Sha256::digest(self.0.as_bytes()))[..16].to_owned()
    }

    /// Whether `signature` (`ed25519:` and base64) is this key's signature of `bytes`.
    #[must_use]
    pub fn has_signed(&self, bytes: &[u8], signature: &str) -> bool {
        let Some(encoded) = signature.strip_prefix(PREFIX) else { return false };
        let Ok(raw) = BASE64.decode(encoded) else { return false };
        Signature::from_slice(&raw).is_ok_and(|signature| self.0.verify_strict(bytes, &signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused_with_the_way_to_get_one() {
        let error = PublicKey::from_pem("ssh-ed25519 AAAA").expect_err("this is no PEM");
        assert!(error.to_string().contains("gatelpr key show"), "{error}");
    }
}
