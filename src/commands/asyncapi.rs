//! `gatelpr schema --asyncapi`: the contract as one AsyncAPI 3.0.0 document: every topic with its direction, quality of
//! service and payload. Names come from [`topics`], payloads from the schemas beside it.

use serde_json::{Map, Value, json};

use super::schema::Payload;
use crate::publish::mirrors::{analytics, home_assistant, onvif};
use crate::publish::topics::{self, TopicRoot};

/// The name of the document beside the folder of schemas.
pub const FILE_NAME: &str = "asyncapi.yaml";

/// A topic of the contract. A new one is a new entry of [`CHANNELS`].
struct Channel {
    name: &'static str,
    /// Under the root, with parameters in braces; whole where it names the site, and so has a root of its own. None where
    /// whoever asks says where the answer goes.
    topic: Option<fn() -> String>,
    way: Way,
    content: Content,
    summary: &'static str,
}

enum Way {
    /// The gate publishes.
    Out { qos: u8, retained: bool },
    /// The gate subscribes.
    In { retained: bool },
    /// The gate replies to what comes on the channel of this name.
    Reply { to: &'static str },
}

enum Content {
    Json(Payload),
    Jpeg,
}

const CHANNELS: &[Channel] = &[
    Channel {
        name: "passage",
        topic: Some(|| topics::passage("{lane}")),
        way: Way::Out { qos: 1, retained: false },
        content: Content::Json(Payload::Passage),
        summary: "A vehicle has passed a lane. Delivered at least once; event_id and revision tell repeats.",
    },
    Channel {
        name: "evidence",
        topic: Some(evidence),
        way: Way::Out { qos: 1, retained: false },
        content: Content::Jpeg,
        summary: "A picture that belongs to an event, whose `evidence` has its SHA-256; where the gate's config wants it.",
    },
    Channel {
        name: "status",
        topic: Some(|| topics::STATUS.to_owned()),
        way: Way::Out { qos: 1, retained: true },
        content: Content::Json(Payload::Status),
        summary: "Whether the gate is at work. The broker publishes it as the gate's will when the connection breaks.",
    },
    Channel {
        name: "sighting",
        topic: Some(|| topics::sighting("{lane}")),
        way: Way::Out { qos: 0, retained: false },
        content: Content::Json(Payload::Sighting),
        summary: "Off unless configured: what is seen in a lane right now, for displays. Nobody should act on it.",
    },
    Channel {
        name: "list_hit",
        topic: Some(|| topics::list_hit("{lane}")),
        way: Way::Out { qos: 1, retained: false },
        content: Content::Json(Payload::ListHit),
        summary: "Off unless configured: a vehicle on one of the operator's lists is in a lane. Its event says so too.",
    },
    Channel {
        name: "traffic",
        topic: Some(|| topics::traffic("{lane}")),
        way: Way::Out { qos: 1, retained: true },
        content: Content::Json(Payload::Traffic),
        summary: "How dense a lane's traffic is: every 10 s, and at once when its density or quality changes.",
    },
    Channel {
        name: "health",
        topic: Some(|| topics::HEALTH.to_owned()),
        way: Way::Out { qos: 0, retained: false },
        content: Content::Json(Payload::Health),
        summary: "How the gate fares: every 30 s, and at once when a camera's state changes.",
    },
    Channel {
        name: "doctor",
        topic: Some(|| topics::DOCTOR.to_owned()),
        way: Way::Out { qos: 1, retained: false },
        content: Content::Json(Payload::DoctorTrial),
        summary: "`gatelpr doctor` sends a message to itself, to see what the broker allows. Nobody need listen.",
    },
    Channel {
        name: "command",
        topic: Some(|| topics::COMMAND.to_owned()),
        way: Way::In { retained: false },
        content: Content::Json(Payload::Command),
        summary: "What the gate is told. Retained commands are not obeyed.",
    },
    Channel {
        name: "declared",
        topic: Some(|| topics::DECLARED.to_owned()),
        way: Way::In { retained: true },
        content: Content::Json(Payload::Declared),
        summary: "The declared vehicles: whole lists retained, changes to them not.",
    },
    Channel {
        name: "receipt",
        topic: Some(|| topics::RECEIPT.to_owned()),
        way: Way::In { retained: false },
        content: Content::Json(Payload::Receipt),
        summary: "Which events the platform has.",
    },
    Channel {
        name: "snapshot",
        topic: Some(|| topics::snapshot("{camera}")),
        way: Way::Out { qos: 1, retained: false },
        content: Content::Jpeg,
        summary: "A camera's newest picture, which a command asked for.",
    },
    Channel {
        name: "command_reply",
        topic: None,
        way: Way::Reply { to: "command" },
        content: Content::Json(Payload::CommandReply),
        summary: "The reply to a command, with its correlation data, on the response topic that the command named.",
    },
    Channel {
        name: "onvif",
        topic: Some(|| onvif::topic_under_prefix("{camera}", "{lane}")),
        way: Way::Out { qos: 1, retained: false },
        content: Content::Json(Payload::Onvif),
        summary: "Off unless configured: a plate as ONVIF Profile M devices tell it. The prefix can be another than the root.",
    },
    Channel {
        name: "home_assistant_plate",
        topic: Some(|| home_assistant::state_topic("{lane}", "plate")),
        way: Way::Out { qos: 1, retained: true },
        content: Content::Json(Payload::HomeAssistant),
        summary: "Off unless configured: the last plate of a lane, the state of Home Assistant's sensor.",
    },
    Channel {
        name: "home_assistant_vehicle",
        topic: Some(|| home_assistant::state_topic("{lane}", "vehicle")),
        way: Way::Out { qos: 1, retained: false },
        content: Content::Json(Payload::HomeAssistant),
        summary: "Off unless configured: a vehicle, for Home Assistant's event entity. Nothing that waited.",
    },
    Channel {
        name: "analytics",
        topic: Some(|| format!("{}/{}", analytics::DEFAULT_TEMPLATE, topics::passage("{lane}"))),
        way: Way::Out { qos: 1, retained: false },
        content: Content::Json(Payload::Analytics),
        summary: "Off unless configured: a passage with a keyed hash in the place of the plate, under a root of its own.",
    },
];

fn evidence() -> String {
    let event = uuid::Uuid::nil();
    topics::evidence(event, "{kind}").replace(&event.to_string(), "{event_id}")
}

/// What stands in braces in topics: its name, what it is, and an example.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("site", "The site's name in the gate's config.", "huu-nghi"),
    ("gate", "The gate's name in its config.", "g1"),
    ("lane", "The lane's name in the gate's config.", "in-2"),
    ("camera", "The camera's name in the gate's config.", "in-2-front"),
    ("event_id", "The event that the picture belongs to.", "01a20b8b-e490-7575-be40-bc1897f55485"),
    ("kind", "What the picture shows: plate or scene.", "plate"),
];

