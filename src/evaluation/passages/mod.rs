//! How well a gate tells what passed: its events held against the truth of a scenario.
//!
//! * [`told`]: what a gate told, all revisions of an event together
//! * [`assignment`]: which event is of which vehicle, which is one too many, and which is of nothing
//! * [`outcome`]: what became of each vehicle, visit and queue of one scenario
//! * [`figures`]: all this counted; [`count`]: counts, and how sure they are; [`goals`]: what they should be
//! * [`table`], [`misses`]: the figures for people, and what somebody has to work on
//!
//! It knows nothing of pictures and runs nothing: `benches/passages` does.

pub mod assignment;
pub mod count;
pub mod figures;
pub mod goals;
pub mod misses;
pub mod outcome;
#[cfg(test)]
mod samples;
pub mod table;
pub mod told;
