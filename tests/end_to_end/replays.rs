//! Recordings through the whole program: `gatelpr replay` prints exactly the passages that are in them.
//!
//! A case is a folder under tests/replays: `expected.jsonl` holds what must come out, one event a line, by the fields that
//! do not depend on the processor (confidences differ in the last digits between instruction sets); `gate.toml` is the
//! config, where the case needs one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::{GATELPR, sample_clip, toll_clip};

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replays").join(name)
}

fn replay(recording: &Path, config: Option<&Path>) -> Output {
    let mut command = Command::new(GATELPR);
    command.args(["replay", "--fast"]).arg(recording);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    let output = command.output().expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "replay of {}: {said}", recording.display());
    output
}

fn events(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).expect("events are UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("an event is JSON")).collect()
}

/// An event by the fields of `expected.jsonl`.
fn outline(event: &Value) -> Value {
    let plate = &event["plate"];
    serde_json::json!({
        "lane": event["lane"], "status": event["status"], "seq": event["seq"],
        "text": plate["text"], "display": plate["display"], "province": plate["province"],
    })
}

fn expected(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(case(name).join("expected.jsonl")).expect("the case has its expected events");
    text.lines().map(|line| serde_json::from_str(line).expect("an expected event is JSON")).collect()
}

#[test]
fn the_toll_lane_gives_its_three_passages_in_order_and_nothing_else() {
    let Some(clip) = toll_clip() else { return };
    let output = replay(&clip, Some(&case("toll").join("gate.toml")));
    let found: Vec<_> = events(&output).iter().map(outline).collect();
    assert_eq!(found, expected("toll"));
}

/// What a lane that is the whole picture sees besides: the number that is painted on a lorry, and a van that stands in the next
/// lane with a plate 14 pixels high, 15C-17174 by eye, of which not every processor reads the same letter.
fn is_beside_the_lane(text: &str) -> bool {
    text == "34R01357" || (text.len() == 8 && text.starts_with("15") && text.ends_with("17174"))
}

#[test]
fn without_a_config_the_toll_clip_gives_the_same_three_and_at_most_what_is_beside_the_lane() {
    let Some(clip) = toll_clip() else { return };
    let texts: Vec<_> = events(&replay(&clip, None))
        .iter()
        .map(|event| event["plate"]["text"].as_str().unwrap_or("unread").to_owned())
        .collect();
    let (beside, plates): (Vec<_>, Vec<_>) = texts.iter().partition(|text| is_beside_the_lane(text));
    assert_eq!(plates, ["34A36837", "34A23126", "89C20339"]);
    let each_once: BTreeSet<_> = beside.iter().map(|text| &text[..2]).collect();
    assert_eq!(each_once.len(), beside.len(), "{texts:?}");
}

#[test]
fn the_sample_clip_gives_its_plates_and_neither_its_slogan_nor_its_overlay_and_the_same_bytes_every_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clip = sample_clip(folder.path());
    let first = replay(&clip, None);
    let found: Vec<_> = events(&first).iter().map(outline).collect();
    assert_eq!(found, expected("sample"));
    assert_eq!(first.stdout, replay(&clip, None).stdout);
}
