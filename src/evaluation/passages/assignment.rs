//! Which event is of which vehicle.
//!
//! Only an event and a passage of one lane that overlap in time go together. In turn:
//!
//! 1. An event that says exactly the plate of a passage is of that passage.
//! 2. What is left goes to the passage whose plate is most like its own, and then to the one that it overlaps most: a
//!    wrong plate is a wrong plate, and not a vehicle missed and another one invented. Not so an event that says exactly
//!    the plate of a vehicle in view, in whatever lane: it is of that vehicle and of no other.
//! 3. What is left then is one too many. It is a duplicate of the passage that it is most like, and of nothing where none
//!    is near.

use std::cmp::Ordering;

use super::told::ToldPassage;
use crate::synthetic::truth::TruePassage;

/// A plate may be read a little before it is wholly in view or 10 pixels high, and after; vehicles in a lane are further apart.
const SLACK_S: f64 = 1.0;
/// A text is like another one if at most this share of its characters differs: two of seven or eight.
const LIKE: f64 = 0.3;

/// What became of the events of one scenario.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assignment {
    /// For each true passage, the event that is its own, as an index.
    pub answers: Vec<Option<usize>>,
    /// For each true passage, the events that tell of it once more.
    pub duplicates: Vec<Vec<usize>>,
    /// Events that no vehicle is near.
    pub of_nothing: Vec<usize>,
}

/// An event and a passage that may belong together; the likeliest pair is the greatest.
#[derive(Debug, Clone, Copy)]
struct Pair {
    passage: usize,
    event: usize,
    likeness: Likeness,
    overlap: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// Another plate, or none.
    Unlike,
    Like,
    Exact,
}

/// Finds for each passage its event.
#[must_use]
pub fn assign(truth: &[TruePassage], told: &[ToldPassage]) -> Assignment {
    let pairs = pairs(truth, told);
    let mut answers: Vec<Option<usize>> = vec![None; truth.len()];
    let mut taken = vec![false; told.len()];
    for pair in &pairs {
        let free = answers[pair.passage].is_none() && !taken[pair.event];
        if free && (pair.likeness == Likeness::Exact || !says_anothers_plate(truth, &told[pair.event])) {
            answers[pair.passage] = Some(pair.event);
            taken[pair.event] = true;
        }
    }
    let mut assignment = Assignment { answers, duplicates: vec![Vec::new(); truth.len()], of_nothing: Vec::new() };
    for event in (0..told.len()).filter(|event| !taken[*event]) {
        let elsewhere = || truth.iter().position(|passage| says_its_plate(passage, &told[event]));
        let own = pairs.iter().find(|pair| pair.event == event).copied();
        let repeats = match own {
            Some(pair) if pair.likeness == Likeness::Exact => Some(pair.passage),
            own => elsewhere().or(own.map(|pair| pair.passage)),
        };
        match repeats {
            Some(passage) => assignment.duplicates[passage].push(event),
            None => assignment.of_nothing.push(event),
        }
    }
    assignment
}

/// All that may belong together, the likeliest first; of equals the earlier passage and event, so that the order is certain.
fn pairs(truth: &[TruePassage], told: &[ToldPassage]) -> Vec<Pair> {
    let of_passage = |(passage, true_passage)| {
        let near = told.iter().enumerate().filter(move |(_, event)| is_near(true_passage, event));
        near.map(move |(event, told)| Pair {
            passage,
            event,
            likeness: likeness(true_passage, told),
            overlap: overlap(true_passage, told),
        })
    };
    let mut pairs: Vec<Pair> = truth.iter().enumerate().flat_map(of_passage).collect();
    pairs.sort_by(likelier_first);
    pairs
}

fn likelier_first(a: &Pair, b: &Pair) -> Ordering {
    let likeness = b.likeness.cmp(&a.likeness);
    likeness.then(b.overlap.total_cmp(&a.overlap)).then((a.passage, a.event).cmp(&(b.passage, b.event)))
}

fn is_near(passage: &TruePassage, told: &ToldPassage) -> bool {
    passage.lane == told.lane.as_str() && is_in_view(passage, told)
}

fn is_in_view(passage: &TruePassage, told: &ToldPassage) -> bool {
    told.first_seen_s <= passage.last_visible_s + SLACK_S && told.last_seen_s >= passage.first_visible_s - SLACK_S
}

fn says_anothers_plate(truth: &[TruePassage], told: &ToldPassage) -> bool {
    truth.iter().any(|passage| says_its_plate(passage, told))
}

/// Whether the event says exactly the plate of a vehicle that is in view, wherever.
fn says_its_plate(passage: &TruePassage, told: &ToldPassage) -> bool {
    is_in_view(passage, told) && likeness(passage, told) == Likeness::Exact
}

fn likeness(passage: &TruePassage, told: &ToldPassage) -> Likeness {
    let (Some(truth), Ok(read)) = (&passage.plate, &told.plate) else { return Likeness::Unlike };
    match strsim::levenshtein(truth, read.as_str()) {
        0 => Likeness::Exact,
        #[expect(clippy::cast_precision_loss, reason = "a plate's characters")]
        edits if edits as f64 <= truth.chars().count() as f64 * LIKE => Likeness::Like,
        _ => Likeness::Unlike,
    }
}

