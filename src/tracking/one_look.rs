//! One sighting for each plate of a frame: what was found twice, nested or overlapping, counts once.

use std::cmp::Ordering;

use crate::geometry::BoundingBox;
use crate::plate::Sighting;

/// Two boxes of which this share of the smaller one is in the other are of one plate.
const SAME_SHARE: f32 = 0.6;

/// The sightings of one frame without repetitions, in an order of their own: what is done with them does not depend on the
/// order in which they were found.
pub(super) fn distinct(mut sightings: Vec<Sighting>) -> Vec<Sighting> {
    sightings.sort_by(in_order);
    let mut kept: Vec<Sighting> = Vec::with_capacity(sightings.len());
    for sighting in sightings {
        let here = sighting.corners().bounds();
        if !kept.iter().any(|other| is_same(other.corners().bounds(), here)) {
            kept.push(sighting);
        }
    }
    kept
}

/// The one that counts most first; of those without a weight the larger. Then by place and text, so that no two differ in
/// nothing but their order.
fn in_order(a: &Sighting, b: &Sighting) -> Ordering {
    let (here, there) = (a.corners().bounds(), b.corners().bounds());
    let text = |sighting: &Sighting| sighting.reading.as_ref().map(|reading| reading.text.clone());
    b.weight()
        .total_cmp(&a.weight())
        .then_with(|| there.area().total_cmp(&here.area()))
        .then_with(|| here.left.total_cmp(&there.left))
        .then_with(|| here.top.total_cmp(&there.top))
        .then_with(|| text(a).cmp(&text(b)))
        .then_with(|| b.detection.confidence.value().total_cmp(&a.detection.confidence.value()))
}

fn is_same(a: BoundingBox, b: BoundingBox) -> bool {
    let width = (a.right.min(b.right) - a.left.max(b.left)).max(0.0);
    let height = (a.bottom.min(b.bottom) - a.top.max(b.top)).max(0.0);
    width * height >= SAME_SHARE * a.area().min(b.area()).max(1.0)
}
