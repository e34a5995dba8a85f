//! How high plates are in a camera's pictures, of late.

use std::collections::VecDeque;

/// The last heights of plates, for their median.
#[derive(Debug, Clone, Default)]
pub struct PlateHeights {
    recent: VecDeque<f32>,
}

/// As many as pass in an hour or two of a busy lane: enough that one lorry far away does not matter, few enough that a
/// camera that was zoomed shows it the same day.
const KEPT: usize = 64;

impl PlateHeights {
    /// One more plate, its height in pixels of the corrected picture. What is no positive number is no height.
    pub fn add(&mut self, height_px: f32) {
        if !(height_px.is_finite() && height_px > 0.0) {
            return;
        }
        if self.recent.len() == KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(height_px);
    }

    /// The median in pixels; `None` before the first.
    #[must_use]
    pub fn usual(&self) -> Option<f32> {
        let mut sorted: Vec<f32> = self.recent.iter().copied().collect();
        sorted.sort_unstable_by(f32::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_height_is_the_median_of_the_last_64() {
        let mut heights = PlateHeights::default();
        assert_eq!(heights.usual(), None);
        for height in [20.0, 400.0, 22.0, f32::NAN, -3.0] {
            heights.add(height);
        }
        assert_eq!(heights.usual(), Some(22.0));
        (0..1000).for_each(|_| heights.add(35.0));
        assert_eq!((heights.usual(), heights.recent.len()), (Some(35.0), KEPT));
    }
}
