//! What somebody has to work on: every passage, visit and queue that is not as it should be, and what came instead.

use std::fmt;

use super::goals;
use super::outcome::{PassageOutcome, ScenarioOutcome, of_truth};
use super::told::ToldPassage;

/// Lists what went wrong, by what it is, the most important first.
#[derive(Debug, Clone, Copy)]
pub struct Misses<'a> {
    /// The scenarios.
    pub scenarios: &'a [ScenarioOutcome],
    /// So many of each kind are listed; of the rest only the number is told.
    pub most: usize,
}

impl fmt::Display for Misses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of_passages(f, "missed", |passage| (!passage.is_told()).then(|| what_came(passage)))?;
        self.of_passages(f, "not exactly the plate", |passage| {
            let wrong = passage.truth.legible && passage.is_told() && !passage.is_exact();
            wrong.then(|| what_came(passage))
        })?;
        self.list(f, "told more than once", self.scenarios.iter().flat_map(duplicates))?;
        self.list(f, "told of nothing", self.scenarios.iter().flat_map(of_nothing))?;
        self.of_passages(f, "wrong direction", wrong_direction)?;
        self.of_passages(f, "told late", late)?;
        self.list(f, "visits not joined, or joined wrongly", self.scenarios.iter().flat_map(visits))?;
        self.list(f, "wrong queue", self.scenarios.iter().flat_map(queues))
    }
}

impl Misses<'_> {
    fn of_passages(
        &self,
        f: &mut fmt::Formatter<'_>,
        what: &str,
        remark: fn(&PassageOutcome) -> Option<String>,
    ) -> fmt::Result {
        let of_scenario = |scenario: &'_ ScenarioOutcome| -> Vec<String> {
            let line = |passage: &PassageOutcome| Some(format!("{}: {}", place(scenario, passage), remark(passage)?));
            scenario.passages.iter().filter_map(line).collect()
        };
        self.list(f, what, self.scenarios.iter().flat_map(of_scenario))
    }

    fn list(&self, f: &mut fmt::Formatter<'_>, what: &str, lines: impl Iterator<Item = String>) -> fmt::Result {
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{what}: {}", lines.len())?;
        lines.iter().take(self.most).try_for_each(|line| writeln!(f, "  {line}"))?;
        if lines.len() > self.most {
            writeln!(f, "  and {} more", lines.len() - self.most)?;
        }
        Ok(())
    }
}

/// `night-1 in-2 12.3-15.0 s 12C12345 (night, dirt)`.
fn place(scenario: &ScenarioOutcome, passage: &PassageOutcome) -> String {
    let truth = &passage.truth;
    let plate = truth.plate.as_deref().unwrap_or("without a plate");
    let illegible = if truth.legible { "" } else { ", illegible" };
    let conditions =
        if truth.conditions.is_empty() { String::new() } else { format!(" ({})", truth.conditions.join(", ")) };
    let (from, to) = (truth.first_visible_s, truth.last_visible_s);
    format!("{} {} {from:.1}-{to:.1} s {plate}{illegible}{conditions}", scenario.name, truth.lane)
}

fn what_came(passage: &PassageOutcome) -> String {
    passage.answer.as_ref().map_or_else(|| "nothing was told".to_owned(), event)
}

/// `told 12C12346, seen 12.4-14.9 s`.
fn event(told: &ToldPassage) -> String {
    let what = match &told.plate {
        Ok(plate) => plate.to_string(),
        Err(reason) => format!("unread ({reason:?})"),
    };
    format!("told {what}, track {}, seen {:.1}-{:.1} s", told.track.number(), told.first_seen_s, told.last_seen_s)
}

fn duplicates(scenario: &ScenarioOutcome) -> Vec<String> {
    let of_passage = |passage: &PassageOutcome| -> Vec<String> {
        let place = place(scenario, passage);
        let line =
            |again: &ToldPassage| format!("{place}: {}, and {} in {}", what_came(passage), event(again), again.lane);
        passage.duplicates.iter().map(line).collect()
    };
    scenario.passages.iter().flat_map(of_passage).collect()
}

fn of_nothing(scenario: &ScenarioOutcome) -> Vec<String> {
    scenario.of_nothing.iter().map(|told| format!("{} {}: {}", scenario.name, told.lane, event(told))).collect()
}

fn wrong_direction(passage: &PassageOutcome) -> Option<String> {
    let answer = passage.answer.as_ref().filter(|_| !passage.has_direction())?;
    let told = answer.direction.map_or_else(|| "not told".to_owned(), |told| format!("told {:?}", of_truth(told)));
    Some(format!("{:?}, {told}", passage.truth.direction))
}

fn late(passage: &PassageOutcome) -> Option<String> {
    let late_final = passage.final_delay_s().filter(|delay| *delay > goals::FINAL_DELAY_S);
    let late_provisional = passage.provisional_delay_s().filter(|delay| *delay > goals::PROVISIONAL_DELAY_S);
    match (late_final, late_provisional) {
        (Some(delay), _) => Some(format!("final after {delay:.2} s")),
        (None, Some(delay)) => Some(format!("provisional after {delay:.2} s")),
        (None, None) => None,
    }
}

fn visits(scenario: &ScenarioOutcome) -> Vec<String> {
    let wrong = scenario.visits.iter().filter(|visit| !visit.alone_together);
    let line = |visit: &super::outcome::VisitOutcome| {
        let member = |index: &usize| {
            let passage = &scenario.passages[*index];
            let told = passage.answer.as_ref().and_then(|answer| answer.visit.as_ref());
            let told = told.map_or_else(
                || "no visit".to_owned(),
                |id| format!("visit of track {} in {}", id.track.number(), id.lane),
            );
            format!(
                "{} ({:?}) in {}: {told}",
                passage.truth.plate.as_deref().unwrap_or("-"),
                passage.truth.role,
                passage.truth.lane
            )
        };
        let members: Vec<String> = visit.passages.iter().map(member).collect();
        format!("{} visit {}: {}", scenario.name, visit.visit, members.join("; "))
    };
    wrong.map(line).collect()
}

fn queues(scenario: &ScenarioOutcome) -> Vec<String> {
    let wrong = scenario.queues.iter().filter(|queue| !queue.is_right());
    let line = |queue: &super::outcome::QueueOutcome| {
        let told = queue.told.map_or_else(|| "nothing".to_owned(), |told| told.to_string());
        format!(
            "{} {} at {:.0} s: {}, told {told}",
            scenario.name, queue.truth.lane, queue.truth.at_s, queue.truth.queue_length
        )
    };
    wrong.map(line).collect()
}
