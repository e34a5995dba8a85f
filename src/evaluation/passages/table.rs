//! The figures as a table, for people: a line per kind of scenario, then one per thing that makes a passage hard, then all,
//! beside the goals.

use std::fmt;

use super::count::{Count, percentile};
use super::figures::{Figures, conditions};
use super::goals;
use super::outcome::ScenarioOutcome;

/// Shows scenarios as a table.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a>(pub &'a [ScenarioOutcome]);

const NAME: usize = 24;
/// Wide enough for `500/500 100.0%`.
const CELL: usize = 16;
/// Wide enough for `0.50 / 0.90`.
const DELAY: usize = 13;

/// How the figures are counted.
const NOTES: &str = "
recall: passages that were told, with a plate or with a reason why not. A plate that nobody could read (\"illegible\") must be
told with a reason or with that very plate; it is not in \"exact plate\", which is of all other passages, missed ones included.
duplicates: events too many, those of nothing included. direction: of the passages that were told. visits: of several
passages; joined if all were told with one visit, which nobody else has. apart: vehicles by themselves, joined with nobody.
final: seconds from the last sight of the plate (whole, 10 pixels high) to the time of the picture after which the event was
final; provisional: from the picture in which two readings agreed. Neither has the time in it that recognition takes.
queue: samples that are off by one vehicle at most. In \"95% from\" and \"to\": where the true share lies, by chance alone.
";

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scenarios = self.0;
        heading(f)?;
        writeln!(f, "by scenario")?;
        for kind in kinds(scenarios) {
            line(f, kind, &Figures::of(scenarios.iter().filter(|scenario| scenario.kind == kind)))?;
        }
        let conditions = conditions(scenarios);
        if !conditions.is_empty() {
            writeln!(f, "by what makes a passage hard (a passage may have several)")?;
            line(f, "nothing", &Figures::under(scenarios, None))?;
            for condition in conditions {
                line(f, condition, &Figures::under(scenarios, Some(condition)))?;
            }
        }
        let all = Figures::of(scenarios);
        writeln!(f)?;
        line(f, "all", &all)?;
        interval_lines(f, &all)?;
        goal_line(f)?;
        reached_line(f, &all)?;
        writeln!(f, "\nillegible passages: {}; events of nothing: {}", all.illegible, all.of_nothing)?;
        f.write_str(NOTES)
    }
}

/// The kinds of scenarios, in the order in which they come first.
fn kinds(scenarios: &[ScenarioOutcome]) -> Vec<&str> {
    let mut kinds: Vec<&str> = Vec::new();
    for scenario in scenarios {
        if !kinds.contains(&scenario.kind.as_str()) {
            kinds.push(&scenario.kind);
        }
    }
    kinds
}

fn cells(f: &mut fmt::Formatter<'_>, name: &str, counts: [String; 7], delays: [String; 2]) -> fmt::Result {
    let counts = counts.iter().map(|cell| format!("{cell:>CELL$}"));
    let cells: String = counts.chain(delays.iter().map(|cell| format!("{cell:>DELAY$}"))).collect();
    writeln!(f, "{}", format!("{name:<NAME$}{cells}").trim_end())
}

fn heading(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let counts = ["recall", "duplicates", "exact plate", "direction", "visits joined", "apart", "queue +-1"];
    cells(f, "", counts.map(str::to_owned), ["final s".to_owned(), "provis. s".to_owned()])?;
    cells(f, "", counts.map(|_| String::new()), ["p50 / p95", "p50 / p95"].map(str::to_owned))
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, figures: &Figures) -> fmt::Result {
    let counts = counts(figures).map(|count| count.to_string());
    cells(f, &format!("  {name}"), counts, [&figures.final_delays_s, &figures.provisional_delays_s].map(|d| delay(d)))
}

fn counts(figures: &Figures) -> [Count; 7] {
    let Figures { recall, duplicates, exact, direction, visits, apart, queues, .. } = figures;
    [*recall, *duplicates, *exact, *direction, *visits, *apart, *queues]
}

fn delay(delays: &[f64]) -> String {
    let shown = |share: f64| percentile(delays, share).map(|delay| format!("{delay:.2}"));
    match (shown(0.5), shown(0.95)) {
        (Some(p50), Some(p95)) => format!("{p50} / {p95}"),
        _ => "-".to_owned(),
    }
}

