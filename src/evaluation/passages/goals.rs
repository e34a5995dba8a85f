//! What the figures should be at a gate.

/// Passages that are told.
pub const RECALL: f64 = 0.99;
/// Events too many, of all passages.
pub const DUPLICATES: f64 = 0.002;
/// Legible plates that are told exactly.
pub const EXACT: f64 = 0.97;
/// Told passages with the right direction.
pub const DIRECTION: f64 = 0.995;
/// Visits of several vehicles that are joined.
pub const VISITS: f64 = 0.98;
/// Seconds from the last sight of a plate to its final event, of 95 %.
pub const FINAL_DELAY_S: f64 = 1.0;
/// Seconds from the readings' agreement to the provisional event, of 95 %.
pub const PROVISIONAL_DELAY_S: f64 = 0.3;
/// Queues that are told to within one vehicle.
pub const QUEUES: f64 = 0.9;
