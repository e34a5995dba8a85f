//! Proof that events are complete and unaltered: each is signed by the gate and names the hash of the one before it.
//!
//! * [`canonical`]: the one form of a JSON text that is hashed and signed
//! * [`device_key`]: the gate's secret key; [`public_key`]: what others check its signatures with
//! * [`key_folder`]: its keys on disk, and how one follows another; [`keyring`]: which of them a receiver trusts
//! * [`chain`]: what is missing, altered, repeated or out of order
//!
//! Not here: what an event says, where events are kept.

pub mod canonical;
pub mod chain;
pub mod device_key;
pub mod key_folder;
pub mod keyring;
pub mod public_key;

pub use canonical::{Canonical, GENESIS, NotCanonical};
pub use chain::{ChainCheck, Verdict};
pub use device_key::{DeviceKey, KeyError};
pub use key_folder::{KeyFolder, KeyFolderError};
pub use keyring::{Keyring, KeyringError, TrustedKey};
pub use public_key::{InvalidPublicKey, PublicKey};
