//! What a lane answers to triggers.

use std::time::Duration;

use super::{Look, frame, lane, look, rules, sighting, zone};
use crate::lane::LaneRules;
use crate::passage::Passage;
use crate::plate::LaneName;
use crate::trigger::{Analyse, Trigger, TriggerId, TriggerOrigin};

pub(super) fn trigger(id: &str, ms: u64) -> Trigger {
    Trigger {
        id: TriggerId::try_from(id).expect("an id"),
        lane: LaneName::try_from("l").expect("it is a name"),
        origin: TriggerOrigin::Command,
        at: frame(ms).captured_at,
        window: Duration::from_secs(5),
    }
}

/// What passes in 20 s with frames every 100 ms while triggers come and are answered, as `when: what, answered triggers`.
fn answers(analyse: Analyse, triggers: &[(&str, u64)], looks: &[Look]) -> Vec<String> {
    let mut lane = lane(LaneRules { analyse, ..rules() });
    let mut told = Vec::new();
    for ms in (0..=20_000).step_by(100) {
        let (now, mut passages) = (frame(ms).captured_at, Vec::new());
        for (id, _) in triggers.iter().filter(|(_, at)| *at == ms) {
            passages.extend(lane.summon(trigger(id, ms), now));
        }
        if lane.owes_an_answer(now.elapsed) {
            passages.extend(lane.answer(now));
        }
        if analyse == Analyse::Always || lane.is_summoned() {
            let seen = looks.iter().filter(|look| look.ms == ms).map(sighting).collect();
            passages.extend(lane.observe(&frame(ms), &zone(), seen));
        }
        told.extend(passages.iter().map(|passage| line(ms, passage)));
    }
    told
}

fn line(ms: u64, passage: &Passage) -> String {
    let plate = match &passage.plate {
        Ok(plate) => plate.text.to_string(),
        Err(reason) => format!("{reason:?}"),
    };
    let ids: Vec<String> = passage.triggers.iter().map(|trigger| trigger.id.to_string()).collect();
    format!("{ms}: {:?} {plate} track {} [{}]", passage.stage, passage.track.0, ids.join(" "))
}

/// A plate in view from one time to another, every 100 ms.
fn in_view(from: u64, to: u64) -> Vec<Look> {
    (from..=to).step_by(100).map(|ms| look(ms, 100.0, 100.0, "12C12345")).collect()
}

#[test]
fn a_triggered_lane_is_answered_with_the_vehicle_that_stands_there() {
    let told = answers(Analyse::Trigger, &[("t1", 1000)], &in_view(0, 20_000));
    assert_eq!(told, ["6000: Final 12C12345 track 1 [t1]"], "once, when the window closes, and not before it opens");
}

#[test]
fn a_trigger_is_answered_even_when_nothing_was_readable() {
    let nothing = answers(Analyse::Trigger, &[("t1", 1000)], &[]);
    assert_eq!(nothing, ["6000: Final NoPlateFound track 1 [t1]"]);
    let one_look = answers(Analyse::Trigger, &[("t1", 1000)], &in_view(2000, 2000));
    assert_eq!(one_look, ["6000: Final NoAgreement track 2 [t1]"]);
}

#[test]
fn a_trigger_without_a_picture_is_answered_too() {
    let mut lane = lane(LaneRules { analyse: Analyse::Trigger, ..rules() });
    assert!(lane.summon(trigger("t1", 1000), frame(1000).captured_at).is_empty());
    let answer = lane.answer(frame(6000).captured_at);
    assert_eq!(line(6000, &answer[0]), "6000: Final NoPicture track 1 [t1]");
    assert!(answer[0].best_frame.is_none() && answer.len() == 1);
}

#[test]
fn a_bouncing_loop_is_one_vehicle() {
    let told = answers(Analyse::Trigger, &[("t1", 1000), ("t2", 1100), ("t1", 1200)], &in_view(0, 20_000));
    assert_eq!(told, ["6000: Final 12C12345 track 1 [t1 t2]"]);
}

#[test]
fn the_same_vehicle_triggered_again_amends_its_event_instead_of_making_another() {
    let told = answers(Analyse::Trigger, &[("t1", 1000), ("t2", 8000)], &in_view(0, 20_000));
    assert_eq!(told, ["6000: Final 12C12345 track 1 [t1]", "13000: Amended 12C12345 track 1 [t1 t2]"]);
}

#[test]
fn a_watched_lane_answers_with_the_passage_of_the_vehicle_in_its_window() {
    let told = answers(Analyse::Always, &[("t1", 1500)], &in_view(1000, 3000));
    assert_eq!(told, ["4600: Final 12C12345 track 1 [t1]"]);
}

