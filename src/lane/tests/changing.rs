//! Vehicles that change from one lane of a camera to another.

use super::{Look, frame, look, rules, sighting};
use crate::geometry::{Point, Polygon};
use crate::lane::{Lane, LaneRules};
use crate::passage::Passage;
use crate::plate::{CameraName, LaneName};

fn lane(number: u16) -> Lane {
    let name = LaneName::try_from(format!("l{number}").as_str()).expect("it is a name");
    let rules = LaneRules { provisional: true, ..rules() };
    Lane::numbered(number, name, CameraName::try_from("c").expect("it is a name"), rules)
}

/// The left and the right half of 1000 by 1000 pixels.
fn zones() -> [Polygon; 2] {
    [(0.0, 500.0), (500.0, 1000.0)].map(|(left, right)| {
        let points = [(left, 0.0), (right, 0.0), (right, 1000.0), (left, 1000.0)];
        Polygon::new(points.map(|(x, y)| Point::new(x, y)).to_vec()).expect("it has an area")
    })
}

/// What two lanes tell of these looks in 20 s, in whichever order they are listed.
fn told(looks: &[Look], order: [usize; 2]) -> Vec<String> {
    let (mut lanes, zones) = ([lane(0), lane(1)], zones());
    let mut told = Vec::new();
    let mut note = |passages: Vec<Passage>| {
        for passage in passages {
            let plate =
                passage.plate.as_ref().map_or_else(|reason| format!("{reason:?}"), |plate| plate.text.to_string());
            told.push(format!("{} {:?} {plate} track {}", passage.lane, passage.stage, passage.track.0));
        }
    };
    for ms in (0..=20_000).step_by(100) {
        for index in order {
            let seen = looks.iter().filter(|look| look.ms == ms).map(sighting).collect();
            lanes[index].follow(&frame(ms), &zones[index], seen);
        }
        let [left, right] = &mut lanes;
        left.take_over_from(right);
        right.take_over_from(left);
        for index in order {
            note(lanes[index].decide(frame(ms).captured_at));
        }
    }
    told
}

/// A plate that moves down and to the right, from the left half into the right one, as it is read.
fn changes_over(text: &'static str) -> Vec<Look> {
    let at = |step: u8| look(100 * u64::from(step), 250.0 + 20.0 * f32::from(step), 30.0 * f32::from(step), text);
    (0..20).map(at).collect()
}

#[test]
fn a_vehicle_that_changes_lanes_is_one_and_passes_in_the_lane_by_which_it_leaves() {
    for order in [[0, 1], [1, 0]] {
        let told = told(&changes_over("12C12345"), order);
        assert_eq!(told, ["l0 Provisional 12C12345 track 1", "l1 Final 12C12345 track 1"]);
    }
}

#[test]
fn a_vehicle_that_is_told_in_one_lane_and_seen_again_in_the_other_is_amended() {
    let hidden = |look: &Look| look.ms <= 500 || look.ms >= 1800;
    let looks: Vec<Look> = changes_over("12C12345").into_iter().filter(hidden).collect();
    let looks: Vec<Look> =
        looks.into_iter().map(|l| if l.ms > 1000 { Look { ms: l.ms + 3000, ..l } } else { l }).collect();
    let told = told(&looks, [0, 1]);
    assert_eq!(told, ["l0 Provisional 12C12345 track 1", "l0 Final 12C12345 track 1", "l1 Amended 12C12345 track 1"]);
}

#[test]
fn two_vehicles_side_by_side_stay_two() {
    let down = |step: u8| f32::from(step) * 30.0;
    let left = (0..20_u8).map(|step| look(100 * u64::from(step), 350.0, down(step), "12C12345"));
    let right = (1..20_u8).map(|step| look(100 * u64::from(step), 550.0, down(step), "12C12346"));
    let told = told(&left.chain(right).collect::<Vec<_>>(), [0, 1]);
    let finals: Vec<_> = told.iter().filter(|line| line.contains("Final")).collect();
    assert_eq!(finals.len(), 2, "{told:?}");
    assert!(finals[0].contains("l0") && finals[1].contains("l1"), "{told:?}");
}
