//! Vehicles: what kinds there are, the blocks that they are made of, and where their plates are.

use serde::{Deserialize, Serialize};

use super::view::{Face, Place};

/// A kind of vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VehicleKind {
    /// A passenger car.
    Car,
    /// A delivery van or minibus.
    Van,
    /// A coach.
    Bus,
    /// A rigid lorry with a box.
    Lorry,
    /// A tractor for semi-trailers.
    Tractor,
    /// A semi-trailer, drawn by a tractor.
    Trailer,
    /// A motorbike with its rider.
    Motorbike,
}

/// A part of a vehicle: a block, measured from the middle of the vehicle's front at the road.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// What is painted on it.
    pub part: Part,
    /// Metres behind the front, where it begins and where it ends.
    pub behind_m: [f32; 2],
    /// Half its width.
    pub half_width_m: f32,
    /// Metres above the road, its lower and its upper side.
    pub height_m: [f32; 2],
}

/// What is painted on a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A car's body up to the windows.
    CarBody,
    /// A car's windows and roof.
    CarCabin,
    /// A whole van.
    Van,
    /// A whole coach.
    Bus,
    /// The cab of a lorry or tractor.
    Cab,
    /// Frame, wheels and lamps.
    Chassis,
    /// A box for goods.
    Cargo,
    /// A motorbike without its rider.
    Motorbike,
    /// Who sits on it.
    Rider,
    /// Who stands about.
    Person,
    /// A post.
    Pole,
}

/// One of a block's sides, named as the vehicle's driver would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Ahead.
    Front,
    /// Behind.
    Rear,
    /// Left and right look alike.
    Flank,
    /// Above.
    Top,
}

const CAR: &[Block] =
    &[block(Part::CarBody, [0.0, 4.4], 0.90, [0.0, 0.98]), block(Part::CarCabin, [1.3, 3.9], 0.74, [0.98, 1.48])];
const VAN: &[Block] = &[block(Part::Van, [0.0, 5.3], 0.97, [0.0, 2.2])];
const BUS: &[Block] = &[block(Part::Bus, [0.0, 11.0], 1.25, [0.0, 3.3])];
const LORRY: &[Block] = &[
    block(Part::Cab, [0.0, 2.0], 1.15, [0.0, 2.85]),
    block(Part::Chassis, [2.05, 8.6], 1.15, [0.0, 1.05]),
    block(Part::Cargo, [2.15, 8.6], 1.22, [1.05, 3.5]),
];
const TRACTOR: &[Block] =
    &[block(Part::Cab, [0.0, 2.3], 1.22, [0.0, 3.3]), block(Part::Chassis, [2.35, 6.0], 1.2, [0.0, 1.05])];
const TRAILER: &[Block] =
    &[block(Part::Cargo, [0.0, 12.0], 1.25, [1.1, 4.0]), block(Part::Chassis, [6.8, 12.0], 1.22, [0.0, 1.1])];
const MOTORBIKE: &[Block] =
    &[block(Part::Motorbike, [0.0, 1.9], 0.32, [0.0, 0.95]), block(Part::Rider, [0.7, 1.3], 0.26, [0.95, 1.75])];

const fn block(part: Part, behind_m: [f32; 2], half_width_m: f32, height_m: [f32; 2]) -> Block {
    Block { part, behind_m, half_width_m, height_m }
}

/// How far behind the tractor's front its trailer's begins.
pub const COUPLING_M: f32 = 2.9;

