//! `[[list]]`: the operator's own lists, and what is done for the vehicles on them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::Config;
use super::collisions::note_same_names;
use super::keys;
use super::lane::{LEVELS, LaneConfig, line_address};
use super::problem::Problem;
use super::references::no_such_lane;
use super::table::Table;
use super::value::{Value, name, number, one_of, seconds, text, truth, whole};
use super::webhook;
use crate::dossier::ListKind;
use crate::gpio::{ActiveLevel, LineAddress};
use crate::plate::{LaneName, ListName};
use crate::plate_format::Country;
use crate::plate_list::ListSettings;
use crate::plate_list::csv_file::Rules;
use crate::plate_list::pulse_rule::PulseTerms;
use crate::publish::WebhookSettings;

/// A list and what is done for the vehicles on it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListConfig {
    /// Where it is.
    pub settings: ListSettings,
    /// Whether hits are published as messages of their own.
    pub publish: bool,
    /// The webhook that gets hits.
    pub webhook: Option<WebhookSettings>,
    /// The barrier that gets a pulse.
    pub pulse: Option<PulseConfig>,
}

/// A barrier's output and its pulses.
#[derive(Debug, Clone, PartialEq)]
pub struct PulseConfig {
    /// The output.
    pub address: LineAddress,
    /// The level that opens the barrier.
    pub active: ActiveLevel,
    /// How long.
    pub length: Duration,
    /// When.
    pub terms: PulseTerms,
}

impl Config {
    /// The lists' files.
    #[must_use]
    pub fn list_settings(&self) -> Vec<ListSettings> {
        self.lists.iter().map(|list| list.settings.clone()).collect()
    }

    /// How those are understood: plates of all countries of the file, days by the system's time zone.
    #[must_use]
    pub fn list_rules(&self) -> Rules {
        Rules { countries: Country::all_with(&self.countries).collect(), zone: TimeZone::system() }
    }
}

/// An allow-list that was not written for a day is not trusted: whoever makes it writes it every day.
const ALLOW_MAX_AGE: Duration = Duration::from_secs(24 * 3600);
/// A watch-list opens nothing, and may be old.
const WATCH_MAX_AGE: Duration = Duration::from_secs(366 * 24 * 3600);
/// What barrier controls take for a pulse.
const USUAL_PULSE: Duration = Duration::from_millis(500);
/// What a vehicle needs to drive through, and a barrier to close.
const USUAL_PAUSE: Duration = Duration::from_secs(5);

/// Every list of the file.
pub(super) fn read(tables: &[Table<'_>], lanes: &[Table<'_>]) -> Option<Vec<ListConfig>> {
    note_same_names(tables, "list");
    let all: Vec<Option<ListConfig>> = tables.iter().map(|table| list(table, lanes)).collect();
    all.into_iter().collect()
}

fn list(table: &Table<'_>, lanes: &[Table<'_>]) -> Option<ListConfig> {
    let list_name: Option<ListName> = table.required("name", name);
    let kind = table.required("kind", one_of(&[("watch", ListKind::Watch), ("allow", ListKind::Allow)]));
    // It need not be there: a list that cannot be read is empty and an alarm, and the gate goes on.
    let file = table.required("file", text("a file", |path| (!path.is_empty()).then(|| table.resolve(path))));
    let usual_age = if kind == Some(ListKind::Allow) { ALLOW_MAX_AGE } else { WATCH_MAX_AGE };
    let hours =
        |value: &Value<'_>| whole(1_u32..=8784)(value).map(|hours| Duration::from_secs(u64::from(hours) * 3600));
    let max_age = table.or("max_age_h", usual_age, hours);
    let publish = table.or("publish", false, truth);
    let webhook = table.optional_table("webhook", &keys::LIST_WEBHOOK);
    let webhook = webhook.map(|table| webhook::read(&table));
    let pulse = table.optional_table("pulse", &keys::LIST_PULSE);
    if let Some(pulse) = pulse.as_ref().filter(|_| kind == Some(ListKind::Watch)) {
        let problem = Problem::at(pulse.place(), "a watch-list opens no barrier").label("this needs kind = \"allow\"");
        pulse.note(problem.help("make another list of the vehicles that may pass"));
    }
    let pulse = pulse.map(|table| pulse_config(&table, lanes));
    let settings = settings(list_name?, kind?, file?, max_age);
    // Absent is right; there with a problem is not.
    let (webhook, pulse) = (webhook.map_or(Some(None), |it| it.map(Some)), pulse.map_or(Some(None), |it| it.map(Some)));
    Some(ListConfig { settings, publish, webhook: webhook?, pulse: pulse? })
}

fn settings(list: ListName, kind: ListKind, file: PathBuf, max_age: Duration) -> ListSettings {
    ListSettings { name: Arc::from(list.as_str()), kind, file, max_age }
}

fn pulse_config(table: &Table<'_>, lanes: &[Table<'_>]) -> Option<PulseConfig> {
    let lane: Option<LaneName> = table.required("lane", name);
    note_unknown_lane(table, lanes);
    let address = line_address(table);
    let milliseconds = |value: &Value<'_>| whole(50_u16..=5000)(value).map(|ms| Duration::from_millis(ms.into()));
    let length = table.or("ms", USUAL_PULSE, milliseconds);
    let active = table.or("active", ActiveLevel::High, one_of(&LEVELS));
    let pause = table.or("pause_s", USUAL_PAUSE, seconds(1.0..=600.0));
    let least = table.or("min_confidence", 0.9, number(0.5..=1.0));
    if pause < length {
        let problem = Problem::at(table.place(), "a pulse would begin before the one before it has ended");
        table.note(problem.label("`pause_s` must be at least as long as `ms`"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is between 0.5 and 1")]
    let terms = PulseTerms { lane: lane?, least_confidence: least as f32, pause };
    Some(PulseConfig { address: address?, active, length, terms })
}

fn note_unknown_lane(pulse: &Table<'_>, lanes: &[Table<'_>]) {
    let Some((lane, place)) = pulse.peek("lane") else { return };
    let names: Vec<&str> = lanes.iter().filter_map(|lane| Some(lane.peek("name")?.0)).collect();
    if names.is_empty() || names.contains(&lane) {
        return;
    }
    pulse.note(no_such_lane((lane, place), &names, None));
}

/// Notes lines of the computer that are to be two things at once.
pub(super) fn note_shared_lines(tables: &[Table<'_>], lists: &[ListConfig], lanes: &[LaneConfig]) {
    let mut taken: Vec<(&LineAddress, String)> = Vec::new();
    for lane in lanes.iter().filter(|lane| lane.gpio.is_some()) {
        let address = lane.gpio.as_ref().map(|gpio| &gpio.address);
        taken.extend(address.map(|address| (address, format!("the input of the lane {:?}", lane.name.as_str()))));
    }
    for (table, list) in tables.iter().zip(lists) {
        let Some(pulse) = &list.pulse else { continue };
        if let Some((address, what)) = taken.iter().find(|(address, _)| **address == pulse.address) {
            let problem = Problem::at(table.place(), format!("{address} is {what} already"));
            let problem = problem.label("its `pulse` needs a line of its own");
            table.note(problem.help("put all vehicles that may open a barrier into one list"));
        }
        taken.push((&pulse.address, format!("the output of the list {:?}", list.settings.name)));
    }
}
