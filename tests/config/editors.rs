//! The schema for editors, beside what `gatelpr check` says: it refuses no config that is right, and what it can know it catches.

use std::fmt::Write as _;

use gatelpr::config::editor_schema;
use jsonschema::Validator;

use super::{GOOD, REFERENCE, all_mistakes, snapshot};

fn schema() -> Validator {
    jsonschema::draft7::new(&serde_json::from_str(&editor_schema()).expect("JSON")).expect("a schema")
}

/// What the schema finds in a file: nothing, or the places; `None` where it is no TOML.
fn found(schema: &Validator, text: &str) -> Option<Vec<String>> {
    let file: toml::Table = toml::from_str(text).ok()?;
    let file = serde_json::to_value(file).expect("a config has no dates");
    Some(schema.iter_errors(&file).map(|error| format!("{} {error}", error.instance_path())).collect())
}

#[test]
fn the_schema_refuses_no_config_that_is_right() {
    let schema = schema();
    let minimal = include_str!("../../config/minimal.toml");
    let side_numbers = format!("{GOOD}side_numbers = true\n");
    for text in [REFERENCE, minimal, GOOD, &side_numbers, &gatelpr::config::Draft::default().text()] {
        assert_eq!(found(&schema, text), Some(Vec::new()), "{text}");
    }
}

/// Held by a snapshot, so that a mistake that editors no longer see is noticed.
#[test]
fn each_mistake_is_seen_while_it_is_typed_or_by_the_check_alone() {
    let schema = schema();
    let mut text = String::new();
    for (name, right, wrong) in all_mistakes() {
        let seen = match found(&schema, &GOOD.replacen(right, wrong, 1)) {
            None => "no TOML",
            Some(found) if found.is_empty() => "check alone",
            Some(_) => "editor",
        };
        writeln!(text, "{seen:<12}{name}").expect("a text");
    }
    snapshot("mistakes_that_editors_see", &text);
}

#[test]
fn the_reference_names_the_schema_where_editors_look_for_it() {
    let named = REFERENCE.lines().next().and_then(|line| line.strip_prefix("#:schema "));
    let path = std::path::Path::new("config").join(named.expect("the first line names it"));
    assert_eq!(std::fs::read_to_string(path).expect("it is there"), editor_schema());
}
