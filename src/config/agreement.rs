//! Holds `keys.rs`, and with it the schema for editors, to what the reader does: what the one refuses the other refuses, and
//! what is said to be usual is what counts where a key is absent.

use std::path::Path;

use jsonschema::Validator;
use toml::{Table, Value};

use super::keys::{Absent, Choice, Key, Kind, ROOT, Shape};
use super::table::Machine;
use super::{Config, ConfigProblems, editor_schema};

/// Keys from the root down to a table.
type Way = Vec<&'static Key>;

/// Every way to every table, the file itself first.
fn ways() -> Vec<(Way, &'static Shape)> {
    let mut all: Vec<(Way, &'static Shape)> = vec![(Way::new(), &ROOT)];
    let mut next = 0;
    while let Some((way, shape)) = all.get(next).cloned() {
        let below = shape.keys.iter().filter_map(|key| Some(([way.as_slice(), &[key]].concat(), key.kind.shape()?)));
        all.extend(below);
        next += 1;
    }
    all
}

fn example(key: &Key) -> Value {
    match key.kind.shape() {
        Some(shape) => wrapped(key.kind, sample(shape)),
        None => value(key.example),
    }
}

fn value(toml: &str) -> Value {
    toml::from_str::<Table>(&format!("value = {toml}")).expect("what stands in keys.rs is TOML")["value"].clone()
}

fn wrapped(kind: Kind, table: Table) -> Value {
    match kind {
        Kind::Tables(_) => Value::Array(vec![Value::Table(table)]),
        _ => Value::Table(table),
    }
}

/// A table with what it needs.
fn sample(shape: &'static Shape) -> Table {
    let chosen = if let Choice::One(keys) = shape.choice { keys.first().copied() } else { None };
    let needed = shape.keys.iter().filter(|key| key.absent == Absent::Refused || Some(key.name) == chosen);
    needed.map(|key| (key.name.to_owned(), example(key))).collect()
}

/// A file that is right but for one table, at the end of `way`, which `change` makes.
fn file_with(shape: &'static Shape, way: &[&'static Key], change: &dyn Fn(&mut Table)) -> Table {
    let mut table = sample(shape);
    match way {
        [] => change(&mut table),
        [key, rest @ ..] => {
            let below = file_with(key.kind.shape().expect("a way leads through tables"), rest, change);
            set(&mut table, shape, key, wrapped(key.kind, below));
        }
    }
    table
}

/// Sets a key, without those that it excludes.
fn set(table: &mut Table, shape: &Shape, key: &Key, value: Value) {
    if let Choice::One(keys) | Choice::AtMostOne(keys) = shape.choice
        && keys.contains(&key.name)
    {
        keys.iter().for_each(|other| drop(table.remove(*other)));
    }
    table.insert(key.name.to_owned(), value);
}

fn read(file: &Table) -> Result<Config, ConfigProblems> {
    let text = toml::to_string(file).expect("a table is TOML");
    Config::parse_on(Machine::Elsewhere, &text, "gatelpr.toml", Path::new("/nowhere"))
}

fn reader_refuses(file: &Table, shape: &Shape, key: &Key) -> bool {
    if key.kind.shape().is_some() {
        // What is wrong with a table is told of its keys.
        return read(file).is_err();
    }
    let place = if shape.header == ROOT.header { String::new() } else { format!(" in {}", shape.header) };
    let start = format!("`{}`{place} must be ", key.name);
    let problems = read(file).err();
    problems.iter().flat_map(ConfigProblems::problems).any(|problem| problem.title().starts_with(&start))
}

fn schema_refuses(schema: &Validator, file: &Table, way: &[&Key], key: &Key) -> bool {
    let step = |key: &&Key| match key.kind {
        Kind::Tables(_) => format!("/{}/0", key.name),
        _ => format!("/{}", key.name),
    };
    let place: String = way.iter().map(step).chain([format!("/{}", key.name)]).collect();
    let file = serde_json::to_value(file).expect("a table is JSON");
    schema.iter_errors(&file).any(|error| error.instance_path().to_string().starts_with(&place))
}

