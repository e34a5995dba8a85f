//! What the command line offers, a file each. A command reads its arguments, calls the library, and prints.

pub mod asyncapi;
pub mod broker;
mod bundle;
pub mod cameras;
pub mod capacity;
pub mod check;
mod check_probe;
pub mod config;
pub mod config_file;
pub mod console;
pub mod doctor;
pub mod eval;
pub mod key;
pub mod man;
pub mod models;
pub mod replay;
pub mod run;
pub mod schema;
pub mod synth;
mod terminal;
pub mod verify;
pub mod watch;

/// Arguments that are wrong in a way that only the command itself can tell; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);
