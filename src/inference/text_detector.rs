//! Finds plates as lines of text: the PP-OCR text detection family (differentiable binarisation).

use fast_image_resize::Resizer;

use super::manifest::TextDetector as Parameters;
use super::pixels::PixelForm;
use super::region::{self, Target, clipped};
use super::session::Session;
use super::text_lines::{self, TextLine};
use super::text_map::{self, TextMap};
use super::{Detections, InferenceError, PlateDetector, RgbView};
use crate::geometry::{BoundingBox, Point};

/// At what size a region is analysed, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectorSize {
    /// The input's sides are multiples of this.
    pub multiple_of: u32,
    /// Regions whose long side is shorter are enlarged to it, because small text is found better.
    pub least_long_side: u32,
    /// Regions whose long side is longer are shrunk to it.
    pub most_long_side: u32,
}

impl DetectorSize {
    /// The input's width and height for a region; `None` for a region without pixels.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixel sizes"
    )]
    pub fn of_input(&self, region: BoundingBox) -> Option<(u32, u32)> {
        let long_side = region.width().max(region.height());
        if region.width() < 1.0 || region.height() < 1.0 {
            return None;
        }
        let wanted = long_side.clamp(self.least_long_side as f32, self.most_long_side as f32);
        let scale = wanted / long_side;
        let multiple = self.multiple_of as f32;
        let side = |pixels: f32| ((pixels * scale / multiple).round().max(1.0) * multiple) as u32;
        Some((side(region.width()), side(region.height())))
    }
}

/// The detector: a model, its sizes and parameters, and its buffers, used again for every frame.
#[derive(Debug)]
pub struct TextDetector {
    session: Session,
    size: DetectorSize,
    pixels: PixelForm,
    parameters: Parameters,
    resizer: Resizer,
    /// The input as bytes, and in the model's form.
    bytes: Vec<u8>,
    input: Vec<f32>,
}

impl TextDetector {
    /// A detector that runs `session`.
    #[must_use]
    pub fn new(session: Session, size: DetectorSize, pixels: PixelForm, parameters: Parameters) -> Self {
        Self { session, size, pixels, parameters, resizer: Resizer::new(), bytes: Vec::new(), input: Vec::new() }
    }

    /// Every line of text in the region, in pixels of the whole frame.
    ///
    /// # Errors
    /// [`InferenceError`] when the model fails.
    pub fn lines(&mut self, view: &RgbView<'_>) -> Result<Vec<TextLine>, InferenceError> {
        let region = clipped(view);
        let Some((width, height)) = self.size.of_input(region) else { return Ok(Vec::new()) };
        self.fill_input(view, region, width, height)?;
        let output = self.session.run([1, 3, height as usize, width as usize], &self.input)?;
        let map = TextMap { width, height, values: &output.values };
        if output.values.len() != (width * height) as usize {
            let reason = format!("expected a map of {height}x{width}, got {:?}", output.shape);
            return Err(self.session.failure(reason));
        }
        let found = text_map::find_lines(map, &self.parameters);
        let to_frame = |p: Point| from_map(p, region, width, height);
        Ok(found.into_iter().map(|(quad, confidence)| TextLine { quad: quad.map(to_frame), confidence }).collect())
    }

    /// Cut, resized, in the model's form.
    fn fill_input(
        &mut self,
        view: &RgbView<'_>,
        region: BoundingBox,
        width: u32,
        height: u32,
    ) -> Result<(), InferenceError> {
        self.bytes.resize(3 * width as usize * height as usize, 0);
        let target = Target { pixels: &mut self.bytes, size: (width, height), content: (width, height) };
        let done = region::resize(&mut self.resizer, view.image, region, target);
        done.map_err(|reason| self.session.failure(reason))?;
        self.pixels.fill(&self.bytes, &mut self.input);
        Ok(())
    }
}

impl PlateDetector for TextDetector {
    /// Side numbers are never told: to this detector they are text like any other.
    fn detect(&mut self, view: &RgbView<'_>) -> Result<Detections, InferenceError> {
        Ok(Detections { plates: text_lines::plates(self.lines(view)?), side_numbers: Vec::new() })
    }
}

/// A point of the map as a point of the frame. Map coordinates are pixel centres, frame coordinates pixel corners.
#[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
fn from_map(point: Point, region: BoundingBox, width: u32, height: u32) -> Point {
    Point::new(
        region.left + (point.x + 0.5) / width as f32 * region.width(),
        region.top + (point.y + 0.5) / height as f32 * region.height(),
    )
}