/// The document, as YAML.
#[must_use]
pub fn document() -> String {
    let text = serde_saphyr::to_string(&value()).expect("a tree of texts, numbers and lists has a YAML form");
    format!("# Made by `gatelpr schema --out`; change the program instead.\n{}\n", text.trim_end())
}

/// The document, as data.
fn value() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "gatelpr",
            "version": "1",
            "description": "Number plates read at one vehicle gate. Topics are under a root that a gate's config can change. \
                            Within a major version fields are only added. The rules for a receiver: events.md.",
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": servers(),
        "channels": by_name(|channel| Some((channel.name, channel.described()))),
        "operations": by_name(Channel::operation),
        "components": { "messages": by_name(|channel| Some((channel.name, channel.message()))) },
    })
}

fn servers() -> Value {
    let will = json!({
        "topic": TopicRoot::DEFAULT_TEMPLATE.to_owned() + "/" + topics::STATUS, "qos": 1, "retain": true,
        "message": "the gate's status with the state offline",
    });
    let gate = json!({ "cleanSession": true, "lastWill": will, "bindingVersion": "0.2.0" });
    json!({
        "tls": {
            "host": "{broker}:8883", "protocol": "mqtts", "protocolVersion": "5.0 or 3.1.1",
            "description": "TLS 1.2 or 1.3, with client certificates where the broker wants them.",
            "variables": { "broker": { "description": "The site's broker." } },
            "security": [{ "type": "userPassword" }, { "type": "X509" }],
            "bindings": { "mqtt": gate },
        },
        "plain_text": {
            "host": "{broker}:1883", "protocol": "mqtt", "protocolVersion": "5.0 or 3.1.1",
            "description": "On the gate's own computer, or where the network is protected.",
            "variables": { "broker": { "description": "The site's broker.", "default": "127.0.0.1" } },
            "security": [{ "type": "userPassword" }],
            "bindings": { "mqtt": gate },
        },
    })
}

