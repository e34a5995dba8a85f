//! From a corner detector's cells to quadrilaterals: peaks, corners, and one find per plate.

use super::manifest::CornerDetector as Parameters;
use crate::geometry::{Point, Quad};
use crate::plate::Confidence;

/// A likelihood, and x and y of four corners.
pub const CHANNELS: usize = 9;

/// The output for one class: `CHANNELS` planes of `columns` by `rows` values. The first is the likelihood that a plate's
/// middle is in the cell; the others are the corners, clockwise from the plate's top left, in pixels of the input from the
/// cell's middle.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    columns: usize,
    rows: usize,
    values: &'a [f32],
}

/// A find in pixels of the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Find {
    /// Its corners.
    pub corners: Quad,
    /// How sure the detector is.
    pub confidence: Confidence,
}

impl<'a> Cells<'a> {
    /// The cells of one class. `values` has `CHANNELS * columns * rows` values.
    #[must_use]
    pub fn new(columns: usize, rows: usize, values: &'a [f32]) -> Self {
        debug_assert_eq!(values.len(), CHANNELS * columns * rows, "the output's shape was checked");
        Self { columns, rows, values }
    }

    /// What is found in them, the surest first.
    #[must_use]
    pub fn finds(&self, parameters: &Parameters) -> Vec<Find> {
        let cells = (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| (column, row)));
        let peaks = cells.filter(|(column, row)| {
            self.likelihood(*column, *row) >= parameters.peak_threshold.value() && self.is_peak(*column, *row)
        });
        let find = |(column, row)| Find {
            corners: self.corners(column, row, parameters.cell_px.get()),
            confidence: Confidence::clamped(self.likelihood(column, row)),
        };
        let mut finds: Vec<Find> = peaks.map(find).filter(|find| is_a_plates_outline(&find.corners)).collect();
        finds.sort_by(|a, b| b.confidence.value().total_cmp(&a.confidence.value()));
        let mut finds = one_each(finds, parameters.overlap_threshold.value());
        finds.truncate(parameters.max_finds.get() as usize);
        finds
    }

    fn value(&self, channel: usize, column: usize, row: usize) -> f32 {
        self.values[(channel * self.rows + row) * self.columns + column]
    }

    fn likelihood(&self, column: usize, row: usize) -> f32 {
        self.value(0, column, row)
    }

    /// Whether no neighbour is likelier. Of equal neighbours the first is the peak.
    fn is_peak(&self, column: usize, row: usize) -> bool {
        let here = self.likelihood(column, row);
        let rows = row.saturating_sub(1)..(row + 2).min(self.rows);
        let columns = column.saturating_sub(1)..(column + 2).min(self.columns);
        rows.flat_map(|y| columns.clone().map(move |x| (x, y))).all(|(x, y)| {
            let there = self.likelihood(x, y);
            if (y, x) < (row, column) { here > there } else { here >= there }
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "pixel sizes")]
    fn corners(&self, column: usize, row: usize, cell_px: u32) -> Quad {
        let middle = |index: usize| (index as f32 + 0.5) * cell_px as f32;
        Quad(std::array::from_fn(|corner| {
            let to = |axis: usize| self.value(1 + 2 * corner + axis, column, row);
            Point::new(middle(column) + to(0), middle(row) + to(1))
        }))
    }
}

/// Whether it is a convex quad with its corners clockwise, as every plate looks that is seen from its front. Corners
/// that are no numbers are none.
fn is_a_plates_outline(quad: &Quad) -> bool {
    (0..4).all(|i| {
        let [a, b, c] = [0, 1, 2].map(|step| quad.0[(i + step) % 4]);
        (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x) > 0.0
    })
}

