//! The outcomes of scenarios, counted.

use std::collections::BTreeSet;

use super::count::{Count, percentile};
use super::goals;
use super::outcome::{PassageOutcome, ScenarioOutcome, VisitOutcome};

/// The figures of some scenarios, or of the passages under one condition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Passages that were told, of all.
    pub recall: Count,
    /// Events too many, of as many as there are passages: duplicates, and those of nothing.
    pub duplicates: Count,
    /// Passages with exactly their plate, of the legible ones that have one.
    pub exact: Count,
    /// Passages with the right direction, of those that were told.
    pub direction: Count,
    /// Visits of several passages that were joined, of all such.
    pub visits: Count,
    /// Vehicles by themselves that were joined with nothing, of all such.
    pub apart: Count,
    /// Queues told to within one vehicle, of all samples.
    pub queues: Count,
    /// Seconds from the last sight of a plate to its final event.
    pub final_delays_s: Vec<f64>,
    /// Seconds from the agreement to the provisional event.
    pub provisional_delays_s: Vec<f64>,
    /// Of the events too many, those of nothing.
    pub of_nothing: usize,
    /// Passages that nobody could read.
    pub illegible: usize,
}

impl Figures {
    /// The figures of whole scenarios.
    #[must_use]
    pub fn of<'a>(scenarios: impl IntoIterator<Item = &'a ScenarioOutcome>) -> Self {
        let mut figures = Self::default();
        for scenario in scenarios {
            scenario.passages.iter().for_each(|passage| figures.add_passage(passage));
            scenario.visits.iter().for_each(|visit| figures.add_visit(visit));
            scenario.queues.iter().for_each(|queue| figures.queues.add(queue.is_right()));
            figures.of_nothing += scenario.of_nothing.len();
            figures.duplicates.part += scenario.of_nothing.len();
        }
        figures
    }

    /// The figures of the passages that were made hard by one thing, or, for `None`, by nothing. A visit counts where one of
    /// its passages does; queues and events of nothing are nobody's.
    #[must_use]
    pub fn under<'a>(scenarios: impl IntoIterator<Item = &'a ScenarioOutcome>, condition: Option<&str>) -> Self {
        let applies = |passage: &PassageOutcome| match condition {
            Some(condition) => passage.truth.conditions.iter().any(|one| one == condition),
            None => passage.truth.conditions.is_empty(),
        };
        let mut figures = Self::default();
        for scenario in scenarios {
            scenario.passages.iter().filter(|one| applies(one)).for_each(|passage| figures.add_passage(passage));
            let counts = |visit: &&VisitOutcome| visit.passages.iter().any(|index| applies(&scenario.passages[*index]));
            scenario.visits.iter().filter(counts).for_each(|visit| figures.add_visit(visit));
        }
        figures
    }

    fn add_passage(&mut self, passage: &PassageOutcome) {
        self.recall.add(passage.is_told());
        self.duplicates.all += 1;
        self.duplicates.part += passage.duplicates.len();
        if passage.truth.legible && passage.truth.plate.is_some() {
            self.exact.add(passage.is_exact());
        } else {
            self.illegible += 1;
        }
        if passage.answer.is_some() {
            self.direction.add(passage.has_direction());
        }
        self.final_delays_s.extend(passage.final_delay_s());
        self.provisional_delays_s.extend(passage.provisional_delay_s());
    }

    fn add_visit(&mut self, visit: &VisitOutcome) {
        let count = if visit.passages.len() > 1 { &mut self.visits } else { &mut self.apart };
        count.add(visit.alone_together);
    }

    /// Each figure that has a goal: whether it is reached; `None` where nothing was counted.
    #[must_use]
    pub fn reached(&self) -> [Option<bool>; 8] {
        let least = |count: Count, goal: f64| count.share().map(|share| share >= goal);
        let delay = |delays: &[f64], goal: f64| percentile(delays, 0.95).map(|delay| delay <= goal);
        [
            least(self.recall, goals::RECALL),
            self.duplicates.share().map(|share| share <= goals::DUPLICATES),
            least(self.exact, goals::EXACT),
            least(self.direction, goals::DIRECTION),
            least(self.visits, goals::VISITS),
            delay(&self.final_delays_s, goals::FINAL_DELAY_S),
            delay(&self.provisional_delays_s, goals::PROVISIONAL_DELAY_S),
            least(self.queues, goals::QUEUES),
        ]
    }
}

/// Everything that makes a passage hard in these scenarios, in alphabetical order.
#[must_use]
pub fn conditions(scenarios: &[ScenarioOutcome]) -> BTreeSet<&str> {
    let passages = scenarios.iter().flat_map(|scenario| &scenario.passages);
    passages.flat_map(|passage| &passage.truth.conditions).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{told_event, true_passage};
    use super::super::told::{Told, ToldEvent};
    use super::*;
    use crate::passage::{Direction, NoReadReason};
    use crate::synthetic::truth::{TruePassage, Truth};

    fn scenario() -> ScenarioOutcome {
        let night = |passage: TruePassage| TruePassage { conditions: vec!["night".into()], ..passage };
        let passages = vec![
            true_passage(1, "12C12345", [1.0, 4.0]),
            night(true_passage(2, "14A67892", [10.0, 14.0])),
            night(TruePassage { legible: false, ..true_passage(3, "43A11111", [20.0, 24.0]) }),
            true_passage(4, "桂F12345", [30.0, 34.0]),
        ];
        let unread = ToldEvent { plate: Err(NoReadReason::NoAgreement), ..told_event(3, "0", [20.0, 24.0]) };
        let events = vec![
            told_event(1, "12C12345", [1.0, 4.0]),
            told_event(5, "12C12345", [2.0, 3.0]),
            ToldEvent { direction: Some(Direction::Out), ..told_event(2, "14A67893", [10.0, 14.0]) },
            unread,
            told_event(4, "34R01357", [50.0, 51.0]),
        ];
        let truth = Truth { passages, ..Truth::default() };
        ScenarioOutcome::of(&truth, &Told { events, ..Told::default() }, "day")
    }

    #[test]
    fn each_figure_counts_what_its_name_says() {
        let figures = Figures::of([&scenario()]);
        assert_eq!(figures.recall, Count { part: 3, all: 4 }, "one was missed");
        assert_eq!(figures.duplicates, Count { part: 2, all: 4 }, "one told twice, one of nothing");
        assert_eq!(figures.of_nothing, 1);
        assert_eq!(figures.exact, Count { part: 1, all: 3 }, "one is illegible, one misread, one missed");
        assert_eq!(figures.direction, Count { part: 2, all: 3 }, "of those told");
        assert_eq!((figures.visits, figures.apart), (Count::default(), Count { part: 4, all: 4 }));
        assert_eq!(figures.final_delays_s, [0.5, 0.5, 0.5]);
    }

    #[test]
    fn a_condition_has_its_passages_and_the_rest_are_ordinary() {
        let scenario = scenario();
        assert_eq!(Figures::under([&scenario], Some("night")).recall, Count { part: 2, all: 2 });
        assert_eq!(Figures::under([&scenario], None).recall, Count { part: 1, all: 2 });
        assert_eq!(conditions(&[scenario]).into_iter().collect::<Vec<_>>(), ["night"]);
    }

    #[test]
    fn goals_are_of_shares_and_what_was_not_counted_is_neither_reached_nor_missed() {
        let reached = Figures::of([&scenario()]).reached();
        assert_eq!(reached, [Some(false), Some(false), Some(false), Some(false), None, Some(true), None, None]);
    }
}
