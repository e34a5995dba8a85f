//! This gate as a device of Home Assistant, found by itself: a sensor with the last plate of each lane, and an event entity
//! that fires for each vehicle. After Home Assistant's documentation of the MQTT integration ("MQTT Discovery", "MQTT Sensor",
//! "MQTT Event").
//!
//! The description of the device and the sensors' states are retained, so they are there when Home Assistant starts. What
//! event entities receive is not: they ignore what is retained. An event that waited (`historical`) is not told at all: whoever
//! builds an automation on this opens a barrier with it.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Mirror;
use crate::plate::{LaneName, SiteName};
use crate::publish::PlateEvent;
use crate::publish::event::{NoReadReason, Status};
use crate::publish::mqtt::Message;
use crate::publish::topics::{self, TopicRoot};
use crate::publish::utc_time::UtcTime;

/// Where Home Assistant looks for devices unless it was told otherwise.
pub const USUAL_PREFIX: &str = "homeassistant";

/// Tells Home Assistant of the gate and its vehicles.
#[derive(Debug)]
pub struct HomeAssistantMirror {
    /// Where Home Assistant looks for devices.
    pub discovery_prefix: TopicRoot,
    /// The gate's own root: its status is what makes the device available, and the lanes' states are below it.
    pub topic_root: TopicRoot,
    /// The site.
    pub site: SiteName,
    /// The gate.
    pub gate: SiteName,
    /// Its lanes.
    pub lanes: Vec<LaneName>,
}

/// A vehicle, as the attributes of Home Assistant's entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HomeAssistantVehicle {
    /// `provisional`, `final` or `amended`: the type of the event entity's event.
    pub event_type: Status,
    /// Names the passage; the same for all its revisions.
    pub event_id: Uuid,
    /// Rises from 1.
    pub revision: u32,
    /// The lane.
    pub lane: String,
    /// The camera.
    pub camera: String,
    /// The plate as people write it; null for a vehicle that passed unread. The sensor's state.
    pub plate: Option<String>,
    /// The plate's key, for comparing.
    pub key: Option<String>,
    /// `VN`, `CN`, or `XX` for any other country.
    pub country: Option<String>,
    /// How sure of the plate, 0 to 1.
    pub confidence: Option<f64>,
    /// Why there is no plate; null where there is one.
    pub no_read_reason: Option<NoReadReason>,
    /// When the vehicle was seen best.
    pub at: UtcTime,
}

impl HomeAssistantMirror {
    /// What names the device, and begins the names of its entities.
    fn device_id(&self) -> String {
        format!("gatelpr_{}", identifier(&[self.site.as_str(), self.gate.as_str()]))
    }

    fn state_topic(&self, lane: &str, entity: &str) -> String {
        self.topic_root.join(&state_topic(lane, entity))
    }

    /// The description of the device with all its entities.
    fn discovery(&self) -> Value {
        let device_id = self.device_id();
        let mut components = Map::new();
        for lane in &self.lanes {
            let id = format!("gatelpr_{}", identifier(&[self.site.as_str(), self.gate.as_str(), lane.as_str()]));
            components.insert(format!("{id}_plate"), self.plate_sensor(lane.as_str(), &id));
            components.insert(format!("{id}_vehicle"), self.vehicle_event(lane.as_str(), &id));
        }
        json!({
            "device": {
                "identifiers": [device_id],
                "name": format!("{} {}", self.site, self.gate),
                "manufacturer": "gatelpr",
                "model": "number plate reader",
                "sw_version": env!("CARGO_PKG_VERSION"),
            },
            "origin": { "name": "gatelpr", "sw_version": env!("CARGO_PKG_VERSION") },
            "availability": [{
                "topic": self.topic_root.join(topics::STATUS),
                "value_template": "{{ 'online' if value_json.state == 'online' else 'offline' }}",
            }],
            "qos": 1,
            "components": components,
        })
    }

    fn plate_sensor(&self, lane: &str, id: &str) -> Value {
        let topic = self.state_topic(lane, "plate");
        json!({
            "platform": "sensor",
            "unique_id": format!("{id}_plate"),
            "name": format!("{lane} plate"),
            "icon": "mdi:car",
            "state_topic": topic,
            "value_template": "{{ value_json.plate }}",
            "json_attributes_topic": topic,
        })
    }

    fn vehicle_event(&self, lane: &str, id: &str) -> Value {
        json!({
            "platform": "event",
            "unique_id": format!("{id}_vehicle"),
            "name": format!("{lane} vehicle"),
            "icon": "mdi:car-arrow-right",
            "state_topic": self.state_topic(lane, "vehicle"),
            "event_types": [Status::Provisional, Status::Final, Status::Amended],
        })
    }
}

impl Mirror for HomeAssistantMirror {
    fn greeting(&self) -> Vec<Message> {
        let topic = self.discovery_prefix.join(&format!("device/{}/config", self.device_id()));
        let message = Message::new(topic, self.discovery().to_string().into_bytes());
        vec![Message { retained: true, ..message }]
    }

    fn messages(&mut self, event: &PlateEvent) -> Vec<Message> {
        if event.historical {
            return Vec::new();
        }
        let vehicle = vehicle(event);
        let json = serde_json::to_vec(&vehicle).expect("texts and finite numbers have a JSON form");
        let fired = Message::new(self.state_topic(&event.lane, "vehicle"), json.clone());
        let state = Message { retained: true, ..Message::new(self.state_topic(&event.lane, "plate"), json) };
        // The sensor first, so that an automation on the event finds the plate there.
        if vehicle.plate.is_some() { vec![state, fired] } else { vec![fired] }
    }
}

/// Where an entity of `lane` (`plate` or `vehicle`) is told its state, under the gate's root.
#[must_use]
pub fn state_topic(lane: &str, entity: &str) -> String {
    format!("home_assistant/lane/{lane}/{entity}")
}

fn vehicle(event: &PlateEvent) -> HomeAssistantVehicle {
    let plate = event.plate.as_ref();
    HomeAssistantVehicle {
        event_type: event.status,
        event_id: event.event_id,
        revision: event.revision,
        lane: event.lane.clone(),
        camera: event.camera.clone(),
        plate: plate.map(|plate| plate.display.clone()),
        key: plate.map(|plate| plate.key.clone()),
        country: plate.map(|plate| plate.country.clone()),
        confidence: plate.map(|plate| plate.confidence),
        no_read_reason: event.no_read_reason,
        at: event.best_seen,
    }
}

/// `names` in one word of the characters that Home Assistant's identifiers may have (`[a-zA-Z0-9_-]`). Names may hold a dot,
/// and an underscore, which is what they are joined with: then a few digits more keep different names different.
fn identifier(names: &[&str]) -> String {
    let mut identifier = names.join("_").replace('.', "_");
    if names.iter().any(|name| name.contains(['.', '_'])) {
        let digest = Sha256::digest(names.join("/").as_bytes());
        identifier.push('-');
        digest.iter().take(4).for_each(|byte| write!(identifier, "{byte:02x}").expect("a text takes everything"));
    }
    identifier
}

#[cfg(test)]
#[path = "home_assistant_tests.rs"]
mod tests;