#[test]
fn a_watched_lane_answers_provisionally_while_the_vehicle_stands() {
    let told = answers(Analyse::Always, &[("t1", 1000)], &in_view(500, 12_000));
    assert_eq!(told, ["6000: Provisional 12C12345 track 1 [t1]", "13600: Final 12C12345 track 1 [t1]"]);
}

#[test]
fn a_vehicle_that_passed_just_before_its_trigger_is_the_answer() {
    let told = answers(Analyse::Always, &[("t1", 4000)], &in_view(1000, 2000));
    assert_eq!(told, ["3600: Final 12C12345 track 1 []", "9000: Amended 12C12345 track 1 [t1]"]);
    let long_ago = answers(Analyse::Always, &[("t1", 6000)], &in_view(1000, 2000));
    assert_eq!(long_ago[1], "11000: Final NoPlateFound track 2 [t1]", "that was another vehicle");
}

/// Another plate in view, further to the left.
fn other_in_view(from: u64, to: u64) -> Vec<Look> {
    (from..=to).step_by(100).map(|ms| look(ms, 600.0, 600.0, "14A67892")).collect()
}

fn both(one: Vec<Look>, other: Vec<Look>) -> Vec<Look> {
    one.into_iter().chain(other).collect()
}

#[test]
fn a_vehicle_that_has_left_does_not_take_the_trigger_of_the_next() {
    let looks = both(in_view(0, 2000), other_in_view(2800, 12_000));
    let told = answers(Analyse::Always, &[("t1", 2500)], &looks);
    let expect = [
        "3600: Final 12C12345 track 1 []",
        "7500: Provisional 14A67892 track 2 [t1]",
        "13600: Final 14A67892 track 2 [t1]",
    ];
    assert_eq!(told, expect);
}

#[test]
fn one_trigger_is_of_one_vehicle() {
    let looks = both(in_view(1500, 2500), other_in_view(2000, 3000));
    let told = answers(Analyse::Always, &[("t1", 1000)], &looks);
    assert_eq!(told, ["4100: Final 12C12345 track 1 [t1]", "4600: Final 14A67892 track 2 []"]);
}

#[test]
fn of_two_vehicles_that_stand_there_the_one_without_a_trigger_gave_it() {
    let looks = both(in_view(0, 14_000), other_in_view(7000, 15_000));
    let told = answers(Analyse::Always, &[("t0", 500), ("t1", 7000)], &looks);
    let expect = [
        "5500: Provisional 12C12345 track 1 [t0]",
        "12000: Provisional 14A67892 track 2 [t1]",
        "15600: Final 12C12345 track 1 [t0]",
        "16600: Final 14A67892 track 2 [t1]",
    ];
    assert_eq!(told, expect);
}

#[test]
fn a_vehicle_that_had_its_event_and_is_seen_again_is_amended_and_gets_no_second_one() {
    let looks = both(in_view(0, 3000), in_view(5000, 14_000));
    let told = answers(Analyse::Always, &[("t1", 6000)], &looks);
    assert_eq!(told, ["4600: Final 12C12345 track 1 []", "11000: Amended 12C12345 track 1 [t1]"]);
}

#[test]
fn a_second_pulse_of_the_same_vehicle_makes_no_unread_event() {
    let told = answers(Analyse::Always, &[("t1", 1000), ("t2", 5000)], &in_view(0, 3000));
    assert_eq!(told, ["4600: Final 12C12345 track 1 [t1]", "10000: Amended 12C12345 track 1 [t1 t2]"]);
}

#[test]
fn a_plate_that_is_read_just_after_the_unread_answer_amends_it() {
    let told = answers(Analyse::Always, &[("t1", 1000)], &in_view(7000, 9000));
    assert_eq!(told, ["6000: Final NoPlateFound track 1 [t1]", "10600: Amended 12C12345 track 1 [t1]"]);
    let later = answers(Analyse::Always, &[("t1", 1000)], &in_view(10_000, 12_000));
    assert_eq!(later[1], "13600: Final 12C12345 track 2 []", "that is another vehicle");
}

#[test]
fn triggers_that_waited_for_a_slow_disk_are_answered_each() {
    let mut lane = lane(LaneRules { analyse: Analyse::Trigger, ..rules() });
    let late = frame(60_000).captured_at;
    let mut told = Vec::new();
    for (id, at) in [("t1", 1000), ("t2", 2000), ("t3", 20_000), ("t4", 40_000)] {
        told.extend(lane.summon(trigger(id, at), late));
    }
    assert!(!lane.owes_an_answer(late.elapsed), "some frames come first");
    told.extend(lane.answer(frame(61_000).captured_at));
    let told: Vec<String> = told.iter().map(|passage| line(0, passage)).collect();
    let expect = ["Final NoPicture track 1 [t1 t2]", "Final NoPicture track 2 [t3]", "Final NoPicture track 3 [t4]"];
    assert_eq!(told, expect.map(|line| format!("0: {line}")));
}
