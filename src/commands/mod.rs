//! What the command line offers, a file each. Thin: arguments in, a library call, text and an exit code out.

pub mod check;
