//! `[[lane]]`: what one lane of the gate looks at and how it decides.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::de::DeValue;

use super::country::Countries;
use super::keys::{LANE_GPIO, LOCATION};
use super::site;
use super::table::Table;
use super::value::{Mismatch, Value, alternatives, name, number, one_of, plain_number, seconds, text, truth, whole};
use super::zone::Zone;
use crate::consensus::Agreement;
use crate::geometry::Point;
use crate::gpio::{ActiveLevel, LineAddress};
use crate::lane::LaneRules;
use crate::lane::direction::{Approaching, DirectionLine, DirectionRule};
use crate::plate::{CameraName, LaneName};
use crate::plate_format::Country;
use crate::publish::event::Location;
use crate::trigger::Analyse;
use crate::triggers::gpio::GpioLine;

/// A lane of the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneConfig {
    /// Its name, unique in the file and a level of its topics.
    pub name: LaneName,
    /// The camera that watches it.
    pub camera: CameraName,
    /// The part of the picture in which its vehicles are.
    pub zone: Zone,
    /// How it decides.
    pub rules: LaneRules,
    /// Whether what is seen in it right now is told, for displays.
    pub sightings: bool,
    /// How its traffic is watched; `None` where it is not.
    pub traffic: Option<TrafficConfig>,
    /// The lane of whose vehicles it sees the rears; `None` where it sees fronts, or both.
    pub rear_of: Option<LaneName>,
    /// An input line of the computer that says when a vehicle is there.
    pub gpio: Option<GpioLine>,
}

/// How a lane's traffic is watched.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TrafficConfig {
    /// The true length of the lane within the zone, in metres, if the operator tells it.
    pub length_m: Option<f32>,
    /// Where the lane lies; where the site does, if absent.
    pub location: Option<Location>,
}

impl LaneConfig {
    /// A lane that is the whole picture of `camera`, with the usual rules and nothing beside them.
    #[must_use]
    pub fn whole_picture(name: LaneName, camera: CameraName) -> Self {
        Self {
            name,
            camera,
            zone: Zone::whole_picture(),
            rules: LaneRules::default(),
            sightings: false,
            traffic: None,
            rear_of: None,
            gpio: None,
        }
    }

    pub(super) fn read(table: &Table<'_>, countries: &Countries) -> Option<Self> {
        let lane_name = table.required("name", name);
        let camera = table.required("camera", name);
        let zone = table.or("zone", Zone::whole_picture(), zone);
        let rules = rules(table, countries);
        let sightings = table.or("sightings", false, truth);
        let traffic = traffic(table);
        let rear_of = table.optional("rear_of", name);
        let gpio = table.optional_table("gpio", &LANE_GPIO).and_then(|table| gpio_line(&table));
        Some(Self { name: lane_name?, camera: camera?, zone, rules, sightings, traffic, rear_of, gpio })
    }
}

/// The lanes that see the rears of another lane's vehicles, with that lane.
#[must_use]
pub fn rear_lanes(lanes: &[LaneConfig]) -> BTreeMap<LaneName, LaneName> {
    lanes.iter().filter_map(|lane| Some((lane.name.clone(), lane.rear_of.clone()?))).collect()
}

fn traffic(table: &Table<'_>) -> Option<TrafficConfig> {
    let location = table.optional_table("location", &LOCATION).and_then(|table| site::location(&table));
    let length_m = table.optional("length_m", number(2.0..=500.0)).map(|length| length as f32);
    table.or("traffic", true, truth).then_some(TrafficConfig { length_m, location })
}

fn rules(table: &Table<'_>, countries: &Countries) -> LaneRules {
    let default = LaneRules::default();
    let analyse = [("always", Analyse::Always), ("motion", Analyse::Motion), ("trigger", Analyse::Trigger)];
    let ways = [("in", Approaching::In), ("out", Approaching::Out)];
    let least_height = |value: &Value<'_>| whole(4_u16..=500)(value).map(f32::from);
    LaneRules {
        agreement: agreement(table, countries),
        track_gap: table.or("track_gap_s", default.track_gap, seconds(0.2..=60.0)),
        direction: DirectionRule {
            approaching: table.or("approaching", default.direction.approaching, one_of(&ways)),
            line: table.or("direction_line", default.direction.line, |value| direction_line(value).map(Some)),
        },
        least_height_px: table.or("min_plate_height_px", default.least_height_px, least_height),
        provisional: table.or("provisional", default.provisional, truth),
        analyse: table.or("analyse", default.analyse, one_of(&analyse)),
        trigger_window: table.or("trigger_window_s", default.trigger_window, seconds(0.5..=120.0)),
        side_numbers: table.or("side_numbers", default.side_numbers, truth),
    }
}

