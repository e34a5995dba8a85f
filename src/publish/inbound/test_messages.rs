//! Signed and unsigned messages for the tests of this module.

use serde_json::{Value, json};

use super::Gatekeeper;
use crate::plate::SiteName;
use crate::proof::{Canonical, DeviceKey};

/// The platform's key.
pub(super) fn platform() -> DeviceKey {
    DeviceKey::from_seed(&[3; 32])
}

/// A gatekeeper that trusts the platform, or everybody.
pub(super) fn gatekeeper(trusting: &[DeviceKey]) -> Gatekeeper {
    let name = |name| SiteName::try_from(name).expect("a name");
    Gatekeeper::new(name("huu-nghi"), name("g1"), trusting.iter().map(DeviceKey::public).collect())
}

/// `message` with its signature.
pub(super) fn signed(mut message: Value, key: &DeviceKey) -> Vec<u8> {
    let canonical = Canonical::read(message.to_string().as_bytes()).expect("it has a canonical form");
    message["signature"] = key.sign(&canonical.signed_bytes()).into();
    message.to_string().into_bytes()
}

/// A whole list of this version with these declarations.
pub(super) fn list(version: u64, ids: &[&str]) -> Value {
    json!({ "version": version, "gate": "huu-nghi", "entries": entries(ids) })
}

/// A change from one version to another.
pub(super) fn delta(base: u64, version: u64, remove: &[&str], add: &[&str]) -> Value {
    json!({ "version": version, "base_version": base, "remove": remove, "add": entries(add) })
}

fn entries(ids: &[&str]) -> Vec<Value> {
    ids.iter().map(|id| json!({ "declaration_id": id, "text": "12C-123.45" })).collect()
}
