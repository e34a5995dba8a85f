//! The JSON Schema of the file, for editors: made of the tables of `keys.rs`, explained with the words of the reference.
//!
//! It is draft 7, without references, because that is what editors of TOML understand. What depends on other values, on
//! files or on this computer is not in it; `gatelpr check` tells that.

use serde_json::{Map, Value, json};

use super::explained::Explanations;
use super::keys::{Absent, Choice, Key, Kind, ROOT, Shape};

/// The schema, indented, with a line end.
#[must_use]
pub fn editor_schema() -> String {
    let mut schema = of_shape(&ROOT, &Explanations::of_reference());
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!("The config of gatelpr"));
    format!("{:#}\n", Value::Object(schema))
}

fn of_shape(shape: &'static Shape, explanations: &Explanations) -> Map<String, Value> {
    let properties: Map<String, Value> =
        shape.keys.iter().map(|key| (key.name.to_owned(), Value::Object(of_key(shape, key, explanations)))).collect();
    let required: Vec<&str> =
        shape.keys.iter().filter(|key| key.absent == Absent::Refused).map(|key| key.name).collect();
    let mut schema = object(json!({ "type": "object", "additionalProperties": false, "properties": properties }));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !shape.together.is_empty() {
        let needed: Map<String, Value> =
            shape.together.iter().map(|(key, other)| ((*key).to_owned(), json!([other]))).collect();
        schema.insert("dependencies".to_owned(), Value::Object(needed));
    }
    match shape.choice {
        Choice::Free => {}
        Choice::One(keys) => drop(schema.insert("oneOf".to_owned(), each(keys))),
        Choice::AtMostOne(keys) => drop(schema.insert("oneOf".to_owned(), each_or_none(keys))),
    }
    schema
}

/// One of the keys is there.
fn each(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}

fn each_or_none(keys: &[&str]) -> Value {
    let any = each(keys);
    let none = json!({ "not": { "anyOf": any } });
    any.as_array().into_iter().flatten().cloned().chain([none]).collect()
}

fn of_key(shape: &Shape, key: &Key, explanations: &Explanations) -> Map<String, Value> {
    let mut schema = of_kind(key.kind, explanations);
    let nested = key.kind.shape().and_then(|nested| explanations.about(nested.header, ""));
    if let Some(text) = explanations.about(shape.header, key.name).or(nested) {
        schema.insert("description".to_owned(), json!(text));
    }
    if let Absent::Is(value) = key.absent {
        schema.insert("default".to_owned(), in_json(value));
    }
    if !key.example.is_empty() {
        schema.insert("examples".to_owned(), json!([in_json(key.example)]));
    }
    schema
}

fn of_kind(kind: Kind, explanations: &Explanations) -> Map<String, Value> {
    let share = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    object(match kind {
        Kind::Text | Kind::Path => text(),
        Kind::Fitting(pattern) => json!({ "type": "string", "pattern": pattern }),
        Kind::Paths => json!({ "type": "array", "minItems": 1, "items": text() }),
        Kind::Whole(least, most) => whole(least, most),
        Kind::Number(least, most) => number(least, most),
        Kind::Truth => json!({ "type": "boolean" }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Degrees(numbers) => json!({ "type": "number", "enum": numbers }),
        Kind::AutoOrWhole(least, most) => json!({ "anyOf": [{ "const": "auto" }, whole(least, most)] }),
        Kind::Texts(least, most) => list(least, most, &text()),
        Kind::TextsByName => json!({ "type": "object", "additionalProperties": text() }),
        Kind::Numbers(count, least, most) => list(count, count, &number(least, most)),
        Kind::Wholes(count, least, most) => list(count, count, &whole(least, most)),
        Kind::Points(least, most) => list(least, most, &list(2, 2, &share)),
        Kind::Table(shape) => Value::Object(of_shape(shape, explanations)),
        Kind::Tables(shape) => list(1, super::table::MOST_ENTRIES, &Value::Object(of_shape(shape, explanations))),
    })
}

fn text() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

fn whole(least: i64, most: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

fn number(least: f64, most: f64) -> Value {
    json!({ "type": "number", "minimum": least, "maximum": most })
}

fn list(least: usize, most: usize, items: &Value) -> Value {
    let mut list = json!({ "type": "array", "items": items });
    if least > 0 {
        list["minItems"] = json!(least);
    }
    if most < usize::MAX {
        list["maxItems"] = json!(most);
    }
    list
}

/// A value of `keys.rs`, which is TOML.
fn in_json(toml: &str) -> Value {
    let table: toml::Table = toml::from_str(&format!("value = {toml}")).expect("what stands in keys.rs is TOML");
    serde_json::to_value(&table["value"]).expect("values of TOML are values of JSON, except dates, and there is none")
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
