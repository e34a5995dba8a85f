//! From a passage to its pictures: the frame that was read, never another, and the plate cut out of it.

use fast_image_resize::Resizer;
use image::RgbImage;
use sha2::{Digest, Sha256};

use super::blur::blur_all_but;
use super::picture_name::{PictureClass, PictureKind, PictureName};
use super::settings::PictureSettings;
use super::vehicle_region::PixelRegion;
use crate::geometry::{Point, Quad};
use crate::inference::manifest::Margins;
use crate::inference::rectify::{rectify, with_margins};
use crate::inference::region::{Target, resize};
use crate::inference::whole;
use crate::jpeg::{JpegEncoder, JpegError};
use crate::passage::Passage;
use crate::publish::event::{EvidencePicture, PlateEvent};
use crate::publish::event_maker::rounded;
use crate::publish::topics;

/// What is shown around a plate: enough to see its edge.
const AROUND_PLATE: Margins = Margins { width: 0.06, height: 0.12, down: 0.0 };
/// A plate is kept at its own size; wider ones fill the picture and are scaled down.
const WIDEST_PLATE: f32 = 1024.0;

/// A picture as it will be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedPicture {
    /// Its name.
    pub name: PictureName,
    /// The file's bytes.
    pub jpeg: Vec<u8>,
    /// SHA-256 of these bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// A scene's: the plate's corners in it, in its own pixels.
    pub corners: Option<Quad>,
}

/// Makes pictures of passages.
#[derive(Debug)]
pub struct PictureEncoder {
    jpeg: JpegEncoder,
    resizer: Resizer,
    settings: PictureSettings,
}

impl PictureEncoder {
    /// An encoder with these settings.
    ///
    /// # Errors
    /// [`JpegError`] when the quality is not from 1 to 100.
    pub fn new(settings: PictureSettings) -> Result<Self, JpegError> {
        Ok(Self { jpeg: JpegEncoder::new(settings.jpeg_quality)?, resizer: Resizer::new(), settings })
    }

    /// The pictures of `passage`, whose event is `event`: the plate, if one was found, and the scene. None for a passage
    /// without a frame.
    ///
    /// # Errors
    /// [`JpegError`] when the encoder fails.
    pub fn encode(&mut self, passage: &Passage, event: &PlateEvent) -> Result<Vec<EncodedPicture>, JpegError> {
        let Some(frame) = &passage.best_frame else { return Ok(Vec::new()) };
        let class = if passage.plate.is_ok() { PictureClass::Read } else { PictureClass::Unread };
        let name = |kind| PictureName { event_id: event.event_id, revision: event.revision, kind, class };
        let mut pictures = Vec::new();
        if let Some(plate) = passage.best_corners.as_ref().and_then(|corners| plate_alone(&frame.image, corners)) {
            pictures.push(named(name(PictureKind::Plate), self.jpeg.plate(&plate)?, None));
        }
        let scale = self.scale(&frame.image);
        let corners = passage.best_corners.map(|corners| corners.map(|p| Point::new(p.x * scale, p.y * scale)));
        let jpeg = self.scene(&frame.image, corners.as_ref())?;
        pictures.push(named(name(PictureKind::Scene), jpeg, corners));
        Ok(pictures)
    }

    /// What an event says of `picture`.
    #[must_use]
    pub fn told(&self, picture: &EncodedPicture) -> EvidencePicture {
        let PictureName { event_id, kind, .. } = picture.name;
        let uri = match &self.settings.uri_base {
            Some(base) => format!("{base}/{event_id}/{}", kind.word()),
            None => topics::evidence(event_id, kind.word()),
        };
        let corner = |p: Point| [rounded(f64::from(p.x), 1), rounded(f64::from(p.y), 1)];
        EvidencePicture {
            kind: kind.on_the_wire(),
            sha256: picture.sha256.clone(),
            bytes: picture.jpeg.len() as u64,
            uri,
            corners: picture.corners.map(|Quad(corners)| corners.map(corner)),
        }
    }

    /// What a scene is scaled by, at most 1.
    #[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
    fn scale(&self, frame: &RgbImage) -> f32 {
        (self.settings.scene_max_width_px as f32 / frame.width().max(1) as f32).min(1.0)
    }

    fn scene(&mut self, frame: &RgbImage, corners: Option<&Quad>) -> Result<Vec<u8>, JpegError> {
        let scaled = if frame.width() > self.settings.scene_max_width_px { Some(self.scaled(frame)?) } else { None };
        if !self.settings.blur {
            return self.jpeg.scene(scaled.as_ref().unwrap_or(frame));
        }
        let mut scene = scaled.unwrap_or_else(|| frame.clone());
        let vehicle = corners.map_or(PixelRegion::NONE, |plate| PixelRegion::of_vehicle(plate, scene.dimensions()));
        blur_all_but(&mut scene, vehicle);
        self.jpeg.scene(&scene)
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixel sizes"
    )]
    fn scaled(&mut self, frame: &RgbImage) -> Result<RgbImage, JpegError> {
        let width = self.settings.scene_max_width_px;
        let height = ((frame.height() as f32 * self.scale(frame)).round() as u32).max(1);
        let mut scaled = RgbImage::new(width, height);
        let target = Target { pixels: &mut scaled, size: (width, height), content: (width, height) };
        resize(&mut self.resizer, frame, whole(frame), target).map_err(JpegError::new)?;
        Ok(scaled)
    }
}

fn named(name: PictureName, jpeg: Vec<u8>, corners: Option<Quad>) -> EncodedPicture {
    let sha256 = format!("{:x}", Sha256::digest(&jpeg));
    EncodedPicture { name, jpeg, sha256, corners }
}

/// The plate seen from the front, at its own size; `None` where the corners have no area or lie nowhere.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixel sizes within bounds")]
fn plate_alone(frame: &RgbImage, corners: &Quad) -> Option<RgbImage> {
    let quad = with_margins(corners, &AROUND_PLATE);
    let (width, height) = (quad.width(), quad.height());
    if !(width >= 1.0 && height >= 1.0 && width.is_finite() && height.is_finite()) {
        return None;
    }
    let scale = (WIDEST_PLATE / width.max(height)).min(1.0);
    let size = |side: f32| (side * scale).round().max(1.0) as u32;
    Some(rectify(frame, &quad, size(width), size(height)))
}

#[cfg(test)]
#[path = "encoder_tests.rs"]
mod tests;
