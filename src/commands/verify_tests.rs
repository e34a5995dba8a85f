use clap::Parser;

use super::*;
use crate::proof::DeviceKey;
use crate::publish::{Destination, Outbox, OutboxSettings, PlateEvent};

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    args: VerifyArgs,
}

/// A gate's folder with a key file and a file of its events 1 to `last`.
fn gate(last: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let key = DeviceKey::from_seed(&[1; 32]);
    fs::write(folder.path().join("key.pem"), key.public().to_pem()).expect("there is space");
    let settings = OutboxSettings::new(key, folder.path());
    let outbox = Outbox::open(&folder.path().join("outbox.sqlite"), settings).expect("a new outbox");
    let event: PlateEvent =
        serde_json::from_str(include_str!("../../tests/fixtures/passage.json")).expect("the fixture is an event");
    let now = jiff::Timestamp::UNIX_EPOCH;
    (1..=last).for_each(|_| drop(outbox.commit(&event, now).expect("there is space")));
    let events = outbox.queue(Destination::Broker).after(0, 1000).expect("it can be read");
    let lines: String = events.iter().map(|event| format!("{}\n", event.json)).collect();
    fs::write(folder.path().join("events.jsonl"), lines).expect("there is space");
    folder
}

fn verify(folder: &Path, more: &[&str]) -> (bool, String) {
    let (key, events) = (folder.join("key.pem"), folder.join("events.jsonl"));
    let paths = ["verify", "--key", key.to_str().expect("a path"), events.to_str().expect("a path")];
    let args = Command::try_parse_from([&paths[..], more].concat()).expect("right arguments").args;
    let mut out = Vec::new();
    let code = run(&args, &mut out).expect("everything can be read");
    (code == ExitCode::SUCCESS, String::from_utf8(out).expect("text"))
}

fn edit(folder: &Path, edit: impl Fn(&mut Vec<String>)) {
    let path = folder.join("events.jsonl");
    let mut lines: Vec<String> = fs::read_to_string(&path).expect("it is there").lines().map(str::to_owned).collect();
    edit(&mut lines);
    fs::write(path, lines.join("\n")).expect("there is space");
}

#[test]
fn a_whole_file_is_right() {
    let folder = gate(5);
    let (right, told) = verify(folder.path(), &["--strict", "--from-seq", "1", "--to-seq", "5"]);
    assert!(right, "{told}");
    assert!(told.contains("huu-nghi/g1: events 1 to 5") && told.ends_with("complete and unaltered\n"), "{told}");
}

#[test]
fn the_first_event_that_is_missing_altered_repeated_or_out_of_order_is_named() {
    let folder = gate(5);
    edit(folder.path(), |lines| {
        lines.remove(2);
        lines[0] = lines[0].replace("12C12345", "12C12346");
    });
    let (right, told) = verify(folder.path(), &[]);
    assert!(!right && told.starts_with("line 1: event 1 is altered"), "{told}");
    assert!(told.contains("event 3 of huu-nghi/g1 is missing\n") && told.contains("NOT complete"), "{told}");

    let folder = gate(5);
    edit(folder.path(), |lines| {
        lines.push(lines[1].clone());
        lines.swap(2, 3);
    });
    let (right, told) = verify(folder.path(), &[]);
    assert!(right, "{told}");
    assert!(told.contains("repeated: 1, first event 2 in line 6\n"), "{told}");
    assert!(told.contains("out of order: 1, first event 3 in line 4\n"), "{told}");
    assert!(!verify(folder.path(), &["--strict"]).0);
}

#[test]
fn what_is_missing_at_the_ends_is_named_if_the_ends_are_given() {
    let folder = gate(5);
    edit(folder.path(), |lines| drop(lines.drain(..2)));
    assert!(verify(folder.path(), &[]).0);
    let (right, told) = verify(folder.path(), &["--from-seq", "1", "--to-seq", "6"]);
    assert!(!right && told.contains("events 1 to 2 of") && told.contains("event 6 of"), "{told}");
}

#[test]
fn without_a_key_it_is_asked_for() {
    let args = Command::try_parse_from(["verify", "events.jsonl"]).expect("right arguments").args;
    if !Path::new(DEFAULT_PATH).exists() {
        let error = run(&args, &mut Vec::new()).expect_err("there is no key");
        assert!(error.is::<UsageError>() && error.to_string().contains("--keyring"), "{error}");
    }
}

#[test]
fn an_empty_file_proves_nothing() {
    let folder = gate(1);
    edit(folder.path(), Vec::clear);
    assert!(!verify(folder.path(), &[]).0);
}
