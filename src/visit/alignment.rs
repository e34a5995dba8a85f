//! How likely each front and each rear are of one vehicle, over every way to pair them in order.
//!
//! Vehicles of a lane pass both cameras in the same order, but either camera may miss one. So no pair can be judged alone:
//! what speaks for it is the weight of all pairings in order that contain it, beside that of all others (the forward-backward
//! sum over a pair model, as sequences of genes are aligned). An equal text further back or ahead bears on every pair
//! beside it, which is what brings the pairing back into step after a vehicle was missed.

use super::delays::Expected;

/// The last vehicles at both cameras, each in its order.
#[derive(Debug)]
pub(super) struct Alignment {
    /// When each front was gone, in seconds.
    pub(super) fronts: Vec<f64>,
    /// When each rear came, in seconds.
    pub(super) rears: Vec<f64>,
    /// For each front, for each rear: what speaks for the two beside their time and place in the order. 1 is neutral, 0
    /// impossible.
    pub(super) evidence: Vec<Vec<f64>>,
    /// For each front, for each rear: from the one to the other, in seconds.
    pub(super) delays: Vec<Vec<f64>>,
    /// What delays are expected.
    pub(super) expected: Expected,
    /// How many vehicles are seen by one of the two cameras only.
    pub(super) misses: Misses,
    /// The present, in seconds.
    pub(super) now: f64,
}

/// How often a vehicle that one camera sees has nothing at the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Misses {
    /// Of fronts.
    pub(super) rear: f64,
    /// Of rears.
    pub(super) front: f64,
}

/// Traffic is taken for one vehicle in this time at the most and at the least, in seconds.
const HEADWAYS_S: (f64, f64) = (4.0, 300.0);
/// A camera that misses three has a reason, and may miss thirty.
const LONGEST_BY_CHANCE: usize = 3;

type Grid = Vec<Vec<f64>>;

impl Alignment {
    /// One vehicle comes in so many seconds: what the time of a pair is measured against.
    fn headway(&self) -> f64 {
        let (Some(first), Some(last)) = (self.fronts.first(), self.fronts.last()) else { return HEADWAYS_S.1 };
        let others = u32::try_from(self.fronts.len() - 1).unwrap_or(u32::MAX);
        let mean = if others == 0 { HEADWAYS_S.1 } else { (last - first) / f64::from(others) };
        mean.clamp(HEADWAYS_S.0, HEADWAYS_S.1)
    }

    /// For each front, for each rear: how likely they are of one vehicle, 0 to 1.
    pub(super) fn likelihoods(&self) -> Grid {
        let (before, after) = (self.before(), self.after());
        let fronts = self.fronts.len();
        let mut all = self.to_come(0, f64::NEG_INFINITY) * self.missed_rears(self.rears.len());
        let mut weights = vec![vec![0.0; self.rears.len()]; fronts];
        for k in 0..fronts {
            for j in 0..self.rears.len() {
                weights[k][j] = before[k][j] * after[k][j];
                all += before[k][j] * self.end(k, j);
            }
        }
        weights.iter_mut().flatten().for_each(|weight| *weight /= all);
        weights
    }

    /// The weight of every way to pair what came before, and then these two.
    fn before(&self) -> Grid {
        let headway = self.headway();
        let mut weights = vec![vec![0.0; self.rears.len()]; self.fronts.len()];
        for k in 0..self.fronts.len() {
            for j in (0..self.rears.len()).filter(|j| self.evidence[k][*j] > 0.0) {
                let first = self.missed_fronts(k) * self.missed_rears(j) * self.expected.density(self.delays[k][j]);
                let mut sum = first;
                for (i, l) in neighbours(k, j).map(|(skipped, missed)| (k - 1 - skipped, j - 1 - missed)) {
                    if weights[i][l] > 0.0 {
                        sum += weights[i][l] * self.step((i, l), (k, j));
                    }
                }
                weights[k][j] = sum * self.evidence[k][j] * headway;
            }
        }
        weights
    }

    /// The weight of every way to pair what comes after these two.
    fn after(&self) -> Grid {
        let headway = self.headway();
        let mut weights = vec![vec![0.0; self.rears.len()]; self.fronts.len()];
        for k in (0..self.fronts.len()).rev() {
            for j in (0..self.rears.len()).rev().filter(|j| self.evidence[k][*j] > 0.0) {
                let mut sum = self.end(k, j);
                let behind = neighbours(self.fronts.len() - 1 - k, self.rears.len() - 1 - j);
                for (i, l) in behind.map(|(skipped, missed)| (k + 1 + skipped, j + 1 + missed)) {
                    if weights[i][l] > 0.0 {
                        sum += self.evidence[i][l] * headway * weights[i][l] * self.step((k, j), (i, l));
                    }
                }
                weights[k][j] = sum;
            }
        }
        weights
    }

