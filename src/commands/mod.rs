//! What the command line offers, a file each: arguments in, text out. The work is in the library.

pub mod models;
pub mod synth;
