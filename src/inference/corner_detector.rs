//! Finds plates as a whole, with their four corners, in one run over a region.

use fast_image_resize::Resizer;

use super::corner_cells::{CHANNELS, Cells};
use super::letterbox::{Letterbox, LetterboxSize};
use super::manifest::{CornerDetector as Parameters, FoundClass};
use super::pixels::PixelForm;
use super::region::clipped;
use super::session::{Session, Tensor};
use super::{InferenceError, PlateDetector, RgbView};
use crate::geometry::{BoundingBox, Point};
use crate::plate::PlateDetection;

/// The detector: a model, its sizes and parameters, and its buffers, used again for every frame.
#[derive(Debug)]
pub struct CornerDetector {
    session: Session,
    size: LetterboxSize,
    pixels: PixelForm,
    parameters: Parameters,
    resizer: Resizer,
    /// The input as bytes, and in the model's form.
    bytes: Vec<u8>,
    input: Vec<f32>,
}

impl CornerDetector {
    /// A detector that runs `session`.
    #[must_use]
    pub fn new(session: Session, size: LetterboxSize, pixels: PixelForm, parameters: Parameters) -> Self {
        Self { session, size, pixels, parameters, resizer: Resizer::new(), bytes: Vec::new(), input: Vec::new() }
    }

    /// The cells of every class.
    fn run(&mut self, view: &RgbView<'_>, letterbox: &Letterbox) -> Result<Tensor, InferenceError> {
        let filled = letterbox.fill(&mut self.resizer, view.image, &mut self.bytes);
        filled.map_err(|reason| self.session.failure(reason))?;
        self.pixels.fill(&self.bytes, &mut self.input);
        let shape = [1, 3, letterbox.height as usize, letterbox.width as usize];
        let output = self.session.run(shape, &self.input)?;
        let (columns, rows) = self.cells_of(letterbox);
        let expected = [1, CHANNELS * self.parameters.classes.as_slice().len(), rows, columns];
        if output.shape == expected {
            Ok(output)
        } else {
            let [_, _, height, width] = shape;
            let found = output.shape;
            let reason = format!("expected cells of {expected:?} for a picture of {width}x{height}, got {found:?}");
            Err(self.session.failure(reason))
        }
    }

    /// How many columns and rows of cells the input has.
    fn cells_of(&self, letterbox: &Letterbox) -> (usize, usize) {
        let cells = |pixels: u32| (pixels / self.parameters.cell_px) as usize;
        (cells(letterbox.width), cells(letterbox.height))
    }
}

impl PlateDetector for CornerDetector {
    fn detect(&mut self, view: &RgbView<'_>) -> Result<Vec<PlateDetection>, InferenceError> {
        let region = clipped(view);
        let Some(letterbox) = Letterbox::new(self.size, region) else { return Ok(Vec::new()) };
        let output = self.run(view, &letterbox)?;
        let Some(class) = self.parameters.classes.position(&FoundClass::Plate) else { return Ok(Vec::new()) };
        let (columns, rows) = self.cells_of(&letterbox);
        let planes = CHANNELS * columns * rows;
        let cells = Cells::new(columns, rows, &output.values[class * planes..(class + 1) * planes]);
        let found = cells.finds(&self.parameters).into_iter().map(|find| PlateDetection {
            corners: find.corners.map(|point| letterbox.to_frame(point)),
            confidence: find.confidence,
            lines: Vec::new(),
        });
        Ok(found.filter(|detection| is_inside(region, detection.corners.centre())).collect())
    }
}

/// Whether the middle of a plate lies in the region; its corners may reach out.
fn is_inside(region: BoundingBox, Point { x, y }: Point) -> bool {
    (region.left..=region.right).contains(&x) && (region.top..=region.bottom).contains(&y)
}
