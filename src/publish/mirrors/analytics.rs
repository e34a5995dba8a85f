//! Passages without plates, for counting and research: in the plate's place stands its keyed hash.
//!
//! Whoever has this topic and not the key can tell that the same vehicle came again, and not which vehicle that is: a
//! plain hash would be tried out over all plates within minutes, a keyed one cannot be. So nothing is told here that says or
//! confirms a plate: no text, alternatives, likelihood per character, side number, province, trigger, picture. Nor anything that
//! leads to the event that has them: no `event_id` and `seq` (an identifier of the same passage is made with the key), no
//! `prev_hash` and `signature` (either would confirm a guess of the whole event), no camera, times in whole seconds.
//! What this cannot hide: who saw a vehicle pass at a time learns its hash, and finds its other passages as long as the
//! key is the same.

use std::fmt;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use super::Mirror;
use crate::publish::PlateEvent;
use crate::publish::event::{NoReadReason, Plate, PlateColour, PlateKind, SCHEMA_VERSION, Status};
use crate::publish::event_maker::rounded;
use crate::publish::mqtt::Message;
use crate::publish::topics::{self, TopicRoot};
use crate::publish::utc_time::UtcTime;

/// The root unless the operator chose another. It is not below the gate's own root, so that an access list can part them.
pub const DEFAULT_TEMPLATE: &str = "gatelpr-analytics/v1/{site}/{gate}";

/// Tells passages with hashes of plates.
#[derive(Debug)]
pub struct AnalyticsMirror {
    /// What its topics begin with.
    pub topic_root: TopicRoot,
    /// What hashes are made with.
    pub key: AnalyticsKey,
}

/// The key of the hashes. Who has it can confirm any plate.
#[derive(Clone, PartialEq, Eq)]
pub struct AnalyticsKey(Vec<u8>);

/// One vehicle passed one lane of a gate; which vehicle, is not told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnonymousPassage {
    /// Version of this contract: 1.
    pub schema: u32,
    /// Names the passage, the same for all its revisions, and in no other topic.
    pub passage_id: Uuid,
    /// Rises from 1 with each revision of the passage; the highest counts.
    #[schemars(range(min = 1))]
    pub revision: u32,
    /// Whether a later revision may follow.
    pub status: Status,
    /// Whether it had to wait more than 10 seconds for the network.
    pub historical: bool,
    /// The site.
    pub site: String,
    /// The gate at the site.
    pub gate: String,
    /// The lane of the gate.
    pub lane: String,
    /// When the vehicle was first seen, in whole seconds.
    pub at: UtcTime,
    /// From the first sighting to the last, in seconds, to a tenth.
    #[schemars(range(min = 0))]
    pub dwell_s: f64,
    /// Names the key of the hashes: hashes of different keys cannot be compared.
    #[schemars(regex(pattern = "^[0-9a-f]{8}$"))]
    pub key_id: String,
    /// What may be known of the plate; null for a vehicle that passed unread.
    pub plate: Option<AnonymousPlate>,
    /// Why there is no plate; null where there is one.
    pub no_read_reason: Option<NoReadReason>,
}

/// What may be known of a plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnonymousPlate {
    /// HMAC-SHA256 of the plate's `key` under the secret key, hexadecimal: the same plate has the same.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub hash: String,
    /// `VN`, `CN`, or `XX` for any other country.
    pub country: String,
    /// What kind of plate.
    pub kind: PlateKind,
    /// The colour of the plate's ground, where the reader tells it.
    pub colour: Option<PlateColour>,
    /// How sure of the reading, 0 to 1, to a hundredth: a misread plate has another hash.
    #[schemars(range(min = 0, max = 1))]
    pub confidence: f64,
}

impl AnalyticsKey {
    /// A key is at least as long as what hides behind it should be hard to guess: 32 random bytes in base64 are 44 characters.
    const LEAST_CHARACTERS: usize = 32;

    /// The key that is written in `text`, white space at its ends apart.
    ///
    /// # Errors
    /// What is wrong with it, in words for the operator; never the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let key = text.trim();
        match key.chars().count() {
            length if length < Self::LEAST_CHARACTERS => {
                Err(format!("it has {length} characters, and a key needs {} random ones", Self::LEAST_CHARACTERS))
            }
            _ => Ok(Self(key.as_bytes().to_vec())),
        }
    }

    fn hash(&self, text: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length is a key");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn id(&self) -> String {
        hexadecimal(&self.hash("key_id")[..4])
    }

    /// Another identifier of the same event, which only the key leads back from.
    fn passage_id(&self, event_id: Uuid) -> Uuid {
        let hash = self.hash(&event_id.to_string());
        let (half, _) = hash.split_first_chunk().expect("32 bytes begin with 16");
        Uuid::new_v8(*half)
    }
}

impl fmt::Debug for AnalyticsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Mirror for AnalyticsMirror {
    fn messages(&mut self, event: &PlateEvent) -> Vec<Message> {
        let passage = anonymous(event, &self.key);
        let json = serde_json::to_vec(&passage).expect("texts and finite numbers have a JSON form");
        vec![Message::new(self.topic_root.join(&topics::passage(&event.lane)), json)]
    }
}

fn anonymous(event: &PlateEvent, key: &AnalyticsKey) -> AnonymousPassage {
    AnonymousPassage {
        schema: SCHEMA_VERSION,
        passage_id: key.passage_id(event.event_id),
        revision: event.revision,
        status: event.status,
        historical: event.historical,
        site: event.site.clone(),
        gate: event.gate.clone(),
        lane: event.lane.clone(),
        at: whole_second(event.first_seen),
        dwell_s: rounded(event.dwell_s, 1),
        key_id: key.id(),
        plate: event.plate.as_ref().map(|plate| anonymous_plate(plate, key)),
        no_read_reason: event.no_read_reason,
    }
}

fn anonymous_plate(plate: &Plate, key: &AnalyticsKey) -> AnonymousPlate {
    AnonymousPlate {
        hash: hexadecimal(&key.hash(&plate.key)),
        country: plate.country.clone(),
        kind: plate.kind,
        colour: plate.colour,
        confidence: rounded(plate.confidence, 2),
    }
}

fn whole_second(time: UtcTime) -> UtcTime {
    let at = time.timestamp();
    UtcTime::new(Timestamp::from_second(at.as_second()).unwrap_or(at))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "analytics_tests.rs"]
mod tests;
