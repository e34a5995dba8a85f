//! Fuzzes a file in the place of the outbox's database. What is done with the bytes is in `targets.rs`.
#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "each target is a program of its own")]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::outbox(bytes));
