//! From cells that the empty lane does not explain to occupied stretches of the lane, and to the vehicles in them.

use std::ops::Range;

use super::grid::Grid;
use super::road::Road;

/// Neighbouring rows in which something is.
pub(super) type Stretch = Range<usize>;

/// A row is occupied when what is in it spans this share of its width, from its left outline to its right one: the smooth
/// side of a container has no texture between them. A motorbike with its rider is 0.8 m wide in a lane of 3.5 m, a person 0.5 m.
const LEAST_SPAN: f32 = 0.2;
/// Rows between two parts of one vehicle in which nothing is seen, such as a bonnet as plain as the road: this many, or so far.
const BRIDGED_ROWS: usize = 1;
const BRIDGED_M: f32 = 2.0;
/// A plain roof at night is no higher than so many rows.
const ROOF_ROWS: usize = 4;
/// What is shorter is no vehicle: a line of shadow, a puddle.
const LEAST_ROWS: usize = 2;
const LEAST_LENGTH_M: f32 = 1.0;
/// So many cells at least are in one.
const LEAST_CELLS: usize = 4;
/// Road in front of the first plate that no vehicle with this plate covers: its shadow, or the light of its lamps, may.
const BEFORE_A_PLATE_M: f32 = 4.0;
/// The longest lorry with its gap: plates farther apart have a vehicle between them whose plate is hidden.
const BETWEEN_PLATES_M: f32 = 20.0;
/// So much road beyond what a vehicle covers and hides is another one.
const BEYOND_M: f32 = 4.0;
/// However long a lane is.
const MOST_HIDDEN: usize = 20;

/// How many cells of a row count, and whether it is occupied.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span {
    cells: usize,
    occupied: bool,
}

/// The occupied stretches, from far to near. `strange` says for every cell whether something is there.
pub(super) fn stretches(grid: &Grid, road: &Road, strange: &[bool]) -> Vec<Stretch> {
    let spans: Vec<Span> = (0..grid.rows().len()).map(|row| span(grid, strange, row)).collect();
    let mut found: Vec<Stretch> = Vec::new();
    for row in (0..spans.len()).filter(|row| spans[*row].occupied) {
        match found.last_mut() {
            Some(last) if is_bridged(road, last.end..row) => last.end = row + 1,
            _ => found.push(row..row + 1),
        }
    }
    let mut found = with_roofs(road, found);
    found.retain(|stretch| {
        let cells: usize = spans[stretch.clone()].iter().map(|span| span.cells).sum();
        let long = road.length_m(stretch.clone()).is_none_or(|length| length >= LEAST_LENGTH_M);
        stretch.len() >= LEAST_ROWS && cells >= LEAST_CELLS && long
    });
    found
}

/// Joins what is seen of a vehicle's roof with its front: the road between them cannot be what is seen there, because the
/// vehicle hides it.
fn with_roofs(road: &Road, stretches: Vec<Stretch>) -> Vec<Stretch> {
    let mut joined: Vec<Stretch> = Vec::new();
    for stretch in stretches.into_iter().rev() {
        let hides = |nearer: &Stretch| {
            let gap = stretch.end..nearer.start;
            let far_end = road.ends_m(&gap).map_or(f32::INFINITY, |(far, _)| far);
            let hidden = road.ends_m(nearer).map_or(0.0, |(_, near)| road.hidden_by_a_car_until_m(near));
            gap.len() <= ROOF_ROWS && far_end <= hidden
        };
        match joined.last_mut() {
            Some(nearer) if hides(nearer) => nearer.start = stretch.start,
            _ => joined.push(stretch),
        }
    }
    joined.reverse();
    joined
}

fn is_bridged(road: &Road, gap: Range<usize>) -> bool {
    gap.len() <= BRIDGED_ROWS || road.length_m(gap).is_some_and(|length| length <= BRIDGED_M)
}

/// A single cell that is strange by itself is noise.
fn span(grid: &Grid, strange: &[bool], row: usize) -> Span {
    let rows = grid.rows();
    let is = |row: usize, column: usize| {
        let row = &rows[row];
        let index = row.columns.binary_search(&column).map(|index| row.first + index);
        index.is_ok_and(|index| strange.get(index).copied().unwrap_or(false))
    };
    let nearby = row.saturating_sub(1)..(row + 2).min(rows.len());
    let has_neighbour = |column: usize| {
        let around = column.saturating_sub(1)..column + 2;
        nearby
            .clone()
            .flat_map(|row| around.clone().map(move |near| (row, near)))
            .filter(|(row, near)| is(*row, *near))
            .count()
            > 1
    };
    let columns = &rows[row].columns;
    let counted = || columns.iter().filter(|column| is(row, **column) && has_neighbour(**column));
    let (Some(first), Some(last)) = (counted().next(), counted().next_back()) else {
        return Span { cells: 0, occupied: false };
    };
    let share = (last - first + 1) as f32 / columns.len() as f32;
    Span { cells: counted().count(), occupied: share >= LEAST_SPAN }
}

/// Vehicles in one stretch: for each the rows in which it is, and the plate, if one is seen. `plates` are their rows.
pub(super) fn vehicles(road: &Road, stretch: &Stretch, plates: &[usize]) -> Vec<(Stretch, Option<usize>)> {
    let mut plates: Vec<usize> = plates.to_vec();
    plates.sort_unstable_by(|a, b| b.cmp(a));
    let Some((far, near)) = road.ends_m(stretch) else { return by_plates(stretch, &plates) };
    let mut found = Vec::new();
    let mut front = near;
    let mut from = stretch.end;
    for plate in &plates {
        let at = road.plate_at_m(*plate).unwrap_or(near).max(front);
        let reach = if from == stretch.end { BEFORE_A_PLATE_M } else { BETWEEN_PLATES_M };
        let end = *plate + 1;
        if at - front > reach {
            found.push((end..from, None));
        }
        found.push((stretch.start..end, Some(*plate)));
        (front, from) = (at, end);
    }
    if found.is_empty() {
        found.push((stretch.clone(), None));
    }
    let mut covered = road.hidden_until_m(front);
    while far - covered > BEYOND_M && found.len() < MOST_HIDDEN {
        found.push((stretch.start..from, None));
        covered = road.hidden_until_m(covered);
    }
    trimmed(found, stretch)
}

/// Without distances each plate is a vehicle, and what has none is one.
fn by_plates(stretch: &Stretch, plates: &[usize]) -> Vec<(Stretch, Option<usize>)> {
    if plates.is_empty() {
        return vec![(stretch.clone(), None)];
    }
    trimmed(plates.iter().map(|plate| (stretch.start..plate + 1, Some(*plate))).collect(), stretch)
}

/// Each vehicle reaches from its near end to that of the next one behind it, within the stretch.
fn trimmed(mut found: Vec<(Stretch, Option<usize>)>, stretch: &Stretch) -> Vec<(Stretch, Option<usize>)> {
    for index in 0..found.len() {
        let behind = found.get(index + 1).map_or(stretch.start, |(rows, _)| rows.end);
        let rows = &mut found[index].0;
        let end = rows.end.clamp(stretch.start + 1, stretch.end);
        *rows = behind.min(end - 1).max(stretch.start)..end;
    }
    found
}
