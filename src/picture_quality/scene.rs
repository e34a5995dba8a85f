//! What is known of a camera's scene, and whether it is still there.

use std::time::Duration;

use image::RgbImage;

use super::conviction::{Conviction, Evidence, LONGEST_STEP};
use super::outlines::Outlines;
use super::shift::{Comparison, compare};

/// The scene as it usually looks, learned slowly, and whether the camera has moved since.
#[derive(Debug)]
pub(super) struct Scene {
    known: Option<Average>,
    /// The view since the camera moved: it becomes the known scene in the end.
    new: Option<Average>,
    shifted: Conviction,
    elsewhere: Conviction,
    /// The known scene is in view again.
    back: Conviction,
}

/// A camera that was knocked and swings back has not moved.
const MOVED_AFTER: Duration = Duration::from_secs(20);
/// A lorry may hide everything for some minutes.
const ELSEWHERE_AFTER: Duration = Duration::from_secs(300);
/// Whoever moved the camera on purpose is done by then, and whoever must be told was told.
const ACCEPTED_AFTER: Duration = Duration::from_secs(600);
/// Half an hour of shadows moves less than a lorry's length, and a queue moves up sooner.
const LEARNED_OVER: Duration = Duration::from_secs(300);
/// Before this many pictures, what is known may be the vehicle that stood there at the start.
const LEAST_PICTURES: u32 = 20;

impl Default for Scene {
    fn default() -> Self {
        Self {
            known: None,
            new: None,
            shifted: Conviction::after(MOVED_AFTER),
            elsewhere: Conviction::after(ELSEWHERE_AFTER),
            back: Conviction::after(MOVED_AFTER),
        }
    }
}

impl Scene {
    /// Looks at a picture in which there is something to see, `since` after the last one; whether the camera has moved.
    pub(super) fn observe(&mut self, image: &RgbImage, since: Duration) -> bool {
        // A pause is no time of looking.
        let since = since.min(LONGEST_STEP);
        let Some(seen) = Outlines::of(image) else {
            return self.has_moved();
        };
        let Some(known) = self.known.as_mut().filter(|known| known.outlines.has_size_of(&seen)) else {
            *self = Self { known: Some(Average::of(seen)), ..Self::default() };
            return false;
        };
        let comparison =
            if known.pictures < LEAST_PICTURES { Comparison::InPlace } else { compare(&known.outlines, &seen) };
        if matches!(comparison, Comparison::InPlace | Comparison::Unclear) && self.new.is_none() {
            known.learn(&seen, since);
        }
        let in_place = matches!(comparison, Comparison::InPlace);
        self.weigh(comparison, since);
        if !in_place || !self.has_moved() {
            self.learn_new(seen, since);
        }
        self.has_moved()
    }

    fn weigh(&mut self, comparison: Comparison, since: Duration) {
        let (shifted, elsewhere, back) = match comparison {
            Comparison::InPlace => (Evidence::Against, Evidence::Against, Evidence::For),
            Comparison::Shifted(..) => (Evidence::For, Evidence::Against, Evidence::Against),
            Comparison::Elsewhere => (Evidence::None, Evidence::For, Evidence::Against),
            Comparison::Unclear => (Evidence::None, Evidence::None, Evidence::None),
        };
        self.shifted.weigh(shifted, since);
        self.elsewhere.weigh(elsewhere, since);
        self.back.weigh(back, since);
        if self.has_moved() && self.back.holds() {
            self.shifted.forget();
            self.elsewhere.forget();
        }
    }

    /// While the camera is elsewhere, its new view is learned; in the end it is the known one.
    fn learn_new(&mut self, seen: Outlines, since: Duration) {
        if !self.has_moved() {
            self.new = None;
            return;
        }
        match &mut self.new {
            None => self.new = Some(Average::of(seen)),
            Some(new) => {
                new.learn(&seen, since);
                if new.age >= ACCEPTED_AFTER {
                    self.known = self.new.take();
                    self.shifted.forget();
                    self.elsewhere.forget();
                    self.back.forget();
                }
            }
        }
    }

    fn has_moved(&self) -> bool {
        self.shifted.holds() || self.elsewhere.holds()
    }
}

/// A running average of outlines.
#[derive(Debug)]
struct Average {
    outlines: Outlines,
    pictures: u32,
    age: Duration,
}

impl Average {
    fn of(outlines: Outlines) -> Self {
        Self { outlines, pictures: 1, age: Duration::ZERO }
    }

    /// The first pictures count alike; then each counts as much as the time that it stands for.
    fn learn(&mut self, seen: &Outlines, since: Duration) {
        self.pictures = self.pictures.saturating_add(1);
        self.age = self.age.saturating_add(since);
        #[expect(clippy::cast_precision_loss, reason = "a rate; seven digits are enough")]
        let alike = 1.0 / self.pictures as f32;
        let slow = since.as_secs_f32() / LEARNED_OVER.as_secs_f32();
        self.outlines.approach(seen, alike.max(slow).min(0.5));
    }
}
