//! The event on the wire: what integrators receive, and the only thing that leaves the process.
//!
//! These types are the contract, their field order included: the bytes of an event are the same on every machine.
//! Within a schema version fields are only added. The comments become the descriptions in the published JSON Schema.
//! Not here: how an event is made from a passage (`event_maker`), where it goes (`topics`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::dossier_wire::{Declared, Direction, ListHit, Role};
pub use super::plate_wire::{Alternative, Layout, Plate, PlateColour, PlateDoubt, PlateKind};
use super::utc_time::UtcTime;

/// The version of the contract that these types are.
pub const SCHEMA_VERSION: u32 = 1;

/// One vehicle passed one lane of a gate.
///
/// Events arrive at least once; `event_id` together with `revision` removes repeats. Unknown fields must be ignored:
/// within one schema version fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlateEvent {
    /// Version of this contract: 1.
    pub schema: u32,
    /// Names the passage; the same for all its revisions (UUIDv7, its time is `first_seen`).
    pub event_id: Uuid,
    /// Rises from 1 with each revision of the passage; the highest counts.
    #[schemars(range(min = 1))]
    pub revision: u32,
    /// Whether a later revision may follow.
    pub status: Status,
    /// Names the run of the program that saw the passage; a new one after every start.
    pub boot_id: Uuid,
    /// Rises by one with every event of the gate, across restarts; a gap means that events are missing.
    pub seq: u64,
    /// `sha256:…` of the gate's event before this one, in canonical form (RFC 8785) without `signature` and `historical`;
    /// 64 zeros where a chain begins.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    #[serde(default)]
    pub prev_hash: String,
    /// Whether the event had to wait more than 10 seconds for the network, so that nobody opens a barrier for it.
    pub historical: bool,
    /// The site.
    pub site: String,
    /// The gate at the site.
    pub gate: String,
    /// The lane of the gate.
    pub lane: String,
    /// The camera that saw the vehicle best.
    pub camera: String,
    /// Where the gate is, if it was configured.
    pub location: Option<Location>,
    /// When the vehicle's plate was first seen.
    pub first_seen: UtcTime,
    /// When it was seen best.
    pub best_seen: UtcTime,
    /// When it was last seen; in a provisional event: last so far.
    pub last_seen: UtcTime,
    /// From the first sighting to the last, in seconds.
    #[schemars(range(min = 0))]
    pub dwell_s: f64,
    /// Which way the vehicle went; null where its path does not tell.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// What the vehicle is in its visit; null in events of gates that know no visits. A later revision may say more.
    #[serde(default)]
    pub role: Option<Role>,
    /// Names the visit: the same for all passages that are one coming and going, such as those of a tractor and its trailer.
    /// It changes in a later revision where the other one is found later.
    #[serde(default)]
    pub visit_id: Option<Uuid>,
    /// The trailer that this tractor had the last time, where it has another one now; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_trailer: Option<String>,
    /// Whether the gate's clock was set by the network when the event was made; null where the system does not tell.
    #[serde(default)]
    pub clock_synced: Option<bool>,
    /// The number plate; null for a vehicle that passed unread.
    pub plate: Option<Plate>,
    /// Why there is no plate; null where there is one.
    pub no_read_reason: Option<NoReadReason>,
    /// The number painted on the vehicle's side, apart from its plate; absent where none was read or the lane does not look
    /// for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side_number: Option<SideNumber>,
    /// What the list of declared vehicles says of the plate; null where there is no plate.
    #[serde(default)]
    pub declared: Option<Declared>,
    /// The operator's lists that the plate is on; absent where it is on none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListHit>,
    /// The triggers that this event answers; empty where nobody asked.
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    /// That a person has corrected the plate; absent where nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Correction>,
    /// The pictures that were kept, each of the frame that was read; empty where none are.
    #[serde(default)]
    pub evidence: Vec<EvidencePicture>,
    /// The models that saw and read the plate.
    pub models: Models,
    /// `ed25519:…`: the gate's signature (base64) of this event in canonical form (RFC 8785) without this field.
    #[schemars(regex(pattern = "^ed25519:[A-Za-z0-9+/]{86}==$"))]
    #[serde(default)]
    pub signature: String,
}

