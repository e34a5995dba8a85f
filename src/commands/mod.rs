//! What the command line offers, a file each. A command reads its arguments, calls the library, and prints.

pub mod check;
pub mod config_file;
pub mod eval;
pub mod models;
pub mod replay;
pub mod run;
pub mod schema;
pub mod synth;
pub mod watch;
