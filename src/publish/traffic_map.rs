//! Traffic as GeoJSON (RFC 7946), for maps: a feature for each lane.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::Location;
use super::traffic::TrafficReport;

/// The lanes of one gate on a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficMap {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: CollectionType,
    /// A feature for each lane, in the order of their names.
    pub features: Vec<LaneFeature>,
}

/// One lane on a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LaneFeature {
    /// `Feature`.
    #[serde(rename = "type")]
    pub kind: FeatureType,
    /// The lane's name.
    pub id: String,
    /// Where it is; null where the gate was not told.
    pub geometry: Option<PointGeometry>,
    /// What is going on in it.
    pub properties: TrafficReport,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointGeometry {
    /// `Point`.
    #[serde(rename = "type")]
    pub kind: PointType,
    /// Degrees east, then degrees north (WGS 84).
    pub coordinates: [f64; 2],
}

/// Always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CollectionType {
    /// Several features.
    FeatureCollection,
}

/// Always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FeatureType {
    /// One feature.
    Feature,
}

/// Always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PointType {
    /// One place.
    Point,
}

impl TrafficMap {
    /// The map of these reports.
    #[must_use]
    pub fn of(reports: Vec<Arc<TrafficReport>>) -> Self {
        let point = |Location { lat, lon }| PointGeometry { kind: PointType::Point, coordinates: [lon, lat] };
        let feature = |report: Arc<TrafficReport>| LaneFeature {
            kind: FeatureType::Feature,
            id: report.lane.clone(),
            geometry: report.location.map(point),
            properties: (*report).clone(),
        };
        Self { kind: CollectionType::FeatureCollection, features: reports.into_iter().map(feature).collect() }
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("texts and finite numbers have a JSON form")
    }
}