/// Values to try: of every kind, and at the ends of ranges.
fn probes(key: &Key) -> Vec<Value> {
    let mut probes =
        ["true", "\"\"", "\"x\"", "\"auto\"", "0", "1", "-1", "1.5", "[]", "[1]", "{}", "1e9"].map(value).to_vec();
    if !key.example.is_empty() {
        probes.push(value(key.example));
    }
    match key.kind {
        Kind::Whole(least, most) | Kind::AutoOrWhole(least, most) => {
            probes.extend([least - 1, least, most, most + 1].map(Value::Integer));
        }
        Kind::Number(least, most) => {
            let ends = [least - 0.001, least, f64::midpoint(least, most), most, most + 0.001];
            probes.extend(ends.map(Value::Float));
        }
        Kind::Word(words) => probes.extend(words.iter().map(|word| Value::String((*word).to_owned()))),
        Kind::Degrees(numbers) => probes.extend(numbers.iter().map(|number| Value::Integer(*number))),
        _ => {}
    }
    probes
}

/// Whether all that can be wrong with a value of this kind shows in the schema.
fn is_known_wholly(kind: Kind) -> bool {
    use Kind::{AutoOrWhole, Degrees, Number, Truth, Whole, Word};
    matches!(kind, AutoOrWhole(..) | Degrees(_) | Number(..) | Truth | Whole(..) | Word(_))
}

#[test]
fn the_schema_refuses_no_value_that_the_reader_takes_and_no_number_or_word_otherwise() {
    let schema: serde_json::Value = serde_json::from_str(&editor_schema()).expect("JSON");
    let schema = jsonschema::draft7::new(&schema).expect("a schema");
    let mut wrong = Vec::new();
    for (way, shape) in ways() {
        for key in shape.keys {
            for probe in probes(key) {
                let file = file_with(&ROOT, &way, &|table| set(table, shape, key, probe.clone()));
                let (reader, editor) = (reader_refuses(&file, shape, key), schema_refuses(&schema, &file, &way, key));
                if editor && !reader || reader && !editor && is_known_wholly(key.kind) {
                    let who = if reader { "the reader alone" } else { "the schema alone" };
                    wrong.push(format!("{who} refuses {} = {probe} in {}", key.name, shape.header));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_usual_value_that_is_written_changes_nothing() {
    for (way, shape) in ways() {
        for key in shape.keys {
            let Absent::Is(usual) = key.absent else { continue };
            let without = read(&file_with(&ROOT, &way, &|_| {}));
            let with = read(&file_with(&ROOT, &way, &|table| set(table, shape, key, value(usual))));
            let comparable = |config: Result<Config, ConfigProblems>| match config {
                Ok(config) => Ok(Config { sha256: String::new(), ..config }),
                // A secret that is nowhere here: then the messages are the same.
                Err(problems) => Err(problems.problems().iter().map(|one| one.title().to_owned()).collect::<Vec<_>>()),
            };
            assert_eq!(comparable(without), comparable(with), "{} = {usual} in {}", key.name, shape.header);
        }
    }
}

#[test]
fn a_key_that_must_be_there_is_asked_for_by_both() {
    let schema: serde_json::Value = serde_json::from_str(&editor_schema()).expect("JSON");
    let schema = jsonschema::draft7::new(&schema).expect("a schema");
    for (way, shape) in ways() {
        for key in shape.keys {
            let file = file_with(&ROOT, &way, &|table| drop(table.remove(key.name)));
            let json = serde_json::to_value(&file).expect("a table is JSON");
            let (reader, needed) = (read(&file), key.absent == Absent::Refused);
            let missing = [format!("`{}` is missing in {}", key.name, shape.header), "the file has no ".to_owned()];
            let titles = reader.as_ref().err().map(ConfigProblems::problems).unwrap_or_default();
            let asked =
                titles.iter().any(|one| missing.iter().any(|missing| one.title().starts_with(missing.as_str())));
            assert_eq!(asked, needed, "the reader on {} in {}: {reader:?}", key.name, shape.header);
            assert!(!needed || !schema.is_valid(&json), "the schema on {} in {}", key.name, shape.header);
        }
    }
}
