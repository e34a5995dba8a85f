//! What scenarios leave out.

use std::collections::BTreeMap;

use super::super::vehicle::VehicleKind::{self, Bus, Car, Lorry, Motorbike, Tractor, Van};

pub(super) fn ten() -> f32 {
    10.0
}

pub(super) fn usual_width() -> f32 {
    3.5
}

pub(super) fn usual_ends() -> [f32; 2] {
    [-60.0, 60.0]
}

pub(super) fn camera_along() -> f32 {
    5.0
}

pub(super) fn camera_height() -> f32 {
    2.5
}

pub(super) fn camera_tilt() -> f32 {
    8.0
}

pub(super) fn camera_focal() -> f32 {
    1300.0
}

pub(super) fn camera_zone() -> [f32; 2] {
    [3.0, 18.0]
}

pub(super) fn usual_speed() -> f32 {
    5.0
}

pub(super) fn usual_gap() -> f32 {
    2.0
}

pub(super) fn usual_headway() -> f32 {
    1.2
}

pub(super) fn usual_rate() -> f32 {
    8.0
}

pub(super) fn usual_mix() -> BTreeMap<VehicleKind, u32> {
    BTreeMap::from([(Car, 5), (Van, 1), (Bus, 1), (Lorry, 3), (Tractor, 4), (Motorbike, 0)])
}

pub(super) fn usual_trailers() -> f32 {
    0.8
}

pub(super) fn usual_chinese() -> f32 {
    0.4
}

pub(super) fn usual_speeds() -> [f32; 2] {
    [3.0, 7.0]
}

pub(super) fn usual_gaps() -> [f32; 2] {
    [1.5, 3.0]
}

pub(super) fn usual_headways() -> [f32; 2] {
    [0.9, 1.8]
}

pub(super) fn all() -> f32 {
    1.0
}
