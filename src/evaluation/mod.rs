//! How well plates are read: labelled pictures through detector and reader, compared with what is written there.
//!
//! One picture is one frame here: no tracks, no consensus. What a gate reads over a whole passage is better.

pub mod labels;
pub mod score;