fn by_name(part: impl Fn(&Channel) -> Option<(&'static str, Value)>) -> Value {
    Value::Object(CHANNELS.iter().filter_map(part).map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

impl Channel {
    fn described(&self) -> Value {
        let address = self.topic.map(|topic| match topic() {
            whole if whole.contains("{site}") => whole,
            below => format!("{}/{below}", TopicRoot::DEFAULT_TEMPLATE),
        });
        let (name, parameters) = (self.name, address.as_deref().map(parameters));
        let mut channel = json!({
            "address": address,
            "summary": self.summary,
            "messages": { name: { "$ref": format!("#/components/messages/{name}") } },
        });
        if let Some(parameters) = parameters {
            channel["parameters"] = parameters;
        }
        channel
    }

    fn operation(&self) -> Option<(&'static str, Value)> {
        let (action, qos, retained) = match self.way {
            Way::Out { qos, retained } => ("send", qos, retained),
            Way::In { retained } => ("receive", 1, retained),
            Way::Reply { .. } => return None,
        };
        let mut operation = json!({
            "action": action,
            "channel": { "$ref": format!("#/channels/{}", self.name) },
            "bindings": { "mqtt": { "qos": qos, "retain": retained, "bindingVersion": "0.2.0" } },
        });
        if let Some(reply) = CHANNELS.iter().find(|other| matches!(other.way, Way::Reply { to } if to == self.name)) {
            operation["reply"] = json!({
                "channel": { "$ref": format!("#/channels/{}", reply.name) },
                "address": {
                    "description": "The response topic of MQTT 5, or, for clients of 3.1.1, this field.",
                    "location": "$message.payload#/reply_to",
                },
            });
        }
        Some((self.name, operation))
    }

    fn message(&self) -> Value {
        match &self.content {
            Content::Json(payload) => json!({
                "name": self.name,
                "contentType": "application/json",
                "payload": {
                    "schemaFormat": "application/schema+json;version=draft-2020-12",
                    "schema": { "$ref": format!("schemas/{}", payload.file_name()) },
                },
                "bindings": { "mqtt": { "bindingVersion": "0.2.0" } },
            }),
            Content::Jpeg => json!({
                "name": self.name,
                "contentType": "image/jpeg",
                "payload": { "type": "string", "format": "binary" },
                "bindings": { "mqtt": { "bindingVersion": "0.2.0" } },
            }),
        }
    }
}

fn parameters(address: &str) -> Value {
    let stands = |(name, _, _): &&(&str, &str, &str)| address.contains(&format!("{{{name}}}"));
    let described = |(name, description, example): &(&str, &str, &str)| {
        ((*name).to_owned(), json!({ "description": description, "examples": [example] }))
    };
    Value::Object(PARAMETERS.iter().filter(stands).map(described).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The official schema of AsyncAPI documents; see NOTICE.
    const OFFICIAL: &str = include_str!("../../tests/fixtures/asyncapi-3.0.0.json");

    #[test]
    fn the_document_is_what_asyncapi_demands() {
        let official: Value = serde_json::from_str(OFFICIAL).expect("JSON");
        let validator = jsonschema::draft7::new(&official).expect("a schema");
        let read: Value = serde_saphyr::from_str(&document()).expect("YAML");
        assert_eq!(read, value(), "the YAML says the same as the data");
        let faults: Vec<String> =
            validator.iter_errors(&read).map(|fault| format!("{fault} at {}", fault.instance_path())).collect();
        assert_eq!(faults, Vec::<String>::new());
        let without_version = json!({ "info": read["info"] });
        assert!(!validator.is_valid(&without_version), "the schema refuses what is wrong");
    }

    #[test]
    fn every_payload_has_a_channel_and_every_reference_leads_somewhere() {
        let text = document();
        // Maps fetch theirs over HTTP, the doctor prints what it found, and editors read the config's.
        let on_no_channel = [Payload::TrafficMap, Payload::Doctor, Payload::Config];
        for payload in Payload::ALL.iter().copied().filter(|payload| !on_no_channel.contains(payload)) {
            assert!(text.contains(&format!("schemas/{}", payload.file_name())), "{payload:?} is on a channel");
        }
        let document = value();
        let mut waiting = vec![&document];
        while let Some(node) = waiting.pop() {
            if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
                let found = match reference.strip_prefix('#') {
                    Some(pointer) => document.pointer(pointer).is_some(),
                    None => std::path::Path::new("docs").join(reference).exists(),
                };
                assert!(found, "{reference} leads somewhere");
            }
            waiting.extend(node.as_object().into_iter().flat_map(Map::values));
        }
    }

    #[test]
    fn every_brace_in_a_topic_is_described() {
        for channel in CHANNELS {
            let described = channel.described();
            let address = described["address"].as_str().unwrap_or_default();
            let parameters = described["parameters"].as_object().map_or(0, Map::len);
            assert_eq!(address.matches('{').count(), parameters, "{address}");
        }
    }
}
