//! Whether two tracks are of one vehicle: one that was hidden, that was seen by its front and then by its rear, or whose plate
//! was read slightly differently the second time.
//!
//! Text and place are weighed together. The same text, agreed on by both, is the same vehicle for some seconds wherever it is
//! seen. A text that differs by a character or two is so only where the plate can be by now: two lorries of one owner that
//! follow each other have such plates too.

use std::time::Duration;

use super::Track;
use super::association::ALIKE;
use super::course::size;
use crate::plate::PlateText;

/// The same plate again within this time is the same vehicle, hidden by somebody walking past, a wiper or headlights:
/// nothing turns round and comes back through a lane so soon.
pub const REAPPEARS_WITHIN: Duration = Duration::from_secs(10);
/// The same plate that now goes the other way (it came nearer and now becomes smaller) is the vehicle's other plate: a lorry
/// of 18 metres shows its rear so long after its front at walking pace. One that turns round behind the barrier and comes
/// back takes longer.
pub const FRONT_TO_REAR: Duration = Duration::from_secs(30);
/// What had come to rest when it was seen last has not been seen to leave: the same plate near by within this time is this vehicle,
/// which drives on. Its plate may have been dark for all of its waiting.
pub const WAITS_UNSEEN: Duration = Duration::from_secs(1800);
/// Near by, in plate widths: three metres on.
const DRIVEN_ON_WIDTHS: f32 = 6.0;
/// What disappeared in the middle of the zone has not been seen to leave, it is hidden behind another vehicle, which stands: the
/// same plate further on is this vehicle for so long; one that has passed and comes again begins further back. Where nothing was
/// agreed on it, whatever comes into view there, no smaller.
pub const HIDDEN_BEHIND_ANOTHER: Duration = Duration::from_secs(120);
/// A box of the same plate is not smaller than this share of it.
const NO_SMALLER: f32 = 0.85;
/// A text that is only alike, or none, is the same vehicle's within this time: after a longer one nothing can be said of
/// where it is.
const HIDDEN_WITHIN: Duration = Duration::from_secs(4);
/// A vehicle whose plate disappears after one reading and appears again as one reading.
const GLIMPSED_WITHIN: Duration = Duration::from_secs(3);
/// Where one has left, what appears without being read after this time may be the next one.
const LEFT_WITHIN: Duration = Duration::from_secs(1);
/// So many readings that agree are an identity of their own: a plate that differs from it is then another one, unless it is
/// exactly where this one must be.
pub(super) const SETTLED_READS: u32 = 4;

/// Whether `later` is the vehicle of `earlier`.
pub(super) fn is_same(earlier: &Track, later: &Track) -> bool {
    let first = later.first_sighting();
    let gap = earlier.last_seen().until(first.at);
    let known = earlier.text();
    if known.is_some() && known == later.text() {
        return is_same_plate(earlier, later, gap);
    }
    // Seen beside each other in one frame they are two.
    if first.at.elapsed <= earlier.last_seen().elapsed {
        return false;
    }
    if gap <= HIDDEN_BEHIND_ANOTHER && comes_out_again(earlier, later) {
        return true;
    }
    let course = earlier.course();
    match (earlier.ballot().leading(), later.ballot().leading()) {
        (Some(one), Some(other)) if one == other => {
            let near = course.nearness(first.bounds, first.at) > 0.0;
            let glimpsed = known.is_none() && gap <= GLIMPSED_WITHIN;
            (near && gap <= REAPPEARS_WITHIN) || (glimpsed && course.attainable(first.bounds, first.at) > 0.0)
        }
        (Some(one), Some(other)) if edits(one, other) <= ALIKE => gap <= HIDDEN_WITHIN && is_misread(earlier, later),
        (Some(_), Some(_)) => false,
        // Nothing was read on one of them.
        _ => {
            let next_may_come = earlier.has_left() && !later.path().leads_the_same_way_as(earlier.path());
            let within = if next_may_come { LEFT_WITHIN } else { GLIMPSED_WITHIN };
            let near = course.closeness(first.bounds, first.at) > 0.0 && !course.is_behind(first.bounds);
            gap <= within && near
        }
    }
}

/// Whether `later`, seen in another lane of the same camera, is the vehicle of `earlier`: the same plate as agreed on in both, or
/// as read so far where this plate can be by now. Without a text nobody changes lanes: it is the neighbour.
pub(super) fn has_changed_lane(earlier: &Track, later: &Track) -> bool {
    let first = later.first_sighting();
    let gap = earlier.last_seen().until(first.at);
    let agreed = || earlier.text().is_some() && earlier.text() == later.text();
    let read = || earlier.ballot().leading().is_some() && earlier.ballot().leading() == later.ballot().leading();
    gap <= REAPPEARS_WITHIN && (agreed() || (read() && earlier.course().nearness(first.bounds, first.at) > 0.0))
}

/// Whether texts that are alike are two readings of one plate: by the place, and more so where each was read several times.
fn is_misread(earlier: &Track, later: &Track) -> bool {
    let (first, course) = (later.first_sighting(), earlier.course());
    let is_read_well = |track: &Track| track.ballot().most_agreeing() >= SETTLED_READS;
    let two_plates = is_read_well(earlier) && is_read_well(later);
    let near = course.nearness(first.bounds, first.at) > 0.0 && !course.is_behind(first.bounds);
    (near && !two_plates) || course.closeness(first.bounds, first.at) > 0.0
}

/// Whether `earlier`, whose readings agreed on nothing, was hidden behind another vehicle, and `later` is where it must come into
/// view again.
fn comes_out_again(earlier: &Track, later: &Track) -> bool {
    let (hid, first) = (earlier.last_box(), later.first_sighting().bounds);
    let near_by = hid.centre().distance(first.centre()) <= DRIVEN_ON_WIDTHS * first.width().max(1.0);
    earlier.text().is_none() && earlier.may_be_hidden() && near_by && size(first) >= NO_SMALLER * size(hid)
}

fn is_same_plate(earlier: &Track, later: &Track, gap: Duration) -> bool {
    let first = later.first_sighting();
    let stood = earlier.last_box();
    let in_its_place = || stood.iou(first.bounds) > 0.0;
    let near_by = || stood.centre().distance(first.bounds.centre()) <= DRIVEN_ON_WIDTHS * stood.width().max(1.0);
    gap <= REAPPEARS_WITHIN
        || (gap <= FRONT_TO_REAR && earlier.net_growth() > 0.0 && later.net_growth() < 0.0)
        || (!earlier.has_left() && gap <= HIDDEN_BEHIND_ANOTHER && earlier.course().is_ahead(first.bounds))
        || (earlier.stays() && gap <= WAITS_UNSEEN && near_by())
        || (earlier.is_settled() && in_its_place())
}

fn edits(one: &PlateText, other: &PlateText) -> usize {
    strsim::levenshtein(one.as_str(), other.as_str())
}
