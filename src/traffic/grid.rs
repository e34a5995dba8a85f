//! The zone as rows of cells, from far (top) to near (bottom).

use crate::geometry::{BoundingBox, Point, Polygon};

/// Where the cells are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    bounds: BoundingBox,
    /// Side of a cell in pixels.
    side: f32,
    rows: Vec<Row>,
    columns: usize,
    cells: usize,
}

/// The cells of one row that are in the zone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// The number of the first of them, counted over all rows.
    pub(super) first: usize,
    /// The columns in which they are, from left to right.
    pub(super) columns: Vec<usize>,
    /// Middle of the row in pixels.
    pub(super) y: f32,
    /// How wide the zone is there, in pixels.
    pub(super) width: f32,
}

/// Small pixels across and down a cell.
pub(super) const SMALL: usize = 4;
/// Cells across the zone's widest row. A car is then 12 cells wide where it is near, and its outline is in two of them.
const CELLS_ACROSS: f32 = 24.0;
/// Most rows: a narrow, long zone gets wider cells instead.
const MOST_ROWS: f32 = 40.0;

impl Grid {
    /// Cells over `zone`, in its pixels.
    pub(super) fn over(zone: &Polygon) -> Self {
        let bounds = zone.bounds();
        let side = (bounds.width() / CELLS_ACROSS).max(bounds.height() / MOST_ROWS).max(1.0);
        let count = |length: f32| ((length / side).ceil().max(1.0) as usize).min(MOST_ROWS as usize + 1);
        let (columns, row_count) = (count(bounds.width()), count(bounds.height()));
        let (mut rows, mut cells) = (Vec::new(), 0);
        for row in 0..row_count {
            let y = bounds.top + (row as f32 + 0.5) * side;
            let inside = |column: &usize| zone.contains(Point::new(bounds.left + (*column as f32 + 0.5) * side, y));
            let columns: Vec<usize> = (0..columns).filter(inside).collect();
            let width = columns.len() as f32 * side;
            rows.push(Row { first: cells, y, width, columns });
            cells += rows.last().map_or(0, |row| row.columns.len());
        }
        Self { bounds, side, rows, columns, cells }
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many cells there are.
    pub(super) fn cells(&self) -> usize {
        self.cells
    }

    /// The row at `y`, where the zone has one; the nearest one where it has none.
    pub(super) fn row_at(&self, y: f32) -> usize {
        (((y - self.bounds.top) / self.side).max(0.0) as usize).min(self.rows.len().saturating_sub(1))
    }

    /// The cells on which `area` lies, and those around it.
    pub(super) fn cells_around(&self, area: BoundingBox) -> impl Iterator<Item = usize> + '_ {
        let column = |x: f32| ((x - self.bounds.left) / self.side).max(0.0) as usize;
        let columns = column(area.left).saturating_sub(1)..=column(area.right) + 1;
        let last = (self.row_at(area.bottom) + 2).min(self.rows.len());
        let rows = self.rows[self.row_at(area.top).saturating_sub(1)..last].iter();
        rows.flat_map(move |row| {
            let columns = columns.clone();
            let inside = move |(_, column): &(usize, &usize)| columns.contains(*column);
            row.columns.iter().enumerate().filter(inside).map(|(place, _)| row.first + place)
        })
    }

    /// Whether the row has cells, and none of them is at a side of a picture of this width.
    pub(super) fn is_whole(&self, row: &Row, picture_width: f32) -> bool {
        let (Some(first), Some(last)) = (row.columns.first(), row.columns.last()) else { return false };
        let edge = |column: usize| self.bounds.left + column as f32 * self.side;
        edge(*first) >= self.side / 2.0 && edge(*last + 1) <= picture_width - self.side / 2.0
    }

    pub(super) fn left(&self) -> f32 {
        self.bounds.left
    }

    pub(super) fn top(&self) -> f32 {
        self.bounds.top
    }

    /// Side of a small pixel in pixels.
    pub(super) fn small_step(&self) -> f32 {
        self.side / SMALL as f32
    }

    pub(super) fn small_width(&self) -> usize {
        self.columns * SMALL
    }

    pub(super) fn small_height(&self) -> usize {
        self.rows.len() * SMALL
    }
}
