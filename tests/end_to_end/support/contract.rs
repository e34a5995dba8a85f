//! The published contract, docs/asyncapi.yaml, as a judge of what a subscriber sees: every payload that a gate publishes is
//! held to the schema of its topic.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use gatelpr::publish::topics::TopicRoot;
use jsonschema::Validator;
use serde_json::Value;

/// Topics that gates publish on, with what may be there.
struct Contract {
    topics: Vec<Topic>,
}

struct Topic {
    /// With parameters in braces.
    address: String,
    /// None where the payload is no JSON, or not the gate's own.
    schema: Option<Validator>,
}

/// Fails unless the contract knows `topic` and allows `payload` there. Topics outside of the usual root are nobody's
/// business here: probes of tests, and replies.
pub(crate) fn check(topic: &str, payload: &str) {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    let beginning = TopicRoot::DEFAULT_TEMPLATE.split('{').next().expect("a template is not empty");
    if !topic.starts_with(beginning) {
        return;
    }
    let contract = CONTRACT.get_or_init(Contract::read);
    let known = contract.topics.iter().find(|known| is_at(&known.address, topic));
    let known = known.unwrap_or_else(|| panic!("{topic} is not in docs/asyncapi.yaml"));
    let Some(schema) = &known.schema else { return };
    let value: Value = serde_json::from_str(payload).unwrap_or_else(|error| panic!("{error} on {topic}: {payload}"));
    let faults: Vec<String> =
        schema.iter_errors(&value).map(|fault| format!("{fault} at {}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{topic} breaks its schema: {faults:#?}\n{payload}");
}

impl Contract {
    fn read() -> Self {
        let document: Value = serde_saphyr::from_str(&text("docs/asyncapi.yaml")).expect("YAML");
        let operations = document["operations"].as_object().expect("there are operations").values();
        let sent: HashMap<&str, bool> = operations
            .map(|operation| {
                let channel = operation["channel"]["$ref"].as_str().expect("a reference");
                (channel.rsplit('/').next().expect("a name"), operation["action"] == "send")
            })
            .collect();
        let channels = document["channels"].as_object().expect("there are channels");
        let with_address = channels.iter().filter_map(|(name, channel)| Some((name, channel["address"].as_str()?)));
        let topic = |(name, address): (&String, &str)| {
            let message = &document["components"]["messages"][name];
            let schema = message["payload"]["schema"]["$ref"].as_str().filter(|_| sent[name.as_str()]);
            let schema = schema.map(|path| {
                let schema = serde_json::from_str(&text(&format!("docs/{path}"))).expect("JSON");
                jsonschema::validator_for(&schema).expect("a schema")
            });
            Topic { address: address.to_owned(), schema }
        };
        Self { topics: with_address.map(topic).collect() }
    }
}

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn is_at(address: &str, topic: &str) -> bool {
    let (mut levels, mut actual) = (address.split('/'), topic.split('/'));
    loop {
        match (levels.next(), actual.next()) {
            (None, None) => return true,
            (Some(level), Some(name)) if level == name || level.starts_with('{') => {}
            // A parameter may have something before it in its level: `&{camera}`.
            (Some(level), Some(name)) if level.split_once('{').is_some_and(|(before, _)| name.starts_with(before)) => {}
            _ => return false,
        }
    }
}
