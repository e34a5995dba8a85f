//! How well plates are read: labelled pictures through detector and reader, compared with what is written there.
//!
//! One picture is one frame here: no tracks, no consensus.
//!
//! * [`labels`]: a folder of pictures and what is written on their plates
//! * [`run`]: the pictures through detector and reader, timed
//! * [`score`]: readings compared with labels, and summed up
//! * [`table`], [`figures`], [`report`]: the sums for people, for programs, and every miss as a web page ([`diff`] shows
//!   where two texts differ)

pub mod diff;
pub mod figures;
pub mod labels;
pub mod report;
pub mod run;
pub mod score;
pub mod table;
