//! What reading a plate that is followed can still tell, and what another recogniser, which takes longer than everything else
//! together.

use std::time::Duration;

use super::kinship::SETTLED_READS;
use super::legibility::is_sure_plate;
use super::{Track, Tracker};
use crate::frame::Moment;
use crate::geometry::BoundingBox;
use crate::plate::{PlateDetection, WorthAsking};

/// Who covers this share of the box in which a plate was or must be is this plate, by its place alone.
const SAME_PLACE: f32 = 0.3;
/// A plate of which nothing is known after so many looks is worth asking about only in every so many further ones: vehicles that
/// drive through are seen in ten to forty frames, and one that stands looks the same in all of them.
const LOOKS_AT_FIRST: u32 = 6;
const LOOKS_BETWEEN: u32 = 4;
/// So many readings that agree leave nothing to learn of a plate that stands; and who stands in its place half covers it.
const READ_OUT: u32 = 8;
const STANDS_THERE: f32 = 0.5;
/// It is read once in this time all the same, so that what takes its place is noticed.
const READ_AGAIN: Duration = Duration::from_secs(1);

impl Tracker {
    /// Whether reading what was `found` at `now` can tell anything: not where a vehicle stands whose plate is known and was read a
    /// moment ago.
    #[must_use]
    pub fn is_worth_reading(&self, found: &PlateDetection, now: Moment) -> bool {
        let here = found.corners.bounds();
        let is_known = |track: &Track| {
            track.is_settled()
                && track.text().is_some()
                && track.ballot().most_agreeing() >= READ_OUT
                && track.last_read().is_some_and(|read| read.until(now) < READ_AGAIN)
                && here.iou(track.last_box()) >= STANDS_THERE
        };
        // Of what a text detector finds only reading says that it is a plate.
        !(found.is_plate() && self.all().any(is_known))
    }

    /// Which readings of what was `found` at `now` are worth the time of another recogniser.
    #[must_use]
    pub fn worth_asking(&self, found: &PlateDetection, now: Moment) -> WorthAsking<'_> {
        let here = found.corners.bounds();
        let places = self.all().map(|track| (track, covers(track, here, now)));
        let there = places.filter(|(_, covered)| *covered >= SAME_PLACE).max_by(|one, other| one.1.total_cmp(&other.1));
        match there {
            Some((track, _)) => about(track),
            // What is hardly a plate opens no track of its own.
            None if found.is_plate() && !is_sure_plate(found) => WorthAsking::No,
            None => WorthAsking::Any,
        }
    }
}

fn covers(track: &Track, here: BoundingBox, now: Moment) -> f32 {
    here.iou(track.course().predicted_box(now)).max(here.iou(track.last_box()))
}

fn about(track: &Track) -> WorthAsking<'_> {
    let looks = track.path().looks();
    match track.text() {
        Some(text) if track.ballot().most_agreeing() >= SETTLED_READS => WorthAsking::Unlike(text),
        Some(_) => WorthAsking::Any,
        None if looks < LOOKS_AT_FIRST || looks.is_multiple_of(LOOKS_BETWEEN) => WorthAsking::Any,
        None => WorthAsking::No,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use image::RgbImage;
    use jiff::Timestamp;

    use super::*;
    use crate::consensus::Agreement;
    use crate::frame::Frame;
    use crate::geometry::Quad;
    use crate::passage::TrackId;
    use crate::plate::{CameraName, Confidence, Layout, PlateReading, PlateText, Sighting};

    fn at(ms: u64) -> Moment {
        Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::from_millis(ms) }
    }

    fn found(left: f32, confidence: f32) -> PlateDetection {
        let bounds = BoundingBox { left, top: 100.0, right: left + 80.0, bottom: 120.0 };
        PlateDetection { corners: Quad::from_box(bounds), confidence: Confidence::clamped(confidence), lines: vec![] }
    }

    fn text(text: &str) -> PlateText {
        PlateText::normalised(text).expect("a plate text")
    }

    /// A tracker that has seen a plate that stands at 100 so often, read like this.
    fn tracker(looks: u64, read: Option<&str>) -> Tracker {
        tracker_of(looks, read, 0.0)
    }

    /// The same of a plate that moves by so many pixels from look to look.
    fn tracker_of(looks: u64, read: Option<&str>, step: f32) -> Tracker {
        let mut tracker = Tracker::new(Agreement::default(), TrackId::first_of_lane(0));
        for n in 0..looks {
            let detection = found(100.0 + step * n as f32, 0.8);
            let reading = read.map(|read| PlateReading {
                text: text(read),
                per_character: vec![Confidence::clamped(0.7); read.len()],
                confidence: Confidence::clamped(0.7),
                alternatives: vec![],
                layout: Layout::OneLine,
                colour: None,
                corners: detection.corners,
            });
            let sighting = Sighting { at: at(n * 100), detection, reading, sharpness: 1.0, burnt_out: 0.0 };
            let frame = Frame {
                camera: CameraName::try_from("c").expect("a name"),
                captured_at: at(n * 100),
                image: Arc::new(RgbImage::new(1, 1)),
            };
            tracker.observe(&frame, vec![sighting]);
        }
        tracker
    }

    fn at_100(tracker: &Tracker) -> WorthAsking<'_> {
        tracker.worth_asking(&found(104.0, 0.8), at(2000))
    }

    #[test]
    fn a_plate_that_is_known_is_worth_asking_about_only_where_it_is_contradicted() {
        assert_eq!(at_100(&tracker(3, Some("34A11111"))), WorthAsking::Any);
        assert_eq!(at_100(&tracker(4, Some("34A11111"))), WorthAsking::Unlike(&text("34A11111")));
    }

    #[test]
    fn a_plate_that_nobody_can_read_is_worth_asking_about_now_and_then() {
        let asked = (1..20).filter(|looks| at_100(&tracker(*looks, None)) == WorthAsking::Any);
        assert_eq!(asked.collect::<Vec<_>>(), [1, 2, 3, 4, 5, 8, 12, 16]);
    }

    #[test]
    fn a_plate_that_stands_and_is_known_is_read_once_a_second() {
        let standing = tracker(40, Some("34A11111"));
        let is_worth = |left: f32, ms: u64| standing.is_worth_reading(&found(left, 0.8), at(ms));
        assert_eq!([4000, 4800, 4900].map(|ms| is_worth(104.0, ms)), [false, false, true]);
        assert!(is_worth(160.0, 4000), "it has driven on, or another one is there");
        assert!(tracker_of(40, Some("34A11111"), 10.0).is_worth_reading(&found(490.0, 0.8), at(4000)), "it moves");
        assert!(tracker(40, None).is_worth_reading(&found(104.0, 0.8), at(4000)), "nothing is known of it");
    }

    #[test]
    fn elsewhere_only_what_is_surely_a_plate_is_worth_it() {
        let tracker = tracker(10, Some("34A11111"));
        assert_eq!(tracker.worth_asking(&found(300.0, 0.8), at(2000)), WorthAsking::Any);
        assert_eq!(tracker.worth_asking(&found(300.0, 0.5), at(2000)), WorthAsking::No);
    }
}
