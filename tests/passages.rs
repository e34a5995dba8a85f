//! Drawn vehicles through everything between a camera and an event: each is told once, with its plate and its direction. A
//! handful, to notice when one is lost; `cargo bench --bench passages` measures hundreds.

#[path = "../benches/passages/gate.rs"]
mod gate;
#[path = "../benches/passages/models.rs"]
#[expect(dead_code, reason = "the benchmark knows more models")]
mod models;
#[path = "../benches/passages/play.rs"]
mod play;

use gatelpr::evaluation::passages::count::Count;
use gatelpr::evaluation::passages::figures::Figures;
use gatelpr::evaluation::passages::misses::Misses;
use gatelpr::evaluation::passages::outcome::ScenarioOutcome;
use gatelpr::synthetic::film::Film;
use gatelpr::synthetic::scenario::Scenario;

/// As small as pictures can be in which a plate is as large as in a camera's: drawing and looking is what takes the time.
const PICTURES: &str = "frames_per_second = 8\n[picture]\nwidth_px = 960\nheight_px = 540\n";

fn outcome(scenario: &str) -> ScenarioOutcome {
    let film = Film::of(&Scenario::parse(scenario).unwrap_or_else(|error| panic!("{error}")));
    let passages = &film.truth().passages;
    let frame = |seconds: f64| (seconds.max(0.0) * f64::from(film.frames_per_second())) as u32;
    let first = passages.iter().map(|passage| passage.first_visible_s).fold(f64::INFINITY, f64::min);
    let last = passages.iter().map(|passage| passage.last_visible_s).fold(0.0, f64::max);
    // The road before and after them is empty.
    let (told, _) = play::play(&film, models::Readers::Ours.load(), frame(first - 1.0)..frame(last + 1.0));
    ScenarioOutcome::of(film.truth(), &told, "test")
}

/// Every vehicle is told once, with its plate and direction.
fn check(scenario: &str, vehicles: usize) {
    let outcome = outcome(scenario);
    let figures = Figures::of([&outcome]);
    let misses = Misses { scenarios: &[outcome], most: 100 }.to_string();
    let all = Count { part: vehicles, all: vehicles };
    assert_eq!(figures.recall, all, "{misses}");
    assert_eq!(figures.duplicates, Count { part: 0, all: vehicles }, "{misses}");
    assert_eq!(figures.exact, all, "{misses}");
    assert_eq!(figures.direction, all, "{misses}");
}

#[test]
fn vehicles_of_both_countries_that_come_and_go_are_told_once_each() {
    let lanes = "[[lane]]\nname = \"in-1\"\nacross_m = -1.9\n[[lane]]\nname = \"out-1\"\nacross_m = 1.9\ndirection = \"out\"\n\
                 [[camera]]\nname = \"gate\"\nlanes = [\"in-1\", \"out-1\"]\nheight_m = 2.8\ntilt_deg = 10\n";
    let vehicle = |lane: &str, kind: &str, start_s: f32, plate: &str| {
        format!(
            "[[vehicle]]\nkind = \"{kind}\"\nlane = \"{lane}\"\nstart_s = {start_s}\nspeed_m_per_s = 6\nplate = \"{plate}\"\n"
        )
    };
    let vehicles = [
        vehicle("in-1", "car", 0.0, "12A34567"),
        vehicle("in-1", "lorry", 3.0, "桂F12345"),
        vehicle("out-1", "van", 1.0, "14B67892"),
    ];
    check(&format!("name = \"test\"\n{PICTURES}{lanes}{}", vehicles.concat()), 3);
}

#[test]
fn three_vehicles_bumper_to_bumper_are_three() {
    let lane = "[[lane]]\nname = \"in-1\"\n[[camera]]\nname = \"gate\"\nlanes = [\"in-1\"]\nacross_m = 1.2\nheight_m = 3.2\ntilt_deg = 11\n";
    let vehicle = |start_s: f32, plate: &str| {
        format!(
            "[[vehicle]]\nkind = \"car\"\nlane = \"in-1\"\nstart_s = {start_s}\nspeed_m_per_s = 5\nheadway_s = 0.5\ngap_m = 0.8\nplate = \"{plate}\"\n"
        )
    };
    let vehicles = [vehicle(0.0, "12A34567"), vehicle(0.4, "99K77712"), vehicle(0.8, "14B67892")];
    check(&format!("name = \"test\"\n{PICTURES}{lane}{}", vehicles.concat()), 3);
}
