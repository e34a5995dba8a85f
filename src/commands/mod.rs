//! What the command line offers, a file each. Thin: arguments in, a library call, text and an exit code out.

pub mod check;
//! What the command line offers, a file each. A command reads its arguments, calls the library, and prints.

pub mod schema;
pub mod watch;
