//! A passage as the visit book remembers it.

use super::likeness::{Likeness, likeness};
use crate::consensus::AgreedPlate;
use crate::dossier::{Role, VisitId, VisitPart};
use crate::passage::{Direction, Passage, Stage};
use crate::plate::PlateText;
use crate::plate_format::PlateKind;

/// One passage, its part, and with whom it is joined.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// The last revision, without its frame.
    pub(super) passage: Passage,
    pub(super) side: Side,
    pub(super) part: VisitPart,
    /// What its event says of it.
    pub(super) told: Option<VisitPart>,
    pub(super) link: Link,
    /// The trailer that was known of this tractor before this visit, once it was looked up.
    pub(super) known_trailer: Option<Option<PlateText>>,
}

/// What of a vehicle a passage shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Front,
    Rear,
    /// What takes part in no pairing: a trailer's plate where another camera looks at the rears, which tells its visit; and a
    /// vehicle's own rear before the only camera.
    Aside,
}

/// Whether a passage has found its other half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// Not yet.
    Open,
    /// With the record of this number.
    Joined(u64),
    /// It shows again what another passage of the visit has shown.
    Repeats,
}

impl Record {
    /// A passage that is a visit of its own so far.
    pub(super) fn new(passage: &Passage, side: Side) -> Self {
        let id = VisitId { lane: passage.lane.clone(), track: passage.track, began: passage.first_seen };
        Self {
            passage: Passage { best_frame: None, ..passage.clone() },
            side,
            part: VisitPart { id, role: Role::Single, earlier_trailer: None },
            told: None,
            link: Link::Open,
            known_trailer: None,
        }
    }

    pub(super) fn plate(&self) -> Option<&AgreedPlate> {
        self.passage.plate.as_ref().ok()
    }

    /// Whether it may still be joined with another.
    pub(super) fn is_open(&self) -> bool {
        self.link == Link::Open && self.passage.direction != Some(Direction::TurnedBack)
    }

    /// Whether the two went the same way, as far as both tell.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        let (a, b) = (self.passage.direction, other.passage.direction);
        let turned = [a, b].contains(&Some(Direction::TurnedBack));
        !turned && (a.is_none() || b.is_none() || a == b)
    }

    /// Whether both were read, and the same.
    pub(super) fn has_text_of(&self, other: &Self) -> bool {
        let both = self.plate().zip(other.plate());
        both.is_some_and(|(own, other)| likeness(own, other) == Likeness::Equal)
    }

    /// The passage as its event is amended; `None` while it is still in view, because its final event will say all.
    pub(super) fn amended(&self) -> Option<(Passage, VisitPart)> {
        let told = self.passage.stage != Stage::Provisional;
        told.then(|| (Passage { stage: Stage::Amended, ..self.passage.clone() }, self.part.clone()))
    }
}

/// What a front and a rear of one visit are in it.
///
/// An unread plate does not tell whether it is the trailer's, and neither does a rear that may be the front's own plate:
/// then the order joins them, and nothing is claimed.
pub(super) fn roles(front: Option<&AgreedPlate>, rear: Option<&AgreedPlate>) -> (Role, Role) {
    let drawn = match (front, rear) {
        (_, None) => false,
        (None, Some(rear)) => is_trailer(rear),
        (Some(front), Some(rear)) => likeness(front, rear) == Likeness::Different,
    };
    if drawn { (Role::Tractor, Role::Trailer) } else { (Role::Single, Role::Single) }
}

pub(super) fn is_trailer(plate: &AgreedPlate) -> bool {
    plate.format.kind == PlateKind::Trailer
}
