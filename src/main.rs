//! The command line: arguments to library calls, results to exit codes.

fn main() {}