/// Time in common as a share of the time of either; 0 where there is only slack between them.
fn overlap(passage: &TruePassage, told: &ToldPassage) -> f64 {
    let common = passage.last_visible_s.min(told.last_seen_s) - passage.first_visible_s.max(told.first_seen_s);
    let either = passage.last_visible_s.max(told.last_seen_s) - passage.first_visible_s.min(told.first_seen_s);
    if either > 0.0 { (common / either).max(0.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{told_event, true_passage};
    use super::super::told::{Told, ToldEvent};
    use super::*;
    use crate::passage::{NoReadReason, TrackId};
    use crate::plate::LaneName;

    fn check(truth: &[TruePassage], events: Vec<ToldEvent>, expect: Assignment) {
        let told = Told { events, ..Told::default() }.passages();
        assert_eq!(assign(truth, &told), expect);
    }

    fn unread(event: ToldEvent) -> ToldEvent {
        ToldEvent { plate: Err(NoReadReason::NoAgreement), ..event }
    }

    fn in_lane(lane: &str, event: ToldEvent) -> ToldEvent {
        let track = TrackId(event.track.0 + TrackId::OF_A_LANE);
        ToldEvent { lane: LaneName::try_from(lane).unwrap(), track, ..event }
    }

    #[test]
    fn a_wrong_plate_is_its_vehicles_event_and_not_a_miss_and_an_invention() {
        check(
            &[true_passage(1, "12C12345", [1.0, 4.0])],
            vec![told_event(1, "99K77777", [1.2, 3.0])],
            Assignment { answers: vec![Some(0)], duplicates: vec![vec![]], of_nothing: vec![] },
        );
    }

    #[test]
    fn two_vehicles_bumper_to_bumper_keep_their_own_events_whatever_overlaps() {
        check(
            &[true_passage(1, "12C12345", [1.0, 6.0]), true_passage(2, "14A67892", [2.0, 8.0])],
            vec![told_event(1, "14A67892", [1.0, 8.0]), told_event(2, "12C12346", [2.0, 8.0])],
            Assignment { answers: vec![Some(1), Some(0)], duplicates: vec![vec![], vec![]], of_nothing: vec![] },
        );
    }

    #[test]
    fn a_second_event_of_a_vehicle_is_a_duplicate_read_or_unread() {
        let again = told_event(2, "12C12345", [4.2, 5.0]);
        check(
            &[true_passage(1, "12C12345", [1.0, 5.0])],
            vec![told_event(1, "12C12345", [1.0, 4.0]), again, unread(told_event(3, "12C12345", [1.0, 2.0]))],
            Assignment { answers: vec![Some(0)], duplicates: vec![vec![1, 2]], of_nothing: vec![] },
        );
    }

    #[test]
    fn a_plate_stolen_from_the_vehicle_before_is_a_duplicate_of_that_one_and_the_vehicle_behind_is_missed() {
        check(
            &[true_passage(1, "12C12345", [1.0, 4.0]), true_passage(2, "14A67892", [3.0, 6.0])],
            vec![told_event(1, "12C12345", [1.0, 3.0]), told_event(2, "12C12345", [3.0, 6.0])],
            Assignment { answers: vec![Some(0), None], duplicates: vec![vec![1], vec![]], of_nothing: vec![] },
        );
    }

    #[test]
    fn an_event_in_the_neighbours_lane_is_not_the_neighbours() {
        let neighbour = TruePassage { lane: "in-2".into(), ..true_passage(2, "14A67892", [1.0, 4.0]) };
        check(
            &[true_passage(1, "12C12345", [1.0, 4.0]), neighbour],
            vec![told_event(1, "12C12345", [1.0, 4.0]), in_lane("in-2", told_event(1, "12C12345", [1.0, 4.0]))],
            Assignment { answers: vec![Some(0), None], duplicates: vec![vec![1], vec![]], of_nothing: vec![] },
        );
    }

    #[test]
    fn one_plate_before_two_cameras_gives_each_its_own_event() {
        let rear = TruePassage { lane: "in-1-rear".into(), ..true_passage(1, "12C12345", [3.0, 6.0]) };
        check(
            &[true_passage(1, "12C12345", [1.0, 4.0]), rear],
            vec![in_lane("in-1-rear", told_event(1, "12C12345", [3.0, 6.0])), told_event(1, "12C12345", [1.0, 4.0])],
            Assignment { answers: vec![Some(1), Some(0)], duplicates: vec![vec![], vec![]], of_nothing: vec![] },
        );
    }

    #[test]
    fn what_is_told_while_nobody_is_there_is_of_nothing_and_a_vehicle_that_comes_back_is_another_passage() {
        check(
            &[true_passage(1, "12C12345", [1.0, 4.0]), true_passage(2, "12C12345", [60.0, 64.0])],
            vec![told_event(1, "34R01357", [20.0, 21.0]), told_event(2, "12C12345", [60.0, 64.0])],
            Assignment { answers: vec![None, Some(1)], duplicates: vec![vec![], vec![]], of_nothing: vec![0] },
        );
    }

    proptest! {
        #[test]
        fn every_event_has_exactly_one_place(
            vehicles in prop::collection::vec((0..3_usize, 0.0..30.0_f64, 0.1..9.0_f64), 0..8),
            events in prop::collection::vec((0..4_usize, 0.0..40.0_f64, 0.0..9.0_f64), 0..12),
        ) {
            let plates = ["12C12345", "12C12346", "14A67892", "桂F12345"];
            let truth: Vec<_> =
                vehicles.iter().map(|(plate, at, long)| true_passage(1, plates[*plate], [*at, at + long])).collect();
            let event = |(number, (plate, at, long)): (u64, &(usize, f64, f64))| told_event(number, plates[*plate], [*at, at + long]);
            let events: Vec<_> = (1..).zip(&events).map(event).collect();
            let told = Told { events, ..Told::default() }.passages();
            let Assignment { answers, duplicates, of_nothing } = assign(&truth, &told);
            let mut places: Vec<usize> =
                answers.into_iter().flatten().chain(duplicates.into_iter().flatten()).chain(of_nothing).collect();
            places.sort_unstable();
            prop_assert_eq!(places, (0..told.len()).collect::<Vec<_>>());
        }
    }
}
