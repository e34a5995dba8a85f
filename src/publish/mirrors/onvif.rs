//! Plates as ONVIF Profile M cameras tell them over MQTT, so that a video management system takes this gate for one.
//!
//! * Topic and JSON: ONVIF Core Specification, "Event Broker", sections "Topic Structure" and "JSON Event Payload".
//! * The event: ONVIF Analytics Service Specification, annex "Recognition rule engines", "License Plate Recognition".
//! * `@Likelihood` and `#text`: the same, "JSON payload format" (an XML element with an attribute and a value).
//!
//! ONVIF knows no vehicle without a plate and no revision of an event, so an event is told when it has a plate that its
//! vehicle was not told with before. Not here: pictures and boxes, which ONVIF leaves optional.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Mirror;
use crate::publish::PlateEvent;
use crate::publish::event::{Plate, PlateKind};
use crate::publish::mqtt::Message;
use crate::publish::topics::TopicRoot;
use crate::publish::utc_time::UtcTime;

/// What stands before the topic of an event with JSON payload.
const PAYLOAD_PREFIX: &str = "onvif-ej";
/// The event's topic without its name space.
const LICENSE_PLATE: &str = "RuleEngine/Recognition/LicensePlate";
/// A vehicle that is amended was told within the last few vehicles.
const REMEMBERED: usize = 64;

/// Tells plates in ONVIF's form.
#[derive(Debug)]
pub struct OnvifMirror {
    topic_prefix: TopicRoot,
    told: VecDeque<Told>,
}

/// With which plate a vehicle was told.
#[derive(Debug)]
struct Told {
    event_id: Uuid,
    revision: u32,
    text: String,
}

/// A plate was recognised: the JSON form of ONVIF's event `tns1:RuleEngine/Recognition/LicensePlate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct LicensePlateEvent {
    /// When the vehicle was seen best.
    pub utc_time: UtcTime,
    /// Where.
    pub source: Source,
    /// What.
    pub data: Data,
}

/// Where a plate was recognised. The topic ends in the same two, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Source {
    /// The camera.
    pub video_source: String,
    /// The lane.
    pub rule: String,
}

/// What was recognised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Data {
    /// How sure of the plate's text, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub likelihood: f64,
    /// The item, which holds an element of the same name.
    pub license_plate_info: LicensePlateItem,
}

/// The item `LicensePlateInfo` of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct LicensePlateItem {
    /// The element in it.
    pub license_plate_info: LicensePlateInfo,
}

/// A plate (`tt:LicensePlateInfo`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct LicensePlateInfo {
    /// Its characters, without separators.
    pub plate_number: Likely,
    /// `Normal`, `Police` or `Diplomat`; absent where the plate is none of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate_type: Option<Likely>,
    /// Two letters (ISO 3166-1); absent where the country is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_code: Option<Likely>,
    /// The province, where the plate names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuing_entity: Option<Likely>,
}

/// A text and how sure it is (`tt:StringLikelihood`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Likely {
    /// How sure, 0 to 1.
    #[serde(rename = "@Likelihood")]
    #[schemars(range(min = 0, max = 1))]
    pub likelihood: f64,
    /// The text.
    #[serde(rename = "#text")]
    pub text: String,
}

impl OnvifMirror {
    /// Tells plates under `topic_prefix`, which must be this gate's alone.
    #[must_use]
    pub fn new(topic_prefix: TopicRoot) -> Self {
        Self { topic_prefix, told: VecDeque::new() }
    }

    /// Whether this vehicle was told with this plate by an earlier revision. The same revision is told again: it did not
    /// arrive, or is sent once more.
    fn was_told(&mut self, event: &PlateEvent, text: &str) -> bool {
        let (event_id, revision) = (event.event_id, event.revision);
        let known = self.told.iter_mut().find(|told| told.event_id == event_id);
        if let Some(told) = known {
            if told.text == text && told.revision < revision {
                return true;
            }
            (told.revision, told.text) = (revision, text.to_owned());
            return false;
        }
        self.told.push_back(Told { event_id, revision, text: text.to_owned() });
        if self.told.len() > REMEMBERED {
            self.told.pop_front();
        }
        false
    }
}

impl Mirror for OnvifMirror {
    fn messages(&mut self, event: &PlateEvent) -> Vec<Message> {
        let Some(plate) = &event.plate else { return Vec::new() };
        if self.was_told(event, &plate.text) {
            return Vec::new();
        }
        let told = license_plate_event(event, plate);
        let topic = self.topic_prefix.join(&topic_under_prefix(&told.source.video_source, &told.source.rule));
        let json = serde_json::to_vec(&told).expect("texts and finite numbers have a JSON form");
        vec![Message::new(topic, json)]
    }
}

/// Where the plates that `camera` read in `lane` are told, under the prefix.
#[must_use]
pub fn topic_under_prefix(camera: &str, lane: &str) -> String {
    topic(LICENSE_PLATE, &[camera, lane])
}

/// `TopicPrefix "/" PayloadPrefix "/" LocalTopic "/&" Source` without the prefix; the source is the values of its items.
fn topic(local: &str, source: &[&str]) -> String {
    format!("{PAYLOAD_PREFIX}/{local}/&{}", source.join("/"))
}

fn license_plate_event(event: &PlateEvent, plate: &Plate) -> LicensePlateEvent {
    // Type, country and province follow from the text, so they are as likely as it is.
    let likely = |text: &str| Likely { likelihood: plate.confidence, text: text.to_owned() };
    let country = (plate.country != "XX").then(|| likely(&plate.country));
    LicensePlateEvent {
        utc_time: event.best_seen,
        source: Source { video_source: event.camera.clone(), rule: event.lane.clone() },
        data: Data {
            likelihood: plate.confidence,
            license_plate_info: LicensePlateItem {
                license_plate_info: LicensePlateInfo {
                    plate_number: likely(&plate.text),
                    plate_type: plate_type(plate.kind).map(likely),
                    country_code: country,
                    issuing_entity: plate.province.as_deref().map(likely),
                },
            },
        },
    }
}

/// ONVIF's words (`tt:PlateType`), where one of them is true.
fn plate_type(kind: PlateKind) -> Option<&'static str> {
    use PlateKind::{Bus, Car, LargeNewEnergy, LargeVehicle, Motorbike, NewEnergy, Trailer, Truck, Van};
    match kind {
        Car | Bus | Truck | Van | LargeVehicle | Motorbike | Trailer | NewEnergy | LargeNewEnergy => Some("Normal"),
        PlateKind::Police => Some("Police"),
        PlateKind::Diplomatic => Some("Diplomat"),
        PlateKind::Temporary => Some("Temporary"),
        PlateKind::Military | PlateKind::Learner | PlateKind::CrossBorder | PlateKind::Special | PlateKind::Unknown => {
            None
        }
    }
}

#[cfg(test)]
#[path = "onvif_tests.rs"]
mod tests;
