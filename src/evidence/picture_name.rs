//! The name of a kept picture, which says everything about it that must outlast a restart.

use std::fmt;

use uuid::Uuid;

use crate::publish::event::EvidenceKind;

/// Names a picture: `{event_id}-r{revision}-{plate|scene}.jpg`, with `-unread` before the dot where no plate was read.
///
/// In the order of the vehicles' first sightings, because event ids begin with their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PictureName {
    /// The event it belongs to.
    pub event_id: Uuid,
    /// The event's revision.
    pub revision: u32,
    /// What it shows.
    pub kind: PictureKind,
    /// How long it is kept.
    pub class: PictureClass,
}

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PictureKind {
    /// The plate alone, seen from the front.
    Plate,
    /// The frame in which it was read.
    Scene,
}

/// How long a picture is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PictureClass {
    /// Of a vehicle whose plate was read.
    Read,
    /// Of a vehicle that passed unread.
    Unread,
}

const EXTENSION: &str = ".jpg";
const UNREAD: &str = "-unread";

impl PictureKind {
    /// `plate` or `scene`: in file names, topics and addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Plate => "plate",
            Self::Scene => "scene",
        }
    }

    /// As it stands in events.
    #[must_use]
    pub fn on_the_wire(self) -> EvidenceKind {
        match self {
            Self::Plate => EvidenceKind::Plate,
            Self::Scene => EvidenceKind::Scene,
        }
    }
}

impl PictureName {
    /// The name in `file_name`, if it is exactly what this program writes.
    #[must_use]
    pub fn parse(file_name: &str) -> Option<Self> {
        let stem = file_name.strip_suffix(EXTENSION)?;
        let (stem, class) = match stem.strip_suffix(UNREAD) {
            Some(stem) => (stem, PictureClass::Unread),
            None => (stem, PictureClass::Read),
        };
        let (stem, kind) = match stem.strip_suffix("-plate") {
            Some(stem) => (stem, PictureKind::Plate),
            None => (stem.strip_suffix("-scene")?, PictureKind::Scene),
        };
        let (event_id, revision) = stem.rsplit_once("-r")?;
        let name = Self { event_id: event_id.parse().ok()?, revision: revision.parse().ok()?, kind, class };
        // Numbers and ids can be written in other ways; what is written so is not ours.
        (name.to_string() == file_name).then_some(name)
    }
}

impl fmt::Display for PictureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.class {
            PictureClass::Read => "",
            PictureClass::Unread => UNREAD,
        };
        write!(f, "{}-r{}-{}{class}{EXTENSION}", self.event_id, self.revision, self.kind.word())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_says_event_revision_kind_and_class() {
        let event_id = Uuid::from_u128(0x01a2_0b8b_e490_7575_be40_bc18_97f5_5485);
        let name = PictureName { event_id, revision: 2, kind: PictureKind::Scene, class: PictureClass::Unread };
        assert_eq!(name.to_string(), "01a20b8b-e490-7575-be40-bc1897f55485-r2-scene-unread.jpg");
        assert_eq!(PictureName::parse(&name.to_string()), Some(name));
        let read = PictureName { class: PictureClass::Read, kind: PictureKind::Plate, ..name };
        assert_eq!(read.to_string(), "01a20b8b-e490-7575-be40-bc1897f55485-r2-plate.jpg");
        assert_eq!(PictureName::parse(&read.to_string()), Some(read));
    }

    #[test]
    fn what_is_written_in_another_way_is_no_name() {
        for foreign in [
            "",
            ".jpg",
            "holiday.jpg",
            "01a20b8b-e490-7575-be40-bc1897f55485-r2-plate.png",
            "01a20b8b-e490-7575-be40-bc1897f55485-r02-plate.jpg",
            "01a20b8b-e490-7575-be40-bc1897f55485-r+2-plate.jpg",
            "01A20B8B-E490-7575-BE40-BC1897F55485-r2-plate.jpg",
            "01a20b8be4907575be40bc1897f55485-r2-plate.jpg",
            "01a20b8b-e490-7575-be40-bc1897f55485-r2-plate-unread-unread.jpg",
            "01a20b8b-e490-7575-be40-bc1897f55485-r2-plate.jpg.part",
        ] {
            assert_eq!(PictureName::parse(foreign), None, "{foreign}");
        }
    }

    proptest! {
        #[test]
        fn no_file_name_makes_the_parser_panic(text in ".{0,80}") {
            if let Some(name) = PictureName::parse(&text) {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
