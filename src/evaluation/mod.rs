//! How well plates are read: labelled pictures through detector and reader, compared with what is written there.
//!
//! One picture is one frame here: no tracks, no consensus. What a whole gate tells of vehicles that pass is [`passages`].
//!
//! * [`labels`]: a folder of pictures and what is written on their plates
//! * [`run`]: the pictures through detector and reader, timed; or through several, side by side
//! * [`score`]: readings compared with labels, and summed up; [`detection`]: what the detector found
//! * [`conditions`], [`breakdown`]: how the plates are seen, and how many of which are read
//! * [`wrong_reads`], [`calibration`], [`confusions`]: which readings a lane would act on are wrong, whether confidences
//!   mean what they say, and which characters are taken for which ([`diff`] shows where two texts differ;
//!   [`confusion_table`] is what declared plates are matched with)
//! * [`table`], [`details`], [`figures`], [`report`]: all this for people, for programs, and every miss as a web page
//! * [`comparison`]: several pairs of models on the same pictures, and which of them may become the default;
//!   [`comparison_table`], [`comparison_figures`]: for people and for programs

pub mod breakdown;
pub mod calibration;
pub mod comparison;
pub mod comparison_figures;
pub mod comparison_table;
pub mod conditions;
pub mod confusion_table;
pub mod confusions;
pub mod details;
pub mod detection;
pub mod diff;
pub mod figures;
pub mod labels;
pub mod passages;
pub mod report;
pub mod run;
#[cfg(test)]
mod samples;
pub mod score;
pub mod table;
pub mod wrong_reads;
