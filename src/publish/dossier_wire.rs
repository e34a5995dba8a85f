//! What is known of a vehicle, on the wire: parts of the event, and how they are made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event_maker::rounded;
use crate::{dossier, passage};

/// Which way a vehicle went through its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the site.
    In,
    /// Out of the site.
    Out,
    /// It came into view and left again on the side from which it came: it did not pass.
    TurnedBack,
}

/// What a vehicle is in its visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A vehicle by itself, as far as was seen. A later revision may make a tractor or a trailer of it.
    Single,
    /// It draws a trailer.
    Tractor,
    /// It is drawn.
    Trailer,
}

/// What the list of declared vehicles says of a plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Declared {
    /// How the plate matches the list.
    #[serde(rename = "match")]
    pub kind: MatchKind,
    /// The declaration; only with `exact` and `likely`.
    pub declaration_id: Option<String>,
    /// How far the declared plate is from the one that was read: 0 for the same plate, 1 for one character that the reader
    /// hardly ever confuses; null where none is near.
    #[schemars(range(min = 0))]
    pub distance: Option<f64>,
    /// With `likely` and `ambiguous` the declared vehicles that are near, the nearest first; else empty.
    pub candidates: Vec<DeclaredCandidate>,
    /// The version of the list; null where there is none.
    pub list_version: Option<u64>,
    /// How long the gate has had this version, in seconds; null where there is no list.
    pub list_age_s: Option<u64>,
}

/// How a plate matches the list of declared vehicles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// The very plate is declared.
    Exact,
    /// One declared plate is near enough to be this one misread, and no other.
    Likely,
    /// Several are about equally near: none of them is chosen.
    Ambiguous,
    /// None is near.
    None,
    /// There is no list.
    NoList,
}

/// A declared vehicle whose plate is near the one that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeclaredCandidate {
    /// Its declaration.
    pub declaration_id: String,
    /// Its plate as it was declared.
    pub plate: String,
    /// As above.
    #[schemars(range(min = 0))]
    pub distance: f64,
}

/// A list of the operator's that a plate is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListHit {
    /// The list's name in the gate's config.
    pub list: String,
    /// What the list is for.
    pub kind: ListKind,
    /// What the list says of this plate; null where it says nothing.
    pub note: Option<String>,
}

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// Somebody wants to know of these vehicles.
    Watch,
    /// These vehicles may pass.
    Allow,
}

impl From<passage::Direction> for Direction {
    fn from(direction: passage::Direction) -> Self {
        match direction {
            passage::Direction::In => Self::In,
            passage::Direction::Out => Self::Out,
            passage::Direction::TurnedBack => Self::TurnedBack,
        }
    }
}

impl From<dossier::Role> for Role {
    fn from(role: dossier::Role) -> Self {
        match role {
            dossier::Role::Single => Self::Single,
            dossier::Role::Tractor => Self::Tractor,
            dossier::Role::Trailer => Self::Trailer,
        }
    }
}

impl From<&dossier::DeclaredMatch> for Declared {
    fn from(found: &dossier::DeclaredMatch) -> Self {
        Self {
            kind: match found.kind {
                dossier::MatchKind::Exact => MatchKind::Exact,
                dossier::MatchKind::Likely => MatchKind::Likely,
                dossier::MatchKind::Ambiguous => MatchKind::Ambiguous,
                dossier::MatchKind::NotDeclared => MatchKind::None,
                dossier::MatchKind::NoList => MatchKind::NoList,
            },
            declaration_id: found.declaration_id.as_deref().map(str::to_owned),
            distance: found.distance.map(|distance| rounded(distance, 3)),
            candidates: found.candidates.iter().map(DeclaredCandidate::from).collect(),
            list_version: found.list_version,
            list_age_s: found.list_age.map(|age| age.as_secs()),
        }
    }
}

impl From<&dossier::DeclaredCandidate> for DeclaredCandidate {
    fn from(candidate: &dossier::DeclaredCandidate) -> Self {
        Self {
            declaration_id: candidate.declaration_id.to_string(),
            plate: candidate.plate.to_string(),
            distance: rounded(candidate.distance, 3),
        }
    }
}

impl From<&dossier::ListHit> for ListHit {
    fn from(hit: &dossier::ListHit) -> Self {
        Self {
            list: hit.list.to_string(),
            kind: match hit.kind {
                dossier::ListKind::Watch => ListKind::Watch,
                dossier::ListKind::Allow => ListKind::Allow,
            },
            note: hit.note.as_deref().map(str::to_owned),
        }
    }
}
