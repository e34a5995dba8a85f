use super::*;

/// A gate with two cameras and three lanes, which has everything that can be another.
const OLD: &str = r#"
[site]
name = "site"
gate = "g1"

[mqtt]
host = "127.0.0.1"
port = 1883

[inference]
threads = 1

[mirrors.home_assistant]

[[camera]]
name = "front"
[camera.source.rtsp]
url = "rtsp://127.0.0.1/front"

[[camera]]
name = "yard"
[camera.source.rtsp]
url = "rtsp://127.0.0.1/yard"

[[lane]]
name = "in-1"
camera = "front"
zone = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0]]

[[lane]]
name = "in-2"
camera = "front"
zone = [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0]]

[[lane]]
name = "yard"
camera = "yard"
"#;

fn config(text: &str) -> Config {
    Config::parse(text, "gatelpr.toml", "/".as_ref()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What begins anew when `before` in the config becomes `after`.
#[track_caller]
fn check(before: &str, after: &str, expect: &[&str]) {
    assert!(OLD.contains(before), "{before} is not there");
    let (old, new) = (config(OLD), config(&OLD.replacen(before, after, 1)));
    assert_eq!(Change::between(&old, &new, NonZeroUsize::MIN).names(), expect);
}

const LAST: &str = "name = \"yard\"\ncamera = \"yard\"\n";

#[test]
fn words_that_mean_the_same_begin_nothing_anew() {
    check("[site]", "# A comment.\n[site]", &[]);
    check("port = 1883", "port = 1_883\nkeep_alive_s = 20", &[]);
    check("threads = 1", "threads = \"auto\"", &[]);
}

#[test]
fn a_lane_that_is_another_begins_anew_and_no_other_part() {
    check("[0.5, 1.0]]", "[0.4, 1.0]]", &["lane in-1"]);
    check(LAST, "name = \"yard\"\ncamera = \"yard\"\nprovisional = true\n", &["lane yard"]);
    check(LAST, "name = \"yard\"\ncamera = \"yard\"\ntraffic = false\n", &["lane yard"]);
}

#[test]
fn a_camera_that_is_another_takes_its_lanes_along() {
    check("127.0.0.1/front", "127.0.0.1/front2", &["camera front", "lane in-1", "lane in-2"]);
    check(
        "[camera.source.rtsp]",
        "view = { rotate_deg = 180 }\n[camera.source.rtsp]",
        &["camera front", "lane in-1", "lane in-2"],
    );
}

#[test]
fn what_comes_and_what_goes_is_named_and_told_to_the_mirror_that_lists_lanes() {
    let new_lane =
        format!("{LAST}[[lane]]\nname = \"out\"\ncamera = \"yard\"\nzone = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0]]\n");
    let with_zone =
        new_lane.replacen("camera = \"yard\"\n", "camera = \"yard\"\nzone = [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0]]\n", 1);
    check(LAST, &with_zone, &["lane out", "lane yard", "mirrors"]);
    let without = "zone = [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0]]\n\n[[lane]]\nname = \"yard\"\ncamera = \"yard\"\n";
    check(without, "zone = [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0]]\n", &["lane yard", "mirrors"]);
    let new_camera = "[[camera]]\nname = \"gate\"\n[camera.source.rtsp]\nurl = \"rtsp://127.0.0.1/gate\"\n\
                      [[lane]]\nname = \"gate\"\ncamera = \"gate\"\n[[lane]]\nname = \"in-1\"";
    check("[[lane]]\nname = \"in-1\"", new_camera, &["camera gate", "lane gate", "mirrors"]);
}

#[test]
fn other_models_are_loaded_also_where_only_their_use_is_another() {
    check("threads = 1", "threads = 2", &["models"]);
    check("threads = 1", "threads = 1\nrecogniser = \"another\"", &["models"]);
    let side_numbers = "name = \"yard\"\ncamera = \"yard\"\nside_numbers = true\n";
    check(LAST, side_numbers, &["lane yard", "models"]);
}

#[test]
fn another_broker_is_one_for_the_mirrors_too() {
    check("port = 1883", "port = 1884", &["broker", "mirrors"]);
    check("[mirrors.home_assistant]", "[mirrors.home_assistant]\n[mirrors.onvif_events]", &["mirrors"]);
}

#[test]
fn what_others_hang_on_needs_the_whole_run() {
    let whole = &["everything"][..];
    check("gate = \"g1\"", "gate = \"g2\"", whole);
    check("[site]", "[outbox]\ndirectory = \"/tmp\"\n[site]", whole);
    check("[site]", "[http]\nlisten = \"127.0.0.1:1\"\n[site]", whole);
    check("[site]", "[evidence]\n[site]", whole);
    check("port = 1883", "port = 1883\ntopic_root = \"other\"", whole);
    check("port = 1883", "port = 1883\nack_timeout_s = 7", whole);
    check("[mirrors.home_assistant]", "", whole);
    check(LAST, "name = \"yard\"\ncamera = \"yard\"\nrear_of = \"in-1\"\n", whole);
    let gpio = "name = \"yard\"\ncamera = \"yard\"\n[lane.gpio]\nchip = \"/dev/gpiochip0\"\nline = 1\n";
    check(LAST, gpio, whole);
}
