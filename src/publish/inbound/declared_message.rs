//! The list of declared vehicles on the wire: whole, or what has changed since a version. Not here: which one is newer.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gatekeeper::{InboundMessage, shortened};
use super::number_book::LARGEST;
use super::refusal::{Reason, Refusal};
use crate::declared::DeclaredVehicle;
use crate::plate::PlateText;

/// The vehicles that are declared: a whole list (`entries`), or the change from one version to a later one (`base_version`
/// with `add` or `remove`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredMessage {
    /// Rises with every list and every change.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    pub version: u64,
    /// A change: the version that it builds on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u64>,
    /// `site/gate` or `site`; a signed list must have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// A whole list: every declared vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<DeclaredEntry>>,
    /// A change: declarations that are over; every entry with one of these goes, before those of `add` come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove: Option<Vec<String>>,
    /// A change: vehicles that are new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<Vec<DeclaredEntry>>,
    /// `ed25519:…`: signature (base64) of the canonical JSON (RFC 8785) without this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// One declared vehicle. A tractor and its trailer are two entries with one `declaration_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredEntry {
    /// Names the declaration; comes back in events.
    #[schemars(length(min = 1, max = 128))]
    pub declaration_id: String,
    /// The plate as it is written, with separators or without. This or `key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The plate's key as in events: `VN-12C12345`. This or `text`.
    #[schemars(length(min = 1, max = 32))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Not expected before this (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Not expected after this (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

impl InboundMessage for DeclaredMessage {
    const WHAT: &'static str = "declared list";

    fn gate(&self) -> Option<&str> {
        self.gate.as_deref()
    }

    fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }

    fn signed_form(&mut self) -> Option<Vec<u8>> {
        let signature = self.signature.take();
        let form = serde_json_canonicalizer::to_vec(self).ok();
        self.signature = signature;
        form
    }
}

/// A message that makes sense in itself.
#[derive(Debug)]
pub enum Change {
    /// Everything anew.
    Whole(Vec<Arc<DeclaredVehicle>>),
    /// What has changed.
    Delta {
        /// The version it builds on.
        base: u64,
        /// Declarations that are over.
        remove: HashSet<String>,
        /// Vehicles that are new.
        add: Vec<Arc<DeclaredVehicle>>,
    },
}

impl DeclaredMessage {
    /// What it says, if it makes sense.
    ///
    /// # Errors
    /// [`Refusal`] with the first thing that does not.
    pub fn change(&self) -> Result<Change, Refusal> {
        if !(1..=LARGEST).contains(&self.version) {
            return Err(malformed(format!("`version` is {}, and goes from 1 to 2^53 - 1", self.version)));
        }
        match (self.base_version, &self.entries) {
            (None, Some(entries)) if self.add.is_none() && self.remove.is_none() => {
                Ok(Change::Whole(vehicles("entries", entries)?))
            }
            (Some(base), None) if self.add.is_some() || self.remove.is_some() => self.delta(base),
            _ => Err(malformed(
                "a declared list has either `entries` (a whole list) or `base_version` with `add` or `remove` (a change)",
            )),
        }
    }

    fn delta(&self, base: u64) -> Result<Change, Refusal> {
        if base >= self.version {
            return Err(malformed(format!("version {} cannot build on {base}: versions rise", self.version)));
        }
        let remove = self.remove.iter().flatten().cloned().collect();
        let add = vehicles("add", self.add.as_deref().unwrap_or_default())?;
        Ok(Change::Delta { base, remove, add })
    }
}

/// The vehicles of `entries`, each of which must make sense and none of which may be there twice.
fn vehicles(field: &str, entries: &[DeclaredEntry]) -> Result<Vec<Arc<DeclaredVehicle>>, Refusal> {
    let mut seen = HashSet::with_capacity(entries.len());
    let mut vehicles = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let vehicle = vehicle(entry).map_err(|fault| malformed(format!("{field}[{index}] {fault}")))?;
        let vehicle = Arc::new(vehicle);
        if !seen.insert(Arc::clone(&vehicle)) {
            return Err(malformed(format!("{field}[{index}] is there twice")));
        }
        vehicles.push(vehicle);
    }
    Ok(vehicles)
}

fn vehicle(entry: &DeclaredEntry) -> Result<DeclaredVehicle, String> {
    let id = entry.declaration_id.as_str();
    if !(1..=128).contains(&id.len()) || id.chars().any(char::is_control) {
        return Err("has a `declaration_id` that is not 1 to 128 bytes of text".to_owned());
    }
    let text = entry
        .text
        .as_deref()
        .map(|text| PlateText::normalised(text).ok_or_else(|| format!("has {:?} for a plate's text", shortened(text))));
    let is_key = |key: &str| {
        (1..=32).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
    };
    let key = entry.key.as_deref().map(|key| match is_key(key) {
        true => Ok(Box::from(key)),
        false => Err(format!("has {:?} for a plate's key", shortened(key))),
    });
    let vehicle = DeclaredVehicle {
        declaration_id: id.into(),
        text: text.transpose()?,
        key: key.transpose()?,
        valid_from: moment("valid_from", entry.valid_from.as_deref())?,
        valid_until: moment("valid_until", entry.valid_until.as_deref())?,
    };
    if vehicle.text.is_none() && vehicle.key.is_none() {
        return Err("has neither `text` nor `key`".to_owned());
    }
    match (vehicle.valid_from, vehicle.valid_until) {
        (Some(from), Some(until)) if from > until => Err("ends before it begins".to_owned()),
        _ => Ok(vehicle),
    }
}

fn moment(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, String> {
    let parsed = |text: &str| {
        text.parse().map_err(|_| {
            format!("has {:?} for `{field}`, which is no time such as 2026-11-24T03:14:07Z", shortened(text))
        })
    };
    text.map(parsed).transpose()
}

impl From<&DeclaredVehicle> for DeclaredEntry {
    fn from(vehicle: &DeclaredVehicle) -> Self {
        Self {
            declaration_id: vehicle.declaration_id.to_string(),
            text: vehicle.text.as_ref().map(PlateText::to_string),
            key: vehicle.key.as_deref().map(str::to_owned),
            valid_from: vehicle.valid_from.map(|at| at.to_string()),
            valid_until: vehicle.valid_until.map(|at| at.to_string()),
        }
    }
}

fn malformed(text: impl Into<String>) -> Refusal {
    Refusal::new(Reason::Malformed, text)
}
