//! The public keys of a gate, in the order in which it used them: what a receiver trusts. Each key is endorsed by the one
//! before it, so whoever trusts the first can follow.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::canonical::Canonical;
use super::device_key::DeviceKey;
use super::public_key::{InvalidPublicKey, PublicKey};

/// The keys of one gate, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyring {
    keys: Vec<Entry>,
}

/// One key and when it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// In PEM form.
    public_key: String,
    /// The first event that it signs; from this one on, the keys before it count no more.
    from_seq: u64,
    /// When that was, by the gate's clock.
    since: Timestamp,
    /// The signature of this entry, without this field, by the key before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endorsement: Option<String>,
}

/// A key that signatures are checked with, and for which events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// It counts for events below this number only; none: for all.
    pub before_seq: Option<u64>,
}

/// Why a text is no keyring, or one that cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// It is no keyring.
    #[error("this is no keyring as `gatelpr key show --keyring` writes it: {0}")]
    NotAKeyring(#[from] serde_json::Error),
    /// A key in it is none.
    #[error("key {number} of the keyring: {source}")]
    Key {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        source: InvalidPublicKey,
    },
    /// A key in it did not come from the one before it.
    #[error(
        "key {number} of the keyring ({id}) is not endorsed by the key before it: ask the gate's operator whether it was replaced, \
         and trust it by `--key` if so"
    )]
    NotEndorsed {
        /// Which, from 1.
        number: usize,
        /// Its short name.
        id: String,
    },
}

impl Keyring {
    /// Reads a keyring.
    ///
    /// # Errors
    /// [`KeyringError::NotAKeyring`].
    pub fn read(json: &str) -> Result<Self, KeyringError> {
        Ok(serde_json::from_str(json)?)
    }

    /// The keyring as JSON, with a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("texts and numbers have a JSON form");
        format!("{json}\n")
    }

    /// Whether the newest key is `key`.
    #[must_use]
    pub fn ends_with(&self, key: PublicKey) -> bool {
        self.keys.last().is_some_and(|entry| PublicKey::from_pem(&entry.public_key) == Ok(key))
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds a key that signs from `from_seq` on, endorsed by the key before it where that is at hand.
    pub fn add(&mut self, key: PublicKey, from_seq: u64, since: Timestamp, endorsed_by: Option<&DeviceKey>) {
        let mut entry = Entry { public_key: key.to_pem(), from_seq, since, endorsement: None };
        entry.endorsement = endorsed_by.map(|before| before.sign(&entry.signed_bytes()));
        self.keys.push(entry);
    }

    /// All keys, whether endorsed or not: for the gate itself.
    pub fn keys(&self) -> impl Iterator<Item = PublicKey> {
        self.keys.iter().filter_map(|entry| PublicKey::from_pem(&entry.public_key).ok())
    }

    /// The keys that whoever trusts the first one may trust, and for which events.
    ///
    /// # Errors
    /// [`KeyringError`] when a key is none or is not endorsed by the one before it.
    pub fn trusted(&self) -> Result<Vec<TrustedKey>, KeyringError> {
        let mut trusted: Vec<TrustedKey> = Vec::new();
        for (entry, number) in self.keys.iter().zip(1..) {
            let key = PublicKey::from_pem(&entry.public_key).map_err(|source| KeyringError::Key { number, source })?;
            if let Some(before) = trusted.last_mut() {
                let endorsed =
                    entry.endorsement.as_ref().is_some_and(|e| before.key.has_signed(&entry.signed_bytes(), e));
                if !endorsed {
                    return Err(KeyringError::NotEndorsed { number, id: key.id() });
                }
                before.before_seq = Some(entry.from_seq);
            }
            trusted.push(TrustedKey { key, before_seq: None });
        }
        Ok(trusted)
    }
}

impl Entry {
    fn signed_bytes(&self) -> Vec<u8> {
        let bare = Self { endorsement: None, ..self.clone() };
        let json = serde_json::to_vec(&bare).expect("texts and numbers have a JSON form");
        Canonical::read(&json).map(|canonical| canonical.signed_bytes()).unwrap_or(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> DeviceKey {
        DeviceKey::from_seed(&[seed; 32])
    }

    fn rotated() -> Keyring {
        let mut ring = Keyring::default();
        ring.add(key(1).public(), 1, Timestamp::UNIX_EPOCH, None);
        ring.add(key(2).public(), 100, Timestamp::UNIX_EPOCH, Some(&key(1)));
        ring
    }

    #[test]
    fn whoever_trusts_the_first_key_can_follow_and_the_old_one_ends() {
        let ring = Keyring::read(&rotated().to_json()).expect("its own form");
        let trusted = ring.trusted().expect("each is endorsed");
        let expect = [
            TrustedKey { key: key(1).public(), before_seq: Some(100) },
            TrustedKey { key: key(2).public(), before_seq: None },
        ];
        assert_eq!(trusted, expect);
        assert!(ring.ends_with(key(2).public()));
    }

    #[test]
    fn a_key_that_was_slipped_in_or_moved_is_refused_by_its_number() {
        let mut ring = rotated();
        ring.add(key(3).public(), 200, Timestamp::UNIX_EPOCH, Some(&key(1)));
        let error = ring.trusted().expect_err("it is endorsed by another key").to_string();
        assert!(error.contains("key 3") && error.contains(&key(3).public().id()), "{error}");
        let moved = rotated().to_json().replace("100", "50");
        Keyring::read(&moved).expect("its form is right").trusted().expect_err("its first event was altered");
    }
}
