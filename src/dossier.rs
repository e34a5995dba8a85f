//! What is known of a vehicle that passed beside what was seen of it: its visit, its declaration, the lists it is on.
//!
//! Values only. Who finds them: [`visit`](crate::visit), [`declared`](crate::declared) and [`plate_list`](crate::plate_list),
//! asked in turn by the [`registrar`](crate::registrar).

use std::sync::Arc;
use std::time::Duration;

use crate::frame::Moment;
use crate::passage::TrackId;
use crate::plate::{LaneName, PlateText};

/// What is known of one vehicle, at the time of its event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dossier {
    /// Its part in a visit.
    pub visit: Option<VisitPart>,
    /// Whether it is declared; `None` where nothing was read that could be looked up.
    pub declared: Option<DeclaredMatch>,
    /// The operator's lists that it is on.
    pub lists: Vec<ListHit>,
}

/// A visit: what came and went as one, such as a tractor and its trailer. It has the name of its first passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitId {
    /// The lane of its first passage.
    pub lane: LaneName,
    /// The track of its first passage.
    pub track: TrackId,
    /// When that began.
    pub began: Moment,
}

/// A passage's part in its visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitPart {
    /// The visit.
    pub id: VisitId,
    /// What the vehicle is in it.
    pub role: Role,
    /// The trailer that this tractor had the last time, where it was another one.
    pub earlier_trailer: Option<PlateText>,
}

/// What a vehicle is in its visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A vehicle by itself, as far as was seen.
    Single,
    /// It draws a trailer.
    Tractor,
    /// It is drawn.
    Trailer,
}

/// What the list of declared vehicles says of a plate that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredMatch {
    /// How it matches.
    pub kind: MatchKind,
    /// The declaration; only for [`MatchKind::Exact`] and [`MatchKind::Likely`].
    pub declaration_id: Option<Arc<str>>,
    /// How far the declared plate is from the one that was read: 0 for the same, 1 for one character that is hardly ever
    /// confused; `None` where nothing is near.
    pub distance: Option<f64>,
    /// The nearest declared vehicles where they are not the same plate, the nearest first.
    pub candidates: Vec<DeclaredCandidate>,
    /// The list's version; `None` without a list.
    pub list_version: Option<u64>,
    /// Since when the list is here; `None` without a list.
    pub list_age: Option<Duration>,
}

/// How a plate matches the declared list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchKind {
    /// The very plate is declared.
    Exact,
    /// One declared plate is near enough to be this one misread, and no other.
    Likely,
    /// Several are, about equally near: none of them is chosen.
    Ambiguous,
    /// None is.
    NotDeclared,
    /// There is no list.
    NoList,
}

/// A declared vehicle that is near.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredCandidate {
    /// Its declaration.
    pub declaration_id: Arc<str>,
    /// Its plate, as it was declared.
    pub plate: Arc<str>,
    /// As in [`DeclaredMatch::distance`].
    pub distance: f64,
}

/// A list of the operator's that a plate is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListHit {
    /// The list's name in the config.
    pub list: Arc<str>,
    /// What the list is for.
    pub kind: ListKind,
    /// What the list says of this plate.
    pub note: Option<Arc<str>>,
}

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// Somebody wants to know of these vehicles.
    Watch,
    /// These vehicles may pass.
    Allow,
}