impl VehicleKind {
    /// The blocks that it is made of.
    #[must_use]
    pub fn blocks(self) -> &'static [Block] {
        match self {
            Self::Car => CAR,
            Self::Van => VAN,
            Self::Bus => BUS,
            Self::Lorry => LORRY,
            Self::Tractor => TRACTOR,
            Self::Trailer => TRAILER,
            Self::Motorbike => MOTORBIKE,
        }
    }

    /// From its front to its rear.
    #[must_use]
    pub fn length_m(self) -> f32 {
        self.blocks().iter().map(|block| block.behind_m[1]).fold(0.0, f32::max)
    }

    /// How high its front plate's middle is; `None` for what has no plate there.
    #[must_use]
    pub fn front_plate_m(self) -> Option<f32> {
        match self {
            Self::Car => Some(0.50),
            Self::Van => Some(0.55),
            Self::Bus => Some(0.60),
            Self::Lorry | Self::Tractor => Some(0.62),
            Self::Trailer | Self::Motorbike => None,
        }
    }

    /// How high its rear plate's middle is.
    #[must_use]
    pub fn rear_plate_m(self) -> f32 {
        match self {
            Self::Car => 0.70,
            Self::Van => 0.80,
            Self::Bus => 0.75,
            Self::Lorry | Self::Tractor | Self::Trailer => 0.72,
            Self::Motorbike => 0.62,
        }
    }

    /// Comfortable acceleration and braking in m/s²: those of the Intelligent Driver Model's authors (Treiber, Hennecke,
    /// Helbing 2000) for cars, about half of them for what is loaded.
    #[must_use]
    pub fn pull(self) -> [f32; 2] {
        match self {
            Self::Car | Self::Van | Self::Motorbike => [1.5, 2.0],
            Self::Bus | Self::Lorry => [1.0, 1.7],
            Self::Tractor | Self::Trailer => [0.8, 1.5],
        }
    }
}

/// A block that stands somewhere: the space that it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Solid {
    /// What is painted on it.
    pub part: Part,
    /// The corner with the least coordinates.
    pub least: Place,
    /// The corner with the greatest.
    pub most: Place,
    /// 1 if its front looks along the road, -1 if against it.
    pub heading: f32,
}

impl Block {
    /// The block of a vehicle whose front's middle is at `x`, `z`.
    #[must_use]
    pub fn at(&self, x: f32, z: f32, heading: f32) -> Solid {
        let [from, to] = self.behind_m.map(|behind| z - heading * behind);
        Solid {
            part: self.part,
            least: [x - self.half_width_m, self.height_m[0], from.min(to)],
            most: [x + self.half_width_m, self.height_m[1], from.max(to)],
            heading,
        }
    }
}

impl Solid {
    /// The side that is painted as `side`; for the flank the one towards `x`.
    #[must_use]
    pub fn face(&self, side: Side, x: f32) -> Face {
        let [width, height, length] = [0, 1, 2].map(|axis| self.most[axis] - self.least[axis]);
        let ([left, low, near], [right, high, far]) = (self.least, self.most);
        let up = [0.0, height, 0.0];
        let along_road = (side == Side::Front) == (self.heading > 0.0);
        match side {
            Side::Front | Side::Rear if along_road => {
                Face { corner: [right, low, far], across: [-width, 0.0, 0.0], up }
            }
            Side::Front | Side::Rear => Face { corner: [left, low, near], across: [width, 0.0, 0.0], up },
            Side::Flank if x > right => Face { corner: [right, low, near], across: [0.0, 0.0, length], up },
            Side::Flank => Face { corner: [left, low, far], across: [0.0, 0.0, -length], up },
            Side::Top => Face { corner: [left, high, near], across: [width, 0.0, 0.0], up: [0.0, 0.0, length] },
        }
    }

    /// The sides that can be seen from `eye`.
    pub fn sides_towards(&self, [x, y, z]: Place) -> impl Iterator<Item = Side> {
        let beyond_front = if self.heading > 0.0 { z > self.most[2] } else { z < self.least[2] };
        let beyond_rear = if self.heading > 0.0 { z < self.least[2] } else { z > self.most[2] };
        let seen = [
            (Side::Front, beyond_front),
            (Side::Rear, beyond_rear),
            (Side::Flank, x < self.least[0] || x > self.most[0]),
            (Side::Top, y > self.most[1]),
        ];
        seen.into_iter().filter_map(|(side, seen)| seen.then_some(side))
    }

