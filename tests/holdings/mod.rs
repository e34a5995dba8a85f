//! What a process holds, as Linux tells it: for tests that nothing grows.

use std::fs;

/// What a process holds at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holdings {
    /// Open files, sockets and pipes.
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    /// Memory in use, in KiB.
    pub(crate) memory_kib: u64,
}

impl Holdings {
    /// Of the process with this number.
    pub(crate) fn of(process: u32) -> Self {
        let of_process = format!("/proc/{process}");
        let entries = |folder: &str| fs::read_dir(format!("{of_process}/{folder}")).expect("it runs").count();
        let status = fs::read_to_string(format!("{of_process}/status")).expect("it runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
        Self {
            descriptors: entries("fd"),
            threads: entries("task"),
            memory_kib: resident.and_then(|kib| kib.parse().ok()).expect("Linux says it"),
        }
    }

    /// Of this process.
    pub(crate) fn own() -> Self {
        Self::of(std::process::id())
    }
}
