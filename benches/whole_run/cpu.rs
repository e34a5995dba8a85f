//! Processor time, as the kernel counts it.

use std::time::Duration;

/// The kernel's ticks a second, on every Linux that gatelpr runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of a process until now, of all its threads, in the program and in the kernel.
pub(crate) fn of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    // The name of the program may hold spaces; the third field follows its bracket.
    let (_, fields) = stat.rsplit_once(')').expect("the kernel's form");
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().expect("ticks")).sum();
    Duration::from_secs_f64(ticks / TICKS_PER_SECOND)
}
