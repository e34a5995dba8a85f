//! Passages and events for the tests of this module.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;
use uuid::Uuid;

use super::event::{Location, Models, PlateEvent};
use super::event_maker::{EventMaker, Origin};
use crate::consensus::AgreedPlate;
use crate::dossier::Dossier;
use crate::frame::{Frame, Moment};
use crate::geometry::{Point, Quad};
use crate::passage::{Direction, NoReadReason, Passage, Stage, TrackId};
use crate::plate::{CameraName, Confidence, LaneName, Layout, PlateColour, PlateText, SiteName};
use crate::plate_format::{self, Country};

pub(crate) fn origin() -> Origin {
    Origin {
        site: SiteName::try_from("huu-nghi").expect("a valid name"),
        gate: SiteName::try_from("g1").expect("a valid name"),
        boot_id: Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef),
        location: Some(Location { lat: 21.98, lon: 106.7 }),
        models: Models {
            detector: "finder@sha256:aa11".into(),
            recogniser: "reader@sha256:bb22".into(),
            second_opinion: None,
        },
    }
}

pub(crate) fn passage(track: u64, stage: Stage) -> Passage {
    Passage {
        lane: LaneName::try_from("in-2").expect("a valid name"),
        camera: CameraName::try_from("in-2-front").expect("a valid name"),
        track: TrackId(track),
        stage,
        plate: Ok(agreed_plate()),
        side_number: None,
        first_seen: moment("2026-11-24T03:14:07.120Z", 1_000),
        best_seen: moment("2026-11-24T03:14:09.5Z", 3_380),
        last_seen: moment("2026-11-24T03:14:10.5204Z", 4_400),
        best_frame: Some(Frame {
            camera: CameraName::try_from("in-2-front").expect("a valid name"),
            captured_at: moment("2026-11-24T03:14:09.5Z", 3_380),
            image: Arc::new(RgbImage::new(1, 1)),
        }),
        best_corners: Some(Quad([Point::new(0.0, 0.0); 4])),
        triggers: vec![],
        direction: Some(Direction::In),
        end: None,
    }
}

pub(crate) fn unread_passage(track: u64, reason: NoReadReason) -> Passage {
    Passage { plate: Err(reason), ..passage(track, Stage::Final) }
}

pub(crate) fn event(track: u64) -> PlateEvent {
    EventMaker::new(origin()).event(&passage(track, Stage::Final), &Dossier::default())
}

fn agreed_plate() -> AgreedPlate {
    AgreedPlate {
        text: plate_text("12C12345"),
        format: plate_format::identify(&plate_text("12C12345"), &[Country::Vietnam]).expect("it is a plate"),
        layout: Layout::OneLine,
        colour: Some(PlateColour::Yellow),
        confidence: Confidence::clamped(0.983_349_9),
        per_character: [0.99, 0.97, 1.0, 0.984_56, 0.99, 0.99, 0.99, 0.98].map(Confidence::clamped).to_vec(),
        alternatives: vec![(plate_text("12C12346"), Confidence::clamped(0.02))],
        reads: 14,
        agreeing: 13,
        height_px: 31.26,
        sharpness: 0.7,
    }
}

fn plate_text(text: &str) -> PlateText {
    PlateText::normalised(text).expect("a plate text")
}

fn moment(wall: &str, elapsed_ms: u64) -> Moment {
    Moment { wall: wall.parse().expect("a valid time"), elapsed: Duration::from_millis(elapsed_ms) }
}
