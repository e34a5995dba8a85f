//! Proof that events are complete and unaltered: each is signed by the gate and names the hash of the one before it.
//!
//! * [`canonical`]: the one form of a JSON text that is hashed and signed
//! * [`device_key`]: the gate's secret key; [`public_key`]: what others check its signatures with
//!
//! Not here: what an event says, where events are kept.

pub mod canonical;
pub mod device_key;
pub mod public_key;

pub use canonical::{Canonical, GENESIS, NotCanonical};
pub use device_key::{DeviceKey, KeyError};
pub use public_key::{InvalidPublicKey, PublicKey};