    /// From one pair to the next.
    fn step(&self, from: (usize, usize), to: (usize, usize)) -> f64 {
        let headway = self.fronts[to.0] - self.fronts[from.0];
        let (before, delay) = (self.delays[from.0][from.1], self.delays[to.0][to.1]);
        self.missed_fronts(to.0 - from.0 - 1)
            * self.missed_rears(to.1 - from.1 - 1)
            * self.expected.density_after(delay, before, headway)
    }

    /// Nothing pairs after these two.
    fn end(&self, front: usize, rear: usize) -> f64 {
        self.to_come(front + 1, self.rears[rear]) * self.missed_rears(self.rears.len() - rear - 1)
    }

    /// The fronts from `first` on have no rear yet, and the one before them had its at `passed`: because they are still to
    /// come, or because they were missed. Whoever is still to come holds up all behind it.
    fn to_come(&self, first: usize, passed: f64) -> f64 {
        let missed = self.misses.rear;
        self.fronts[first..].iter().rev().fold(1.0, |behind, gone| {
            // Nobody comes before who drives in front.
            let since = (self.now - gone).min(self.now - passed + self.expected.centre());
            missed * behind + (1.0 - missed) * self.expected.still_to_come(since)
        })
    }

    /// So many fronts in a row have no rear.
    fn missed_fronts(&self, count: usize) -> f64 {
        run(self.misses.rear, count)
    }

    /// So many rears in a row have no front.
    fn missed_rears(&self, count: usize) -> f64 {
        run(self.misses.front, count)
    }
}

/// How many fronts and rears may be without another between two pairs, where there are so many: a few of both, or any number
/// that one of the cameras missed.
fn neighbours(fronts: usize, rears: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..fronts).flat_map(move |skipped| {
        let most = match skipped {
            0 => rears,
            1..=LONGEST_BY_CHANCE => rears.min(LONGEST_BY_CHANCE + 1),
            _ => rears.min(1),
        };
        (0..most).map(move |missed| (skipped, missed))
    })
}

fn run(chance: f64, count: usize) -> f64 {
    (0..count.min(LONGEST_BY_CHANCE)).map(|_| chance).product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visit::delays::Delays;

    const MISSES: Misses = Misses { rear: 0.05, front: 0.05 };

    /// Fronts and rears at these times, all alike but for the pairs of equal text.
    fn likelihoods(fronts: &[f64], rears: &[f64], equal: &[(usize, usize)]) -> Grid {
        let mut delays = Delays::default();
        [5.0, 5.5, 4.5, 5.2].into_iter().for_each(|delay| delays.learn(delay));
        let mut evidence = vec![vec![1.0; rears.len()]; fronts.len()];
        equal.iter().for_each(|(k, j)| evidence[*k][*j] = 1e4);
        let alignment = Alignment {
            fronts: fronts.to_vec(),
            rears: rears.to_vec(),
            evidence,
            delays: fronts.iter().map(|front| rears.iter().map(|rear| rear - front).collect()).collect(),
            expected: delays.expected(),
            misses: MISSES,
            now: rears.last().copied().unwrap_or(0.0),
        };
        alignment.likelihoods()
    }

    #[test]
    fn in_steady_traffic_each_rear_is_the_next_front() {
        let likely = likelihoods(&[0.0, 20.0, 40.0], &[5.0, 25.2, 44.8], &[]);
        for (k, row) in likely.iter().enumerate() {
            assert!(row[k] > 0.97, "{likely:?}");
            assert!(row.iter().sum::<f64>() < 1.0 + 1e-9);
        }
    }

    #[test]
    fn a_vehicle_that_the_rear_camera_missed_does_not_shift_the_pairing() {
        let likely = likelihoods(&[0.0, 20.0, 40.0], &[25.0, 45.3], &[]);
        assert!(likely[1][0] > 0.97 && likely[2][1] > 0.97, "{likely:?}");
        assert!(likely[0][0] < 0.02);
    }

    #[test]
    fn an_equal_text_brings_a_queue_back_into_step() {
        // All stood for a minute: their delays alone leave it open who was missed.
        let (fronts, rears) = ([0.0, 3.0, 6.0, 9.0], [66.0, 69.0, 72.0]);
        let alone = likelihoods(&fronts, &rears, &[]);
        let in_step = likelihoods(&fronts, &rears, &[(2, 1)]);
        assert!(in_step[1][0] > 0.8 && in_step[3][2] > 0.9, "{in_step:?}");
        assert!(alone[1][0] < 0.5 && alone[3][2] < 0.9, "{alone:?}");
    }

    #[test]
    fn a_rear_far_from_every_front_is_of_a_vehicle_that_was_missed() {
        let likely = likelihoods(&[0.0], &[5.0, 40.0], &[]);
        assert!(likely[0][0] > 0.95 && likely[0][1] < 0.05, "{likely:?}");
    }

    #[test]
    fn no_times_make_it_divide_by_nothing() {
        assert_eq!(likelihoods(&[], &[], &[]), Grid::new());
        let far = likelihoods(&[0.0, 1e9], &[-1e9, 1e9], &[]);
        assert!(far.iter().flatten().all(|likely| (0.0..=1.0).contains(likely)), "{far:?}");
    }
}
