//! `[inbound]`: what may come in from the platform, and from whom.

use std::fs;
use std::time::Duration;

use super::table::Table;
use super::value::{Mismatch, Value, whole, whole_seconds};
use crate::login::in_words;
use crate::proof::PublicKey;

/// What may come in from the platform, and from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundConfig {
    /// Whose commands and lists are taken; everybody's, if there is none.
    pub trusted_keys: Vec<PublicKey>,
    /// Largest declared list, in MiB.
    pub declared_max_mib: u32,
    /// How long the platform may take to confirm an event, once it has confirmed one.
    pub receipts_overdue: Duration,
}

impl Default for InboundConfig {
    fn default() -> Self {
        Self { trusted_keys: Vec::new(), declared_max_mib: 32, receipts_overdue: Duration::from_secs(3600) }
    }
}

/// Beside the list in a packet: its topic and properties.
const PACKET_MARGIN: u32 = 64 * 1024;

impl InboundConfig {
    /// Largest declared list, in bytes.
    #[must_use]
    pub fn max_declared(&self) -> usize {
        self.declared_max_mib as usize * 1024 * 1024
    }

    /// Largest packet that is taken from the broker, in bytes.
    #[must_use]
    pub fn largest_packet(&self) -> u32 {
        self.declared_max_mib * 1024 * 1024 + PACKET_MARGIN
    }

    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        Self {
            trusted_keys: table.or("trusted_keys", default.trusted_keys, |value| trusted_keys(table, value)),
            // MQTT itself ends at 256 MiB.
            declared_max_mib: table.or("declared_max_mib", default.declared_max_mib, whole(1..=200)),
            receipts_overdue: table.or("receipts_overdue_s", default.receipts_overdue, whole_seconds(10..=604_800)),
        }
    }
}

fn trusted_keys(table: &Table<'_>, value: &Value<'_>) -> Result<Vec<PublicKey>, Mismatch> {
    const EXPECTED: &str = "a list of files, each with an Ed25519 public key in PEM form";
    let list = value.get_ref().as_array().filter(|list| !list.is_empty());
    let mut keys = Vec::new();
    for element in list.ok_or_else(|| Mismatch::new(value, EXPECTED))?.iter() {
        let path = table.resolve(element.get_ref().as_str().ok_or_else(|| Mismatch::new(element, EXPECTED))?);
        let found =
            |why: String| Mismatch::finding(element, EXPECTED, why).help(format!("looked for {}", path.display()));
        let key = match fs::read_to_string(&path) {
            Ok(pem) => PublicKey::from_pem(&pem).map_err(|why| found(why.to_string()))?,
            Err(error) if table.is_at_the_gate() => return Err(found(in_words(&error))),
            Err(_) => continue,
        };
        if keys.contains(&key) {
            return Err(Mismatch::finding(element, EXPECTED, "this key is in the list already"));
        }
        keys.push(key);
    }
    Ok(keys)
}