/// A person said what the plate really says; `plate` is what he said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// When the gate was told.
    pub at: UtcTime,
    /// What the gate itself had read; null where it had read nothing.
    pub read: Option<String>,
}

/// A picture that was kept for an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidencePicture {
    /// What it shows.
    pub kind: EvidenceKind,
    /// SHA-256 of the JPEG file, 64 hexadecimal digits.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// Size of the JPEG file.
    pub bytes: u64,
    /// Where it is to be found: the base address from the gate's config, or the topic under the gate's root.
    pub uri: String,
    /// `scene`: the plate's corners in it, in its pixels, clockwise from the plate's top left; null where no plate was found.
    pub corners: Option<[[f64; 2]; 4]>,
}

/// What a kept picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The plate alone, seen from the front.
    Plate,
    /// The whole frame in which it was read.
    Scene,
}

/// Somebody outside said that a vehicle is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    /// The name that whoever gave it chose, or that the gate gave it.
    pub id: String,
    /// Which way it came.
    pub origin: TriggerOrigin,
    /// When it came.
    pub at: UtcTime,
}

/// Which way a trigger came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerOrigin {
    /// A command over MQTT.
    Command,
    /// A request over HTTP.
    Http,
    /// An input line of the gate's computer.
    Gpio,
}

/// Whether a later revision may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The plate is settled and the vehicle still in view; a final revision follows.
    Provisional,
    /// The vehicle has passed.
    Final,
    /// Something was added to a final event, such as the trigger that the same vehicle gave.
    Amended,
}

/// A place on Earth (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Degrees north.
    #[schemars(range(min = -90, max = 90))]
    pub lat: f64,
    /// Degrees east.
    #[schemars(range(min = -180, max = 180))]
    pub lon: f64,
}

/// The number painted on a vehicle's side: as a rule that of its own plate, or of its trailer's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SideNumber {
    /// The characters, without separators.
    pub text: String,
    /// How sure, 0 to 1: the mean over all pictures in which a side number was read, another text counting 0.
    #[schemars(range(min = 0, max = 1))]
    pub confidence: f64,
    /// In how many pictures exactly `text` was read; at least 2.
    #[schemars(range(min = 2))]
    pub readings: u32,
    /// Whether it is the text of the plate; null for a vehicle whose plate was not read.
    pub agrees: Option<bool>,
}

/// Why a vehicle passed unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoReadReason {
    /// The plate never had enough pixels.
    TooSmall,
    /// The plate was never sharp.
    Blurred,
    /// Something stood before the plate.
    Occluded,
    /// Readings were made but no two agreed.
    NoAgreement,
    /// What was legible is no plate of the countries this lane expects.
    NotAPlateFormat,
    /// The plate was too bright to read.
    Overexposed,
    /// A trigger said that a vehicle is there, and no plate was found in the pictures.
    NoPlateFound,
    /// A trigger said that a vehicle is there, and its camera gave no picture.
    NoPicture,
}

/// The models that saw and read the plate, each as `name@sha256:…` of its weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Models {
    /// The model that found the plate.
    pub detector: String,
    /// The model that read it.
    pub recogniser: String,
    /// The other model that was asked where the first was not sure; absent where none is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_opinion: Option<String>,
}

/// The event's JSON with `historical` set, every other byte kept.
///
/// Delivery marks what waited long, and must neither fail on nor reorder an event that another version of the program
/// committed; so the field is changed in the text. It stands before everything an operator can name, so the first
/// match is the field itself.
#[must_use]
pub fn mark_historical(json: &str) -> String {
    json.replacen(r#""historical":false"#, r#""historical":true"#, 1)
}
