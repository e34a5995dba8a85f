//! Fuzzes events given to `gatelpr verify`, one a line. What is done with the bytes is in `targets.rs`.
#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "each target is a program of its own")]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::events(bytes));
