//! How vehicles move: along their lanes, each keeping its distance to the one before it.
//!
//! The Intelligent Driver Model (Treiber, Hennecke, Helbing 2000) in one dimension, so that queues, tailgating and starting waves
//! come about by themselves. Stops are standing vehicles of no length. Nothing is left to chance here.

use super::drivers::Driver;
use super::scenario::Scenario;
use super::scenario::Way;

/// Longest step of the calculation.
const STEP_S: f32 = 0.05;
/// Slower than this it stands.
const STANDING_M_PER_S: f32 = 0.05;
/// Nearer to its stop than this it has arrived.
const ARRIVED_M: f32 = 0.6;
const REVERSE_M_PER_S: f32 = 2.0;
const LANE_CHANGE_S: f32 = 3.0;

/// A vehicle at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Where the middle of its front is: across and along the road.
    pub x: f32,
    /// Along the road.
    pub z: f32,
    /// How fast it goes along its way; negative in reverse.
    pub speed: f32,
    /// How fast it moves across the road.
    pub drift: f32,
    /// The lane that it is in.
    pub lane: usize,
}

/// One vehicle's whole way.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Path {
    /// The first picture in which it is there.
    pub first_frame: u32,
    /// From there on, picture by picture.
    pub states: Vec<State>,
    /// Whether it went back.
    pub turned_back: bool,
}

impl Path {
    /// Where it is in a picture, if it is there.
    #[must_use]
    pub fn at(&self, frame: u32) -> Option<&State> {
        self.states.get(frame.checked_sub(self.first_frame)? as usize)
    }
}

/// Everybody's way, in the drivers' order, and how many pictures that takes.
#[must_use]
pub fn drive(scenario: &Scenario, drivers: &[Driver]) -> (Vec<Path>, u32) {
    let mut road = Road::new(scenario, drivers);
    let frame_s = 1.0 / scenario.frames_per_second;
    let steps = (frame_s / STEP_S).ceil().max(1.0);
    let limit_s = scenario.duration_s.unwrap_or(super::scenario::LONGEST_S);
    let frames = (limit_s * scenario.frames_per_second).round() as u32;
    let mut frame = 0;
    while frame < frames && !(scenario.duration_s.is_none() && road.is_over()) {
        road.record(frame);
        for step in 0..steps as u32 {
            let now = frame as f32 * frame_s + step as f32 * frame_s / steps;
            road.step(now, frame_s / steps);
        }
        frame += 1;
    }
    road.stand_parked(frame);
    (road.paths, frame)
}

/// A vehicle that is on the road.
#[derive(Debug, Clone)]
struct Mover {
    driver: usize,
    lane: usize,
    /// Where its front is along its way.
    s: f32,
    speed: f32,
    next_stop: usize,
    waited_s: f32,
    reversing: bool,
    /// Since when it changes its lane, and from which.
    changing: Option<(f32, usize)>,
}

struct Road<'a> {
    scenario: &'a Scenario,
    drivers: &'a [Driver],
    waiting: Vec<usize>,
    movers: Vec<Mover>,
    paths: Vec<Path>,
    now: f32,
}

impl<'a> Road<'a> {
    fn new(scenario: &'a Scenario, drivers: &'a [Driver]) -> Self {
        let waiting = (0..drivers.len()).filter(|index| drivers[*index].parked.is_none()).collect();
        Self { scenario, drivers, waiting, movers: Vec::new(), paths: vec![Path::default(); drivers.len()], now: 0.0 }
    }

    fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.movers.is_empty()
    }

    fn sign(&self, lane: usize) -> f32 {
        match self.scenario.lane[lane].direction {
            Way::In => 1.0,
            Way::Out => -1.0,
        }
    }

    fn record(&mut self, frame: u32) {
        for mover in &self.movers {
            let (x, drift) = self.across(mover);
            let state = State { x, z: mover.s * self.sign(mover.lane), speed: mover.speed, drift, lane: mover.lane };
            let path = &mut self.paths[mover.driver];
            if path.states.is_empty() {
                path.first_frame = frame;
            }
            path.states.push(state);
            path.turned_back |= mover.reversing;
        }
    }

    /// Where it is across the road, and how fast that changes.
    fn across(&self, mover: &Mover) -> (f32, f32) {
        let to = self.scenario.lane[mover.lane].across_m;
        let Some((since, from)) = mover.changing else { return (to, 0.0) };
        let from = self.scenario.lane[from].across_m;
        let share = ((self.now - since) / LANE_CHANGE_S).clamp(0.0, 1.0);
        // Smooth at both ends.
        let eased = share * share * (3.0 - 2.0 * share);
        (from + (to - from) * eased, (to - from) * 6.0 * share * (1.0 - share) / LANE_CHANGE_S)
    }

    /// Parked vehicles stand in every picture.
    fn stand_parked(&mut self, frames: u32) {
        for (path, driver) in self.paths.iter_mut().zip(self.drivers) {
            let Some((along, beside)) = driver.parked else { continue };
            let lane = &self.scenario.lane[driver.lane];
            let sign = if lane.direction == Way::In { 1.0 } else { -1.0 };
            let x = lane.across_m + beside * sign;
            let state = State { x, z: along * sign, speed: 0.0, drift: 0.0, lane: driver.lane };
            path.states = vec![state; frames as usize];
        }
    }

    fn step(&mut self, now: f32, dt: f32) {
        self.now = now;
        self.let_in(now);
        let accelerations: Vec<f32> = self.movers.iter().map(|mover| self.acceleration(mover)).collect();
        for (index, acceleration) in accelerations.into_iter().enumerate() {
            self.move_on(index, acceleration, dt);
        }
        let (drivers, lanes) = (self.drivers, &self.scenario.lane);
        self.movers.retain(|mover| {
            let [entry, exit] = lanes[mover.lane].ends_m;
            let gone = mover.s - drivers[mover.driver].length_m() > exit || (mover.reversing && mover.s < entry);
            !gone
        });
    }

    /// Whoever wants to come in and finds room. Nobody comes in behind somebody who will turn back, or he could not.
    fn let_in(&mut self, now: f32) {
        let drivers = self.drivers;
        let mut closed: Vec<usize> = Vec::new();
        let mut entered = Vec::new();
        for driver in self.waiting.iter().copied().take_while(|driver| drivers[*driver].start_s <= now) {
            let (own, lane) = (&drivers[driver], drivers[driver].lane);
            let entry = self.scenario.lane[lane].ends_m[0];
            let last = self
                .movers
                .iter()
                .filter(|mover| mover.lane == lane)
                .map(|mover| self.rear(mover))
                .fold(f32::MAX, f32::min);
            let turning =
                self.movers.iter().any(|mover| mover.lane == lane && drivers[mover.driver].turns_back_at_m.is_some());
            if closed.contains(&lane) || turning || last - entry < own.gap_m + own.speed * own.headway_s.max(1.0) {
                closed.push(lane);
                continue;
            }
            closed.push(lane);
            entered.push(driver);
            let mover = Mover {
                driver,
                lane,
                s: entry,
                speed: own.speed,
                next_stop: 0,
                waited_s: 0.0,
                reversing: false,
                changing: None,
            };
            self.movers.push(mover);
        }
        self.waiting.retain(|driver| !entered.contains(driver));
    }

    fn rear(&self, mover: &Mover) -> f32 {
        mover.s - self.drivers[mover.driver].length_m()
    }

    /// The next one before it in its lane: how far, and how fast.
    fn leader(&self, own: &Mover) -> Option<(f32, f32)> {
        let ahead =
            self.movers.iter().filter(|other| other.driver != own.driver && other.lane == own.lane && other.s > own.s);
        ahead.map(|other| (self.rear(other) - own.s, other.speed)).min_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Where it must stop next, on its own account.
    fn goal(&self, mover: &Mover) -> Option<f32> {
        let driver = &self.drivers[mover.driver];
        driver.stops.get(mover.next_stop).map(|stop| stop.at_m).or(driver.turns_back_at_m)
    }

    fn acceleration(&self, own: &Mover) -> f32 {
        let driver = &self.drivers[own.driver];
        let [pull, brake] = driver.kind.pull();
        if own.reversing {
            return if own.speed > -REVERSE_M_PER_S { -pull } else { 0.0 };
        }
        let interaction = |gap: f32, speed: f32, least: f32, headway: f32| {
            let wanted = least
                + (own.speed * headway + own.speed * (own.speed - speed) / (2.0 * (pull * brake).sqrt())).max(0.0);
            (wanted / gap.max(0.05)).powi(2)
        };
        let leader =
            self.leader(own).map_or(0.0, |(gap, speed)| interaction(gap, speed, driver.gap_m, driver.headway_s));
        let goal = self.goal(own).map_or(0.0, |at| interaction(at - own.s + 0.3, 0.0, 0.3, 0.3));
        let free = 1.0 - (own.speed / driver.speed).powi(4);
        // Nobody brakes harder than tyres allow.
        (pull * (free - leader.max(goal))).max(-8.0)
    }

    fn move_on(&mut self, index: usize, acceleration: f32, dt: f32) {
        let behind = self.room_behind(index);
        let driver = &self.drivers[self.movers[index].driver];
        let goal = self.goal(&self.movers[index]);
        let mover = &mut self.movers[index];
        if mover.reversing {
            mover.speed = if behind < 3.0 { 0.0 } else { mover.speed + acceleration * dt };
        } else {
            mover.speed = (mover.speed + acceleration * dt).max(0.0);
        }
        mover.s += mover.speed * dt;
        let arrived =
            goal.is_some_and(|at| at - mover.s < ARRIVED_M) && mover.speed < STANDING_M_PER_S && !mover.reversing;
        if arrived {
            mover.speed = 0.0;
            mover.waited_s += dt;
            match driver.stops.get(mover.next_stop) {
                Some(stop) if mover.waited_s >= stop.wait_s => {
                    mover.next_stop += 1;
                    mover.waited_s = 0.0;
                }
                None if mover.waited_s >= 1.0 => mover.reversing = true,
                _ => {}
            }
        }
        self.change_lane(index);
    }

    /// How much room there is behind it in its lane.
    fn room_behind(&self, index: usize) -> f32 {
        let own = &self.movers[index];
        let rear = self.rear(own);
        let behind =
            self.movers.iter().filter(|other| other.driver != own.driver && other.lane == own.lane && other.s < own.s);
        behind.map(|other| rear - other.s).fold(f32::MAX, f32::min)
    }

    fn change_lane(&mut self, index: usize) {
        let own = &self.movers[index];
        let Some((at, to)) = self.drivers[own.driver].changes_lane else { return };
        if own.lane == to || own.s < at {
            return;
        }
        let free = |other: &Mover| other.lane != to || self.rear(other) > own.s + 3.0 || other.s < self.rear(own) - 3.0;
        if self.movers.iter().all(free) {
            let from = own.lane;
            self.movers[index].changing = Some((self.now, from));
            self.movers[index].lane = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::drivers::drivers;
    use super::*;

    fn driven(vehicles: &str) -> (Vec<Driver>, Vec<Path>) {
        let text =
            format!("name = \"t\"\n[[lane]]\nname = \"a\"\n[[camera]]\nname = \"c\"\nlanes = [\"a\"]\n{vehicles}");
        let scenario = Scenario::parse(&text).expect("a scenario");
        let drivers = drivers(&scenario);
        let (paths, _) = drive(&scenario, &drivers);
        (drivers, paths)
    }

    #[test]
    fn who_stops_at_the_barrier_is_a_queue_for_those_behind_and_nobody_touches_another() {
        let (drivers, paths) = driven(
            "[[traffic]]\nlane = \"a\"\nvehicles = 12\nper_minute = 30\nstop = { at_m = 0, wait_s = [5, 9] }\ngap_m = [1, 2]",
        );
        let mut standing_together = 0;
        for frame in 0..2000 {
            let mut there: Vec<(f32, f32, f32)> = paths
                .iter()
                .zip(&drivers)
                .filter_map(|(path, driver)| {
                    path.at(frame).map(|state| (state.z, state.z - driver.length_m(), state.speed))
                })
                .collect();
            there.sort_by(|a, b| b.0.total_cmp(&a.0));
            for pair in there.windows(2) {
                assert!(pair[0].1 - pair[1].0 > 0.5, "{pair:?}");
            }
            standing_together = standing_together.max(there.iter().filter(|(_, _, speed)| *speed < 0.1).count());
        }
        assert!(standing_together >= 3, "{standing_together}");
        assert!(paths.iter().all(|path| path.states.last().is_some_and(|state| state.z > 50.0)));
    }

    #[test]
    fn who_turns_back_leaves_where_it_came_from() {
        let (_, paths) = driven(
            "[[vehicle]]\nkind = \"car\"\nlane = \"a\"\nturns_back_at_m = -2\n[[vehicle]]\nkind = \"car\"\nlane = \"a\"\nstart_s = 4",
        );
        assert!(paths[0].turned_back && !paths[1].turned_back);
        let most = paths[0].states.iter().map(|state| state.z).fold(f32::MIN, f32::max);
        assert!((-3.0..-1.5).contains(&most), "{most}");
        assert!(paths[0].states.last().is_some_and(|state| state.z < -50.0));
    }
}
