//! The ways in which triggers come, and the one way on which they go: to the recognition thread.
//!
//! * [`TriggerDesk`]: takes what MQTT, HTTP and input lines say, refuses what cannot be meant, names what has no name
//! * [`TriggerInbox`]: the other end, which recognition empties between frames
//! * [`gpio`]: input lines of the computer
//!
//! Bounded: whoever triggers faster than recognition looks is refused and told so. Not here: what a trigger does to a lane.

mod desk;
pub mod gpio;

pub use desk::{Accepted, TriggerDesk, TriggerInbox, TriggerRefused, TriggerRequest, desk};
