//! `[[lane]]`: what one lane of the gate looks at and how it decides.

use toml::de::DeValue;

use super::table::Table;
use super::value::{Mismatch, Value, alternatives, name, plain_number, seconds, truth, whole};
use super::zone::Zone;
use crate::consensus::Agreement;
use crate::lane::LaneRules;
use crate::plate::{CameraName, LaneName};
use crate::plate_format::Country;

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
}

impl LaneConfig {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let lane_name = table.required("name", name);
        let camera = table.required("camera", name);
        let zone = table.or("zone", Zone::whole_picture(), zone);
        let rules = rules(table);
        Some(Self { name: lane_name?, camera: camera?, zone, rules })
    }
}

fn rules(table: &Table<'_>) -> LaneRules {
    let default = LaneRules::default();
    let least_height = |value: &Value<'_>| whole(4_u16..=500)(value).map(f32::from);
    LaneRules {
        agreement: agreement(table),
        track_gap: table.or("track_gap_s", default.track_gap, seconds(0.2..=60.0)),
        least_height_px: table.or("min_plate_height_px", default.least_height_px, least_height),
        provisional: table.or("provisional", default.provisional, truth),
    }
}

fn agreement(table: &Table<'_>) -> Agreement {
    let default = Agreement::default();
    Agreement {
        least_agreeing: table.or("min_agreeing_reads", default.least_agreeing, whole(1..=50)),
        countries: table.or("countries", default.countries, countries),
    }
}

fn countries(value: &Value<'_>) -> Result<Vec<Country>, Mismatch> {
    let known = [Country::Vietnam, Country::China, Country::Other];
    let expected = format!("a list of {}", alternatives(known.iter().map(|country| country.code())));
    let listed = value.get_ref().as_array().filter(|list| !list.is_empty());
    let mut countries = Vec::new();
    for element in listed.ok_or_else(|| Mismatch::new(value, &expected))?.iter() {
        let code = element.get_ref().as_str();
        let Some(country) = known.iter().find(|country| Some(country.code()) == code) else {
            let mismatch = Mismatch::new(element, &expected);
            return Err(mismatch.help("VN is Vietnam, CN is China, XX is any other country"));
        };
        if countries.contains(country) {
            return Err(Mismatch::finding(element, &expected, "this one is in the list already"));
        }
        countries.push(*country);
    }
    Ok(countries)
}

/// A list of points, each a list of x and y.
fn zone(value: &Value<'_>) -> Result<Zone, Mismatch> {
    const EXPECTED: &str = "an outline of 3 to 64 points [x, y], each x and y from 0 to 1";
    let list = value.get_ref().as_array().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let mut points = Vec::new();
    for element in list.iter() {
        let numbers = |list: &toml::de::DeArray<'_>| {
            list.iter().map(|number| plain_number(number.get_ref())).collect::<Option<Vec<_>>>()
        };
        let point = match element.get_ref() {
            DeValue::Array(list) => numbers(list).and_then(|numbers| <[f64; 2]>::try_from(numbers).ok()),
            _ => None,
        };
        points.push(point.ok_or_else(|| Mismatch::finding(element, EXPECTED, "this is no point [x, y]"))?);
    }
    Zone::try_from(points.as_slice()).map_err(|wrong| {
        let place = wrong.point().and_then(|index| list.get(index)).unwrap_or(value);
        let mismatch = Mismatch::finding(place, EXPECTED, wrong.to_string());
        match wrong.remedy() {
            Some(remedy) => mismatch.help(remedy),
            None => mismatch,
        }
    })
}