    /// Whether it may hide part of `other` from `eye`: no plane between them has the eye on the other's side.
    #[must_use]
    pub fn may_hide(&self, other: &Self, eye: Place) -> bool {
        (0..3).all(|axis| {
            let other_is_on_eyes_side = (other.least[axis] >= self.most[axis] && eye[axis] >= other.least[axis])
                || (other.most[axis] <= self.least[axis] && eye[axis] <= other.most[axis]);
            !other_is_on_eyes_side
        })
    }

    /// Whether it stands between `eye` and `place`.
    #[must_use]
    pub fn hides(&self, place: Place, eye: Place) -> bool {
        let (mut enter, mut leave) = (0.0_f32, 1.0_f32);
        for axis in 0..3 {
            let way = place[axis] - eye[axis];
            if way.abs() < 1e-6 {
                if eye[axis] < self.least[axis] || eye[axis] > self.most[axis] {
                    return false;
                }
                continue;
            }
            let (a, b) = ((self.least[axis] - eye[axis]) / way, (self.most[axis] - eye[axis]) / way);
            enter = enter.max(a.min(b));
            leave = leave.min(a.max(b));
        }
        enter < leave && enter < 1.0
    }
}

/// The order in which to paint: what may hide others after them.
#[must_use]
pub fn painting_order(solids: &[Solid], eye: Place) -> Vec<usize> {
    let mut left: Vec<usize> = (0..solids.len()).collect();
    // Far ones first, so that where blocks hide each other in a circle the nearest still wins.
    let distance = |solid: &Solid| {
        (0..3).map(|axis| (eye[axis].clamp(solid.least[axis], solid.most[axis]) - eye[axis]).powi(2)).sum::<f32>()
    };
    left.sort_by(|a, b| distance(&solids[*b]).total_cmp(&distance(&solids[*a])));
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = |index: usize| {
            left.iter().all(|other| {
                *other == index || !solids[index].may_hide(&solids[*other], eye) || both(solids, index, *other, eye)
            })
        };
        let next = left.iter().position(|index| free(*index)).unwrap_or(0);
        order.push(left.remove(next));
    }
    order
}

/// Whether each of two may hide the other: then they overlap, and neither has to wait.
fn both(solids: &[Solid], a: usize, b: usize, eye: Place) -> bool {
    solids[a].may_hide(&solids[b], eye) && solids[b].may_hide(&solids[a], eye)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EYE: Place = [1.0, 2.5, 6.0];

    fn car_at(x: f32, z: f32) -> Vec<Solid> {
        VehicleKind::Car.blocks().iter().map(|block| block.at(x, z, 1.0)).collect()
    }

    #[test]
    fn a_car_hides_what_is_behind_it_and_nothing_before_it() {
        let car = car_at(0.0, 0.0);
        let hidden = |place| car.iter().any(|solid| solid.hides(place, EYE));
        assert!(hidden([0.0, 0.5, -6.0]));
        assert!(!hidden([0.0, 0.5, 0.01]), "its own front is before it");
        assert!(!hidden([0.0, 0.5, 2.0]));
    }

    #[test]
    fn what_hides_another_is_painted_after_it() {
        let mut solids = car_at(0.0, 0.0);
        solids.extend(car_at(0.0, -6.0));
        solids.extend(car_at(-3.5, 1.0));
        let order = painting_order(&solids, EYE);
        let rank = |index: usize| order.iter().position(|i| *i == index).expect("all are painted");
        assert!(rank(2) < rank(0) && rank(3) < rank(0), "{order:?}");
        assert!(rank(0) < rank(1), "the cabin stands on the body: {order:?}");
        assert!(rank(4) < rank(0), "the next lane is farther from the camera: {order:?}");
    }
}