fn interval_lines(f: &mut fmt::Formatter<'_>, all: &Figures) -> fmt::Result {
    let ends = [("95% from", (|(low, _)| low) as fn((f64, f64)) -> f64), ("95% to", |(_, high)| high)];
    for (name, end) in ends {
        let shown = |count: Count| count.interval().map_or_else(|| "-".to_owned(), |both| percent(end(both)));
        let [recall, duplicates, exact, direction, visits, apart, _] = counts(all).map(shown);
        // One second's queue is much like the next one's: chance alone says little about them.
        let counts = [recall, duplicates, exact, direction, visits, apart, String::new()];
        cells(f, &format!("  {name}"), counts, ["", ""].map(str::to_owned))?;
    }
    Ok(())
}

fn goal_line(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let least = |goal: f64| format!(">= {}", percent(goal));
    let counts = [
        least(goals::RECALL),
        format!("<= {}", percent(goals::DUPLICATES)),
        least(goals::EXACT),
        least(goals::DIRECTION),
        least(goals::VISITS),
        String::new(),
        least(goals::QUEUES),
    ];
    let delays = [goals::FINAL_DELAY_S, goals::PROVISIONAL_DELAY_S].map(|goal| format!("<= {goal:.2}"));
    cells(f, "  goal", counts, delays)
}

fn reached_line(f: &mut fmt::Formatter<'_>, all: &Figures) -> fmt::Result {
    let [recall, duplicates, exact, direction, visits, finals, provisionals, queues] = all.reached().map(|reached| {
        match reached {
            Some(true) => "reached",
            Some(false) => "NOT reached",
            None => "not measured",
        }
        .to_owned()
    });
    cells(f, "", [recall, duplicates, exact, direction, visits, String::new(), queues], [finals, provisionals])
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::super::misses::Misses;
    use super::super::samples::{told_event, true_passage};
    use super::super::told::{Told, ToldEvent, ToldQueue};
    use super::*;
    use crate::passage::Direction;
    use crate::plate::LaneName;
    use crate::synthetic::truth::{TruePassage, TrueQueue, Truth};

    fn scenarios() -> Vec<ScenarioOutcome> {
        let queue = |at_s: f64| TrueQueue { at_s, lane: "in-1".into(), vehicles_in_view: 4, queue_length: 3 };
        let told_queue = |at_s: f64, queue_length| {
            let lane = LaneName::try_from("in-1").unwrap();
            ToldQueue { lane, at_s, queue_length }
        };
        let day = Truth {
            scenario: "day-1".into(),
            passages: vec![true_passage(1, "12C12345", [1.0, 4.0]), true_passage(2, "桂F12345", [10.0, 14.0])],
            queues: vec![queue(1.0), queue(2.0)],
            ..Truth::default()
        };
        let night = Truth {
            scenario: "night-1".into(),
            passages: vec![TruePassage { conditions: vec!["night".into()], ..true_passage(1, "14A67892", [1.0, 4.0]) }],
            ..Truth::default()
        };
        let by_day = Told {
            events: vec![told_event(1, "12C12345", [1.0, 4.0]), told_event(2, "12C12345", [3.0, 4.0])],
            queues: vec![told_queue(1.0, 3), told_queue(2.0, 9)],
            ..Told::default()
        };
        let wrong = ToldEvent {
            direction: Some(Direction::Out),
            told_at_s: Some(6.0),
            ..told_event(1, "14A67893", [1.0, 4.0])
        };
        let by_night = Told { events: vec![wrong, told_event(2, "34R01357", [40.0, 41.0])], ..Told::default() };
        vec![ScenarioOutcome::of(&day, &by_day, "day"), ScenarioOutcome::of(&night, &by_night, "night")]
    }

    #[test]
    fn the_table_has_a_line_per_kind_and_condition_and_the_goals_and_lists_what_went_wrong() {
        let scenarios = scenarios();
        insta::assert_snapshot!(format!("{}{}", Table(&scenarios), Misses { scenarios: &scenarios, most: 10 }));
    }

    #[test]
    fn more_than_is_listed_is_still_counted() {
        let scenarios = scenarios();
        let listed = Misses { scenarios: &scenarios, most: 0 }.to_string();
        assert!(listed.contains("missed: 1\n  and 1 more"), "{listed}");
    }
}
