//! `[site]`: where the gate is.

use super::keys::LOCATION;
use super::table::Table;
use super::value::{name, number};
use crate::plate::SiteName;
use crate::publish::event::Location;

/// Where the gate is.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteConfig {
    /// The site's name, a level of every topic.
    pub name: SiteName,
    /// The gate's name within the site, the next level.
    pub gate: SiteName,
    /// Where it lies, if the operator says so.
    pub location: Option<Location>,
}

impl SiteConfig {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let site_name = table.required("name", name);
        let gate = table.required("gate", name);
        let location = table.optional_table("location", &LOCATION);
        let location = location.and_then(|table| self::location(&table));
        Some(Self { name: site_name?, gate: gate?, location })
    }
}

pub(super) fn location(table: &Table<'_>) -> Option<Location> {
    let lat = table.required("lat", number(-90.0..=90.0));
    let lon = table.required("lon", number(-180.0..=180.0));
    Some(Location { lat: lat?, lon: lon? })
}
