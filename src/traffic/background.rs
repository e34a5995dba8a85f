//! What the empty lane looks like, cell by cell.
//!
//! Each cell remembers up to three looks of the empty lane (by day, at night, with a long shadow) and one that may become
//! the fourth. What none of them explains is something on the road. A look is learnt only where nothing counts as a vehicle
//! and after it has stayed the same for a while, so whoever stands there for long does not become road.

use std::time::Duration;

use super::appearance::Appearance;

/// One cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    /// Looks of the empty lane, the one that was seen last first.
    known: Vec<Appearance>,
    /// What is seen and not known, and for how long it has stayed so.
    new: Option<(Appearance, Duration)>,
    /// The look about a second ago, to tell what stands.
    earlier: Option<Appearance>,
    now: Option<Appearance>,
}

/// How much what stands still changes from picture to picture, in grey levels: the sensor's noise, compression, rain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Noise(f32);

/// Looks that are remembered.
const MOST_KNOWN: usize = 3;
/// The first look of a cell is believed after this long: at the start something must be.
const FIRST_AFTER: Duration = Duration::from_secs(2);
/// Another one, where no vehicle is: shadows move and rain begins; nobody drives a vehicle so slowly.
const ANOTHER_AFTER: Duration = Duration::from_secs(20);
/// Another one where something stands: no vehicle stands at a gate for so long, but an obstacle or new paint does.
const STANDING_AFTER: Duration = Duration::from_secs(2 * 3600);
/// One look stands for no more than this, so that after a pause a single picture does not decide.
const LONGEST_STEP: Duration = Duration::from_secs(2);
/// How fast a known look follows what is seen.
const FOLLOW: Duration = Duration::from_secs(60);
/// How fast the noise follows what is measured, once a second.
const NOISE_FOLLOWS: f32 = 0.1;
/// An ordinary camera by day, averaged over four points, has a noise of 1 grey level.
const LEAST_NOISE: f32 = 1.0;
/// What counts: this many times the noise, and this share of the brightness, because edges are as much weaker in the dark.
const NOISE_FACTOR: f32 = 2.5;
const LIGHT_FACTOR: f32 = 0.02;
/// And at most so much, in grey levels: a noisy night must not hide a vehicle, whose outline differs from the road by 40 grey
/// levels and more.
const MOST: f32 = 12.0;

impl Noise {
    /// Of how much each cell has changed within a second: most of a lane's cells are still most of the time, so the smaller
    /// changes are noise.
    pub(super) fn measured(before: Option<Self>, mut changes: Vec<f32>) -> Option<Self> {
        if changes.is_empty() {
            return before;
        }
        let third = changes.len() / 3;
        let seen = changes.select_nth_unstable_by(third, f32::total_cmp).1.clamp(LEAST_NOISE, MOST);
        Some(before.map_or(Self(seen), |Self(noise)| Self(noise + (seen - noise) * NOISE_FOLLOWS)))
    }

    /// In grey levels.
    pub(super) fn level(self) -> f32 {
        self.0
    }

    /// How much of a look must be unexplained to count.
    fn enough(self, seen: &Appearance) -> f32 {
        (self.0 * NOISE_FACTOR).max(seen.light * LIGHT_FACTOR).min(MOST)
    }

    /// Whether two looks are of the same thing. A look without any texture is not the same as one with some: it may be fog, or
    /// the side of a lorry.
    fn same(self, one: &Appearance, other: &Appearance) -> bool {
        one.beyond(other) <= self.enough(one) && other.beyond(one) <= self.enough(other)
    }
}

impl Cell {
    /// Takes what is seen now; whether something is on the road there, which no known look explains.
    pub(super) fn look(&mut self, seen: Appearance, noise: Option<Noise>) -> bool {
        let enough = noise.map(|noise| noise.enough(&seen)).filter(|_| self.is_learnt());
        let is_strange = enough.is_some_and(|enough| self.known.iter().all(|known| seen.beyond(known) > enough));
        self.now = Some(seen);
        is_strange
    }

    /// Whether an empty look is known.
    pub(super) fn is_learnt(&self) -> bool {
        !self.known.is_empty()
    }

    /// Texture of what is seen now, and of the empty look that was seen last, in grey levels; `None` where the two are the same.
    pub(super) fn differs(&self, noise: Noise) -> Option<(f32, f32)> {
        let (now, known) = (self.now.as_ref()?, self.known.first()?);
        (!noise.same(now, known)).then_some((now.energy, known.energy))
    }

    /// How much it has changed since the last [`mark`](Self::mark), in grey levels, and whether that is nothing.
    pub(super) fn change(&self, noise: Option<Noise>) -> Option<(f32, bool)> {
        let (now, earlier) = (self.now.as_ref()?, self.earlier.as_ref()?);
        Some((now.beyond(earlier), noise.is_some_and(|noise| noise.same(now, earlier))))
    }

    /// What is seen now is what [`change`](Self::change) compares with next.
    pub(super) fn mark(&mut self) {
        self.earlier.clone_from(&self.now);
    }

    /// Learns what was seen, `since` the last time. `occupied`: something that counts is in its row.
    pub(super) fn learn(&mut self, since: Duration, occupied: bool, noise: Noise) {
        let Some(seen) = self.now.take() else { return };
        let since = since.min(LONGEST_STEP);
        match self.known.iter().position(|known| noise.same(&seen, known)) {
            Some(index) if !occupied => self.follow(index, &seen, since),
            Some(_) => {}
            None => self.consider(&seen, since, (occupied, noise)),
        }
        self.now = Some(seen);
    }

    fn follow(&mut self, index: usize, seen: &Appearance, since: Duration) {
        let mut known = self.known.remove(index);
        known.approach(seen, since.as_secs_f32() / FOLLOW.as_secs_f32());
        self.known.insert(0, known);
        self.new = None;
    }

    fn consider(&mut self, seen: &Appearance, since: Duration, (occupied, noise): (bool, Noise)) {
        match self.new.as_mut().filter(|(new, _)| noise.same(seen, new)) {
            Some((new, age)) => {
                new.approach(seen, 0.2);
                *age += since;
            }
            None => self.new = Some((seen.clone(), Duration::ZERO)),
        }
        let needs = match (self.known.is_empty(), occupied) {
            (true, _) => FIRST_AFTER,
            (false, true) => STANDING_AFTER,
            (false, false) => ANOTHER_AFTER,
        };
        if let Some((look, _)) = self.new.take_if(|(_, age)| *age >= needs) {
            self.known.insert(0, look);
            self.known.truncate(MOST_KNOWN);
        }
    }
}