/// Of finds that overlap by more than `most`, the surest; `finds` are sorted.
fn one_each(finds: Vec<Find>, most: f32) -> Vec<Find> {
    let mut kept: Vec<Find> = Vec::new();
    for find in finds {
        let same = |other: &Find| other.corners.bounds().iou(find.corners.bounds()) > most;
        if !kept.iter().any(same) {
            kept.push(find);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::artifact::parse;

    const COLUMNS: usize = 12;
    const ROWS: usize = 6;
    /// A plate of 40 by 16 pixels around a cell's middle.
    const PLATE: [f32; 8] = [-20.0, -8.0, 20.0, -8.0, 20.0, 8.0, -20.0, 8.0];

    fn parameters() -> Parameters {
        let text = "origin = 'test'\ncell_px = 8\nclasses = ['plate']\npeak_threshold = 0.4\noverlap_threshold = 0.3\n\
            max_finds = 3\n";
        parse(text.as_bytes(), std::path::Path::new("test.toml")).expect("it is right")
    }

    /// What is found in cells with these likelihoods and corners, all others being 0.
    fn finds(cells: &[(usize, usize, f32, [f32; 8])]) -> Vec<Find> {
        let mut values = vec![0.0; CHANNELS * COLUMNS * ROWS];
        for (column, row, likelihood, corners) in cells {
            for (channel, value) in std::iter::once(likelihood).chain(corners).enumerate() {
                values[(channel * ROWS + row) * COLUMNS + column] = *value;
            }
        }
        Cells::new(COLUMNS, ROWS, &values).finds(&parameters())
    }

    #[test]
    fn corners_count_from_the_middle_of_their_cell() {
        let [find] = finds(&[(4, 2, 0.9, PLATE)])[..] else { panic!("one find") };
        let expected = [(16.0, 12.0), (56.0, 12.0), (56.0, 28.0), (16.0, 28.0)].map(|(x, y)| Point::new(x, y));
        assert_eq!(find.corners.0, expected);
        assert_eq!(find.confidence, Confidence::clamped(0.9));
    }

    #[test]
    fn a_cell_beside_a_likelier_one_is_no_plate_of_its_own() {
        let found = finds(&[(4, 2, 0.8, PLATE), (5, 3, 0.9, PLATE), (0, 0, 0.39, PLATE)]);
        assert_eq!(found.iter().map(|find| find.confidence.value()).collect::<Vec<_>>(), [0.9]);
    }

    #[test]
    fn of_equal_neighbours_one_is_found() {
        assert_eq!(finds(&[(4, 2, 0.9, PLATE), (5, 2, 0.9, PLATE), (4, 3, 0.9, PLATE)]).len(), 1);
    }

    #[test]
    fn finds_that_overlap_are_one_and_neighbours_are_two() {
        assert_eq!(finds(&[(2, 2, 0.7, PLATE), (4, 2, 0.9, PLATE)]).len(), 1, "16 of 40 pixels apart");
        assert_eq!(finds(&[(2, 2, 0.7, PLATE), (8, 2, 0.9, PLATE)]).len(), 2);
    }

    #[test]
    fn the_surest_are_kept_when_there_are_too_many() {
        let small = PLATE.map(|value| value / 8.0);
        let cells: Vec<_> =
            [0.5, 0.8, 0.6, 0.9, 0.7].into_iter().enumerate().map(|(i, p)| (2 * i, 1, p, small)).collect();
        assert_eq!(finds(&cells).iter().map(|find| find.confidence.value()).collect::<Vec<_>>(), [0.9, 0.8, 0.7]);
    }

    #[test]
    fn what_is_no_plates_outline_is_dropped() {
        let [x0, y0, x1, y1, x2, y2, x3, y3] = PLATE;
        let twisted = [x1, y1, x0, y0, x2, y2, x3, y3];
        let counterclockwise = [x0, y0, x3, y3, x2, y2, x1, y1];
        let dented = [x0, y0, x1, y1, 0.0, -4.0, x3, y3];
        let no_number = [f32::NAN, y0, x1, y1, x2, y2, x3, y3];
        for corners in [twisted, counterclockwise, dented, no_number, [0.0; 8], [f32::INFINITY; 8]] {
            assert_eq!(finds(&[(4, 2, 0.9, corners)]), [], "{corners:?}");
        }
    }

    #[test]
    fn a_plate_upside_down_starts_where_its_text_does() {
        let [x0, y0, x1, y1, x2, y2, x3, y3] = PLATE;
        let found = finds(&[(4, 2, 0.9, [x2, y2, x3, y3, x0, y0, x1, y1])]);
        assert_eq!(found[0].corners.0[0], Point::new(56.0, 28.0));
    }

    proptest! {
        #[test]
        fn no_values_crash_it_and_finds_never_overlap(
            values in prop::collection::vec(-60.0_f32..60.0, CHANNELS * COLUMNS * ROWS),
        ) {
            let found = Cells::new(COLUMNS, ROWS, &values).finds(&parameters());
            for (index, find) in found.iter().enumerate() {
                let overlap = |other: &Find| other.corners.bounds().iou(find.corners.bounds());
                prop_assert!(found[..index].iter().all(|other| overlap(other) <= 0.3));
            }
        }
    }
}
