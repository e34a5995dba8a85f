//! Whose a number is that is painted on a side: only the time and the lane can tell, so it is somebody's only while there
//! is one vehicle whose it can be.
//!
//! Side numbers are kept apart from sightings: they open and close no track, and no text of theirs comes near a plate's vote.

use super::Lane;
use crate::frame::Moment;
use crate::plate::PlateReading;

impl Lane {
    /// Whether a side number that is seen now would be somebody's: of the one vehicle in view, or of the one that a trigger
    /// tells of while none is. Where it would not be, it need not be read.
    #[must_use]
    pub fn takes_side_numbers(&self) -> bool {
        let asked = || self.window.as_ref().is_some_and(|window| !window.answered);
        self.rules.side_numbers
            && match self.tracker.open_tracks() {
                0 => asked(),
                count => count == 1,
            }
    }

    /// Takes what was read on the sides in the frame captured at `at`, if it is somebody's. An open trigger that has no
    /// answer yet keeps it too, because the plate in view may turn out to be illegible.
    pub fn note_side_numbers(&mut self, at: Moment, readings: &[PlateReading]) {
        if !self.takes_side_numbers() {
            return;
        }
        let mut last_seen = at;
        if let Some(track) = self.tracker.only_open() {
            track.note_side_numbers(readings);
            last_seen = track.last_seen();
        }
        // A vehicle that was seen last before the trigger did not give it.
        let gave_it = |began: Moment| at.wall >= began.wall && last_seen.wall >= began.wall;
        if let Some(window) = self.window.as_mut().filter(|window| !window.answered && gave_it(window.began())) {
            window.side_numbers.cast(readings);
        }
    }
}
