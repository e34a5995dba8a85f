//! Finds plates as a whole, with their four corners, in one run over a region, and looks closer at those that look small; on
//! demand side numbers too, in the same run.

use fast_image_resize::Resizer;
use image::RgbImage;

use super::closer_look;
use super::corner_cells::{CHANNELS, Cells, Find};
use super::letterbox::{Letterbox, LetterboxSize};
use super::manifest::{CornerDetector as Parameters, FoundClass};
use super::pixels::PixelForm;
use super::region::clipped;
use super::session::{Session, Tensor};
use super::{Detections, InferenceError, PlateDetector, RgbView, whole};
use crate::plate::PlateDetection;

/// The detector: a model, its sizes and parameters, and its buffers, used again for every frame.
#[derive(Debug)]
pub struct CornerDetector {
    session: Session,
    size: LetterboxSize,
    pixels: PixelForm,
    parameters: Parameters,
    /// Whether the class of side numbers is looked at.
    side_numbers: bool,
    resizer: Resizer,
    /// The input as bytes, and in the model's form.
    bytes: Vec<u8>,
    input: Vec<f32>,
}

impl CornerDetector {
    /// A detector of plates that runs `session`.
    #[must_use]
    pub fn new(session: Session, size: LetterboxSize, pixels: PixelForm, parameters: Parameters) -> Self {
        let (resizer, bytes, input) = (Resizer::new(), Vec::new(), Vec::new());
        Self { session, size, pixels, parameters, side_numbers: false, resizer, bytes, input }
    }

    /// The same, which tells side numbers too, if its model has a class for them.
    #[must_use]
    pub fn with_side_numbers(self) -> Self {
        Self { side_numbers: true, ..self }
    }

    /// The cells of every class.
    fn run(&mut self, image: &RgbImage, letterbox: &Letterbox) -> Result<Tensor, InferenceError> {
        let filled = letterbox.fill(&mut self.resizer, image, &mut self.bytes);
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

    /// What is found of one class, the surest first, in pixels of the frame; nothing of a class that the model does not have.
    fn finds(&self, class: FoundClass, output: &Tensor, letterbox: &Letterbox) -> Vec<Find> {
        let Some(class) = self.parameters.classes.position(&class) else { return Vec::new() };
        let (columns, rows) = self.cells_of(letterbox);
        let planes = CHANNELS * columns * rows;
        let cells = Cells::new(columns, rows, &output.values[class * planes..(class + 1) * planes]);
        let in_frame = |find: Find| Find { corners: find.corners.map(|point| letterbox.to_frame(point)), ..find };
        cells.finds(&self.parameters).into_iter().map(in_frame).collect()
    }

    /// How many columns and rows of cells the input has.
    fn cells_of(&self, letterbox: &Letterbox) -> (usize, usize) {
        let cells = |pixels: u32| (pixels / self.parameters.cell_px) as usize;
        (cells(letterbox.width), cells(letterbox.height))
    }

    /// Finds the corners of those of `finds` again that look small at `scale`, the first look's.
    fn look_closer(&mut self, image: &RgbImage, scale: f32, finds: &mut [Find]) -> Result<(), InferenceError> {
        let Some(closer) = self.parameters.closer_look else { return Ok(()) };
        let size = LetterboxSize::Fixed(closer.width_px.get(), closer.height_px.get());
        let around = |find: &Find| closer_look::surroundings(&closer, &find.corners, scale, whole(image));
        let small = finds.iter_mut().filter_map(|find| Some((around(find)?, find)));
        for (region, find) in small.take(closer.max_plates as usize) {
            let Some(letterbox) = Letterbox::new(size, region) else { continue };
            let output = self.run(image, &letterbox)?;
            let again = self.finds(FoundClass::Plate, &output, &letterbox);
            if let Some(corners) = closer_look::same_plate(&find.corners, &again) {
                find.corners = corners;
            }
        }
        Ok(())
    }
}

impl PlateDetector for CornerDetector {
    fn detect(&mut self, view: &RgbView<'_>) -> Result<Detections, InferenceError> {
        let region = clipped(view);
        let Some(letterbox) = Letterbox::new(self.size, region) else { return Ok(Detections::default()) };
        let output = self.run(view.image, &letterbox)?;
        let inside = |mut finds: Vec<Find>| {
            // Its corners may reach out.
            finds.retain(|find| region.contains(find.corners.centre()));
            finds
        };
        let mut plates = inside(self.finds(FoundClass::Plate, &output, &letterbox));
        self.look_closer(view.image, letterbox.scale(), &mut plates)?;
        let mut side_numbers = Vec::new();
        if self.side_numbers {
            side_numbers = inside(self.finds(FoundClass::SideNumber, &output, &letterbox));
            // What may be a plate is no side number: read as one, it would only repeat what the plate says.
            let most = self.parameters.overlap_threshold.value();
            let overlaps = |a: &Find, b: &Find| a.corners.bounds().iou(b.corners.bounds()) > most;
            side_numbers.retain(|side| !plates.iter().any(|plate| overlaps(side, plate)));
        }
        Ok(Detections { plates: detections(plates), side_numbers: detections(side_numbers) })
    }
}

fn detections(finds: Vec<Find>) -> Vec<PlateDetection> {
    let detection = |Find { corners, confidence }| PlateDetection { corners, confidence, lines: Vec::new() };
    finds.into_iter().map(detection).collect()
}
