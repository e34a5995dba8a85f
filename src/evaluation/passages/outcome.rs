//! What became of each vehicle, visit and queue of one scenario.

use std::collections::{BTreeMap, BTreeSet};

use super::assignment::assign;
use super::told::{Told, ToldPassage, ToldQueue};
use crate::dossier::VisitId;
use crate::passage::Direction;
use crate::synthetic::truth::{TrueDirection, TruePassage, TrueQueue, Truth};

/// One scenario, scored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScenarioOutcome {
    /// The scenario's name.
    pub name: String,
    /// What kind of scenario it is: those of one kind are summed up.
    pub kind: String,
    /// Every passage that there was.
    pub passages: Vec<PassageOutcome>,
    /// Events of no vehicle.
    pub of_nothing: Vec<ToldPassage>,
    /// Every visit that there was.
    pub visits: Vec<VisitOutcome>,
    /// The queues; none where they were not measured.
    pub queues: Vec<QueueOutcome>,
}

/// What became of one passage.
#[derive(Debug, Clone, PartialEq)]
pub struct PassageOutcome {
    /// What passed.
    pub truth: TruePassage,
    /// Its event.
    pub answer: Option<ToldPassage>,
    /// More events of it.
    pub duplicates: Vec<ToldPassage>,
}

/// What became of one visit.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitOutcome {
    /// Its number in the truth.
    pub visit: u32,
    /// Its passages, as indices into those of the scenario.
    pub passages: Vec<usize>,
    /// Whether the events of all its passages, and no other vehicle's, are of one visit.
    pub alone_together: bool,
}

/// A lane's queue at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueOutcome {
    /// How long it was.
    pub truth: TrueQueue,
    /// How long it was told to be; `None` where nothing was told at that time.
    pub told: Option<u32>,
}

/// A queue is compared with the one that was told next to it, within this time.
const QUEUE_TIME_S: f64 = 0.75;

impl ScenarioOutcome {
    /// What became of everything in `truth`, a scenario of this kind.
    #[must_use]
    pub fn of(truth: &Truth, told: &Told, kind: &str) -> Self {
        let told_passages = told.passages();
        let assigned = assign(&truth.passages, &told_passages);
        let event = |index: &usize| told_passages[*index].clone();
        let outcome = |(index, passage): (usize, &TruePassage)| PassageOutcome {
            truth: passage.clone(),
            answer: assigned.answers[index].as_ref().map(event),
            duplicates: assigned.duplicates[index].iter().map(event).collect(),
        };
        let passages: Vec<_> = truth.passages.iter().enumerate().map(outcome).collect();
        Self {
            name: truth.scenario.clone(),
            kind: kind.to_owned(),
            visits: visits(&passages),
            passages,
            of_nothing: assigned.of_nothing.iter().map(event).collect(),
            queues: queues(&truth.queues, &told.queues),
        }
    }
}

impl PassageOutcome {
    /// Whether the vehicle was told. One that nobody could read must not have been told with another plate than its own.
    #[must_use]
    pub fn is_told(&self) -> bool {
        let unread = self.answer.as_ref().is_some_and(|answer| answer.plate.is_err());
        self.answer.is_some() && (self.truth.legible || unread || self.is_exact())
    }

    /// Whether its plate was told, character by character.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        let told = self.answer.as_ref().and_then(|answer| answer.plate.as_ref().ok());
        told.is_some_and(|plate| self.truth.plate.as_deref() == Some(plate.as_str()))
    }

    /// Whether its direction was told and is right.
    #[must_use]
    pub fn has_direction(&self) -> bool {
        let told = self.answer.as_ref().and_then(|answer| answer.direction);
        told.is_some_and(|direction| of_truth(direction) == self.truth.direction)
    }

    /// From when its plate was last visible to when its event was final; 0 where that was told before (it was hidden, and came
    /// back); `None` where nothing was, or only because the recording ended.
    #[must_use]
    pub fn final_delay_s(&self) -> Option<f64> {
        let told = self.answer.as_ref()?.final_at_s?;
        Some((told - self.truth.last_visible_s).max(0.0))
    }

    /// From the picture in which two readings agreed to when its provisional event was told.
    #[must_use]
    pub fn provisional_delay_s(&self) -> Option<f64> {
        let answer = self.answer.as_ref()?;
        Some((answer.provisional_at_s? - answer.agreed_at_s?).max(0.0))
    }
}

impl QueueOutcome {
    /// Whether it was told with an error of at most one vehicle.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.told.is_some_and(|told| told.abs_diff(self.truth.queue_length) <= 1)
    }
}

/// The truth's word for a direction.
#[must_use]
pub fn of_truth(direction: Direction) -> TrueDirection {
    match direction {
        Direction::In => TrueDirection::In,
        Direction::Out => TrueDirection::Out,
        Direction::TurnedBack => TrueDirection::TurnedBack,
    }
}

fn visits(passages: &[PassageOutcome]) -> Vec<VisitOutcome> {
    let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, passage) in passages.iter().enumerate() {
        members.entry(passage.truth.visit).or_default().push(index);
    }
    let outcome = |(visit, passages_of_it): (u32, Vec<usize>)| VisitOutcome {
        visit,
        alone_together: alone_together(visit, &passages_of_it, passages),
        passages: passages_of_it,
    };
    members.into_iter().map(outcome).collect()
}

