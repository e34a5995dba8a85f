//! How dense traffic is, in four classes.
//!
//! The thresholds are shares of the lane's length that are occupied, as a mean over half a minute. From the Highway Capacity
//! Manual (HCM 2010, basic freeway segments, level of service E/F): flow breaks down at 28 vehicles per kilometre and lane,
//! which is an occupancy of 0.15 with vehicles of 5.5 m. Loop detector practice (the California incident algorithms, Payne and
//! Tignor 1978) takes 0.3 for congested. A standing queue has 110 to 130 vehicles per kilometre: 0.6 to 0.7. A gate sees only
//! some ten metres of a lane, in which a single lorry that drives through is half of all: so the mean, and so a jam needs
//! vehicles that stand.

use std::time::Duration;

/// The classes, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Density {
    /// Vehicles drive through by themselves.
    #[default]
    Free,
    /// Over `SLOW` is occupied, or a vehicle stands.
    Slow,
    /// Over `DENSE` is occupied and a vehicle stands, or `DENSE_QUEUE` vehicles stand.
    Dense,
    /// Over `JAMMED` is occupied and at least `JAMMED_QUEUE` vehicles stand, one of them for `JAMMED_WAIT`.
    Jammed,
}

/// From here on flow is no longer free.
const SLOW: f32 = 0.15;
/// From here on it is congested.
const DENSE: f32 = 0.30;
/// From here on it is a standing queue.
const JAMMED: f32 = 0.60;
/// Vehicles that stand.
const DENSE_QUEUE: u32 = 3;
const JAMMED_QUEUE: u32 = 2;
/// Everybody stops at a gate: what stands for less is served, not jammed.
const JAMMED_WAIT: Duration = Duration::from_secs(60);
/// Over which the occupancy is averaged.
const MEAN_OVER: Duration = Duration::from_secs(30);
/// A class is left downwards only below this share of its threshold, and after this long; upwards after this long.
const BACK: f32 = 0.8;
const DOWN_AFTER: Duration = Duration::from_secs(30);
const UP_AFTER: Duration = Duration::from_secs(5);

/// The class, from what is measured again and again. It does not flap.
#[derive(Debug, Clone, Default)]
pub(super) struct Classifier {
    class: Density,
    occupancy: Option<f32>,
    /// Since when another class would be right, and whether that is a higher one.
    other_since: Option<(bool, Duration)>,
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) occupancy: f32,
    pub(super) queue: u32,
    pub(super) oldest_wait: Duration,
}

impl Classifier {
    /// Takes what was measured at `now`, `since` the last time.
    pub(super) fn note(&mut self, measured: Measured, now: Duration, since: Duration) {
        let share = 1.0 - (-since.as_secs_f32() / MEAN_OVER.as_secs_f32()).exp();
        let mean = self.occupancy.map_or(measured.occupancy, |mean| mean + (measured.occupancy - mean) * share);
        self.occupancy = Some(mean);
        let measured = Measured { occupancy: mean, ..measured };
        let (up, down) = (class(measured), class(Measured { occupancy: mean / BACK, ..measured }));
        let (wanted, after) = if up > self.class { (up, UP_AFTER) } else { (down.min(self.class), DOWN_AFTER) };
        if wanted == self.class {
            self.other_since = None;
            return;
        }
        let higher = wanted > self.class;
        let began = self.other_since.filter(|(was_higher, _)| *was_higher == higher).map_or(now, |(_, began)| began);
        self.other_since = Some((higher, began));
        if now.saturating_sub(began) >= after {
            (self.class, self.other_since) = (wanted, None);
        }
    }

    /// The class now.
    pub(super) fn class(&self) -> Density {
        self.class
    }
}

fn class(measured: Measured) -> Density {
    let Measured { occupancy, queue, oldest_wait } = measured;
    if occupancy >= JAMMED && queue >= JAMMED_QUEUE && oldest_wait >= JAMMED_WAIT {
        Density::Jammed
    } else if (occupancy >= DENSE && queue > 0) || queue >= DENSE_QUEUE {
        Density::Dense
    } else if occupancy >= SLOW || queue > 0 {
        Density::Slow
    } else {
        Density::Free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(classifier: &mut Classifier, seconds: std::ops::Range<u64>, occupancy: f32, queue: u32) -> Density {
        for second in seconds {
            let measured = Measured { occupancy, queue, oldest_wait: Duration::from_secs(second) };
            classifier.note(measured, Duration::from_secs(second), Duration::from_secs(1));
        }
        classifier.class()
    }

    #[test]
    fn classes_follow_occupancy_and_the_queue() {
        assert_eq!(after(&mut Classifier::default(), 0..120, 0.05, 0), Density::Free);
        assert_eq!(after(&mut Classifier::default(), 0..120, 0.05, 1), Density::Slow);
        assert_eq!(after(&mut Classifier::default(), 0..120, 0.8, 0), Density::Slow, "a stream that drives is no jam");
        assert_eq!(after(&mut Classifier::default(), 0..120, 0.4, 1), Density::Dense);
        assert_eq!(after(&mut Classifier::default(), 0..120, 0.8, 3), Density::Jammed);
        assert_eq!(after(&mut Classifier::default(), 0..20, 0.8, 3), Density::Dense, "it has not lasted");
    }

    #[test]
    fn one_vehicle_in_an_empty_lane_changes_nothing_and_a_value_at_a_threshold_does_not_flap() {
        let mut classifier = Classifier::default();
        after(&mut classifier, 0..60, 0.0, 0);
        assert_eq!(after(&mut classifier, 60..64, 0.6, 0), Density::Free, "it drove through");
        let mut classes: Vec<Density> = Vec::new();
        let mut classifier = Classifier::default();
        for second in 0..600 {
            let occupancy = if second % 20 < 10 { 0.16 } else { 0.14 };
            classes.push(after(&mut classifier, second..second + 1, occupancy, 0));
        }
        classes.dedup();
        assert!(classes.len() <= 2, "{classes:?}");
    }

    #[test]
    fn a_jam_is_over_half_a_minute_after_it_has_dissolved() {
        let mut classifier = Classifier::default();
        assert_eq!(after(&mut classifier, 0..120, 0.8, 3), Density::Jammed);
        assert_eq!(after(&mut classifier, 120..140, 0.0, 0), Density::Jammed);
        assert_eq!(after(&mut classifier, 140..220, 0.0, 0), Density::Free);
    }
}