fn gpio_line(table: &Table<'_>) -> Option<GpioLine> {
    let address = line_address(table);
    let milliseconds = |value: &Value<'_>| whole(0..=5000)(value).map(Duration::from_millis);
    let debounce = table.or("debounce_ms", USUAL_DEBOUNCE, milliseconds);
    let active = table.or("active", ActiveLevel::High, one_of(&LEVELS));
    Some(GpioLine { address: address?, active, debounce })
}

/// `chip` and `line`.
pub(super) fn line_address(table: &Table<'_>) -> Option<LineAddress> {
    let device = text("a device like /dev/gpiochip0", |path| path.starts_with('/').then(|| path.into()));
    let (chip, line) = (table.required("chip", device), table.required("line", whole(0..=1023)));
    Some(LineAddress { chip: chip?, line: line? })
}

pub(super) const LEVELS: [(&str, ActiveLevel); 2] = [("high", ActiveLevel::High), ("low", ActiveLevel::Low)];

/// Relays bounce for 1 to 10 ms; vehicles stay for seconds.
const USUAL_DEBOUNCE: Duration = Duration::from_millis(50);

fn agreement(table: &Table<'_>, known: &Countries) -> Agreement {
    let default = Agreement::default();
    Agreement {
        least_agreeing: table.or("min_agreeing_reads", default.least_agreeing, whole(1..=50)),
        countries: table.or("countries", default.countries, |value| countries(value, known)),
    }
}

fn countries(value: &Value<'_>, known: &Countries) -> Result<Vec<Country>, Mismatch> {
    let expected = format!("a list of {}", alternatives(known.codes()));
    let listed = value.get_ref().as_array().filter(|list| !list.is_empty());
    let mut named: Vec<&str> = Vec::new();
    for element in listed.ok_or_else(|| Mismatch::new(value, &expected))?.iter() {
        let written = element.get_ref().as_str();
        let Some(code) = known.codes().find(|code| Some(*code) == written) else {
            let mismatch = Mismatch::new(element, &expected);
            return Err(mismatch.help(
                "VN is Vietnam, CN is China, XX is any other country; others are described in tables [[country]]",
            ));
        };
        if named.contains(&code) {
            return Err(Mismatch::finding(element, &expected, "this one is in the list already"));
        }
        named.push(code);
    }
    // What is wrong with a table of a country is told at that table.
    Ok(named.into_iter().filter_map(|code| known.find(code)).collect())
}

/// A list of points, each a list of x and y.
fn zone(value: &Value<'_>) -> Result<Zone, Mismatch> {
    const EXPECTED: &str = "an outline of 3 to 64 points [x, y], each x and y from 0 to 1";
    let points = points(value, EXPECTED)?;
    Zone::try_from(points.as_slice()).map_err(|wrong| {
        let list = value.get_ref().as_array();
        let place = wrong.point().and_then(|index| list?.get(index)).unwrap_or(value);
        let mismatch = Mismatch::finding(place, EXPECTED, wrong.to_string());
        match wrong.remedy() {
            Some(remedy) => mismatch.help(remedy),
            None => mismatch,
        }
    })
}

/// Two points, each a list of x and y.
fn direction_line(value: &Value<'_>) -> Result<DirectionLine, Mismatch> {
    const EXPECTED: &str = "a line from one point [x, y] to another, each x and y from 0 to 1";
    let points = points(value, EXPECTED)?;
    if !points.iter().flatten().all(|share| (0.0..=1.0).contains(share)) {
        let mismatch = Mismatch::finding(value, EXPECTED, "a point is outside the picture");
        return Err(
            mismatch.help("points are shares of the picture, not pixels: divide x by its width, y by its height")
        );
    }
    let [from, to] = points[..] else { return Err(Mismatch::new(value, EXPECTED)) };
    #[expect(clippy::cast_possible_truncation, reason = "a share of the picture needs no more precision")]
    let point = |[x, y]: [f64; 2]| Point::new(x as f32, y as f32);
    let line = DirectionLine::new(point(from), point(to));
    line.ok_or_else(|| Mismatch::finding(value, EXPECTED, "the two points are too near each other to tell a way"))
}

fn points(value: &Value<'_>, expected: &str) -> Result<Vec<[f64; 2]>, Mismatch> {
    let list = value.get_ref().as_array().ok_or_else(|| Mismatch::new(value, expected))?;
    let mut points = Vec::new();
    for element in list.iter() {
        let numbers = |list: &toml::de::DeArray<'_>| {
            list.iter().map(|number| plain_number(number.get_ref())).collect::<Option<Vec<_>>>()
        };
        let point = match element.get_ref() {
            DeValue::Array(list) => numbers(list).and_then(|numbers| <[f64; 2]>::try_from(numbers).ok()),
            _ => None,
        };
        points.push(point.ok_or_else(|| Mismatch::finding(element, expected, "this is no point [x, y]"))?);
    }
    Ok(points)
}