fn alone_together(visit: u32, members: &[usize], passages: &[PassageOutcome]) -> bool {
    let told = |index: &usize| passages[*index].answer.as_ref().and_then(|answer| answer.visit.as_ref());
    let told_visits: Vec<Option<&VisitId>> = members.iter().map(told).collect();
    let together = told_visits.windows(2).all(|pair| pair[0].is_some() && pair[0] == pair[1]);
    let in_one_of_them = |passage: &&PassageOutcome| {
        let visit = passage.answer.as_ref().and_then(|answer| answer.visit.as_ref());
        visit.is_some() && told_visits.contains(&visit)
    };
    let who: BTreeSet<u32> = passages.iter().filter(in_one_of_them).map(|passage| passage.truth.visit).collect();
    together && who.into_iter().all(|other| other == visit)
}

fn queues(truth: &[TrueQueue], told: &[ToldQueue]) -> Vec<QueueOutcome> {
    if told.is_empty() {
        return Vec::new();
    }
    let nearest = |queue: &TrueQueue| {
        let away = |told: &&ToldQueue| (told.at_s - queue.at_s).abs();
        let there = told.iter().filter(|told| told.lane.as_str() == queue.lane && away(told) <= QUEUE_TIME_S);
        there.min_by(|a, b| away(a).total_cmp(&away(b))).map(|told| told.queue_length)
    };
    truth.iter().map(|queue| QueueOutcome { truth: queue.clone(), told: nearest(queue) }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{told_at, told_event, true_passage};
    use super::super::told::ToldEvent;
    use super::*;
    use crate::frame::Moment;
    use crate::passage::{NoReadReason, TrackId};
    use crate::plate::LaneName;
    use std::time::Duration;

    fn score(passages: Vec<TruePassage>, events: Vec<ToldEvent>) -> ScenarioOutcome {
        let truth = Truth { passages, ..Truth::default() };
        ScenarioOutcome::of(&truth, &Told { events, ..Told::default() }, "day")
    }

    fn of_visit(track: u64, event: ToldEvent) -> ToldEvent {
        let began = Moment { wall: jiff::Timestamp::UNIX_EPOCH, elapsed: Duration::ZERO };
        ToldEvent { visit: Some(VisitId { lane: event.lane.clone(), track: TrackId(track), began }), ..event }
    }

    fn joined(events: Vec<ToldEvent>) -> Vec<bool> {
        let passages = vec![
            true_passage(1, "12C12345", [1.0, 4.0]),
            true_passage(1, "12R00123", [5.0, 8.0]),
            true_passage(2, "14A67892", [20.0, 24.0]),
        ];
        score(passages, events).visits.iter().map(|visit| visit.alone_together).collect()
    }

    #[test]
    fn what_nobody_can_read_is_told_right_unread_or_with_its_own_plate_only() {
        let check = |plate: Result<&str, NoReadReason>, expect: bool| {
            let truth = TruePassage { legible: false, ..true_passage(1, "12C12345", [1.0, 4.0]) };
            let event = told_event(1, plate.unwrap_or("0"), [1.0, 4.0]);
            let event =
                plate.map_or_else(|reason| ToldEvent { plate: Err(reason), ..event.clone() }, |_| event.clone());
            assert_eq!(score(vec![truth], vec![event]).passages[0].is_told(), expect);
        };
        check(Err(NoReadReason::NoAgreement), true);
        check(Ok("12C12345"), true);
        check(Ok("12C12346"), false);
    }

    #[test]
    fn a_delay_is_from_the_last_sight_of_the_plate_and_never_negative() {
        let delay = |told_s: f64| {
            let event = told_at(told_event(1, "12C12345", [1.0, 3.9]), told_s);
            score(vec![true_passage(1, "12C12345", [1.0, 4.0])], vec![event]).passages[0].final_delay_s()
        };
        assert_eq!(delay(4.5), Some(0.5));
        assert_eq!(delay(3.0), Some(0.0));
        let cut_off = ToldEvent { told_at_s: None, ..told_event(1, "12C12345", [1.0, 3.9]) };
        let passages = score(vec![true_passage(1, "12C12345", [1.0, 4.0])], vec![cut_off]).passages;
        assert_eq!(passages[0].final_delay_s(), None);
    }

    #[test]
    fn a_visit_is_joined_when_all_its_vehicles_and_nobody_else_have_one_visit() {
        let (tractor, trailer) = (told_event(1, "12C12345", [1.0, 4.0]), told_event(2, "12R00123", [5.0, 8.0]));
        let alone = told_event(3, "14A67892", [20.0, 24.0]);
        let with = |visit: u64, event: &ToldEvent| of_visit(visit, event.clone());
        assert_eq!(joined(vec![with(1, &tractor), with(1, &trailer), with(3, &alone)]), [true, true]);
        assert_eq!(joined(vec![with(1, &tractor), with(2, &trailer), with(3, &alone)]), [false, true]);
        assert_eq!(joined(vec![with(1, &tractor), with(1, &trailer), with(1, &alone)]), [false, false]);
        assert_eq!(joined(vec![with(1, &tractor), with(3, &alone)]), [false, true]);
        assert_eq!(joined(vec![tractor.clone(), trailer.clone(), alone.clone()]), [false, true]);
    }

    #[test]
    fn a_queue_is_right_to_within_one_vehicle_and_wrong_where_nothing_was_told() {
        let lane = || LaneName::try_from("in-1").unwrap();
        let truth = |at_s: f64| TrueQueue { at_s, lane: "in-1".into(), vehicles_in_view: 5, queue_length: 4 };
        let told = [(1.1, 5), (2.0, 2)].map(|(at_s, queue_length)| ToldQueue { lane: lane(), at_s, queue_length });
        let outcomes = queues(&[truth(1.0), truth(2.0), truth(9.0)], &told);
        assert_eq!(outcomes.iter().map(QueueOutcome::is_right).collect::<Vec<_>>(), [true, false, false]);
        assert!(queues(&[truth(1.0)], &[]).is_empty(), "nobody measured them");
    }
}
