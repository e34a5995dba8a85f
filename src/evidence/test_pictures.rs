//! Passages and pictures for the tests of this module.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::encoder::EncodedPicture;
use super::picture_name::{PictureClass, PictureKind, PictureName};
use crate::dossier::Dossier;
use crate::frame::{Frame, Moment};
use crate::geometry::{BoundingBox, Quad};
use crate::passage::{NoReadReason, Passage, Stage};
use crate::publish::test_passages;
use crate::publish::{EventMaker, PlateEvent};

/// The plate in the frame of [`passage`].
pub(super) const PLATE: BoundingBox = BoundingBox { left: 300.0, top: 200.0, right: 400.0, bottom: 225.0 };

/// A passage whose frame is grey, with a yellow plate.
pub(super) fn passage(track: u64) -> Passage {
    let mut image = RgbImage::from_fn(640, 360, |x, y| image::Rgb([u8::try_from((x + y) % 200).unwrap_or(0); 3]));
    for y in 200..225 {
        (300..400).for_each(|x| image.put_pixel(x, y, image::Rgb([220, 200, 30])));
    }
    let passage = test_passages::passage(track, Stage::Final);
    let frame = passage.best_frame.clone().expect("it has a frame");
    Passage {
        best_frame: Some(Frame { image: Arc::new(image), ..frame }),
        best_corners: Some(Quad::from_box(PLATE)),
        ..passage
    }
}

pub(super) fn unread_passage(track: u64) -> Passage {
    Passage { plate: Err(NoReadReason::NoPlateFound), best_corners: None, ..passage(track) }
}

pub(super) fn event_of(passage: &Passage) -> PlateEvent {
    EventMaker::new(test_passages::origin()).event(passage, &Dossier::default())
}

/// The names of pictures in the order of their numbers.
pub(super) fn name(number: u128) -> PictureName {
    PictureName { event_id: Uuid::from_u128(number), revision: 1, kind: PictureKind::Scene, class: PictureClass::Read }
}

/// A picture of 2 kB that begins and ends as a JPEG does.
pub(super) fn picture(number: u128) -> EncodedPicture {
    picture_of(name(number), 2000)
}

pub(super) fn picture_of(name: PictureName, length: usize) -> EncodedPicture {
    let mut jpeg = vec![0xff, 0xd8];
    jpeg.resize(length - 2, u8::try_from(name.event_id.as_u128() % 251).unwrap_or(0));
    jpeg.extend([0xff, 0xd9]);
    let sha256 = format!("{:x}", Sha256::digest(&jpeg));
    EncodedPicture { name, jpeg, sha256, corners: None }
}

pub(super) fn moment(wall: &str, seconds: u64) -> Moment {
    let wall: Timestamp = wall.parse().expect("a time");
    Moment { wall, elapsed: Duration::from_secs(seconds) }
}
