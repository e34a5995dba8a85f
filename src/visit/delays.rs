//! How long after a front the rear of the same vehicle is seen, learnt from the visits joined so far.
//!
//! Densities are ratios of polynomials, without `exp` or `ln`, so they are the same bits on every machine.

use std::collections::VecDeque;

/// The last delays, in seconds; negative where the rear is seen first.
#[derive(Debug, Clone, Default)]
pub(super) struct Delays {
    last: VecDeque<f64>,
    /// Whether the last one stopped.
    stopped: bool,
}

/// So many are remembered: enough for a steady median, few enough to follow when traffic begins to flow.
const REMEMBERED: usize = 25;
/// From so many on, they are believed.
const ENOUGH: usize = 3;
/// Before: 10 to 40 m at walking to town speed.
const FIRST_GUESS_S: f64 = 6.0;
const FIRST_SPREADS_S: (f64, f64) = (3.0, 8.0);
/// A spread below this is luck: cameras give a few pictures a second, and vehicles start and brake.
const LEAST_SPREAD_S: f64 = 0.7;
const LEAST_SPREAD: f64 = 0.15;
/// What takes so many spreads longer than usual has stopped.
const STOPPED: f64 = 5.0;
/// A spread larger than the delay itself, and this, is a queue, which is counted apart.
const MOST_SPREAD_S: f64 = 2.0;
/// The median deviation of a bell curve with heavy tails (Student's t, 3 degrees) is 0.76 of its scale.
const SCALE_OF_DEVIATION: f64 = 1.3;
/// So many vehicles stop between the cameras, half of them for longer than a minute: one in ten, for there are barriers.
const STOPPING: f64 = 0.1;
const HALF_STOP_S: f64 = 60.0;
/// How much of what is expected of a delay comes from the vehicle close before: in a queue all wait alike.
const LIKE_THE_ONE_BEFORE: f64 = 0.8;
/// At this distance in time it is half as much.
const HALF_AS_ALIKE_S: f64 = 10.0;
/// Close behind each other, delays differ by so much, and by so much more for each second between the vehicles.
const FOLLOWING_SPREAD_S: f64 = 0.8;
const SPREAD_PER_SECOND: f64 = 0.2;

/// What is expected at present.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    centre: f64,
    /// Of shorter ones, and of longer ones: nobody is faster than the road allows, but anybody may be slow.
    shorter: f64,
    longer: f64,
}

impl Delays {
    pub(super) fn learn(&mut self, delay: f64) {
        // A queue teaches once, or one would be taken for the usual way through the gate.
        let expected = self.expected();
        let stops = self.last.len() >= ENOUGH && delay > expected.centre + STOPPED * expected.longer;
        let again = std::mem::replace(&mut self.stopped, stops) && stops;
        if again {
            return;
        }
        self.last.push_back(delay);
        if self.last.len() > REMEMBERED {
            self.last.pop_front();
        }
    }

    pub(super) fn expected(&self) -> Expected {
        if self.last.len() < ENOUGH {
            let (shorter, longer) = FIRST_SPREADS_S;
            return Expected { centre: FIRST_GUESS_S, shorter, longer };
        }
        let centre = median(self.last.iter().copied());
        let spread = |side: &dyn Fn(f64) -> bool| {
            let over = self.last.iter().map(|delay| delay - centre).filter(|over| side(*over));
            let (least, most) = (LEAST_SPREAD_S + LEAST_SPREAD * centre.abs(), MOST_SPREAD_S + centre.abs());
            (median(over.map(f64::abs)) * SCALE_OF_DEVIATION).clamp(least, most)
        };
        Expected { centre, shorter: spread(&|over| over <= 0.0), longer: spread(&|over| over >= 0.0) }
    }
}

impl Expected {
    /// How likely a delay is, per second.
    pub(super) fn density(self, delay: f64) -> f64 {
        let over = delay - self.centre;
        let stop = if over > 0.0 { 1.0 / (HALF_STOP_S * (1.0 + over / HALF_STOP_S).powi(2)) } else { 0.0 };
        (1.0 - STOPPING) * self.moving(over) + STOPPING * stop
    }

    /// Of a vehicle that does not stop: half a bell on either side, as high as each other.
    fn moving(self, over: f64) -> f64 {
        let own = if over < 0.0 { self.shorter } else { self.longer };
        bell(over, own) * own * 2.0 / (self.shorter + self.longer)
    }

    /// The same for the vehicle that came so many seconds behind one that had the delay `before`.
    pub(super) fn density_after(self, delay: f64, before: f64, headway: f64) -> f64 {
        let spread = FOLLOWING_SPREAD_S + SPREAD_PER_SECOND * headway.abs();
        let alike = LIKE_THE_ONE_BEFORE / (1.0 + headway.abs() / HALF_AS_ALIKE_S);
        alike * bell(delay - before, spread) + (1.0 - alike) * self.density(delay)
    }

    /// What takes half of the vehicles longer, in seconds.
    pub(super) fn centre(self) -> f64 {
        self.centre
    }

    /// How likely a rear is not there yet, so long after its front.
    pub(super) fn still_to_come(self, since: f64) -> f64 {
        let over = (since - self.centre).max(0.0);
        (1.0 - STOPPING) / (1.0 + (over / self.longer).powi(2)) + STOPPING / (1.0 + over / HALF_STOP_S)
    }
}

/// Student's t with 3 degrees of freedom: a bell with tails heavy enough for traffic.
fn bell(x: f64, scale: f64) -> f64 {
    /// 2 / (pi * sqrt 3), so that the area is 1.
    const HEIGHT: f64 = 0.367_552_596_947_861_35;
    HEIGHT / (scale * (1.0 + (x / scale).powi(2) / 3.0).powi(2))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(delays: &[f64]) -> Expected {
        let mut all = Delays::default();
        delays.iter().for_each(|delay| all.learn(*delay));
        all.expected()
    }

    #[test]
    fn one_long_stop_does_not_change_what_is_expected() {
        let usual = [4.0, 4.4, 3.8, 4.1, 4.0];
        let with_a_stop = learnt(&[usual.as_slice(), &[300.0]].concat());
        assert!((with_a_stop.centre - 4.1).abs() < 1e-9, "{with_a_stop:?}");
        assert!(with_a_stop.density(4.2) > 10.0 * with_a_stop.density(9.0));
    }

    #[test]
    fn in_a_queue_the_next_vehicle_waits_as_long_as_the_one_before() {
        let usual = learnt(&[4.0; 5]);
        assert!(usual.density_after(95.0, 94.0, 3.0) > 20.0 * usual.density(95.0));
        assert!(usual.density_after(4.0, 94.0, 3.0) > 0.05, "and then traffic flows again");
    }

    #[test]
    fn densities_are_densities() {
        for expected in [learnt(&[]), learnt(&[4.0, 5.0, 6.0, 7.0]), learnt(&[-3.0; 4])] {
            let step = 0.05;
            let area: f64 = (-4_000..400_000).map(|i| expected.density(f64::from(i) * step) * step).sum();
            assert!((0.95..=1.01).contains(&area), "{expected:?}: {area}");
            assert!((expected.still_to_come(-5.0) - 1.0).abs() < 1e-9);
            assert!(expected.still_to_come(3600.0) < 0.01);
        }
    }

    #[test]
    fn a_rear_camera_before_the_front_camera_is_learnt_too() {
        let expected = learnt(&[-7.0, -6.0, -7.5, -6.8]);
        assert!(expected.density(-7.0) > 20.0 * expected.density(7.0), "{expected:?}");
    }
}
