//! Scenarios that come with the program, and scenarios with mistakes.

use std::fs;
use std::path::Path;

use super::super::film::Film;
use super::super::stage::Stage;
use super::super::truth::TrueDirection;
use super::*;

const MINIMAL: &str =
    "name = \"t\"\nduration_s = 1\n[[lane]]\nname = \"a\"\n[[camera]]\nname = \"c\"\nlanes = [\"a\"]\n";

#[test]
fn every_scenario_that_comes_with_the_program_can_be_played() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/scenarios");
    let files = fs::read_dir(folder).expect("it is there").flatten().map(|entry| entry.path());
    let mut names = Vec::new();
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        let text = fs::read_to_string(&path).expect("it can be read");
        let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(path.file_stem().and_then(|stem| stem.to_str()), Some(scenario.name.as_str()));
        // Nothing need be painted to know what happens.
        let stage = Stage::play(&scenario);
        assert!(stage.frames > 50 && stage.paths.iter().all(|path| !path.states.is_empty()), "{}", path.display());
        names.push(scenario.name);
    }
    names.sort_unstable();
    assert_eq!(names, ["day", "demo", "glare", "mixed", "night", "queue", "rain", "tailgating", "two_cameras"]);
}

#[test]
fn the_demo_shows_three_vehicles_one_after_the_other() {
    let film = Film::of(&Scenario::demo());
    let passages = &film.truth().passages;
    let plates: Vec<_> = passages.iter().filter_map(|passage| passage.plate.as_deref()).collect();
    assert_eq!(plates, ["12C12345", "14A67892", "桂F12345"]);
    for passage in passages {
        assert!(
            passage.legible && passage.direction == TrueDirection::In && passage.conditions.is_empty(),
            "{passage:?}"
        );
        assert!(passage.last_visible_s - passage.first_visible_s >= 0.9, "{passage:?}");
    }
    for pair in passages.windows(2) {
        assert!(pair[1].first_visible_s - pair[0].last_visible_s >= 2.0, "{pair:?}");
    }
}

#[test]
fn what_is_wrong_with_a_scenario_is_said_with_its_place_and_what_to_do() {
    let mistakes = [
        ("an unknown key", MINIMAL.replace("duration_s", "duration")),
        ("a lane that is not there", MINIMAL.replace("lanes = [\"a\"]", "lanes = [\"b\"]")),
        ("nothing happens", MINIMAL.replace("duration_s = 1\n", "")),
        ("values out of range", format!("{MINIMAL}zone_m = [20, 3]\nheight_m = -1\n[conditions]\nrain = 3")),
        ("a plate that cannot be", format!("{MINIMAL}[[vehicle]]\nkind = \"car\"\nlane = \"a\"\nplate = \"13A12345\"")),
        (
            "a plate of another kind",
            format!(
                "{MINIMAL}[[vehicle]]\nkind = \"car\"\nlane = \"a\"\nplate = \"30A12345\"\nplate_kind = \"cn_small\""
            ),
        ),
        (
            "a kind that is not there",
            format!("{MINIMAL}[[vehicle]]\nkind = \"car\"\nlane = \"a\"\nplate_kind = \"eu\""),
        ),
        ("a car with a trailer", format!("{MINIMAL}[[vehicle]]\nkind = \"car\"\nlane = \"a\"\ntrailer = {{}}")),
        ("a trailer alone", format!("{MINIMAL}[[traffic]]\nlane = \"a\"\nvehicles = 1\nmix = {{ trailer = 1 }}")),
        ("two of one name", format!("{MINIMAL}[[lane]]\nname = \"a\"\n[[lane]]\nname = \"a b\"")),
    ];
    let said: Vec<String> = mistakes
        .iter()
        .map(|(what, text)| {
            let error = Scenario::parse(text).expect_err(what);
            format!("{what}\n{error}\n")
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}
